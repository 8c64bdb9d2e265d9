// A map of one indicator by itself: legend and notices lie on the map.

window.tsukubaGis = {
  single(leaflet, data) {
    words.table = data.texts;
    words.lang = data.lang;
    const [level] = data.levels;
    const zones = new ZoneMap(leaflet);
    const layer = valueLayer(data, level, data.indicators[0]);
    zones.showLevel(level, []);
    zones.paint(layer);
    zones.rename(layer.title);
    const legend = element("div", { class: "on-map legend-box" });
    drawLegend(legend, layer);
    const notices = element("div", { class: "on-map notices" }, ...data.notices.map((text) => element("p", { text })));
    const source = element("div", { class: "on-map note", text: say("source") + " " + level.source });
    for (const [box, position] of [[notices, "bottomleft"], [legend, "topright"], [source, "bottomright"]]) {
      const Box = L.Control.extend({ onAdd: () => box });
      new Box({ position }).addTo(leaflet);
    }
  },
};
