"""The service manager of a running Linux system (``systemctl(1)``), when it is systemd."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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
