"""Which processes of a running Windows are never ended: the tool's own, and those without which nobody can sign in."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.fake_windows_processes import Played, PlayedCalls

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.nt.processes import NtProcesses
from quetsach.endpoint.host.posix.files import PosixFiles
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.plan.protection import Protection, SkipReason

OWN = os.getpid()


@dataclass(frozen=True, slots=True)
class RunningWindows:
    """A Windows without registry; satisfies ``Host``."""

    tree: Tree
    processes: NtProcesses
    files: PosixFiles = field(default_factory=PosixFiles)
    registry: None = None
    services: None = None
    is_live: bool = True
    platform: str = "windows"


def _holds(top: Path, *played: Played) -> dict[int, SkipReason | None]:
    tree = PosixTree(top)
    processes = NtProcesses(PlayedCalls(*played), tree)
    protection = Protection.of(RunningWindows(tree, processes), top / "state", ())
    return {process.pid: protection.holds_process(process.anchor) for process in processes}


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """The files of the system drive."""
    for name in ("Windows/System32/svchost.exe", "Windows/System32/wscript.exe", "Users/An/svchost.exe", "x.exe"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_those_that_started_this_process_are_its_own_as_far_as_they_began_before(top: Path) -> None:
    tool = Played(OWN, started=500, parent=40, image=r"C:\x.exe")
    shell, explorer = Played(40, started=400, parent=30, image=r"C:\x.exe"), Played(30, started=450, image=r"C:\x.exe")
    holds = _holds(top, tool, shell, explorer)
    assert holds == {
        OWN: SkipReason.OWN,
        40: SkipReason.OWN,
        30: None,
    }  # 30 was used again: it began after what names it


def test_parents_that_name_each_other_come_to_an_end(top: Path) -> None:
    one, other = Played(OWN, started=5, parent=40), Played(40, started=5, parent=OWN)
    assert _holds(top, one, other) == {OWN: SkipReason.OWN, 40: SkipReason.OWN}


def test_needed_processes_are_known_by_their_place(top: Path) -> None:
    own = Played(OWN, started=1)
    service = Played(50, started=2, image=r"C:\windows\system32\SVCHOST.EXE")
    (top / "windows").symlink_to("Windows")  # this disk tells names apart by their case
    (top / "Windows/system32").symlink_to("System32")
    (top / "Windows/System32/SVCHOST.EXE").symlink_to("svchost.exe")
    impostor = Played(51, started=2, image=r"C:\Users\An\svchost.exe")
    script = Played(52, started=2, image=r"C:\Windows\System32\wscript.exe")
    ghost = Played(53, started=2, image=r"C:\Windows\System32\lsass.exe")  # its file is gone
    kernel = Played(4, started=0, image="")
    holds = _holds(top, own, service, impostor, script, ghost, kernel)
    assert holds == {OWN: SkipReason.OWN, 50: SkipReason.SYSTEM, 51: None, 52: None, 53: None, 4: SkipReason.SYSTEM}


def test_a_needed_process_whose_file_is_not_the_one_it_runs_may_be_ended(top: Path) -> None:
    hollow = Played(50, started=2, image=r"C:\Windows\System32\svchost.exe", image_matches=False)
    assert _holds(top, Played(OWN, started=1), hollow)[50] is None


def test_a_later_process_with_the_number_of_one_of_them_may_be_ended(top: Path) -> None:
    tree = PosixTree(top)
    tool, shell = Played(OWN, started=500, parent=40), Played(40, started=400)
    processes = NtProcesses(PlayedCalls(tool, shell), tree)
    protection = Protection.of(RunningWindows(tree, processes), top / "state", ())
    assert protection.holds_process(ProcessAnchor(40, 400, b"/x.exe", deleted=False)) is SkipReason.OWN
    assert protection.holds_process(ProcessAnchor(40, 900, b"/x.exe", deleted=False)) is None
