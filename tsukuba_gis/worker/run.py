"""One job, from its file to its outcome."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from tsukuba_gis.cli.console import stop_tidily
from tsukuba_gis.errors import InputError, TsukubaGisError
from tsukuba_gis.messages import Language, text
from tsukuba_gis.worker.channel import Channel, end_with_parent
from tsukuba_gis.worker.job import Job, read_job
from tsukuba_gis.worker.tasks import TASKS

_USAGE = "usage: python -I -X utf8 -m tsukuba_gis.worker [--version | job.json]"


def main(argv: list[str]) -> int:
    """Do the job of a file; return the exit code.

    Parameters
    ----------
    argv
        Path of the job file, or ``--version``: then only the versions are told.
    """
    if len(argv) != 1:
        sys.stderr.write(_USAGE + "\n")
        return 2
    channel = Channel()
    if argv == ["--version"]:
        return 0
    stop_tidily()
    lang: Language = "en"
    try:
        job = read_job(Path(argv[0]))
        lang = job.lang
        if job.watched:
            end_with_parent(job.folder)
        _work(job, channel)
    except TsukubaGisError as error:
        channel.say("error", kind="input", text=error.say(lang))
        return 2
    except Exception as error:  # told in words, without values
        channel.say("error", kind="internal", text=_internal(error, lang))
        return 1
    return 0


def _work(job: Job, channel: Channel) -> None:
    """Find the task and do it; the outcome goes into a file of the job's folder."""
    task = TASKS.get(job.task)
    if task is None or task.version != job.version:
        raise InputError("worker_task_unknown", task=job.task, version=job.version)

    def on_step(key: str, value: float) -> None:
        channel.say("progress", value=value, text=text(key, job.lang))

    job.told = on_step
    on_step("worker_step_read", 0.05)
    outcome = task.run(job)
    for line in outcome.messages:
        channel.say("message", level="info", text=line)
    for line in outcome.warnings:
        channel.say("message", level="warning", text=line)
    on_step("worker_step_write", 0.9)
    channel.say("result", file=outcome.save(job.folder, notice=job.terms.notices))


def _internal(error: Exception, lang: Language) -> str:
    """Return where an unforeseen error arose: never its message, which may quote a record."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = "\n".join(f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in frames)
    return text("worker_failed", lang, error=type(error).__name__, places=places)
