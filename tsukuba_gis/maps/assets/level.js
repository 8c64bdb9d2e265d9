// A level made ready: packed columns opened, once for all parts of the page.

function prepareLevel(level) {
  const { scale: [kx, ky], translate: [x0, y0] } = level.topology;
  level.rings = decodeTopology(level.topology);
  level.topology = null;
  const steps = unpack(level.points);
  level.points = level.names.map((name, zone) => new L.LatLng(y0 + steps[2 * zone + 1] * ky, x0 + steps[2 * zone] * kx));
  level.areas = unpack(level.areas, 1e4); // km²
  for (const rate of level.rates) {
    level.values[rate.name] = rate.values;
    level.classes[rate.name] = rate.classes;
    level.total[rate.name] = rate.total;
    for (const bound of ["low", "high"]) rate[bound] = unpack(rate[bound], rate.bounds_scale);
  }
  if (!level.population) return;
  for (const sex of ["female", "male"]) level.population[sex] = unpack(level.population[sex]);
  for (const found of [...Object.values(level.lisa), ...level.local]) found.p = unpack(found.p, 1e5);
  for (const lisa of Object.values(level.lisa)) {
    lisa.z = unpack(lisa.z, 1000);
    lisa.lag = unpack(lisa.lag, 1000);
  }
  if (level.regions) level.regions.labels = unpack(level.regions.labels);
  if (level.projection) prepareProjection(level.projection);
}

function prepareProjection(projection) {
  projection.persons = projection.persons.map((year) => unpack(year, 10));
  for (const bound of ["low", "high"]) {
    if (projection[bound]) projection[bound] = projection[bound].map((year) => unpack(year));
  }
  for (const measure of Object.values(projection.measures)) measure.values = measure.values.map((year) => unpack(year, 1e4));
  projection.ages = projection.ages.map(({ female, male }) => ({ female: unpack(female), male: unpack(male) }));
}

// The persons of one zone by sex and age, of a packed pair of columns.
function cellsOf(columns, zone, groups) {
  const part = (list) => list.slice(zone * groups, (zone + 1) * groups);
  return { female: part(columns.female), male: part(columns.male) };
}

// Indicators and rates: everything that is one number a zone.
function variablesOf(data, level) {
  return [...data.indicators, ...level.rates];
}
