"""Reads many small files at once: what one call costs over a few rows is paid once, and not for each of them.

Files of CSV with the same header whose lines are all plainly well formed are put one behind the other and read as one;
where a record lies there tells whose it is. Every other file is read by itself. What comes of a file is the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quetsach.core.family import FamilyNames
from quetsach.feeds.csv_frames import CsvFrames
from quetsach.feeds.layout import Layout, Syntax
from quetsach.feeds.lines import Header, Lines, refuse_no_text, survey
from quetsach.feeds.reader import Batch, read, rejected
from quetsach.feeds.record import Reason, Reject
from quetsach.feeds.rows import Rows
from quetsach.feeds.table import SIGHTINGS


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file in memory: its bytes, how to read it, and the time of its ingest (aware)."""

    content: bytes
    layout: Layout
    now: datetime


def read_together(files: Sequence[Delivered], families: FamilyNames) -> list[Batch]:
    """Read small files, as ``reader.read`` would each of them; return what each held, in their order.

    Args:
        files: few enough of them to be held and worked on at a time.
        families: what spellings of malware names mean.

    Raises:
        FeedError: the header of one cannot be read or lacks a required column.
    """
    alike: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
    for n, file in enumerate(files):
        if (head := _head(file)) is not None:
            alike[id(file.layout), head].append(n)
    found: dict[int, Batch] = {}
    for (_, head), chosen in alike.items():
        if len(chosen) > 1:
            joined = _Joined(head, [files[n] for n in chosen], families)
            found.update((chosen[n], batch) for n, batch in joined.batches())
    return [found[n] if n in found else _alone(file, families) for n, file in enumerate(files)]


def _head(file: Delivered) -> bytes | None:
    """Return the line of a file that is its header, empty where its layout has none; ``None`` if it is read alone."""
    framing = file.layout.framing
    if framing.syntax is not Syntax.CSV or framing.comment:
        return None
    mark = refuse_no_text(file.content)
    end = mark if framing.names else file.content.find(b"\n") + 1
    return file.content[:end] if end or framing.names else None


def _alone(file: Delivered, families: FamilyNames) -> Batch:
    batches = list(read([file.content], file.layout, families, now=file.now))
    if len(batches) == 1:
        return batches[0]
    return Batch(
        sightings=pa.concat_tables([SIGHTINGS.empty_table(), *(one.sightings for one in batches)]),
        rejects=pa.concat_tables([rejected(()), *(one.rejects for one in batches)]),
        repaired=sum(one.repaired for one in batches),
        blank=sum(one.blank for one in batches),
        bytes_read=sum(one.bytes_read for one in batches),
        context=sum(one.context for one in batches),
    )


class _Joined:
    """Files of one layout and header, read as one file."""

    def __init__(self, head: bytes, files: Sequence[Delivered], families: FamilyNames) -> None:
        self._layout = files[0].layout
        self._header = Header.of(head, self._layout.framing)
        self._header.check(self._layout)
        self._files = files
        self._rows = Rows(self._layout, families, min(file.now for file in files))
        self._is_of_one_time = len({file.now for file in files}) == 1

    def batches(self) -> Iterator[tuple[int, Batch]]:
        """Yield what those hold that can be read so, each with its number."""
        cut = CsvFrames(self._layout, self._header)
        bodies = [self._body(file) for file in self._files]
        chosen = [n for n, body in enumerate(bodies) if cut.is_of_one_header(body)]
        lines, edges = self._survey([bodies[n] for n in chosen])
        odd = np.flatnonzero(~(lines.regular | lines.blank))
        is_odd = {chosen[n] for n in (np.searchsorted(edges, lines.starts[odd], side="right") - 1).tolist()}
        if is_odd:
            chosen = [n for n in chosen if n not in is_odd]
            lines, edges = self._survey([bodies[n] for n in chosen])
        frames = list(cut.frames(b"".join(bodies[n] for n in chosen), is_final=True))
        judged = [self._rows.judge(frame.columns, frame.places) for frame in frames]
        sightings = pa.concat_tables([SIGHTINGS.empty_table(), *(found for found, _ in judged)])
        rejects = [reject for _, found in judged for reject in found]
        for n, batch in self._divided(lines, edges, sightings, rejects):
            yield chosen[n], batch

    def _body(self, file: Delivered) -> bytes:
        body = file.content[self._header.byte_length :]
        return body if not body or body.endswith(b"\n") else body + b"\n"

    def _survey(self, bodies: Sequence[bytes]) -> tuple[Lines, NDArray[np.int64]]:
        """Find the lines of bodies one behind the other, and where each of them begins, with the end of all."""
        edges = np.array([0, *accumulate(map(len, bodies))], dtype=np.int64)
        return survey(b"".join(bodies), len(self._header.names), self._layout.framing), edges

    def _divided(
        self, lines: Lines, edges: NDArray[np.int64], sightings: pa.Table, rejects: Sequence[Reject]
    ) -> Iterator[tuple[int, Batch]]:
        """Yield what is of each file; one with records of what was the future for the first of them is left out."""
        skipped = self._header.byte_length
        first_lines = np.searchsorted(lines.starts, edges)
        blank = np.diff(np.searchsorted(np.flatnonzero(lines.blank), first_lines))
        offset = sightings.column("byte_offset").to_numpy()
        owner = np.searchsorted(edges, offset - skipped, side="right") - 1
        places = {"line": first_lines[owner], "byte_offset": edges[owner]}
        for name, before in places.items():
            at = SIGHTINGS.get_field_index(name)
            mended = pa.array(sightings.column(at).to_numpy() - before, SIGHTINGS.field(at).type)
            sightings = sightings.set_column(at, SIGHTINGS.field(at), mended)
        rows = np.searchsorted(owner, np.arange(len(edges))).tolist()
        set_aside: defaultdict[int, list[Reject]] = defaultdict(list)
        for reject in rejects:
            n = int(np.searchsorted(edges, reject.byte_offset - skipped, side="right")) - 1
            line, byte_offset = reject.line - int(first_lines[n]), reject.byte_offset - int(edges[n])
            set_aside[n].append(replace(reject, line=line, byte_offset=byte_offset))
        for n, (first, stop) in enumerate(pairwise(rows)):
            if not self._is_of_one_time and any(one.reason is Reason.FUTURE for one in set_aside[n]):
                continue
            batch = Batch(
                sightings=sightings.slice(first, stop - first),
                rejects=rejected(set_aside[n]),
                repaired=0,
                blank=int(blank[n]),
                bytes_read=int(edges[n + 1] - edges[n]),
            )
            yield n, batch
