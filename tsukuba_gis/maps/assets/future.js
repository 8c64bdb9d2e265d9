// Persons at dates to come: a map with a slider of years, the pyramid, the line of the total.

const MEASURES = ["change", "older", "persons"];

class FutureSection {
  constructor(page, map) {
    this.page = page;
    this.map = map;
    this.slider = find("year");
    this.slider.addEventListener("input", () => page.change({ year: Number(this.slider.value) }));
    find("years-together").addEventListener("toggle", () => this.showTogether());
  }

  // The level of the clusters where it was projected; else the first that was.
  level() {
    const { data, state } = this.page;
    return state.clusters.projection ? state.clusters : data.levels.find((level) => level.projection);
  }

  show(changes) {
    const { page } = this;
    const { state } = page;
    const level = this.level();
    const { projection } = level;
    state.year = Math.min(state.year ?? projection.years.length - 1, projection.years.length - 1);
    if (["lang", "clusters"].some((name) => name in changes)) this.showChoices(level);
    this.slider.value = state.year;
    const year = String(projection.years[state.year]);
    find("year-now").textContent = say("year", { year });
    this.slider.setAttribute("aria-valuetext", say("year", { year }));
    const zone = page.zoneOn(level);
    if (["lang", "clusters", "year", "measure", "brush"].some((name) => name in changes)) {
      const layer = this.layer(level, state.measure, state.year);
      this.map.showLevel(level);
      this.map.paint(layer, zone, page.brushedOn(level));
      drawLegend(find("future-legend"), layer, page.brushing(level));
      find("future-title").textContent = say("map_title_year", { indicator: layer.title, level: level.label[state.lang], year });
      find("future-source").textContent = page.sourceOf(level);
    } else this.map.choose(zone);
    if (["lang", "clusters", "measure"].some((name) => name in changes)) this.showTogether();
    this.showZone(level, zone);
  }

  showChoices(level) {
    const { page } = this;
    const { projection } = level;
    this.slider.max = projection.years.length - 1;
    find("year-ticks").replaceChildren(...projection.years.map((year) => element("span", { text: String(year) })));
    radios(find("measures"), "measure", MEASURES.map((name) => ({
      label: say("measure_" + name, { base: String(projection.base) }), now: page.state.measure === name,
      pick: () => page.change({ measure: name }),
    })));
    levelRadios(find("future-levels"), "future-level", page, (one) => one.projection);
    const [said, cautions] = projection.said[page.state.lang];
    find("future-method").textContent = said;
    find("future-cautions").textContent = cautions;
  }

  values({ projection }, measure, year) {
    return measure === "persons" ? projection.persons[year] : projection.measures[measure].values[year];
  }

  layer(level, measure, year) {
    const { data } = this.page;
    const { projection } = level;
    const values = this.values(level, measure, year);
    const title = say("measure_" + measure, { base: String(projection.base) });
    const hiddenNote = this.maskNote(projection);
    const describe = (zone) => this.describe(level, measure, year, zone);
    const when = String(projection.years[year]);
    if (measure === "persons") return { ...this.circles(level, year), title, describe, year: when };
    const { edges, scheme } = projection.measures[measure];
    const sign = measure === "change";
    const layer = classedLayer({
      title, unit: say("in_unit", { unit: "%" }), values, edges, hiddenNote, describe,
      colours: coloursOf(data, edges, scheme === "centred"),
      format: (value) => (sign && value > 0 ? "+" : "") + formatNumber(100 * value, 1),
      notes: [say("years_common"), ...(edges.length ? [say("scheme_" + scheme, { n: edges.length - 1 })] : [])],
    });
    return { ...layer, year: when };
  }

  // Circles of all years on one scale.
  circles(level, year) {
    const { persons } = level.projection;
    const most = Math.max(1, ...persons.map((list) => Math.max(...list)));
    const radius = (value) => MAX_CIRCLE * Math.sqrt(value / most);
    const step = 10 ** Math.floor(Math.log10(most));
    const top = Math.max(Math.floor(most / step) * step, 1);
    const values = persons[year];
    const unit = { unit: "persons", digits: 0 };
    const hidden = values.filter((value) => value === null).length;
    return {
      unit: say("in_unit", { unit: say("unit_name_persons") }), values, hidden,
      rows: [...[top, top / 2, top / 10].map((value) => ({ circle: radius(value), label: formatValue(value, unit) })),
        ...(hidden ? [hiddenRow(hidden, (zone) => values[zone] === null)] : [])],
      notes: [say("years_common_circles")],
      fill: (zone) => (values[zone] === null ? HATCH : EMPTY),
      radius: (zone) => (values[zone] === null ? 0 : radius(values[zone])),
    };
  }

  maskNote({ masks }) {
    const n = [...masks].filter((sign) => sign !== ".").length;
    return n ? say("projection_hidden", { n: formatNumber(n) }) : "";
  }

