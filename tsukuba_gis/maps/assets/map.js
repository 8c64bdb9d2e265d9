// A map of zones on Leaflet: fills, circles, labels, the chosen zone.

const LINES = {
  zone: { weight: 0.7, opacity: 1, fillOpacity: 1, className: "zone" },
  outline: { weight: 1.8, fill: false, interactive: false, className: "outline" },
  casing: { weight: 6, fill: false, interactive: false, className: "casing" },
  chosen: { weight: 3, fill: false, interactive: false, className: "chosen" },
  circle: { weight: 1, fillOpacity: 0.75, interactive: false, className: "count" },
};

// Whether a box [left, top, right, bottom] meets one of those taken; if not, it is taken too.
function collides(taken, box) {
  const meets = taken.some((other) =>
    box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
  if (!meets) taken.push(box);
  return meets;
}

class ZoneMap {
  // leaflet: an L.Map without layers; onChoose: called with a zone's number.
  constructor(leaflet, onChoose = () => {}) {
    this.leaflet = leaflet;
    this.onChoose = onChoose;
    this.scale = L.control.scale({ imperial: false, maxWidth: 120 }).addTo(leaflet);
    this.levels = new Map(); // level → its drawn zones
    this.extra = L.layerGroup().addTo(leaflet); // circles and chosen zone
    this.labels = L.layerGroup().addTo(leaflet);
    this.addPattern();
    this.addHome();
    leaflet.on("zoomend resize", () => this.placeLabels());
    leaflet.on("zoomend", () => this.allowDragging());
  }

  // Draw a level's zones (once), and the context lines above them.
  showLevel(level, outlines) {
    if (this.level === level) return;
    if (this.level) this.levels.get(this.level).group.remove();
    if (!this.levels.has(level)) this.levels.set(level, this.draw(level, outlines));
    const drawn = this.levels.get(level);
    const first = !this.level;
    this.level = level;
    this.zones = drawn.zones;
    drawn.group.addTo(this.leaflet);
    this.bounds = drawn.bounds;
    if (first) this.fit();
    this.placeLabels();
  }

  draw(level, outlines) {
    const zones = decodeTopology(level.topology).map((rings, number) => {
      const polygon = L.polygon(rings, { ...LINES.zone });
      polygon.on("click", () => this.onChoose(number));
      polygon.bindTooltip(() => this.tooltip(number), { sticky: true });
      return polygon;
    });
    const lines = outlines.map((outline) => L.polygon(outline.rings, { ...LINES.outline }));
    const group = L.layerGroup([...zones, ...lines]);
    return { zones, group, bounds: L.featureGroup(zones).getBounds() };
  }

  tooltip(number) {
    return element("div", {},
      element("strong", { text: this.level.names[number] }),
      element("br"),
      element("span", { text: this.layer.title }),
      element("br"),
      element("b", { text: this.layer.describe(number) }));
  }

  // Paint a layer (see layers.js) and mark the chosen zone.
  paint(layer, chosen = null) {
    this.layer = layer;
    this.zones.forEach((zone, number) => zone.setStyle({ fillColor: layer.fill(number) }));
    this.extra.clearLayers();
    if (layer.radius) {
      this.level.points.forEach((point, number) => {
        const radius = layer.radius(number);
        if (radius) this.extra.addLayer(L.circleMarker(point, { ...LINES.circle, radius }));
      });
    }
    this.choose(chosen);
  }

  choose(number) {
    if (this.marks) this.marks.forEach((mark) => mark.remove());
    this.marks = [];
    if (number === null) return;
    const rings = this.zones[number].getLatLngs();
    this.marks = [LINES.casing, LINES.chosen].map((line) =>
      L.polygon(rings, { ...line }).addTo(this.leaflet));
  }

  reveal(number) {
    const bounds = this.zones[number].getBounds();
    if (bounds.isValid() && !this.leaflet.getBounds().contains(bounds)) {
      this.leaflet.panInside(bounds.getCenter(), { padding: [60, 60] });
    }
  }

  fit() {
    this.leaflet.invalidateSize({ pan: false });
    this.leaflet.setMinZoom(0);
    this.leaflet.fitBounds(this.bounds, { padding: [8, 8], animate: false });
    this.home = this.leaflet.getZoom();
    this.leaflet.setMinZoom(this.home - 1);
    this.leaflet.setMaxBounds(this.bounds.pad(0.5));
    this.allowDragging();
  }

  // On a touch screen the whole city needs no dragging, so a finger scrolls the page.
  allowDragging() {
    const still = L.Browser.mobile && this.leaflet.getZoom() <= this.home + 0.01;
    this.leaflet.dragging[still ? "disable" : "enable"]();
  }

  // Names that do not collide: places first, then zones that are wide enough for theirs.
  placeLabels() {
    if (!this.level) return;
    this.labels.clearLayers();
    const taken = [];
    for (const { point, text, width, kind } of this.candidates()) {
      const { x, y } = this.leaflet.latLngToContainerPoint(point);
      const half = (text.length * (kind === "place" ? 15 : 12)) / 2 + 3;
      const box = [x - half, y - 10, x + half, y + 10];
      if (width < 2 * half * 0.8) continue;
      if (collides(taken, box)) continue;
      const icon = L.divIcon({ className: "map-label " + kind, html: element("span", { text }), iconSize: [2 * half, 20] });
      this.labels.addLayer(L.marker(point, { icon, interactive: false, keyboard: false }));
    }
  }

  candidates() {
    const few = this.level.names.length <= 40;
    const places = few ? [] : this.places || [];
    const zones = this.level.names.map((text, number) => {
      const bounds = this.zones[number].getBounds();
      if (!bounds.isValid()) return null;
      const west = this.leaflet.latLngToContainerPoint(bounds.getSouthWest());
      const east = this.leaflet.latLngToContainerPoint(bounds.getNorthEast());
      return { point: this.level.points[number], text, width: east.x - west.x, kind: "zone-name" };
    });
    return [...places, ...zones.filter(Boolean).sort((a, b) => b.width - a.width)];
  }

  addHome() {
    const Home = L.Control.extend({
      onAdd: () => {
        this.homeButton = element("a", { href: "#", role: "button", text: "⌂" });
        L.DomEvent.on(this.homeButton, "click", (event) => { L.DomEvent.stop(event); this.fit(); });
        return element("div", { class: "leaflet-bar" }, this.homeButton);
      },
    });
    new Home({ position: "topleft" }).addTo(this.leaflet);
  }

  // Words of the controls, after a change of language.
  rename(label) {
    const box = this.leaflet.getContainer();
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", label);
    for (const [button, key] of [
      [box.querySelector(".leaflet-control-zoom-in"), "zoom_in"],
      [box.querySelector(".leaflet-control-zoom-out"), "zoom_out"],
      [this.homeButton, "zoom_home"],
    ]) {
      if (!button) continue;
      button.title = say(key);
      button.setAttribute("aria-label", say(key));
    }
  }

  // The hatching of zones whose data are not shown; one for the whole page.
  addPattern() {
    if (document.getElementById("hatch")) return;
    document.body.append(svgElement("svg", { width: 0, height: 0, "aria-hidden": "true", class: "defs" },
      svgElement("defs", {}, svgElement("pattern",
        { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svgElement("rect", { width: 7, height: 7, fill: "#ffffff" }),
        svgElement("rect", { width: 2, height: 7, fill: "#8a8f94" })))));
  }
}
