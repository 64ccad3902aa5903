"""The reader: delivered bytes in, bounded batches of sightings and rejects out.

What cuts bytes into records is chosen by the layout; what the records mean is decided by ``rows`` for all alike.
Memory depends on the slice, not on the file, and the result does not depend on how the bytes were cut into chunks or
slices.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from quetsach.core.family import FamilyNames
from quetsach.core.text import Text
from quetsach.feeds.csv_frames import CsvFrames
from quetsach.feeds.document_frames import DocumentFrames, LinkedFrames
from quetsach.feeds.frame import Frame
from quetsach.feeds.layout import FeedError, Layout, Syntax
from quetsach.feeds.lines import Header, Pending, refuse_no_text
from quetsach.feeds.object_frames import JsonLineFrames, JsonValueFrames, WordFrames
from quetsach.feeds.record import MAX_RECORD_BYTES, Reject
from quetsach.feeds.rows import Rows
from quetsach.feeds.table import REJECTS
from quetsach.feeds.yaml_frames import YamlFrames

SLICE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """What a slice of a file held: ``records`` = sightings + rejects.

    ``blank`` lines are no records, nor is the ``context`` of a document: objects that only say more of others.
    """

    sightings: pa.Table
    rejects: pa.Table
    repaired: int
    blank: int
    bytes_read: int
    context: int = 0

    @property
    def records(self) -> int:
        """How many records the slice held."""
        return int(self.sightings.num_rows + self.rejects.num_rows)


class Frames(Protocol):
    """Cuts the bytes of one file into records; knows how far it was read."""

    def set_aside(self, shown: bytes, length: int, bytes_read: int) -> Frame:
        """Account for a line that was too long to be held."""
        ...

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        """Read the whole records of a buffer, but for one at its end that may go on."""
        ...


def read(
    chunks: Iterable[bytes], layout: Layout, families: FamilyNames, *, now: datetime, slice_bytes: int = SLICE_BYTES
) -> Iterator[Batch]:
    """Read a delivered file.

    Args:
        chunks: the file's bytes, cut anywhere.
        layout: how to read it (``layout_files.layout_of``).
        families: what spellings of malware names mean.
        now: the time of the ingest; a record from long after it is set aside.
        slice_bytes: how much is worked on at a time.

    Raises:
        FeedError: the header cannot be read or lacks a required column. Rows never raise.
    """
    pending = Pending(chunks)
    cut, rows = _frames(layout, pending), Rows(layout, families, now)
    target = slice_bytes
    while True:
        pending.fill(target)
        if not pending.data:
            return
        if len(pending.data) > MAX_RECORD_BYTES and b"\n" not in pending.data and not layout.framing.is_document:
            yield _batch(cut.set_aside(*pending.skip_line()), rows)
            continue
        consumed = 0
        for frame in cut.frames(pending.data, is_final=pending.is_final):
            consumed += frame.bytes_read
            yield _batch(frame, rows)
        if pending.is_final and not consumed:
            raise FeedError(Text("the file is not read to its end"), hint=Text("please report this with the file"))
        pending.drop(consumed)
        target = slice_bytes if consumed else 2 * len(pending.data) + 1  # a record may go on beyond the slice


def _frames(layout: Layout, pending: Pending) -> Frames:
    """Return what cuts a file into records, and leave its beginning, which is none, behind."""
    if layout.framing.has_objects:
        mark = refuse_no_text(pending.head())
        pending.drop(mark)
        if layout.framing.syntax is Syntax.JSON_LINES:
            return JsonLineFrames(layout, mark)
        if layout.framing.is_linked:
            return LinkedFrames(layout, mark)
        if layout.framing.syntax is Syntax.YAML:
            return YamlFrames(layout, mark)
        return DocumentFrames(layout, mark) if layout.framing.path else JsonValueFrames(layout, mark)
    header = Header.of(pending.head(), layout.framing)
    header.check(layout)
    pending.drop(header.byte_length)
    return WordFrames(layout, header) if layout.framing.syntax is Syntax.WORDS else CsvFrames(layout, header)


_REJECT_COLUMNS = [attrgetter(name) for name in REJECTS.names]


def rejected(rejects: Iterable[Reject]) -> pa.Table:
    """Return what was set aside as a table of ``REJECTS``, in the order of its places."""
    ordered = sorted(rejects, key=lambda reject: (reject.line, reject.byte_offset))
    if not ordered:
        return _NO_REJECTS
    return pa.table([list(map(column, ordered)) for column in _REJECT_COLUMNS], schema=REJECTS)


_NO_REJECTS = REJECTS.empty_table()


def _batch(frame: Frame, rows: Rows) -> Batch:
    sightings, rejects = rows.judge(frame.columns, frame.places, frame.rest)
    repairs = sightings.column("repairs")
    return Batch(
        sightings=sightings,
        rejects=rejected((*frame.rejects, *rejects)),
        repaired=sightings.num_rows - pc.sum(pc.equal(repairs, "")).as_py() if sightings.num_rows else 0,
        blank=frame.blank,
        bytes_read=frame.bytes_read,
        context=frame.context,
    )
