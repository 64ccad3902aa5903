"""Records of a document that is read whole: a list somewhere in it, or objects that refer to each other.

Of a document of STIX or MISP no object says alone what was seen. ``stix`` and ``misp`` bring together what belongs
together, as flat objects, which then are read like those of any list: by the columns of a layout.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from quetsach.core.text import Number, Text
from quetsach.feeds.frame import Frame
from quetsach.feeds.layout import FeedError, Layout, Syntax
from quetsach.feeds.misp import resolve_events
from quetsach.feeds.object_frames import BLANK, Collected, Objects, SliceFrames, Span
from quetsach.feeds.record import Fault
from quetsach.feeds.stix import resolve_bundle

MAX_DOCUMENT_BYTES = 64 << 20
"""It is read whole."""
MAX_CONTAINERS = 2_000_000
"""Objects and lists of a document, and so what its objects may take of memory."""
MAX_RESOLVED_BYTES = 512 << 20
"""Of all records of a document: what many objects refer to stands in the record of each."""
_RECORD_BYTES = 200
_SLICE_RECORDS = 1 << 13
_WINDOW = 1 << 20

type Resolved = tuple[object, dict[str, Any] | tuple[()] | None]
"""An object of a document, and a record that it is; ``None`` if it only says more of others, ``()`` for no object.

