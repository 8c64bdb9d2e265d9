// A map as a picture file: title, notices, map, legend and source in one PNG.

const PICTURE = { width: 1600, map: 1040, margin: 40, font: '"Noto Sans JP", "Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic UI", Meiryo, sans-serif' };

// Draws the whole city (not the part on screen), so that saved pictures compare.
function drawPicture(data, level, zoneMap) {
  const layer = zoneMap.layer;
  const { width, margin } = PICTURE;
  const canvas = element("canvas", { width, height: 1500 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  let y = margin;
  y = write(pen, data.title[words.lang], margin, y, 40, "#1d2328", "bold");
  for (const notice of data.notices[words.lang]) y = write(pen, "⚠ " + notice, margin, y, 26, "#a1122a", "bold");
  y = write(pen, `${layer.title} ${layer.unit} — ${level.label[words.lang]}`, margin, y + 12, 30, "#1d2328", "bold");
  const frame = { x: margin, y: y + 10, width: PICTURE.map, height: canvas.height - y - 2 * margin - 30 };
  drawZones(pen, level, zoneMap, frame);
  drawKeys(pen, layer, PICTURE.map + 2 * margin, frame.y, width - PICTURE.map - 3 * margin);
  write(pen, say("source") + " " + level.source, margin, canvas.height - margin - 12, 20, "#4a535a", "");
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

function drawZones(pen, level, zoneMap, frame) {
  const crs = zoneMap.leaflet.options.crs;
  const flat = (point) => crs.latLngToPoint(L.latLng(point), 14);
  const [nw, se] = [flat(zoneMap.bounds.getNorthWest()), flat(zoneMap.bounds.getSouthEast())];
  const factor = Math.min(frame.width / (se.x - nw.x), frame.height / (se.y - nw.y));
  const left = frame.x + (frame.width - factor * (se.x - nw.x)) / 2;
  const at = (point) => {
    const p = flat(point);
    return [left + factor * (p.x - nw.x), frame.y + factor * (p.y - nw.y)];
  };
  const trace = (polygons) => {
    pen.beginPath();
    for (const rings of polygons) for (const ring of rings) {
      ring.forEach((point, k) => (k ? pen.lineTo(...at(point)) : pen.moveTo(...at(point))));
      pen.closePath();
    }
  };
  zoneMap.zones.forEach((zone, number) => {
    trace(zone.getLatLngs());
    pen.fillStyle = penFill(pen, zoneMap.layer.fill(number));
    pen.fill("evenodd");
    Object.assign(pen, { strokeStyle: "#59626a", lineWidth: 1 });
    pen.stroke();
  });
  for (const outline of zoneMap.outlines || []) {
    trace(outline.rings);
    Object.assign(pen, { strokeStyle: "#1d2328", lineWidth: 2.5 });
    pen.stroke();
  }
  if (zoneMap.layer.radius) level.points.forEach((point, number) => {
    const radius = zoneMap.layer.radius(number);
    if (radius) drawCircle(pen, ...at(point), radius);
  });
  drawNames(pen, level, zoneMap, at);
}

function drawCircle(pen, x, y, radius) {
  pen.beginPath();
  pen.arc(x, y, 1.6 * radius, 0, 2 * Math.PI);
  Object.assign(pen, { fillStyle: "rgba(11, 92, 138, 0.75)", strokeStyle: "#ffffff", lineWidth: 1.5 });
  pen.fill();
  pen.stroke();
}

function drawNames(pen, level, zoneMap, at) {
  const few = level.names.length <= 40;
  const names = few ? level.names.map((text, k) => ({ text, point: level.points[k] })) : zoneMap.places || [];
  pen.font = `bold 22px ${PICTURE.font}`;
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 6, strokeStyle: "#ffffff", fillStyle: "#1d2328" });
  const taken = [];
  for (const { text, point } of names) {
    const [x, y] = at(point);
    const half = pen.measureText(text).width / 2 + 4;
    if (collides(taken, [x - half, y - 14, x + half, y + 14])) continue;
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }
  pen.textAlign = "left";
}

function penFill(pen, fill) {
  if (fill === "var(--empty)") return "#e4e9ec";
  if (fill !== HATCH) return fill;
  const tile = element("canvas", { width: 10, height: 10 });
  const brush = tile.getContext("2d");
  brush.fillStyle = "#ffffff";
  brush.fillRect(0, 0, 10, 10);
  brush.strokeStyle = "#8a8f94";
  brush.lineWidth = 2;
  for (const shift of [-10, 0, 10]) {
    brush.moveTo(shift, 10);
    brush.lineTo(shift + 10, 0);
  }
  brush.stroke();
  return pen.createPattern(tile, "repeat");
}

function drawKeys(pen, layer, x, y, width) {
  for (const row of layer.rows) {
    pen.fillStyle = penFill(pen, row.fill || "#ffffff");
    Object.assign(pen, { strokeStyle: "#59626a", lineWidth: 1 });
    const height = row.circle ? Math.max(36, 3.2 * row.circle + 4) : 36;
    if (row.circle) drawCircle(pen, x + 30, y + height / 2, row.circle);
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
