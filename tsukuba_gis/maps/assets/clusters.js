// Where high and low gather: local statistics and regions on a map, the Moran scatter plot.

class ClusterSection {
  constructor(page, map) {
    this.page = page;
    this.map = map;
    this.plot = new ScatterPlot(find("scatter"), {
      choose: (zone) => page.change({ level: page.state.clusters, zone }),
      brush: (zones) => page.brush(page.state.clusters, zones, say("brush_rectangle")),
    });
    find("cluster-layer").addEventListener("change", (event) => this.pick(event.target.value));
  }

  // A local Moran of an indicator is shown with that indicator; other layers stay by themselves.
  pick(value) {
    const [kind, name] = value.split(":");
    this.page.change(kind === "lisa" ? { indicator: name, layer: null } : { layer: value });
  }

  // What the state asks for, as far as the level has it: "lisa:<indicator>", "local:<k>" or "regions".
  key(level) {
    const { layer, indicator } = this.page.state;
    if (layer === "regions" && level.regions) return layer;
    if (/^local:\d+$/.test(layer || "") && level.local[Number(layer.slice(6))]) return layer;
    const names = Object.keys(level.lisa);
    const name = [indicator, this.page.data.start, names[0]].find((one) => names.includes(one));
    return name ? "lisa:" + name : level.regions ? "regions" : null;
  }

  show(changes) {
    const { page } = this;
    const level = page.state.clusters;
    const zone = page.zoneOn(level);
    const key = this.key(level);
    find("clusters-body").hidden = key === null;
    find("clusters-none").hidden = key !== null;
    levelRadios(find("cluster-levels"), "cluster-level", page);
    if (key === null) return;
    const painted = key !== this.painted || ["lang", "clusters", "brush"].some((name) => name in changes);
    if (painted) this.paint(level, key);
    else {
      this.map.choose(zone);
      this.plot.mark(zone, page.brushedOn(level));
    }
    this.painted = key;
    if (zone !== null && "zone" in changes) this.map.reveal(zone);
    find("cluster-zone").hidden = zone === null;
    if (zone !== null) find("cluster-zone").textContent = say("cluster_zone", { name: zoneName(level, zone), text: this.map.layer.describe(zone) });
  }

  paint(level, key) {
    const { page } = this;
    const { data } = page;
    const [kind, name] = key.split(":");
    const indicator = data.indicators.find((one) => one.name === name);
    const zone = page.zoneOn(level);
    const layer = this.layer(level, kind, name, indicator);
    this.showChoices(level, key);
    this.map.showLevel(level);
    this.map.paint(layer, zone, page.brushedOn(level));
    drawLegend(find("cluster-legend"), layer, page.brushing(level));
    find("clusters-title").textContent = page.mapTitle(layer, level);
    find("clusters-source").textContent = page.sourceOf(level);
    this.showReading(level, kind, name);
    find("scatter-part").hidden = kind !== "lisa";
    if (kind !== "lisa") return;
    this.plot.show(moranPlot(data, level, indicator), zone, page.brushedOn(level));
    find("scatter-part").hidden = this.plot.box.hidden;
    const moran = level.moran[name];
    find("moran").textContent = moran && moran.i !== null ? say("moran_said", { i: formatNumber(moran.i, 2), p: formatP(moran.p), n: formatNumber(moran.n) }) : "";
  }

  layer(level, kind, name, indicator) {
    const { data, state } = this.page;
    if (kind === "regions") return regionLayer(data, level);
    if (kind === "local") return clusterLayer(data, level, level.local[Number(name)], level.local[Number(name)].label[state.lang]);
    return clusterLayer(data, level, level.lisa[name], say("clusters_of", { indicator: indicator.label[state.lang] }));
  }

  showChoices(level, key) {
    const { data, state } = this.page;
    const option = (value, text) => element("option", { value, text, selected: value === key });
    const group = (label, options) => (options.length ? [element("optgroup", { label: say(label) }, ...options)] : []);
    find("cluster-layer").replaceChildren(
      ...group("word_lisa", data.indicators.filter(({ name }) => level.lisa[name]).map(({ name, label }) => option("lisa:" + name, label[state.lang]))),
      ...group("other_statistics", level.local.map(({ label }, k) => option("local:" + k, label[state.lang]))),
      ...group("regions", level.regions ? [option("regions", say("regions"))] : []));
  }

  showReading(level, kind, name) {
    const { lang } = this.page.state;
    const none = { headline: "", notes: [] };
    const { headline, notes } = (kind === "lisa" ? (level.readings || {})[name] : kind === "local" ? level.local[Number(name)].reading : level.regions.reading)?.[lang] || none;
    find("reading").textContent = headline;
    find("reading").hidden = !headline;
    find("reading-notes").replaceChildren(...notes.map((text) => element("li", { text })));
    find("reading-part").hidden = notes.length === 0;
  }
}
