"""The tool's state folder: keys, sessions and lock; and which machine a disk belongs to."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Self

from quetsach import storage
from quetsach.core.text import SystemText, Text
from quetsach.endpoint import RegistryError, StateError
from quetsach.endpoint.host.disk import sync_folder
from quetsach.endpoint.host.live import check_private, close_to_others, make_private
from quetsach.endpoint.host.port import Host

# The tool's state folder: the key that its journals and sealed files are made with, the sessions, and the lock.

_KEY_BYTES = 32
_IDENTIFIER = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class State:
    """A state folder that only its owner can read or write."""

    folder: Path
    key: bytes

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a state folder, or make one.

        Raises:
            StateError: it belongs to someone else, others may write into it, it cannot be made, or its key was damaged.
        """
        try:
            make_private(folder)
            check_private(folder)
            close_to_others(folder)
            (folder / "sessions").mkdir(mode=0o700, exist_ok=True)
            _make_key(folder / "key")
            return cls(folder, _key(folder / "key"))
        except OSError as error:
            raise _unusable(folder, error) from error

    @classmethod
    def existing(cls, folder: Path) -> Self | None:
        """Open a state folder if there is one, changing nothing.

        Raises:
            StateError: it is not private, which nobody's folder is but our own, or its key was damaged.
        """
        try:
            if not os.path.lexists(folder):
                return None
            check_private(folder)
            if not (folder / "key").exists():
                return None
            return cls(folder, _key(folder / "key"))
        except OSError as error:
            raise _unusable(folder, error) from error

    @property
    def sessions(self) -> tuple[str, ...]:
        """Identifiers of all sessions, oldest first; what has another name is none of ours."""
        folders = (path for path in self.folder.glob("sessions/*") if _IDENTIFIER.fullmatch(path.name))
        return tuple(sorted(path.name for path in folders if path.is_dir() and not path.is_symlink()))

    def new_session(self, now: datetime) -> tuple[str, Path]:
        """Make the folder of a new session; its identifier sorts by time (UTC).

        Raises:
            StateError: it cannot be made.
        """
        identifier = f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
        folder = self.folder / "sessions" / identifier
        try:
            folder.mkdir(mode=0o700, parents=True)
            sync_folder(folder.parent)
        except OSError as error:
            raise _unusable(self.folder, error) from error
        return identifier, folder

    def session_folder(self, identifier: str) -> Path:
        """Return the folder of a session.

        Raises:
            StateError: there is no session of that name.
        """
        if identifier not in self.sessions:
            raise StateError(
                Text("there is no session {session}", session=repr(identifier)),
                hint=Text("list them with: quetsach quarantine list"),
            )
        return self.folder / "sessions" / identifier

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one that acts; the lock goes with the process, however it ends.

        Raises:
            StateError: another clean-up or undo is running.
        """
        try:
            with storage.locked(self.folder / "lock", waits=False):
                yield
        except BlockingIOError as error:
            raise StateError(
                Text("another clean-up or undo is running"), hint=Text("wait until it has ended")
            ) from error


def _unusable(folder: Path, error: OSError) -> StateError:
    return StateError(
        Text("the state folder cannot be used: {reason}", reason=SystemText(error.strerror)),
        where=str(folder),
        hint=Text("make room on that disk, or choose another folder with --state DIR"),
    )


def _make_key(path: Path) -> None:
    """Make the key unless it is there; of several runs that begin at once one makes it, and all read that one."""
    if not path.exists():
        with suppress(FileExistsError):
            storage.write_once(path, os.urandom(_KEY_BYTES))


def _key(path: Path) -> bytes:
    """Read the key; one that is missing is an ``OSError``."""
    try:
        hint = Text("use another --state DIR")
        return storage.read_secret(path, least_bytes=_KEY_BYTES, most_bytes=_KEY_BYTES, hint=hint)
    except storage.StorageError as error:
        what = Text("the key of the state folder cannot be used: {reason}", reason=error.text or error.what)
        raise StateError(what, where=str(path), hint=error.hint) from error


# Which machine a disk belongs to, so that what was taken from one is never put into another.

_IDENTIFIERS = (b"/etc/machine-id", b"/var/lib/dbus/machine-id")
_LONGEST = 128
_CRYPTOGRAPHY = "HKLM\\SOFTWARE\\Microsoft\\Cryptography"


def machine_of(host: Host) -> str:
    """Return what tells a machine from others, as 32 hex digits; empty where it has nothing of the kind.

    Sources: ``machine-id(5)``; the value ``MachineGuid`` of Windows. Hashed, for the identifiers are to stay private.
    """
    identifier = _guid(host) if host.registry is not None else _file(host)
    return sha256(b"quetsach machine\n" + identifier).hexdigest()[:32] if identifier else ""


def root_of(host: Host) -> bytes:
    """Return the folder of a machine's files as sessions name it."""
    return os.path.abspath(os.fsencode(host.tree.root))


def _guid(host: Host) -> bytes:
    try:
        value = host.registry.value(_CRYPTOGRAPHY, "MachineGuid") if host.registry is not None else None
    except RegistryError:
        return b""
    return value.data[:_LONGEST] if value is not None else b""


def _file(host: Host) -> bytes:
    for path in _IDENTIFIERS:
        try:
            identifier = host.tree.read(path, _LONGEST).strip()
        except OSError:
            continue
        if identifier and identifier != b"uninitialized":
            return identifier
    return b""
