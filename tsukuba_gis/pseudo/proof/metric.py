"""A measured figure, with its uncertainty and what it would be if nothing leaked."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypedDict

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

# gate: fails the run. smoke: blind to most leaks, shown and never relied on.
MetricKind = Literal["gate", "risk", "smoke", "utility"]

Z95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure of the proof.

    Parameters
    ----------
    name
        What is measured; its label and meaning are the texts ``metric_<name>``
        and ``metric_<name>_means``.
    kind
        What hangs on it.
    value
        The figure; NaN where it could not be measured.
    low, high
        95 % interval; NaN where there is none.
    null
        What the same measure gives where nothing can have leaked (records that
        were never used), or the value of no difference.
    at_least, at_most
        The target; None where the figure has none.
    n
        Number of records, households or cells that it was measured on.
    subject
        The columns or the table that it is about.
    parts
        Figures that it was made from: shares, counts; never a person's value.

    Examples
    --------
    >>> Metric(name="membership", kind="risk", value=0.51, at_most=0.53).passed
    True
    >>> Metric(name="membership", kind="risk", value=0.54, low=0.52, at_most=0.53).passed is None
    True
    >>> Metric(name="membership", kind="risk", value=0.64, low=0.62, at_most=0.53).passed
    False
    """

    name: str
    kind: MetricKind
    value: float
    low: float = math.nan
    high: float = math.nan
    null: float = math.nan
    at_least: float | None = None
    at_most: float | None = None
    n: int = 0
    subject: tuple[str, ...] = ()
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """True unless there was nothing to measure."""
        return not math.isnan(self.value)

    @property
    def passed(self) -> bool | None:
        """True within the target, False outside; None without target, or if undecided.

        Undecided: the value is outside, but its interval reaches into the
        target. So only risks and smoke tests can be, which are measured on
        samples: a gate or a use that is off its target is off it.
        """
        if not self.measured or (self.at_least is None and self.at_most is None):
            return None
        above = math.inf if self.at_most is None else self.at_most
        below = -math.inf if self.at_least is None else self.at_least
        if below <= self.value <= above:
            return True
        reaches = self.low <= above if self.value > above else self.high >= below
        return None if reaches and self.kind in ("risk", "smoke") else False


