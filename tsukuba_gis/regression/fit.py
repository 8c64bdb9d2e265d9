"""One regression of one indicator on others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.errors import InputError, MissingExtraError
from tsukuba_gis.regression.design import design_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from tsukuba_gis.neighbours import GraphLike
    from tsukuba_gis.regression.models import Errors
    from tsukuba_gis.result import Regression, RegressionModel

_COUNTS = ("poisson", "negative_binomial")


def regress(  # noqa: PLR0913 - the choices of a regression, each with its usual value
    data: pd.DataFrame,
    *,
    outcome: str,
    explanatory: Sequence[str],
    model: RegressionModel = "ols",
    offset: str | None = None,
    graph: GraphLike | None = None,
    points: pd.DataFrame | None = None,
    errors: Errors = "hc3",
    alpha: float = 0.05,
    seed: int = 0,
) -> Regression:
    """Return a regression of one indicator on others over the zones.

    Parameters
    ----------
    data
        One column an indicator; index zone id. A zone without a finite number in all columns
        that are used takes no part.
    outcome, explanatory
        Names of columns.
    model
        ``"ols"``: ordinary least squares. ``"poisson"``, ``"negative_binomial"``: of events,
        with a log link, so that exp(coefficient) is a ratio of rates. ``"lag"``,
        ``"error"``: spatial lag and spatial error by maximum likelihood, need ``graph``.
        ``"gwr"``: geographically weighted, needs ``points`` and 50 zones.
    offset
        Column of the persons at risk, for the models of events; zones with 0 take no part.
    graph
        Neighbours of the same zones; made to add up to 1 in each row. With it, residuals are
        tested for what neighbours have in common. A zone without neighbours takes no part.
    points
        Columns ``x``, ``y``: a place for each zone, in metres.
    errors
        ``"hc3"``: right also where the spread differs between zones (HC1 for counts);
        ``"classical"``. Spatial models have classical errors.
    alpha
        1 − the coverage of the intervals.
    seed
        Of the permutations of Moran's I where residuals have no theory (all but ``"ols"``).

    Returns
    -------
    tsukuba_gis.result.Regression
        ``fit["aic"]`` counts the variance as a parameter, as R does.

    Raises
    ------
    InputError
        If a regression is not possible with these columns and zones.
    MissingExtraError
        If the extra ``regression`` is not installed.

    Notes
    -----
    Tests of spatial dependence are Anselin's Lagrange multipliers and their robust forms; Moran's
    I of ordinary residuals has Cliff and Ord's moments. ``"breusch_pagan"`` is Koenker's
    form. ``"residual_std"`` is internally studentised for ``"ols"``, Pearson's for counts, and
    of what the error model leaves unexplained for ``"error"``.

    References
    ----------
    MacKinnon & White (1985), https://doi.org/10.1016/0304-4076(85)90158-7. Anselin (1988),
    https://doi.org/10.1007/978-94-015-7799-1. Anselin et al. (1996),
    https://doi.org/10.1016/0166-0462(95)02111-6. LeSage & Pace (2009),
    https://doi.org/10.1201/9781420064254. Fotheringham, Brunsdon & Charlton (2002), Wiley.

    Examples
    --------
    >>> import pandas as pd
    >>> data = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [1.1, 1.9, 3.2, 3.9, 5.1]})
    >>> found = regress(data, outcome="y", explanatory=["x"])
    >>> found.coefficients["estimate"].round(2).to_dict(), round(found.fit["r2"], 3)
    ({'intercept': 0.04, 'x': 1.0}, 0.993)
    """
    if offset is not None and model not in _COUNTS:
        raise InputError("regression_offset", model=model)
    design = design_of(
        data, outcome=outcome, explanatory=tuple(explanatory), offset=offset, graph=graph,
        points=points, alpha=alpha,
    )  # fmt: skip
    try:
        if model == "ols":
            from tsukuba_gis.regression.models import ordinary

            return ordinary(design, errors=errors)
        if model == "poisson" or model == "negative_binomial":
            from tsukuba_gis.regression.models import counts

            return counts(design, model=model, errors=errors, seed=seed)
        if model == "gwr":
            from tsukuba_gis.regression.local import weighted

            return weighted(design, seed=seed)
        from tsukuba_gis.regression.spatial import spatial

        return spatial(design, model=model, seed=seed)
    except ImportError as error:
        raise MissingExtraError("regression_extra") from error
