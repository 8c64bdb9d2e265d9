// Age pyramid of a zone as shares of its people, with the whole city as an outline.

const PYRAMID = { width: 400, row: 13, middle: 44, top: 30, bottom: 34 };

function pyramidShares(cells) {
  const total = [...cells.female, ...cells.male].reduce((sum, n) => sum + (n || 0), 0);
  const share = (list) => list.map((n) => (n === null || !total ? null : n / total));
  return { total, female: share(cells.female), male: share(cells.male) };
}

// here, beside: {female, male} lists of persons; beside (an outline) may be null.
function drawPyramid(box, { ages, here: cells, beside: other, name, besideName, alt, small = false }) {
  const here = pyramidShares(cells);
  const known = other && pyramidShares(other);
  // Without its hidden groups the outline would have another shape: then it is not drawn.
  const beside = !known || !known.total || [...known.female, ...known.male].includes(null) ? null : known;
  if (!here.total) {
    box.replaceChildren(element("p", { class: "note", text: say("pyramid_none") }));
    return;
  }
  const frame = pyramidFrame(ages, beside ? [here, beside] : [here]);
  const picture = svgElement("svg", {
    viewBox: `0 0 ${PYRAMID.width} ${frame.height}`, role: "img", class: "pyramid",
    "aria-label": alt({ here: percent(olderShare(here, ages)), beside: beside && percent(olderShare(beside, ages)) }),
  });
  picture.append(...pyramidSide(frame, here, beside, "male", -1), ...pyramidSide(frame, here, beside, "female", 1));
  ages.forEach((age, k) => {
    const label = age === 100 ? "100+" : String(age);
    if (age % 10 === 0) picture.append(svgText(PYRAMID.width / 2, frame.y(k) + PYRAMID.row - 2, label, "middle"));
  });
  const hidden = [...cells.female, ...cells.male].filter((n) => n === null).length;
  const keys = element("p", { class: "keys" }, element("span", { class: "key-zone", "aria-hidden": "true" }), name + " ");
  if (beside) keys.append(element("span", { class: "key-city", "aria-hidden": "true" }), besideName);
  box.replaceChildren(keys, picture);
  if (other && !beside && !small) box.append(element("p", { class: "note", text: say("pyramid_no_city") }));
  if (hidden) box.append(element("p", { class: "note", text: say("pyramid_hidden", { n: hidden }) }));
}

// The pyramid of a zone beside the whole city.
function zonePyramid(box, level, zone, small = false) {
  const name = zoneName(level, zone);
  drawPyramid(box, {
    ages: level.ages, name, small, besideName: say("whole_city"),
    here: cellsOf(level.population, zone, level.ages.length),
    beside: level.city_population,
    alt: ({ here, beside }) => say("pyramid_alt", { name, share: here }) + (beside ? say("pyramid_alt_city", { share: beside }) : ""),
  });
}

// Where things stand: x of a share on a side (sign −1: left), y of an age group's top.
function pyramidFrame(ages, series) {
  const { width, row, middle, top, bottom } = PYRAMID;
  const most = Math.max(0.01, ...series.flatMap((s) => [...s.female, ...s.male]).map((share) => share || 0));
  const limit = Math.ceil(most * 100) / 100;
  const side = (width - middle) / 2 - 14;
  return {
    limit,
    height: top + ages.length * row + bottom,
    x: (share, sign) => width / 2 + sign * (middle / 2 + side * (share / limit)),
    y: (k) => top + (ages.length - 1 - k) * row,
  };
}

function pyramidSide(frame, here, city, sex, sign) {
  const { row, top, bottom } = PYRAMID;
  const { x, y, limit, height } = frame;
  const bars = here[sex].map((share, k) => {
    const [a, b] = [x(0, sign), x(share || 0, sign)];
    return svgElement("rect", { x: Math.min(a, b), y: y(k) + 1, width: Math.abs(b - a), height: row - 2, class: sex });
  });
  const steps = (city ? city[sex] : []).map((share, k) => {
    const at = x(share, sign);
    return `${k ? "L" : "M"}${at} ${y(k) + row}L${at} ${y(k)}`;
  });
  return [
    svgText(x(limit / 2, sign), 14, say("sex_" + sex), "middle"),
    ...pyramidAxis(x, sign, limit, top, height - bottom),
    ...bars,
    svgElement("path", { d: steps.join(""), class: "city-line" }),
  ];
}

function pyramidAxis(x, sign, limit, from, to) {
  const step = limit > 0.06 ? 0.04 : limit > 0.025 ? 0.02 : 0.01;
  const marks = [];
  for (let share = 0; share <= limit + 1e-9; share += step) {
    const at = x(share, sign);
    marks.push(
      svgElement("line", { x1: at, x2: at, y1: from, y2: to, class: "grid" }),
      svgText(at, to + 14, Math.round(share * 100) + "%", "middle"));
  }
  return marks;
}

function olderShare(shares, ages) {
  const sum = (list) => list.reduce((all, share, k) => all + (ages[k] >= 65 ? share || 0 : 0), 0);
  return sum(shares.female) + sum(shares.male);
}

function percent(share) {
  return say("unit_share", { number: formatNumber(share * 100, 1) });
}
