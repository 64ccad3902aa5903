"""Takes feed files in, each exactly once, told apart by the centre's tables."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from quetsach.centre.centre import Centre
from quetsach.lake.ingestion import Annotate
from quetsach.lake.lake import IngestResult
from quetsach.lake.packed import Outcome, ingest_file
from quetsach.network import annotate


def ingest_files(
    centre: Centre,
    files: Iterable[Path],
    *,
    feed: str,
    report: str | None,
    clock: Callable[[], datetime],
    progress: Callable[[int], None] = lambda _bytes: None,
) -> Iterator[Outcome]:
    """Take files in, packed or not; yield what became of each. One that is refused does not keep the others back.

    Args:
        centre: where to.
        files: as they were delivered.
        feed: where they came from, a feed of ``feeds.layout.LAYOUTS``.
        report: which report; by a file's name or header if ``None``.
        clock: the time at which each was taken in (aware).
        progress: told how many more bytes were read.

    Raises:
        QuetsachError: a table of the centre is damaged.
    """
    names, explain = centre.families, _annotate(centre)
    for path in files:
        yield from ingest_file(
            centre.lake,
            path,
            feed=feed,
            report=report,
            families=names,
            annotate=explain,
            now=clock(),
            progress=progress,
        )


def ingest_bytes(
    centre: Centre, content: bytes, *, name: str, feed: str, report: str | None, now: datetime
) -> IngestResult:
    """Take one file in by its bytes.

    Raises:
        QuetsachError: it cannot be read, or the lake cannot be written; nothing was taken in.
    """
    return centre.lake.ingest(
        content,
        name=name,
        feed=feed,
        report=report,
        families=centre.families,
        annotate=_annotate(centre),
        now=now,
    )


def _annotate(centre: Centre) -> Annotate:
    tables = centre.network
    return lambda sightings: annotate(sightings, tables)
