// The report page: one state, and the parts that show it.

const PAPER_ROWS = 60; // a longer table is not printed

const find = (id) => document.getElementById(id);

class ReportPage {
  constructor(data) {
    this.data = data;
    words.table = data.texts;
    for (const outline of data.outlines) [outline.rings] = decodeTopology(outline.topology);
    const choose = (zone) => this.change({ zone });
    this.valueMap = new ZoneMap(window.map_values, choose);
    this.clusterMap = new ZoneMap(window.map_clusters, (zone) => this.change({ level: this.state.clusters, zone }));
    this.maps = [this.valueMap, this.clusterMap];
    this.table = new DataTable(find("table"), (zone) => {
      choose(zone);
      find("choose").scrollIntoView();
    });
    this.state = { lang: data.lang, level: data.levels[0], indicator: this.indicator(data.start), zone: null, clusters: this.finest() };
    this.prepareMaps();
    this.listen();
    this.change(this.readAddress());
  }

  indicator(name) {
    return this.data.indicators.find((indicator) => indicator.name === name);
  }

  // Clusters are looked for among many zones: a dozen districts cannot show any.
  finest() {
    return this.data.levels.reduce((most, level) => (level.names.length > most.names.length ? level : most));
  }

  prepareMaps() {
    for (const map of this.maps) {
      map.outlines = this.data.outlines;
      map.places = this.data.outlines.map(({ name, point }) => ({ text: name, point, width: Infinity, kind: "place" }));
      // The wheel scrolls the page until the reader goes into the map.
      map.leaflet.on("focus", () => map.leaflet.scrollWheelZoom.enable());
      map.leaflet.on("blur", () => map.leaflet.scrollWheelZoom.disable());
    }
  }

  // ---- state: language, level, indicator, zone, and the level of the clusters

  change(changes) {
    const { state } = this;
    if (changes.level && changes.level !== state.level && !("zone" in changes)) changes.zone = null;
    Object.assign(state, changes);
    if (state.zone === null) state.zone = this.highest();
    words.lang = state.lang;
    this.show(changes);
    this.writeAddress();
  }

  // The zone to begin with: the highest of the indicator.
  highest() {
    const values = this.state.level.values[this.state.indicator.name];
    return Math.max(0, values.indexOf(Math.max(...values.filter((value) => value !== null))));
  }

  // The state stands in the address, so that a view can be sent as a link.
  writeAddress() {
    const { lang, level, indicator, zone, clusters } = this.state;
    const parts = new URLSearchParams({ lang, level: level.key, indicator: indicator.name, zone: level.ids[zone], clusters: clusters.key });
    try { history.replaceState(null, "", "#" + parts); } catch (error) { /* a frame without an address */ }
  }

  readAddress() {
    const { state, data } = this;
    const parts = new URLSearchParams(location.hash.slice(1));
    const named = (part, otherwise) => data.levels.find(({ key }) => key === parts.get(part)) || otherwise;
    const level = named("level", state.level);
    const zone = level.ids.indexOf(parts.get("zone"));
    return {
      lang: parts.get("lang") in LOCALES ? parts.get("lang") : state.lang,
      level,
      indicator: this.indicator(parts.get("indicator")) || state.indicator,
      zone: zone < 0 ? null : zone,
      clusters: named("clusters", state.clusters),
    };
  }

  // ---- what shows the state

  show(changes) {
    const { data, state } = this;
    if (changes.lang) this.showLanguage();
    if (changes.lang || changes.level || changes.clusters) this.showChoices();
    this.showValues();
    this.showZone();
    if (changes.lang || changes.level) {
      // The first sight of the map need not wait for the rest.
      setTimeout(() => this.showClusters());
      setTimeout(() => this.table.show(data, state.level, state.zone));
    } else {
      this.showClusters();
      this.table.mark(state.zone);
    }
    document.body.classList.toggle("long-table", state.level.names.length > PAPER_ROWS);
    if (!("zone" in changes)) return;
    for (const map of this.maps) if (map.level === state.level) map.reveal(state.zone);
  }

  showLanguage() {
    const { lang } = this.state;
    document.documentElement.lang = lang;
    document.title = this.data.title[lang];
    const marked = (name, work) => document.querySelectorAll(`[data-${name}]`).forEach((one) => work(one, one.dataset[name]));
    marked("label", (one, key) => one.setAttribute("aria-label", say(key)));
    marked("hint", (one, key) => { one.placeholder = say(key); });
    marked("paper", (style, own) => { style.media = own === lang ? "" : "not all"; });
    find("language").textContent = say("other_language");
    find("language").lang = lang === "ja" ? "en" : "ja";
    this.valueMap.rename(say("map_values_label"));
    this.clusterMap.rename(say("map_clusters_label"));
    // What a link leads to must not hide under the notices, which stay on top.
    document.documentElement.style.scrollPaddingTop = document.querySelector(".top").offsetHeight + 50 + "px";
  }

