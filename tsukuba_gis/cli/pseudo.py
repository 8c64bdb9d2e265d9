"""``tsukuba-gis pseudo``: measure, audit, generate, evaluate, each a step of its own.

Only ``measure`` and ``evaluate`` read the register. ``audit`` and ``generate``
read the statistics file alone, and can be run by other people on another machine.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tsukuba_gis.cli.console import Progress, lang_option
from tsukuba_gis.errors import InputError
from tsukuba_gis.messages import Language, text

if TYPE_CHECKING:
    import datetime as dt

    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.records import Records
    from tsukuba_gis.study import Study
    from tsukuba_gis.zones import Zones

_study_argument = click.argument(
    "study_file", metavar="[STUDY.toml]", required=False, type=click.Path(path_type=Path)
)
_statistics_argument = click.argument(
    "statistics_folder", metavar="STATISTICS", type=click.Path(path_type=Path)
)
_study_option = click.option(
    "--study", "study_file", default=None, type=click.Path(path_type=Path),
    help="Study file whose zones place the homes (default: the bundled ones).",
)  # fmt: skip
_japanese_option = click.option(
    "--japanese", is_flag=True,
    help="Write headings and codes in Japanese words (年齢, 女, 要介護3), as registers have them.",
)  # fmt: skip
_out_option = click.option("--out", required=True, type=click.Path(path_type=Path),
                           help="What to write.")  # fmt: skip


@click.group()
def pseudo() -> None:
    """疑似市民データを作る / Make pseudo-citizen records, with the proof.

    Example: tsukuba-gis pseudo measure study.toml --out statistics
    """


@pseudo.command()
@_study_argument
@click.option("--epsilon", type=float, default=None,
              help="Add noise of this epsilon to the noisy tables (extra dp).")  # fmt: skip
@_out_option
@lang_option
def measure(study_file: Path | None, epsilon: float | None, out: Path, lang: Language) -> None:
    """Reduce a register to safe statistics: the only step that sees people.

    Without a study file: the bundled, invented register.

    Example: tsukuba-gis pseudo measure study.toml --out statistics
    """
    from tsukuba_gis.pseudo.measure import measure as compute
    from tsukuba_gis.study import left_out

    study, rules = _study(study_file)
    if epsilon is not None:
        rules = replace(rules, epsilon=epsilon)
    records = _records(study, rules, lang)
    statistics = compute(records, rules, zones=_zones(study, rules))
    if left := left_out(records, rules, statistics):
        told = {"path": records.source, "columns": ", ".join(left)}
        click.echo(text("pseudo_columns_left_out", lang, **told), err=True)
    statistics.save(out)
    _tell(statistics, out, lang)


@pseudo.command()
@_statistics_argument
@_out_option
@lang_option
def audit(statistics_folder: Path, out: Path, lang: Language) -> None:
    """Attack a statistics file by arithmetic, give up what follows, write the review page.

    Example: tsukuba-gis pseudo audit statistics --out audited
    """
    from tsukuba_gis.pseudo.audit import audit as compute
    from tsukuba_gis.pseudo.review import write_review
    from tsukuba_gis.pseudo.statistics import Statistics

    statistics = compute(Statistics.load(statistics_folder))
    statistics.save(out)
    _tell(statistics, out, lang)
    page = out.with_name(f"{out.name}_{text('page_review', lang)}")
    write_review(statistics, page, lang=lang)
    click.echo(str(page))


@pseudo.command()
@_statistics_argument
@click.option("--key-file", required=True, type=click.Path(path_type=Path),
              help="File that holds the key: any text; one key, one set of records.")  # fmt: skip
@_study_option
@_japanese_option
@_out_option
@lang_option
def generate(
    statistics_folder: Path, key_file: Path, study_file: Path | None, japanese: bool,
    out: Path, lang: Language,
) -> None:  # fmt: skip
    """Make pseudo records from an audited statistics file and a key, and nothing else.

    Example: tsukuba-gis pseudo generate audited --key-file key.txt --out pseudo.csv
    """
    from tsukuba_gis.pseudo.generate import generate as compute
    from tsukuba_gis.pseudo.keys import read_key
    from tsukuba_gis.pseudo.statistics import Statistics

    statistics = Statistics.load(statistics_folder)
    study, _ = _study(study_file)
    records = compute(statistics, key=read_key(key_file), zones=_zones(study, statistics.spec))
    _write(records, out, lang, japanese=japanese)
    click.echo(str(out))
    click.echo(text("notice_pseudo", lang))


@pseudo.command()
@_study_argument
@click.option("--statistics", "statistics_folder", required=True,
              type=click.Path(path_type=Path), help="The audited statistics file.")  # fmt: skip
@click.option("--key-file", required=True, type=click.Path(path_type=Path),
              help="The key of the records to be judged.")  # fmt: skip
@_out_option
@lang_option
def evaluate(
    study_file: Path | None, statistics_folder: Path, key_file: Path, out: Path, lang: Language
) -> None:
    """Measure risk and worth of the pseudo records against the people they stand for.

    Writes the certificate (HTML) and the same figures as JSON; exit code 1 if a
    hard condition fails.

    Example: tsukuba-gis pseudo evaluate study.toml --statistics audited --key-file key.txt --out certificate.html
    """  # noqa: E501 - one command line
    from tsukuba_gis.pseudo.generate import generate as make
    from tsukuba_gis.pseudo.keys import read_key
    from tsukuba_gis.pseudo.proof.certificate import write_certificate
    from tsukuba_gis.pseudo.statistics import Statistics
    from tsukuba_gis.study import judge

    study, rules = _study(study_file)
    key, statistics = read_key(key_file), Statistics.load(statistics_folder)
    with Progress(3, lang, quiet=False) as progress:
        progress.step("step_records")
        records, zones = _records(study, rules, lang), _zones(study, rules)
        progress.step("step_pseudo")
        made = make(statistics, key=key, zones=zones)
        progress.step("step_certificate")
        evaluation = judge(records, made, statistics, key=key, zones=zones)
    write_certificate(evaluation, out, lang=lang)
    out.with_suffix(".json").write_text(evaluation.to_json(), encoding="utf-8", newline="\n")
    click.echo(str(out))
    evaluation.require_passed()


@pseudo.command()
@_study_argument
@click.option("--key-file", required=True, type=click.Path(path_type=Path),
              help="File that holds the secret; with it the swap can be undone.")  # fmt: skip
@click.option("--certificate", "page", default=None, type=click.Path(path_type=Path),
              help="Measure what leaks, and write it there (HTML, JSON beside it).")  # fmt: skip
@click.option("--cell", default=200, show_default=True, type=click.IntRange(min=3),
              help="People among whom care levels move, at least; others: a quarter.")  # fmt: skip
@_japanese_option
@_out_option
@lang_option
def swap(
    study_file: Path | None,
    key_file: Path,
    page: Path | None,
    cell: int,
    japanese: bool,
    out: Path,
    lang: Language,
) -> None:
    """Let real values change places inside cells; the outcome stays inside the office.

    Counts and sums of wide cells are exact. With fewer people in --cell more tables
    are, and more can be guessed. Writes the records, and beside them the run
    record, which is restoring information (加工方法等情報). With
    --certificate: exit code 1 if a hard condition fails.

    Example: tsukuba-gis pseudo swap study.toml --key-file key.txt --out swapped.csv
    """
    import json

    from tsukuba_gis.pseudo.keys import read_key
    from tsukuba_gis.pseudo.proof.certificate import write_certificate
    from tsukuba_gis.pseudo.swap import swap as compute
    from tsukuba_gis.study import judge_swapped

    study, rules = _study(study_file)
    records, key = _records(study, rules, lang), read_key(key_file)
    swapped = compute(records, rules, key=key, cell=cell)
    _write(swapped.records, out, lang, japanese=japanese, notice="swap_notice")
    told = json.dumps(swapped.record(rules), ensure_ascii=False, indent=1) + "\n"
    record = out.with_name(f"{out.stem}_{text('swap_record_file', lang)}.json")
    record.write_text(told, encoding="utf-8", newline="\n")
    for line in (str(out), str(record)):
        click.echo(line)
    for key_of in ("swap_notice", "swap_restoring"):
        click.echo(text(key_of, lang))
    click.echo(text("swap_leak", lang, k=rules.k))
    if page is not None:
        evaluation = judge_swapped(records, swapped, rules, key=key)
        write_certificate(evaluation, page, lang=lang)
        json_page = page.with_suffix(".json")
        json_page.write_text(evaluation.to_json(), encoding="utf-8", newline="\n")
        click.echo(str(page))
        evaluation.require_passed()


@pseudo.command()
@click.argument("ledger", metavar="LEDGER.json", type=click.Path(path_type=Path))
@_statistics_argument
@click.option("--date", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Day of release.")
@click.option("--purpose", required=True, help="What the release is for.")
@click.option("--earlier", multiple=True, type=click.Path(path_type=Path),
              help="Statistics file of each earlier release in the ledger.")  # fmt: skip
@lang_option
def record(
    ledger: Path,
    statistics_folder: Path,
    date: dt.datetime,
    purpose: str,
    earlier: tuple[Path, ...],
    lang: Language,
) -> None:
    """Enter a release in the ledger, unless earlier releases give people away beside it.

    Example: tsukuba-gis pseudo record ledger.json audited --date 2026-04-01 --purpose ideathon
    """
    from tsukuba_gis.pseudo.ledger import record as enter
    from tsukuba_gis.pseudo.statistics import Statistics

    statistics = Statistics.load(statistics_folder)
    others = tuple(Statistics.load(folder) for folder in earlier)
    entry = enter(ledger, statistics, date=date.date(), purpose=purpose, earlier=others)
    click.echo(text("ledger_told", lang, path=str(ledger), number=entry.number))


def _study(path: Path | None) -> tuple[Study, Spec]:
    """Return the study and its rules; without a file, the bundled register and its rules."""
    from tsukuba_gis.pseudo.spec import Spec
    from tsukuba_gis.study import demo_study, read_study

    study = demo_study() if path is None else read_study(path)
    if path is not None and study.pseudo is None:
        raise InputError("pseudo_no_rules", path=path.name)
    return study, study.pseudo or Spec.tsukuba()


def _records(study: Study, rules: Spec, lang: Language) -> Records:
    """Read the register; say what is wrong with it, and which named columns it lacks."""
    from tsukuba_gis.io.findings import describe
    from tsukuba_gis.study import read_study_records

    records, problems = read_study_records(study)
    if records.kind == "pseudo":
        raise InputError("pseudo_already", source=records.source)
    for problem in problems:
        if problem.severity != "info":
            click.echo(describe(problem, lang), err=True)
    if absent := [name for name in rules.columns if name not in records.frame]:
        told = {"source": records.source, "columns": ", ".join(absent)}
        click.echo(text("pseudo_columns_absent", lang, **told), err=True)
    return records


def _zones(study: Study, rules: Spec) -> Zones | None:
    from tsukuba_gis.study import home_zones

    return home_zones(study, rules)


def _write(
    records: Records, out: Path, lang: Language, *, japanese: bool, notice: str = "notice_pseudo"
) -> None:
    """Write records as CSV or Parquet; the notice goes with them."""
    from tsukuba_gis.io.words import in_japanese
    from tsukuba_gis.report import whole_file

    if out.suffix not in (".csv", ".parquet"):
        raise InputError("out_suffix", path=out.name, known=".csv, .parquet")
    frame = in_japanese(records.frame) if japanese else records.frame
    with whole_file(out) as path:
        if out.suffix == ".parquet":
            frame.to_parquet(path, index=False)
        else:
            # The header of a last, empty column: it shifts no row and cannot get lost.
            marked = frame.assign(**{text(notice, lang): ""})
            marked.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")


def _tell(statistics: Statistics, out: Path, lang: Language) -> None:
    click.echo(str(out))
    click.echo(
        text(
            "pseudo_told",
            lang,
            tables=len(statistics.tables),
            counts=statistics.counts,
            sha256=statistics.sha256,
        )
    )
    if statistics.spec.epsilon is not None:
        from tsukuba_gis.pseudo.sheet import noise_told

        click.echo(noise_told(statistics.spec, lang))
