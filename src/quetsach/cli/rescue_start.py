"""``quetsach rescue start``: what a machine does that was started from the stick."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.cli.acting import answer_to, require_terminal
from quetsach.cli.gui import show_with_tk
from quetsach.cli.language import chosen_language
from quetsach.cli.output import say
from quetsach.cli.rescue_drives import Drives
from quetsach.cli.rescue_session import Session
from quetsach.core.zone import day_of
from quetsach.endpoint.messages import messages
from quetsach.endpoint.messages.formatting import translated
from quetsach.installation import bundled, bundled_country
from quetsach.packs.load import load_shelf
from quetsach.rescue.errors import RescueError
from quetsach.rescue.programs import attempt
from quetsach.rescue.volumes import MEDIUM, Stick, open_room, stick_of, volumes

if TYPE_CHECKING:
    from quetsach.cli.rescue_desktop import RescueDesktop

_OLD_DAYS = 30


def start(arguments: argparse.Namespace) -> int:
    """List the drives of the machine, and do what a person chooses: in a window where there is a screen for one.

    Raises:
        RescueError: this is not the stick.
    """
    language = chosen_language(arguments)
    words = messages("rescue", language)
    if not MEDIUM.is_mount():
        raise RescueError(words["not-on-stick"], hint=words["not-on-stick-hint"])
    os.environ["QUETSACH_LANG"] = language
    if "DISPLAY" in os.environ and not arguments.terminal:
        return _start_window(language)
    return _start_terminal(words, language)


def _start_window(language: str) -> int:
    """Show the window until it is closed.

    Raises:
        NoScreenError: nothing can be shown, so that the terminal is what there is.
    """

    def desktop() -> "RescueDesktop":
        from quetsach.cli.rescue_desktop import RescueDesktop  # noqa: PLC0415

        stick = stick_of()
        with suppress(RescueError):
            return RescueDesktop(_drives(stick, open_room(stick)), language, switch_off)
        return RescueDesktop(_drives(stick, None), language, switch_off)

    show_with_tk(desktop, language, fills_screen=True)
    return 0


def _drives(stick: Stick | None, room: Path | None) -> Drives:
    return Drives(room, lambda: volumes(stick.name if stick else ""))


def _start_terminal(words: Mapping[str, str], language: str) -> int:
    require_terminal(messages("act", language))
    signal.signal(signal.SIGINT, _pass_over)
    versions = [pack.version for pack in load_shelf(bundled("packs"))]
    age = told_age(words, versions, day_of(datetime.now(UTC), bundled_country().zone))
    scroll = [words["scroll"]] if os.environ.get("TERM", "").startswith("xterm") else []
    say("\n".join(("", words["title"], age, "", words["calm"], *scroll)))
    stick = stick_of()
    session = Session(
        words=words,
        language=language,
        drives=_drives(stick, _room(stick, words, language)),
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


def _room(stick: Stick | None, words: Mapping[str, str], language: str) -> Path | None:
    try:
        room = open_room(stick)
    except RescueError as error:
        say(words["room-failed"].format(reason=translated(error.what, language)))
        room = None
    say(words["room-stick" if room else "room-none"])
    return room


def told_age(words: Mapping[str, str], versions: Sequence[str], today: date) -> str:
    """Return how old the newest pack is, of the versions (dates) that there are."""
    newest = max(versions, default="")
    try:
        day = datetime.strptime(newest, "%Y.%m.%d").replace(tzinfo=UTC).date()
    except ValueError:
        return words["age-unknown"].format(count=len(versions), day=newest)
    days = max(0, (today - day).days)
    key = "age-today" if days == 0 else "age-old" if days > _OLD_DAYS else "age"
    return words[key].format(count=len(versions), day=f"{day:%d/%m/%Y}", days=days)
