// What a map shows: a fill or a circle for each zone, and the rows of its legend.

const HATCH = "url(#hatch)"; // data not shown
const EMPTY = "var(--empty)"; // shown otherwise than by colour
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

function coloursOf(data, edges, centred = false) {
  return data.ramps[centred ? "diverging" : "sequential"][Math.max(edges.length - 1, 0)];
}

// A column of numbers by class. Parts: values, edges, colours, format(value, withUnit), note.
function classedLayer({ title, unit, values, edges, colours, format, notes, describe, hiddenNote }) {
  const kind = (zone) => (values[zone] === null ? null : classOf(values[zone], edges));
  const counts = colours.map(() => 0);
  values.forEach((value, zone) => { if (value !== null) counts[kind(zone)] += 1; });
  const rows = colours.map((fill, k) => ({
    fill,
    label: edges[k] === edges[k + 1] ? format(edges[k], false)
      : say("range", { low: format(edges[k], false), high: format(edges[k + 1], false) }),
    count: counts[k],
    has: (zone) => kind(zone) === k,
  })).reverse(); // the highest class stands on top
  const hidden = values.filter((value) => value === null).length;
  if (hidden) rows.push(hiddenRow(hidden, (zone) => values[zone] === null));
  return {
    title, unit, values, edges, colours, format, describe, hidden, rows,
    notes: [...notes, ...(hidden && hiddenNote ? [hiddenNote] : [])],
    fill: (zone) => (values[zone] === null ? HATCH : colours[kind(zone)]),
  };
}

function hiddenRow(count, has) {
  return { fill: HATCH, label: say("no_data"), count, has };
}

// An indicator or a rate as the reader wants it: view = {scheme, edges, draw}.
function valueLayer(data, level, variable, view = {}) {
  const style = level.classes[variable.name];
  if (style.circles && view.draw !== "density" && view.draw !== "areas") return countLayer(data, level, variable);
  const dense = style.circles && view.draw === "density";
  const shown = dense ? { ...variable, unit: "per_km2", digits: 1 } : variable;
  const raw = level.values[variable.name];
  const values = dense ? raw.map((value, zone) => (value === null ? null : value / level.areas[zone])) : raw;
  const schemes = dense ? style.density : style.edges;
  const { edges, scheme } = chosenEdges(values, schemes, style.scheme, view);
  const layer = classedLayer({
    title: (dense ? say("density_of", { indicator: variable.label[words.lang] }) : variable.label[words.lang]),
    unit: unitOf(shown),
    values, edges,
    colours: coloursOf(data, edges, scheme === "centred"),
    format: (value, withUnit) => formatValue(value, shown, withUnit),
    notes: edges.length ? [edges[0] === edges[1] ? say("scheme_one") : say("scheme_" + scheme, { n: edges.length - 1 })] : [],
    describe: (zone) => describeValue(data, level, shown, values, zone),
    hiddenNote: maskNote(data, level, variable),
  });
  if (style.circles && view.draw === "areas") layer.warning = say("areas_warning");
  return Object.assign(layer, { scheme, schemes: Object.keys(schemes), style });
}

function describeValue(data, level, variable, values, zone) {
  if (values[zone] === null) return say("mask_" + (maskOf(level, variable.name, zone) || "missing"), { k: data.min_count });
  const value = formatValue(values[zone], variable);
  if (!variable.low || variable.low[zone] === null) return value;
  return say("with_interval", {
    value,
    percent: formatNumber(100 * (1 - variable.alpha)),
    low: formatValue(variable.low[zone], variable, false),
    high: formatValue(variable.high[zone], variable, false),
  });
}

// The edges of the reader's scheme; of a scheme that is not there, the study's own.
function chosenEdges(values, schemes, own, { scheme, edges = [] }) {
  if (scheme === "manual" && edges.length) {
    const known = values.filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const inner = [...new Set(edges)].filter((edge) => edge > low && edge < high).sort((a, b) => a - b);
    return { edges: known.length ? [low, ...inner, high] : [], scheme: "manual" };
  }
  const name = schemes[scheme] ? scheme : schemes[own] ? own : Object.keys(schemes)[0];
  return { edges: schemes[name], scheme: name };
}

