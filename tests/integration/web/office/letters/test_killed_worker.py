"""The worker is killed at every point that matters, in turn, and started again: nothing is sent twice, nothing lost."""

import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from tests.centre import migrated

SCRIPT = Path(__file__).parents[5] / "bench" / "cascade.py"
UNITS = 10
EXPECTED = 2 * UNITS
"""As many provinces as communes."""


@pytest.fixture(scope="module")
def cascade() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cascade", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_worker_killed_anywhere_sends_each_message_once_or_leaves_it_to_a_person(
    cascade: ModuleType, tmp_path_factory: pytest.TempPathFactory, capfd: pytest.CaptureFixture[str]
) -> None:
    data = migrated(tmp_path_factory, "killed-worker")
    folder = str(data)
    with cascade.counting_server() as (port, taken):
        assert cascade.run(data, "prepare", folder, str(UNITS), port=port)[0] == 0
        for point in ("copies-printed", "copies-written", "copies-noted"):
            assert cascade.run(data, "work", folder, point, "1", port=port)[0] == -9
        assert len(taken) == 0
        for point in ("mail-begun", "handing-noted", "mail-taken"):
            assert cascade.run(data, "work", folder, point, "5", port=port)[0] == -9
        assert cascade.run(data, "work", folder, port=port)[0] == 0
        end = json.loads(cascade.run(data, "state", folder)[1])
    assert "leaked" not in capfd.readouterr().err
    assert (end["dispatches"], end["copies"], end["messages"]) == (EXPECTED, EXPECTED, EXPECTED)
    arrived = Counter(address for address, _ in taken)
    assert max(arrived.values()) == 1, "nobody got it twice"
    # Killed between the note and the last byte: it did not arrive. Killed after the server's answer: it did.
    not_arrived = [address for address in end["uncertain"] if address not in arrived]
    assert (len(end["uncertain"]), len(not_arrived)) == (2, 1)
    assert len(arrived) + len(not_arrived) == EXPECTED, "nothing is lost"
    assert end["sent_events"] == EXPECTED - len(end["uncertain"])


def test_what_a_step_that_fails_complains_of_is_told(
    cascade: ModuleType, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cascade.run(tmp_path, "no-such-step")[0] == 1
    assert "Usage: python bench/cascade.py" in capfd.readouterr().err
