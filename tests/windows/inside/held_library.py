r"""A library that a program holds is cleaned away, looked for after the restart, and put back.

Usage: python held_library.py clean|look|undo (state in C:\qs-held)
"""

import ctypes
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CLEANED_RESTART
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.act.verify import awaiting
from quetsach.endpoint.artefact import Artefact, Finding, anchor_of
from quetsach.endpoint.host.disk import fstat, hash_file
from quetsach.endpoint.host.live import live_host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)
LIBRARY = Path("C:\\ProgramData\\Giữ\\giữ.dll")
INSIDE = "/ProgramData/Giữ/giữ.dll".encode()
STATE = Path("C:\\qs-held")


def _clean(state: State) -> None:
    held = ctypes.WinDLL(str(LIBRARY))
    host = live_host()
    fd = host.tree.open_read(host.tree.resolve(INSIDE))
    try:
        anchor = anchor_of(INSIDE, fstat(fd), hash_file(fd))
    finally:
        os.close(fd)
    why = LocalText("vì thử", "for a test")
    artefact = Artefact(ArtefactKind.FILE, anchor)
    found = (Finding("0" * 16, "specimen", "1", "trait", artefact, Action.QUARANTINE, why, "rule (author)"),)
    plan = make_plan(found, host, state.folder)
    result = clean(plan, host, state, look_again=lambda: found, packs=(), now=NOW)
    assert (result.exit_code, result.remaining) == (CLEANED_RESTART, ()), result
    assert LIBRARY.exists()
    assert awaiting(state, live_host()) == ()
    assert held


def main(what: str) -> None:
    """Do one of the three."""
    state = State.open(STATE)
    match what:
        case "clean":
            _clean(state)
        case "look":
            assert not LIBRARY.exists()
            assert awaiting(state, live_host()) == state.sessions
        case "undo":
            steps = undo(state, live_host(), state.sessions[0], now=NOW).steps
            print(*(step.outcome for step in steps))


if __name__ == "__main__":
    main(sys.argv[1])
