"""How indicators go together over the zones: correlations and regressions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

CorrelationMethod = Literal["pearson", "spearman", "partial"]
RegressionModel = Literal["ols", "poisson", "negative_binomial", "lag", "error", "gwr"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Correlation:
    """Correlation of two indicators over the zones.

    ``low`` and ``high`` bound the interval at 1 − ``alpha``; ``p`` takes zones for
    independent, ``p_spatial`` does not: ``adjustment`` says how (``"dutilleul"``,
    ``"clifford_richardson"`` or ``"permutation"``), ``effective_n`` is the number of
    independent zones that the data are worth (NaN for a permutation). ``given`` are
    the indicators held constant in a partial correlation. Where several pairs were
    tested together, ``pairs`` is how many, ``p_adjusted`` is ``p_spatial`` (``p`` where there
    is none) corrected for it, and ``correction`` says how (``"holm"`` or ``"fdr"``).
    ``line`` is what a scatter is drawn with, the ordinary fit of the second indicator
    on the first: columns ``x``, ``fitted``, ``low``, ``high`` (of the mean, at 1 − ``alpha``);
    None for ranks and partial correlations.
    """

    indicators: tuple[str, str]
    method: CorrelationMethod
    given: tuple[str, ...] = ()
    value: float
    low: float
    high: float
    alpha: float
    p: float
    p_spatial: float
    adjustment: str
    effective_n: float
    n: int
    n_missing: int
    seed: int
    permutations: int = 0
    pairs: int = 1
    p_adjusted: float = float("nan")
    correction: Literal["", "holm", "fdr"] = ""
    line: pd.DataFrame | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Regression:
    """A regression of one indicator on others over the zones.

    Parameters
    ----------
    coefficients
        Index: ``"intercept"`` and the explanatory indicators (and ``"lag"`` or
        ``"error"`` of a spatial model); columns ``estimate``, ``se``, ``low``,
        ``high``, ``p``.
    frame
        Index ``zone_id``; ``observed``, ``fitted``, ``residual`` (standardised:
        ``residual_std``), ``fitted_low`` and ``fitted_high`` (of the mean, at 1 − ``alpha``;
        NaN where the model gives none); for GWR a column ``local_<term>`` each. Missing
        where the zone took no part.
    diagnostics
        Index: the name of a test (``"moran_residuals"``, ``"lm_lag"``,
        ``"lm_error"``, ``"robust_lm_lag"``, ``"robust_lm_error"``,
        ``"breusch_pagan"``, ``"dispersion"`` …); columns ``value``, ``p``.
    fit
        ``"r2"``, ``"log_likelihood"``, ``"aic"`` … by name.
    impacts
        Of a spatial lag model, whose coefficients are not effects by themselves: what a
        unit more of an explanatory indicator does in the zone itself and, by way of the
        neighbours, in all: index explanatory indicators, columns ``direct``, ``indirect``,
        ``total``.
    """

    outcome: str
    explanatory: tuple[str, ...]
    model: RegressionModel
    offset: str | None = None
    errors: str
    coefficients: pd.DataFrame = field(repr=False)
    frame: pd.DataFrame = field(repr=False)
    diagnostics: pd.DataFrame = field(repr=False)
    fit: Mapping[str, float]
    alpha: float
    n: int
    n_missing: int
    weights: str
    impacts: pd.DataFrame | None = field(default=None, repr=False)
