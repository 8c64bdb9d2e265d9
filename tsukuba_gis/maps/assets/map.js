// A map of zones on Leaflet: fills, circles, labels, the chosen zone.

const LINES = {
  zone: { weight: 0.7, opacity: 1, fillOpacity: 1, className: "zone" },
  outline: { weight: 1.8, fill: false, interactive: false, className: "outline" },
  casing: { weight: 6, fill: false, interactive: false, className: "casing" },
  chosen: { weight: 3, fill: false, interactive: false, className: "chosen" },
  circle: { weight: 1, fillOpacity: 0.75, interactive: false, className: "count" },
};
const MOST_PATHS = 1500; // more zones are painted on a canvas
const FADED = 0.15; // zones outside what is brushed
const LABEL_LETTERS = 16; // longer names are cut on the map; tooltip and panel tell them whole

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
    this.outlines = [];
    this.placesOf = () => []; // names of places, in the reader's language
    this.scale = L.control.scale({ imperial: false, maxWidth: 120 }).addTo(leaflet);
    this.levels = new Map(); // level → its drawn zones
    this.extra = L.layerGroup().addTo(leaflet); // circles and lines of the layer
    this.labels = L.layerGroup().addTo(leaflet);
    this.marks = [];
    addPattern();
    this.addHome();
    leaflet.on("zoomend resize", () => this.placeLabels());
    leaflet.on("zoomend", () => this.allowDragging());
  }

  // Draw a level's zones (once), and the context lines above them.
  showLevel(level) {
    if (this.level === level) return;
    if (this.level) this.levels.get(this.level).group.remove();
    if (!this.levels.has(level)) this.levels.set(level, this.draw(level));
    const drawn = this.levels.get(level);
    const first = !this.level;
    Object.assign(this, { level, zones: drawn.zones, bounds: drawn.bounds, canvas: drawn.canvas });
    drawn.group.addTo(this.leaflet);
    if (first) this.fit();
  }

  draw(level) {
    const canvas = level.names.length > MOST_PATHS;
    const own = canvas ? { renderer: this.canvasRenderer(), color: cssColour("--zone-line"), weight: 0.4 } : {};
    const zones = level.rings.map((rings, number) => Object.assign(L.polygon(rings, { ...LINES.zone, ...own }), { number }));
    const group = L.featureGroup(zones);
    group.on("click", (event) => this.onChoose(event.propagatedFrom.number));
    this.followPointer(group);
    const lines = this.outlines.map((outline) => L.polygon(outline.rings, { ...LINES.outline }));
    return { zones, canvas, group: L.layerGroup([group, ...lines]), bounds: group.getBounds() };
  }

  canvasRenderer() {
    if (!this.leaflet.getPane("zones")) this.leaflet.createPane("zones").style.zIndex = 350;
    this.renderer = this.renderer || L.canvas({ pane: "zones", padding: 0.5 });
    return this.renderer;
  }

  // One tooltip for all zones. Leaflet's own way would make each zone a stop of the tab key,
  // since a browser lets the focus go where somebody listens for it.
  followPointer(group) {
    const tip = L.tooltip();
    group.on("mouseover mousemove click", ({ propagatedFrom: { number }, latlng }) => {
      tip.setContent(this.tooltip(number));
      tip.setLatLng(latlng);
      this.leaflet.openTooltip(tip);
    });
    group.on("mouseout remove", () => this.leaflet.closeTooltip(tip));
  }

  tooltip(number) {
    return element("div", { class: "tip" },
      element("strong", { text: zoneName(this.level, number) }),
      element("br"),
      element("span", { text: this.layer.title }),
      element("br"),
      element("b", { text: this.layer.describe(number) }));
  }

  // Paint a layer (see layers.js), fade what is not brushed, and mark the chosen zone.
  paint(layer, chosen = null, brushed = null) {
    this.layer = layer;
    this.zones.forEach((zone, number) => {
      const fill = layer.fill(number);
      const strength = !brushed || brushed.has(number) ? 1 : FADED;
      const fillColor = this.canvas ? canvasFill(fill) : fill;
      if (zone.options.fillColor !== fillColor || zone.options.fillOpacity !== strength) {
        zone.setStyle({ fillColor, fillOpacity: strength });
      }
    });
    this.extra.clearLayers();
    if (layer.radius) {
      this.level.points.forEach((point, number) => {
        const radius = layer.radius(number);
        if (radius) this.extra.addLayer(L.circleMarker(point, this.circle(radius)));
      });
    }
    for (const line of layer.lines || []) this.extra.addLayer(line);
    this.choose(chosen);
    this.placeLabels();
  }

  circle(radius) {
    if (!this.canvas) return { ...LINES.circle, radius };
    return { ...LINES.circle, radius, renderer: this.canvasRenderer(), color: "#ffffff", fillColor: cssColour("--circle") };
  }

  choose(number) {
    this.marks.forEach((mark) => mark.remove());
    this.marks = [];
    if (number === null) return;
    const rings = this.zones[number].getLatLngs();
    this.marks = [LINES.casing, LINES.chosen].map((line) =>
      L.polygon(rings, { ...line }).addTo(this.leaflet));
  }

  // Bring a zone into sight that was chosen elsewhere.
  reveal(number) {
    const bounds = this.zones[number].getBounds();
    if (bounds.isValid() && !this.leaflet.getBounds().contains(bounds)) {
      this.leaflet.panInside(bounds.getCenter(), { padding: [60, 60], animate: false });
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
    if (!this.level || !this.layer) return;
    this.labels.clearLayers();
    const taken = [];
    const seen = this.leaflet.getBounds();
    for (const { point, text, width, kind } of this.candidates()) {
      const half = letterWidth(text) * (kind === "place" ? 7.5 : 6) + 3;
      if (width < 2 * half * 0.8 || !seen.contains(point)) continue;
      const { x, y } = this.leaflet.latLngToContainerPoint(point);
      if (collides(taken, [x - half, y - 10, x + half, y + 10])) continue;
      const icon = L.divIcon({ className: "map-label " + kind, html: element("span", { text }), iconSize: [2 * half, 20] });
      this.labels.addLayer(L.marker(point, { icon, interactive: false, keyboard: false }));
    }
  }

  candidates() {
    const few = this.level.names.length <= 40;
    const { number } = this.layer; // regions tell their number
    const places = few ? [] : this.placesOf();
    const zones = this.level.names.map((name, zone) => {
      const bounds = this.zones[zone].getBounds();
      if (!bounds.isValid()) return null;
      const west = this.leaflet.latLngToContainerPoint(bounds.getSouthWest());
      const east = this.leaflet.latLngToContainerPoint(bounds.getNorthEast());
      const text = number ? String(number(zone) ?? "") : shortName(zoneName(this.level, zone));
      return { point: this.level.points[zone], text, width: east.x - west.x, kind: "zone-name" };
    });
    return [...places, ...zones.filter((one) => one && one.text).sort((a, b) => b.width - a.width)];
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
}

// Width of a text in half letters: a Latin letter is about one, a Japanese one two.
function letterWidth(text) {
  return [...text].reduce((sum, sign) => sum + (sign.charCodeAt(0) < 0x2e80 ? 1.1 : 2), 0);
}

function shortName(name) {
  const ending = say("name_endings").split("|").find((one) => name.endsWith(one) && name !== one);
  const letters = [...(ending ? name.slice(0, -ending.length) : name)];
  return letters.length > LABEL_LETTERS ? letters.slice(0, LABEL_LETTERS - 1).join("") + "…" : letters.join("");
}
