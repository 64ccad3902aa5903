"""Linux machines: the running one, its service manager, restart and terminal; and one whose disk is mounted."""

import os
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from quetsach.endpoint.host.port import NoRunningWindows, Services
from quetsach.endpoint.host.posix.files import PosixFiles
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.tree import Tree

# The service manager of a running Linux system (``systemctl(1)``), when it is systemd.

_TIMEOUT_SECONDS = 30
_INACTIVE = frozenset({"inactive", "failed"})


@dataclass(frozen=True, slots=True)
class Systemd:
    """systemd, spoken to through ``systemctl``, whose exit codes are not believed: the state is read again."""

    systemctl: str

    @classmethod
    def running(cls) -> Self | None:
        """Return the service manager of this system, or ``None`` when systemd does not run it (``sd_booted(3)``)."""
        found = shutil.which("systemctl", path="/usr/bin:/bin:/usr/sbin:/sbin")
        return cls(found) if found and Path("/run/systemd/system").is_dir() else None

    def is_active(self, unit: bytes) -> bool:
        """Return whether a unit is active, starting or stopping now."""
        state = self._state(unit)
        return bool(state) and state not in _INACTIVE

    def stop(self, unit: bytes) -> bool:
        """Stop a unit, its processes by ``SIGKILL`` first: a polite stop would let suspended malware go on.

        Returns whether it is inactive now.
        """
        self._run("kill", "--signal=SIGKILL", "--", unit)
        self._run("stop", "--", unit)
        self._run("reset-failed", "--", unit)
        return self._state(unit) in _INACTIVE

    def listed(self) -> Mapping[str, int]:
        """Return nothing: its units are files."""
        return {}

    def reload(self) -> None:
        """Make the service manager read its unit files again."""
        self._run("daemon-reload")

    def _state(self, unit: bytes) -> str:
        """Return the unit's ``ActiveState``; ``inactive`` for one that does not exist, empty without an answer."""
        return self._run("show", "--property=ActiveState", "--value", "--", unit)

    def _run(self, *words: str | bytes) -> str:
        command: Sequence[str | bytes] = (self.systemctl, "--no-ask-password", "--no-pager", *words)
        try:
            done = subprocess.run(  # noqa: S603  (fixed program, unit names after "--")
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace").strip()


# Linux machines: the running one, and one whose disk is mounted below a folder.


@dataclass(frozen=True, slots=True)
class LinuxHost(NoRunningWindows):
    """A Linux machine; satisfies ``Host``."""

    tree: Tree
    processes: Processes | None
    services: Services | None

    @property
    def files(self) -> PosixFiles:
        """What is recorded of open files and given back to them."""
        return PosixFiles()

    @property
    def registry(self) -> None:
        """Linux has none."""

    @property
    def is_live(self) -> bool:
        """Whether this is the running system."""
        return self.processes is not None

    @property
    def platform(self) -> str:
        """Always ``linux``."""
        return "linux"


def live_host() -> LinuxHost:
    """Return the system that this process runs on."""
    return LinuxHost(PosixTree(Path("/")), LinuxProcesses(), Systemd.running())


def running_processes() -> Processes:
    """Return the processes of the running system."""
    return LinuxProcesses()


def log_event(number: int, text: str, *, is_warning: bool) -> None:
    """Do nothing: on Linux the report, the exit code and the output are what a fleet is watched by."""


def is_elevated() -> bool:
    """Return whether this process may look at everything: it runs as root."""
    return os.geteuid() == 0


def default_state() -> Path:
    """Return where state lives: /var/lib/quetsach for root, else the user's own folder."""
    if is_elevated():
        return Path("/var/lib/quetsach")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quetsach" / "endpoint"


def mounted_host(root: Path) -> LinuxHost:
    """Return the system whose files lie below ``root``; nothing outside ``root`` is ever reached.

    Raises:
        OSError: ``root`` is not a folder or cannot be opened.
    """
    return LinuxHost(PosixTree(root), None, None)


# Starting a running Linux again.

_SYSTEM_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"
_COMMANDS = (("systemctl", "reboot"), ("shutdown", "-r", "now"))
_RESTART_SECONDS = 60


def restart_machine() -> bool:
    """Ask the system to restart; whether it agreed."""
    for name, *arguments in _COMMANDS:
        program = shutil.which(name, path=_SYSTEM_FOLDERS)
        if program is None:
            continue
        try:
            done = subprocess.run([program, *arguments], check=False, timeout=_RESTART_SECONDS)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return True
    return False


# The terminal of POSIX (termios(3)), which is ours while we are in its foreground.


class PosixTerminal:
    """The terminal that this process was started from; satisfies ``Terminal``."""

    ending: Sequence[int] = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    telling: int | None = signal.SIGUSR1
    stopping: int | None = signal.SIGTSTP

    def __init__(self) -> None:
        self.is_there = sys.stdin.isatty() and sys.stderr.isatty()
        self._saved: list[Any] | None = None

    def take(self) -> None:
        """Have keys come one by one, not in lines."""
        if self.is_there and self._is_ours():
            self._saved = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin, termios.TCSADRAIN)

    def give_back(self) -> None:
        """Leave the terminal as it was."""
        if self._saved is not None and self._is_ours():
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._saved)
        self._saved = None

    def key(self, seconds: float) -> bytes | None:
        """Return the key that is pressed next."""
        if not self._is_ours():
            time.sleep(seconds)
            return None
        if not select.select([sys.stdin], [], [], seconds)[0] or not self._is_ours():
            return None
        return os.read(sys.stdin.fileno(), 1)

    def interrupt(self) -> None:
        """Do to this process what Ctrl-C does."""
        os.kill(os.getpid(), signal.SIGINT)

    def stand_still(self) -> None:
        """Stop this process until the shell lets it go on."""
        os.kill(os.getpid(), signal.SIGSTOP)

    def _is_ours(self) -> bool:
        """Return whether this process is in the foreground; in the background, touching the terminal would stop it."""
        with suppress(OSError):
            return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        return False


def terminal() -> PosixTerminal:
    """Return the terminal that this process was started from."""
    return PosixTerminal()


def obeys_sequences() -> bool:
    """Return whether the terminal obeys colours and erasing: all do that do not say otherwise."""
    return os.environ.get("TERM", "") != "dumb"
