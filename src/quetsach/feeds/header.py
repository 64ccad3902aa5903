"""The header line: what a delivered file says its columns are."""

from dataclasses import dataclass

from quetsach.feeds.errors import FeedError
from quetsach.feeds.layout import Layout
from quetsach.feeds.record import split_strictly

MAX_HEADER_BYTES = 1 << 16
MAX_COLUMNS = 512
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_TEXT = (
    (b"\x1f\x8b", "the file is compressed with gzip", "unpack it first"),
    (b"PK\x03\x04", "the file is a zip archive or a spreadsheet", "unpack it, or save the sheet as CSV"),
    (b"\xff\xfe", "the file is in UTF-16", "save it as UTF-8"),
    (b"\xfe\xff", "the file is in UTF-16", "save it as UTF-8"),
)
_NO_HEADER = (
    (b"\0", "the first line has zero bytes", "is this a CSV file in UTF-8?"),
    # such a file has one line: all its records would pass for names of columns
    (b"\r", "lines end with a carriage return alone", "save the file with the line ends of Windows or Unix"),
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of one file; ``byte_length`` counts a byte-order mark and the line's ending."""

    names: tuple[str, ...]
    byte_length: int

    @classmethod
    def parse(cls, head: bytes) -> "Header":
        """Read the first line of a file from its first bytes (``MAX_HEADER_BYTES`` are enough).

        Names are compared without case and outer spaces. A byte-order mark is skipped.

        Raises:
            FeedError: there is no readable header.
        """
        mark = len(_BYTE_ORDER_MARK) if head.startswith(_BYTE_ORDER_MARK) else 0
        for magic, what, hint in _NO_TEXT:
            if head.startswith(magic):
                raise FeedError(what, where="line 1", hint=hint)
        end = head.find(b"\n", mark, MAX_HEADER_BYTES)
        if end < 0 and len(head) >= MAX_HEADER_BYTES:
            raise FeedError("the first line is too long for a header", where="line 1", hint="is this a CSV file?")
        line = head[mark : end if end >= 0 else len(head)].removesuffix(b"\r")
        for byte, what, hint in _NO_HEADER:
            if byte in line:
                raise FeedError(what, where="line 1", hint=hint)
        return cls(_names(line), end + 1 if end >= 0 else len(head))

    def check(self, layout: Layout) -> None:
        """Refuse a file that lacks what the layout must have.

        Raises:
            FeedError: a required column is missing.
        """
        missing = sorted(layout.required.difference(self.names))
        if missing:
            raise FeedError(
                f"the header lacks {', '.join(missing)}, which {layout.feed} {layout.report} must have",
                where="line 1",
                hint="is this another report? name it with --report; `quetsach center feeds list` shows all"
                if len(self.names) > 1
                else "are its columns separated by commas?",
            )

    def last_identifying(self, layout: Layout) -> int:
        """Return the position of the last column that a record cannot do without."""
        needed = layout.identifying_headers() | layout.required
        return max(n for n, name in enumerate(self.names) if name in needed)


def _names(line: bytes) -> tuple[str, ...]:
    if not line.strip():
        raise FeedError("the file has no header", where="line 1", hint="its first line must name the columns")
    cells = split_strictly(line)
    if cells is None or len(cells) > MAX_COLUMNS:
        raise FeedError("the first line is not a readable header", where="line 1", hint="is this a CSV file?")
    try:
        names = tuple(cell.decode("utf-8").strip().casefold() for cell in cells)
    except UnicodeDecodeError as error:
        raise FeedError("the header is not UTF-8", where="line 1", hint="save the file as UTF-8") from error
    seen: set[str] = set()
    for name in names:
        if not name or name in seen:
            what = f"names the column {name[:60]!r} twice" if name else "has a column without a name"
            raise FeedError(f"the header {what}", where="line 1")
        seen.add(name)
    return names
