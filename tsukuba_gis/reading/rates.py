"""What a rate or an age curve means, in words, and what it does not mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tsukuba_gis.messages import table, text
from tsukuba_gis.reading.association import weights_name

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import AgeCurve, Rate

_SMOOTH = ("eb_global", "eb_local")
# Smaller rates are told per 100,000 persons.
_RARE = 0.001


def rate_words(rate: Rate, *, label: str, lang: Language) -> tuple[str, ...]:
    """Return what a rate says: how many zones stand out, what that is not, how it was made.

    Parameters
    ----------
    rate
        Of :mod:`tsukuba_gis.rates`.
    label
        The indicator's name as it is shown in ``lang``.
    lang
        ``"ja"`` or ``"en"``.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.result import Rate
    >>> frame = pd.DataFrame({"value": [0.1, 0.3], "funnel_low": [0.12, 0.1],
    ...                       "funnel_high": [0.28, 0.4]}, index=["a", "b"])
    >>> rate = Rate(indicator="x", method="crude", frame=frame, total=0.2, alpha=0.05, n=2,
    ...             n_missing=0, interval="wilson")
    >>> print(rate_words(rate, label="Heavy care", lang="en")[0])
    Heavy care: 20.0% in the whole city. Of 2 zones, 0 lie above and 1 below what chance alone
    explains (95% funnel limits).
    """
    frame = rate.frame.dropna(subset="value")
    if frame.empty:
        return (text("reading_rate_none", lang, label=label),)
    show = _ratio if rate.method == "indirect" else lambda value: shown_rate(value, lang=lang)
    values = {"label": label, "total": show(rate.total), "n": rate.n}
    level = f"{1 - rate.alpha:.0%}"
    if rate.method in _SMOOTH:
        ends = {"low": show(frame["value"].min()), "high": show(frame["value"].max())}
        lines = [text(f"reading_rate_{rate.method}", lang, **values, **ends)]
    else:
        above, below = _outside(rate, frame)
        standard = {"standard": _standard(rate, lang)} if rate.method == "direct" else {}
        if rate.method == "indirect":
            del values["total"]
        found = {"above": above, "below": below, "level": level, **standard}
        lines = [text(f"reading_rate_{rate.method}", lang, **values, **found)]
        lines.append(
            text("reading_rate_chance", lang, n=rate.n, expected=round(rate.alpha * rate.n))
        )
    lines.append(text("reading_rate_cause", lang))
    if rate.n_missing:
        lines.append(text("reading_rate_hidden", lang, n=rate.n_missing))
    if len(rate.sources) > 1:
        lines.append(text("reading_rate_mixed", lang, sources=", ".join(rate.sources)))
    return (*lines, _method(rate, lang))


def age_curve_words(curve: AgeCurve, *, label: str, lang: Language) -> tuple[str, ...]:
    """Return how a share changes with age, from the youngest to the oldest shown.

    Parameters
    ----------
    curve
        Of :func:`tsukuba_gis.rates.age_curve`.
    label, lang
        As in :func:`rate_words`.
    """
    city: Any = curve.frame.loc["all"]
    frame = city.dropna(subset="value")
    if frame.empty:
        return (text("reading_rate_none", lang, label=label),)
    start, end = frame.iloc[0], frame.iloc[-1]
    values = {
        f"{name}{part}": shown_rate(row[column], lang=lang)
        for name, row in (("start", start), ("end", end))
        for part, column in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    top = frame["value"].idxmax()
    ages = {"first": str(frame.index[0]), "last": str(frame.index[-1]), "top": str(top)}
    most = shown_rate(frame.loc[top, "value"], lang=lang)
    level = f"{1 - curve.alpha:.0%}"
    return (
        text("reading_curve", lang, label=label, level=level, most=most, **ages, **values),
        text("reading_curve_caution", lang),
    )


def shown_rate(value: float, *, lang: Language) -> str:
    """Return a share or a rate as it is read: percent, or per 100,000 where it is rare.

    Examples
    --------
    >>> shown_rate(0.0789, lang="en"), shown_rate(0.000123, lang="ja")
    ('7.9%', '人口10万対12.3')
    """
    if value != value:
        return "–"
    if 0 < value < _RARE:
        return text("rate_per_100000", lang, value=f"{1e5 * value:.1f}")
    return f"{value:.1%}"


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _outside(rate: Rate, frame: pd.DataFrame) -> tuple[int, int]:
    """Count the zones that stand out: of the funnel, or by an interval without the middle."""
    if rate.method == "crude":
        above = frame["value"] > frame["funnel_high"]
        below = frame["value"] < frame["funnel_low"]
    else:
        middle = 1.0 if rate.method == "indirect" else rate.total
        above, below = frame["low"] > middle, frame["high"] < middle
    return int(above.sum()), int(below.sum())


def _standard(rate: Rate, lang: Language) -> str:
    key = f"rate_standard_{rate.standard}"
    return text(key, lang) if key in table() else rate.standard


def _method(rate: Rate, lang: Language) -> str:
    extra = ""
    if rate.method == "eb_local":
        name = weights_name(rate.weights, lang=lang)
        extra = text("reading_rate_extra_eb_local", lang, centring=rate.centring, weights=name)
    elif rate.standard:
        extra = text("reading_rate_extra_standard", lang, standard=_standard(rate, lang))
    return text(
        "reading_rate_method", lang, n=rate.n, extra=extra,
        name=text(f"rate_method_{rate.method}", lang),
        interval=text(f"rate_interval_{rate.interval}", lang) if rate.interval else "",
    ).rstrip()  # fmt: skip
