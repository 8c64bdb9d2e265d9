"""What a projection, flows and an economy mean, in words, and what they do not mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tsukuba_gis.messages import text

if TYPE_CHECKING:
    import pandas as pd

    from tsukuba_gis.messages import Language
    from tsukuba_gis.result import Economy, Flows, Projection


def projection_sentence(projection: Projection, *, lang: Language) -> str:
    """Return what a projection says, and that it is no forecast.

    The totals are those of the zones that are shown.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.result import Projection
    >>> columns = pd.MultiIndex.from_product([[2015, 2020], ["female"], [0, 5]])
    >>> one = Projection(
    ...     method="hamilton_perry", base=2015, step=5, years=(2015, 2020), earlier=2010,
    ...     settings={},
    ...     population=pd.DataFrame([[40.0, 60.0, 30.0, 50.0]], index=["a"], columns=columns),
    ...     masks=pd.Series([""], index=["a"]), n=1, n_missing=0)
    >>> print(projection_sentence(one, lang="en"))
    Persons of 1 zones until 2020, if what happened to each age group from 2010 to 2015 goes on: ...
    """
    first, last = _total(projection, projection.base), _total(projection, projection.years[-1])
    return text(
        f"reading_projection_{projection.method}",
        lang,
        n=projection.n,
        earlier="–" if projection.earlier is None else str(projection.earlier),
        base=str(projection.base),
        until=str(projection.years[-1]),
        first=f"{first:,.0f}",
        last=f"{last:,.0f}",
    )


def projection_cautions(projection: Projection, *, lang: Language) -> tuple[str, ...]:
    """Return what to bear in mind: past errors, borrowed ratios, emptied groups, zones left out."""
    lines = []
    if projection.backtest is not None:
        row = projection.backtest.T["all"].astype(float)
        years = projection.settings.get("backtest_years", ["?", "?", projection.base])
        earlier, launch, tested = (list(years) if isinstance(years, list) else ["?"] * 3)[:3]
        lines.append(
            text(
                "reading_projection_backtest", lang, earlier=str(earlier), launch=str(launch),
                tested=str(tested), n=int(row["zones"]), mape=_percent(row["mape"]),
                bias=f"{100 * row['bias']:+.1f}",
            )
        )  # fmt: skip
        worst = projection.backtest["mape"].drop("all")
        if len(worst) and worst.iloc[0] > 1.5 * row["mape"]:
            lines.append(
                text("reading_projection_small", lang, size=str(worst.index[0]),
                     mape=_percent(worst.iloc[0]))
            )  # fmt: skip
    if projection.low is not None:
        coverage = projection.settings.get("coverage", 0.8)
        share = _percent(float(str(coverage)), digits=0)
        lines.append(text("reading_projection_bounds", lang, coverage=share))
    if projection.borrowed is not None and projection.borrowed.to_numpy().any():
        share = _percent(float(projection.borrowed.to_numpy().mean()))
        lines.append(text("reading_projection_borrowed", lang, share=share))
    emptied = float(str(projection.settings.get("emptied", 0)))
    if emptied >= 0.5:
        lines.append(text("reading_projection_emptied", lang, persons=f"{emptied:,.0f}"))
    if projection.n_missing:
        lines.append(text("reading_projection_missing", lang, n=projection.n_missing))
    if projection.control is not None:
        lines.append(text("reading_projection_control", lang))
    return tuple(lines)


def projection_method(projection: Projection, *, lang: Language) -> str:
    """Return how a projection was made: method, dates, shrinkage, bound, control."""
    settings = projection.settings
    shrinkage = settings.get("shrinkage")
    cap = settings.get("cap")
    return text(
        "reading_projection_method",
        lang,
        method=text(f"reading_method_{projection.method}", lang),
        step=projection.step,
        shrinkage="" if shrinkage is None else text(f"reading_shrinkage_{shrinkage}", lang),
        cap="" if cap is None else text("reading_projection_cap", lang, cap=f"{cap:g}"),
    )


def _total(projection: Projection, year: int) -> float:
    held: pd.DataFrame = projection.population.loc[:, [year]]
    return float(held.sum().sum())


def _percent(share: float, *, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f}"


def flows_sentence(flows: Flows, *, lang: Language) -> str:
    """Return who exchanges most with whom, and what flows do not tell.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.result import Flows
    >>> places = pd.DataFrame({"inflow": [9.0], "outflow": [7.0], "net": [2.0], "gross": [16.0],
    ...                        "effectiveness": [0.125]}, index=["A"])
    >>> print(flows_sentence(Flows(kind="commuting", period="2005", source="census",
    ...                            pairs=pd.DataFrame(), places=places), lang="en"))
    A has the largest flows of commuters (2005): 9 in, 7 out, net +2 (effectiveness 0.12). ...
    """
    # A place whose numbers are hidden is not the one to speak of.
    places = flows.places.dropna(subset=["inflow", "outflow", "net", "effectiveness"])
    if places.empty:
        return text("reading_flows_none", lang)
    place = places.iloc[0]
    return text(
        f"reading_flows_{flows.kind}",
        lang,
        place=str(places.index[0]),
        period=flows.period,
        inflow=f"{place['inflow']:,.0f}",
        outflow=f"{place['outflow']:,.0f}",
        net=f"{place['net']:+,.0f}",
        effectiveness=f"{place['effectiveness']:.2f}",
    )


def flows_cautions(flows: Flows, *, lang: Language) -> tuple[str, ...]:
    """Return what to bear in mind: one city's table, places without a position."""
    lines = []
    origin, destination = flows.pairs["origin"], flows.pairs["destination"]
    places = set(origin) | set(destination)
    if any(((origin == place) | (destination == place)).all() for place in places):
        lines.append(text("reading_flows_one_city", lang))
    if flows.points is not None:
        lost = len(places - set(flows.points.index))
        if lost:
            lines.append(text("reading_flows_no_point", lang, n=lost))
    return tuple(lines)


def economy_sentence(economy: Economy, *, lang: Language) -> str:
    """Return how an area's growth is divided, and that this is no explanation.

    Examples
    --------
    >>> import pandas as pd
    >>> from tsukuba_gis.result import Economy
    >>> frame = pd.DataFrame({"location_quotient": [5.0, 0.5]}, index=["I", "II"])
    >>> total = pd.Series({"growth": 630.0, "national": 290.0, "composition": -80.0,
    ...                    "differential": 420.0})
    >>> print(economy_sentence(Economy(area="A", reference="B", period="1985–1995", source="",
    ...                                frame=frame, total=total), lang="en"))
    A, 1985–1995: growth +630 = +290 as B grew, -80 by its mix of industries, +420 of its own. ...
    """
    total = economy.total
    quotient = economy.frame["location_quotient"]
    return text(
        "reading_economy",
        lang,
        area=economy.area,
        reference=economy.reference,
        period=economy.period,
        growth=f"{total['growth']:+,.0f}",
        national=f"{total['national']:+,.0f}",
        composition=f"{total['composition']:+,.0f}",
        differential=f"{total['differential']:+,.0f}",
        industry=str(quotient.idxmax()) if quotient.notna().any() else "–",
        quotient=f"{quotient.max():.2f}",
    )
