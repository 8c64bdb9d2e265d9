// The report page: one state, and the parts that show it.

const PAPER_ROWS = 60; // a longer table is not printed
const MOST_HINTS = 30; // names offered while one is typed

const find = (id) => document.getElementById(id);

class ReportPage {
  constructor(data) {
    this.data = data;
    words.table = data.texts;
    data.levels.forEach(prepareLevel);
    for (const outline of data.outlines) [outline.rings] = decodeTopology(outline.topology);
    this.state = {
      lang: data.lang, level: data.levels[0], indicator: data.start, zone: null, clusters: this.finest(), layer: null,
      scheme: "", edges: [], draw: "circles", compare: [], brush: null, x: null, y: null, year: null, measure: MEASURES[0],
    };
    this.maps = [];
    this.parts = [new PlaceSection(this, this.makeMap("values", (zone) => this.change({ zone })))];
    this.later = this.laterParts();
    this.listen();
    this.change({ ...this.readAddress(), start: true });
  }

  // Clusters are looked for among many zones: a dozen districts cannot show any.
  finest() {
    return this.data.levels.reduce((most, level) => (level.names.length > most.names.length ? level : most));
  }

  // What lies below the first map is made after it, piece by piece.
  laterParts() {
    const there = (zone) => this.change({ level: this.state.clusters, zone });
    const later = [
      () => new AgeSection(this),
      () => new ClusterSection(this, this.makeMap("clusters", there)),
      () => new RelationSection(this, this.makeMap("relations", there)),
    ];
    if (window.make_map_future) later.push(() => {
      const future = new FutureSection(this, this.makeMap("future", (zone) => this.change({ level: future.level(), zone })));
      return future;
    });
    if (this.data.flows.length) later.push(() => new FlowSection(this, window.make_map_flows ? this.makeMap("flows") : null));
    later.push(() => this.makeTable());
    return later;
  }

  makeTable() {
    const table = new DataTable(find("table"), (zone) => {
      this.change({ zone });
      find("choose").scrollIntoView();
    });
    find("filter").addEventListener("input", (event) => table.narrow(event.target.value.trim()));
    return {
      show: (changes) => {
        if (["lang", "level"].some((name) => name in changes)) table.show(this.data, this.state.level, this.state.zone);
        else table.mark(this.state.zone);
      },
    };
  }

  makeMap(name, onChoose) {
    window["map_" + name] = window["make_map_" + name]();
    const map = new ZoneMap(window["map_" + name], onChoose);
    map.outlines = this.data.outlines;
    map.placesOf = () => this.data.outlines.map(({ name, name_en: other, point }) => ({
      text: (words.lang === "en" && other) || name, point: L.latLng(point), width: Infinity, kind: "place",
    }));
    if (this.data.tiles) addTiles(map.leaflet, this.data.tiles);
    // The wheel scrolls the page until the reader goes into the map.
    map.leaflet.on("focus", () => map.leaflet.scrollWheelZoom.enable());
    map.leaflet.on("blur", () => map.leaflet.scrollWheelZoom.disable());
    map.name = name;
    map.rename(say(`map_${name}_label`));
    const button = find(name + "-png");
    if (button) button.addEventListener("click", () => this.savePicture(map));
    this.maps.push(map);
    return map;
  }

  // ---- state

  change(changes) {
    const { state } = this;
    if (changes.level && changes.level !== state.level && !("zone" in changes)) changes.zone = null;
    if (changes.level && changes.level !== state.level) state.compare = [];
    if (changes.start) Object.assign(changes, { lang: changes.lang || state.lang, level: changes.level || state.level, clusters: changes.clusters || state.clusters, indicator: changes.indicator || state.indicator });
    if (changes.indicator && changes.indicator !== state.indicator) Object.assign(state, { scheme: "", edges: [], brush: null });
    Object.assign(state, changes);
    if (!this.variable()) state.indicator = this.data.start;
    if (state.zone === null) {
      state.zone = this.highest();
      changes.zone = state.zone;
    }
    words.lang = state.lang;
    if (changes.lang) this.showLanguage();
    this.show(changes);
    this.writeAddress();
  }

