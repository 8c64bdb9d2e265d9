// Places as points; those that would touch on the screen are one circle with their number.

const CLOSE = 44; // pixels

window.tsukubaGis.points = (leaflet, rows) => {
  const layer = L.layerGroup().addTo(leaflet);
  const spots = rows.map(([lat, lon, name]) => ({ point: L.latLng(lat, lon), name }));
  const draw = () => {
    layer.clearLayers();
    const cells = new Map();
    for (const spot of spots) {
      const { x, y } = leaflet.project(spot.point);
      const key = `${Math.floor(x / CLOSE)} ${Math.floor(y / CLOSE)}`;
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(spot);
    }
    for (const group of cells.values()) layer.addLayer(group.length === 1 ? single(group[0]) : cluster(group));
  };
  const single = ({ point, name }) => L.marker(point, { icon: icon("", 12), alt: name, title: name }).bindTooltip(() => element("span", { text: name }));
  const cluster = (group) => {
    const bounds = L.latLngBounds(group.map(({ point }) => point));
    const names = group.slice(0, 5).map(({ name }) => name).join(say("comma")) + (group.length > 5 ? "…" : "");
    const marker = L.marker(bounds.getCenter(), { icon: icon(String(group.length), 26 + 4 * Math.log10(group.length)), alt: say("places", { n: group.length, names }) });
    marker.bindTooltip(() => element("span", { text: say("places", { n: group.length, names }) }));
    return marker.on("click", () => leaflet.fitBounds(bounds.pad(0.2), { maxZoom: leaflet.getZoom() + 3 }));
  };
  const icon = (text, size) => L.divIcon({ className: "place-point", iconSize: [size, size], html: element("span", { text }) });
  leaflet.on("zoomend", draw);
  draw();
};
