// Fills as a canvas takes them: CSS variables and the hatching have no meaning there.

const HATCHING = { step: 8, ground: "#ffffff", line: "#8a8f94" };

function cssColour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function canvasFill(fill) {
  if (fill === HATCH) return hatchPattern();
  return fill === EMPTY ? cssColour("--empty") : fill;
}

function hatchPattern() {
  if (hatchPattern.made) return hatchPattern.made;
  const { step, ground, line } = HATCHING;
  const tile = element("canvas", { width: step, height: step });
  const pen = tile.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, step, step);
  Object.assign(pen, { strokeStyle: line, lineWidth: 2 });
  for (const shift of [-step, 0, step]) {
    pen.moveTo(shift, step);
    pen.lineTo(shift + step, 0);
  }
  pen.stroke();
  hatchPattern.made = pen.createPattern(tile, "repeat");
  return hatchPattern.made;
}

// The hatching of SVG maps and legends; one for the whole page.
function addPattern() {
  if (document.getElementById("hatch")) return;
  document.body.append(svgElement("svg", { width: 0, height: 0, "aria-hidden": "true", class: "defs" },
    svgElement("defs", {}, svgElement("pattern",
      { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svgElement("rect", { width: 7, height: 7, fill: HATCHING.ground }),
      svgElement("rect", { width: 2, height: 7, fill: HATCHING.line })))));
}
