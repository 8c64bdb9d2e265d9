"""Ordinary least squares, and regressions of counts: statsmodels."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tsukuba_gis.errors import InputError
from tsukuba_gis.regression.outcome import regression_of, table
from tsukuba_gis.regression.spatial import lm_diagnostics, residual_moran

if TYPE_CHECKING:
    from tsukuba_gis.regression.design import Design
    from tsukuba_gis.result import Regression

Errors = Literal["hc3", "classical"]
CountModel = Literal["poisson", "negative_binomial"]


def ordinary(design: Design, *, errors: Errors) -> Regression:
    """Fit by ordinary least squares; robust errors are MacKinnon and White's HC3."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.diagnostic import het_breuschpagan
    from statsmodels.stats.stattools import jarque_bera

    plain = OLS(design.y, design.x).fit()
    robust = errors == "hc3"
    fitted = plain.get_robustcov_results(cov_type="HC3", use_t=True) if robust else plain
    mean = fitted.get_prediction().conf_int(alpha=design.alpha)
    koenker, koenker_p = het_breuschpagan(plain.resid, design.x)[:2]
    skewed, skewed_p = jarque_bera(plain.resid)[:2]
    diagnostics = {
        "breusch_pagan": (float(koenker), float(koenker_p)),
        "jarque_bera": (float(skewed), float(skewed_p)),
        "condition": (_condition(design), float("nan")),
        **(lm_diagnostics(design) if design.graph is not None else {}),
    }
    return regression_of(
        design,
        model="ols",
        errors=errors,
        coefficients=table(
            design.terms, fitted.params, fitted.bse, design.alpha, degrees=plain.df_resid
        ),
        columns={
            "fitted": plain.fittedvalues,
            "residual": plain.resid,
            "residual_std": _studentised(plain),
            "fitted_low": mean[:, 0],
            "fitted_high": mean[:, 1],
        },
        diagnostics=diagnostics,
        fit={
            "r2": plain.rsquared,
            "r2_adjusted": plain.rsquared_adj,
            "log_likelihood": plain.llf,
            "aic": plain.aic + 2,  # the variance is a parameter too, as in R and in the lag model
            "sigma": np.sqrt(plain.scale),
        },
    )


def counts(design: Design, *, model: CountModel, errors: Errors, seed: int) -> Regression:
    """Fit events by a Poisson or a negative binomial regression with a log link."""
    if (design.y < 0).any() or (design.y != np.round(design.y)).any():
        raise InputError("regression_counts", name=design.outcome)
    fitted, dispersion = _fit_counts(design, model, errors)
    terms = len(design.terms)
    estimate, se = fitted.params[:terms], fitted.bse[:terms]
    mean = np.asarray(fitted.predict())
    variance = mean + dispersion * mean**2
    pearson = (design.y - mean) / np.sqrt(variance)
    spread = float((pearson**2).sum()) / (len(mean) - terms)
    # The interval of the mean: that of the linear predictor, through the link.
    cov = np.asarray(fitted.cov_params())[:terms, :terms]
    wide = np.sqrt(np.einsum("ij,jk,ik->i", design.x, cov, design.x))
    z = _normal(1 - design.alpha / 2)
    return regression_of(
        design,
        model=model,
        errors="hc1" if errors == "hc3" else errors,
        coefficients=table(design.terms, estimate, se, design.alpha),
        columns={
            "fitted": mean,
            "residual": design.y - mean,
            "residual_std": pearson,
            "fitted_low": mean * np.exp(-z * wide),
            "fitted_high": mean * np.exp(z * wide),
        },
        diagnostics={
            "dispersion": (spread, _chi2_tail(spread * (len(mean) - terms), len(mean) - terms)),
            **residual_moran(design, pearson, seed=seed),
        },
        fit={
            "log_likelihood": fitted.llf,
            "aic": 2 * (terms + (model == "negative_binomial")) - 2 * fitted.llf,
            "dispersion": dispersion,
        },
    )


def _fit_counts(design: Design, model: CountModel, errors: Errors) -> tuple[Any, float]:
    """Return the fit of statsmodels and its α (0: Poisson)."""
    from statsmodels.discrete.discrete_model import NegativeBinomial, Poisson

    kind = Poisson if model == "poisson" else NegativeBinomial
    options = {"cov_type": "HC1"} if errors == "hc3" else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is asked of the fit below
        try:
            fitted = kind(design.y, design.x, offset=design.offset).fit(
                disp=0, method="newton" if model == "poisson" else "bfgs", maxiter=500, **options
            )
        except np.linalg.LinAlgError:
            raise InputError("regression_no_fit", model=model) from None
    usable = np.isfinite(fitted.params).all() and np.isfinite(fitted.bse).all()
    if not fitted.mle_retvals["converged"] or not usable:
        raise InputError("regression_no_fit", model=model)
    return fitted, float(fitted.params[-1]) if model == "negative_binomial" else 0.0


def _studentised(plain: Any) -> np.ndarray:
    """Return residuals over their own standard deviation (internally studentised)."""
    return np.asarray(plain.get_influence().resid_studentized_internal)


def _condition(design: Design) -> float:
    """Return the condition number of the design, columns scaled to length 1 (Belsley)."""
    scaled = design.x / np.sqrt((design.x**2).sum(axis=0))
    return float(np.linalg.cond(scaled))


def _normal(p: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf(p))


def _chi2_tail(value: float, degrees: float) -> float:
    from scipy.stats import chi2

    return float(chi2.sf(value, degrees))
