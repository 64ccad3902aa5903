"""The window of an installed tool under Wine, and a person who reads and presses it as screen readers do."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.windows.bed import build
from tests.windows.bed.wine import Windows

PLACE = "C:\\Program Files\\QuetSach"
CONSOLE = f"{PLACE}\\quetsach.exe"
WINDOW = f"{PLACE}\\QuetSachWindow.exe"
SECONDS = 90
_PYTHON = "C:\\get\\python"

type Shown = dict[str, object]


def bring_driver(windows: Windows) -> None:
    """Lay a Python with the driver into a Windows; only after what is tested there, which has none."""
    subprocess.run(["cp", "--archive", build.python(), windows.inside(_PYTHON)], check=True)
    here = Path(__file__).parent
    for path in (here / "window_driver.py", here.parent / "windows" / "inside" / "window" / "accessible.py"):
        shutil.copy(path, windows.inside(_PYTHON))


@dataclass
class Driven:
    """The installed tool in a Windows, and a Python beside it that reads and presses what is on the screen."""

    windows: Windows
    started: subprocess.Popen[bytes] | None = None

    def open(self, *words: str, program: str = WINDOW) -> None:
        self.started = self.windows.start("wine", program, *words)

    def wait(self, *texts: str, seconds: int = SECONDS) -> Shown:
        told = self._driver("wait", str(seconds), *texts, seconds=seconds + 60)
        shown: Shown = json.loads(told)
        return shown

    def press(self, name: str) -> None:
        self._driver("press", name)

    def closed(self) -> int:
        """Close the window, and return how the program ended."""
        self._driver("close")
        return self.ended()

    def ended(self) -> int:
        assert self.started is not None
        return self.started.wait(SECONDS)

    def _driver(self, *words: str, seconds: int = 60) -> str:
        program = ("wine", f"{_PYTHON}\\python.exe", f"{_PYTHON}\\window_driver.py")
        return self.windows.run(*program, *words, seconds=seconds).told


def names_of(shown: Shown, role: str) -> list[str]:
    """Return the names of all controls of a role, in the order of the page."""
    controls = shown["controls"]
    assert isinstance(controls, list)
    return [one["name"] for one in controls if one["role"] == role]