  describe({ projection }, measure, year, zone) {
    const value = this.values({ projection }, measure, year)[zone];
    if (value === null) return say("projection_none");
    if (measure === "persons") return this.persons(projection, year, zone);
    return (measure === "change" && value > 0 ? "+" : "") + say("unit_share", { number: formatNumber(100 * value, 1) });
  }

  persons(projection, year, zone) {
    const value = formatValue(projection.persons[year][zone], { unit: "persons", digits: 0 });
    const [low, high] = ["low", "high"].map((bound) => projection[bound] && projection[bound][year][zone]);
    return low === null || high === null ? value : say("with_bounds", { value, low: formatNumber(low), high: formatNumber(high) });
  }

  // The chosen zone's people in the chosen year beside those of today; without a zone, the city's.
  showZone(level, zone) {
    const { projection } = level;
    const ages = projection.starts;
    const { year } = this.page.state;
    const name = zone === null ? say("whole_city") : zoneName(level, zone);
    const cells = (k) => (zone === null ? projection.city.ages[k] : cellsOf(projection.ages[k], zone, ages.length));
    find("future-zone").textContent = name;
    const totals = zone === null ? projection.city.persons : projection.persons.map((list) => list[zone]);
    const masked = totals[0] === null;
    find("future-figures").textContent = masked ? say("projection_none")
      : say("future_figures", {
        base: String(projection.base), then: String(projection.years[year]), first: formatNumber(totals[0]), last: formatNumber(totals[year]),
        change: (totals[year] > totals[0] ? "+" : "") + formatNumber(100 * (totals[year] / totals[0] - 1), 1),
      });
    find("future-line").hidden = masked;
    if (!masked) drawYears(find("future-line"), projection, totals, zone, year, name);
    drawPyramid(find("future-pyramid"), {
      ages, here: cells(year), beside: cells(0), name: say("year", { year: String(projection.years[year]) }),
      besideName: say("year", { year: String(projection.base) }),
      alt: ({ here, beside }) => say("future_pyramid_alt", { name, year: String(projection.years[year]), base: String(projection.base), here, beside: beside || "–" }),
    });
    drawAgeTable(find("future-ages"), ages, cells(year));
  }

  showTogether() {
    if (!find("years-together").open) return;
    const level = this.level();
    const { state } = this.page;
    drawMultiples(find("future-multiples"), level, this.map.bounds, this.map.outlines, level.projection.years.map((year, k) => {
      const layer = this.layer(level, state.measure, k);
      return { layer, caption: say("year", { year: String(year) }), alt: say("small_alt", { title: `${layer.title} ${year}` }), pick: () => this.page.change({ year: k }) };
    }));
  }
}

const YEARS_PLOT = { width: 400, height: 150, left: 58, right: 14, top: 10, bottom: 24 };

// The total by year, with the bounds that past errors suggest.
function drawYears(box, projection, totals, zone, now, name) {
  const { width, height, left, right, top, bottom } = YEARS_PLOT;
  const { years } = projection;
  const bound = (which) => (zone === null || !projection[which] ? null : projection[which].map((list) => list[zone]));
  const [low, high] = [bound("low"), bound("high")];
  const all = [...totals, ...(low || []), ...(high || [])].filter((value) => value !== null);
  const most = Math.max(...all) * 1.05 || 1;
  const x = (year) => left + ((year - years[0]) / (years[years.length - 1] - years[0] || 1)) * (width - left - right);
  const y = (value) => height - bottom - (value / most) * (height - top - bottom);
  const picture = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "years-plot",
    "aria-label": say("years_alt", { name, first: formatNumber(totals[0]), last: formatNumber(totals[totals.length - 1]), base: String(years[0]), then: String(years[years.length - 1]) }) });
  for (const tick of ticks(0, most)) {
    picture.append(svgElement("line", { x1: left, x2: width - right, y1: y(tick), y2: y(tick), class: "grid" }), svgText(left - 5, y(tick) + 4, formatNumber(tick), "end"));
  }
  years.forEach((year) => picture.append(svgText(x(year), height - 8, String(year), "middle")));
  if (low && high) {
    const known = years.map((year, k) => k).filter((k) => low[k] !== null && high[k] !== null);
    const path = [...known.map((k) => [x(years[k]), y(high[k])]), ...known.reverse().map((k) => [x(years[k]), y(low[k])])];
    picture.append(svgElement("polygon", { points: path.map((point) => point.join(",")).join(" "), class: "band" }));
  }
  picture.append(svgElement("polyline", { points: years.map((year, k) => `${x(year)},${y(totals[k])}`).join(" "), class: "line" }));
  years.forEach((year, k) => picture.append(svgElement("circle", { cx: x(year), cy: y(totals[k]), r: k === now ? 5 : 3, class: k === now ? "dot now" : "dot" })));
  box.replaceChildren(picture, ...(low && high ? [element("p", { class: "note", text: say("band_note") })] : []));
}
