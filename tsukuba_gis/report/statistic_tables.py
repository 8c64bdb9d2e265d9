"""Tables of statistics: autocorrelation, clusters, correlations, regressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsukuba_gis.classes import local_classes
from tsukuba_gis.messages import Language, table, text
from tsukuba_gis.reading import weights_name
from tsukuba_gis.report.columns import (
    Column,
    Table,
    both,
    given,
    indicator_of,
    keys,
    label_of,
    named,
    numbers,
    plain,
    repeated,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from tsukuba_gis.result import Level, LocalAssociation, LocalMoran, Regression, Result

_LISA_COLUMNS: Final = ("i", "z", "lag", "p", "p_fdr")
_LOCAL_COLUMNS: Final = ("p", "p_fdr", "p_floor", "neighbours")
_GLOBAL: Final = ("n", "n_missing", "n_islands", "permutations", "seed")


def statistic_tables(result: Result, names: list[str], lang: Language) -> list[Table]:
    """Return the tables of statistics; those without rows too."""
    levels = list(enumerate(result.levels))
    return [
        moran_table(result, names, lang),
        _associations(result, names, lang),
        *(_lisa(level, number, names, result, lang) for number, level in levels),
        *(_local(level, number, names, result, lang) for number, level in levels),
        _correlations(result, names, lang),
        _coefficients(result, names, lang),
        _diagnostics(result, names, lang),
        _impacts(result, names, lang),
        *(_residuals(level, number, names, result, lang) for number, level in levels),
    ]


def moran_table(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level and indicator: global Moran's I."""
    found = [
        (name, moran)
        for name, level in zip(names, result.levels, strict=True)
        for moran in level.moran.values()
    ]
    fields = ("i", "expected", "z", "p", *_GLOBAL)
    return Table(
        kind="moran",
        name=text("table_moran", lang),
        columns=(
            words("level", [name for name, _ in found], lang),
            words("indicator", [label_of(result, one.indicator, lang) for _, one in found], lang),
            *(numbers(key, [getattr(one, key) for _, one in found], lang) for key in fields),
            words("weights", [weights_name(one.weights, lang=lang) for _, one in found], lang),
        ),
    )


def _associations(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level, statistic and indicator: global statistics beside Moran's I."""
    found = [
        (name, one)
        for name, level in zip(names, result.levels, strict=True)
        for one in level.associations
    ]
    fields = ("expected", "variance", "z", "p", *_GLOBAL)
    return Table(
        kind="associations",
        name=text("table_associations", lang),
        columns=(
            words("level", [name for name, _ in found], lang),
            words(
                "statistic",
                [named(f"statistic_{one.statistic}", lang, one.statistic) for _, one in found],
                lang,
            ),
            words("indicator", [both(result, one.indicator, lang) for _, one in found], lang),
            numbers("statistic_value", [one.value for _, one in found], lang),
            *(numbers(key, [getattr(one, key) for _, one in found], lang) for key in fields),
            words("weights", [weights_name(one.weights, lang=lang) for _, one in found], lang),
        ),
    )


def lisa_frame(level: Level, lisa: LocalMoran | LocalAssociation) -> pd.DataFrame:
    """Return one indicator's local statistic on all zones; a zone that it lacks is missing."""
    frame = lisa.frame.reindex(level.zones.ids)
    return frame.assign(cluster=frame["cluster"].fillna("missing"))


def cluster_words(statistic: str, clusters: Iterable[str], lang: Language) -> list[str]:
    """Return what classes of a local statistic mean."""
    said = {one.name: one.label for one in local_classes(statistic, lang=lang)}  # type: ignore[arg-type]
    return [said[one] for one in clusters]


def _lisa(level: Level, number: int, names: list[str], result: Result, lang: Language) -> Table:
    """One row a zone and indicator: local Moran's I."""
    import pandas as pd

    chosen = list(level.lisa)
    frames = [lisa_frame(level, level.lisa[name]) for name in chosen]
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=[*_LISA_COLUMNS, "cluster"])
    labels = [label_of(result, name, lang) for name in chosen for _ in range(len(level.zones))]
    return Table(
        kind="lisa",
        name=text("table_lisa", lang, level=names[number]),
        level=number,
        columns=(
            words("indicator", labels, lang),
            *repeated(keys(level, lang), times=len(chosen)),
            given("cluster", frame["cluster"], lang),
            words("meaning", cluster_words("local_moran", frame["cluster"], lang), lang),
            *(numbers(key, frame[key], lang) for key in _LISA_COLUMNS),
        ),
    )


