// Small maps side by side: all variables, or all years, each a picture that can be pressed.

const SMALL = { width: 190, height: 210 };

// pictures: [{layer, caption, alt, pick}]; pick, where given, makes the map a button.
function drawMultiples(box, level, bounds, outlines, pictures) {
  const dense = Math.min(2, window.devicePixelRatio || 1);
  const frame = cityFrame(bounds, { x: 2, y: 2, width: SMALL.width - 4, height: SMALL.height - 4 });
  box.replaceChildren(...pictures.map(({ layer, caption, alt, pick, now }) => {
    const canvas = element("canvas", { width: SMALL.width * dense, height: SMALL.height * dense, role: "img", "aria-label": alt });
    const pen = canvas.getContext("2d");
    pen.scale(dense, dense);
    drawZones(pen, level, layer, frame, outlines, { line: "#8a9299", width: level.names.length > 100 ? 0.2 : 0.5, circle: 0.5 });
    const words = element("span", { text: caption });
    const title = pick ? element("button", { type: "button", "aria-pressed": String(Boolean(now)) }, words) : words;
    if (pick) {
      title.addEventListener("click", pick);
      canvas.addEventListener("click", pick);
    }
    return element("figure", { class: now ? "small now" : "small" }, canvas, element("figcaption", {}, title), smallKeys(layer));
  }));
}

// The ends of the classes in one line.
function smallKeys(layer) {
  const colours = layer.rows.filter((row) => row.fill && row.fill !== HATCH).map((row) => row.fill).reverse();
  if (!layer.edges || !layer.edges.length) return element("span", { class: "ends-line note", text: layer.radius ? say("circles_short") : "" });
  return element("span", { class: "ends-line note" }, layer.format(layer.edges[0], false),
    element("span", { class: "strip", "aria-hidden": "true" }, ...colours.map((colour) => element("i", { style: `background:${colour}` }))),
    layer.format(layer.edges[layer.edges.length - 1], false));
}
