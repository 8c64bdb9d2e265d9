// A map as a picture file: title, notices, map, legend and source in one PNG.

const PICTURE = { width: 1600, map: 1040, margin: 40, font: '"Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", Meiryo, sans-serif' };

// Draws the whole city (not the part on screen), so that saved pictures compare.
function drawPicture(data, zoneMap) {
  const { layer, level } = zoneMap;
  const { width, margin } = PICTURE;
  const canvas = element("canvas", { width, height: 1500 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  let y = margin;
  y = write(pen, data.title[words.lang], margin, y, 40, "#1d2328", "bold");
  for (const notice of data.notices[words.lang]) y = write(pen, "⚠ " + notice, margin, y, 26, "#a1122a", "bold");
  const where = [level.label[words.lang], layer.year && say("year", { year: layer.year })].filter(Boolean).join(say("comma"));
  y = write(pen, `${[layer.title, layer.unit].filter(Boolean).join(" ")} — ${where}`, margin, y + 12, 30, "#1d2328", "bold");
  const frame = { x: margin, y: y + 10, width: PICTURE.map, height: canvas.height - y - 2 * margin - 60 };
  const drawing = cityFrame(zoneMap.bounds, frame);
  drawZones(pen, level, layer, drawing, zoneMap.outlines);
  drawNames(pen, level, zoneMap, drawing.at);
  drawScale(pen, zoneMap.bounds, drawing, margin, canvas.height - margin - 46);
  const side = PICTURE.map + 2 * margin;
  if (layer.warning) y = write(pen, layer.warning, side, y + 10, 22, "#a1122a", "bold", width - side - margin);
  drawKeys(pen, layer, side, y + 10, width - side - margin);
  write(pen, say("source") + " " + level.source[words.lang], margin, canvas.height - margin - 12, 20, "#4a535a", "");
  return canvas;
}

function write(pen, text, x, y, size, colour, weight, width = PICTURE.width - x - PICTURE.margin) {
  pen.font = `${weight} ${size}px ${PICTURE.font}`;
  pen.fillStyle = colour;
  pen.textBaseline = "top";
  let line = "";
  // Japanese may break anywhere but before 、 or 。, Latin only between words.
  for (const part of text.match(/[\x21-\x7e]+|[^][、。]*/gu) || []) {
    if (line && pen.measureText(line + part).width > width) {
      pen.fillText(line, x, y);
      y += size * 1.4;
      line = part.trim();
    } else line += part;
  }
  pen.fillText(line, x, y);
  return y + size * 1.4;
}

// How the city lies in a frame {x, y, width, height}: at(point) → [x, y], and pixels a metre.
function cityFrame(bounds, frame) {
  const flat = (point) => L.CRS.EPSG3857.latLngToPoint(point, 14);
  const [nw, se] = [flat(bounds.getNorthWest()), flat(bounds.getSouthEast())];
  const factor = Math.min(frame.width / (se.x - nw.x), frame.height / (se.y - nw.y));
  const left = frame.x + (frame.width - factor * (se.x - nw.x)) / 2;
  const at = (point) => {
    const p = flat(point);
    return [left + factor * (p.x - nw.x), frame.y + factor * (p.y - nw.y)];
  };
  const metres = L.CRS.EPSG3857.distance(bounds.getNorthWest(), bounds.getNorthEast());
  return { at, perMetre: (factor * (se.x - nw.x)) / metres };
}

// The zones of a layer, its circles, and the context lines above them.
function drawZones(pen, level, layer, { at }, outlines = [], { line = "#59626a", width = 1, circle = 1.6 } = {}) {
  const trace = (polygons) => {
    pen.beginPath();
    for (const rings of polygons) for (const ring of rings) {
      ring.forEach((point, k) => (k ? pen.lineTo(...at(point)) : pen.moveTo(...at(point))));
      pen.closePath();
    }
  };
  level.rings.forEach((polygons, zone) => {
    trace(polygons);
    pen.fillStyle = pictureFill(layer.fill(zone));
    pen.fill("evenodd");
    Object.assign(pen, { strokeStyle: line, lineWidth: width });
    pen.stroke();
  });
  for (const outline of outlines) {
    trace(outline.rings);
    Object.assign(pen, { strokeStyle: "#1d2328", lineWidth: 2.5 * width });
    pen.stroke();
  }
  if (layer.radius) level.points.forEach((point, zone) => {
    const radius = layer.radius(zone);
    if (radius) drawCircle(pen, ...at(point), circle * radius);
  });
}

// Saved pictures are on white paper, whatever the reader's screen is like.
function pictureFill(fill) {
  return fill === EMPTY ? "#e4e9ec" : canvasFill(fill);
}

// A bar of a round number of metres.
function drawScale(pen, bounds, { perMetre }, x, y) {
  const most = 240 / perMetre;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map((part) => part * power).find((length) => length <= most);
  Object.assign(pen, { strokeStyle: "#1d2328", lineWidth: 2 });
  pen.beginPath();
  pen.moveTo(x, y - 8);
  pen.lineTo(x, y);
  pen.lineTo(x + metres * perMetre, y);
  pen.lineTo(x + metres * perMetre, y - 8);
  pen.stroke();
  write(pen, metres < 1000 ? `${metres} m` : `${metres / 1000} km`, x + 8, y - 28, 20, "#1d2328", "");
}

function drawCircle(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: "rgba(11, 92, 138, 0.75)", strokeStyle: "#ffffff", lineWidth: 1.5 });
  pen.fill();
  pen.stroke();
}

function drawNames(pen, level, zoneMap, at) {
  const few = level.names.length <= 40;
  const { number } = zoneMap.layer;
  const names = few || number
    ? level.points.map((point, zone) => ({ text: number ? String(number(zone) ?? "") : shortName(zoneName(level, zone)), point }))
    : zoneMap.placesOf();
  pen.font = `bold 22px ${PICTURE.font}`;
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 6, strokeStyle: "#ffffff", fillStyle: "#1d2328" });
  const taken = [];
  for (const { text, point } of names) {
    if (!text) continue;
    const [x, y] = at(L.latLng(point));
    const half = pen.measureText(text).width / 2 + 4;
    if (collides(taken, [x - half, y - 14, x + half, y + 14])) continue;
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }
  pen.textAlign = "left";
}

function drawKeys(pen, layer, x, y, width) {
  for (const row of layer.rows) {
    pen.fillStyle = pictureFill(row.fill || "#ffffff");
    Object.assign(pen, { strokeStyle: "#59626a", lineWidth: 1 });
    const height = row.circle ? Math.max(36, 3.2 * row.circle + 4) : 36;
    if (row.circle) drawCircle(pen, x + 30, y + height / 2, 1.6 * row.circle);
    else {
      pen.fillRect(x, y, 56, 32);
      pen.strokeRect(x, y, 56, 32);
    }
    const count = row.count === undefined ? "" : `  (${formatNumber(row.count)})`;
    const end = write(pen, row.label + count, x + 72, y + height / 2 - 14, 24, "#1d2328", "", width - 72);
    y = Math.max(y + height + 10, end);
  }
  for (const note of layer.notes) y = write(pen, note, x, y + 10, 20, "#4a535a", "", width);
}
