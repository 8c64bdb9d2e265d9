"""What comes out of a regression, put into the form of the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.result import Regression, RegressionModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from tsukuba_gis.regression.design import Design, Floats

    Diagnostics = Mapping[str, tuple[float, float]]


def regression_of(
    design: Design,
    *,
    model: RegressionModel,
    errors: str,
    coefficients: pd.DataFrame,
    columns: Mapping[str, Floats],
    diagnostics: Diagnostics,
    fit: Mapping[str, float],
) -> Regression:
    """Put the parts together; zones that took no part are missing."""
    import pandas as pd

    frame = pd.DataFrame({"observed": design.y, **columns}, index=design.kept)
    for name in ("fitted_low", "fitted_high"):
        frame[name] = frame.get(name, np.nan)
    n = len(design.y)
    return Regression(
        outcome=design.outcome, explanatory=design.explanatory, model=model,
        offset=design.offset_name, errors=errors, coefficients=coefficients,
        frame=frame.reindex(design.index),
        diagnostics=pd.DataFrame.from_dict(
            dict(diagnostics), orient="index", columns=["value", "p"], dtype=float
        ),
        fit={name: float(number) for name, number in fit.items()}, alpha=design.alpha, n=n,
        n_missing=len(design.index) - n, weights=design.weights,
    )  # fmt: skip


def table(
    terms: tuple[str, ...], estimate: Floats, se: Floats, alpha: float, *, degrees: float = np.inf
) -> pd.DataFrame:
    """Return the table of coefficients, with intervals and two-sided p from t (or normal)."""
    import pandas as pd
    from scipy.stats import t

    half = t.ppf(1 - alpha / 2, degrees) * se
    return pd.DataFrame(
        {
            "estimate": estimate,
            "se": se,
            "low": estimate - half,
            "high": estimate + half,
            "p": 2 * t.sf(np.abs(estimate / se), degrees),
        },
        index=list(terms),
    )
