// Choose a district: the map of an indicator, its legend, the chosen district and its people.

class PlaceSection {
  constructor(page, map) {
    this.page = page;
    this.map = map;
    this.histogram = new Histogram(find("histogram"), (range) => this.brushRange(range));
    find("search").addEventListener("input", (event) => this.hint(event.target.value.trim()));
    find("search").addEventListener("change", (event) => this.search(event.target.value.trim()));
    find("scheme").addEventListener("change", (event) => this.pickScheme(event.target.value));
    find("edges").addEventListener("change", (event) => page.change({ edges: this.typedEdges(event.target.value) }));
    find("draw").addEventListener("change", (event) => page.change({ draw: event.target.value, scheme: "", edges: [] }));
    find("compare-add").addEventListener("click", () => this.compare(page.state.zone));
    find("together").addEventListener("toggle", () => this.showTogether());
  }

  show(changes) {
    const { zone } = this.page.state;
    const painted = ["lang", "level", "indicator", "scheme", "edges", "draw", "brush"].some((name) => name in changes);
    if (painted) this.paint();
    else this.map.choose(zone);
    if ("zone" in changes) this.map.reveal(zone);
    // The map is seen before the rest is made.
    if (changes.start) return pause().then(() => this.showRest(changes));
    return this.showRest(changes);
  }

  showRest(changes) {
    if (changes.lang || changes.level) this.showChoices();
    else this.checkChoices();
    this.showZone();
    if (["lang", "level", "indicator"].some((name) => name in changes)) this.showTogether();
  }

  showChoices() {
    const { page } = this;
    const { data, state } = page;
    find("levels").closest("fieldset").hidden = data.levels.length < 2;
    radios(find("levels"), "level", data.levels.map((level) => ({
      label: say("level_choice", { level: level.label[state.lang], n: formatNumber(level.names.length) }),
      now: level === state.level,
      pick: () => page.change({ level }),
    })));
    const choices = (variables) => variables.map(({ name, label }) => ({
      label: label[state.lang], now: name === state.indicator, pick: () => page.change({ indicator: name }),
    }));
    radios(find("indicators"), "indicator", choices(data.indicators));
    radios(find("rates"), "indicator", choices(state.level.rates));
    find("rates").closest("fieldset").hidden = state.level.rates.length === 0;
    this.names = searchNames(state.level);
    this.hint(find("search").value);
  }

  // Few names are offered, those that fit: thousands would choke the list.
  hint(typed) {
    const part = typed.toLowerCase();
    const fit = [];
    for (const name of this.names.keys()) {
      if (name.toLowerCase().includes(part)) fit.push(name);
      if (fit.length === MOST_HINTS) break;
    }
    find("names").replaceChildren(...fit.map((value) => element("option", { value })));
  }

  search(name) {
    const zone = this.names.get(name);
    find("search-none").hidden = zone !== undefined || !name;
    if (zone !== undefined) this.page.change({ zone });
  }

  paint() {
    const { page } = this;
    const { data, state } = page;
    const { level } = state;
    const layer = valueLayer(data, level, page.variable(), state);
    this.map.showLevel(level);
    this.map.paint(layer, state.zone, page.brushedOn(level));
    drawLegend(find("legend"), layer, page.brushing(level));
    this.showSchemes(layer);
    if (this.layerOf !== layer.title + level.key + state.lang + state.scheme + state.edges) this.histogram.show(layer, layer.title);
    this.layerOf = layer.title + level.key + state.lang + state.scheme + state.edges;
    find("values-title").textContent = page.mapTitle(layer, level);
    find("values-source").textContent = page.sourceOf(level);
  }

  checkChoices() {
    const { data, state } = this.page;
    for (const [box, list] of [["indicators", data.indicators], ["rates", state.level.rates]]) {
      find(box).querySelectorAll("input").forEach((input, k) => { input.checked = list[k].name === state.indicator; });
    }
  }