class Figure(TypedDict):
    """A value and its 95 % interval, by the names of a metric's fields."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or an AUC with its standard error and the number of rows behind it."""

    value: float
    se: float
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval."""
        return self.value - Z95 * self.se, self.value + Z95 * self.se

    def minus(self, other: Estimate) -> Estimate:
        """Return the difference from an independent estimate."""
        return Estimate(
            self.value - other.value, math.hypot(self.se, other.se), min(self.n, other.n)
        )


def averaged(runs: Sequence[Sequence[Metric]]) -> list[Metric]:
    """Return the metrics of several runs as one: means over the runs.

    The interval has the mean width of the runs: it is that of one run, not
    narrowed, since the runs share people. ``parts`` also hold the lowest and
    the highest value of a run. A metric that a run could not measure is left out.

    Examples
    --------
    >>> one, two = (Metric(name="dcr", kind="smoke", value=v, low=v - 1, high=v + 1, n=9)
    ...             for v in (1.0, 2.0))
    >>> both = averaged([[one], [two]])[0]
    >>> both.value, both.low, both.high, both.parts["highest"]
    (1.5, 0.5, 2.5, 2.0)
    """
    if len(runs) == 1:
        return list(runs[0])
    found = [{(m.name, m.subject): m for m in run if m.measured} for run in runs]
    shared = [key for key in found[0] if all(key in run for run in found)]
    return [_mean_of([run[key] for run in found]) for key in shared]


def _mean_of(metrics: Sequence[Metric]) -> Metric:
    first = metrics[0]

    def middle(values: list[float]) -> float:
        return float(np.mean(values))

    values = [m.value for m in metrics]
    parts = {
        name: middle([m.parts[name] for m in metrics])
        for name in first.parts if all(name in m.parts for m in metrics)
    }  # fmt: skip
    if min(values) < max(values):
        parts |= {"lowest": min(values), "highest": max(values)}
    return dataclasses.replace(
        first,
        value=middle(values),
        low=middle([m.low for m in metrics]),
        high=middle([m.high for m in metrics]),
        null=middle([m.null for m in metrics]),
        at_most=None if first.at_most is None else middle([m.at_most or 0.0 for m in metrics]),
        n=min(m.n for m in metrics),
        parts=parts,
    )


def mean(values: ArrayLike, households: ArrayLike | None = None) -> Estimate:
    """Return a mean whose standard error allows for likeness inside households.

    The variance is that of a ratio of household totals,
    ``G / (G − 1) · Σ_h (Σ_i (x_i − x̄))² / n²``. The standard error of shares (all
    values 0 or 1) is not let fall below that of the Agresti–Coull share, so that
    no hit in a small sample is not taken for certainty.

    Parameters
    ----------
    values
        One value a row; booleans count as 0 and 1.
    households
        One number or id a row; None if rows are independent.

    References
    ----------
    Cochran, Sampling Techniques, 3rd ed. 1977, 9A. Agresti and Coull 1998,
    doi:10.1080/00031305.1998.10480550.

    Examples
    --------
    Four rows, half of them hits: se = √(4/3 · 4 · 0.25 / 16) alone, and more if
    hits come by household.

    >>> round(mean([1, 0, 1, 0]).se, 4)
    0.2887
    >>> round(mean([1, 1, 0, 0], ["a", "a", "b", "b"]).se, 4)
    0.5
    """
    x = np.asarray(values, dtype=float)
    n = len(x)
    if n == 0:
        return Estimate(math.nan, math.nan, 0)
    se = _spread(x, households)
    if np.isin(x, (0.0, 1.0)).all():
        share = (x.sum() + 2) / (n + 4)
        se = max(se, math.sqrt(share * (1 - share) / (n + 4)))
    return Estimate(float(x.mean()), se, n)


def auc(
    members: NDArray[np.float64],
    others: NDArray[np.float64],
    *,
    groups: tuple[ArrayLike | None, ArrayLike | None] = (None, None),
) -> Estimate:
    """Return how often a member scores above a non-member, ties counted half.

    Parameters
    ----------
    members, others
        Scores of the two sides.
    groups
        Households of the two sides; no household may be on both.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595; with clusters:
    Obuchowski 1997, doi:10.2307/2533958.

    Examples
    --------
    >>> auc(np.array([3.0, 2.0]), np.array([1.0, 2.0])).value
    0.875
    """
    if len(members) == 0 or len(others) == 0:
        return Estimate(math.nan, math.nan, 0)
    above = _placements(members, others)
    below = 1 - _placements(others, members)
    left, right = _spread(above, groups[0]), _spread(below, groups[1])
    return Estimate(float(above.mean()), math.hypot(left, right), len(members))


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of independent things.

    References
    ----------
    Wilson 1927, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(end, 4) for end in wilson(5, 10)]
    [0.2366, 0.7634]
    """
    if n == 0:
        return math.nan, math.nan
    share, z2 = hits / n, Z95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At 0 and 1 rounding would leave the share itself outside.
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))


def share_of(hits: int, n: int) -> Figure:
    """Return a share and its interval by the names of a metric's fields; NaN of nothing.

    Examples
    --------
    >>> share_of(5, 10)["value"]
    0.5
    """
    low, high = wilson(hits, n)
    return Figure(value=hits / n if n else math.nan, low=low, high=high)


def about(value: float, se: float) -> Figure:
    """Return a figure and its interval of ±1.96 standard errors by a metric's fields.

    Examples
    --------
    >>> round(about(1.0, 0.1)["high"], 3)
    1.196
    """
    return Figure(value=value, low=value - Z95 * se, high=value + Z95 * se)


def _placements(scores: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    line = np.sort(others)
    lower = np.searchsorted(line, scores, side="left")
    upper = np.searchsorted(line, scores, side="right")
    placed: NDArray[np.float64] = (lower + upper) / (2 * len(line))
    return placed


def _spread(values: NDArray[np.float64], households: ArrayLike | None) -> float:
    residual = values - values.mean()
    if households is not None:
        number = np.unique(np.asarray(households), return_inverse=True)[1]
        residual = np.bincount(number, residual)
    groups = len(residual)
    if groups < 2:
        return math.nan
    return math.sqrt(groups / (groups - 1) * float((residual**2).sum())) / len(values)
