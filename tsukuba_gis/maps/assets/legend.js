// The legend of the layer that is shown: classes, unit, a bar for the number of zones.

// onBrush, where it is given, is called with a row's label and its zones' test; the row of the
// name that is brushed is marked.
function drawLegend(box, layer, { onBrush = null, brushed = "" } = {}) {
  const most = Math.max(1, ...layer.rows.map((row) => row.count || 0));
  const bar = (count) => element("td", { class: "bar" },
    element("i", { "aria-hidden": "true", style: `width:${Math.round((60 * count) / most)}px` }),
    element("span", { text: formatNumber(count) }));
  const rows = layer.rows.map((row) => element("tr", {},
    element("td", {}, swatch(row)),
    element("th", { scope: "row" }, rowName(row, onBrush, brushed)),
    ...(row.count === undefined ? [] : [bar(row.count)])));
  const title = element("caption", {}, element("strong", { text: layer.title }));
  if (layer.unit) title.append(element("span", { class: "unit", text: layer.unit }));
  const counted = layer.rows.some((row) => row.count !== undefined);
  const columns = ["colour", "class", ...(counted ? ["zones_in_class"] : [])];
  const head = element("thead", { class: "unseen" }, element("tr", {},
    ...columns.map((key) => element("th", { scope: "col", text: say(key) }))));
  box.replaceChildren(
    ...(layer.warning ? [element("p", { class: "warning", text: layer.warning })] : []),
    element("table", { class: "legend" }, title, head, element("tbody", {}, ...rows)),
    ...layer.notes.map((text) => element("p", { class: "note", text })));
}

function rowName(row, onBrush, brushed) {
  if (!onBrush || !row.has || !row.count) return row.label;
  const now = brushed === row.label;
  const button = element("button", { type: "button", text: row.label, "aria-pressed": String(now), title: say("brush_class") });
  button.addEventListener("click", () => onBrush(now ? null : row));
  return button;
}

function swatch(row) {
  const picture = svgElement("svg", { class: "swatch", "aria-hidden": "true", width: 44, height: row.circle ? Math.max(20, 2 * row.circle + 2) : 20 });
  const middle = row.circle ? Math.max(10, row.circle + 1) : 10;
  picture.append(row.circle
    ? svgElement("circle", { cx: 22, cy: middle, r: row.circle, class: "count" })
    : svgElement("rect", { x: 6, y: 1, width: 32, height: 18, fill: row.fill, class: "key" }));
  return picture;
}
