"""Processes of Windows: by handles that are compared, whatever numbers are used again."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fake_windows_processes import Played, PlayedCalls

from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.nt.process_calls import IMAGE, Region
from quetsach.endpoint.host.nt.processes import NtProcesses, start_of_machine
from quetsach.endpoint.host.port import Tree
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.process import ProcessState

IMAGE_FILE = b"MZ the program"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """The files of a system drive."""
    (tmp_path / "x.exe").write_bytes(IMAGE_FILE)
    return PosixTree(tmp_path)


@pytest.fixture
def worm() -> Played:
    """A process that runs /x.exe."""
    return Played(100, started=5000, parent=8)


@pytest.fixture
def calls(worm: Played) -> Iterator[PlayedCalls]:
    """A system with that process; whatever is opened is closed."""
    calls = PlayedCalls(worm)
    yield calls
    assert calls.handles == {}


@pytest.fixture
def processes(calls: PlayedCalls, tree: Tree) -> NtProcesses:
    """Its processes."""
    return NtProcesses(calls, tree)


def _anchor(processes: NtProcesses, pid: int = 100) -> ProcessAnchor:
    found = processes.read(pid)
    assert found is not None
    return found.anchor


def test_a_process_is_described(processes: NtProcesses, worm: Played) -> None:
    worm.start_with(r'"C:\x.exe"  -c "a  b"', "C:\\Users\\An\\")
    found = processes.read(100)
    assert found is not None
    assert found.anchor == ProcessAnchor(100, 5000, b"/x.exe", deleted=False)
    assert (found.parent, found.uid, found.name, found.cwd) == (8, 18, b"x.exe", b"/Users/An")
    assert found.arguments == (rb'"C:\x.exe"', b"-c", b'"a  b"')
    assert processes.named_image(found) == (b"/x.exe",)
    assert list(processes) == [found]


def test_what_the_system_says_of_the_command_line_goes_before_what_the_process_says(
    processes: NtProcesses, worm: Played
) -> None:
    worm.start_with("harmless.exe", "")
    worm.command = "worm.exe /run"
    found = processes.read(100)
    assert found is not None
    assert found.arguments == (b"worm.exe", b"/run")


@pytest.mark.parametrize(
    ("image", "path"),
    [
        (r"C:\Windows\a.exe", b"/Windows/a.exe"),
        (r"\Device\HarddiskVolume3\Windows\a.exe", b"/Windows/a.exe"),
        (r"\Device\HarddiskVolume7\tro choi.exe", b"/D:/tro choi.exe"),
        (r"\??\d:\a.exe", b"/D:/a.exe"),
        (r"\Device\Mup\server\chung\a.exe", b"/Mup:/server/chung/a.exe"),
        (r"\\server\chung\a.exe", b"/Mup:/server/chung/a.exe"),
        ("", b""),
    ],
)
def test_images_on_any_drive_are_named(processes: NtProcesses, worm: Played, image: str, path: bytes) -> None:
    worm.image = image
    assert _anchor(processes).executable == path


def test_an_image_of_another_machine_is_not_taken_for_a_deleted_one(processes: NtProcesses, worm: Played) -> None:
    worm.image = r"\\server\chung\a.exe"
    found = processes.read(100)
    assert found is not None
    assert not found.is_deleted
    assert processes.named_image(found) == ()
    with pytest.raises(FileNotFoundError):
        processes.open_image(found.anchor)


def test_an_image_without_a_file_is_deleted(processes: NtProcesses, worm: Played) -> None:
    worm.image = r"C:\ghost.exe"
    found = processes.read(100)
    assert found is not None
    assert found.is_deleted
    assert processes.named_image(found) == ()
    assert processes.image_identity(found.anchor) is None


def test_the_image_is_read_and_known_by_its_file(processes: NtProcesses, tree: Tree) -> None:
    anchor = _anchor(processes)
    descriptor = processes.open_image(anchor)
    assert os.read(descriptor, 99) == IMAGE_FILE
    os.close(descriptor)
    state = tree.stat(b"/x.exe")
    assert processes.image_identity(anchor) == (state.st_dev, state.st_ino)


def test_a_file_that_took_the_name_of_the_image_is_not_taken_for_it(processes: NtProcesses, worm: Played) -> None:
    worm.image_matches = False
    with pytest.raises(FileNotFoundError):
        processes.open_image(_anchor(processes))
    assert processes.image_identity(_anchor(processes)) is None


def test_the_parent_began_earlier(processes: NtProcesses, calls: PlayedCalls) -> None:
    calls.processes += [Played(8, started=4000), Played(9, started=6000, parent=8)]
    child = processes.read(100)
    assert child is not None
    parent = processes.parent(child)
    assert parent is not None
    assert parent.pid == 8
    calls.processes[1].started = 7000  # its number was used again
    assert processes.parent(child) is None


def test_a_process_that_names_itself_as_its_parent_has_none(processes: NtProcesses, worm: Played) -> None:
    worm.parent = worm.pid
    child = processes.read(100)
    assert child is not None
    assert processes.parent(child) is None


def test_suspending_is_counted_and_taken_back(processes: NtProcesses, worm: Played) -> None:
    worm.threads = [0, 1]  # one that the program itself had suspended
    anchor = _anchor(processes)
    assert processes.state(anchor) is ProcessState.RUNNING
    assert processes.suspend(anchor)
    assert processes.suspend(anchor)  # again, as each round of suspending a family does
    assert (worm.threads, processes.state(anchor)) == ([1, 2], ProcessState.STOPPED)
    assert processes.resume(anchor)
    assert worm.threads == [0, 1]


def test_a_thread_that_comes_while_suspending_is_suspended_too(processes: NtProcesses, worm: Played) -> None:
    worm.thread_born_on_suspend = True
    anchor = _anchor(processes)
    assert processes.suspend(anchor)
    assert all(worm.threads)
    assert processes.resume(anchor)
    assert worm.threads == [0, 0, 0]


def test_what_another_run_of_this_tool_suspended_goes_on(processes: NtProcesses, worm: Played) -> None:
    worm.threads = [2, 2]
    assert processes.resume(_anchor(processes))
    assert worm.threads == [0, 0]


def test_a_process_that_runs_is_not_touched_by_resuming(processes: NtProcesses, worm: Played) -> None:
    worm.threads = [0, 1]
    assert processes.resume(_anchor(processes))
    assert worm.threads == [0, 1]


def test_a_process_ends(processes: NtProcesses, worm: Played, calls: PlayedCalls) -> None:
    anchor = _anchor(processes)
    assert processes.kill(anchor)
    assert (calls.ended, processes.state(anchor), processes.read(100)) == ([5000], ProcessState.DEAD, None)
    assert processes.kill(anchor)
    assert calls.ended == [5000]


def test_one_that_does_not_end_is_not_called_dead(processes: NtProcesses, worm: Played) -> None:
    worm.dies_hard = True
    assert not processes.kill(_anchor(processes))


def test_a_later_process_of_the_same_number_is_not_hit(
    processes: NtProcesses, worm: Played, calls: PlayedCalls
) -> None:
    anchor = _anchor(processes)
    worm.is_ended = True
    other = Played(100, started=9000)
    calls.processes.append(other)
    assert processes.state(anchor) is ProcessState.DEAD
    assert processes.suspend(anchor)
    assert not processes.resume(anchor)
    assert processes.kill(anchor)
    assert (calls.ended, other.threads) == ([], [0, 0])
    with pytest.raises(ProcessLookupError):
        processes.open_image(anchor)
    with pytest.raises(ProcessLookupError):
        processes.open_memory(anchor)


def test_a_critical_process_is_made_ordinary_before_it_ends(processes: NtProcesses, worm: Played) -> None:
    worm.is_critical = True
    assert processes.kill(_anchor(processes))


def test_one_that_stays_critical_is_not_ended(processes: NtProcesses, worm: Played, calls: PlayedCalls) -> None:
    worm.is_critical = worm.stays_critical = True
    with pytest.raises(PermissionError):
        processes.kill(_anchor(processes))
    assert calls.ended == []


def test_a_protected_process_is_seen_and_denies_the_rest(processes: NtProcesses, worm: Played) -> None:
    worm.is_protected, worm.command = True, "x.exe /p"
    found = processes.read(100)
    assert found is not None
    assert (found.executable, found.arguments, found.cwd) == (b"/x.exe", (b"x.exe", b"/p"), b"")
    assert processes.state(found.anchor) is ProcessState.RUNNING
    for act in (processes.suspend, processes.kill, processes.open_memory):
        with pytest.raises(PermissionError):
            act(found.anchor)
    os.close(processes.open_image(found.anchor))
    worm.is_ended = True
    assert processes.state(found.anchor) is ProcessState.DEAD


def test_files_in_use_are_known_whatever_the_process_says_of_itself(processes: NtProcesses, worm: Played) -> None:
    worm.modules = (r"C:\Temp\Loaded.DLL",)
    worm.regions = (Region(0x7000, 4096, 0x7000, 0x20, IMAGE),)
    worm.names = {0x7000: r"\Device\HarddiskVolume3\Temp\mapped.dll"}
    assert processes.holds_removed(100, {b"/temp/loaded.dll"})
    assert processes.holds_removed(100, {b"/Temp/mapped.dll", b"/other"})
    assert not processes.holds_removed(100, {b"/Temp/other.dll"})


def test_a_start_of_the_machine_is_known_by_its_first_process(calls: PlayedCalls) -> None:
    assert start_of_machine(calls) == "1"  # Wine has no such process
    calls.processes += [Played(4, started=0), Played(300, started=77, parent=4), Played(304, started=99, parent=4)]
    before = start_of_machine(calls)
    calls.boot = 12_345  # the clock was set
    assert start_of_machine(calls) == before == f"{77:x}"
