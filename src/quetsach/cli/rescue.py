"""``quetsach rescue``: a stick from which a machine starts straight into the tool, and what it does then (Linux)."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.confirmation import add_state, answer_to, require_terminal
from quetsach.cli.gui import show_with_tk
from quetsach.cli.output import say
from quetsach.cli.parser import Parser, Subcommands, add_command, chosen_language
from quetsach.cli.rescue_make import list_devices, make
from quetsach.cli.rescue_session import Drives, Session
from quetsach.core.period import day_of
from quetsach.core.text import Text
from quetsach.endpoint.messages.formatting import what_text
from quetsach.installation import bundled, bundled_country
from quetsach.packs.load import load_shelf
from quetsach.rescue import RescueError
from quetsach.rescue.programs import attempt
from quetsach.rescue.volumes import MEDIUM, Stick, open_room, stick_of, volumes

if TYPE_CHECKING:
    from quetsach.cli.rescue_desktop import RescueDesktop


# ``quetsach rescue start``: what a machine does that was started from the stick.

_OLD_DAYS = 30
_NEWEST_TODAY = Text("{count} pack, the newest of {day}.", many="{count} packs, the newest of {day}.")
_NEWEST = Text(
    "{count} pack, the newest of {day} ({days} days ago).", many="{count} packs, the newest of {day} ({days} days ago)."
)
_NEWEST_OLD = Text(
    "! {count} pack, the newest of {day}: that is {days} days. This stick knows no newer "
    "malware. Make a new one when you can.",
    many="! {count} packs, the newest of {day}: that is {days} days. This stick knows no "
    "newer malware. Make a new one when you can.",
)


def start(arguments: argparse.Namespace) -> int:
    """List the drives of the machine, and do what a person chooses: in a window where there is a screen for one.

    Raises:
        RescueError: this is not the stick.
    """
    language = chosen_language(arguments)
    if not MEDIUM.is_mount():
        raise RescueError(
            Text("this command runs on the rescue stick, when a machine starts from it"),
            hint=Text("make one with: quetsach rescue make DEVICE"),
        )
    os.environ["QUETSACH_LANG"] = language
    if "DISPLAY" in os.environ and not arguments.terminal:
        return _start_window(language)
    return _start_terminal(language)


def _start_window(language: str) -> int:
    """Show the window until it is closed.

    Raises:
        NoScreenError: nothing can be shown, so that the terminal is what there is.
    """

    def desktop() -> "RescueDesktop":
        made: type[RescueDesktop] = import_module("quetsach.cli.rescue_desktop").RescueDesktop
        stick = stick_of()
        with suppress(RescueError):
            return made(_drives(stick, open_room(stick)), language, switch_off)
        return made(_drives(stick, None), language, switch_off)

    show_with_tk(desktop, language, fills_screen=True)
    return 0


def _drives(stick: Stick | None, room: Path | None) -> Drives:
    return Drives(room, lambda: volumes(stick.name if stick else ""))


def _start_terminal(language: str) -> int:
    require_terminal()
    signal.signal(signal.SIGINT, _pass_over)
    versions = [pack.version for pack in load_shelf(bundled("packs"))]
    age = format_age(language, versions, day_of(datetime.now(UTC), bundled_country().zone))
    scroll = (
        [Text("To see what has scrolled away: hold Shift and press Page Up.").in_language(language)]
        if os.environ.get("TERM", "").startswith("xterm")
        else []
    )
    say(
        "\n".join(
            (
                "",
                Text("QUÉT SẠCH · RESCUE STICK").in_language(language),
                age,
                "",
                Text(
                    "The Windows on this machine is NOT running, so neither is malware in it. Looking "
                    "changes nothing; you are always asked before anything is removed; everything can be "
                    "undone. No network is needed."
                ).in_language(language),
                *scroll,
            )
        )
    )
    stick = stick_of()
    session = Session(
        language=language,
        drives=_drives(stick, _room(stick, language)),
        ask=answer_to,
        tool=run_tool,
        power=switch_off,
    )
    session.run()
    return 0


def run_tool(*words: str) -> int:
    """Run a command of this tool on this terminal and return its exit code."""
    return subprocess.run([sys.executable, "-P", "-m", "quetsach.cli.main", *words], check=False).returncode  # noqa: S603


def _pass_over(number: int, frame: object) -> None:
    """Leave Ctrl-C to the command that runs; here it must neither end the sitting nor count as an answer."""


def switch_off(how: str) -> bool:
    """Ask the machine to power off or to restart (``poweroff``, ``reboot``); whether it agreed."""
    return attempt("systemctl", how).returncode == 0


def _room(stick: Stick | None, language: str) -> Path | None:
    try:
        room = open_room(stick)
    except RescueError as error:
        say(
            Text("The room on the stick cannot be used ({reason}).", reason=what_text(error, language)).in_language(
                language
            )
        )
        room = None
    say(
        (
            Text(
                "What is removed is sealed and kept on this stick: keep the stick until you are sure "
                "that nothing is to be undone."
            )
            if room
            else Text(
                "This stick can only be read (a disc, write protection, or no room). What is removed "
                "will be sealed in a folder QuetSach-… on the cleaned drive itself: do not delete "
                "that folder until you are sure that nothing is to be undone."
            )
        ).in_language(language)
    )
    return room


def format_age(language: str, versions: Sequence[str], today: date) -> str:
    """Return how old the newest pack is, of the versions (dates) that there are."""
    newest = max(versions, default="")
    try:
        day = datetime.strptime(newest, "%Y.%m.%d").replace(tzinfo=UTC).date()
    except ValueError:
        return Text(
            "{count} pack, version {day}.", many="{count} packs, version {day}.", count=len(versions), day=newest
        ).in_language(language)
    days = max(0, (today - day).days)
    told = _NEWEST_TODAY if days == 0 else _NEWEST_OLD if days > _OLD_DAYS else _NEWEST
    return told.with_values(count=len(versions), day=f"{day:%d/%m/%Y}", days=days).in_language(language)


def register(parser: Parser) -> None:
    """Add ``rescue`` with its own commands, on the one system that a stick is made on."""
    if sys.platform != "linux":
        return
    parser.show_examples("quetsach rescue devices\nquetsach rescue make /dev/sdb\nquetsach rescue make rescue.iso")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _register_make(commands)
    devices = add_command(
        commands,
        "devices",
        summary="disks of this machine, and which of them can be made a stick",
        examples="quetsach rescue devices",
    )
    devices.add_argument("--json", action="store_true", help="print the result as JSON")
    devices.set_defaults(run=_devices)
    start = add_command(
        commands,
        "start",
        summary="what runs on the stick: find the drives of the machine, look, clean, undo",
        examples="quetsach rescue start\nquetsach rescue start --terminal",
    )
    start.add_argument("--terminal", action="store_true", help="use the terminal, also where a window could be shown")
    start.set_defaults(run=_start)


def _register_make(commands: Subcommands) -> None:
    make = add_command(
        commands,
        "make",
        summary="make the image of a stick from Debian's packages, and write it to a stick or a file",
        examples="quetsach rescue make /dev/sdb\n"
        "quetsach rescue make rescue.iso\n"
        "quetsach rescue make /dev/sdb --image rescue.iso --device-serial 4C530001",
    )
    make.add_argument("target", type=Path, metavar="DEVICE|FILE.iso", help="the stick, or a file to write")
    make.add_argument("--image", type=Path, metavar="FILE", help="write this image, which was made before")
    make.add_argument(
        "--device-serial",
        metavar="SERIAL",
        help="agree beforehand that this very stick is overwritten (of one without a serial number: its size in bytes)",
    )
    make.add_argument("--work", type=Path, metavar="DIR", help="where to work, 2 GiB are needed (default: /var/tmp)")
    add_state(make)
    make.set_defaults(run=_make)


def _make(arguments: argparse.Namespace) -> int:
    return make(arguments)


def _devices(arguments: argparse.Namespace) -> int:
    return list_devices(arguments)


def _start(arguments: argparse.Namespace) -> int:
    return start(arguments)
