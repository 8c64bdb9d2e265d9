// Two indicators beside each other: a map and a scatter plot that know each other's choice.

class RelationSection {
  constructor(page, map) {
    this.page = page;
    this.map = map;
    this.shown = "y"; // what the map shows: "y", "x", or a column of a regression
    this.plot = new ScatterPlot(find("relation-plot"), {
      choose: (zone) => page.change({ level: page.state.clusters, zone }),
      brush: (zones) => page.brush(page.state.clusters, zones, say("brush_rectangle")),
    });
    for (const axis of ["x", "y"]) {
      find("relation-" + axis).addEventListener("change", (event) => page.change({ [axis]: event.target.value }));
    }
    find("relation-swap").addEventListener("click", () => page.change({ x: page.state.y, y: page.state.x }));
    find("relation-shown").addEventListener("change", (event) => {
      this.shown = event.target.value;
      this.paint();
    });
  }

  show(changes) {
    const { state } = this.page;
    const level = state.clusters;
    const rates = this.page.data.indicators.filter((one) => !level.classes[one.name].circles);
    find("relations").classList.toggle("empty", rates.length < 2);
    find("relation-none").hidden = rates.length >= 2;
    find("relation-body").hidden = rates.length < 2;
    if (rates.length < 2) return;
    const fresh = ["lang", "clusters", "x", "y"].some((name) => name in changes);
    if (!fresh) {
      const zone = this.page.zoneOn(level);
      this.plot.mark(zone, this.page.brushedOn(level));
      if ("brush" in changes) this.paint();
      else this.map.choose(zone);
      if (zone !== null && "zone" in changes) this.map.reveal(zone);
      return;
    }
    [state.x, state.y] = this.pair(level, rates);
    this.variables = ["x", "y"].map((axis) => rates.find(({ name }) => name === state[axis]));
    this.showChoices(level, rates);
    this.showPlot(level);
    this.showNumbers(level);
    this.paint();
  }

  // The pair in the state; else the first that the study asked for; else the first two.
  pair(level, rates) {
    const { state } = this.page;
    const known = (name) => rates.some((one) => one.name === name);
    const asked = level.correlations.find(({ x, y }) => known(x) && known(y));
    const x = known(state.x) ? state.x : asked ? asked.x : rates[0].name;
    const other = asked && asked.x === x ? asked.y : rates.find(({ name }) => name !== x).name;
    return [x, known(state.y) ? state.y : other];
  }

  showChoices(level, rates) {
    const { state } = this.page;
    const option = (value, text, now) => element("option", { value, text, selected: value === now });
    for (const axis of ["x", "y"]) {
      find("relation-" + axis).replaceChildren(...rates.map((one) => option(one.name, one.label[state.lang], state[axis])));
    }
    const columns = level.regressions.flatMap((regression, k) => regression.layers.map((layer, m) => [`${k}-${m}`, this.columnName(regression, layer)]));
    if (!["x", "y", ...columns.map(([key]) => key)].includes(this.shown)) this.shown = "y";
    find("relation-shown").replaceChildren(
      ...["y", "x"].map((axis) => option(axis, say("relation_shown_" + axis), this.shown)),
      ...columns.map(([key, text]) => option(key, text, this.shown)));
    levelRadios(find("relation-levels"), "relation-level", this.page);
  }

  label(name) {
    const found = this.page.data.indicators.find((one) => one.name === name);
    return found ? found.label[this.page.state.lang] : name;
  }

  columnName(regression, { name }) {
    const outcome = this.label(regression.outcome);
    return name === "residual_std" ? say("residual_of", { outcome })
      : say("local_of", { outcome, term: this.termName(name.replace("local_", "")) });
  }

  termName(term) {
    return ["intercept", "lag", "error"].includes(term) ? say("term_" + term) : this.label(term);
  }

  paint() {
    const { page } = this;
    const level = page.state.clusters;
    const zone = page.zoneOn(level);
    const layer = this.layer(level);
    this.map.showLevel(level);
    this.map.paint(layer, zone, page.brushedOn(level));
    drawLegend(find("relation-legend"), layer, page.brushing(level));
    find("relations-title").textContent = page.mapTitle(layer, level);
    find("relations-source").textContent = page.sourceOf(level);
  }

  layer(level) {
    const { data } = this.page;
    if (this.shown === "x" || this.shown === "y") return valueLayer(data, level, this.variables["xy".indexOf(this.shown)]);
    const [k, m] = this.shown.split("-").map(Number);
    const regression = level.regressions[k];
    const { name, values, edges } = regression.layers[m];
    const format = (value) => formatNumber(value, 2);
    return classedLayer({
      title: this.columnName(regression, regression.layers[m]), unit: "", values, edges, format,
      colours: coloursOf(data, edges, name === "residual_std"),
      notes: [say(name === "residual_std" ? "residual_note" : "local_note")],
      describe: (zone) => (values[zone] === null ? say("no_data") : format(values[zone])),
    });
  }

  showPlot(level) {
    const { data, state } = this.page;
    const [one, other] = this.variables;
    const [x, y] = [level.values[one.name], level.values[other.name]];
    const axis = (variable) => variable.label[state.lang] + (variable.unit === "share" ? " (%)" : unitOf(variable));
    const line = fittedLine(x, y);
    this.plot.show({
      x, y, line,
      fill: () => "var(--accent)",
      xLabel: axis(one), yLabel: axis(other),
      factorX: one.unit === "share" ? 100 : 1, factorY: other.unit === "share" ? 100 : 1,
      label: say("relation_alt", { x: one.label[state.lang], y: other.label[state.lang] }),
      describe: (zone) => [zoneName(level, zone), ...this.variables.map((variable) =>
        `${variable.label[state.lang]} ${describeValue(data, level, variable, level.values[variable.name], zone)}`)].join(say("comma")),
    }, this.page.zoneOn(level), this.page.brushedOn(level));
  }

