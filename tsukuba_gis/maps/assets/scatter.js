// Moran scatter plot: each zone's standardised value against the mean of its neighbours.

const SCATTER = { width: 460, height: 400, left: 46, right: 14, top: 16, bottom: 46 };

function drawScatter(box, data, level, indicator, chosen, onChoose) {
  const lisa = level.lisa[indicator.name];
  const moran = level.moran[indicator.name];
  const shown = lisa.z.map((z, zone) => zone).filter((zone) => lisa.z[zone] !== null && lisa.lag[zone] !== null);
  const reach = (list) => 1.08 * Math.max(1, ...shown.map((zone) => Math.abs(list[zone])));
  const [rx, ry] = [reach(lisa.z), reach(lisa.lag)];
  const { width, height, left, right, top, bottom } = SCATTER;
  const x = (z) => left + ((z + rx) / (2 * rx)) * (width - left - right);
  const y = (lag) => height - bottom - ((lag + ry) / (2 * ry)) * (height - top - bottom);

  const picture = svgElement("svg", {
    viewBox: `0 0 ${width} ${height}`, role: "img", class: "scatter",
    "aria-label": say("scatter_alt", { indicator: indicator.label[words.lang], n: shown.length }),
  });
  picture.append(
    svgElement("line", { x1: x(-rx), x2: x(rx), y1: y(0), y2: y(0), class: "axis" }),
    svgElement("line", { x1: x(0), x2: x(0), y1: y(-ry), y2: y(ry), class: "axis" }),
    svgText(x(0), height - 10, say("scatter_x"), "middle"));
  const vertical = svgText(0, 0, say("scatter_y"), "middle");
  vertical.setAttribute("transform", `translate(14 ${y(0)}) rotate(-90)`);
  picture.append(vertical, ...scatterTicks(x, y, rx, ry, height, bottom, left));
  for (const [key, at, up, anchor] of [["HH", rx, ry, "end"], ["LH", -rx, ry, "start"], ["LL", -rx, -ry, "start"], ["HL", rx, -ry, "end"]]) {
    const corner = svgText(x(at), y(up) + (up > 0 ? 12 : -5), say("quadrant_" + key), anchor);
    corner.setAttribute("class", "corner");
    picture.append(corner);
  }
  if (moran && moran.i !== null) {
    const end = Math.min(rx, Math.abs(ry / (moran.i || 1e-9)));
    picture.append(svgElement("line", { x1: x(-end), y1: y(-end * moran.i), x2: x(end), y2: y(end * moran.i), class: "slope" }));
  }
  // The chosen zone comes last, so that it lies on top.
  for (const zone of [...shown.filter((z) => z !== chosen), ...shown.filter((z) => z === chosen)]) {
    const point = svgElement("circle", {
      cx: x(lisa.z[zone]), cy: y(lisa.lag[zone]), r: zone === chosen ? 7 : 4.5,
      fill: data.lisa_classes[lisa.cluster[zone]].colour, class: zone === chosen ? "point now" : "point",
    });
    const title = svgElement("title");
    title.textContent = level.names[zone];
    point.append(title);
    point.addEventListener("click", () => onChoose(zone));
    picture.append(point);
  }
  box.replaceChildren(picture);
}

function scatterTicks(x, y, rx, ry, height, bottom, left) {
  const marks = [];
  for (let t = -Math.floor(rx); t <= rx; t += Math.ceil(rx / 4)) marks.push(svgText(x(t), height - bottom + 16, String(t), "middle"));
  for (let t = -Math.floor(ry); t <= ry; t += Math.ceil(ry / 4)) marks.push(svgText(left - 4, y(t) + 4, String(t), "end"));
  return marks;
}
