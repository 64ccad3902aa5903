"""Documents of YAML of which each line is a name and its value, and nothing else: reports of X-ARF 0.1 and 0.2.

That is all of YAML that such a report needs. What stands in anything else of it (a list, a block, an anchor, a tag, a
value over several lines) is set aside: a parser of the whole language would make of it what the sender chooses.
"""

import re
from collections.abc import Iterator

import orjson

from quetsach.feeds.document_frames import check_size
from quetsach.feeds.frame import Frame
from quetsach.feeds.layout import Layout
from quetsach.feeds.object_frames import BLANK, Collected, Objects, SliceFrames, Span
from quetsach.feeds.record import MAX_RECORD_BYTES, Fault, Reason, excerpt

_BEGIN, _END = b"---", b"..."
_LINE = re.compile(rb"([A-Za-z][A-Za-z0-9_-]{0,99})[ \t]*+:(?:[ \t]++(.*))?", re.DOTALL)
_SINGLE = re.compile(r"'((?:[^']|'')*+)'(?:[ \t]*+|[ \t]++#.*)", re.DOTALL)
_DOUBLE = re.compile(r'("(?:[^"\\]|\\.)*+")(?:[ \t]*+|[ \t]++#.*)', re.DOTALL)
_COMMENT = re.compile(r"(?:\A|[ \t])#")
_NO_PLAIN = re.compile(r"[\[\]{},&*!|>%@`]|[-?](?:[ \t]|\Z)|.*?:(?:[ \t]|\Z)", re.DOTALL)
_NULL = {"~", "null", "Null", "NULL"}


class YamlFrames(SliceFrames):
    """Documents one after the other, each a record; a file is read whole."""

    def __init__(self, layout: Layout, offset: int) -> None:
        self._objects = Objects(layout)
        super().__init__(self._objects.names, 1, offset)

    def frames(self, buffer: bytes, *, is_final: bool) -> Iterator[Frame]:
        """Read all documents, once all of them are there.

        Raises:
            FeedError: the file is too large.
        """
        check_size(buffer)
        if not is_final:
            return
        collected, document = Collected(self._line, self._offset), _Document(buffer)
        start = number = 0
        while (end := buffer.find(b"\n", start)) >= 0:
            line = buffer[start:end].rstrip(BLANK)
            is_edge = line in {_BEGIN, _END}
            if is_edge:
                self._take(document, collected)
                document = _Document(buffer)
            if is_edge or not line or line.lstrip(BLANK).startswith(b"#"):
                collected.blank += 1
            else:
                document.add(line, start, number)
            start, number = end + 1, number + 1
        self._take(document, collected)
        yield self._frame(collected, len(buffer), lines=number)

    def _take(self, document: "_Document", collected: Collected) -> None:
        if (span := document.span) is None:
            return
        found = document.fault() or self._objects.taken(document.values, document.content[:400])
        if isinstance(found, Fault):
            collected.set_aside(found, span)
        else:
            collected.take(found, span)


class _Document:
    """The lines of one document: names with their values, up to the first that is none."""

    def __init__(self, buffer: bytes) -> None:
        self._buffer = buffer
        self._fault: Fault | None = None
        self.values: dict[str, str] = {}
        self.span: Span | None = None

    @property
    def content(self) -> bytes:
        """The bytes from the first to the last of its lines."""
        return self._buffer[self.span.start : self.span.end] if self.span else b""

    def add(self, line: bytes, start: int, number: int) -> None:
        """Read one line of it."""
        first = self.span or Span(start, start, number)
        self.span = Span(first.start, start + len(line), first.line)
        if self._fault is not None or self.span.end - self.span.start > MAX_RECORD_BYTES:
            return
        found = _LINE.fullmatch(line)
        try:
            value = _value((found[2] or b"").decode()) if found else None
        except UnicodeDecodeError:
            self._fault = Fault(Reason.BAD_UTF8, "", excerpt(line[:400]))
            return
        name = found[1].decode() if found else ""
        if value is None or name in self.values:
            self._fault = Fault(Reason.BAD_YAML, name, excerpt(line[:400]))
        else:
            self.values[name] = value

    def fault(self) -> Fault | None:
        """Return why it cannot be taken."""
        if self.span and self.span.end - self.span.start > MAX_RECORD_BYTES:
            return Fault(Reason.TOO_LONG, "", excerpt(self.content[:400]))
        return self._fault


def _value(text: str) -> str | None:
    """Return what a scalar of YAML on one line says, ``None`` for anything else; nothing and null say nothing."""
    if text.startswith("'"):
        single = _SINGLE.fullmatch(text)
        return single[1].replace("''", "'") if single else None
    if text.startswith('"'):
        double = _DOUBLE.fullmatch(text)
        try:
            return str(orjson.loads(double[1])) if double else None
        except orjson.JSONDecodeError:
            return None
    plain = _COMMENT.split(text, maxsplit=1)[0].strip(" \t")
    if _NO_PLAIN.match(plain):
        return None
    return "" if plain in _NULL else plain
