// The report page: one state, and the parts that show it.

const PAPER_ROWS = 60; // a longer table is not printed

function startPage() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const find = (id) => document.getElementById(id);
  words.table = data.texts;
  words.lang = data.lang;
  for (const outline of data.outlines) [outline.rings] = decodeTopology(outline.topology);
  const indicatorOf = (name) => data.indicators.find((indicator) => indicator.name === name);

  const state = { lang: data.lang, level: data.levels[0], indicator: indicatorOf(data.start), zone: null };
  const choose = (zone) => change({ zone });
  const valueMap = new ZoneMap(window.map_values, choose);
  const clusterMap = new ZoneMap(window.map_clusters, choose);
  const table = new DataTable(find("table"), (zone) => {
    change({ zone });
    find("choose").scrollIntoView();
  });
  for (const map of [valueMap, clusterMap]) {
    map.outlines = data.outlines;
    map.places = data.outlines.map(({ name, point }) => ({ text: name, point, width: Infinity, kind: "place" }));
    const leaflet = map.leaflet; // the wheel scrolls the page until the reader clicks into the map
    leaflet.on("focus", () => leaflet.scrollWheelZoom.enable());
    leaflet.on("blur", () => leaflet.scrollWheelZoom.disable());
  }

  // The zone to begin with: the highest of the first indicator.
  function highest() {
    const values = state.level.values[state.indicator.name];
    const most = Math.max(...values.filter((value) => value !== null));
    return Math.max(0, values.indexOf(most));
  }

  function change(changes) {
    if (changes.level && changes.level !== state.level && !("zone" in changes)) changes.zone = null;
    Object.assign(state, changes);
    if (state.zone === null) state.zone = highest();
    words.lang = state.lang;
    show(changes);
    writeHash();
  }

  function show(changes) {
    if (changes.lang) showLanguage();
    if (changes.lang || changes.level) showChoices();
    showValues();
    showZone();
    if (changes.lang || changes.level) {
      later(showClusters);
      later(() => table.show(data, state.level, state.zone));
    } else {
      showClusters();
      table.mark(state.zone);
    }
    document.body.classList.toggle("long-table", state.level.names.length > PAPER_ROWS);
    if ("zone" in changes) for (const map of [valueMap, clusterMap]) if (map.level === state.level) map.reveal(state.zone);
  }

  // Work that the first sight of the map need not wait for.
  function later(work) {
    setTimeout(work, 0);
  }

  function showLanguage() {
    document.documentElement.lang = state.lang;
    document.title = data.title[state.lang];
    for (const marked of document.querySelectorAll("[data-label]")) marked.setAttribute("aria-label", say(marked.dataset.label));
    for (const paper of document.querySelectorAll("[data-paper]")) paper.media = paper.dataset.paper === state.lang ? "" : "not all";
    for (const marked of document.querySelectorAll("[data-hint]")) marked.placeholder = say(marked.dataset.hint);
    // What a link leads to must not hide under the notices, which stay on top.
    document.documentElement.style.scrollPaddingTop = document.querySelector(".top").offsetHeight + 50 + "px";
    find("language").textContent = say("other_language");
    find("language").lang = state.lang === "ja" ? "en" : "ja";
    valueMap.rename(say("map_values_label"));
    clusterMap.rename(say("map_clusters_label"));
  }

  // Names to search for; two zones of one name are told apart by their ids.
  function searchNames({ names, ids }) {
    return names.map((name, zone) => (names.indexOf(name) === names.lastIndexOf(name) ? name : `${name} (${ids[zone]})`));
  }

  function radios(box, name, choices, now, onPick) {
    box.replaceChildren(...choices.map(({ value, label }) => {
      const input = element("input", { type: "radio", name, value, checked: value === now });
      input.addEventListener("change", () => onPick(value));
      return element("label", {}, input, element("span", { text: label }));
    }));
  }

  function showChoices() {
    radios(find("levels"), "level", data.levels.map((level) => ({
      value: level.key,
      label: say("level_choice", { level: level.label[state.lang], n: formatNumber(level.names.length) }),
    })), state.level.key, (key) => change({ level: data.levels.find((level) => level.key === key) }));
    radios(find("indicators"), "indicator", data.indicators.map((indicator) => ({
      value: indicator.name,
      label: indicator.label[state.lang],
    })), state.indicator.name, (name) => change({ indicator: indicatorOf(name) }));
    const select = find("cluster-indicator");
    select.replaceChildren(...data.indicators.filter(({ name }) => state.level.lisa[name]).map((indicator) =>
      element("option", { value: indicator.name, text: indicator.label[state.lang] })));
    find("names").replaceChildren(...searchNames(state.level).map((value) => element("option", { value })));
  }

  function showValues() {
    const layer = valueLayer(data, state.level, state.indicator);
    valueMap.showLevel(state.level, data.outlines);
    valueMap.paint(layer, state.zone);
    drawLegend(find("legend"), layer);
    find("values-title").textContent = say("map_title", { indicator: layer.title, level: state.level.label[state.lang] });
    for (const source of document.querySelectorAll(".map-source")) source.textContent = say("source") + " " + state.level.source;
    const picked = document.querySelector(`#indicators input[value="${CSS.escape(state.indicator.name)}"]`);
    if (picked) picked.checked = true;
  }

  function showZone() {
    find("zone-name").textContent = state.level.names[state.zone];
    drawPanel(find("figures"), data, state.level, state.zone, state.indicator.name);
    drawPyramid(find("pyramid"), state.level, state.zone);
    drawAgeTable(find("ages"), state.level, state.zone);
  }

  // Clusters of the chosen indicator; of a count, which has none, the first that has.
  function showClusters() {
    const names = Object.keys(state.level.lisa);
    find("clusters-body").hidden = names.length === 0;
    find("clusters-none").hidden = names.length > 0;
    if (!names.length) return;
    const name = names.includes(state.indicator.name) ? state.indicator.name : names.includes(data.start) ? data.start : names[0];
    const indicator = indicatorOf(name);
    const layer = clusterLayer(data, state.level, indicator);
    clusterMap.showLevel(state.level, data.outlines);
    clusterMap.paint(layer, state.zone);
    drawLegend(find("cluster-legend"), layer);
    drawScatter(find("scatter"), data, state.level, indicator, state.zone, choose);
    const { headline, notes } = state.level.readings[name][state.lang];
    find("reading").textContent = headline;
    find("reading-notes").replaceChildren(...notes.map((text) => element("li", { text })));
    find("clusters-title").textContent = say("map_title", { indicator: layer.title, level: state.level.label[state.lang] });
    find("cluster-indicator").value = name;
    find("cluster-zone").textContent = say("cluster_zone", { name: state.level.names[state.zone], text: layer.describe(state.zone) });
  }

  // The state stands in the address, so that a view can be sent as a link.
  function writeHash() {
    const { lang, level, indicator, zone } = state;
    const parts = new URLSearchParams({ lang, level: level.key, indicator: indicator.name, zone: level.ids[zone] });
    try { history.replaceState(null, "", "#" + parts); } catch (error) { /* a frame without an address */ }
  }

  function readHash() {
    const parts = new URLSearchParams(location.hash.slice(1));
    const level = data.levels.find(({ key }) => key === parts.get("level")) || state.level;
    const zone = level.ids.indexOf(parts.get("zone"));
    return {
      lang: parts.get("lang") in LOCALES ? parts.get("lang") : state.lang,
      level,
      indicator: indicatorOf(parts.get("indicator")) || state.indicator,
      zone: zone < 0 ? null : zone,
    };
  }

  find("language").addEventListener("click", () => change({ lang: state.lang === "ja" ? "en" : "ja" }));
  find("search").addEventListener("change", (event) => {
    const zone = searchNames(state.level).indexOf(event.target.value.trim());
    find("search-none").hidden = zone >= 0 || !event.target.value;
    if (zone >= 0) change({ zone });
  });
  find("cluster-indicator").addEventListener("change", (event) => change({ indicator: indicatorOf(event.target.value) }));
  find("filter").addEventListener("input", (event) => {
    table.filter = event.target.value.trim();
    table.fill();
  });
  find("csv").addEventListener("click", () =>
    saveFile(`${state.level.label[state.lang]}.csv`, csvText(data, state.level), "text/csv;charset=utf-8"));
  for (const [id, map] of [["values-png", valueMap], ["clusters-png", clusterMap]]) {
    find(id).addEventListener("click", () => drawPicture(data, state.level, map).toBlob((blob) =>
      saveFile(`${map.layer.title}_${state.level.label[state.lang]}.png`, blob, "image/png")));
  }
  // Links to the sections scroll without losing the state in the address.
  for (const link of document.querySelectorAll('nav a[href^="#"]')) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const section = find(link.hash.slice(1));
      section.scrollIntoView();
      section.focus({ preventScroll: true });
    });
  }
  window.addEventListener("hashchange", () => change(readHash()));
  // Paper has another width than the screen: maps take a fixed size while printing.
  const printing = (now) => {
    document.body.classList.toggle("printing", now);
    for (const map of [valueMap, clusterMap]) map.fit();
  };
  window.addEventListener("beforeprint", () => printing(true));
  window.addEventListener("afterprint", () => printing(false));

  change(readHash());
}

startPage();