  // The first sight of the page need not wait for what lies below it.
  show(changes) {
    document.body.classList.toggle("long-table", this.state.level.names.length > PAPER_ROWS);
    if (!changes.start || !this.later.length) this.parts.forEach((part) => part.show(changes));
    else this.showLater(changes);
  }

  async showLater(changes) {
    await this.parts[0].show(changes);
    while (this.later.length) {
      await pause();
      const part = this.later.shift()();
      this.parts.push(part);
      part.show(changes);
    }
    document.body.dataset.ready = "yes";
  }

  // The indicator or rate that is shown.
  variable(level = this.state.level) {
    return variablesOf(this.data, level).find(({ name }) => name === this.state.indicator);
  }

  // The zone to begin with: the highest of the indicator.
  highest() {
    const values = this.state.level.values[this.state.indicator];
    return Math.max(0, values.indexOf(Math.max(...values.filter((value) => value !== null))));
  }

  // The chosen zone on a level; null where it lies on another.
  zoneOn(level) {
    return level === this.state.level ? this.state.zone : null;
  }

  brushedOn(level) {
    return this.state.brush && this.state.brush.level === level ? this.state.brush.zones : null;
  }

  // zones: a Set, or null to show all again.
  brush(level, zones, label, reset = true) {
    this.change({ brush: zones && { level, zones, label } });
    if (reset) this.parts[0].histogram.reset();
    find("brush-state").hidden = !zones;
    if (zones) find("brush-words").textContent = say("brush_state", { n: formatNumber(zones.size), label });
  }

  // What a legend needs to brush by class.
  brushing(level) {
    const { brush } = this.state;
    return {
      brushed: brush && brush.level === level ? brush.label : "",
      onBrush: (row) => this.brush(level, row && new Set(level.names.map((name, zone) => zone).filter(row.has)), row && row.label),
    };
  }

  // ---- the address: a view can be sent as a link

  writeAddress() {
    const { state } = this;
    const { lang, level, indicator, zone, clusters } = state;
    const parts = new URLSearchParams({ lang, level: level.key, indicator, zone: level.ids[zone], clusters: clusters.key });
    for (const name of ["layer", "scheme", "x", "y"]) if (state[name]) parts.set(name, state[name]);
    if (state.edges.length) parts.set("edges", state.edges.join(" "));
    if (state.draw !== "circles") parts.set("draw", state.draw);
    if (state.measure !== MEASURES[0]) parts.set("measure", state.measure);
    if (state.compare.length) parts.set("compare", state.compare.map((one) => level.ids[one]).join(" "));
    const { projection } = this.data.levels.find((one) => one.projection) || {};
    if (projection && state.year !== null) parts.set("year", projection.years[state.year]);
    try { history.replaceState(null, "", "#" + parts); } catch (error) { /* a frame without an address */ }
  }

  readAddress() {
    const { state, data } = this;
    const parts = new URLSearchParams(location.hash.slice(1));
    const named = (part, otherwise) => data.levels.find(({ key }) => key === parts.get(part)) || otherwise;
    const oneOf = (part, choices, otherwise) => (choices.includes(parts.get(part)) ? parts.get(part) : otherwise);
    const level = named("level", state.level);
    const zones = (text) => (text || "").split(" ").map((id) => level.ids.indexOf(id)).filter((zone) => zone >= 0);
    const names = variablesOf(data, level).map(({ name }) => name);
    const { projection } = data.levels.find((one) => one.projection) || {};
    const year = projection ? projection.years.indexOf(Number(parts.get("year"))) : -1;
    const [zone = null] = zones(parts.get("zone"));
    return {
      lang: oneOf("lang", Object.keys(LOCALES), state.lang), level, zone,
      indicator: oneOf("indicator", names, state.indicator),
      clusters: named("clusters", state.clusters),
      layer: parts.get("layer"), x: parts.get("x"), y: parts.get("y"),
      scheme: parts.get("scheme") || "", edges: numbersIn(parts.get("edges") || ""),
      draw: oneOf("draw", ["density", "areas"], "circles"),
      measure: oneOf("measure", MEASURES, MEASURES[0]),
      year: year < 0 ? null : year,
      compare: zones(parts.get("compare")).slice(0, MOST_COMPARED),
    };
  }

