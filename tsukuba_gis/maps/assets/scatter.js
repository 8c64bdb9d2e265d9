// A scatter plot, one point a zone: a point is chosen, a part is brushed, from either side.

const SCATTER = { width: 460, height: 400, left: 56, right: 14, top: 16, bottom: 46 };

// handlers: {choose(zone), brush(Set or null)}. The whole plot is one stop of the tab key: arrow
// keys go from zone to zone in the order of x.
class ScatterPlot {
  constructor(box, handlers) {
    this.handlers = handlers;
    this.box = box;
    this.frame = element("div", { class: "scatter-frame", tabIndex: 0, role: "slider", "aria-valuemin": 1 });
    box.replaceChildren(this.frame);
    this.frame.addEventListener("keydown", (event) => this.key(event));
    this.frame.addEventListener("click", (event) => this.click(event));
    this.listen();
  }

  // spec: x, y (a number a zone or null), fill(zone), label, xLabel, yLabel, describe(zone),
  // factorX, factorY (100 for percent), symmetric, corners, line {slope, intercept}
  show(spec, chosen, brushed) {
    this.spec = spec;
    const { x, y } = spec;
    this.shown = x.map((value, zone) => zone).filter((zone) => x[zone] !== null && y[zone] !== null);
    this.box.hidden = this.shown.length < 2;
    if (this.box.hidden) return;
    this.order = [...this.shown].sort((a, b) => x[a] - x[b]);
    this.makeScales();
    const { width, height } = SCATTER;
    this.picture = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, class: "scatter", "aria-hidden": "true" });
    this.points = new Map(this.shown.map((zone) => [zone, svgElement("circle", {
      cx: this.atX(x[zone]).toFixed(1), cy: this.atY(y[zone]).toFixed(1), r: this.radius(), fill: spec.fill(zone), class: "point", "data-zone": zone,
    })]));
    this.rubber = svgElement("rect", { class: "rubber", width: 0, height: 0 });
    this.picture.append(...this.axes(), ...this.points.values(), this.rubber);
    this.frame.replaceChildren(this.picture);
    this.frame.setAttribute("aria-label", spec.label);
    this.frame.setAttribute("aria-valuemax", this.order.length);
    this.mark(chosen, brushed);
  }

  radius() {
    return this.shown.length > 1500 ? 2.2 : this.shown.length > 200 ? 3.6 : 4.5;
  }

  makeScales() {
    const { width, height, left, right, top, bottom } = SCATTER;
    const ends = (list) => {
      const values = this.shown.map((zone) => list[zone]);
      let [low, high] = [Math.min(...values), Math.max(...values)];
      if (this.spec.symmetric) [low, high] = [-1, 1].map((sign) => sign * Math.max(1, high, -low));
      const room = 0.06 * (high - low || Math.abs(high) || 1);
      return [low - room, high + room];
    };
    [this.endsX, this.endsY] = [ends(this.spec.x), ends(this.spec.y)];
    const part = (value, [low, high]) => (value - low) / (high - low);
    this.atX = (value) => left + part(value, this.endsX) * (width - left - right);
    this.atY = (value) => height - bottom - part(value, this.endsY) * (height - top - bottom);
  }

  axes() {
    const { width, height, left, right, top, bottom } = SCATTER;
    const { spec } = this;
    const crossX = spec.symmetric ? 0 : this.endsX[0];
    const crossY = spec.symmetric ? 0 : this.endsY[0];
    const marks = [
      svgElement("line", { x1: left, x2: width - right, y1: this.atY(crossY), y2: this.atY(crossY), class: "axis" }),
      svgElement("line", { x1: this.atX(crossX), x2: this.atX(crossX), y1: top, y2: height - bottom, class: "axis" }),
      svgText((left + width - right) / 2, height - 10, spec.xLabel, "middle"),
    ];
    const vertical = svgText(0, 0, spec.yLabel, "middle");
    vertical.setAttribute("transform", `translate(12 ${(top + height - bottom) / 2}) rotate(-90)`);
    marks.push(vertical);
    for (const [tick, text] of toldTicks(this.endsX, spec.factorX)) marks.push(svgText(this.atX(tick), height - bottom + 16, text, "middle"));
    for (const [tick, text] of toldTicks(this.endsY, spec.factorY)) marks.push(svgText(left - 5, this.atY(tick) + 4, text, "end"));
    for (const [text, across, up] of spec.corners || []) {
      const corner = svgText(across > 0 ? width - right : left + 3, up > 0 ? top + 10 : height - bottom - 5, text, across > 0 ? "end" : "start");
      corner.setAttribute("class", "corner");
      marks.push(corner);
    }
    if (spec.line) marks.push(this.slope(spec.line));
    return marks;
  }

  // The part of a line that lies inside the plot.
  slope({ slope, intercept }) {
    let [from, to] = this.endsX;
    if (slope) {
      const [a, b] = this.endsY.map((y) => (y - intercept) / slope).sort((one, other) => one - other);
      [from, to] = [Math.max(from, a), Math.min(to, b)];
    }
    const at = (x) => [this.atX(x), this.atY(intercept + slope * x)];
    const [[x1, y1], [x2, y2]] = [at(from), at(Math.max(from, to))];
    return svgElement("line", { x1, y1, x2, y2, class: "slope" });
  }

  mark(chosen, brushed = null) {
    if (this.box.hidden || !this.points) return;
    const before = this.points.get(this.chosen);
    if (before) { before.classList.remove("now"); before.setAttribute("r", this.radius()); }
    this.chosen = chosen;
    const now = this.points.get(chosen);
    if (now) {
      now.classList.add("now");
      now.setAttribute("r", 7);
      this.picture.insertBefore(now, this.rubber); // on top of the others
    }
    if (brushed !== this.brushed) {
      this.points.forEach((point, zone) => point.classList.toggle("faded", Boolean(brushed) && !brushed.has(zone)));
      this.brushed = brushed;
    }
    const place = this.order.indexOf(chosen);
    this.frame.setAttribute("aria-valuenow", place + 1 || 1);
    this.frame.setAttribute("aria-valuetext", place < 0 ? say("scatter_none") : this.spec.describe(chosen));
  }

  key(event) {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
    const last = this.order.length - 1;
    let place = this.order.indexOf(this.chosen);
    if (event.key in steps) place = place < 0 ? 0 : place + steps[event.key];
    else if (event.key === "Home") place = 0;
    else if (event.key === "End") place = last;
    else if (event.key === "Escape") { this.handlers.brush(null); return; }
    else return;
    event.preventDefault();
    this.handlers.choose(this.order[Math.min(last, Math.max(0, place))]);
  }

  click(event) {
    const point = event.target.closest(".point");
    if (point && !this.dragged) this.handlers.choose(Number(point.dataset.zone));
    this.dragged = false;
  }

  // A rectangle drawn with the mouse brushes the zones in it; a click beside them ends it.
  listen() {
    let from = null;
    const place = (event) => {
      const box = this.picture.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * SCATTER.width, ((event.clientY - box.top) / box.height) * SCATTER.height];
    };
    const corners = (to) => [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])];
    this.frame.addEventListener("pointerdown", (event) => {
      this.dragged = false;
      if (event.pointerType !== "touch" && event.button === 0) from = place(event);
    });
    this.frame.addEventListener("pointermove", (event) => {
      if (!from || !event.buttons) return;
      const [left, top, right, bottom] = corners(place(event));
      if (right - left < 5 && bottom - top < 5) return;
      this.dragged = true;
      event.preventDefault();
      Object.entries({ x: left, y: top, width: right - left, height: bottom - top }).forEach(([name, value]) => this.rubber.setAttribute(name, value));
    });
    this.frame.addEventListener("pointerup", (event) => {
      if (!from) return;
      const [left, top, right, bottom] = corners(place(event));
      from = null;
      this.rubber.setAttribute("width", 0);
      if (this.dragged) {
        const inside = (zone) => {
          const [x, y] = [this.atX(this.spec.x[zone]), this.atY(this.spec.y[zone])];
          return x >= left && x <= right && y >= top && y <= bottom;
        };
        this.handlers.brush(new Set(this.shown.filter(inside)));
      } else if (!event.target.closest(".point")) this.handlers.brush(null);
    });
  }
}

