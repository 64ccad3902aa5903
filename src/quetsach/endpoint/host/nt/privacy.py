"""Folders that only this tool can read or write, by owner and access list: made so, and looked at."""

import sys

assert sys.platform == "win32"

from pathlib import Path

from quetsach.endpoint.errors import StateError
from quetsach.endpoint.host.nt.ffi.files import NtFileCalls
from quetsach.endpoint.host.nt.ffi.rights import NtRightsCalls
from quetsach.endpoint.host.nt.handles import nt_path
from quetsach.endpoint.host.nt.private_folder import PrivateFolders, trusted_by


def make_private(folder: Path) -> None:
    """Make a folder for this tool alone, with those above it; nothing happens when it is there."""
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        _folders().make(nt_path(folder))


def close_to_others(folder: Path) -> None:
    """Give our own folder an access list that lets nobody else in, if it has another."""
    _folders().close(nt_path(folder))


def check_private(folder: Path) -> None:
    """Check that a folder is ours and that nobody else can have put anything there.

    Raises:
        OSError: it cannot be looked at.
        StateError: it is not so.
    """
    if fault := _folders().fault(nt_path(folder)):
        raise StateError(fault, where=str(folder), hint="remove it, or use --state DIR")


def _folders() -> PrivateFolders:
    return PrivateFolders(NtFileCalls(), trusted_by(NtRightsCalls()))
