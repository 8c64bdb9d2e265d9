// What folium's and geopandas' own pages use of jQuery, d3 and AwesomeMarkers, and no more:
// popups, colour bars, legends and pins then work without the network.

(function () {
  // ---- jQuery: $(function), $("<html>")[0], and a legend that would be dragged (it stays)
  const still = { draggable: () => still, css: () => still };
  window.$ = window.jQuery = (what) => {
    if (typeof what === "function") {
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", what);
      else what();
      return still;
    }
    if (typeof what === "string" && what.trim().startsWith("<")) {
      const made = document.createElement("template");
      made.innerHTML = what.trim();
      return [...made.content.children];
    }
    return still;
  };

  // ---- d3: what branca's colour bar is drawn with
  const SVG = "http://www.w3.org/2000/svg";
  class Selection {
    constructor(nodes, rows = null) { this.nodes = nodes; this.rows = rows; }
    each(work) { this.nodes.forEach((node, k) => work(node, node.row, k)); return this; }
    append(tag) {
      const parents = this.rows ? this.rows.map((row) => [this.nodes[0], row]) : this.nodes.map((node) => [node, node.row]);
      return new Selection(parents.map(([parent, row]) => {
        const node = document.createElementNS(SVG, tag);
        node.row = row;
        parent.append(node);
        return node;
      }));
    }
    attr(name, value) { return this.each((node, row, k) => node.setAttribute(name, typeof value === "function" ? value(row, k) : value)); }
    style(name, value) { return this.each((node, row, k) => node.style.setProperty(name, typeof value === "function" ? value(row, k) : value)); }
    text(value) { return this.each((node) => { node.textContent = value; }); }
    selectAll() { return this; } // nothing is there yet
    data(rows) { return new Selection(this.nodes, rows); }
    enter() { return this; }
    call(work) { work(this); return this; }
  }
  const scale = (value) => {
    let [domain, range] = [[0, 1], [0, 1]];
    const made = (x) => value(x, domain, range);
    made.domain = (list) => { if (!list) return domain; domain = list; return made; };
    made.range = (list) => { if (!list) return range; range = list; return made; };
    return made;
  };
  const axis = () => {
    let [position, values] = [(x) => x, []];
    const draw = (selection) => {
      for (const value of values) {
        const text = selection.append("text").attr("x", position(value)).attr("y", -3).attr("text-anchor", "middle").attr("font-size", 10);
        text.text(new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 }).format(value));
      }
    };
    draw.scale = (one) => { position = one; return draw; };
    draw.orient = draw.tickSize = () => draw;
    draw.tickValues = (list) => { values = list.filter((value) => typeof value === "number"); return draw; };
    return draw;
  };
  window.d3 = {
    select: (selector) => new Selection([document.querySelector(selector)]),
    scale: {
      threshold: () => scale((x, domain, range) => range[domain.filter((edge) => x >= edge).length]),
      linear: () => scale((x, [a, b], [from, to]) => from + ((x - a) / (b - a)) * (to - from)),
    },
    svg: { axis },
  };

  // ---- AwesomeMarkers: a pin in the colour asked for; its sign would be a font
  L.AwesomeMarkers = {
    icon: ({ markerColor = "blue" }) => L.divIcon({
      className: "", iconSize: [26, 38], iconAnchor: [13, 37], popupAnchor: [0, -32],
      html: `<svg width="26" height="38" viewBox="0 0 26 38" aria-hidden="true"><path d="M13 37C10 27 1 22 1 13a12 12 0 0 1 24 0c0 9-9 14-12 24z" fill="${markerColor.replace(/[^a-z]/g, "")}" stroke="#fff"/><circle cx="13" cy="13" r="4" fill="#fff"/></svg>`,
    }),
  };
})();
