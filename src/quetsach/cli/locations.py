"""Where state lives when the command line does not say."""

import os
from pathlib import Path


def default_state() -> Path:
    """The endpoint tool's state: ``QUETSACH_STATE``, else /var/lib/quetsach for root, else the user's own folder."""
    if named := os.environ.get("QUETSACH_STATE"):
        return Path(named)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/quetsach")
    return _user_data() / "endpoint"


def default_data() -> Path:
    """The centre's data: ``QUETSACH_DATA``, else the user's own folder."""
    if named := os.environ.get("QUETSACH_DATA"):
        return Path(named)
    return _user_data() / "center"


def _user_data() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quetsach"
