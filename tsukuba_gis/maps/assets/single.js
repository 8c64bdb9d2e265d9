// A map of one indicator by itself: notices above it, legend on it, source below.

window.tsukubaGis = {
  single(leaflet, data) {
    words.table = data.texts;
    words.lang = data.lang;
    const [level] = data.levels;
    prepareLevel(level);
    const layer = valueLayer(data, level, data.indicators[0]);
    const box = leaflet.getContainer();
    box.before(element("div", { class: "notices" }, ...data.notices.map((text) => element("p", { text }))));
    box.after(element("p", { class: "note", text: say("source") + " " + level.source[words.lang] }));
    const zones = new ZoneMap(leaflet);
    if (data.tiles) addTiles(leaflet, data.tiles);
    zones.showLevel(level);
    zones.paint(layer);
    zones.rename(layer.title);
    const legend = element("div", { class: "legend-box on-map" });
    drawLegend(legend, layer);
    const Legend = L.Control.extend({ onAdd: () => legend });
    new Legend({ position: "topright" }).addTo(leaflet);
  },
};
