"""Looks inside some bytes and remembers every member that was looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field

from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.scanner.archive.inside import LIMITS, NOTHING, ArchiveResult, scan_archive
from quetsach.endpoint.scanner.archive.member import InMemory, Limits
from quetsach.endpoint.scanner.kind import FileKind, kind_of


@dataclass(slots=True)
class Seen:
    """What was looked at; ``contents`` is by the last name and takes every member to be known."""

    in_order: list[bytes] = field(default_factory=list)
    inside: ArchiveResult = NOTHING

    @property
    def contents(self) -> dict[str, bytes]:
        names = [member.names[-1].decode() for member in self.inside.members]
        return dict(zip(names, self.in_order, strict=True))

    def recognise(self, content: bytes, kind: FileKind) -> tuple[Hit, ...]:
        self.in_order.append(content)
        return (Hit("sewing", str(len(self.in_order)), ""),)


def look(
    content: bytes, *, name: bytes = b"", limits: Limits = LIMITS, clock: Callable[[], float] = lambda: 0.0
) -> Seen:
    """Look inside some bytes; every member counts as recognised."""
    seen = Seen()
    source = InMemory(content)
    seen.inside = scan_archive(source, kind_of(content[:4096]), seen.recognise, name=name, limits=limits, clock=clock)
    return seen