// About five round numbers between two ends.
function ticks(low, high) {
  const width = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(width));
  const step = power * [1, 2, 5, 10].find((part) => part * power >= width);
  const marks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) marks.push(k * step);
  return marks;
}

// Ticks with no more decimals than their step needs.
function toldTicks([low, high], factor = 1) {
  const marks = ticks(low * factor, high * factor);
  const step = marks.length > 1 ? marks[1] - marks[0] : 1;
  const digits = Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)));
  return marks.map((tick) => [tick / factor, formatNumber(Math.abs(tick) < step / 1e6 ? 0 : tick, digits)]); // no −0
}

function svgText(x, y, text, anchor) {
  const made = svgElement("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}

// Local Moran: the standardised value of each zone against the mean of its neighbours.
function moranPlot(data, level, indicator) {
  const lisa = level.lisa[indicator.name];
  const moran = level.moran[indicator.name];
  const classes = data.class_sets.local_moran;
  return {
    x: lisa.z, y: lisa.lag, symmetric: true,
    fill: (zone) => classes[lisa.cluster[zone]].colour,
    label: say("scatter_alt", { indicator: indicator.label[words.lang], n: formatNumber(lisa.z.filter((z) => z !== null).length) }),
    xLabel: say("scatter_x"), yLabel: say("scatter_y"),
    describe: (zone) => say("cluster_zone", { name: zoneName(level, zone), text: classes[lisa.cluster[zone]].label[words.lang] }),
    corners: [["HH", 1, 1], ["LH", -1, 1], ["LL", -1, -1], ["HL", 1, -1]].map(([key, across, up]) => [say("quadrant_" + key), across, up]),
    line: moran && moran.i !== null ? { slope: moran.i, intercept: 0 } : null,
  };
}
