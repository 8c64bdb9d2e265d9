// The chosen zone and those compared with it: every variable beside the whole city.

const MOST_COMPARED = 4;

function rankOf(values, zone) {
  const shown = values.filter((value) => value !== null);
  return { rank: 1 + shown.filter((value) => value > values[zone]).length, of: shown.length };
}

function drawPanel(box, data, level, zone, current) {
  const heads = ["indicator", "this_zone", "whole_city", "rank_head"].map((key) => say(key));
  const rows = variablesOf(data, level).map((variable) => {
    const values = level.values[variable.name];
    const shown = values[zone] !== null;
    const { rank, of } = shown ? rankOf(values, zone) : {};
    return variableRow(level, variable, [zone], current,
      element("td", { class: "number", text: shown ? say("rank", { rank: formatNumber(rank), of: formatNumber(of) }) : "–" }));
  });
  box.replaceChildren(figureTable(say("chosen_caption", { name: zoneName(level, zone) }), heads, rows));
}

// One row: the variable, a cell for each zone, the city, and what else is wanted.
function variableRow(level, variable, zones, current, ...more) {
  const percent = variable.unit === "share"; // other units stand beside the label
  const city = level.total[variable.name];
  const cells = zones.map((zone) => {
    const value = level.values[variable.name][zone];
    return element("td", { class: value === null ? "number hidden" : "number",
      text: value === null ? say("short_" + (maskOf(level, variable.name, zone) || "missing")) : formatValue(value, variable, percent) });
  });
  return element("tr", { class: variable.name === current ? "now" : "" },
    element("th", { scope: "row" }, variable.label[words.lang] + " ",
      element("span", { class: "unit", text: percent ? "" : unitOf(variable) })),
    ...cells,
    element("td", { class: "number", text: city === null ? "–" : formatValue(city, variable, percent) }),
    ...more);
}

function figureTable(caption, heads, rows) {
  return element("table", { class: "figures" },
    element("caption", { class: "unseen", text: caption }),
    element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col", text })))),
    element("tbody", {}, ...rows));
}

// Two to four zones side by side: their figures and their pyramids.
function drawComparison(box, data, level, zones, current, onRemove) {
  const chips = zones.map((zone) => {
    const button = element("button", { type: "button", class: "chip", "aria-label": say("compare_remove", { name: zoneName(level, zone) }) },
      zoneName(level, zone), element("span", { "aria-hidden": "true", text: " ×" }));
    button.addEventListener("click", () => onRemove(zone));
    return button;
  });
  const parts = [element("p", { class: "chips" }, ...chips)];
  if (zones.length < 2) parts.push(element("p", { class: "note", text: say("compare_more", { most: MOST_COMPARED }) }));
  else {
    const heads = [say("indicator"), ...zones.map((zone) => zoneName(level, zone)), say("whole_city")];
    const rows = variablesOf(data, level).map((variable) => variableRow(level, variable, zones, current));
    const pyramids = zones.map((zone) => {
      const one = element("div", { class: "small-pyramid" });
      zonePyramid(one, level, zone, true);
      return one;
    });
    parts.push(
      element("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": say("compare") }, figureTable(say("compare"), heads, rows)),
      element("div", { class: "pyramids" }, ...pyramids));
  }
  box.replaceChildren(...parts);
}

// The same figures as a pyramid, for readers who do not see it.
function drawAgeTable(box, ages, cells) {
  const rows = ages.map((age, k) => element("tr", {},
    element("th", { scope: "row", text: age === 100 ? say("age_open", { age }) : say("age_band", { low: age, high: age + 4 }) }),
    ...["male", "female"].map((sex) => element("td", { class: "number", text: cells[sex][k] === null ? "–" : formatNumber(cells[sex][k]) }))));
  box.replaceChildren(figureTable(say("ages_table"), ["age", "sex_male", "sex_female"].map((key) => say(key)), rows));
}
