"""Is the machine clean, after a clean-up and after the restart that one asked for: everything is looked at again."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from quetsach.endpoint import JournalError
from quetsach.endpoint.artefact import Artefact, Finding
from quetsach.endpoint.collect import persistence_entries
from quetsach.endpoint.collect.named_files import Removed
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.step import QuarantineFile, RemoveTask, Step, TruncateFile, file_of
from quetsach.endpoint.scanner.conclusion import Gap, gaps_of
from quetsach.endpoint.scanner.scan import ScanResult, Scope
from quetsach.endpoint.store.session import Session
from quetsach.endpoint.store.state import State, root_of

# Is the machine clean? Everything is looked at again: what acts said of themselves is not believed.


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
    for item in persistence_entries(host, gone):
        if isinstance(item, Artefact) and any(path in gone for path in item.refers_to):
            yield item


# Looking again after the restart that a clean-up asked for.


@dataclass(frozen=True, slots=True)
class Restarted:
    """A session that asked for a restart, and what was seen of its families after it."""

    session: str
    families: tuple[str, ...]
    seen: Verification
    is_whole: bool
    """Whether the scan saw all that it was to see, and looked where the session's had looked."""
    is_settled: bool
    """Whether the session need not be judged again: something is left, or no more than single things were not seen."""


def awaiting(state: State, host: Host) -> tuple[str, ...]:
    """Return the sessions on the running system that asked for a restart which has happened since, oldest first."""
    found = []
    for identifier in state.sessions if host.is_live else ():
        try:
            session = Session.open(state, identifier)
        except JournalError:
            continue
        if session is not None:
            with session:
                if session.awaits_restart and session.header.root == root_of(host):
                    found.append(identifier)
    return tuple(found)


def verify_restarted(state: State, host: Host, identifier: str, scan: ScanResult, *, record: bool) -> Restarted | None:
    """Judge a session by a scan after the restart; ``None`` when that did not look for all of the session's families.

    Args:
        state: the open state folder; whoever records holds its lock.
        host: the running system.
        identifier: a session that awaits it.
        scan: what was looked for and found.
        record: whether the journal is to say what is settled, after which the session is not judged again.
    """
    session = Session.open(state, identifier)
    if session is None:
        return None
    with session:
        steps = [progress.step for progress in session.progress.values()]
        families = tuple(sorted({step.family for step in steps}))
        if not set(families) <= set(scan.reach.families):
            return None
        seen = verify(host, [one for one in scan.findings if one.family in families], removed_by(steps))
        gaps = gaps_of(scan)
        looked_there = scan.scope is Scope.FULL or scan.scope == session.header.scope == Scope.QUICK
        is_settled = not seen.is_clean or (looked_there and all(Gap(gap).is_narrow for gap in gaps))
        if record and is_settled:
            session.verified({"remaining": len(seen.remaining), "dangling": len(seen.dangling)})
        return Restarted(identifier, families, seen, is_whole=looked_there and not gaps, is_settled=is_settled)
