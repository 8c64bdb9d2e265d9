"""A uniform grid over polygons that knows, for most cells, who owns all of it.

Where no border runs through a cell, one look into a table answers for every
point in it. In the other cells a point is walked to the cell's lower left
corner, whose owner is known, and the borders crossed on the way are counted.

How owners are counted
    Polygon *k* weighs ``2**40 + k + 1``. The weights of all polygons over a
    place add up to a number whose upper part counts them and whose lower part,
    if there is only one, names it. Crossing a border into a polygon adds its
    weight, leaving it takes it off; borders that two polygons share are merged
    into one that does both. So every border is looked at once, whoever it
    belongs to, and holes, parts and enclaves need no thought.

Exactness
    On which side of a border a point lies is the sign of a 2 × 2 determinant.
    Whenever it is smaller than its own rounding error could be (Shewchuk's
    bound), when a corner of the grid is next to a border, or when several
    polygons overlap, the grid says :data:`UNDECIDED` and GEOS is asked. So a
    decision is either proven or that of GEOS.

References
----------
Shewchuk (1997), Adaptive precision floating-point arithmetic and fast robust
geometric predicates, Discrete & Computational Geometry 18, 305–363,
doi:10.1007/PL00009321 (the error bound of orient2d).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

OUTSIDE: Final = -1
UNDECIDED: Final = -2

_U = 2.0**-53
_BOUND: Final = (3.0 + 16.0 * _U) * _U
# Cells are widened by this share of a cell when borders are entered, so that
# rounding in the place of a cell's side (about 1e-12 cells) cannot matter.
_MARGIN: Final = 1e-6
_ONE: Final = 1 << 40
# A sum that stays below zero whatever borders are added to it.
_DOUBT: Final = -(1 << 62)
_MIN_CELLS, _MAX_CELLS = 1 << 17, 1 << 24
# Points are taken in pieces whose temporaries stay in the processor's cache.
_PIECE = 1 << 15


class Edges(NamedTuple):
    """Directed borders: from (xa, ya) to (xb, yb), with the weight on their left side."""

    xa: Floats
    ya: Floats
    xb: Floats
    yb: Floats
    weight: Ints

    def take(self, which: NDArray[np.integer] | NDArray[np.bool_]) -> Edges:
        """Return some of them."""
        xa, ya, xb, yb, weight = self
        return Edges(xa[which], ya[which], xb[which], yb[which], weight[which])


def edges_of(shapes: NDArray[np.object_]) -> Edges:
    """Return the borders of polygons, those shared by two merged into one."""
    import shapely

    # Shells anticlockwise, holes clockwise: the inside is always on the left.
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(
        shapely.orient_polygons(parts, exterior_cw=False), return_index=True
    )
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    xy += 0.0  # no negative zeros: marks are made of bits
    moves = (xy[1:, 0] != xy[:-1, 0]) | (xy[1:, 1] != xy[:-1, 1])
    first = np.flatnonzero((ring[1:] == ring[:-1]) & moves)
    weight = owner[part[ring[first]]] + np.int64(_ONE + 1)
    keep = _merge(xy, first, weight)
    first, weight = first[keep], weight[keep]
    (xa, ya), (xb, yb) = xy[first].T, xy[first + 1].T
    turn = ya > yb
    return Edges(
        np.where(turn, xb, xa),
        np.where(turn, yb, ya),
        np.where(turn, xa, xb),
        np.where(turn, ya, yb),
        np.where(turn, -weight, weight),
    )


def _merge(xy: Floats, first: Ints, weight: Ints) -> NDArray[np.bool_]:
    """Add, of edges with the same two ends, all weights to one; return which edges stay.

    Edge k goes from ``xy[first[k]]`` to the next row. One that runs the other
    way gives its weight with the other sign.
    """
    mark = _scrambled(xy)
    key = mark[first] + mark[first + 1]  # whichever end comes first
    # One edge a slot: those that find another there stay single, which costs a
    # little time and no truth.
    bits = max(int(4 * len(key)).bit_length(), 1)
    slot = (key >> np.uint64(64 - bits)).astype(np.int64)
    in_slot = np.empty(1 << bits, dtype=np.int32)
    in_slot[slot] = np.arange(len(key), dtype=np.int32)
    head = in_slot[slot]
    later = np.flatnonzero((head != np.arange(len(key))) & (key[head] == key))
    head = head[later]
    # Equal marks prove nothing: the four numbers are compared.
    ends = np.lib.stride_tricks.sliding_window_view(xy.ravel(), 4)
    one, other = ends[2 * first[head]].T, ends[2 * first[later]].T
    alike = np.logical_and.reduce(one == other)
    back = np.logical_and.reduce(one == other[[2, 3, 0, 1]])
    same = alike | back
    np.add.at(weight, head[same], np.where(alike, weight[later], -weight[later])[same])
    keep = np.ones(len(key), dtype=bool)
    keep[later[same]] = False
    return keep


def _scrambled(xy: Floats) -> NDArray[np.uint64]:
    """Return a number for each place that hardly two different places share."""
    bits = xy.view(np.uint64)
    mark: NDArray[np.uint64] = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mark ^= mark >> np.uint64(32)
    mark += bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F)
    mark ^= mark >> np.uint64(29)
    mark *= np.uint64(0x165667B19E3779F9)
    mark ^= mark >> np.uint64(32)
    return mark


class Grid:
    """The grid.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons; at least one with an area.
    cells
        About how many cells; None: in proportion to the number of borders.
    """

    def __init__(self, shapes: NDArray[np.object_], *, cells: int | None = None) -> None:
        edges = edges_of(shapes)
        self._lay(edges, cells)
        corner = self._corners(edges)
        self._enter(edges, corner)

    def _lay(self, edges: Edges, cells: int | None) -> None:
        """Choose origin, columns and rows: nearly square cells and a ring of empty ones."""
        west, east = min(edges.xa.min(), edges.xb.min()), max(edges.xa.max(), edges.xb.max())
        south, north = edges.ya.min(), edges.yb.max()
        width, height = max(east - west, 1e-300), max(north - south, 1e-300)
        wanted = cells or min(max(2 * len(edges.xa), _MIN_CELLS), _MAX_CELLS)
        side = np.sqrt(width * height / wanted)
        # A cell's margin has to be far above the rounding of the largest coordinate.
        finest = 256 * np.spacing(max(abs(west), abs(east), abs(south), abs(north))) / _MARGIN
        side = max(side, finest, width / 30_000, height / 30_000)
        # The odd shift keeps the grid's lines off the round numbers of made-up borders.
        self.x0, self.y0 = west - 1.381966 * side, south - 1.276393 * side
        self.per_cell = 1.0 / side
        self.columns = int(np.ceil((east - self.x0) / side)) + 2
        self.rows = int(np.ceil((north - self.y0) / side)) + 2
        self.xs = self.x0 + np.arange(self.columns + 1) * side
        self.ys = self.y0 + np.arange(self.rows + 1) * side

    def _corners(self, edges: Edges) -> Ints:
        """Return the weight over the lower left corner of each cell, rows by columns.

        Every border that crosses a grid line changes the weight of all corners
        to its right. A corner too near to a border to call is in doubt.
        """
        first = self._line_at(edges.ya)
        count = self._line_at(edges.yb) - first
        edge, k = _spread(count)
        line = first[edge] + k
        xa, ya, xb, yb, weight = edges.take(edge)
        x = xa + (self.ys[line] - ya) * (xb - xa) / (yb - ya)
        at = (x - self.x0) * self.per_cell
        column = np.floor(at).astype(np.int64) + 1
        change = np.zeros((self.rows + 1) * (self.columns + 1), dtype=np.int64)
        # All edges point up, so their left side is left.
        np.subtract.at(change, line * (self.columns + 1) + column, weight)
        corner = np.cumsum(change.reshape(self.rows + 1, -1), axis=1)
        near = np.rint(at)
        doubt = np.abs(at - near) < _MARGIN
        corner[line[doubt], near[doubt].astype(np.int64)] = _DOUBT
        return corner[:-1, :-1]

    def _line_at(self, y: Floats) -> Ints:
        """Return the first grid line that is not below y (a faster searchsorted)."""
        line: Ints = np.ceil((y - self.y0) * self.per_cell).astype(np.int64)
        line -= self.ys[line - 1] >= y
        line += self.ys[line] < y
        return line

    def _enter(self, edges: Edges, corner: Ints) -> None:
        """List the borders of each mixed cell, and label the others."""
        edge, cell = self._touched(edges)
        order = np.argsort(cell, kind="stable")
        edge, cell = edge[order], cell[order]
        start = np.flatnonzero(np.concatenate([[True], cell[1:] != cell[:-1]]))
        count = np.diff(np.append(start, len(cell)))
        # Mixed cells are numbered from the one with most borders to those with least.
        by_size = np.argsort(-count, kind="stable")
        mixed = cell[start][by_size]
        self.count, self.start = count[by_size], start[by_size]
        self.edges = edges
        self.edge = edge.astype(np.int32)

        column, row = mixed % self.columns, mixed // self.columns
        self.corner_x, self.corner_y = self.xs[column], self.ys[row]
        weight = corner.ravel()
        self.corner = weight[mixed]
        self.labels = decoded(weight)
        self.labels[mixed] = -3 - np.arange(len(mixed), dtype=np.int32)

        # 0, 1: which side the corner is on; 2: the cell's left side does not meet the border.
        self.corner_side = np.full(len(cell), 2, dtype=np.int8)
        at = np.repeat(np.argsort(by_size, kind="stable"), count)
        x = self.corner_x[at]
        crosses = np.flatnonzero((edges.xa[edge] > x) != (edges.xb[edge] > x))
        at, x = at[crosses], x[crosses]
        y = self.corner_y[at]
        xa, ya, xb, yb, _ = edges.take(edge[crosses])
        side, sure = _side(xa - x, ya - y, xb - x, yb - y)
        self.corner_side[crosses] = side
        self.corner[at[~sure]] = _DOUBT

    def _touched(self, edges: Edges) -> tuple[Ints, Ints]:
        """Return pairs of border and cell: all cells that a border touches, or nearly."""
        xa, xb = (edges.xa - self.x0) * self.per_cell, (edges.xb - self.x0) * self.per_cell
        ya, yb = (edges.ya - self.y0) * self.per_cell, (edges.yb - self.y0) * self.per_cell
        low = np.floor(ya - _MARGIN).astype(np.int64)
        edge, k = _spread(np.floor(yb + _MARGIN).astype(np.int64) - low + 1)
        row = low[edge] + k
        xa, ya, xb, yb = xa[edge], ya[edge], xb[edge], yb[edge]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (xb - xa) / (yb - ya)
            # Where the border enters and leaves the row; a level one is there as a whole.
            enter = np.where(yb > ya, xa + (np.maximum(row - _MARGIN, ya) - ya) * slope, xa)
            leave = np.where(yb > ya, xa + (np.minimum(row + 1 + _MARGIN, yb) - ya) * slope, xb)
        west = np.floor(np.minimum(enter, leave) - _MARGIN).astype(np.int64)
        east = np.floor(np.maximum(enter, leave) + _MARGIN).astype(np.int64)
        pair, k = _spread(east - west + 1)
        return edge[pair], row[pair] * self.columns + west[pair] + k

    def shared_centres(self) -> tuple[Floats, Floats]:
        """Return the centres of the cells that lie wholly in an overlap of polygons."""
        row, column = divmod(np.flatnonzero(self.labels == UNDECIDED), self.columns)
        return (self.xs[column] + self.xs[column + 1]) / 2, (self.ys[row] + self.ys[row + 1]) / 2

    def settle_shared(self, label: NDArray[np.int32]) -> None:
        """Set the polygon to which those cells go."""
        self.labels[self.labels == UNDECIDED] = label

    def locate(self, x: Floats, y: Floats) -> NDArray[np.int32]:
        """Return the number of the polygon over each place, OUTSIDE or UNDECIDED."""
        label = np.empty(len(x), dtype=np.int32)
        for first in range(0, len(x), _PIECE):
            piece = slice(first, first + _PIECE)
            label[piece] = self.labels[self._cell(x[piece], y[piece])]
        mixed = np.flatnonzero(label < -2)
        cell = -3 - label[mixed]
        order = np.argsort(cell)
        mixed, cell = mixed[order], cell[order]
        for first in range(0, len(mixed), _PIECE):
            which = mixed[first : first + _PIECE]
            label[which] = self._walk(x[which], y[which], cell[first : first + _PIECE])
        return label

    def _cell(self, x: Floats, y: Floats) -> NDArray[np.int32]:
        """Return the cell of each place; NaN and what is off the grid go to its empty ring."""
        column = np.fmin(np.fmax((x - self.x0) * self.per_cell, 0.0), self.columns - 0.5)
        row = np.fmin(np.fmax((y - self.y0) * self.per_cell, 0.0), self.rows - 0.5)
        cell: NDArray[np.int32] = row.astype(np.int32)
        cell *= np.int32(self.columns)
        cell += column.astype(np.int32)
        return cell

    def _walk(self, x: Floats, y: Floats, cell: NDArray[np.int32]) -> NDArray[np.int32]:
        """Decide places in mixed cells, ordered by cell.

        The way goes along the cell's left side from the corner to the place's
        height, and from there to the place. The first leg crosses a border if
        the turn, ``q``, is on another side of it than the corner; the second if
        the place is on another side than the turn.
        """
        left = self.corner_x[cell]
        weight = self.corner[cell].copy()
        start, count = self.start[cell], self.count[cell]
        decided = np.ones(len(x), dtype=bool)
        rising = -count
        for k in range(count[0]):
            # Cells come with falling counts: those that have a k-th border are in front.
            n = np.searchsorted(rising, -k, side="left")
            at = start[:n] + k
            xa, ya, xb, yb, by = self.edges.take(self.edge[at])
            corner_side = self.corner_side[at]
            up, down = yb - y[:n], ya - y[:n]
            side, sure = _side(xa - x[:n], down, xb - x[:n], up)
            side_q, sure_q = _side(xa - left[:n], down, xb - left[:n], up)
            turn = side.view(np.int8) - side_q.view(np.int8)
            turn *= (down > 0) != (up > 0)
            turn += np.where(corner_side == 2, 0, side_q.view(np.int8) - corner_side)
            weight[:n] += by * turn
            decided[:n] &= sure & sure_q
        label = decoded(weight)
        label[~decided] = UNDECIDED
        return label


def decoded(weight: Ints) -> NDArray[np.int32]:
    """Return which polygon a sum of weights means; UNDECIDED if it is not one or none."""
    label = ((weight & (_ONE - 1)) - 1).astype(np.int32)
    label[(weight >> 40) != 1] = UNDECIDED
    label[weight == 0] = OUTSIDE
    return label


def _side(
    xa: Floats, ya: Floats, xb: Floats, yb: Floats
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether the origin is left of a → b, and whether that is proven."""
    one, other = xa * yb, ya * xb
    turn = one - other
    return turn > 0, np.abs(turn) > _BOUND * (np.abs(one) + np.abs(other))


def _spread(count: Ints) -> tuple[Ints, Ints]:
    """Return, for counts 2, 0, 1, the owners 0, 0, 2 and the steps 0, 1, 0."""
    owner = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    return owner, step
