"""What families plant on a running Windows is found, removed, still gone after a restart, and put back to the last bit.

All families of a group are planted at once: An is signed in, Bình is not, the memory stick is ``D:``, and every program
that was planted where it can run runs.
"""

import json
import shutil
from collections.abc import Iterator

import pytest
from tests.windows.bed import build
from tests.windows.bed.wine import SOURCE, Windows, copied
from tests.windows.specimens import Live, groups, live_specimens, write
from tests.windows.state import State, changes

from quetsach.cli.exit_code import ExitCode

GROUPS = groups(live_specimens())
FOLDER = "C:\\specimen"
OWN = ("c:\\programdata\\quetsach", "c:\\programdata || ")


@pytest.fixture(scope="module", params=GROUPS, ids=lambda group: "+".join(one.family for one in group))
def group(request: pytest.FixtureRequest) -> list[Live]:
    """Give the families of one run."""
    specimens: list[Live] = request.param
    return specimens


@pytest.fixture(scope="module")
def infected(group: list[Live]) -> Iterator[Windows]:
    """Give a running Windows on which the families of the group have been planted."""
    with copied(build.prefix(), build.python()) as windows:
        folder = windows.inside(FOLDER)
        folder.mkdir()
        write(group, folder)
        windows.python(f"{SOURCE}\\tests\\windows\\living.py", FOLDER)
        shutil.rmtree(folder)
        yield windows


def test_families_come_and_go_and_come_back(infected: Windows, group: list[Live]) -> None:
    packs = [word for one in group for word in ("--pack", f"{SOURCE}\\packs\\{one.family}")]
    before = _state(infected)
    found = _ran(infected, ExitCode.FOUND, "scan", *packs)
    assert _missing(group, found) == []
    cleaned = infected.quetsach("clean", "--yes", "--allow-many", "--json", *packs, code=None)
    report = json.loads(cleaned.told)
    assert cleaned.code in {ExitCode.CLEANED, ExitCode.CLEANED_RESTART}, _failed(report)
    infected.reboot()
    left = _ran(infected, None, "scan", *packs)
    assert [one["where"] for one in left["findings"] if one["action"] != "report"] == []
    undone = infected.quetsach("undo", "--last", "--yes", "--json", code=None)
    assert undone.code == ExitCode.CLEANED, undone.told
    assert changes(before, _state(infected)) == []


def _ran(windows: Windows, code: ExitCode | None, command: str, *words: str) -> dict[str, list[dict[str, str]]]:
    told: dict[str, list[dict[str, str]]] = json.loads(windows.quetsach(command, "--json", *words, code=code).told)
    return told


def _state(windows: Windows) -> State:
    return {name: value for name, value in windows.state().items() if not name.lower().startswith(OWN)}


def _missing(group: list[Live], report: dict[str, list[dict[str, str]]]) -> list[str]:
    """Return what was planted and not found, as the people of the machine write it."""
    found = {(one["kind"], one["where"].casefold()) for one in report["findings"]}
    wanted = [(item.kind, where) for one in group for item in one.planted for where in [_where(item.path)]]
    return [f"{kind}: {where}" for kind, where in wanted if (kind, where.casefold()) not in found]


def _where(path: str) -> str:
    return path


def _failed(report: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return [step for step in report["steps"] if step.get("outcome") != "done"]
