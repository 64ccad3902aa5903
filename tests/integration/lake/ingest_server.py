"""Starts ingests, compactions and more in processes of their own, fast: it has imported everything and forks.

Reads lines ``folder<TAB>step<TAB>work`` (``ingest``, ``compact``, ``reannotate`` or ``retry``) and answers the number
of the process; after an empty line it waits for the end and answers the exit code (negative: by signal). A step other
than -1 is the number of the step to the disk before which the process kills itself.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd  # noqa: F401  (pyarrow loads it at its first table, so each child would)
import pyarrow as pa
import pyarrow.compute as pc
from tests.lake_reader import watch_layouts

from quetsach.centre.store import load_shared
from quetsach.core.errors import QuetsachError
from quetsach.core.family import FamilyNames
from quetsach.feeds.table import ANNOTATIONS
from quetsach.lake import keeping
from quetsach.lake.intake import ingest_files
from quetsach.lake.lake import Lake
from quetsach.lake.reannotation import reannotate
from quetsach.lake.retry import retry


def annotate(table: pa.Table) -> pa.Table:
    for field in ANNOTATIONS:
        value = 45899 if field.name == "asn" else "x"
        table = table.append_column(field, pa.repeat(pa.scalar(value, field.type), table.num_rows))
    return table


def lake_in(folder: Path) -> Lake:
    """Return the lake of a folder, which is a copy where a file beside it says so."""
    return Lake(folder, shared=load_shared(folder.parent))


def compact(folder: Path) -> None:
    for _ in range(2):  # the second time sweeps what the first has gathered
        keeping.compact(lake_in(folder), least_files=2)


def annotate_otherwise(table: pa.Table) -> pa.Table:
    """Give the sightings of the first day another provider, and the others what they have."""
    is_first = pc.less(table["observed_at"], pa.scalar(datetime(2020, 6, 17, tzinfo=UTC), table["observed_at"].type))
    found = annotate(table)
    place = found.schema.names.index("isp")
    return found.set_column(place, found.schema.field("isp"), pc.if_else(is_first, "y", found["isp"]))


def again(folder: Path) -> None:
    for _ in range(2):  # the second time sweeps what a reader or a kill left, and changes nothing
        reannotate(lake_in(folder), annotate_otherwise)


def retry_watch(folder: Path) -> None:
    """Read again what was set aside of a lake of ``watch_layouts``, once those are mended."""
    lake = Lake(folder, layouts=watch_layouts("bot", "c2"))
    for _ in range(2):  # the second time sweeps what the first has gathered
        with lake.view() as view:
            chosen = [one.id for one in view.deliveries_set_aside()]
        for one in chosen:
            now = datetime(2020, 6, 18, tzinfo=UTC)
            retry(lake, one, families=FamilyNames.of([], version="1"), annotate=annotate, now=now)


def ingest(folder: Path, files: list[Path]) -> None:
    lake = lake_in(folder)
    now = datetime(2020, 6, 17, tzinfo=UTC)
    outcomes = ingest_files(
        lake,
        files,
        feed="shadowserver",
        report=None,
        families=FamilyNames.of([], version="1"),
        annotate=annotate,
        clock=lambda: now,
    )
    for _, outcome in outcomes:
        if isinstance(outcome, QuetsachError):
            raise outcome


def arm(kill_at_step: int) -> None:
    """Die before the numbered step to the disk, which is after the one before it."""
    passed = iter(range(kill_at_step))

    def before(step: Callable[..., None]) -> Callable[..., None]:
        def counted(*arguments: object, **named: object) -> None:
            if next(passed, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            step(*arguments, **named)

        return counted

    os.fsync = before(os.fsync)
    Path.replace = before(Path.replace)
    Path.mkdir = before(Path.mkdir)


def main() -> None:
    files = [Path(argument) for argument in sys.argv[1:]]
    for line in sys.stdin:
        folder, step, work = line.rstrip("\n").split("\t")
        child = os.fork()
        if not child:
            if int(step) >= 0:
                arm(int(step))
            if work == "compact":
                compact(Path(folder))
            elif work == "retry":
                retry_watch(Path(folder))
            elif work == "reannotate":
                again(Path(folder))
            else:
                ingest(Path(folder), files)
            os._exit(0)
        print(child, flush=True)
        sys.stdin.readline()  # until then the number stays the child's, dead or alive
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
