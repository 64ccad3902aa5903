"""Files and folders that last: whole or not there at all, private from the first byte, on the disk when a call returns.

Whatever is written to stay goes through here. A file is written under a name of its own beside its place, forced to
the disk, and only then given its name, so that a crash or a power cut leaves the old file or the new one and nothing
between. Folders are synced after their names have changed. The exceptions are what the tool does to hostile trees
(through handles, in :mod:`quetsach.endpoint`) and large tables that a library writes itself and ``publish`` places.
"""

import errno
import os
import stat
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from quetsach.core.errors import InputError, QuetsachError
from quetsach.core.text import LocalText, SystemText, Text

PRIVATE = 0o600
"""A file for its owner alone."""
SHARED = 0o666
"""A file that a person asked for: what the umask leaves of this."""
PRIVATE_FOLDER = 0o700
SHARED_FOLDER = 0o777
_READABLE, _READABLE_FOLDER = 0o644, 0o755
INPUT_BYTES = 8 << 20
"""The most that a file has which a person names, where nothing else is said."""
_UNFINISHED = ".unfinished"
_NAP_SECONDS = 0.05
_PIECE_BYTES = 64 << 10


class StorageError(QuetsachError):
    """A file or folder is not in the state in which it may be used."""


class LastRead[T]:
    """What a file held when it was read last, under the state that it had. Safe to use from several threads.

    Args:
        read: makes a value of the file; its errors go through.
    """

    def __init__(self, read: Callable[[Path], T]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._entry: tuple[Path, tuple[int, ...], T] | None = None

    def of(self, path: Path) -> T:
        """Return what a file holds.

        Raises:
            OSError: it is not there, or cannot be read.
        """
        now = path.stat()
        state = (now.st_ino, now.st_mtime_ns, now.st_size)
        with self._lock:
            if self._entry is None or self._entry[:2] != (path, state):
                self._entry = (path, state, self._read(path))
            return self._entry[2]


def keep_private() -> None:
    """Let this process, and what it starts, make nothing that other users may read; call before anything is opened."""
    os.umask(0o077)


def sync(path: Path) -> None:
    """Force a file's content, or a folder's names, to the disk.

    Raises:
        OSError: it cannot be opened or the disk refuses.
    """
    if os.name == "nt" and path.is_dir():  # it has no such call by path; NTFS keeps the order of names, old or new
        return
    descriptor = os.open(path, _SYNCED | _FLAGS)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path, *, mode: int = PRIVATE_FOLDER) -> None:
    """Create a folder with its parents so that they last; one that is there keeps its mode.

    Raises:
        OSError: it cannot be made, or something else has the name.
    """
    for touched in sorted(_make_folder(folder, mode)):
        sync(touched)


def write(path: Path, content: bytes | str, *, mode: int = PRIVATE) -> None:
    """Write a whole file, replacing what has the name; text is UTF-8.

    Raises:
        OSError: it cannot be written; what had the name is as it was.
    """
    with replacing(path, mode=mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_once(path: Path, content: bytes | str, *, mode: int = PRIVATE) -> None:
    """Write a whole file that must not be there yet; of several writers exactly one succeeds.

    Raises:
        FileExistsError: the name is taken; what has it is as it was.
        OSError: it cannot be written.
    """
    with replacing(path, mode=mode, once=True) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path, *, mode: int = PRIVATE, once: bool = False) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the name when the block ends without an error.

    A link in its place is replaced and not followed. A device or pipe (``/dev/null``, ``/dev/stdout``) is never
    replaced: what is written goes into it.

    Args:
        path: the name.
        mode: what the umask leaves of it is set from the first byte on.
        once: the name must not be taken when the block ends.

    Raises:
        FileExistsError: it is taken and ``once`` is set.
        OSError: it cannot be written; what had the name is as it was.
    """
    if not once and _is_stream(path):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOCTTY", 0)), "wb") as file:
            yield file
        return
    staged = _unfinished(path)
    try:
        with _created(staged, mode) as file:
            yield file
        if once:
            os.link(staged, path)
        else:
            staged.replace(path)
    finally:
        staged.unlink(missing_ok=True)
    sync(path.parent)


def write_folder(
    folder: Path, files: Iterable[tuple[str, bytes | Path, int]], *, is_for_everybody: bool = False
) -> None:
    """Write a new folder with all that is in it, on the disk when this returns.

    Args:
        folder: must not be there yet.
        files: path below the folder; content, or a file whose content it shares; what the umask leaves of the mode.
        is_for_everybody: every user of this machine may read all of it, whatever the umask says.

    Raises:
        FileExistsError: the folder is there, or a path comes twice.
        OSError: it cannot be written; what was written of it is left.
    """
    folder.mkdir(mode=PRIVATE_FOLDER)
    folders = {folder}
    for inner, content, mode in files:
        path = folder / inner
        folders |= _make_folder(path.parent, SHARED_FOLDER) | {path.parent}
        if isinstance(content, Path):
            os.link(content, path)
            continue
        with _created(path, mode) as file:
            if is_for_everybody:
                path.chmod(_READABLE)
            file.write(content)
    if is_for_everybody:
        for made in folders:
            made.chmod(_READABLE_FOLDER)
    for touched in sorted(folders | {folder.parent}):
        sync(touched)


def point(link: Path, target: str) -> None:
    """Let a symbolic link lead to something else, in one step; whoever follows it meets the one or the other.

    Raises:
        OSError: it cannot be made, or a folder has its name.
    """
    staged = _unfinished(link)
    staged.symlink_to(target)
    try:
        staged.replace(link)
    finally:
        staged.unlink(missing_ok=True)
    sync(link.parent)


def publish(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move complete, synced files or folders to their names, each in one step; all last when this returns.

    A file that has the name already is replaced. Folders are synced together at the end: a journal then has to be
    written once for all of them.

    Raises:
        OSError: one cannot be moved; those before it are.
    """
    touched: set[Path] = set()
    for staged, final in moves:
        touched |= _make_folder(final.parent, PRIVATE_FOLDER) | {final.parent}
        staged.replace(final)
    for folder in sorted(touched):
        sync(folder)


