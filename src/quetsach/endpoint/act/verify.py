"""Is the machine clean? Everything is looked at again: what acts said of themselves is not believed."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import footholds
from quetsach.endpoint.collect.removed import Removed
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.step import QuarantineFile, RemoveTask, Step, TruncateFile, file_of


@dataclass(frozen=True, slots=True)
class Verification:
    """What a second look saw: findings that are still there, and footholds that name a file that was removed."""

    remaining: tuple[Finding, ...]
    dangling: tuple[Artefact, ...]

    @property
    def is_clean(self) -> bool:
        """Whether nothing is left, and nothing points to what was removed."""
        return not self.remaining and not self.dangling


def removed_by(steps: Iterable[Step]) -> frozenset[bytes]:
    """Return the files that steps may have removed: not texts of their own right, which the system may name for ever.

    Whatever names ``/etc/rc.local`` named it before malware wrote into it.
    """
    kinds = QuarantineFile | TruncateFile | RemoveTask
    files = (file_of(step.target) for step in steps if isinstance(step.target, kinds))
    return frozenset(file.path for file in files if file is not None)


def verify(host: Host, findings: Iterable[Finding], removed: Collection[bytes]) -> Verification:
    """Judge a machine after a clean-up.

    Args:
        host: the machine.
        findings: what a new scan found.
        removed: paths (inside the root, without links) of files; those that are gone were removed.
    """
    gone = Removed.of(host, removed)
    return Verification(tuple(findings), tuple(_dangling(host, gone)) if gone else ())


def _dangling(host: Host, gone: Removed) -> Iterator[Artefact]:
    for item in footholds(host, gone):
        if isinstance(item, Artefact) and any(path in gone for path in item.refers_to):
            yield item
