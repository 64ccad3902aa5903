"""A delivered file into the lake, packed or not: each CSV file of an archive is a delivery of its own.

What a file holds makes the delivery, not how it was packed: the same CSV sent plain, as gzip or in an archive is known.
"""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from quetsach.core.errors import QuetsachError
from quetsach.core.family import FamilyNames
from quetsach.feeds.packed import Member, is_packed, members
from quetsach.lake.errors import LakeError
from quetsach.lake.ingestion import Annotate, Progress
from quetsach.lake.lake import IngestResult, Lake

type Outcome = tuple[str, IngestResult | QuetsachError]
"""The path of a file, in an archive with its name there after it, and what became of it."""


def ingest_file(
    lake: Lake,
    path: Path,
    *,
    feed: str,
    report: str | None,
    families: FamilyNames,
    annotate: Annotate,
    now: datetime,
    progress: Progress,
) -> Iterator[Outcome]:
    """Take in a file, or every CSV file of an archive; one that is refused does not keep the others back.

    An archive that is damaged or cut off is refused before anything of it is taken. The arguments are those of
    ``Lake.ingest``; ``progress`` is told of the bytes of the delivered file.
    """

    def ingest(source: Path | Member, inside: str, progress: Progress) -> Outcome:
        try:
            result = lake.ingest(
                source,
                feed=feed,
                report=report,
                families=families,
                annotate=annotate,
                now=now,
                name=path.name + inside,
                progress=progress,
            )
        except QuetsachError as error:
            return f"{path}{inside}", error
        return f"{path}{inside}", result

    try:
        with path.open("rb") as stream:
            if not is_packed(stream.read(4)):
                yield ingest(path, "", progress)
                return
            found = members(stream)
            share = path.stat().st_size / max(1, sum(member.size_bytes for member in found))
            for member in found:
                inside = f"/{member.name}" if member.name else ""
                yield ingest(member, inside, lambda unpacked: progress(round(unpacked * share)))
    except OSError as error:
        yield str(path), LakeError(os.strerror(error.errno) if error.errno else str(error), where=str(path))
    except QuetsachError as error:
        yield str(path), error
