"""One sitting at the rescue stick: drives are listed, looked at, cleaned and put back as a person chooses."""

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from quetsach.cli.acting import agreed
from quetsach.cli.exit_code import ExitCode
from quetsach.cli.output import say
from quetsach.cli.rescue_drives import Drives, shown, system_of
from quetsach.core.number import size_text
from quetsach.endpoint.messages.formatting import translated
from quetsach.rescue.errors import RescueError
from quetsach.rescue.volumes import Volume, why_unfit

_ACTED = frozenset({ExitCode.CLEANED, ExitCode.CLEANED_RESTART, ExitCode.PARTLY_CLEANED, ExitCode.FAILED})


@dataclass(slots=True)
class Session:
    """What is done at the stick.

    ``ask`` puts a question and returns the answer, ``tool`` runs a command of this tool, ``power`` switches off or
    restarts.
    """

    words: Mapping[str, str]
    language: str
    drives: Drives
    ask: Callable[[str], str]
    tool: Callable[..., int]
    power: Callable[[str], bool]

    def run(self) -> None:
        """Do what is chosen until the machine is to go off."""
        while True:
            drives = self.drives.find()
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
                self.tool("report", "show", "--state", str(self.drives.state))
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
        with self.drives.to_look(volume) as place:
            code = self.tool("scan", *self._looking(place), "--state", str(self.drives.state))
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
        with self.drives.to_clean(volume) as place, self.drives.keeping(place) as state:
            code = self.tool("clean", *self._looking(place), "--state", str(state))
        if code in _ACTED:
            say("\n" + self.words["kept-stick" if self.drives.room else "kept-disk"].format(folder=state.name))
            say(self.words["done-next"])

    def undo(self, drives: tuple[Volume, ...]) -> None:
        """Undo the newest clean-up of a drive that is plugged in; the tool asks."""
        found = list(self.drives.kept(drives))
        if not found:
            say(self.words["undo-none"])
            return
        last = found[-1]
        say(self.words["undo-which"].format(session=last.session, path=last.volume.path))
        if unfit := why_unfit(last.volume):
            say(self.words[f"unfit-{unfit}"].format(path=last.volume.path))
            return
        with self.drives.to_clean(last.volume) as place:
            state = place / last.folder if last.folder else self.drives.state
            self.tool("undo", last.session, "--root", str(place), "--state", str(state))

    def _looking(self, place: Path) -> list[str]:
        system = system_of(place)
        taken_as = ["--system", system] if system else []
        return ["--root", str(place), "--jobs", str(os.cpu_count() or 1), *taken_as]

    def _list(self, drives: tuple[Volume, ...]) -> None:
        say("\n" + self.words["volumes" if drives else "volumes-none"])
        for number, volume in enumerate(drives, 1):
            kind, name = self.words[f"kind-{volume.kind}"], f"“{shown(volume.name)}” " if volume.name else ""
            size = size_text(volume.size_bytes, self.language)
            say(
                self.words["volume"].format(
                    number=number, kind=kind, name=name, size=size, disk=shown(volume.disk) or "—", path=volume.path
                )
            )
        say("\n" + self.words["menu"])

    def _named(self, volume: Volume) -> str:
        return shown(volume.name or volume.disk) or volume.path
