"""Processes of a running Windows refer to what they run and what they were given to run."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.fake_windows_processes import Played, PlayedCalls

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import running
from quetsach.endpoint.host.nt.processes import NtProcesses
from quetsach.endpoint.host.posix.files import PosixFiles
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.tree import Tree


@dataclass(frozen=True, slots=True)
class RunningWindows:
    """A Windows without registry, whose drives are folders; satisfies ``Host``."""

    tree: Tree
    processes: NtProcesses
    files: PosixFiles = field(default_factory=PosixFiles)
    registry: None = None
    services: None = None
    is_live: bool = True
    platform: str = "windows"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """The files of the system drive, and of a stick."""
    for name in (
        *("Windows/System32/wscript.exe", "Windows/System32/cmd.exe", "Windows/System32/rundll32.exe"),
        *("Users/An/AppData/Roaming/x.js", "Users/An/y.js", "D:/tro choi.vbs", "D:/~$W.FAT"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def _collected(top: Path, image: str, line: str, folder: str = "C:\\") -> Artefact:
    played = Played(100, started=1, image=image)
    played.start_with(line, folder)
    tree = PosixTree(top)
    [found] = running.read_processes(RunningWindows(tree, NtProcesses(PlayedCalls(played), tree)))
    assert isinstance(found, Artefact)
    return found


WSCRIPT = r"C:\Windows\System32\wscript.exe"


@pytest.mark.parametrize(
    ("line", "folder", "script"),
    [
        (r'wscript.exe "%APPDATA%\x.js"', r"C:\Users\An", b"/Users/An/AppData/Roaming/x.js"),
        ("wscript y.js", r"C:\Users\An", b"/Users/An/y.js"),
        (r'wscript "D:\tro choi.vbs"', "C:\\", b"/D:/tro choi.vbs"),
        ('wscript "tro choi.vbs"', "D:\\", b"/D:/tro choi.vbs"),
        (r"wscript C:\gone.js", "C:\\", b"/gone.js"),
    ],
)
def test_a_process_refers_to_its_script(top: Path, line: str, folder: str, script: bytes) -> None:
    found = _collected(top, WSCRIPT, line, folder)
    assert found.refers_to == (b"/Windows/System32/wscript.exe", script)
    assert found.fields["script"].encode() == script
    assert found.fields["uid"] == "18"
    assert found.fields["preload"] == ""


def test_a_library_of_any_ending_on_a_stick(top: Path) -> None:
    found = _collected(top, r"C:\Windows\System32\rundll32.exe", r"rundll32 ~$W.FAT,_crys desktop.ini lnk", "D:\\")
    assert b"/D:/~$W.FAT" in found.refers_to
    assert found.fields["command_line"] == "rundll32 ~$W.FAT,_crys desktop.ini lnk"


def test_a_program_that_is_no_interpreter_refers_to_itself_alone(top: Path) -> None:
    (top / "notepad.exe").touch()
    assert _collected(top, r"C:\notepad.exe", r"notepad C:\Users\An\y.js").refers_to == (b"/notepad.exe",)


def test_where_no_other_drive_is_its_paths_are_none_of_the_tree(top: Path) -> None:
    (top / "D:").rename(top / "other")
    assert _collected(top, WSCRIPT, r'wscript "D:\tro choi.vbs"').refers_to == (b"/Windows/System32/wscript.exe",)
