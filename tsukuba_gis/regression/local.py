"""Geographically weighted regression: coefficients that differ from place to place (mgwr)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.regression.outcome import regression_of
from tsukuba_gis.regression.spatial import residual_moran

if TYPE_CHECKING:
    from tsukuba_gis.regression.design import Design
    from tsukuba_gis.result import Regression

# Below so many zones a local fit is of a handful of them.
FEWEST = 50


def weighted(design: Design, *, seed: int) -> Regression:
    """Fit by geographically weighted regression: adaptive bisquare kernel, bandwidth by AICc.

    The table of coefficients holds the mean of the local ones, and the smallest and largest
    as ``low`` and ``high``: they are no interval, and there is no p.
    """
    import pandas as pd
    from mgwr.gwr import GWR
    from mgwr.sel_bw import Sel_BW

    if design.points is None:
        raise InputError("regression_no_points")
    if len(design.y) < FEWEST:
        raise InputError("regression_gwr_few", n=len(design.y), least=FEWEST)
    y, x = design.y[:, None], design.x[:, 1:]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            bandwidth = Sel_BW(design.points, y, x, n_jobs=1).search()
            found = GWR(design.points, y, x, bandwidth, n_jobs=1).fit()
        except np.linalg.LinAlgError:
            raise InputError("regression_no_fit", model="gwr") from None
    local, fitted = np.asarray(found.params), np.asarray(found.predy).ravel()
    coefficients = pd.DataFrame(
        {"estimate": local.mean(axis=0), "se": np.nan, "low": local.min(axis=0),
         "high": local.max(axis=0), "p": np.nan},
        index=list(design.terms),
    )  # fmt: skip
    return regression_of(
        design,
        model="gwr",
        errors="classical",
        coefficients=coefficients,
        columns={
            "fitted": fitted,
            "residual": design.y - fitted,
            "residual_std": np.asarray(found.std_res).ravel(),
            **{f"local_{term}": local[:, place] for place, term in enumerate(design.terms)},
        },
        diagnostics=residual_moran(design, design.y - fitted, seed=seed),
        fit={
            "r2": found.R2, "aicc": found.aicc, "aic": found.aic, "log_likelihood": found.llf,
            "bandwidth": bandwidth, "effective_parameters": found.tr_S,
        },
    )  # fmt: skip
