"""Looking again after the restart that a clean-up asked for."""

from dataclasses import dataclass

from quetsach.endpoint.act.verify import Verification, removed_by, verify
from quetsach.endpoint.errors import JournalError
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.keep.machine import root_of
from quetsach.endpoint.keep.session import Session
from quetsach.endpoint.keep.state import State
from quetsach.endpoint.look.conclusion import Gap, gaps_of
from quetsach.endpoint.look.scan import ScanResult, Scope


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
