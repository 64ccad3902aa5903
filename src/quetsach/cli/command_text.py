"""Commands as a person can paste them into the shell of the system that the tool runs on."""

import shlex
import subprocess
from collections.abc import Sequence


def command_text(words: Sequence[str]) -> str:
    """Return a command as the shell takes it: of POSIX systems, or cmd."""
    from quetsach.endpoint.host.live import SYSTEM  # noqa: PLC0415

    return subprocess.list2cmdline(words) if SYSTEM == "windows" else shlex.join(words)
