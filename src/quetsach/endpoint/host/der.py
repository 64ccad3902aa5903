"""Reads DER (ITU-T X.690), as far as signatures of files need it: bounded, and refusing what is not well-formed."""

from collections.abc import Iterator
from dataclasses import dataclass

from quetsach.endpoint.errors import EndpointError

INTEGER, OCTETS, OBJECT, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31


class DerError(EndpointError):
    """The bytes are not the structure that they should be."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag byte, and where it, its content and its end lie in ``source``."""

    source: bytes
    tag: int
    start: int
    inside: int
    end: int

    @property
    def content(self) -> bytes:
        """The bytes inside, without tag and length."""
        return self.source[self.inside : self.end]

    @property
    def whole(self) -> bytes:
        """The bytes with tag and length."""
        return self.source[self.start : self.end]

    def __iter__(self) -> Iterator["Element"]:
        """Yield the elements inside."""
        position = self.inside
        while position < self.end:
            element = read_element(self.source, position, self.end)
            yield element
            position = element.end

    def child(self, number: int, tag: int) -> "Element":
        """Return the element of this number inside, which must have the tag."""
        for count, element in enumerate(self):
            if count == number and element.tag == tag:
                return element
            if count == number:
                break
        raise DerError(f"no element {number} with tag {tag:#x} at byte {self.start}")

    def oid(self) -> str:
        """Return an object identifier in dotted form."""
        if self.tag != OBJECT or not 1 <= self.end - self.inside <= 64 or self.content[-1] & 0x80:
            raise DerError(f"no object identifier at byte {self.start}")
        numbers = [0]
        for byte in self.content:
            numbers[-1] = numbers[-1] << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(0)
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:-1])))


def read_element(source: bytes, position: int = 0, end: int | None = None) -> Element:
    """Return the element at a position.

    Raises:
        DerError: it has a long tag, an indefinite length, or does not end before ``end``.
    """
    end = len(source) if end is None else end
    if end - position < 2 or source[position] & 0x1F == 0x1F:
        raise DerError(f"no element at byte {position}")
    length, inside = source[position + 1], position + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or end - inside < count:
            raise DerError(f"no length at byte {position}")
        length, inside = int.from_bytes(source[inside : inside + count]), inside + count
    if length > end - inside:
        raise DerError(f"the element at byte {position} does not end")
    return Element(source, source[position], position, inside, inside + length)