@contextmanager
def locked(path: Path, *, waits: bool = True) -> Iterator[None]:
    """Hold a lock file, which goes with the process that holds it, however it ends.

    Raises:
        BlockingIOError: somebody holds it and ``waits`` is not set.
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, PRIVATE)
    try:
        _lock(descriptor, waits=waits)
        yield
    finally:
        os.close(descriptor)


def read_up_to(file: BinaryIO, most_bytes: int) -> bytes:
    """Return what is left of an open file; of one with more than ``most_bytes`` one byte more, so that it shows.

    Only so much memory is taken as there are bytes: asked for a limit, Windows would set aside all of that.
    """
    asked = min(os.fstat(file.fileno()).st_size, most_bytes) + 1
    content = file.read(asked)
    while len(content) == asked <= most_bytes:  # it grows, or is a file of the kernel, which tells no size
        asked = min(2 * asked + _PIECE_BYTES, most_bytes + 1)
        content += file.read(asked - len(content))
    return content


def read_input(path: Path, *, most_bytes: int = INPUT_BYTES) -> bytes:
    """Return the content of a file that a person named.

    Raises:
        InputError: it cannot be read, or has more bytes than these.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise InputError(
            Text("cannot be read: {reason}", reason=SystemText(error.strerror)), where=str(path)
        ) from error
    if len(content) > most_bytes:
        is_small = most_bytes < 1 << 20
        size = f"{most_bytes >> 10} KiB" if is_small else f"{most_bytes >> 20} MiB"
        raise InputError(Text("larger than {size}", size=size), where=str(path))
    return content


def read_secret(path: Path, *, least_bytes: int = 16, most_bytes: int = 1 << 20, hint: str | LocalText) -> bytes:
    """Return a secret or key from a file, never an empty or cut one.

    Args:
        path: the file.
        least_bytes: what is shorter than this was cut.
        most_bytes: what is longer is no such file.
        hint: what to do where the file cannot be used.

    Raises:
        FileNotFoundError: there is no such file.
        StorageError: it is empty, too short, too long, ends in zeros as a file does whose writing a power cut ended, or
            cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = read_up_to(file, most_bytes)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(
            Text("cannot be read: {reason}", reason=SystemText(str(error.strerror or error))),
            where=str(path),
            hint=hint,
        ) from error
    if not content.strip(b"\0 \t\r\n"):
        raise StorageError(Text("the file is empty: it was not written to its end"), where=str(path), hint=hint)
    if len(content) < least_bytes or content.endswith(b"\0" * 8):
        raise StorageError(Text("the file is cut off: it was not written to its end"), where=str(path), hint=hint)
    if len(content) > most_bytes:
        raise StorageError(Text("the file has more than {number} bytes", number=most_bytes), where=str(path), hint=hint)
    return content


def remove_unfinished(folder: Path, *, before: float) -> int:
    """Remove what writers that were killed left below a folder; return how many files.

    Args:
        folder: searched with all below it; links are not followed.
        before: seconds since 1970; what was changed later may belong to a writer at work.
    """
    removed = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            left = Path(parent, name)
            if not (name.startswith(".") and name.endswith(_UNFINISHED)):
                continue
            with suppress(FileNotFoundError):  # its writer has finished
                if left.lstat().st_mtime < before:
                    left.unlink()
                    removed += 1
    return removed


_FLAGS = (
    getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOINHERIT", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_BINARY", 0)
)
_SYNCED = os.O_RDWR if os.name == "nt" else os.O_RDONLY
"""How a file is opened to be synced: Windows syncs only what may be written to."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, waits: bool) -> None:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError as error:
                if not waits:
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
                time.sleep(_NAP_SECONDS)
            else:
                return

else:
    import fcntl

    def _lock(descriptor: int, *, waits: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))


def _is_stream(path: Path) -> bool:
    """Return whether a name stands for a device, a pipe or what a process has open, and not for a file of its own.

    Raises:
        OSError: it is a disk or a socket, which is neither written to nor replaced.
    """
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
    if stat.S_ISLNK(mode):  # /dev/stdout leads to /proc/self/fd/1
        return path.parent.resolve().parts[1:2] in (("dev",), ("proc",))
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _unfinished(path: Path) -> Path:
    """Return a name beside a file's that no other writer uses; a long name is cut, as names have 255 bytes."""
    return path.with_name(f".{path.name[:40]}.{os.urandom(8).hex()}{_UNFINISHED}")


@contextmanager
def _created(path: Path, mode: int) -> Iterator[BinaryIO]:
    """Give a new file to write to, which is on the disk when the block ends."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, mode)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path, mode: int) -> set[Path]:
    """Create a folder with its parents; return the folders that got a new name in them."""
    if folder.is_dir():
        return set()
    touched = _make_folder(folder.parent, mode) | {folder.parent}
    try:
        folder.mkdir(mode=mode)
    except FileExistsError as error:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from error
    return touched
