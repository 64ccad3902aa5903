"""A start loads only what the command line asks for: each module is a file to find, to read and to check."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.waiting import PATIENCE_SECONDS

COMMANDS = ("scan", "clean", "undo", "quarantine", "update", "report", "gui", "rescue", "packs", "center")


def loaded(*words: str) -> set[str]:
    """Return the modules of the tool that are loaded once a command line was carried out."""
    code = (
        "import io, sys\nfrom contextlib import redirect_stdout\nfrom quetsach.cli.main import main\n"
        f"with redirect_stdout(io.StringIO()):\n    main({words!r})\n"
        "print(*(name for name in sys.modules if name.startswith('quetsach.')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
    )
    return set(told.stdout.split())


def test_the_version_is_told_without_any_command() -> None:
    assert loaded("--version") & {f"quetsach.cli.{name}" for name in COMMANDS} == set()


@pytest.mark.parametrize("command", ["scan", "gui"])
def test_a_command_is_loaded_without_the_commands_of_analysts_and_centres(command: str) -> None:
    assert loaded(command, "--help") & {"quetsach.cli.packs", "quetsach.cli.rescue", "quetsach.cli.center"} == set()


def test_a_scan_loads_nothing_that_acts(tmp_path: Path) -> None:
    there = loaded("scan", str(tmp_path), "--state", str(tmp_path / "state"), "--json")
    assert "quetsach.endpoint.scanner.scan" in there
    acts = {name for name in there if name.startswith("quetsach.endpoint.act.")}
    assert acts == {f"quetsach.endpoint.act.{name}" for name in ("result", "verify")}  # which only look


def test_an_office_is_opened_without_the_libraries_of_the_estimates(tmp_path: Path) -> None:
    """SciPy loads its parts when they are first asked for, as long as nobody imports them by name."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom quetsach.web.configuration import configure_web\n"
        f"configure_web(Path({str(tmp_path)!r}))\n"
        "print('quetsach.assess.effect.finding' in sys.modules)\n"
        "print(sorted({'scipy.stats', 'scipy.optimize'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
    )
    assert told.stdout == "True\n[]\n"
