"""What a correlation or a regression means, in words, and what it does not mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tsukuba_gis.messages import text
from tsukuba_gis.reading.association import FEW_ZONES, LEVEL, joined, shown_p
from tsukuba_gis.result import Correlation, Regression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from tsukuba_gis.messages import Language

# Belsley's bound from which on collinearity does harm.
_CONDITION: Final = 30
_PER_TERM: Final = 10
# Smaller p rest on the model more than on the data.
_SMALLEST: Final = 0.0001


def correlation_words(
    result: Correlation, *, labels: Mapping[str, str], lang: Language
) -> tuple[str, ...]:
    """Return what a correlation says: the finding, how sure it is, and what it does not mean.

    Parameters
    ----------
    result
        Of :func:`tsukuba_gis.correlation.correlate`.
    labels
        Name of an indicator → as it is shown in ``lang``; a name without one stands as it is.
    lang
        ``"ja"`` or ``"en"``.

    Examples
    --------
    >>> nan = float("nan")
    >>> found = Correlation(
    ...     indicators=("a", "b"), method="pearson", value=0.6, low=0.29, high=0.8, alpha=0.05,
    ...     p=0.0008, p_spatial=0.03, adjustment="dutilleul", effective_n=14.2, n=28, n_missing=0,
    ...     seed=0,
    ... )
    >>> print(correlation_words(found, labels={}, lang="en")[0])
    a and b: Pearson's correlation 0.60 (95% interval 0.29 to 0.80, 28 zones). Zones high in one
    tend to be high in the other (p = 0.030).
    """
    x, y = (labels.get(name, name) for name in result.indicators)
    if result.value != result.value:
        return (text("reading_correlation_undefined", lang, x=x, y=y),)
    adjusted = result.p_spatial == result.p_spatial
    own = result.p_spatial if adjusted else result.p
    corrected = result.p_adjusted == result.p_adjusted and result.pairs > 1
    p = result.p_adjusted if corrected else own
    found = "none" if not p <= LEVEL else "real_up" if result.value > 0 else "real_down"
    first = text(
        "reading_correlation", lang, x=x, y=y, name=text(f"correlation_name_{result.method}", lang),
        value=f"{result.value:.2f}", low=f"{result.low:.2f}", high=f"{result.high:.2f}",
        n=result.n, level=_level(result.alpha),
    )  # fmt: skip
    lines = [first + text(f"reading_correlation_{found}", lang, p=_p(p))]
    if result.given:
        held = joined([labels.get(name, name) for name in result.given], lang=lang)
        lines.append(text("reading_correlation_given", lang, given=held))
    lines += _how_sure(result, lang, own=own, adjusted=adjusted, corrected=corrected)
    lines.append(text("reading_ecological", lang))
    return (*lines, *_counts(result.n, result.n_missing, lang))


def _how_sure(
    result: Correlation, lang: Language, *, own: float, adjusted: bool, corrected: bool
) -> Iterator[str]:
    """Say what stands behind the p-value."""
    if adjusted:
        how = text(
            f"correlation_adjustment_{result.adjustment}", lang,
            permutations=result.permutations, seed=str(result.seed),
        )  # fmt: skip
        yield text("reading_correlation_adjusted", lang, method=how, plain=_p(result.p))
        if result.effective_n < result.n:
            size = round(result.effective_n)
            yield text("reading_correlation_effective", lang, n=result.n, effective=size)
    else:
        yield text("reading_correlation_unadjusted", lang)
    if corrected:
        name = text(f"correlation_correction_{result.correction}", lang)
        yield text(
            "reading_correlation_pairs", lang, pairs=result.pairs, correction=name, p=_p(own)
        )


def regression_words(
    result: Regression, *, labels: Mapping[str, str], lang: Language
) -> tuple[str, ...]:
    """Return what a regression says: each coefficient, what its tests warn of, and what it is not.

    Parameters
    ----------
    result
        Of :func:`tsukuba_gis.regression.regress`.
    labels, lang
        As in :func:`correlation_words`.
    """
    outcome = labels.get(result.outcome, result.outcome)
    names = joined([labels.get(name, name) for name in result.explanatory], lang=lang)
    head = text(
        "reading_regression", lang, outcome=outcome, explanatory=names, n=result.n,
        name=text(f"regression_name_{result.model}", lang),
    )  # fmt: skip
    if "r2" in result.fit:
        head += text("reading_regression_r2", lang, share=f"{result.fit['r2']:.0%}")
    for name in result.explanatory:
        head += _term(result, name, labels.get(name, name), lang)
    lines = [head.rstrip()]
    if result.offset is not None or result.model in ("poisson", "negative_binomial"):
        lines.append(text("reading_regression_log", lang))
    if result.impacts is not None:
        sums = [f"{labels.get(str(name), str(name))} {_number(row['total'])}"
                for name, row in result.impacts.iterrows()]  # fmt: skip
        lines.append(text("reading_regression_lag", lang, impacts=joined(sums, lang=lang)))
    if result.model == "error":
        estimate = _number(result.coefficients.loc["error", "estimate"])
        lines.append(text("reading_regression_error", lang, estimate=estimate))
    lines += _warnings(result, lang)
    lines.append(text("reading_ecological", lang))
    return (*lines, *_counts(result.n, result.n_missing, lang))


def _term(result: Regression, name: str, label: str, lang: Language) -> str:
    row: Any = result.coefficients.loc[name]
    values = {key: _number(row[key]) for key in ("estimate", "low", "high")}
    if result.model == "gwr":
        return text("reading_regression_term_local", lang, term=label, **values)
    found = "none" if not row["p"] <= LEVEL else "up" if row["estimate"] > 0 else "down"
    return text(
        f"reading_regression_term_{found}", lang, term=label, level=_level(result.alpha),
        p=_p(float(row["p"])), **values,
    )  # fmt: skip


def _warnings(result: Regression, lang: Language) -> Iterator[str]:
    """Say what the tests of a regression warn of."""
    tests = result.diagnostics
    moran = _test(tests, "moran_residuals")
    if moran[1] <= LEVEL:
        yield text(
            "reading_regression_left", lang, value=f"{moran[0]:.2f}", p=_p(moran[1]),
            advice=text(f"reading_regression_advice_{_advice(result)}", lang),
        )  # fmt: skip
    spread = _test(tests, "dispersion")
    if result.model == "poisson" and spread[1] <= LEVEL:
        yield text("reading_regression_spread", lang, value=f"{spread[0]:.1f}")
    uneven = _test(tests, "breusch_pagan")[1]
    if uneven <= LEVEL:
        robust = result.errors != "classical"
        key = "reading_regression_uneven" if robust else "reading_regression_uneven_classical"
        values = {"errors": result.errors.upper()} if robust else {}
        yield text(key, lang, p=_p(uneven), **values)
    condition = _test(tests, "condition")[0]
    if condition > _CONDITION:
        yield text("reading_regression_condition", lang, value=f"{condition:.0f}")
    terms = len(result.explanatory)
    if result.n < _PER_TERM * terms:
        yield text("reading_regression_few", lang, n=result.n, k=terms)


def _advice(result: Regression) -> str:
    """Return which spatial model the Lagrange multipliers point to (Anselin and Rey)."""
    tests = {name: _test(result.diagnostics, name)[1] for name in
             ("lm_lag", "lm_error", "robust_lm_lag", "robust_lm_error")}  # fmt: skip
    lag, error = tests["lm_lag"] <= LEVEL, tests["lm_error"] <= LEVEL
    if lag and error:
        return "lag" if tests["robust_lm_lag"] <= tests["robust_lm_error"] else "error"
    return "lag" if lag else "error" if error else "none"


def _test(tests: pd.DataFrame, name: str) -> tuple[float, float]:
    """Return the value and the p of a test; NaN where it was not made."""
    if name not in tests.index:
        return float("nan"), float("nan")
    row: Any = tests.loc[name]
    return float(row["value"]), float(row["p"])


def _counts(n: int, missing: int, lang: Language) -> Iterator[str]:
    if 0 < n < FEW_ZONES:
        yield text("reading_few_zones", lang, n=n, few=FEW_ZONES)
    if missing:
        yield text("reading_missing", lang, n=missing, few=FEW_ZONES)


def _p(p: float) -> str:
    """Return a p-value with its relation, for it may be too small for digits."""
    return f"< {_SMALLEST}" if p < _SMALLEST else f"= {shown_p(p)}"


def _level(alpha: float) -> str:
    return f"{1 - alpha:.0%}"


def _number(value: Any) -> str:
    return f"{value:.3g}"
