"""Makes the evaluations that people asked for in the office, each by the command in a process of its own.

What it loads to draw and to typeset stays out of the process that serves; a crash of it is told on the page.
"""

import json
import shutil
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.center.tending import Beat, again
from quetsach.core.errors import QuetsachError

if TYPE_CHECKING:
    from quetsach.web.office.plans.models import EvaluationRun

LOOK_SECONDS = 5
LONGEST_SECONDS = 3000
_ASK_SECONDS = 1
_COMMAND = (sys.executable, "-P", "-m", "quetsach.cli.main", "center", "evaluate")


def make_evaluations(data: Path, stopped: threading.Event, beat: Beat) -> None:
    """Make what was asked for, for as long as the centre serves."""
    from quetsach.web.office.campaigns.services.steps import evaluations_recover  # noqa: PLC0415

    evaluations_recover(now=datetime.now(UTC))
    again(lambda: evaluations_work(data, stopped), LOOK_SECONDS, stopped, beat)


def evaluations_work(data: Path, stopped: threading.Event) -> int:
    """Make the evaluations that wait, one after another, until none does or ``stopped`` is set; return how many."""
    from quetsach.web.office.campaigns.services.steps import evaluation_begin, evaluation_fail  # noqa: PLC0415

    made = 0
    while not stopped.is_set() and (run := evaluation_begin(now=datetime.now(UTC))):
        try:
            _make(run, data, stopped)
            made += 1
        except (QuetsachError, OSError, ValueError, KeyError) as error:
            evaluation_fail(run=run, trouble=str(error), now=datetime.now(UTC))
    return made


def _make(run: "EvaluationRun", data: Path, stopped: threading.Event) -> None:
    from quetsach.web.office.campaigns.services.steps import evaluation_keep, folder_of  # noqa: PLC0415

    final = folder_of(run, data)
    staged = final.with_name(f".{final.name}")
    shutil.rmtree(staged, ignore_errors=True)  # of a run that was killed
    try:
        told = _run_command(run.campaign.key, data, staged, stopped)
        as_of = date.fromisoformat(told["as_of"]) if told["as_of"] else None
        evaluation_keep(run=run, made=staged, data=data, lake=told["lake"], as_of=as_of, now=datetime.now(UTC))
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _run_command(key: str, data: Path, out: Path, stopped: threading.Event) -> dict[str, str]:
    """Run the command and return what it says; a centre that stops ends it.

    Raises:
        QuetsachError: it failed, was stopped, or took too long.
    """
    words = (*_COMMAND, key, "--data", str(data), "--out", str(out), "--json", "--lang", "vi")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        for _second in range(LONGEST_SECONDS // _ASK_SECONDS):
            try:
                told, said = process.communicate(timeout=_ASK_SECONDS)
            except subprocess.TimeoutExpired:
                if stopped.is_set():
                    break
                continue
            if process.returncode != 0:
                raise QuetsachError(_last_line(said) or f"exit code {process.returncode}")
            found: dict[str, str] = json.loads(told)
            return found
        process.kill()
    from quetsach.web.office.campaigns.services.steps import LATE, STOPPED  # noqa: PLC0415

    raise QuetsachError(STOPPED if stopped.is_set() else LATE)


def _last_line(said: str) -> str:
    return next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "")
