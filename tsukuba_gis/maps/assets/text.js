// Words and numbers in the language of the reader.

const LOCALES = { ja: "ja-JP", en: "en-GB" };
const words = { lang: "ja", table: { ja: {}, en: {} } };

// One text, with its {placeholders} filled.
function say(key, values = {}) {
  const text = words.table[words.lang][key];
  return (text === undefined ? key : text).replace(/\{(\w+)\}/g, (whole, name) =>
    name in values ? values[name] : whole);
}

function formatNumber(value, digits = 0) {
  return new Intl.NumberFormat(LOCALES[words.lang], {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}

// A value of an indicator; shares are 0–1 in the data and percent on the page.
function formatValue(value, indicator, withUnit = true) {
  const number = formatNumber(indicator.unit === "share" ? value * 100 : value, indicator.digits);
  return withUnit ? say("unit_" + indicator.unit, { number }) : number;
}

// The unit as it stands beside a label; a bare ratio needs none.
function unitOf({ unit }) {
  return unit === "ratio" ? "" : say("in_unit", { unit: say("unit_name_" + unit) });
}

function formatP(p) {
  return p < 0.001 ? "< 0.001" : "= " + formatNumber(p, 3);
}

// An element with text and children; text is never read as HTML.
function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") made.className = value;
    else if (name === "text") made.textContent = value;
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function svgElement(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A zone's name: the English one where there is one and the reader reads English.
function zoneName(level, zone) {
  return (words.lang === "en" && level.names_en && level.names_en[zone]) || level.names[zone];
}