// Counts get circles, since big zones would look full.
function countLayer(data, level, variable) {
  const values = level.values[variable.name];
  const hidden = values.filter((value) => value === null).length;
  const most = Math.max(...values, 1);
  const radius = (value) => MAX_CIRCLE * Math.sqrt(value / most);
  const step = 10 ** Math.floor(Math.log10(most));
  const top = Math.max(Math.floor(most / step) * step, 1);
  const rows = [top, top / 2, top / 10].map((value) => ({ circle: radius(value), label: formatValue(value, variable) }));
  if (hidden) rows.push(hiddenRow(hidden, (zone) => values[zone] === null));
  return {
    title: variable.label[words.lang],
    unit: unitOf(variable),
    values, hidden, rows,
    format: (value, withUnit) => formatValue(value, variable, withUnit),
    notes: [say("circles"), ...(hidden ? [maskNote(data, level, variable)] : [])],
    describe: (zone) => describeValue(data, level, variable, values, zone),
    fill: (zone) => (values[zone] === null ? HATCH : EMPTY),
    radius: (zone) => (values[zone] === null ? 0 : radius(values[zone])),
    style: level.classes[variable.name],
    schemes: [],
  };
}

function maskNote(data, level, variable) {
  const signs = [...(level.masks[variable.name] || "")];
  return Object.entries(MASKS)
    .map(([sign, reason]) => [reason, signs.filter((s) => s === sign).length])
    .filter(([, count]) => count)
    .map(([reason, count]) => say("masked_" + reason, { n: formatNumber(count), k: data.min_count }))
    .join(say("comma"));
}

// Classes of a local statistic: those of an indicator (LISA), or of a further one.
function clusterLayer(data, level, found, title) {
  const classes = data.class_sets[found.statistic]; // in the order of every legend
  const kind = (zone) => classes[found.cluster[zone]];
  return {
    title,
    unit: "",
    hidden: 0,
    rows: classes
      .map((one) => ({
        fill: one.hatched ? HATCH : one.colour,
        label: one.label[words.lang],
        has: (zone) => kind(zone) === one,
        count: level.names.filter((name, zone) => kind(zone) === one).length,
        optional: one.name === "island" || one.name === "missing",
      }))
      .filter((row) => row.count || !row.optional),
    notes: [
      say(found.fdr ? "lisa_foot_fdr" : "lisa_foot", {
        alpha: found.alpha,
        n: formatNumber(found.permutations),
        seed: found.seed,
      }),
    ],
    fill: (zone) => (kind(zone).hatched ? HATCH : kind(zone).colour),
    describe: (zone) => {
      const label = kind(zone).label[words.lang];
      const p = found.p[zone];
      return p === null ? label : say(found.fdr ? "with_p_fdr" : "with_p", { label, p: formatP(p) });
    },
  };
}

// Zones put together into regions: a colour and a number each.
function regionLayer(data, level) {
  const { labels, colours, sizes, k, means } = level.regions;
  const [name] = Object.keys(means);
  const variable = data.indicators.find((one) => one.name === name);
  const label = (region) => (variable
    ? say("region_mean", { region, indicator: variable.label[words.lang], value: formatValue(means[name][region - 1], variable) })
    : say("region", { region }));
  const hidden = labels.filter((region) => region === null).length;
  const rows = sizes.map((count, place) => ({
    fill: colours[place], label: label(place + 1), count, has: (zone) => labels[zone] === place + 1,
  }));
  if (hidden) rows.push(hiddenRow(hidden, (zone) => labels[zone] === null));
  return {
    title: say("regions"), unit: "", hidden, rows,
    notes: [say("regions_note", { k })],
    number: (zone) => labels[zone],
    fill: (zone) => (labels[zone] === null ? HATCH : colours[labels[zone] - 1]),
    describe: (zone) => (labels[zone] === null ? say("no_data") : label(labels[zone])),
  };
}
