"""One sitting at the rescue stick: drives are listed, looked at, cleaned and put back as a person chooses."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from quetsach.cli.acting import agreed
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.output import say
from quetsach.core.number import size_text
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.messages.error import translated
from quetsach.rescue.errors import RescueError
from quetsach.rescue.mounting import mount_to_clean, mount_to_look, place_of, unmount, why_unfit
from quetsach.rescue.volumes import Volume

MEMORY = Path("/run/quetsach/memory")
"""Where a scan keeps its report where the stick has no room."""

ON_DRIVE = "QuetSach-"
"""How the folder begins that is made on a cleaned drive where the stick has no room."""

_UNDOABLE = frozenset({"finished", "unfinished", "partly-undone"})
_ACTED = frozenset({ExitCode.CLEANED, ExitCode.CLEANED_RESTART, ExitCode.PARTLY_CLEANED, ExitCode.FAILED})


@dataclass(slots=True)
class Session:
    """What is done at the stick.

    ``room`` is the folder on the stick for what is removed, ``find`` lists the drives, ``ask`` puts a question and
    returns the answer, ``tool`` runs a command of this tool, ``power`` switches off or restarts.
    """

    words: Mapping[str, str]
    language: str
    room: Path | None
    find: Callable[[], tuple[Volume, ...]]
    ask: Callable[[str], str]
    tool: Callable[..., int]
    power: Callable[[str], bool]

    def run(self) -> None:
        """Do what is chosen until the machine is to go off."""
        while True:
            drives = self.find()
            self._list(drives)
            choice = self.ask(self.words["ask"])
            if choice in {"t", "k"}:
                if self.power("poweroff" if choice == "t" else "reboot"):
                    return
                say(self.words["power-failed"])
            else:
                self.do(choice, drives)

    def do(self, choice: str, drives: tuple[Volume, ...]) -> None:
        """Do one thing that was chosen from the menu; an error is told, and the next thing can be chosen."""
        try:
            if choice == "":
                for number, volume in enumerate(drives, 1):
                    self.scan(number, volume)
            elif choice.isdecimal() and 1 <= int(choice) <= len(drives):
                self.scan(int(choice), drives[int(choice) - 1])
            elif choice == "b":
                self.tool("report", "show", "--state", str(self._state))
            elif choice == "h":
                self.undo(drives)
            elif choice == "l":
                say(self.words["shell"])
                subprocess.run(["/bin/bash"], check=False, cwd="/root")
            else:
                say(self.words["unknown-choice"])
        except RescueError as error:
            say(translated(str(error), self.language) + (f" ({error.hint})" if error.hint else ""))

    def scan(self, number: int, volume: Volume) -> None:
        """Look at a drive, and offer to clean it where something can be removed."""
        if volume.is_locked:
            say("\n" + self.words["unfit-locked"].format(path=volume.path))
            return
        say("\n" + self.words["scanning"].format(number=number, name=self._named(volume)))
        with self._mounted(volume, mount_to_look) as place:
            code = self.tool("scan", *self._looking(place), "--state", str(self._state))
        if code != ExitCode.FOUND:
            return
        say("\n" + self.words["clean-offer"])
        if agreed(self.ask(self.words["clean-ask"])):
            self.clean(volume)
        else:
            say(self.words["clean-later"])

    def clean(self, volume: Volume) -> None:
        """Clean a drive that is in order; the tool shows its plan and asks."""
        if unfit := why_unfit(volume):
            say("\n" + self.words[f"unfit-{unfit}"].format(path=volume.path))
            return
        with self._mounted(volume, mount_to_clean) as place:
            state = self.room or _new_folder(place)
            code = self.tool("clean", *self._looking(place), "--state", str(state))
            if self.room is None and code not in _ACTED:
                _remove_unused(state)
        if code in _ACTED:
            say("\n" + self.words["kept-stick" if self.room else "kept-disk"].format(folder=state.name))
            say(self.words["done-next"])

    def undo(self, drives: tuple[Volume, ...]) -> None:
        """Undo the newest clean-up of a drive that is plugged in; the tool asks."""
        found = sorted(self._sessions(drives), key=lambda one: one[0])
        if not found:
            say(self.words["undo-none"])
            return
        session, volume, folder = found[-1]
        say(self.words["undo-which"].format(session=session, path=volume.path))
        if unfit := why_unfit(volume):
            say(self.words[f"unfit-{unfit}"].format(path=volume.path))
            return
        with self._mounted(volume, mount_to_clean) as place:
            state = place / folder if folder else self._state
            self.tool("undo", session, "--root", str(place), "--state", str(state))

    @property
    def _state(self) -> Path:
        return self.room or MEMORY

    def _looking(self, place: Path) -> list[str]:
        from quetsach.endpoint.host.live import open_mounted  # noqa: PLC0415

        system = [] if open_mounted(place).platform == "windows" else ["--system", "windows"]
        return ["--root", str(place), "--jobs", str(os.cpu_count() or 1), *system]

    def _sessions(self, drives: tuple[Volume, ...]) -> Iterator[tuple[str, Volume, str]]:
        """Yield the clean-ups that can be undone: session, drive, and the folder on that drive that holds it."""
        by_place = {str(place_of(volume)): volume for volume in drives}
        if self.room is not None:
            for session, root in _undoable(self.room):
                if root in by_place:
                    yield session, by_place[root], ""
            return
        for place, volume in by_place.items():
            if volume.is_locked:
                continue
            with self._mounted(volume, mount_to_look):
                for folder in sorted(Path(place).glob(f"{ON_DRIVE}*")):
                    for session, root in _undoable(folder):
                        if root == place:
                            yield session, volume, folder.name

    @contextmanager
    def _mounted(self, volume: Volume, mount: Callable[[Volume], Path]) -> Iterator[Path]:
        place = mount(volume)
        try:
            yield place
        finally:
            unmount(place)

    def _list(self, drives: tuple[Volume, ...]) -> None:
        say("\n" + self.words["volumes" if drives else "volumes-none"])
        for number, volume in enumerate(drives, 1):
            kind, name = self.words[f"kind-{volume.kind}"], f"“{_shown(volume.name)}” " if volume.name else ""
            size = size_text(volume.size_bytes, self.language)
            say(
                self.words["volume"].format(
                    number=number, kind=kind, name=name, size=size, disk=_shown(volume.disk) or "—", path=volume.path
                )
            )
        say("\n" + self.words["menu"])

    def _named(self, volume: Volume) -> str:
        return _shown(volume.name or volume.disk) or volume.path


def _shown(text: str) -> str:
    """Return a name that whoever wrote the disk chose, as a terminal may have it."""
    return printable(os.fsencode(text))


def _undoable(state: Path) -> list[tuple[str, str]]:
    """Return session and root of the clean-ups in a state folder that have not been undone or deleted for good."""
    command = [sys.executable, "-P", "-m", "quetsach.cli.main", "quarantine", "list", "--json", "--state", str(state)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        return []
    return [(one["session"], one["root"]) for one in json.loads(done.stdout) if one["condition"] in _UNDOABLE]


def _new_folder(place: Path) -> Path:
    """Return a name on a drive that nothing has: what lies there under such a name may be forged."""
    while (folder := place / f"{ON_DRIVE}{datetime.now(UTC):%Y%m%d-%H%M%S}").exists():
        time.sleep(1)
    return folder


def _remove_unused(state: Path) -> None:
    """Remove the folder that a clean-up began on a drive and then did nothing with."""
    if not any(state.glob("sessions/*")):
        shutil.rmtree(state, ignore_errors=True)