  showChoices() {
    const { data, state } = this;
    const label = (indicator) => indicator.label[state.lang];
    for (const [box, of] of [["levels", "level"], ["cluster-levels", "clusters"]]) {
      radios(find(box), of, data.levels.map((level) => ({
        label: say("level_choice", { level: level.label[state.lang], n: formatNumber(level.names.length) }),
        now: level === state[of],
        pick: () => this.change({ [of]: level }),
      })));
    }
    radios(find("indicators"), "indicator", data.indicators.map((indicator) => ({
      label: label(indicator),
      now: indicator === state.indicator,
      pick: () => this.change({ indicator }),
    })));
    find("cluster-indicator").replaceChildren(...data.indicators
      .filter(({ name }) => state.clusters.lisa[name])
      .map((indicator) => element("option", { value: indicator.name, text: label(indicator) })));
    find("names").replaceChildren(...searchNames(state.level).map((value) => element("option", { value })));
  }

  showValues() {
    const { data, state } = this;
    const layer = valueLayer(data, state.level, state.indicator);
    this.valueMap.showLevel(state.level, data.outlines);
    this.valueMap.paint(layer, state.zone);
    drawLegend(find("legend"), layer);
    find("values-title").textContent = this.mapTitle(layer, state.level);
    find("values-source").textContent = say("source") + " " + state.level.source;
    find("indicators").querySelectorAll("input")[data.indicators.indexOf(state.indicator)].checked = true;
  }

  showZone() {
    const { level, zone, indicator } = this.state;
    find("zone-name").textContent = level.names[zone];
    drawPanel(find("figures"), this.data, level, zone, indicator.name);
    drawPyramid(find("pyramid"), level, zone);
    drawAgeTable(find("ages"), level, zone);
  }

  // Clusters of the chosen indicator; of a count, which has none, the first that has.
  showClusters() {
    const { data, state } = this;
    const level = state.clusters;
    const zone = level === state.level ? state.zone : null;
    const names = Object.keys(level.lisa);
    find("clusters-body").hidden = names.length === 0;
    find("clusters-none").hidden = names.length > 0;
    if (!names.length) return;
    const name = [state.indicator.name, data.start, names[0]].find((one) => names.includes(one));
    const indicator = this.indicator(name);
    const layer = clusterLayer(data, level, indicator);
    this.clusterMap.showLevel(level, data.outlines);
    this.clusterMap.paint(layer, zone);
    drawLegend(find("cluster-legend"), layer);
    drawScatter(find("scatter"), data, level, indicator, zone, (other) => this.change({ level, zone: other }));
    const { headline, notes } = level.readings[name][state.lang];
    find("reading").textContent = headline;
    find("reading-notes").replaceChildren(...notes.map((text) => element("li", { text })));
    find("clusters-title").textContent = this.mapTitle(layer, level);
    find("clusters-source").textContent = say("source") + " " + level.source;
    find("cluster-indicator").value = name;
    find("cluster-zone").hidden = zone === null;
    if (zone !== null) find("cluster-zone").textContent = say("cluster_zone", { name: level.names[zone], text: layer.describe(zone) });
  }

  mapTitle(layer, level) {
    return say("map_title", { indicator: layer.title, level: level.label[this.state.lang] });
  }

  // ---- what the reader does

  listen() {
    const { state } = this;
    const on = (id, event, work) => find(id).addEventListener(event, work);
    on("language", "click", () => this.change({ lang: state.lang === "ja" ? "en" : "ja" }));
    on("search", "change", (event) => this.search(event.target.value.trim()));
    on("cluster-indicator", "change", (event) => this.change({ indicator: this.indicator(event.target.value) }));
    on("filter", "input", (event) => this.table.narrow(event.target.value.trim()));
    on("csv", "click", () => this.save(csvText(this.data, state.level), "csv", "text/csv;charset=utf-8"));
    on("values-png", "click", () => this.savePicture(this.valueMap));
    on("clusters-png", "click", () => this.savePicture(this.clusterMap));
    document.querySelectorAll('nav a[href^="#"]').forEach((link) => link.addEventListener("click", goToSection));
    window.addEventListener("hashchange", () => this.change(this.readAddress()));
    window.addEventListener("beforeprint", () => this.print(true));
    window.addEventListener("afterprint", () => this.print(false));
  }

  search(name) {
    const zone = searchNames(this.state.level).indexOf(name);
    find("search-none").hidden = zone >= 0 || !name;
    if (zone >= 0) this.change({ zone });
  }

  save(content, kind, type, { title = "", level = this.state.level } = {}) {
    saveFile(`${title}${level.label[this.state.lang]}.${kind}`, content, type);
  }

  savePicture(map) {
    drawPicture(this.data, map.level, map).toBlob((blob) =>
      this.save(blob, "png", "image/png", { title: map.layer.title + "_", level: map.level }));
  }

  // Paper has another width than the screen: maps take a fixed size while printing.
  print(now) {
    document.body.classList.toggle("printing", now);
    for (const map of this.maps) if (map.level) map.fit();
  }
}

function radios(box, name, choices) {
  box.replaceChildren(...choices.map(({ label, now, pick }) => {
    const input = element("input", { type: "radio", name, checked: now });
    input.addEventListener("change", pick);
    return element("label", {}, input, element("span", { text: label }));
  }));
}

// Names to search for; two zones of one name are told apart by their ids.
function searchNames({ names, ids }) {
  return names.map((name, zone) => (names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (${ids[zone]})`));
}

// Links to the sections scroll without losing the state in the address.
function goToSection(event) {
  event.preventDefault();
  const section = find(event.target.closest("a").hash.slice(1));
  section.scrollIntoView();
  section.focus({ preventScroll: true });
}

new ReportPage(JSON.parse(find("data").textContent));
