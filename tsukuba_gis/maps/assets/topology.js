// TopoJSON → for each zone a list of polygons, each a list of rings of [lat, lon].

function decodeTopology(topology) {
  const [kx, ky] = topology.transform.scale;
  const [x0, y0] = topology.transform.translate;
  const arcs = topology.arcs.map((arc) => {
    let x = 0, y = 0;
    return arc.map(([dx, dy]) => [y0 + (y += dy) * ky, x0 + (x += dx) * kx]);
  });
  const ring = (numbers) => numbers.flatMap((number, k) => {
    const arc = number < 0 ? arcs[~number].slice().reverse() : arcs[number];
    return k ? arc.slice(1) : arc; // an arc begins where the one before it ends
  });
  return topology.objects.zones.geometries.map((zone) =>
    zone.arcs.map((polygon) => polygon.map(ring)));
}