def _local(level: Level, number: int, names: list[str], result: Result, lang: Language) -> Table:
    """One row a zone, statistic and indicator: local statistics beside local Moran's I."""
    import pandas as pd

    frames = [lisa_frame(level, one) for one in level.local]
    columns = ["value", *_LOCAL_COLUMNS, "cluster"]
    frame = pd.concat(frames) if frames else pd.DataFrame(columns=columns)
    many = range(len(level.zones))
    statistics = [
        named(f"statistic_{one.statistic}", lang, one.statistic)
        for one in level.local
        for _ in many
    ]
    labels = [both(result, one.indicator, lang) for one in level.local for _ in many]
    meanings = [
        said
        for one, held in zip(level.local, frames, strict=True)
        for said in cluster_words(one.statistic, held["cluster"], lang)
    ]
    return Table(
        kind="local",
        name=text("table_local", lang, level=names[number]),
        level=number,
        columns=(
            words("statistic", statistics, lang),
            words("indicator", labels, lang),
            *repeated(keys(level, lang), times=len(level.local)),
            given("cluster", frame["cluster"], lang),
            words("meaning", meanings, lang),
            numbers("statistic_value", frame["value"], lang),
            *(numbers(key, frame[key], lang) for key in _LOCAL_COLUMNS),
        ),
    )


def _correlations(result: Result, names: list[str], lang: Language) -> Table:
    """One row a level and pair of indicators."""
    found = [
        (name, one)
        for name, level in zip(names, result.levels, strict=True)
        for one in level.correlations
    ]

    def of(name: str) -> list[float]:
        return [getattr(one, name) for _, one in found]

    adjusted = [named(f"table_adjusted_{one.adjustment}", lang, one.adjustment) for _, one in found]
    corrected = [text(f"table_corrected_{one.correction or 'none'}", lang) for _, one in found]
    return Table(
        kind="correlations",
        name=text("table_correlations", lang),
        columns=(
            words("level", [name for name, _ in found], lang),
            words("first", [label_of(result, one.indicators[0], lang) for _, one in found], lang),
            words("second", [label_of(result, one.indicators[1], lang) for _, one in found], lang),
            words("kind", [text(f"table_by_{one.method}", lang) for _, one in found], lang),
            words("given", [both(result, one.given, lang) for _, one in found], lang),
            numbers("correlation", of("value"), lang),
            *(numbers(key, of(key), lang) for key in ("low", "high", "alpha")),
            numbers("p_independent", of("p"), lang, digits=4),
            numbers("p_spatial", of("p_spatial"), lang),
            words("adjustment", adjusted, lang),
            *(numbers(key, of(key), lang) for key in ("effective_n", "p_adjusted")),
            numbers("pairs_tested", of("pairs"), lang),
            *(numbers(key, of(key), lang) for key in ("n", "n_missing")),
            words("correction", corrected, lang),
            *(numbers(key, of(key), lang) for key in ("permutations", "seed")),
        ),
    )


def _models(result: Result, names: list[str]) -> list[tuple[str, int, Regression]]:
    """Return every regression with its level's name and its number in the level."""
    return [
        (name, number, one)
        for name, level in zip(names, result.levels, strict=True)
        for number, one in enumerate(level.regressions, start=1)
    ]


def model_name(one: Regression, number: int, lang: Language) -> str:
    """Return what a model is called: its number and its kind."""
    kind = named(f"table_model_{one.model}", lang, one.model)
    return text("table_model_number", lang, number=number, kind=kind)


def term_name(result: Result, term: str, lang: Language) -> str:
    """Return a term of a regression in words."""
    own = f"table_term_{term}"
    return text(own, lang) if own in table() else label_of(result, term, lang)


