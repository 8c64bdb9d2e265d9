// Packed numbers and packed topologies → lists (see maps/packing.py and maps/topology.py).

const DIGITS = (() => {
  const signs = [...Array(95).keys()].map((k) => String.fromCharCode(32 + k)).filter((sign) => !'"\\<>&'.includes(sign));
  const digits = new Uint8Array(127);
  signs.forEach((sign, value) => { digits[sign.charCodeAt(0)] = value; });
  return digits;
})();
const BASE = 45;

function unpack(text, scale = 1) {
  const numbers = [];
  for (let k = 0, number = 0, place = 1; k < text.length; k += 1) {
    const digit = DIGITS[text.charCodeAt(k)];
    if (digit >= BASE) {
      number += (digit - BASE) * place;
      place *= BASE;
      continue;
    }
    number += digit * place;
    numbers.push(number === 0 ? null : (number % 2 ? (number - 1) / 2 : -number / 2) / scale);
    number = 0;
    place = 1;
  }
  return numbers;
}

// For each zone a list of polygons, each a list of rings; neighbours share their points.
function decodeTopology({ scale: [kx, ky], translate: [x0, y0], lengths, steps: text, zones }) {
  const steps = unpack(text);
  let at = 0;
  const lines = unpack(lengths).map((length) => {
    const line = [];
    for (let k = 0, x = 0, y = 0; k < length; k += 1, at += 2) {
      x += steps[at];
      y += steps[at + 1];
      line.push(new L.LatLng(y0 + y * ky, x0 + x * kx));
    }
    return line;
  });
  const ring = (numbers) => numbers.flatMap((number, k) => {
    const line = number < 0 ? lines[~number].slice().reverse() : lines[number];
    return k ? line.slice(1) : line; // an arc begins where the one before it ends
  });
  return zones.map((zone) => zone.map((polygon) => polygon.map(ring)));
}
