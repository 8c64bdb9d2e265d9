"""Evaluate: measure how little can be learnt about people, and how much the records are worth."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tsukuba_gis.errors import DisclosureError, MissingExtraError
from tsukuba_gis.pseudo import gates, nearest, risk, utility
from tsukuba_gis.pseudo.layout import FIVE, OLD, TEN, start_of
from tsukuba_gis.pseudo.metric import Metric
from tsukuba_gis.pseudo.spec import Spec
from tsukuba_gis.records import Records
from tsukuba_gis.schema import CARE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from tsukuba_gis.pseudo.risk import Holdout
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.zones import Zones

    Maker = Callable[[Records], Records]
    Measure = Callable[[pd.DataFrame, pd.DataFrame], Metric]

# Most rows of each side that are searched for their nearest row, or told apart.
SAMPLE: Final = 20_000
# Most that an attack may succeed more often on the source than on the holdout.
LEAK: Final = 0.01
# Gates without which nothing can be said of a statistics file.
FILE_GATES: Final = ("audited", "audit_narrow", "small_published", "declared_kept")
# Columns made here from those of the spec; no register's column begins like that.
SIZE, FIVE_YEARS, TEN_YEARS, BAND = "~size", "~age5", "~age10", "~band"
AGED, YOUNG, SEVERE, NEED, ALL = "~65plus", "~0to10", "~severe", "~need", "~all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """The first line of every report: who sits in exact cells, and how many cells there are.

    ``share`` of people in the exact cells of ``columns``; ``cells`` exact and
    ``modelled`` over all tables.
    """

    columns: tuple[str, ...]
    share: float
    cells: int
    modelled: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """The proof: what was measured, on how many, and whether every hard condition holds.

    Holds no person, and no count below k.

    Parameters
    ----------
    metrics
        Gates first, then risk, smoke tests, utility.
    tables
        The tables of the statistics file, level by level: see
        :func:`tsukuba_gis.pseudo.gates.recount`; empty in swap mode.
    sha256
        Hash of the statistics file, "" in swap mode.
    persons, households
        Number of pseudo records, and of their households (0 if there are none).
    k, seed, version
        Threshold, seed of the holdout draw, version of the package.
    holdout
        Persons in source, holdout, control and background.
    not_measured
        Metrics left out, and the key of the text that says why.
    care
        The register has care levels.
    """

    metrics: tuple[Metric, ...]
    tables: pd.DataFrame = field(repr=False)
    sha256: str
    persons: int
    households: int
    k: int
    seed: int
    version: str
    holdout: tuple[int, int, int, int]
    not_measured: dict[str, str]
    care: bool

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the gates that do not hold."""
        return tuple(m.name for m in self.metrics if m.kind == "gate" and m.passed is False)

    @property
    def passed(self) -> bool:
        """True if no gate failed."""
        return not self.failed

    @property
    def guaranteed(self) -> bool:
        """True if the guarantee may be stated: a file was the only source, and all gates hold."""
        held = {m.name for m in self.metrics if m.kind == "gate" and m.passed}
        return bool(self.sha256) and self.passed and set(FILE_GATES) <= held

    @property
    def exact(self) -> Exact | None:
        """What is exact; None in swap mode.

        The share is of the care table by cluster and 65+, or of the age table
        where the register has no care levels.
        """
        counted = self.tables
        if len(counted) == 0:
            return None
        claimed = counted[counted.role != "profile"]
        care = claimed[(claimed.table == "care") & (claimed.level == "old")]
        shown = (care if len(care) and self.care else claimed).iloc[0]
        return Exact(
            columns=tuple(str(shown["columns"]).split(",")),
            share=int(shown.persons) / max(self.persons, 1),
            cells=int(claimed.kept.sum()),
            modelled=int((claimed.cells - claimed.kept).sum()),
        )

    def metric(self, name: str, *subject: str) -> Metric:
        """Return the first metric of this name whose subject holds all of ``subject``."""
        return next(m for m in self.metrics if m.name == name and set(subject) <= set(m.subject))

    def require_passed(self) -> None:
        """Raise unless every gate holds.

        Raises
        ------
        DisclosureError
            Naming the gates that failed.
        """
        if self.failed:
            raise DisclosureError("pseudo_gates_failed", gates=", ".join(self.failed))

    def to_json(self) -> str:
        """Return everything as JSON; the same evaluation gives the same text."""
        content = {
            "passed": self.passed, "failed": list(self.failed), "statistics_sha256": self.sha256,
            "persons": self.persons, "households": self.households, "k": self.k,
            "seed": self.seed, "version": self.version,
            "exact": None if self.exact is None else dataclasses.asdict(self.exact),
            "holdout": dict(
                zip(("source", "holdout", "control", "background"), self.holdout, strict=True)
            ),
            "metrics": [
                {**dataclasses.asdict(m), "passed": m.passed, "parts": dict(m.parts)}
                for m in self.metrics
            ],
            "tables": self.tables.to_dict(orient="records"),
            "not_measured": self.not_measured,
        }  # fmt: skip
        return json.dumps(_plain(content), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def evaluate(
    records: Records,
    pseudo: Records,
    statistics: Statistics | Spec,
    *,
    make: Maker,
    zones: Zones | None = None,
    neighbours: pd.Series[float] | None = None,
    seed: int = 1,
) -> Evaluation:
    """Measure the risk and the worth of pseudo records against the people they stand for.

    Parameters
    ----------
    records
        The register.
    pseudo
        The records made from it.
    statistics
        The statistics file that they were made from; where records were swapped
        and there is none, the spec.
    make
        Makes pseudo records from other records in the same way. Called once, on
        30 % of the households: these are attacked, and people who were never
        used beside them.
    zones
        Polygons of the areas: home points are checked against them.
    neighbours
        Weights of pairs of areas (``adjacency`` of a libpysal graph, by the
        areas' labels): Moran's I is compared with them.
    seed
        Seed of the holdout draw and of all sampling.

    Returns
    -------
    Evaluation
        Also if a gate fails: see :meth:`Evaluation.require_passed`.

    Raises
    ------
    InputError
        If there are fewer than ten households.

    Examples
    --------
    A register handed out as it is keeps every count, and is found out.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"district": ["a", "b"] * 500, "age": np.arange(1000) % 90,
    ...                       "bmi": 18 + np.arange(1000) * 0.01})
    >>> people = Records(frame=frame, kind="invented")
    >>> copied = lambda records: Records(frame=records.frame, kind="pseudo")
    >>> spec = Spec(cluster="district", sex=None, numeric=("bmi",))
    >>> found = evaluate(people, copied(people), spec, make=copied)
    >>> found.metric("cells_equal").value, found.metric("membership").value, found.failed
    (1.0, 1.0, ('equal_rows',))
    """
    # Long: the list of all that is measured, in the order of the certificate.
    from tsukuba_gis import __version__

    spec = statistics if isinstance(statistics, Spec) else statistics.spec
    spec = spec.resolve(str(column) for column in pseudo.frame.columns)
    parts = risk.split(records.frame, household=spec.household, seed=seed)
    made = make(Records(frame=parts.source, kind=records.kind, source="holdout"))
    real, fake, part_fake, *split = _prepared(
        [records.frame, pseudo.frame, made.frame, parts.source, parts.holdout, parts.control,
         parts.background],
        spec,
    )  # fmt: skip
    people = risk.Holdout(
        source=split[0], holdout=split[1], control=split[2], background=split[3],
        household=spec.household,
    )  # fmt: skip
    tables, hard = _gates(pseudo.frame, statistics, zones)
    not_measured: dict[str, str] = {}
    soft = chain(
        _attacks(people, part_fake, (real, fake), spec, seed),
        _counts(real, fake, spec),
        _relations(real, fake, people, spec),
        _told_apart(real, fake, spec, seed, not_measured),
        _places(real, fake, spec, neighbours),
        _numbers(real, fake, people, spec),
    )
    # Attacks on fewer than k people say little, and what they say is of those people.
    metrics = [m for m in (*hard, *soft) if m.measured and (m.kind != "risk" or m.n >= spec.k)]
    if spec.area and not any(m.name == "moran" for m in metrics):
        not_measured["moran"] = "moran_not_measured"
    order = ("gate", "risk", "smoke", "utility")
    return Evaluation(
        metrics=tuple(sorted(metrics, key=lambda m: order.index(m.kind))),
        tables=tables, persons=len(fake), seed=seed, version=__version__, k=spec.k,
        sha256="" if isinstance(statistics, Spec) else statistics.sha256,
        households=int(fake[spec.household].nunique()) if spec.household else 0,
        holdout=(len(split[0]), len(split[1]), len(split[2]), len(split[3])),
        not_measured=not_measured, care=spec.care is not None,
    )  # fmt: skip


# ---- the columns -------------------------------------------------------------------------------


def _prepared(frames: Sequence[pd.DataFrame], spec: Spec) -> list[pd.DataFrame]:
    """Return the columns that are compared, texts as categories shared by all frames."""
    import pandas as pd

    wanted = [
        column for column in spec.columns
        if column != spec.person and all(column in frame for frame in frames)
    ]  # fmt: skip
    result = [frame[wanted].reset_index(drop=True) for frame in frames]
    for column in wanted:
        if column == spec.household or all(
            pd.api.types.is_numeric_dtype(frame[column]) for frame in result
        ):
            continue
        texts = [frame[column].astype(object).where(frame[column].notna(), "").astype(str)
                 for frame in result]  # fmt: skip
        names = sorted(set(chain.from_iterable(text.unique() for text in texts)))
        for frame, text in zip(result, texts, strict=True):
            frame[column] = pd.Categorical(text, categories=names)
    for frame in result:
        _derive(frame, spec)
    return result


def _derive(frame: pd.DataFrame, spec: Spec) -> None:
    """Add the columns that are made from others; the frame is this module's own."""
    age = frame[spec.age].to_numpy(dtype=np.int64)
    frame[FIVE_YEARS] = start_of(age, FIVE)
    frame[TEN_YEARS] = start_of(age, TEN)
    frame[BAND] = start_of(age, spec.area_bands)
    frame[AGED], frame[YOUNG], frame[ALL] = age >= OLD, age <= 10, True
    if spec.household:
        home = frame[spec.household]
        frame[SIZE] = home.groupby(home).transform("size").fillna(1).astype(np.int64)
    if spec.care:
        text = frame[spec.care].astype(str)
        need = {code: place for place, code in enumerate(CARE_LEVELS)}
        unknown = {code: len(need) + i for i, code in enumerate(sorted(set(text) - set(need)))}
        frame[NEED] = text.map({**need, **unknown}).to_numpy(dtype=np.int64)
        frame[SEVERE] = text.isin(spec.severe).to_numpy() & frame[AGED].to_numpy()


def _present(frame: pd.DataFrame, *columns: str | None) -> list[str]:
    return [column for column in columns if column is not None and column in frame]


def _about(frame: pd.DataFrame, spec: Spec) -> list[str]:
    """Return all that an attacker may know of a person, but the place and the sex."""
    return _present(
        frame, spec.age, spec.household_type, spec.relation, SIZE, spec.care, *spec.numeric
    )


def _within(frame: pd.DataFrame, spec: Spec) -> list[str]:
    return _present(frame, spec.cluster, spec.sex)


def _keys(frame: pd.DataFrame, spec: Spec) -> list[str]:
    """Return what neighbours know: where someone lives, sex, age and household."""
    return _present(
        frame, spec.area or spec.cluster, spec.sex, spec.age, spec.household_type, spec.relation,
        SIZE,
    )  # fmt: skip


# ---- gates -------------------------------------------------------------------------------------


def _gates(
    frame: pd.DataFrame, statistics: Statistics | Spec, zones: Zones | None
) -> tuple[pd.DataFrame, list[Metric]]:
    import pandas as pd

    if isinstance(statistics, Spec):
        spec = statistics.resolve(str(column) for column in frame.columns)
        return pd.DataFrame(), [gates.households_coherent(frame, spec)]
    counted = gates.recount(frame, statistics)
    return counted, [
        gates.audited(statistics),
        gates.audit_narrow(statistics),
        gates.small_published(statistics),
        gates.declared_kept(counted),
        gates.aimed_kept(counted),
        gates.households_coherent(frame, statistics.spec),
        gates.inside_area(frame, statistics.spec, zones),
        gates.same_columns(frame, statistics),
    ]


# ---- risk --------------------------------------------------------------------------------------


def _attacks(
    people: Holdout,
    made: pd.DataFrame,
    full: tuple[pd.DataFrame, pd.DataFrame],
    spec: Spec,
    seed: int,
) -> Iterator[Metric]:
    yield from _inference(people, made, spec, seed)
    yield from _nearness(people, made, spec, seed)
    yield from _uniques(people, made, full, spec)
    yield from _copies(people, made, spec)
    yield from _small_cells(people, made, full, spec)


def _inference(people: Holdout, made: pd.DataFrame, spec: Spec, seed: int) -> Iterator[Metric]:
    """Attack: all but the secret is known; the nearest pseudo row gives the guess."""
    known, within = _about(made, spec), _within(made, spec)
    amount = spec.sums[-1] if spec.sums else None
    others = [column for column in spec.numeric if column not in spec.sums]
    plans: list[tuple[list[str], float, Callable[[pd.DataFrame], Any]]] = []
    if spec.care:
        plans.append(([spec.care], 0.0, lambda f: f[AGED].to_numpy()))
    if amount:
        plans.append(([amount], 0.1, lambda f: f[amount].to_numpy(float, na_value=0.0) > 0))
    if others:
        plans.append((others, 0.02, lambda f: f[others].notna().all(axis=1).to_numpy()))
    for secret, tolerance, who in plans:
        hidden = set(spec.sums) if secret == [amount] else set(secret)
        rest = [column for column in known if column not in hidden]

        def hits(
            frame: pd.DataFrame,
            rest: list[str] = rest, secret: list[str] = secret, tolerance: float = tolerance,
        ) -> Any:  # fmt: skip
            return nearest.inferred(
                frame, made, known=rest, within=within, secret=secret, tolerance=tolerance
            )

        asked = people.only(who).sampled(SAMPLE, seed=seed)
        yield risk.leak("inference", asked, hits, subject=secret, at_most=LEAK)


def _nearness(people: Holdout, made: pd.DataFrame, spec: Spec, seed: int) -> Iterator[Metric]:
    known, within = _about(made, spec), _within(made, spec)
    asked = people.sampled(SAMPLE, seed=seed)
    yield from nearest.membership(asked, made, known=known, within=within)
    drawn = risk.sample(made, SAMPLE, seed=seed, place="made")
    yield from nearest.closest_record(people, drawn, known=known, within=within)


def _uniques(
    people: Holdout, made: pd.DataFrame, full: tuple[pd.DataFrame, pd.DataFrame], spec: Spec
) -> Iterator[Metric]:
    """Attacks: people and rows that stand alone."""
    keys = _keys(made, spec)
    alone = [float(risk.unique_rows(frame, keys).mean()) for frame in full]
    yield Metric(
        name="unique_rows", kind="risk", value=alone[1], null=alone[0], n=len(full[1]),
        subject=tuple(keys),
    )  # fmt: skip
    yield risk.leak(
        "replicated_uniques", people, lambda f: risk.replicated_uniques(f, made, keys),
        subject=keys, at_most=LEAK,
    )  # fmt: skip
    yield risk.leak(
        "special_uniques", people, lambda f: risk.special_uniques(f, made, keys), subject=keys,
    )  # fmt: skip
    if spec.care:
        care = spec.care
        yield risk.leak(
            "disclosive", people.only(lambda f: f[AGED].to_numpy()),
            lambda f: risk.disclosive_correct(f, made, known=keys, secret=care),
            subject=[care], at_most=LEAK,
        )  # fmt: skip


def _copies(people: Holdout, made: pd.DataFrame, spec: Spec) -> Iterator[Metric]:
    """Attacks: rows, points, values and households that are there again."""
    if spec.numeric:
        columns = [c for c in spec.measured if c in made and c not in spec.carried]
        positive = spec.sums[-1] if spec.sums else spec.numeric[-1]
        yield risk.leak(
            "equal_rows", people.only(lambda f: f[positive].to_numpy(float, na_value=0.0) > 0),
            lambda f: risk.equal_rows(f, made, columns), subject=columns, kind="gate",
        )  # fmt: skip
    if spec.lon and spec.lat:
        yield risk.leak(
            "same_points", people, lambda f: risk.equal_rows(_points(f, spec), _points(made, spec),
                                                            ["lon", "lat"]),
            kind="gate",
        )  # fmt: skip
    for column in spec.sums:
        lonely = people.only(lambda f, column=column: risk.unique_rows(f, [column]))  # type: ignore[misc]
        if min(len(lonely.source), len(lonely.holdout)) >= 100:
            yield risk.leak(
                "replicated_values", lonely,
                lambda f, column=column: risk.equal_rows(f, made, [column]),  # type: ignore[misc]
                subject=[column], at_most=LEAK,
            )  # fmt: skip
    if spec.household:
        yield _replicated_households(people, made, spec)


def _points(frame: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    """Return home points to 0.1 m; a missing one equals nothing."""
    import pandas as pd

    lon = np.round(frame[spec.lon].to_numpy(dtype=float, na_value=np.nan), 6)
    lat = np.round(frame[spec.lat].to_numpy(dtype=float, na_value=np.nan), 6)
    return pd.DataFrame({"lon": np.where(np.isnan(lon), np.arange(len(lon)), lon), "lat": lat})


def _replicated_households(people: Holdout, made: pd.DataFrame, spec: Spec) -> Metric:
    """Attack: a household known by the sexes and ages of its members."""
    columns = _present(made, spec.cluster, spec.sex, spec.age)
    parts = (people.source, people.holdout, people.control, made)
    source, held, control, fake = risk.household_signatures(
        parts, household=str(spec.household), columns=columns
    )
    homes = risk.Holdout(
        source=source, holdout=held, control=control, background=held[:0], household=None
    )
    return risk.leak(
        "replicated_households", homes,
        lambda f: risk.replicated_uniques(f, fake, ["signature"]), subject=columns, at_most=LEAK,
    )  # fmt: skip


def _small_cells(
    people: Holdout, made: pd.DataFrame, full: tuple[pd.DataFrame, pd.DataFrame], spec: Spec
) -> Iterator[Metric]:
    for columns in (
        _present(made, spec.cluster, spec.sex, FIVE_YEARS, spec.care),
        _present(made, spec.area, BAND),
        _present(made, spec.cluster, spec.household_type, spec.relation, spec.sex, TEN_YEARS),
    ):
        if len(columns) > 1:
            yield risk.small_cell_attack(full, people, made, columns=columns, k=spec.k)


# ---- utility -----------------------------------------------------------------------------------


def _counts(real: pd.DataFrame, fake: pd.DataFrame, spec: Spec) -> Iterator[Metric]:
    sex = _present(real, spec.sex)
    plans: list[tuple[list[str | None], float | None]] = [
        ([spec.cluster, *sex, FIVE_YEARS], 0.99),
        ([spec.cluster, AGED, spec.care], 0.99),
        ([spec.cluster, *sex, FIVE_YEARS, spec.care], 0.85),
        ([spec.cluster, spec.household_type, spec.relation, *sex, TEN_YEARS], None),
        ([spec.area, BAND], 0.99),
    ]
    for columns, at_least in plans:
        chosen = [column for column in columns if column is not None]
        if len(chosen) < len(columns):
            continue
        yield utility.cells_equal(real, fake, chosen, k=spec.k, at_least=at_least)
        if at_least == 0.99:
            yield utility.tvd(real, fake, chosen)
    for column in spec.sums:
        yield utility.sums_equal(real, fake, by=[spec.cluster], column=column)
    if spec.area:
        yield utility.pairs_equal(real, fake, area=spec.area, columns=(AGED, YOUNG), k=spec.k)


def _relations(
    real: pd.DataFrame, fake: pd.DataFrame, people: Holdout, spec: Spec
) -> Iterator[Metric]:
    columns = _present(real, spec.age, NEED, SIZE, *spec.numeric)
    yield _beside(people, real, fake, lambda a, b: utility.spearman_difference(a, b, columns))
    if spec.care:
        yield _beside(
            people, real, fake,
            lambda a, b: utility.spearman_difference(
                a, b, [spec.age, NEED], at_most=0.01, name="spearman_care"),
        )  # fmt: skip
    if spec.sums:
        yield _beside(
            people, real, fake,
            lambda a, b: utility.coefficient_overlap(
                a, b, response=spec.sums[-1], numbers=[spec.age],
                categories=_present(a, spec.sex, spec.care)),
        )  # fmt: skip
    if spec.household and spec.relation:
        for other in ("spouse", "child"):
            yield _beside(
                people, real, fake,
                lambda a, b, other=other: utility.age_gaps(  # type: ignore[misc]
                    a, b, household=str(spec.household), relation=str(spec.relation),
                    age=spec.age, pair=(spec.head, other)),
            )  # fmt: skip


def _told_apart(
    real: pd.DataFrame, fake: pd.DataFrame, spec: Spec, seed: int, not_measured: dict[str, str]
) -> Iterator[Metric]:
    columns = _present(real, spec.age, spec.sex, NEED, SIZE, *spec.numeric)
    yield utility.propensity(real, fake, columns, seed=seed, size=SAMPLE)
    more = [*columns, *_present(real, spec.cluster, spec.household_type, spec.relation)]
    try:
        yield utility.classifier_auc(
            real, fake, more, household=spec.household, seed=seed, size=SAMPLE
        )
    except MissingExtraError as error:
        not_measured["classifier"] = error.key


def _places(
    real: pd.DataFrame, fake: pd.DataFrame, spec: Spec, neighbours: pd.Series[float] | None
) -> Iterator[Metric]:
    if spec.area is None or neighbours is None:
        return
    plans = [(AGED, ALL), (AGED, YOUNG), *([(SEVERE, AGED)] if spec.care else [])]
    for columns in plans:
        yield utility.moran_difference(
            real, fake, neighbours, area=spec.area, columns=columns, k=spec.k
        )


def _numbers(
    real: pd.DataFrame, fake: pd.DataFrame, people: Holdout, spec: Spec
) -> Iterator[Metric]:
    for column in spec.numeric:
        for measure in (utility.spread_ratio, utility.tail_ratio):
            yield _beside(people, real, fake, lambda a, b: measure(a, b, column))  # noqa: B023


def _beside(people: Holdout, real: pd.DataFrame, fake: pd.DataFrame, measure: Measure) -> Metric:
    """Return a measure with its baseline: what two groups of real people give by chance."""
    baseline = measure(people.holdout, people.source)
    return dataclasses.replace(measure(real, fake), null=baseline.value)


def _plain(value: Any) -> Any:
    """Return plain values: NaN and infinity as null, numbers to ten digits."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.10g}") if math.isfinite(value) else None
    return value
