"""A clean-up of a running registry, or its undo, that is killed after any record is finished or undone by the next."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.waiting import PATIENCE_SECONDS
from tests.windows.inside import live_infection
from tests.windows.state import changes, registry

from quetsach.endpoint.act.undo import recover, unfinished
from quetsach.endpoint.host.live import live_host
from quetsach.endpoint.store.state import State

EVERY = int(os.environ.get("QUETSACH_KILLED_EVERY", "7"))
"""Each so many records, others in each run; 1 tries all of them."""


def _killed(what: str, state: Path, records: int) -> bool:
    """Act in a process of its own that is ended after so many records; whether it was."""
    command = [sys.executable, live_infection.__file__, what, str(state), str(records)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode in (0, live_infection.KILLED), done.stderr
    return done.returncode == live_infection.KILLED


@pytest.mark.parametrize("what", ["clean", "undo"])
def test_any_record_can_be_the_last(what: str, tmp_path: Path) -> None:
    with live_infection.planted():
        infected = registry()
        file = Path("C:\\") / os.fsdecode(live_infection.TASK[1:])
        records, tried, goes_on = random.randrange(EVERY), 0, True
        while goes_on:
            folder = tmp_path / str(records)
            state = State.open(folder)
            if what == "undo":
                live_infection.act("clean", state, None)
                assert not file.exists()
            goes_on = _killed(what, folder, records)
            with state.lock():
                for session in unfinished(state, live_host()):
                    recover(state, live_host(), session, now=live_infection.NOW)
            live_infection.act("undo", state, None)
            assert changes(infected, registry()) == [], records
            assert file.read_bytes() == b"<Task/>"
            records, tried = records + EVERY, tried + 1
        assert tried > 8 // EVERY
