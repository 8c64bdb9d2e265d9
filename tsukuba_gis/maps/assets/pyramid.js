// Age pyramid of a zone as shares of its people, with the whole city as an outline.

const PYRAMID = { width: 400, row: 13, middle: 44, top: 30, bottom: 34 };

function pyramidShares(cells) {
  const total = [...cells.female, ...cells.male].reduce((sum, n) => sum + (n || 0), 0);
  const share = (list) => list.map((n) => (n === null || !total ? null : n / total));
  return { total, female: share(cells.female), male: share(cells.male) };
}

function drawPyramid(box, level, zone) {
  const cells = { female: level.population.female[zone], male: level.population.male[zone] };
  const here = pyramidShares(cells);
  const known = pyramidShares(level.city_population);
  // Without its hidden groups the city would have another shape: then it is not drawn.
  const city = [...known.female, ...known.male].includes(null) ? null : known;
  const name = level.names[zone];
  if (!here.total) {
    box.replaceChildren(element("p", { class: "note", text: say("pyramid_none") }));
    return;
  }
  const frame = pyramidFrame(level.ages, city ? [here, city] : [here]);
  const picture = svgElement("svg", {
    viewBox: `0 0 ${PYRAMID.width} ${frame.height}`, role: "img", class: "pyramid",
    "aria-label": say("pyramid_alt", { name, share: percent(olderShare(here, level.ages)) })
      + (city ? say("pyramid_alt_city", { share: percent(olderShare(city, level.ages)) }) : ""),
  });
  picture.append(...pyramidSide(frame, here, city, "male", -1), ...pyramidSide(frame, here, city, "female", 1));
  level.ages.forEach((age, k) => {
    const label = age === 100 ? "100+" : String(age);
    if (age % 10 === 0) picture.append(svgText(PYRAMID.width / 2, frame.y(k) + PYRAMID.row - 2, label, "middle"));
  });
  const hidden = [...cells.female, ...cells.male].filter((n) => n === null).length;
  const keys = element("p", { class: "keys" }, element("span", { class: "key-zone", "aria-hidden": "true" }), name + " ");
  if (city) keys.append(element("span", { class: "key-city", "aria-hidden": "true" }), say("whole_city"));
  box.replaceChildren(keys, picture);
  if (!city) box.append(element("p", { class: "note", text: say("pyramid_no_city") }));
  if (hidden) box.append(element("p", { class: "note", text: say("pyramid_hidden", { n: hidden }) }));
}

// Where things stand: x of a share on a side (sign −1: left), y of an age group's top.
function pyramidFrame(ages, series) {
  const { width, row, middle, top, bottom } = PYRAMID;
  const most = Math.max(0.01, ...series.flatMap((s) => [...s.female, ...s.male]).map((share) => share || 0));
  const limit = Math.ceil(most * 100) / 100;
  const side = (width - middle) / 2 - 4;
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

function svgText(x, y, text, anchor) {
  const made = svgElement("text", { x, y, "text-anchor": anchor });
  made.textContent = text;
  return made;
}
