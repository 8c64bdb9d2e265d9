// Who comes and goes: lines between a place and the others, the more persons the wider.

const WIDEST = 12; // pixels
const MOST_LINES = 40;

class FlowSection {
  constructor(page, map) {
    this.page = page;
    this.map = map; // null: the source tells no positions
    this.kind = 0;
    find("flow-place").addEventListener("change", (event) => this.choose(Number(event.target.value)));
    find("flow-kind").addEventListener("change", (event) => {
      this.kind = Number(event.target.value);
      this.place = null;
      this.show({ lang: true });
    });
  }

  flows() {
    return this.page.data.flows[this.kind];
  }

  show(changes) {
    if (!("lang" in changes)) return;
    const { data } = this.page;
    const flows = this.flows();
    const option = (text, value, now) => element("option", { text, value, selected: value === now });
    find("flow-kind").replaceChildren(...data.flows.map((one, k) => option(say("flow_title", { kind: say("flow_" + one.kind), period: one.period }), k, this.kind)));
    if (this.place === null || this.place === undefined) {
      // The greatest place that can be drawn; of a source without positions, the greatest.
      const drawn = flows.places.some(({ point }) => point);
      const gross = flows.places.map(({ inflow, outflow, point }) => (drawn && !point ? -1 : (inflow || 0) + (outflow || 0)));
      this.place = gross.indexOf(Math.max(...gross));
    }
    find("flow-place").replaceChildren(...flows.places.map(({ name }, k) => option(name, k, this.place)));
    this.choose(this.place);
  }

  choose(place) {
    this.place = place;
    const { places, pairs, source } = this.flows();
    const partners = new Map();
    const partner = (other) => partners.get(other) || partners.set(other, { other, to: 0, from: 0 }).get(other);
    for (const [origin, destination, persons] of pairs) {
      if (origin === place && destination !== place) partner(destination).to += persons;
      if (destination === place && origin !== place) partner(origin).from += persons;
    }
    const rows = [...partners.values()].sort((a, b) => b.to + b.from - a.to - a.from);
    this.showTable(places, rows);
    find("flow-source").textContent = say("source_data") + " " + source;
    if (this.map) this.showMap(places, rows);
  }

  showTable(places, rows) {
    const number = (value) => element("td", { class: "number", text: formatNumber(value) });
    find("flow-table").replaceChildren(figureTable(say("flow_table", { name: places[this.place].name }),
      ["flow_partner", "flow_in", "flow_out", "flow_net"].map((key) => say(key)),
      rows.slice(0, MOST_LINES).map(({ other, to, from }) => element("tr", {},
        element("th", { scope: "row", text: places[other].name }), number(from), number(to),
        element("td", { class: "number", text: (from > to ? "+" : "") + formatNumber(from - to) })))));
  }

  showMap(places, rows) {
    const level = this.page.data.levels[0];
    const here = places[this.place].point;
    const most = Math.max(1, ...rows.flatMap(({ to, from }) => [to, from]));
    const lines = !here ? [] : rows.slice(0, MOST_LINES).filter(({ other }) => places[other].point).flatMap(({ other, to, from }) => {
      const there = places[other].point;
      return [[from, there, here, "flow-in"], [to, here, there, "flow-out"]].filter(([persons]) => persons > 0).map(([persons, start, end, kind]) =>
        L.polyline(bent(start, end), { weight: Math.max(1, (WIDEST * persons) / most), className: kind, interactive: false }));
    });
    const shown = places.filter(({ point }) => point);
    this.map.placesOf = () => shown.map(({ name, point }) => ({ text: name, point: L.latLng(point), width: Infinity, kind: "place" }));
    this.map.showLevel(level);
    for (const { point } of shown) this.map.bounds.extend(point);
    this.map.fit();
    this.map.paint({
      title: say("flow_table", { name: places[this.place].name }), unit: "", notes: [say("flow_note")], hidden: 0, lines,
      rows: [{ fill: "var(--inflow)", label: say("flow_in") }, { fill: "var(--outflow)", label: say("flow_out") }],
      fill: () => EMPTY, describe: () => "", number: () => "",
    });
    drawLegend(find("flow-legend"), this.map.layer);
  }
}

// A curve that keeps to its left, so that both directions are seen.
function bent([y1, x1], [y2, x2]) {
  const [cy, cx] = [(y1 + y2) / 2 + 0.15 * (x2 - x1), (x1 + x2) / 2 - 0.15 * (y2 - y1)];
  return [...Array(21).keys()].map((k) => {
    const t = k / 20;
    const mix = (a, b, c) => (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t * t * c;
    return [mix(y1, cy, y2), mix(x1, cx, x2)];
  });
}