  // ---- words around the parts

  showLanguage() {
    const { data } = this;
    const { lang } = this.state;
    document.documentElement.lang = lang;
    document.title = data.title[lang];
    const marked = (name, work) => document.querySelectorAll(`[data-${name}]`).forEach((one) => work(one, one.dataset[name]));
    marked("label", (one, key) => one.setAttribute("aria-label", say(key)));
    marked("hint", (one, key) => { one.placeholder = say(key); });
    marked("paper", (style, own) => { style.media = own === lang ? "" : "not all"; });
    find("language").textContent = say("other_language");
    find("language").lang = lang === "ja" ? "en" : "ja";
    for (const map of this.maps) map.rename(say(`map_${map.name}_label`));
    // What a link leads to must not hide under the notices, which stay on top.
    document.documentElement.style.scrollPaddingTop = document.querySelector(".top").offsetHeight + 50 + "px";
  }

  mapTitle(layer, level) {
    return say("map_title", { indicator: layer.title, level: level.label[this.state.lang] });
  }

  sourceOf(level) {
    return say("source") + " " + level.source[words.lang];
  }

  // ---- what the reader does

  listen() {
    const { state } = this;
    find("language").addEventListener("click", () => this.change({ lang: state.lang === "ja" ? "en" : "ja" }));
    find("brush-end").addEventListener("click", () => this.brush(null, null));
    find("csv").addEventListener("click", () => this.save(csvText(this.data, state.level), "csv", "text/csv;charset=utf-8"));
    document.querySelectorAll('nav a[href^="#"]').forEach((link) => link.addEventListener("click", goToSection));
    window.addEventListener("hashchange", () => this.change({ ...this.readAddress(), start: true }));
    window.addEventListener("beforeprint", () => this.print(true));
    window.addEventListener("afterprint", () => this.print(false));
  }

  save(content, kind, type, { title = "", level = this.state.level } = {}) {
    saveFile(`${title}${level.label[this.state.lang]}.${kind}`, content, type);
  }

  savePicture(map) {
    drawPicture(this.data, map).toBlob((blob) =>
      this.save(blob, "png", "image/png", { title: `${map.layer.title}_${map.layer.year ? map.layer.year + "_" : ""}`, level: map.level }));
  }

  // Paper has another width than the screen: maps take a fixed size while printing.
  print(now) {
    document.body.classList.toggle("printing", now);
    for (const map of this.maps) if (map.level) map.fit();
  }
}

function pause() {
  return new Promise((done) => { setTimeout(done); });
}

function numbersIn(text) {
  return (text.match(/-?\d+(\.\d+)?/g) || []).map(Number);
}

function radios(box, name, choices) {
  box.replaceChildren(...choices.map(({ label, now, pick }) => {
    const input = element("input", { type: "radio", name, checked: now });
    input.addEventListener("change", pick);
    return element("label", {}, input, element("span", { text: label }));
  }));
}

// The level of a section that looks at many zones; all such sections share it.
function levelRadios(box, name, page, fits = () => true) {
  const levels = page.data.levels.filter(fits);
  box.closest("fieldset").hidden = levels.length < 2;
  radios(box, name, levels.map((level) => ({
    label: say("level_choice", { level: level.label[page.state.lang], n: formatNumber(level.names.length) }),
    now: level === page.state.clusters,
    pick: () => page.change({ clusters: level }),
  })));
}

// Links to the sections scroll without losing the state in the address.
function goToSection(event) {
  event.preventDefault();
  const section = find(event.target.closest("a").hash.slice(1));
  section.scrollIntoView();
  section.focus({ preventScroll: true });
}
