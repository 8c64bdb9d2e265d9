"""Titles, lists of problems, and pages of a few lines."""

from __future__ import annotations

from html import escape
from string import Template
from typing import TYPE_CHECKING, Final

from tsukuba_gis.messages import LANGUAGES, Language, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from tsukuba_gis.errors import Problem
    from tsukuba_gis.result import Indicator
    from tsukuba_gis.worker.job import Job

_PAGE: Final = Template("""<!DOCTYPE html>
<html lang="$lang">
<head><meta charset="utf-8">$policy<title>$heading</title>
<style>
body { font-family: sans-serif; max-width: 46em; margin: 2em auto; line-height: 1.6 }
p { white-space: pre-line }
.notice { background: #fff3cd; border-left: 4px solid #b45309; padding: .5em .8em }
</style></head>
<body>
$notices
<h1>$heading</h1>
$body
</body>
</html>
""")


def title(job: Job, what: str, of: str) -> str:
    """Return the name of a layer: what it shows, of what, and whether the people are invented."""
    mark = text(f"worker_mark_{job.origin}", job.lang)
    return text("worker_title", job.lang, what=what, of=of, mark=mark)


def notes(problems: Iterable[Problem], lang: Language) -> tuple[str, ...]:
    """Return what was found wrong with an input, a line each."""
    from tsukuba_gis.io.findings import describe

    return tuple(describe(problem, lang) for problem in problems if problem.severity != "info")


def page(job: Job, output: str, heading: str, lines: Sequence[str]) -> None:
    """Write a page of a few lines, headed by the notices; nothing where it was not asked for."""
    from tsukuba_gis.maps.offline import POLICY_TAG
    from tsukuba_gis.report import whole_file

    path = job.files.get(output)
    if path is None:
        return
    body = "\n".join(f"<p>{escape(line)}</p>" for line in lines)
    notices = "\n".join(f'<p class="notice">{escape(line)}</p>' for line in job.terms.notices)
    html = _PAGE.substitute(
        lang=job.lang, heading=escape(heading), notices=notices, body=body, policy=POLICY_TAG
    )
    with whole_file(path) as fresh:
        fresh.write_text(html, encoding="utf-8", newline="\n")


def meant(job: Job, label: str, *, name: str = "rate") -> Indicator:
    """Return a field of the user's own as an indicator, in the unit that the job states."""
    from tsukuba_gis.result import Indicator

    words = dict.fromkeys(LANGUAGES, label)
    return Indicator(
        name=name,
        unit=job.params["unit"],
        label=words,
        definition=words,
        digits=job.params["digits"],
    )


def by_row(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame by zone id as one by row number: of zones by row the ids are the numbers."""
    return frame.set_axis(frame.index.astype(int), axis=0)