They come in the order in which they begin: where records lie is counted forward, and read so from the lake."""

RESOLVERS: Mapping[Syntax, Callable[[Any], Iterator[Resolved]]] = {
    Syntax.STIX: resolve_bundle,
    Syntax.MISP: resolve_events,
}


def _document(buffer: bytes) -> Any:
    try:
        return orjson.loads(buffer)
    except orjson.JSONDecodeError as error:
        raise FeedError(Text("the file is no JSON: {error}", error=error), hint=_COMPLETE) from error


def check_size(buffer: bytes) -> None:
    """Refuse a document that is too large to be read whole.

    Raises:
        FeedError: it is.
    """
    if len(buffer) > MAX_DOCUMENT_BYTES:
        most = Number(MAX_DOCUMENT_BYTES >> 20)
        raise FeedError(Text("the document has more than {most} MiB", most=most), hint=_SPLIT)


class DocumentFrames(SliceFrames):
    """A list of objects somewhere in a document, which is read whole."""

    def __init__(self, layout: Layout, offset: int) -> None:
        self._objects = Objects(layout)
        self._path = layout.framing.path.split(".")
        super().__init__(self._objects.names, 1, offset)

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        """Read the document, once all of it is there.

        Raises:
            FeedError: it is too large, no JSON, or has no such list.
        """
        check_size(buffer)
        if not is_final:
            return
        records = _document(buffer)
        for name in self._path:
            records = records.get(name) if isinstance(records, dict) else None
        if not isinstance(records, list):
            path = ".".join(self._path)
            raise FeedError(Text("the document has no list {path}", path=path), hint=_OTHER)
        collected = Collected(self._line, self._offset)
        whole = Span(0, len(buffer.rstrip(BLANK)), 0)
        for record in records:
            found = self._objects.taken(record, b"")
            if isinstance(found, Fault):
                collected.set_aside(found, whole)
            else:
                collected.take(found, whole)
        yield self._frame(collected, len(buffer), lines=buffer.count(b"\n"))


class LinkedFrames(SliceFrames):
    """Objects of a document that refer to each other, resolved into records.

    A record lies where the object does that it was made of. Objects that are no records are counted as context.
    """

    def __init__(self, layout: Layout, offset: int) -> None:
        self._objects = Objects(layout)
        self._resolve = RESOLVERS[layout.framing.syntax]
        super().__init__(self._objects.names, 1, offset)

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        """Read the document, once all of it is there.

        Raises:
            FeedError: it is too large, no JSON, or nothing of the kind; or its objects make too many records.
        """
        check_size(buffer)
        if not is_final:
            return
        if _containers(buffer) > MAX_CONTAINERS:
            raise FeedError(Text("the document has more than {most} objects", most=Number(MAX_CONTAINERS)), hint=_SPLIT)
        with _uncollected():
            document = _document(buffer)
            places, resolved = _Spans(buffer, document), self._resolve(document)
        spent, is_last = 0, False
        while not is_last:
            collected = Collected(self._line, self._offset)
            with _uncollected():
                more, is_last = self._collect(resolved, places, collected, buffer)
            spent += more
            if spent > MAX_RESOLVED_BYTES:
                raise FeedError(Text("the objects of the document refer to each other too often"), hint=_SPLIT)
            yield self._frame(collected, len(buffer) if is_last else 0, lines=buffer.count(b"\n") if is_last else 0)

    def _collect(
        self, resolved: Iterator[Resolved], places: "_Spans", collected: Collected, buffer: bytes
    ) -> tuple[int, bool]:
        """Take the records of a slice; return the bytes that they are, and whether they are the last."""
        spent = 0
        for holder, record in resolved:
            if record is None:
                collected.context += 1
                continue
            span = places.of(holder)
            found = self._objects.taken(record, buffer[span.start : min(span.end, span.start + 400)])
            if isinstance(found, Fault):
                collected.set_aside(found, span)
                continue
            collected.take(found, span)
            for one in found:
                spent += _RECORD_BYTES + len(one.rest) + sum(map(len, one.cells))
            if len(collected.found) >= _SLICE_RECORDS or spent > MAX_RESOLVED_BYTES:
                return spent, False
        return spent, True


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of cycles away while many objects are made of which none is one.

    It would look through all of a document again and again, which takes more than reading it.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Spans:
    """Where the objects and lists of a document lie: of each depth in the order of its brackets.

    A depth is looked at when something of it is asked for: most of what lies deeper is no record.
    """

    def __init__(self, buffer: bytes, document: Any) -> None:
        self._buffer = buffer
        self._whole = Span(0, len(buffer.rstrip(BLANK)), 0)
        self._number: dict[int, int] = {}
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._line = self._at = 0
        at, kind = _brackets(buffer)
        is_open = (kind == ord("{")) | (kind == ord("["))
        depth = np.cumsum(np.where(is_open, 1, -1))
        self._opened, self._opened_depth = at[is_open], depth[is_open]
        self._closed, self._closed_depth = at[~is_open], depth[~is_open] + 1
        self._level: list[Any] = [[document]]
        self._depth = 0

    def of(self, holder: object) -> Span:
        """Return the place of an object or list of the document; that of the document for anything else."""
        while (number := self._number.get(id(holder))) is None:
            if not self._level:
                return self._whole
            self._go_deeper()
        start, end = self._starts[number], self._ends[number]
        if start < self._at:
            self._line = self._at = 0
        self._line += self._buffer.count(b"\n", self._at, start)
        self._at = start
        return Span(start, end, self._line)

    def _go_deeper(self) -> None:
        self._level, self._depth = _inner(self._level), self._depth + 1
        starts = self._opened[self._opened_depth == self._depth].tolist()
        ends = (
            self._closed[self._closed_depth == self._depth] + 1
        ).tolist()  # none is opened before the last is closed
        if len(starts) != len(self._level):  # a name that stands twice in an object hides one
            self._level = []
            return
        known = len(self._starts)
        self._number.update(zip(map(id, self._level), range(known, known + len(starts)), strict=True))
        self._starts += starts
        self._ends += ends


def _inner(level: list[Any]) -> list[Any]:
    """Return the objects and lists that lie in these, in the order in which they begin."""
    values = [one.values() if type(one) is dict else one for one in level]
    return [value for held in values for value in held if type(value) is dict or type(value) is list]


def _containers(buffer: bytes) -> int:
    """Return how many objects and lists a document has at the most: brackets in its texts are counted too."""
    data = np.frombuffer(buffer, dtype=np.uint8)
    windows = (data[first : first + _WINDOW] for first in range(0, len(data), _WINDOW))
    return sum(int(np.count_nonzero(window | _CASE == ord("{"))) for window in windows)


def _brackets(buffer: bytes) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return where the brackets of a sound document are, and which: those that an even number of quotes is before."""
    if b"\\" in buffer:  # what is escaped ends no text
        buffer = buffer.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
    data = np.frombuffer(buffer, dtype=np.uint8)
    places, kinds, quotes = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint8)], 0
    for first in range(0, len(data), _WINDOW):
        window = data[first : first + _WINDOW]
        letters = window | _CASE
        at = np.flatnonzero((letters == ord("{")) | (letters == ord("}")))
        bits = np.zeros(-(-len(window) // 64) * 8, dtype=np.uint8)
        packed = np.packbits(window == ord('"'))
        bits[: len(packed)] = packed
        words = bits.view(">u8").astype(np.uint64)
        counts = np.bitwise_count(words)
        total = np.cumsum(counts, dtype=np.int64)
        word, bit = at >> 6, (at & 63).astype(np.uint64)
        before = quotes + total[word] - counts[word] + np.bitwise_count(words[word] >> (np.uint64(63) - bit))
        at = at[before & 1 == 0]
        places.append(at + first)
        kinds.append(window[at])
        quotes += int(total[-1])
    return np.concatenate(places), np.concatenate(kinds)


_CASE = np.uint8(0x20)
"""What ``[`` and ``{`` differ in, and ``]`` and ``}``."""
_SPLIT = Text("split it")
_COMPLETE = Text("is it complete?")
_OTHER = Text("is this a file of another feed?")