def _coefficients(result: Result, names: list[str], lang: Language) -> Table:
    """One row a model and term."""
    rows = [
        (name, number, one, term, line)
        for name, number, one in _models(result, names)
        for term, line in one.coefficients.iterrows()
    ]
    return Table(
        kind="coefficients",
        name=text("table_coefficients", lang),
        columns=(
            words("level", [row[0] for row in rows], lang),
            words("model", [model_name(one, number, lang) for _, number, one, *_ in rows], lang),
            words("outcome", [label_of(result, row[2].outcome, lang) for row in rows], lang),
            words("term", [term_name(result, str(row[3]), lang) for row in rows], lang),
            *(
                numbers(key, [row[4].get(key, float("nan")) for row in rows], lang)
                for key in ("estimate", "se", "low", "high")
            ),
            numbers("p_two_sided", [row[4].get("p", float("nan")) for row in rows], lang, digits=4),
        ),
    )


def _diagnostics(result: Result, names: list[str], lang: Language) -> Table:
    """One row a model and number that tells how well it fits, or whether it may be trusted."""
    missing = float("nan")
    rows: list[tuple[str, str, str, float, float]] = []
    for name, number, one in _models(result, names):
        model = model_name(one, number, lang)
        held: list[tuple[str, float, float]] = [
            *((key, value, missing) for key, value in one.fit.items()),
            *(
                (str(key), float(line["value"]), float(line["p"]))
                for key, line in one.diagnostics.iterrows()
            ),
            ("n", one.n, missing),
            ("n_missing", one.n_missing, missing),
            ("alpha", one.alpha, missing),
        ]
        rows += [(name, model, key, value, p) for key, value, p in held]
    return Table(
        kind="diagnostics",
        name=text("table_diagnostics", lang),
        columns=(
            words("level", [row[0] for row in rows], lang),
            words("model", [row[1] for row in rows], lang),
            words("test", [named(f"table_fit_{row[2]}", lang, row[2]) for row in rows], lang),
            numbers("statistic_value", [row[3] for row in rows], lang),
            numbers("p_test", [row[4] for row in rows], lang, digits=4),
        ),
    )


def _impacts(result: Result, names: list[str], lang: Language) -> Table:
    """One row a model and explanatory indicator: effects of a spatial lag model."""
    rows = [
        (name, model_name(one, number, lang), str(term), line)
        for name, number, one in _models(result, names)
        if one.impacts is not None
        for term, line in one.impacts.iterrows()
    ]
    return Table(
        kind="impacts",
        name=text("table_impacts", lang),
        columns=(
            words("level", [row[0] for row in rows], lang),
            words("model", [row[1] for row in rows], lang),
            words("term", [term_name(result, row[2], lang) for row in rows], lang),
            *(
                numbers(f"impact_{key}", [row[3][key] for row in rows], lang, digits=4)
                for key in ("direct", "indirect", "total")
            ),
        ),
    )


def _residuals(
    level: Level, number: int, names: list[str], result: Result, lang: Language
) -> Table:
    """One row a zone: what each model expects there and how far off it is."""
    columns: list[Column] = []
    for place, one in enumerate(level.regressions, start=1):
        frame = one.frame.reindex(level.zones.ids)
        outcome = indicator_of(result, one.outcome)
        model = text("table_model_short", lang, number=place)
        for key in frame.columns:
            if not str(key).startswith("local_"):
                label = named(f"table_{key}", lang, str(key))
            else:
                term = term_name(result, str(key).removeprefix("local_"), lang)
                label = text("table_local_term", lang, term=term)
            plain_key = str(key).removesuffix("_low").removesuffix("_high")
            own = outcome if plain_key in ("observed", "fitted", "residual") else None
            columns.append(
                numbers(
                    f"m{place}_{key}",
                    frame[key],
                    lang,
                    label=plain(f"{model} {label}", lang),
                    indicator=own,
                    digits=3 if own is None else own.digits,
                    meaning=plain(
                        text(
                            "meaning_model", lang, label=outcome.label[lang],
                            model=model_name(one, place, lang),
                        ),
                        lang,
                    ),
                )
            )  # fmt: skip
    return Table(
        kind="residuals",
        name=text("table_residuals", lang, level=names[number]),
        level=number,
        columns=(*keys(level, lang), *columns) if columns else (words("name", [], lang),),
    )
