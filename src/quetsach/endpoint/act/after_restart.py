"""Looking again after the restart that a clean-up asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.endpoint.act.verify import Verification, removed_by, verify
from quetsach.endpoint.errors import JournalError
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.keep.machine import root_of
from quetsach.endpoint.keep.session import Session
from quetsach.endpoint.keep.state import State


@dataclass(frozen=True, slots=True)
class Restarted:
    """A session that asked for a restart, and what was seen of its families after it."""

    session: str
    families: tuple[str, ...]
    seen: Verification


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


def verify_restarted(
    state: State, host: Host, identifier: str, findings: Sequence[Finding], *, record: bool
) -> Restarted | None:
    """Judge a session by what a scan after the restart found.

    Args:
        state: the open state folder; whoever records holds its lock.
        host: the running system.
        identifier: a session that awaits it.
        findings: what the scan found of any family.
        record: whether the journal is to say so, after which the session is not judged again.
    """
    session = Session.open(state, identifier)
    if session is None:
        return None
    with session:
        steps = [progress.step for progress in session.progress.values()]
        families = tuple(sorted({step.family for step in steps}))
        seen = verify(host, [one for one in findings if one.family in families], removed_by(steps))
        if record:
            session.verified({"remaining": len(seen.remaining), "dangling": len(seen.dangling)})
        return Restarted(identifier, families, seen)