  // How classes are cut, and for a count how it is drawn.
  showSchemes(layer) {
    const { state } = this.page;
    const count = Boolean(layer.style.circles);
    const option = (value, text, now) => element("option", { value, text, selected: now });
    find("draw-choice").hidden = !count;
    if (count) find("draw").replaceChildren(...["circles", "density", "areas"].map((one) => option(one, say("draw_" + one), state.draw === one)));
    const schemes = layer.edges && layer.edges.length > 2 ? layer.schemes : [];
    find("scheme-choice").hidden = schemes.length < 2;
    const choices = schemes.includes("manual") ? schemes : [...schemes, "manual"];
    const manual = state.scheme === "manual";
    find("scheme").replaceChildren(...choices.map((one) => option(one, say("scheme_name_" + one), one === (manual ? "manual" : layer.scheme))));
    find("edges-choice").hidden = !manual;
    if (manual && document.activeElement !== find("edges")) {
      find("edges").value = (state.edges.length ? state.edges : layer.edges.slice(1, -1)).map((edge) => String(this.shownEdge(edge))).join(" ");
    }
  }

  // Edges are typed as they are read: a share in percent.
  shownEdge(edge) {
    return this.page.variable().unit === "share" ? Number((edge * 100).toFixed(4)) : Number(edge.toPrecision(6));
  }

  typedEdges(text) {
    const factor = this.page.variable().unit === "share" ? 100 : 1;
    return numbersIn(text).slice(0, 8).map((edge) => edge / factor);
  }

  pickScheme(scheme) {
    const edges = scheme === "manual" ? (this.map.layer.edges || []).slice(1, -1) : [];
    this.page.change({ scheme, edges });
    if (scheme === "manual") find("edges").focus();
  }

  brushRange(range) {
    const { level } = this.page.state;
    const { values, format } = this.map.layer;
    if (!range) return this.page.brush(level, null, "", false);
    const zones = new Set(values.map((value, zone) => zone).filter((zone) => values[zone] !== null && values[zone] >= range[0] && values[zone] <= range[1]));
    const ends = [range[0] === -Infinity ? Math.min(...values.filter((value) => value !== null)) : range[0], range[1] === Infinity ? Math.max(...values) : range[1]];
    return this.page.brush(level, zones, say("range", { low: format(ends[0], false), high: format(ends[1], true) }), false);
  }

  showZone() {
    const { data, state } = this.page;
    const { level, zone, indicator, compare } = state;
    find("zone-name").textContent = zoneName(level, zone);
    drawPanel(find("figures"), data, level, zone, indicator);
    zonePyramid(find("pyramid"), level, zone);
    drawAgeTable(find("ages"), level.ages, cellsOf(level.population, zone, level.ages.length));
    find("compare-add").hidden = compare.includes(zone) || compare.length >= MOST_COMPARED || level.names.length < 2;
    find("comparison").hidden = compare.length === 0;
    if (compare.length) drawComparison(find("compared"), data, level, compare, indicator, (other) => this.compare(other));
  }

  // Put a zone beside the others, or take it away again.
  compare(zone) {
    const { compare } = this.page.state;
    this.page.change({ compare: compare.includes(zone) ? compare.filter((one) => one !== zone) : [...compare, zone] });
  }

  showTogether() {
    if (!find("together").open) return;
    const { page } = this;
    const { data, state } = page;
    drawMultiples(find("multiples"), state.level, this.map.bounds, this.map.outlines, variablesOf(data, state.level).map((variable) => {
      const layer = valueLayer(data, state.level, variable);
      return {
        layer, caption: variable.label[state.lang] + layer.unit, alt: say("small_alt", { title: layer.title }),
        now: variable.name === state.indicator, pick: () => page.change({ indicator: variable.name }),
      };
    }));
  }
}

// Names to search for → zone; two zones of one name are told apart by their ids.
function searchNames(level) {
  const times = new Map();
  level.names.forEach((name, zone) => times.set(zoneName(level, zone), (times.get(zoneName(level, zone)) || 0) + 1));
  return new Map(level.names.map((name, zone) => {
    const shown = zoneName(level, zone);
    return [times.get(shown) > 1 ? `${shown} (${level.ids[zone]})` : shown, zone];
  }));
}
