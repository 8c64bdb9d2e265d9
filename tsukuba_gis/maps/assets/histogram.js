// How the values are spread: bars in the colours of the classes; a part can be brushed.

const HISTOGRAM = { width: 420, height: 100, bottom: 18, top: 4, bins: 24 };

// onBrush: called with [low, high], or null for all.
class Histogram {
  constructor(box, onBrush) {
    this.box = box;
    this.onBrush = onBrush;
    this.ends = ["low", "high"].map((end) => {
      const slider = element("input", { type: "range", min: 0, max: HISTOGRAM.bins, step: 1, value: end === "low" ? 0 : HISTOGRAM.bins });
      slider.addEventListener("input", () => this.slid(end));
      return slider;
    });
    this.picture = element("div", { class: "bars" });
    this.labels = this.ends.map((slider) => element("label", {}, element("span"), slider));
    this.box.replaceChildren(this.picture, element("div", { class: "ends" }, ...this.labels));
    this.listen();
  }

  show(layer, title) {
    this.layer = layer;
    const known = layer.values.filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    this.box.hidden = !(high > low);
    if (this.box.hidden) return;
    this.range = [low, high];
    this.ends.forEach((slider, end) => { slider.value = end * HISTOGRAM.bins; });
    this.labels.forEach((label, end) => { label.firstChild.textContent = say(end ? "brush_high" : "brush_low"); });
    this.draw(known, title);
    this.tell();
  }

  draw(known, title) {
    const { width, height, bottom, top, bins } = HISTOGRAM;
    const { layer } = this;
    const [low, high] = this.range;
    const counts = Array(bins).fill(0);
    known.forEach((value) => { counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))] += 1; });
    const most = Math.max(...counts);
    const picture = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", class: "histogram",
      "aria-label": say("histogram_alt", { title, n: known.length, low: layer.format(low, true), high: layer.format(high, true) }) });
    const step = width / bins;
    counts.forEach((count, k) => {
      const tall = (count / most) * (height - bottom - top);
      const value = low + ((k + 0.5) / bins) * (high - low);
      const fill = layer.colours ? layer.colours[classOf(value, layer.edges)] : "var(--circle)";
      picture.append(svgElement("rect", { x: k * step + 0.5, y: height - bottom - tall, width: step - 1, height: tall, fill, class: "key" }));
    });
    for (const edge of (layer.edges || []).slice(1, -1)) {
      const x = ((edge - low) / (high - low)) * width;
      if (x > 0 && x < width) picture.append(svgElement("line", { x1: x, x2: x, y1: 0, y2: height - bottom, class: "edge" }));
    }
    this.shade = ["low", "high"].map(() => svgElement("rect", { y: 0, height: height - bottom, class: "shade" }));
    picture.append(...this.shade,
      svgElement("line", { x1: 0, x2: width, y1: height - bottom, y2: height - bottom, class: "axis" }),
      svgText(1, height - 4, layer.format(low, true), "start"), svgText(width - 1, height - 4, layer.format(high, true), "end"));
    this.picture.replaceChildren(picture);
  }

  bounds() {
    return this.ends.map((slider) => Number(slider.value));
  }

  valueAt(bin) {
    const [low, high] = this.range;
    return low + (bin / HISTOGRAM.bins) * (high - low);
  }

  tell() {
    const [from, to] = this.bounds();
    const step = HISTOGRAM.width / HISTOGRAM.bins;
    const set = (one, x, width) => { one.setAttribute("x", x); one.setAttribute("width", width); };
    set(this.shade[0], 0, from * step);
    set(this.shade[1], to * step, HISTOGRAM.width - to * step);
    this.ends.forEach((slider) => slider.setAttribute("aria-valuetext", this.layer.format(this.valueAt(Number(slider.value)), true)));
  }

  slid(moved) {
    const [from, to] = this.bounds();
    if (from >= to) { // one end cannot pass the other
      if (moved === "low") this.ends[0].value = to - 1;
      else this.ends[1].value = from + 1;
    }
    this.brush();
  }

  brush() {
    const [from, to] = this.bounds();
    this.tell();
    const all = from === 0 && to === HISTOGRAM.bins;
    // The outermost bins hold their ends, whatever rounding does to them.
    this.onBrush(all ? null : [from === 0 ? -Infinity : this.valueAt(from), to === HISTOGRAM.bins ? Infinity : this.valueAt(to)]);
  }

  reset() {
    this.ends.forEach((slider, end) => { slider.value = end * HISTOGRAM.bins; });
    if (this.shade) this.tell();
  }

  // A pointer drawn over the bars brushes what it passes.
  listen() {
    let from = null;
    const binAt = (event) => {
      const box = this.picture.getBoundingClientRect();
      return Math.round(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * HISTOGRAM.bins);
    };
    this.picture.addEventListener("pointerdown", (event) => {
      from = binAt(event);
      this.picture.setPointerCapture(event.pointerId);
    });
    this.picture.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const to = binAt(event);
      if (to === from) return;
      [this.ends[0].value, this.ends[1].value] = [Math.min(from, to), Math.max(from, to)];
      this.brush();
    });
    for (const end of ["pointerup", "pointercancel"]) this.picture.addEventListener(end, () => { from = null; });
  }
}
