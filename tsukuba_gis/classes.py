"""How numbers are shown: colours, class breaks, and how a value is written.

Maps, workbook and GeoPackage take these from here, so that one class has one
colour everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from tsukuba_gis.messages import Language, table, text
from tsukuba_gis.result import LOCAL_CLASSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tsukuba_gis.result import Indicator, LisaClass, LocalStatistic, Unit

Scheme = Literal["quantile", "natural", "equal", "pretty", "manual", "centred"]
# Those among which a reader may choose; ``"manual"`` needs edges, ``"centred"`` a middle.
SCHEMES: Final[tuple[Scheme, ...]] = ("quantile", "natural", "equal", "pretty")
# Eyes do not tell more colours apart than nine classes have.
MOST_EDGES: Final = 8
# Units of counts: shown as bars or circles, never as a colour of the area.
COUNT_UNITS: Final[tuple[Unit, ...]] = ("persons", "households")

# The ends of ColorBrewer's RdBu: the smallest difference between two classes
# (CAM02-UCS) is 19, whatever the reader's colour vision. Missing is hatched.
LISA_COLOURS: Final[dict[LisaClass, str]] = {
    "HH": "#ca0020",
    "HL": "#f4a582",
    "LH": "#92c5de",
    "LL": "#0571b0",
    "ns": "#f2f2f2",
    "island": "#999999",
    "missing": "#ffffff",
}
# Classes of other local statistics. Of local Geary's six colours no two are nearer than 28
# (CIELAB), whatever the reader's colour vision; of the eight of hot and cold spots not than 18.
_LOCAL_COLOURS: Final[Mapping[str, str]] = {str(k): v for k, v in LISA_COLOURS.items()} | {
    "hot_99": "#b2182b",
    "hot_95": "#ef7a55",
    "hot_90": "#fcc4a5",
    "cold_90": "#a9d5ee",
    "cold_95": "#56a3d6",
    "cold_99": "#1f5fa8",
    "positive": "#fdb863",
    "negative": "#404040",
    "cluster": "#ca0020",
    "uneven": "#5e3c99",
}
# Paul Tol's "light" scheme, made for areas with dark words on them.
_REGION_COLOURS: Final = (
    "#77aadd", "#ee8866", "#eedd88", "#ffaabb", "#99ddff", "#44bb99", "#bbcc33", "#aaaa00",
)  # fmt: skip
# ColorBrewer PuBu and PuOr: smallest differences 12.7 and 25.1. Low to high.
SEQUENTIAL: Final = ("#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d")
DIVERGING: Final = ("#e66101", "#fdb863", "#f7f7f7", "#b2abd2", "#5e3c99")
# Natural breaks look at no more different values than these.
_MOST_POINTS: Final = 400


def breaks(
    values: Iterable[float],
    *,
    n: int = 5,
    scheme: Scheme = "quantile",
    digits: int | None = None,
    centre: float = 0.0,
    edges: tuple[float, ...] = (),
) -> tuple[float, ...]:
    """Return the edges of classes, lowest value to highest.

    Class k holds ``edges[k] <= value < edges[k + 1]``; the last class also
    holds its upper edge.

    Parameters
    ----------
    values
        One number a zone; missing ones are left out.
    n
        Number of classes wished for. There are fewer where values repeat.
    scheme
        ``"quantile"``: as many zones in each class. ``"natural"``: classes whose values
        are most alike (least sum of squares, Fisher 1958; Jenks' natural breaks).
        ``"equal"``: classes of equal width. ``"pretty"``: edges at round numbers.
        ``"centred"``: equal width, symmetric about ``centre``. ``"manual"``: at ``edges``.
    digits
        Decimals to which the inner edges are rounded, so that a legend that
        shows so many tells exactly where the classes meet. None: not rounded.
    centre
        Of ``"centred"``.
    edges
        Inner edges of ``"manual"``; those outside the values are left out.

    Returns
    -------
    tuple of float
        Strictly rising; empty without values; two equal edges if all values are equal.

    Notes
    -----
    Natural breaks are exact for up to 400 different values; of more, 400 groups of equal
    size are put into classes, which moves an edge by less than one group.

    References
    ----------
    Fisher, W. D., On grouping for maximum homogeneity, Journal of the American Statistical
    Association 53 (1958), https://doi.org/10.1080/01621459.1958.10501479.

    Examples
    --------
    >>> breaks([1, 2, 3, 4, 5, 6], n=3)
    (1.0, 2.6666666666666665, 4.333333333333333, 6.0)
    >>> breaks([1, 2, 3, 4, 5, 6], n=3, digits=0)
    (1.0, 3.0, 4.0, 6.0)
    >>> breaks([-1, 3], n=4, scheme="centred")
    (-3.0, -1.5, 0.0, 1.5, 3.0)
    """
    numbers = np.asarray(list(values), dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return ()
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        return (low, high)
    if scheme == "centred":
        reach = max(abs(low - centre), abs(high - centre))
        low, high = centre - reach, centre + reach
    inner = _inner_edges(numbers, (low, high), n, scheme, edges)
    if digits is not None:
        inner = np.round(inner, digits)
    return (low, *(float(edge) for edge in np.unique(inner) if low < edge < high), high)


def _inner_edges(
    numbers: NDArray[np.float64],
    ends: tuple[float, float],
    n: int,
    scheme: Scheme,
    edges: tuple[float, ...],
) -> NDArray[np.float64]:
    if scheme == "manual":
        return np.asarray(edges, dtype=float)
    if scheme == "quantile":
        return np.asarray(np.quantile(numbers, np.arange(1, n) / n), dtype=float)
    if scheme == "natural":
        return _natural(numbers, n)
    if scheme == "pretty":
        step = _round_step((ends[1] - ends[0]) / n)
        first = np.floor(ends[0] / step)
        return np.asarray(step * np.arange(first, np.ceil(ends[1] / step) + 1), dtype=float)
    return np.linspace(*ends, n + 1)[1:-1]


def _round_step(width: float) -> float:
    """Return 1, 2, 2.5 or 5 times a power of ten: the next one that is not smaller."""
    power = float(10.0 ** np.floor(np.log10(width)))
    return next(part * power for part in (1, 2, 2.5, 5, 10) if part * power >= width * (1 - 1e-9))


def _natural(numbers: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the middle between the classes, by dynamic programming."""
    points, repeats = np.unique(numbers, return_counts=True)
    counts = repeats.astype(float)
    if len(points) > _MOST_POINTS:
        parts = np.array_split(np.sort(numbers), _MOST_POINTS)
        points, places = np.unique([float(part[0]) for part in parts], return_inverse=True)
        counts = np.bincount(places, weights=[len(part) for part in parts])
        sums = np.bincount(places, weights=[part.sum() for part in parts])
        squares = np.bincount(places, weights=[(part**2).sum() for part in parts])
    else:
        sums, squares = points * counts, points**2 * counts
    weight, total, square = (np.append(0.0, np.cumsum(x)) for x in (counts, sums, squares))
    size = len(points)
    start, end = np.tril_indices(size + 1, -1)[::-1]
    cost = np.full((size + 1, size + 1), np.inf)  # of one class from start up to before end
    cost[start, end] = (
        square[end]
        - square[start]
        - (total[end] - total[start]) ** 2 / (weight[end] - weight[start])
    )
    best, cuts = cost[0], []
    for _ in range(min(n, size) - 1):
        whole = best[:, None] + cost
        cuts.append(whole.argmin(axis=0))
        best = whole.min(axis=0)
    place, middles = size, []
    for cut in reversed(cuts):
        place = int(cut[place])
        middles.append(float(points[place - 1] + points[place]) / 2)
    return np.asarray(middles[::-1], dtype=float)


def colours(n: int, palette: tuple[str, ...] = SEQUENTIAL) -> tuple[str, ...]:
    """Return n colours of a palette, spread from its one end to the other.

    More than the palette has are mixed of those beside them.

    Examples
    --------
    >>> colours(2)
    ('#f1eef6', '#045a8d')
    """
    if n <= len(palette):
        places = [len(palette) // 2] if n == 1 else np.linspace(0, len(palette) - 1, n).round()
        return tuple(palette[int(place)] for place in places)
    stops = np.array([[int(one[k : k + 2], 16) for k in (1, 3, 5)] for one in palette])
    at = np.linspace(0, len(palette) - 1, n)
    mixed = [np.interp(at, np.arange(len(palette)), stops[:, part]).round() for part in range(3)]
    return tuple(
        "#" + "".join(f"{int(part):02x}" for part in one) for one in zip(*mixed, strict=True)
    )


def format_value(value: float, unit: Unit, lang: Language, digits: int = 1) -> str:
    """Return a value as it is read, with its unit; a share in percent.

    Parameters
    ----------
    value
        A share is 0–1.
    unit, digits
        Of the indicator.
    lang
        Language of the unit.

    Examples
    --------
    >>> format_value(0.2513, "share", "ja", 1)
    '25.1%'
    >>> format_value(1234, "persons", "ja", 0)
    '1,234人'
    """
    if not np.isfinite(value):
        return text("page_no_value", lang)
    number = f"{100 * value if unit == 'share' else value:,.{digits}f}"
    return text(f"page_unit_{unit}", lang, number=number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """How an indicator is coloured: the edges of the classes, a colour each, and how they were cut.

    Class k holds ``edges[k] <= value < edges[k + 1]``; the last also its upper edge.
    """

    edges: tuple[float, ...]
    colours: tuple[str, ...]
    scheme: Scheme


def indicator_classes(
    values: Iterable[float], indicator: Indicator, *, scheme: Scheme | None = None
) -> Classes | None:
    """Return how the map, the workbook and the GeoPackage all colour an indicator.

    By the indicator's own scheme; quantiles give way to classes about zero, where values
    lie on both sides of it. Inner edges are rounded as a reader sees them, so that legend
    and value agree.

    Parameters
    ----------
    values
        One number a zone, as in the result (a share is 0–1); missing ones are left out.
    indicator
        Whose values they are.
    scheme
        Another scheme than the indicator's own.

    Returns
    -------
    Classes or None
        None for a count: a colour for a count paints large zones dark.
    """
    if indicator.unit in COUNT_UNITS:
        return None
    return value_classes(
        values,
        scheme=scheme or indicator.scheme,
        digits=indicator.digits + 2 * (indicator.unit == "share"),
        edges=indicator.edges,
        own=scheme is None,
    )


def value_classes(
    values: Iterable[float],
    *,
    scheme: Scheme = "quantile",
    digits: int | None = None,
    centre: float = 0.0,
    edges: tuple[float, ...] = (),
    own: bool = True,
    n: int = 5,
) -> Classes:
    """Return classes and colours of values; see :func:`breaks`.

    Parameters
    ----------
    values, scheme, digits, centre, edges, n
        As in :func:`breaks`.
    own
        Quantiles give way to classes about ``centre`` where values lie on both sides of it.

    Examples
    --------
    >>> value_classes([-1, 0, 1]).scheme
    'centred'
    """
    numbers = np.asarray(list(values), dtype=float)
    centred = bool((numbers < centre).any() and (numbers > centre).any())
    if own and scheme == "quantile" and centred:
        scheme = "centred"
    cut = breaks(numbers, n=n, scheme=scheme, digits=digits, centre=centre, edges=edges)
    palette = colours(max(len(cut) - 1, 0), DIVERGING if scheme == "centred" else SEQUENTIAL)
    return Classes(edges=cut, colours=palette, scheme=scheme)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClass:
    """A class of a local statistic as it is shown; one without data is hatched, not filled."""

    name: str
    label: str
    colour: str
    hatched: bool


def local_classes(statistic: LocalStatistic, *, lang: Language) -> tuple[LocalClass, ...]:
    """Return all classes of a local statistic, in the order of legends, tables and styles.

    Always all of them, so that a colour means the same where a class is absent.

    Parameters
    ----------
    statistic
        ``"local_moran"``, or ``statistic`` of a :class:`tsukuba_gis.result.LocalAssociation`.
    lang
        Of the labels.

    Examples
    --------
    >>> for one in local_classes("local_g_star", lang="en"):
    ...     print(one.name, one.colour, one.label)
    hot_99 #b2182b hot spot, 99% confidence: high values there and around
    hot_95 #ef7a55 hot spot, 95% confidence
    hot_90 #fcc4a5 hot spot, 90% confidence
    cold_90 #a9d5ee cold spot, 90% confidence
    cold_95 #56a3d6 cold spot, 95% confidence
    cold_99 #1f5fa8 cold spot, 99% confidence: low values there and around
    ns #f2f2f2 not significant
    island #999999 no neighbour
    missing #ffffff not shown
    """
    return tuple(
        LocalClass(
            name=name,
            label=text(_class_key(statistic, name), lang),
            colour=_LOCAL_COLOURS[name],
            hatched=name == "missing",
        )
        for name in (*LOCAL_CLASSES[statistic], "ns", "island", "missing")
    )


def _class_key(statistic: LocalStatistic, name: str) -> str:
    """Return the key of a class's label: its own, or that of local Moran's class of the name."""
    of_statistic = f"{statistic}_{name}"
    own = f"class_{of_statistic}"
    return own if own in table() else f"page_lisa_{name}"


def region_colour(number: int) -> str:
    """Return the colour of a region; they repeat after eight, so regions need their number too.

    Parameters
    ----------
    number
        Label of the region, from 1.

    Examples
    --------
    >>> region_colour(1), region_colour(9)
    ('#77aadd', '#77aadd')
    """
    return _REGION_COLOURS[(number - 1) % len(_REGION_COLOURS)]
