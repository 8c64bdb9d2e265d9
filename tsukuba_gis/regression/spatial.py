"""Regressions that know of neighbours: tests of residuals, spatial lag, spatial error: spreg."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.regression.outcome import regression_of, table

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.regression.design import Design, Floats
    from tsukuba_gis.regression.outcome import Diagnostics
    from tsukuba_gis.result import Regression

# Tolerance of the search for ρ or λ; spreg's own 1e-7 shows in the fifth digit of coefficients.
_TOLERANCE = 1e-10


def lm_diagnostics(design: Design) -> Diagnostics:
    """Return Moran's I of the residuals (Cliff and Ord) and the Lagrange multiplier tests."""
    from scipy.stats import norm
    from spreg.diagnostics_sp import LMtests, MoranRes
    from spreg.ols import BaseOLS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = BaseOLS(design.y[:, None], design.x)
        w = design.neighbours("ols").to_graph().to_W()  # spreg takes no Graph here
        tests = LMtests(plain, w, tests=["lme", "lml", "rlme", "rlml", "sarma"])
        moran = MoranRes(plain, w, z=True)
    return {
        "moran_residuals": (float(moran.I), float(2 * norm.sf(abs(moran.zI)))),
        "lm_lag": _pair(tests.lml),
        "lm_error": _pair(tests.lme),
        "robust_lm_lag": _pair(tests.rlml),
        "robust_lm_error": _pair(tests.rlme),
        "lm_sarma": _pair(tests.sarma),
    }


def residual_moran(design: Design, residual: Floats, *, seed: int) -> Diagnostics:
    """Return Moran's I of residuals that have no theory of their own, by permutation."""
    import pandas as pd

    from tsukuba_gis.autocorrelation import moran

    if design.graph is None:
        return {}
    values = pd.Series(residual, index=design.kept, name="residual")
    found = moran(values, design.graph, permutations=999, seed=seed)
    return {"moran_residuals": (found.i, found.p)}


def spatial(design: Design, *, model: Literal["lag", "error"], seed: int) -> Regression:
    """Fit a spatial lag or a spatial error model by maximum likelihood."""
    from spreg.ml_error import BaseML_Error
    from spreg.ml_lag import BaseML_Lag

    graph = design.neighbours(model)
    kind = BaseML_Lag if model == "lag" else BaseML_Error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scipy, on a tolerance that it does not need
        found: Any = kind(design.y[:, None], design.x, graph.to_graph().to_W(), epsilon=_TOLERANCE)
    residual = found.u.ravel()
    noise = residual if model == "lag" else found.e_filtered.ravel()
    terms = (*design.terms, model)
    sigma, likelihood = np.sqrt(_number(found.sig2)), _number(found.logll)
    estimate = found.betas.ravel()
    se = np.sqrt(np.diag(found.vm)[: len(terms)])
    parameters = len(terms) + 1  # and the variance
    fitted = regression_of(
        design,
        model=model,
        errors="classical",
        coefficients=table(terms, estimate, se, design.alpha),
        columns={
            "fitted": design.y - residual,
            "residual": residual,
            "residual_std": noise / sigma,
        },
        diagnostics=residual_moran(design, noise, seed=seed),
        fit={
            "log_likelihood": likelihood,
            "aic": 2 * parameters - 2 * likelihood,
            "sigma": sigma,
            "r2_pseudo": float(np.corrcoef(design.y, design.y - residual)[0, 1] ** 2),
        },
    )
    return replace(fitted, impacts=_impacts(design, estimate)) if model == "lag" else fitted


def _impacts(design: Design, estimate: Floats) -> pd.DataFrame:
    """Return direct, indirect and total effects: averages over (I − ρW)⁻¹ β (LeSage and Pace)."""
    import pandas as pd

    w = design.neighbours("lag").matrix.todense()
    spread = np.linalg.inv(np.eye(len(w)) - estimate[-1] * w)
    direct, total = float(np.trace(spread)) / len(w), float(spread.sum()) / len(w)
    beta = estimate[1 : 1 + len(design.explanatory)]
    return pd.DataFrame(
        {"direct": direct * beta, "indirect": (total - direct) * beta, "total": total * beta},
        index=list(design.explanatory),
    )


def _pair(test: tuple[Any, Any]) -> tuple[float, float]:
    """Return a statistic and its p as plain numbers."""
    return _number(test[0]), _number(test[1])


def _number(value: Any) -> float:
    """Return a number that spreg gives with or without brackets around it."""
    return float(np.squeeze(value))
