// What a map shows: a fill or a circle for each zone, and the rows of its legend.

const HATCH = "url(#hatch)"; // data not shown
const MASKS = { z: "zero", s: "small", m: "missing" };
const MAX_CIRCLE = 20; // pixels

// Why a value is not shown: "", "zero", "small" or "missing".
function maskOf(level, name, zone) {
  return MASKS[(level.masks[name] || "")[zone]] || "";
}

// Which class a value is in: class k holds edges[k] ≤ value < edges[k + 1], the last both ends.
function classOf(value, edges) {
  let k = 0;
  while (k < edges.length - 2 && value >= edges[k + 1]) k += 1;
  return k;
}

// Rates are coloured by class; counts get circles, since big zones would look full.
function valueLayer(data, level, indicator) {
  const values = level.values[indicator.name];
  const style = level.classes[indicator.name];
  const hidden = values.filter((value) => value === null).length;
  const layer = {
    title: indicator.label[words.lang],
    unit: unitOf(indicator),
    notes: [],
    rows: [],
    hidden,
    describe: (zone) => values[zone] === null
      ? say("mask_" + (maskOf(level, indicator.name, zone) || "missing"), { k: data.min_count })
      : formatValue(values[zone], indicator),
  };
  if (style.circles) countLayer(layer, values, indicator);
  else rateLayer(layer, values, style, indicator);
  if (hidden) layer.rows.push({ fill: HATCH, label: say("no_data"), count: hidden });
  if (hidden) layer.notes.push(maskNote(data, level, indicator));
  return layer;
}

function rateLayer(layer, values, style, indicator) {
  const counts = style.colours.map(() => 0);
  values.forEach((value) => { if (value !== null) counts[classOf(value, style.edges)] += 1; });
  style.colours.forEach((fill, k) => layer.rows.push({
    fill,
    label: say("range", {
      low: formatValue(style.edges[k], indicator, false),
      high: formatValue(style.edges[k + 1], indicator, false),
    }),
    count: counts[k],
  }));
  layer.rows.reverse(); // the highest class stands on top
  layer.fill = (zone) =>
    values[zone] === null ? HATCH : style.colours[classOf(values[zone], style.edges)];
  layer.notes.push(say("scheme_" + style.scheme, { n: style.colours.length }));
}

function countLayer(layer, values, indicator) {
  const most = Math.max(...values, 1);
  const radius = (value) => MAX_CIRCLE * Math.sqrt(value / most);
  const step = 10 ** Math.floor(Math.log10(most));
  const top = Math.max(Math.floor(most / step) * step, 1);
  for (const value of [top, top / 2, top / 10]) {
    layer.rows.push({ circle: radius(value), label: formatValue(value, indicator) });
  }
  layer.fill = (zone) => (values[zone] === null ? HATCH : "var(--empty)");
  layer.radius = (zone) => (values[zone] === null ? 0 : radius(values[zone]));
  layer.notes.push(say("circles"));
}

function maskNote(data, level, indicator) {
  const signs = [...(level.masks[indicator.name] || "")];
  return Object.entries(MASKS)
    .map(([sign, reason]) => [reason, signs.filter((s) => s === sign).length])
    .filter(([, count]) => count)
    .map(([reason, count]) => say("masked_" + reason, { n: formatNumber(count), k: data.min_count }))
    .join(say("comma"));
}

// Clusters of an indicator (LISA).
function clusterLayer(data, level, indicator) {
  const lisa = level.lisa[indicator.name];
  const classes = data.lisa_classes; // [{name, colour}], in the order of every legend
  const counts = classes.map(() => 0);
  lisa.cluster.forEach((k) => { counts[k] += 1; });
  return {
    title: say("clusters_of", { indicator: indicator.label[words.lang] }),
    unit: "",
    hidden: 0,
    rows: classes
      .map(({ name, colour }, k) => ({
        fill: name === "missing" ? HATCH : colour,
        label: say("lisa_" + name),
        count: counts[k],
        optional: name === "island" || name === "missing",
      }))
      .filter((row) => row.count || !row.optional),
    notes: [
      say(lisa.fdr ? "lisa_foot_fdr" : "lisa_foot", {
        alpha: lisa.alpha,
        n: formatNumber(lisa.permutations),
        seed: lisa.seed,
      }),
    ],
    fill: (zone) => {
      const { name, colour } = classes[lisa.cluster[zone]];
      return name === "missing" ? HATCH : colour;
    },
    describe: (zone) => {
      const label = say("lisa_" + classes[lisa.cluster[zone]].name);
      const p = lisa.p_fdr[zone] === null ? null : lisa[lisa.fdr ? "p_fdr" : "p"][zone];
      return p === null ? label : say(lisa.fdr ? "with_p_fdr" : "with_p", { label, p: formatP(p) });
    },
  };
}
