"""The header line: what a delivered file says its columns are."""

from dataclasses import dataclass

from quetsach.feeds.errors import FeedError
from quetsach.feeds.layout import Layout
from quetsach.feeds.record import split_strictly

MAX_HEADER_BYTES = 1 << 16
MAX_COLUMNS = 512
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FeedError("the file is in UTF-16", where="line 1", hint="save it as UTF-8")
        end = head.find(b"\n", mark, MAX_HEADER_BYTES)
        if end < 0 and len(head) >= MAX_HEADER_BYTES:
            raise FeedError("the first line is too long for a header", where="line 1", hint="is this a CSV file?")
        line = head[mark : end if end >= 0 else len(head)].removesuffix(b"\r")
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
                hint="is this another report? name it with --report; `quetsach center feeds list` shows all",
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
