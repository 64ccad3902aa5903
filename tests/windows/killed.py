"""Kills the clean-up of planted families after records of its journal, lets the next start finish it, and undoes it.

It runs inside, on the Windows on which they were planted (``living``).

Usage: python killed.py all|some FAMILY… (prints JSON: family -> how many records its acts can write, after which of
them it was killed, and what was not as before afterwards; with ``all``, one family is killed after each)
       python killed.py --act FOLDER RECORDS (cleans one, and ends as if it were killed after so many records)
"""

import json
import os
import pickle
import random
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from tests.waiting import PATIENCE_SECONDS
from tests.windows.state import State as StateOfWindows
from tests.windows.state import changes, state_of_windows

from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.undo import recover, undo, unfinished
from quetsach.endpoint.artefact import Anchor, FileAnchor, Finding, LineAnchor, MemberAnchor, anchor_of
from quetsach.endpoint.host.disk import fstat, hash_file
from quetsach.endpoint.host.live import live_host
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.plan.plan import Plan, make_plan
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.endpoint.store.state import State
from quetsach.packs.load import load_pack

SHELF = Path(__file__).parents[2] / "packs"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
KILLED = 137
FEW = 4
"""The family that is killed after each record has more of them."""
OF_WINE = ("driverdatedata",)
"""What Wine itself writes at each start."""


class Told(TypedDict):
    """What became of one family."""

    records: int
    killed: list[int]
    wrong: list[str]


def act(folder: Path, records: int) -> None:
    """Carry out the plan in a folder, and end after so many records."""
    left = iter(range(records))

    def after_record() -> None:
        if next(left, None) is None:
            os._exit(KILLED)

    plan: Plan = pickle.loads((folder / "plan").read_bytes())
    state = State.open(folder / "state")
    with state.lock():
        clean(plan, live_host(), state, look_again=lambda: (), packs=(), now=NOW, after_record=after_record)


def killed_families(families: list[str], *, one_whole: bool) -> dict[str, Told]:
    """Kill the clean-up of each family; what was changed is to be back each time."""
    found = scan(live_host(), [load_pack(SHELF / family) for family in families], scope=Scope.FULL, now=NOW).findings
    of = {family: [one for one in found if one.family == family] for family in families}
    before = _state()
    records = {family: _records(of[family]) for family in families}
    many = [family for family in families if len(records[family]) > FEW]
    whole = min(many, key=lambda family: len(records[family])) if one_whole else ""
    told: dict[str, Told] = {}
    for family, numbers in records.items():
        half = len(numbers) // 2
        chosen = list(numbers) if family == whole else _some(numbers[:half]) + _some(numbers[half:])
        told[family] = {"records": len(numbers), "killed": [], "wrong": []}
        for number in chosen:
            was_killed = _killed_at(of[family], number)
            told[family]["killed"] += [number] * was_killed
            told[family]["wrong"] += [f"{number}: {line}" for line in changes(before, _state())]
    return told


def _records(findings: list[Finding]) -> range:
    """Return the numbers of the records that acts write: after the session and its steps two for each step."""
    steps = len(_plan(findings, live_host()).steps)
    return range(1 + steps, 1 + 3 * steps)


def _some(numbers: range) -> list[int]:
    return [random.choice(numbers)] if numbers else []


def _killed_at(findings: list[Finding], number: int) -> bool:
    """Kill a clean-up after a record, finish it and undo it; whether it wrote so many."""
    with tempfile.TemporaryDirectory() as name:
        folder, host = Path(name), live_host()
        (folder / "plan").write_bytes(pickle.dumps(_plan(findings, host)))
        command = [sys.executable, __file__, "--act", name, str(number)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        assert done.returncode in (0, KILLED), done.stderr
        state = State.open(folder / "state")
        with state.lock():
            for session in unfinished(state, host):
                recover(state, host, session, now=NOW)
            for session in state.sessions:
                undo(state, host, session, now=NOW)
    return done.returncode == KILLED


def _plan(findings: Iterable[Finding], host: Host) -> Plan:
    """Return the plan for what was found, as it lies there now: a file that came back is another one."""
    anew = [replace(one, artefact=replace(one.artefact, anchor=_anew(one.artefact.anchor, host))) for one in findings]
    return make_plan(anew, host, Path("C:\\none"))


def _anew(anchor: Anchor, host: Host) -> Anchor:
    match anchor:
        case FileAnchor(path) if stat.S_ISREG(host.tree.lstat(path).st_mode):  # a folder stays the same one
            descriptor = host.tree.open_read(path)
            try:
                return anchor_of(path, fstat(descriptor), hash_file(descriptor))
            finally:
                os.close(descriptor)
        case LineAnchor(file) | MemberAnchor(file):
            return replace(anchor, file=_anew(file, host))
    return anchor


def _state() -> StateOfWindows:
    return {name: value for name, value in state_of_windows().items() if not any(w in name.lower() for w in OF_WINE)}


if __name__ == "__main__":
    if sys.argv[1] == "--act":
        act(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        print(json.dumps(killed_families(sys.argv[2:], one_whole=sys.argv[1] == "all")))
