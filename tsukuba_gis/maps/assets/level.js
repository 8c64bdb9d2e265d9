// A level made ready: packed columns are opened when they are first looked at, and once.

function lazy(object, name, make) {
  const packed = object[name];
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = make(packed);
      Object.defineProperty(object, name, { value, writable: true, enumerable: true });
      return value;
    },
  });
}

function prepareLevel(level) {
  const { scale: [kx, ky], translate: [x0, y0] } = level.topology;
  const { topology } = level;
  delete level.topology;
  lazy(level, "rings", () => decodeTopology(topology));
  lazy(level, "points", (text) => {
    const steps = unpack(text);
    return level.names.map((name, zone) => new L.LatLng(y0 + steps[2 * zone + 1] * ky, x0 + steps[2 * zone] * kx));
  });
  lazy(level, "areas", (text) => unpack(text, 1e4)); // km²
  for (const rate of level.rates) {
    level.values[rate.name] = rate.values;
    level.classes[rate.name] = rate.classes;
    level.total[rate.name] = rate.total;
    for (const bound of ["low", "high"]) lazy(rate, bound, (text) => unpack(text, rate.bounds_scale));
  }
  if (!level.population) return;
  for (const sex of ["female", "male"]) lazy(level.population, sex, unpack);
  for (const found of [...Object.values(level.lisa), ...level.local]) lazy(found, "p", (text) => unpack(text, 1e5));
  for (const lisa of Object.values(level.lisa)) {
    for (const name of ["z", "lag"]) lazy(lisa, name, (text) => unpack(text, 1000));
  }
  if (level.regions) lazy(level.regions, "labels", unpack);
  if (level.projection) prepareProjection(level.projection);
}

function prepareProjection(projection) {
  lazy(projection, "persons", (years) => years.map((year) => unpack(year, 10)));
  for (const bound of ["low", "high"]) lazy(projection, bound, (years) => years && years.map((year) => unpack(year)));
  for (const measure of Object.values(projection.measures)) lazy(measure, "values", (years) => years.map((year) => unpack(year, 1e4)));
  for (const year of projection.ages) for (const sex of ["female", "male"]) lazy(year, sex, unpack);
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
