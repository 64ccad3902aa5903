"""The bed: its Python is that of python.org, and its Windows restarts as one does."""

import re
import subprocess
from pathlib import Path

import pytest
from release.windows import runtime
from tests.waiting import PATIENCE_SECONDS, until
from tests.windows.bed import build
from tests.windows.bed.wine import Windows
from tests.windows.state import changes

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"
AT_REBOOT = rf"""
import ctypes, winreg
open(r"C:\pending.txt", "w").close()
assert ctypes.windll.kernel32.MoveFileExW(r"C:\pending.txt", None, 4)
with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"{RUN}", access=2) as key:
    winreg.SetValueEx(key, "ran", 0, winreg.REG_SZ, r"cmd /c echo %TIME% > C:\ran.txt")
"""


def test_the_runtime_is_signed_by_python_org() -> None:
    folder = build.python()
    signed = [folder / runtime.CORE, *(folder / "DLLs").glob("*.pyd")]
    assert len(signed) > 20
    for path in signed:
        seen = subprocess.run(["osslsigncode", "verify", "-in", path], capture_output=True, text=True, check=False)
        digests = re.findall(r"(?:Current|Calculated) message digest +: (\w+)", seen.stdout)
        assert (len(digests), len(set(digests))) == (2, 1)
        assert re.search("Subject: .*O=Python Software Foundation/", seen.stdout)


def test_a_restart_makes_pending_renames_starts_programs_and_changes_nothing_else(windows: Windows) -> None:
    before = windows.state()
    windows.python("-c", AT_REBOOT)
    assert windows.inside("C:\\pending.txt").exists()
    windows.reboot()
    assert not windows.inside("C:\\pending.txt").exists()
    _wait_for(windows.inside("C:\\ran.txt"))
    told = changes(before, windows.state())
    assert [line.partition(": None -> ")[0] for line in told] == ["C:\\ran.txt", f'HKLM\\{RUN} || "ran"']


def _wait_for(path: Path) -> None:
    until(lambda: path.exists() and path.stat().st_size, every=0.1)


def test_a_program_that_does_not_end_is_killed_and_told(windows: Windows) -> None:
    endless = "import time; print('began', flush=True); time.sleep(9999)"
    for seconds in (3, 30, PATIENCE_SECONDS):  # on a busy machine it takes long until one begins
        ended = windows.python("-c", endless, seconds=seconds, code=None)
        if ended.told:
            break
    assert (ended.code, ended.told) == (124, "began\n")
    with pytest.raises(AssertionError, match="ended with 3, not 0:\nxong\n"):
        windows.python("-c", "print('xong'); raise SystemExit(3)")


def test_a_source_tree_is_laid_anew(windows: Windows) -> None:
    left = windows.inside("C:\\quetsach\\src\\left_over.py")
    left.write_text("")
    windows.install_source()
    assert not left.exists()
    assert windows.python("-c", "import quetsach; print(quetsach.__file__)").told == (
        "C:\\quetsach\\src\\quetsach\\__init__.py\n"
    )
