"""How much is unpacked of one archive, what a bomb is, and what ends a look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from quetsach.endpoint.errors import EndpointError
from quetsach.endpoint.look.archive.source import Source
from quetsach.endpoint.trouble import Reason

_TICKS = 16


class ClosedError(EndpointError):
    """One member, or one archive inside another, cannot be looked into; the rest can. ``reason`` says why."""

    def __init__(self, what: str, reason: Reason) -> None:
        super().__init__(what)
        self.reason = reason


class EndedError(EndpointError):
    """Nothing more is unpacked of the whole archive: a limit was reached, or it is a bomb."""

    def __init__(self, what: str, *, is_bomb: bool = False) -> None:
        super().__init__(what)
        self.is_bomb = is_bomb


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one file with everything inside it; why these, see ADR 0036.

    Sizes are bytes, times seconds of processor time.
    """

    depth: int = 12
    """Archives inside archives; 42.zip has six levels, a man page in a .deb in a .tar.gz lies in six."""
    members: int = 100_000
    told: int = 1_000
    """Members that showed something and are told of one by one."""
    held_bytes: int = 24 << 20
    """Unpacked bytes kept at once, on all levels together; of a larger member the first ones are looked at."""
    decoder_bytes: int = 68 << 20
    """What one decoder may allocate: xz -9 and 7z -mx9 need a dictionary of 64 MiB."""
    output_bytes: int = 1 << 30
    output_ratio: int = 4
    """All that is unpacked may come to ``output_bytes`` and ``output_ratio`` times the size of the file."""
    bomb_bytes: int = 256 << 20
    bomb_ratio: int = 250
    """More than both, unpacked, is a bomb. One layer of deflate gives at most 1032 to 1."""
    seconds: float = 20
    bytes_per_second: int = 10_000_000
    """A larger file has more time."""


@dataclass(slots=True)
class Budget:
    """What one file has used up so far. Every method raises ``EndedError`` where a limit is passed."""

    limits: Limits
    outermost: Source
    clock: Callable[[], float]
    members: int = 0
    output: int = 0
    held: int = 0
    _ticks: int = 0
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        seconds = self.limits.seconds + self.outermost.size_bytes / self.limits.bytes_per_second
        self._ends = self.clock() + seconds

    def take_member(self) -> None:
        """Count one member."""
        self.members += 1
        if self.members > self.limits.members:
            raise EndedError("more members than are looked at")
        self.tick()

    def tick(self) -> None:
        """Look at the clock, now and then: it costs as much as a small member."""
        self._ticks += 1
        if self._ticks % _TICKS == 0 and self.clock() > self._ends:
            raise EndedError("unpacking took too long")

    def spend(self, size_bytes: int) -> None:
        """Count bytes that were unpacked."""
        self.output += size_bytes
        limits, packed = self.limits, self.outermost.size_bytes
        if self.output > limits.bomb_bytes and self.output > limits.bomb_ratio * packed:
            raise EndedError("it unpacks to far more than anyone packs", is_bomb=True)
        if self.output > limits.output_bytes + limits.output_ratio * packed:
            raise EndedError("it unpacks to more than is looked at")
        self.tick()

    @property
    def share(self) -> int:
        """So many bytes may be kept of the next member: three quarters of what is left, so that some is left."""
        return (self.limits.held_bytes - self.held) * 3 // 4

    @property
    def is_suspicious(self) -> bool:
        """Whether so much came out of the part read so far that unpacking on can show a bomb."""
        read = min(self.outermost.bytes_read, self.outermost.size_bytes)
        return self.output > self.limits.bomb_ratio // 4 * read

    @contextmanager
    def holding(self, size_bytes: int) -> Iterator[None]:
        """Count bytes as kept while something inside them is looked at."""
        self.held += size_bytes
        try:
            yield
        finally:
            self.held -= size_bytes
