"""Reads numbers and texts out of hostile binary records: everything that lies outside is empty, nothing fails."""

import struct
from dataclasses import dataclass

_NUMBERS = {1: "<B", 2: "<H", 4: "<I"}


@dataclass(frozen=True, slots=True)
class Record:
    """Bytes that claim to have a form. Offsets are bytes from the start; numbers are little endian."""

    data: bytes

    def number(self, offset: int, size: int) -> int:
        """Return an unsigned number of 1, 2 or 4 bytes; 0 when the record ends before it."""
        if offset < 0 or offset + size > len(self.data):
            return 0
        value: int = struct.unpack_from(_NUMBERS[size], self.data, offset)[0]
        return value

    def part(self, offset: int, size: int) -> bytes:
        """Return so many bytes, or what there is of them."""
        return self.data[offset : offset + size] if offset >= 0 and size > 0 else b""

    def wide(self, offset: int, characters: int) -> str:
        """Return UTF-16 text of at most so many characters, up to the first NUL."""
        return wide_text(self.part(offset, 2 * characters))

    def narrow(self, offset: int, characters: int) -> str:
        """Return text of one byte a character, up to the first NUL; letters beyond ASCII as Latin-1 has them."""
        return self.part(offset, characters).split(b"\0", 1)[0].decode("latin-1")


def wide_text(raw: bytes) -> str:
    """Return UTF-16 text up to the first NUL; half characters are shown as the replacement character."""
    return raw.decode("utf-16-le", "replace").split("\0", 1)[0]
