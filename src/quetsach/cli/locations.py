"""Where state lives when the command line does not say, and files that it names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from quetsach import storage
from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import Text
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


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes a name that nobody has when the block ends without an error.

    Raises:
        QuetsachError: the name is taken, or the file cannot be written.
    """
    try:
        with storage.replacing(path, once=True) as file:
            yield file
    except FileExistsError as error:
        raise InputError(Text("the file is there already"), where=str(path), hint=Text("name a new one")) from error
    except OSError as error:
        raise QuetsachError(Text("the file cannot be written"), where=str(path), hint=str(error)) from error
