// A share by age in the whole city: both sexes with the interval, men, women.

const AGES_PLOT = { width: 520, height: 250, left: 40, right: 16, top: 12, bottom: 28 };
const AGE_LINES = ["male", "female", "all"];

class AgeSection {
  constructor(page) {
    this.curves = page.data.age_curves;
    this.lang = null;
  }

  show() {
    if (this.lang === words.lang) return;
    this.lang = words.lang;
    find("age-curves").replaceChildren(...this.curves.map((curve) => this.part(curve)));
  }

  part(curve) {
    const title = say("age_curve", { label: curve.label[words.lang] });
    const ages = curve.starts.map((start, k) => ageLabel(start, curve.starts[k + 1]));
    return element("figure", { class: "age-part" },
      element("figcaption", { class: "map-title", text: title }),
      element("p", { class: "keys" }, ...["all", "female", "male"].flatMap((sex) => [ageKey(sex), say("sex_" + sex) + " "])),
      agesPlot(curve, title, ages),
      element("p", { class: "note", text: say("age_curve_note", { percent: formatNumber(100 * (1 - curve.alpha)) }) }),
      element("details", { class: "screen" }, element("summary", { text: say("age_curve_table") }), agesTable(curve, title, ages)));
  }
}

function ageLabel(start, next) {
  return next === undefined ? say("age_open", { age: start }) : say("age_band", { low: start, high: next - 1 });
}

function ageKey(sex) {
  const key = svgElement("svg", { viewBox: "0 0 26 10", width: 26, height: 10, class: "age-curve", "aria-hidden": "true" });
  key.append(svgElement("line", { x1: 0, x2: 26, y1: 5, y2: 5, class: "line " + sex }));
  return key;
}

function agesPlot({ starts, value, low, high }, title, ages) {
  const { width, height, left, right, top, bottom } = AGES_PLOT;
  const known = AGE_LINES.flatMap((sex) => value[sex]).concat(high).filter((one) => one !== null);
  const most = Math.max(0.01, ...known);
  const x = (k) => left + 14 + (k / Math.max(1, starts.length - 1)) * (width - left - right - 40);
  const y = (share) => height - bottom - (share / most) * (height - top - bottom);
  const shown = (list) => starts.map((_, k) => k).filter((k) => list[k] !== null);
  const all = shown(value.all);
  const ends = [all[0], all[all.length - 1]];
  const picture = svgElement("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img", class: "age-curve",
    "aria-label": all.length ? `${title}: ` + ends.map((k) => `${ages[k]} ${percent(value.all[k])}`).join(", ") : title,
  });
  for (const tick of ticks(0, 100 * most)) {
    const at = y(tick / 100);
    picture.append(svgElement("line", { x1: left, x2: width - right, y1: at, y2: at, class: "grid" }), svgText(left - 5, at + 4, formatNumber(tick, most < 0.05 ? 1 : 0) + "%", "end"));
  }
  ages.forEach((age, k) => picture.append(svgText(x(k), height - 8, age, "middle")));
  const band = shown(low);
  const around = [...band.map((k) => [x(k), y(high[k])]), ...band.reverse().map((k) => [x(k), y(low[k])])];
  picture.append(svgElement("polygon", { points: around.map((point) => point.join(",")).join(" "), class: "band" }));
  for (const sex of AGE_LINES) {
    const places = shown(value[sex]);
    picture.append(svgElement("polyline", { points: places.map((k) => `${x(k)},${y(value[sex][k])}`).join(" "), class: "line " + sex }));
    picture.append(...places.map((k) => svgElement("circle", { cx: x(k), cy: y(value[sex][k]), r: 3, class: "dot " + sex })));
  }
  return picture;
}

function agesTable({ starts, value, population }, title, ages) {
  const told = (share) => (share === null ? "–" : percent(share));
  const rows = starts.map((_, k) => element("tr", {}, element("th", { scope: "row", text: ages[k] }),
    ...["all", "female", "male"].map((sex) => element("td", { class: "number", text: told(value[sex][k]) })),
    element("td", { class: "number", text: population[k] === null ? "–" : formatNumber(population[k]) })));
  return figureTable(title, ["age", "sex_all", "sex_female", "sex_male", "unit_name_persons"].map((key) => say(key)), rows);
}
