"""The tool does without what only the other system has: its modules are refused to all but the packages made for it."""

import subprocess
import sys

import pytest
from tests.windows.modules import OF_WINDOWS, TO_POSIX, TO_WINDOWS, modules_of_the_tool

POSIX = ("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
WINDOWS = ("_winapi", "_wmi", "ctypes.wintypes", "msvcrt", "nt", "winreg", "winsound")

IMPORTING = """
import builtins, importlib, sys

refused, allowed, wanted = sys.argv[1].split(","), sys.argv[2], sys.argv[3].split(",")
found = builtins.__import__

def import_(name, globals=None, locals=None, fromlist=(), level=0):
    asking = (globals or {}).get("__name__", "")
    names = {name} | {f"{name}.{part}" for part in fromlist or ()}
    may_ask = f"{asking}.".startswith((f"{allowed}.", "quetsach.storage."))
    of_the_tool = asking.split(".")[0] == "quetsach" and not may_ask
    if level == 0 and of_the_tool and names & set(refused):
        raise ModuleNotFoundError(f"{asking} asks for {name}", name=name)
    return found(name, globals, locals, fromlist, level)

builtins.__import__ = import_
told = set()
for name in wanted:
    try:
        importlib.import_module(name)
    except ImportError as error:
        told.add(str(error))
print(*sorted(told), sep="\\n", end="")
"""


def _refusals(refused: tuple[str, ...], allowed: str, wanted: list[str]) -> list[str]:
    words = (",".join(refused), allowed, ",".join(wanted))
    run = subprocess.run([sys.executable, "-c", IMPORTING, *words], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


@pytest.mark.parametrize(("refused", "allowed"), [(POSIX, TO_POSIX), (WINDOWS, TO_WINDOWS)])
def test_the_whole_tool_is_imported_without_modules_of_one_system(refused: tuple[str, ...], allowed: str) -> None:
    wanted = modules_of_the_tool(but=OF_WINDOWS)  # storage, which the centre has too, asks by the system it is on
    assert len(wanted) > 200
    assert _refusals(refused, allowed, wanted) == []


def test_a_package_that_is_not_allowed_to_is_refused() -> None:
    assert f"{TO_POSIX}.files asks for fcntl" in _refusals(POSIX, "nobody", [f"{TO_POSIX}.files"])
