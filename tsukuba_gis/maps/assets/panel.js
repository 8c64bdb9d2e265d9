// The chosen zone: every indicator beside the whole city, with its rank.

function rankOf(values, zone) {
  const shown = values.filter((value) => value !== null);
  return { rank: 1 + shown.filter((value) => value > values[zone]).length, of: shown.length };
}

function drawPanel(box, data, level, zone, current) {
  const rows = data.indicators.map((indicator) => {
    const value = level.values[indicator.name][zone];
    const city = level.total[indicator.name];
    const shown = value !== null;
    const { rank, of } = shown ? rankOf(level.values[indicator.name], zone) : {};
    const mask = maskOf(level, indicator.name, zone) || "missing";
    const percent = indicator.unit === "share"; // other units stand beside the label
    return element("tr", { class: indicator.name === current ? "now" : "" },
      element("th", { scope: "row" }, indicator.label[words.lang] + " ",
        element("span", { class: "unit", text: percent ? "" : unitOf(indicator) })),
      element("td", { class: shown ? "number" : "number hidden", text: shown ? formatValue(value, indicator, percent) : say("short_" + mask) }),
      element("td", { class: "number", text: city === null ? "–" : formatValue(city, indicator, percent) }),
      element("td", { class: "number", text: shown ? say("rank", { rank: formatNumber(rank), of: formatNumber(of) }) : "–" }));
  });
  box.replaceChildren(element("table", { class: "figures" },
    element("caption", { class: "unseen", text: say("chosen_caption", { name: level.names[zone] }) }),
    element("thead", {}, element("tr", {}, ...["indicator", "this_zone", "whole_city", "rank_head"].map((key) =>
      element("th", { scope: "col", text: say(key) })))),
    element("tbody", {}, ...rows)));
}

// The same figures as the pyramid, for readers who do not see it.
function drawAgeTable(box, level, zone) {
  const rows = level.ages.map((age, k) => element("tr", {},
    element("th", { scope: "row", text: age === 100 ? say("age_open", { age }) : say("age_band", { low: age, high: age + 4 }) }),
    ...["male", "female"].map((sex) => {
      const n = level.population[sex][zone][k];
      return element("td", { class: "number", text: n === null ? "–" : formatNumber(n) });
    })));
  box.replaceChildren(element("table", { class: "figures" },
    element("thead", {}, element("tr", {}, ...["age", "sex_male", "sex_female"].map((key) =>
      element("th", { scope: "col", text: say(key) })))),
    element("tbody", {}, ...rows)));
}
