"""Tables of flows between places, and of industries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tsukuba_gis.messages import Language, text
from tsukuba_gis.report.columns import Table, given, named, nameless_share, numbers, words

if TYPE_CHECKING:
    from tsukuba_gis.result import Economy, Flows


def flow_tables(flows: Flows, number: int, lang: Language) -> tuple[Table, Table]:
    """Return a table of pairs of places, and one of places; ``number`` where there are several."""
    kind = text(f"table_flows_{flows.kind}", lang) + (str(number) if number else "")
    pairs: Any = flows.pairs
    by = [given(key, pairs[key], lang) for key in ("origin", "destination")]
    if "sex" in pairs:
        said = [named(f"page_sex_{sex}", lang, str(sex)) for sex in pairs["sex"]]
        by.append(words("sex", said, lang))
    if "age_start" in pairs:
        by.append(numbers("age_start", pairs["age_start"], lang, unit="years_old"))
    return (
        Table(
            kind="pairs",
            name=text("table_pairs", lang, kind=kind),
            columns=(*by, numbers("persons", pairs["persons"], lang)),
        ),
        _places(flows, kind, lang),
    )


def _places(flows: Flows, kind: str, lang: Language) -> Table:
    """One row a place: persons in and out, and what is left of them."""
    places = flows.places
    counts = [
        numbers(key, places[key], lang, unit="persons")
        for key in ("inflow", "outflow", "net", "gross", "population")
        if key in places
    ]
    shares = [
        numbers(key, places[key], lang, indicator=nameless_share(), digits=2)
        for key in ("effectiveness", "net_rate")
        if key in places
    ]
    return Table(
        kind="places",
        name=text("table_places", lang, kind=kind),
        columns=(given("place", places.index, lang), *counts, *shares),
    )


def economy_table(economy: Economy, lang: Language) -> Table:
    """One row an industry; the last is their sum."""
    import pandas as pd

    whole = text("table_all_industries", lang)
    frame = pd.concat([economy.frame, economy.total.to_frame(whole).T])
    shares = ("growth", "national", "composition", "differential")
    return Table(
        kind="economy",
        name=text("table_economy", lang),
        columns=(
            given("industry", frame.index, lang),
            *(numbers(key, frame[key].astype(float), lang) for key in ("start", "end")),
            numbers("location_quotient", frame["location_quotient"].astype(float), lang),
            *(
                numbers(key, frame[key].astype(float), lang, unit="workers")
                for key in shares
                if key in frame
            ),
        ),
    )
