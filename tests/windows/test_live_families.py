"""What families plant on a running Windows is found, removed, still gone after a restart, and put back to the last bit.

All families of a group are planted at once: An is signed in, Bình is not, the memory stick is ``D:``. The repository of
WMI subscriptions is left out, and what somebody's own classes are: Wine has none that lives, and keeps none.
"""

import json
import shutil
from collections.abc import Iterator

import pytest
from tests.windows.bed import build
from tests.windows.bed.wine import SOURCE, Windows, copied
from tests.windows.specimens import Live, groups, live_specimens, write
from tests.windows.state import State, changes

from quetsach.cli.parser import ExitCode

GROUPS = groups(live_specimens())
FOLDER = "C:\\specimen"
OWN = "c:\\programdata\\quetsach"
OF_WINE = ("driverdatedata",)
"""What Wine itself writes at each start."""

ONLY_REPORTED = ("archive-bomb",)
MOST_KILLED_SECONDS = 900
"""Against one that hangs: each kill is a start of the tool, and a busy machine takes long for those."""

type Report = dict[str, list[dict[str, str]]]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(group, id="+".join(one.family for one in group), marks=[pytest.mark.release] if number else [])
        for number, group in enumerate(GROUPS)  # the largest with every change, all before a release
    ],
)
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
    assert _missing(group, _ran(infected, ExitCode.FOUND, "scan", "--full", *packs)) == []
    cleaned = infected.quetsach("clean", "--yes", "--allow-many", "--json", "--full", *packs, code=None, seconds=300)
    assert _failed(json.loads(cleaned.told)) == []
    assert cleaned.code in {ExitCode.CLEANED, ExitCode.CLEANED_RESTART, ExitCode.PARTLY_CLEANED}
    infected.reboot()
    left = _ran(infected, None, "scan", *packs)
    assert [one["where"] for one in left["findings"] if one["action"] != "report"] == []
    undone = infected.quetsach("undo", "--last", "--yes", "--json", code=None)
    assert undone.code == ExitCode.NOTHING_FOUND, undone.told
    assert changes(before, _state(infected)) == []


@pytest.mark.release
def test_a_clean_up_killed_after_any_record_is_finished_and_undone(infected: Windows, group: list[Live]) -> None:
    """Of each family after some records, of one after every one: the next start finishes it, and all comes back."""
    families = [one.family for one in group]
    driver = f"{SOURCE}\\tests\\windows\\killed.py"
    scope = "all" if group == GROUPS[0] else "some"
    told = json.loads(infected.python(driver, scope, *families, seconds=MOST_KILLED_SECONDS).told)
    assert {family: one["wrong"] for family, one in told.items() if one["wrong"]} == {}
    assert [family for family in families if not told[family]["killed"]] == [f for f in ONLY_REPORTED if f in families]
    assert scope == "some" or any(len(one["killed"]) == one["records"] > 4 for one in told.values()), told


def _ran(windows: Windows, code: ExitCode | None, command: str, *words: str) -> Report:
    told: Report = json.loads(windows.quetsach(command, "--json", *words, code=code, seconds=300).told)
    return told


def _state(windows: Windows) -> State:
    return {
        name: value
        for name, value in windows.state().items()
        if not name.lower().startswith(OWN) and not any(word in name.lower() for word in OF_WINE)
    }


def _missing(group: list[Live], report: Report) -> list[str]:
    """Return what was planted and not found, as the people of the machine write it."""
    found = {(one["kind"], one["where"].casefold()) for one in report["findings"]}
    wanted = [(item.kind, one.told(item)) for one in group for item in one.planted]
    return [f"{kind}: {where}" for kind, where in wanted if (kind, where.casefold()) not in found]


def _failed(report: Report) -> list[str]:
    """Return what was not done; what only is reported stays, and makes a clean-up partly one."""
    steps = [step for step in report["steps"] if step["outcome"] not in {"done", "gone"}]
    return [f"{step['kind']} {step['subject']}: {step['outcome']} {step['note']}" for step in steps]
