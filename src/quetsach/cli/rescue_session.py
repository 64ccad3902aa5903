"""One sitting at the rescue stick: drives are listed, looked at, cleaned and put back as a person chooses."""

import gc
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from traceback import clear_frames

from quetsach.cli.confirmation import agreed
from quetsach.cli.output import say
from quetsach.cli.parser import ExitCode
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text, size_text
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.live import open_mounted
from quetsach.endpoint.messages.formatting import UNFIT, format_error
from quetsach.endpoint.store.session import SessionSummary, summaries
from quetsach.endpoint.store.state import State
from quetsach.rescue import RescueError
from quetsach.rescue.volumes import Volume, mount_to_clean, mount_to_look, place_of, unmount, why_unfit

# The drives of the machine that a stick was started on, as its terminal and its window work on them.
#
# A drive is mounted for one piece of work and let go of at once, so that it can be pulled out and is never left half
# written.

MEMORY = Path("/run/quetsach/memory")
"""Where a scan keeps its report where the stick has no room."""

ON_DRIVE = "QuetSach-"
"""How the folder begins that is made on a cleaned drive where the stick has no room."""

_UNDOABLE = frozenset({"finished", "unfinished", "partly-undone"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A clean-up that can be undone, begun at ``started`` (UTC).

    ``folder`` is that on its drive which holds it; empty where the stick does.
    """

    session: str
    started: datetime | None
    volume: Volume
    folder: str


@dataclass(frozen=True, slots=True)
class Drives:
    """The drives, and where what is removed from them is kept.

    ``room`` is the folder on the stick for that, ``None`` where it has none; ``find`` lists the drives.
    """

    room: Path | None
    find: Callable[[], tuple[Volume, ...]]

    @property
    def state(self) -> Path:
        """Where scans keep what they saw."""
        return self.room or MEMORY

    @contextmanager
    def to_look(self, volume: Volume) -> Iterator[Path]:
        """Mount a drive read-only while the block lasts.

        Raises:
            RescueError: it cannot be mounted.
        """
        with _let_go(mount_to_look(volume)) as place:
            yield place

    @contextmanager
    def to_clean(self, volume: Volume) -> Iterator[Path]:
        """Mount a drive that is in order so that it can be changed, while the block lasts.

        Raises:
            RescueError: it is not in order, or cannot be mounted.
        """
        with _let_go(mount_to_clean(volume)) as place:
            yield place

    @contextmanager
    def keeping(self, place: Path) -> Iterator[Path]:
        """Give the state folder for a clean-up of a mounted drive; a new one on it goes again if nothing was done."""
        if self.room is not None:
            yield self.room
            return
        folder = _new_folder(place)
        try:
            yield folder
        finally:
            if not any(folder.glob("sessions/*")):
                shutil.rmtree(folder, ignore_errors=True)

    def kept(self, volumes: tuple[Volume, ...]) -> Iterator[Kept]:
        """Yield the clean-ups of these drives that can be undone, oldest first."""
        yield from sorted(self._kept(volumes), key=lambda one: one.session)

    def _kept(self, volumes: tuple[Volume, ...]) -> Iterator[Kept]:
        by_place = {str(place_of(volume)): volume for volume in volumes}
        if self.room is not None:
            for one in _undoable(self.room):
                if one.root in by_place:
                    yield Kept(one.session, one.started, by_place[one.root], "")
            return
        for place, volume in by_place.items():
            if volume.is_locked:
                continue
            with self.to_look(volume):
                for folder in sorted(Path(place).glob(f"{ON_DRIVE}*")):
                    for one in _undoable(folder):
                        if one.root == place:
                            yield Kept(one.session, one.started, volume, folder.name)


def system_of(place: Path) -> str | None:
    """Return what a mounted drive is to be taken as; ``None`` where the tool sees that by itself."""
    return None if open_mounted(place).platform == "windows" else "windows"


def shown(text: str) -> str:
    """Return a name that whoever wrote the disk chose, as a person may be shown it."""
    return printable(os.fsencode(text))


@contextmanager
def _let_go(place: Path) -> Iterator[Path]:
    """Unmount a place after the block. What was opened on it is held by objects, which must be gone before."""
    try:
        yield place
    except BaseException as error:
        told: BaseException | None = error
        while told is not None:
            clear_frames(told.__traceback__)
            told = told.__cause__ or told.__context__
        raise
    finally:
        gc.collect()
        unmount(place)


def _undoable(folder: Path) -> tuple[SessionSummary, ...]:
    """Return the clean-ups in a state folder that have not been undone or deleted for good; none if it is damaged."""
    try:
        state = State.existing(folder)
        found = summaries(state) if state is not None else ()
    except (QuetsachError, OSError):
        return ()
    return tuple(one for one in found if one.condition in _UNDOABLE)


def _new_folder(place: Path) -> Path:
    """Return a name on a drive that nothing has: what lies there under such a name may be forged."""
    while (folder := place / f"{ON_DRIVE}{datetime.now(UTC):%Y%m%d-%H%M%S}").exists():
        time.sleep(1)
    return folder


KINDS: Mapping[str, Text] = {
    "ntfs": Text("NTFS drive"),
    "fat": Text("Stick, card"),
    "exfat": Text("Stick, card"),
    "bitlocker": Text("Drive locked by BitLocker"),
}
"""Kind of a volume -> what it is to people."""

_ACTED = frozenset({ExitCode.CLEANED, ExitCode.CLEANED_RESTART, ExitCode.PARTLY_CLEANED, ExitCode.FAILED})


@dataclass(slots=True)
class Session:
    """What is done at the stick.

    ``ask`` puts a question and returns the answer, ``tool`` runs a command of this tool, ``power`` switches off or
    restarts.
    """

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
            choice = self.ask(Text("Your choice: ").in_language(self.language))
            if choice in {"t", "k"}:
                if self.power("poweroff" if choice == "t" else "reboot"):
                    return
                say(Text("The machine does not switch itself off. Hold the power button.").in_language(self.language))
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
                say(
                    Text(
                        "The command line for someone who knows computers (root). Type exit to come back."
                    ).in_language(self.language)
                )
                subprocess.run(["/bin/bash"], check=False, cwd="/root")
            else:
                say(Text("There is no such choice.").in_language(self.language))
        except RescueError as error:
            say(format_error(error, self.language))

    def scan(self, number: int, volume: Volume) -> None:
        """Look at a drive, and offer to clean it where something can be removed."""
        if volume.is_locked:
            say(
                "\n"
                + Text(
                    "The drive {path} is locked by BitLocker, so this stick cannot look into it. Switch "
                    "the encryption off in Windows (settings, device encryption), or let someone who "
                    "knows computers open it with the recovery key: type l, then `cryptsetup open --type "
                    "bitlk {path} mo`, and choose again.",
                    path=volume.path,
                ).in_language(self.language)
            )
            return
        say(
            "\n"
            + Text("Scanning drive {number}: {name}", number=number, name=self._named(volume)).in_language(
                self.language
            )
        )
        with self.drives.to_look(volume) as place:
            code = self.tool("scan", *self._looking(place), "--state", str(self.drives.state))
        if code != ExitCode.FOUND:
            return
        say(
            "\n"
            + Text("Seeing the plan changes nothing; you are asked once more before anything is changed.").in_language(
                self.language
            )
        )
        if agreed(self.ask(Text("See now what would be done on this drive? (yes/no) ").in_language(self.language))):
            self.clean(volume)
        else:
            say(Text("Nothing was removed from this drive.").in_language(self.language))

    def clean(self, volume: Volume) -> None:
        """Clean a drive that is in order; the tool shows its plan and asks."""
        if unfit := why_unfit(volume):
            say("\n" + UNFIT[unfit].with_values(path=volume.path).in_language(self.language))
            return
        with self.drives.to_clean(volume) as place, self.drives.keeping(place) as state:
            code = self.tool("clean", *self._looking(place), "--state", str(state))
        if code in _ACTED:
            say(
                "\n"
                + (
                    Text("To undo: start from this very stick again and type h.")
                    if self.drives.room
                    else Text(
                        "To undo: start from this stick again and type h. What was removed lies in the "
                        "folder {folder} on this drive."
                    )
                )
                .with_values(folder=state.name)
                .in_language(self.language)
            )
            say(
                Text(
                    "Done with this drive. Back in Windows: scan once more there, then change passwords "
                    "(e-mail, Zalo, bank) from a clean machine."
                ).in_language(self.language)
            )

    def undo(self, drives: tuple[Volume, ...]) -> None:
        """Undo the newest clean-up of a drive that is plugged in; the tool asks."""
        found = list(self.drives.kept(drives))
        if not found:
            say(Text("There is no clean-up to undo on the drives that are plugged in.").in_language(self.language))
            return
        last = found[-1]
        say(
            Text("Undo the clean-up {session} on {path}.", session=last.session, path=last.volume.path).in_language(
                self.language
            )
        )
        if unfit := why_unfit(last.volume):
            say(UNFIT[unfit].with_values(path=last.volume.path).in_language(self.language))
            return
        with self.drives.to_clean(last.volume) as place:
            state = place / last.folder if last.folder else self.drives.state
            self.tool("undo", last.session, "--root", str(place), "--state", str(state))

    def _looking(self, place: Path) -> list[str]:
        system = system_of(place)
        taken_as = ["--system", system] if system else []
        return ["--root", str(place), "--jobs", str(os.cpu_count() or 1), *taken_as]

    def _list(self, drives: tuple[Volume, ...]) -> None:
        say(
            "\n"
            + (
                Text("Drives of this machine:")
                if drives
                else Text(
                    "No drive of Windows was found. If there is one: set the mode of disks from RAID "
                    "(Intel RST) to AHCI in the BIOS/UEFI set-up and start from this stick again; "
                    "afterwards set it back."
                )
            ).in_language(self.language)
        )
        for number, volume in enumerate(drives, 1):
            kind, name = (
                KINDS[volume.kind].in_language(self.language),
                f"“{shown(volume.name)}” " if volume.name else "",
            )
            size = size_text(volume.size_bytes, self.language)
            say(
                Text(
                    "  {number}. {kind} {name}· {size} · {disk} ({path})",
                    number=number,
                    kind=kind,
                    name=name,
                    size=size,
                    disk=shown(volume.disk) or "—",
                    path=volume.path,
                ).in_language(self.language)
            )
        say(
            "\n"
            + Text(
                "Enter: scan all · a number: scan one drive · b report · h undo · l command line · k "
                "restart · t power off"
            ).in_language(self.language)
        )

    def _named(self, volume: Volume) -> str:
        return shown(volume.name or volume.disk) or volume.path
