"""Where state lives when the command line does not say."""

import os
from pathlib import Path

from quetsach.endpoint.host.live import default_state as default


def default_state() -> Path:
    r"""The endpoint tool's state: ``QUETSACH_STATE``, else the machine's folder for an administrator, else the user's.

    /var/lib/quetsach, on Windows %ProgramData%\QuetSach; for others the folder where programs keep what is theirs.
    """
    named = os.environ.get("QUETSACH_STATE")
    return Path(named) if named else default()


def default_data() -> Path:
    """The centre's data: ``QUETSACH_DATA``, else the user's own folder."""
    if named := os.environ.get("QUETSACH_DATA"):
        return Path(named)
    return _user_data() / "center"


def _user_data() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quetsach"
