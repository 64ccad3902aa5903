"""The bytes of a file that were delivered and not yet read."""

from collections.abc import Iterable

from quetsach.feeds.header import MAX_HEADER_BYTES

_SHOWN_BYTES = 400


class Pending:
    """A window over delivered chunks; its last line always gets a newline, so that every line is a whole one."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.data = bytearray()
        self.is_final = False

    def head(self) -> bytes:
        """Return the first bytes of the file, as many as a header may have."""
        self.fill(MAX_HEADER_BYTES)
        return bytes(self.data[:MAX_HEADER_BYTES])

    def fill(self, size: int) -> None:
        """Hold at least ``size`` bytes, or all that are left."""
        while not self.is_final and len(self.data) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                self.is_final = True
                if self.data and not self.data.endswith(b"\n"):
                    self.data += b"\n"
            else:
                self.data += chunk

    def drop(self, size: int) -> None:
        """Forget bytes that were read."""
        del self.data[:size]

    def skip_line(self) -> tuple[bytes, int, int]:
        """Forget a line without holding it; return its beginning and its length without and with its ending."""
        shown, length, last = bytes(self.data[:_SHOWN_BYTES]), 0, b""
        while (end := self.data.find(b"\n")) < 0:
            length += len(self.data)
            last = bytes(self.data[-1:]) or last
            self.data.clear()
            self.fill(1)
            if not self.data:  # the file ends within the line
                return shown, length - (last == b"\r"), length
        last = bytes(self.data[end - 1 : end]) if end else last
        self.drop(end + 1)
        return shown, length + end - (last == b"\r"), length + end + 1
