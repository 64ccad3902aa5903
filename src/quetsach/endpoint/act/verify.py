"""Is the machine clean? Everything is looked at again: what acts said of themselves is not believed."""

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import footholds
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.port import Host


@dataclass(frozen=True, slots=True)
class Verification:
    """What a second look saw: findings that are still there, and footholds that name a file that was removed."""

    remaining: tuple[Finding, ...]
    dangling: tuple[Artefact, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left, and nothing points to what was removed."""
        return not self.remaining and not self.dangling


def verify(host: Host, findings: Iterable[Finding], removed: Collection[bytes]) -> Verification:
    """Judge a machine after a clean-up.

    Args:
        host: the machine.
        findings: what a new scan found.
        removed: paths (inside the root, without links) of the files that were removed.
    """
    gone = frozenset(removed)
    return Verification(tuple(findings), tuple(_dangling(host, gone)) if gone else ())


def _dangling(host: Host, gone: frozenset[bytes]) -> Iterable[Artefact]:
    for item in footholds(host):
        if isinstance(item, Artefact) and any(_real(host, path) in gone for path in item.refers_to):
            yield item


def _real(host: Host, path: bytes) -> bytes:
    try:
        return host.tree.resolve(path)
    except OSError:
        return os.path.normpath(path)
