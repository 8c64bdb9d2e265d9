// A background from the network, where the page's maker asked for one: with its credit.

function addTiles(leaflet, { url, credit, maxZoom }) {
  L.tileLayer(url, { maxNativeZoom: maxZoom, maxZoom: 18, opacity: 0.8 }).addTo(leaflet);
  L.control.attribution({ position: "topright", prefix: false }).addAttribution(credit).addTo(leaflet);
  leaflet.getContainer().classList.add("with-tiles");
}
