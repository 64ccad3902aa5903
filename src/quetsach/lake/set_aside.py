"""Records that were set aside, with their bytes as they were delivered.

A delivered file is read once from its beginning, however many of its records are asked for, and never held: of each
record at most ``MOST_BYTES`` bytes are.
"""

import base64
import json
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa
import pyarrow.parquet as pq

from quetsach.core.table import csv_text
from quetsach.core.text import Text
from quetsach.feeds.table import REJECTS
from quetsach.lake import LakeError, readers
from quetsach.lake.delivery import Delivery
from quetsach.lake.ingestion import landed_chunks
from quetsach.lake.readers import Access
from quetsach.lake.view import LakeView

MOST_BYTES = 64 << 10
"""Of one record; a longer one is cut, and says so."""

COLUMNS = ("file", "delivery", "feed", "report", "line", "offset", "length", "reason", "column", "text", "base64")
"""Of an export. A record stands under ``text`` where that is readable text, else under ``base64``."""

_BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that was set aside: where it lies in which delivered file, why, and its bytes, cut where it is long."""

    delivery: Delivery
    line: int
    byte_offset: int
    byte_length: int
    reason: str
    column: str
    content: bytes

    @property
    def is_cut(self) -> bool:
        """Whether there is more of the record."""
        return len(self.content) < self.byte_length

    @property
    def text(self) -> str | None:
        """The record as text; ``None`` where it is none, or has something in it that a terminal might obey."""
        try:
            text = self.content.decode()
        except UnicodeDecodeError:
            return None
        return text if all(c.isprintable() or c in "\t\r\n" for c in text) else None

    def cells(self) -> tuple[str | int, ...]:
        """Return the cells of ``COLUMNS``."""
        text = self.text
        encoded = base64.b64encode(self.content).decode() if text is None else ""
        one = self.delivery
        place = one.file, one.id, one.feed, one.report, self.line, self.byte_offset, self.byte_length
        return *place, self.reason, self.column, text or "", encoded


def records_set_aside(
    view: LakeView, *, delivery: str | None = None, feed: str | None = None, by: Access
) -> Generator[SetAside]:
    """Yield the records of a delivery, of a feed or of all that were set aside, by delivery and place.

    Args:
        view: stays open until the last is read.
        delivery: its identifier, or at least the first 8 characters of it.
        feed: its name.
        by: who reads, which is logged before the first record.

    Raises:
        LakeError: there is no such delivery, a file is damaged, or the log cannot be written.
    """
    chosen = [one for one in view.deliveries_set_aside(delivery) if feed is None or one.feed == feed]
    if chosen:
        of = chosen[0].id if len(chosen) == 1 else feed or "all"
        readers.record(view.folder, by, what="quarantine", of=of)
    for one in chosen:
        yield from _of_delivery(view, one)


def record_at(view: LakeView, *, delivery: str, offset: int, by: Access) -> SetAside:
    """Return the record of a delivery that was set aside at a place (``byte_offset``).

    Raises:
        LakeError: there is none, a file is damaged, or the log cannot be written.
    """
    with closing(records_set_aside(view, delivery=delivery, by=by)) as found:
        for one in found:
            if one.byte_offset == offset:
                return one
    raise LakeError(
        Text("no record that begins at byte {offset} of this delivery was set aside", offset=offset),
        hint=Text(
            "see where they begin: quetsach center feeds quarantine list --delivery {delivery}", delivery=delivery
        ),
    )


def as_csv(records: Iterable[SetAside]) -> Iterator[str]:
    """Yield the lines of a CSV file; no cell is a formula for a spreadsheet program (``core.table.guarded``)."""
    for row in chain([COLUMNS], (one.cells() for one in records)):
        yield csv_text([row])


def as_json_lines(records: Iterable[SetAside]) -> Iterator[str]:
    """Yield an object of JSON a line, in ASCII; ``is_cut`` says that the record is longer."""
    for one in records:
        yield json.dumps({**dict(zip(COLUMNS, one.cells(), strict=True)), "is_cut": one.is_cut}) + "\n"


def _of_delivery(view: LakeView, delivery: Delivery) -> Iterator[SetAside]:
    view.catalog.fetch([delivery.quarantine_path, delivery.landed_path])
    try:
        with pq.ParquetFile(view.folder / delivery.quarantine_path) as file:
            rows = chain.from_iterable(
                batch.to_pylist() for batch in file.iter_batches(_BATCH_ROWS, columns=REJECTS.names)
            )
            yield from _with_bytes(landed_chunks(view.folder / delivery.landed_path), rows, delivery)
    except (OSError, pa.ArrowException) as error:
        raise LakeError(Text("the quarantine cannot be read"), where=delivery.quarantine_path) from error


def _with_bytes(chunks: Iterator[bytes], rows: Iterable[dict[str, object]], delivery: Delivery) -> Iterator[SetAside]:
    """Cut each record out of a file that is read forward; rows lie in the order of their places."""
    window, start = b"", 0
    for row in rows:
        offset, length = int(str(row["byte_offset"])), int(str(row["byte_length"]))
        wanted = min(length, MOST_BYTES)
        if offset < start:
            raise LakeError(Text("the quarantine is not in the order of the file"), where=delivery.quarantine_path)
        while start + len(window) < offset + wanted:
            chunk = next(chunks, b"")
            if not chunk:
                raise LakeError(Text("the delivered file ends before its records do"), where=delivery.landed_path)
            dropped = min(offset - start, len(window))
            window, start = window[dropped:] + chunk, start + dropped
        content = window[offset - start :][:wanted]
        reason, column = str(row["reason"]), str(row["column"])
        yield SetAside(delivery, int(str(row["line"])), offset, length, reason, column, content)