  // What the study found about this pair, and about all pairs.
  showNumbers(level) {
    const pair = [this.page.state.x, this.page.state.y];
    const found = level.correlations.filter(({ x, y }) => pair.includes(x) && pair.includes(y) && x !== y);
    find("relation-found").replaceChildren(...(found.length ? found.map((one) => element("p", { class: "reading headline", text: this.sentence(one) }))
      : [element("p", { class: "note", text: say("relation_not_asked") })]));
    find("correlations").hidden = level.correlations.length === 0;
    find("correlation-table").replaceChildren(this.correlationTable(level));
    find("regressions").replaceChildren(...level.regressions.map((one) => this.regressionTable(one)));
  }

  sentence(one) {
    if (one.r === null) return say("correlation_undefined");
    const strong = Math.abs(one.r) >= 0.7 ? "strong" : Math.abs(one.r) >= 0.4 ? "middle" : Math.abs(one.r) >= 0.2 ? "weak" : "none";
    return say("correlation_" + strong + (strong === "none" ? "" : one.r > 0 ? "_up" : "_down"), {
      method: say("correlation_method_" + one.method), r: formatNumber(one.r, 2),
      low: formatNumber(one.low, 2), high: formatNumber(one.high, 2), percent: formatNumber(100 * (1 - one.alpha)),
      p: formatP(one.p_spatial === null ? one.p : one.p_spatial), n: formatNumber(one.n),
    });
  }

  correlationTable(level) {
    const rows = level.correlations.map((one) => {
      const button = element("button", { type: "button", text: say("pair", { x: this.label(one.x), y: this.label(one.y) }) });
      button.addEventListener("click", () => this.page.change({ x: one.x, y: one.y }));
      const number = (text) => element("td", { class: "number", text });
      const given = one.given.length ? say("given", { names: one.given.map((name) => this.label(name)).join(say("comma")) }) : "";
      return element("tr", {}, element("th", { scope: "row" }, button, element("span", { class: "unit", text: given })),
        element("td", { text: say("correlation_method_" + one.method) }),
        number(one.r === null ? "–" : formatNumber(one.r, 2)),
        number(one.low === null ? "–" : say("range", { low: formatNumber(one.low, 2), high: formatNumber(one.high, 2) })),
        number(one.p === null ? "–" : formatP(one.p).replace("= ", "")),
        number(one.p_spatial === null ? "–" : formatP(one.p_spatial).replace("= ", "")),
        number(formatNumber(one.n)));
    });
    return figureTable(say("correlations"), ["pair_head", "correlation_method", "r", "interval", "p_plain", "p_spatial", "zones_in_class"].map((key) => say(key)), rows);
  }

  regressionTable(one) {
    const number = (value, digits = 3) => element("td", { class: "number", text: value === null || value === undefined ? "–" : significant(value, digits) });
    const rows = one.coefficients.map((row) => element("tr", {},
      element("th", { scope: "row", text: this.termName(row.term) }),
      number(row.estimate), element("td", { class: "number", text: row.low === null || row.low === undefined ? "–" : say("range", { low: significant(row.low), high: significant(row.high) }) }),
      element("td", { class: "number", text: row.p === null || row.p === undefined ? "–" : formatP(row.p).replace("= ", "") })));
    const told = (name, key) => (say(key + name) === key + name ? name : say(key + name));
    const fit = Object.entries(one.fit).map(([name, value]) => `${told(name, "fit_")} ${value === null ? "–" : significant(value)}`);
    const tests = one.diagnostics.map(({ term, value, p }) =>
      `${told(term, "test_")} ${value === null ? "–" : significant(value)}` + (p === null || p === undefined ? "" : ` (p ${formatP(p)})`));
    return element("div", { class: "regression" },
      element("h4", { text: say("regression_title", { model: told(one.model, "model_"), outcome: this.label(one.outcome), n: formatNumber(one.n) }) }),
      element("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": say("regressions") },
        figureTable(say("regressions"), ["term", "estimate", "interval", "p_plain"].map((key) => say(key)), rows)),
      element("p", { class: "note", text: [...fit, ...tests].join(say("comma")) }));
  }
}

// A line through the points by least squares: for the eye; the study's numbers stand beside it.
function fittedLine(x, y) {
  const zones = x.map((value, zone) => zone).filter((zone) => x[zone] !== null && y[zone] !== null);
  const mean = (list) => zones.reduce((sum, zone) => sum + list[zone], 0) / zones.length;
  const [mx, my] = [mean(x), mean(y)];
  const sxx = zones.reduce((sum, zone) => sum + (x[zone] - mx) ** 2, 0);
  if (!(sxx > 0)) return null;
  const slope = zones.reduce((sum, zone) => sum + (x[zone] - mx) * (y[zone] - my), 0) / sxx;
  return { slope, intercept: my - slope * mx };
}

function significant(value, figures = 3) {
  return new Intl.NumberFormat(LOCALES[words.lang], { maximumSignificantDigits: figures }).format(value);
}
