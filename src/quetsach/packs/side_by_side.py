"""Puts a newer version beside the one in use: written whole, tried, and only then named as the one in use.

An installation of the Linux bundle is a folder with ``quetsach`` (the launcher), ``current`` (a name) and a folder for
each version. Nothing of the version in use is touched: whenever this is killed, ``current`` names a version that is
whole. The version before stays, so that what still runs of it finds its files; older ones go.
"""

import io
import lzma
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from quetsach import storage
from quetsach.packs.trial import try_out
from quetsach.packs.upgrade import POINTER, UpgradeError

_LAUNCHER = "quetsach"
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,60}")
_UNFINISHED = re.compile(r"\.new-[0-9A-Za-z.+-]{1,80}")
_MOST_FILES = 5000
_MOST_BYTES = 1 << 30
_POINTER_BYTES = 200
_NOT_AN_ARCHIVE = (tarfile.TarError, lzma.LZMAError, EOFError, OSError, ValueError, OverflowError)


def put_beside(archive: bytes, folder: Path, version: str, *, trial: Callable[[Path, str], None] = try_out) -> Path:
    """Unpack a bundle's version beside the others and make it the one in use; return its folder.

    Args:
        archive: the bundle as it is downloaded, verified.
        folder: of the installation.
        version: what the bundle must hold.
        trial: raises ``UpgradeError`` where a program does not work here, or is of another version.

    Raises:
        UpgradeError: the archive is not such a bundle, the version does not work here, or the disk refuses.
    """
    try:
        with storage.locked(folder / ".lock", waits=False):
            _remove(path for path in folder.iterdir() if _UNFINISHED.fullmatch(path.name))
            return _put_beside(archive, folder, version, trial)
    except BlockingIOError as error:
        raise UpgradeError("another update is running", where=str(folder), hint="wait for it") from error
    except OSError as error:
        hint = "run it as the one to whom the folder belongs, or as root; look for space on the disk"
        raise UpgradeError(f"the folder cannot be written: {error.strerror}", where=str(folder), hint=hint) from error


def in_use(folder: Path) -> str:
    """Return the name of the version in use.

    Raises:
        UpgradeError: the file that names it does not.
    """
    with (folder / POINTER).open("rb") as file:
        name = file.read(_POINTER_BYTES).decode("utf-8", "replace").strip()
    if not _NAME.fullmatch(name):
        raise UpgradeError("this names no version", where=str(folder / POINTER), hint="download the tool again")
    return name


def _put_beside(archive: bytes, folder: Path, version: str, trial: Callable[[Path, str], None]) -> Path:
    before = in_use(folder)
    name = _free_name(folder, version)
    staged = folder / f".new-{name}"
    try:
        storage.write_folder(staged, _files(archive, version))
        staged.chmod(folder.stat().st_mode & 0o777)
        _hand_over(staged, folder)
        trial(staged / _LAUNCHER, version)
        storage.publish([(staged, folder / name)])
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    storage.write(folder / POINTER, f"{name}\n", mode=storage.SHARED)
    _hand_over(folder / POINTER, folder)
    if (named := in_use(folder)) != name:
        raise UpgradeError(f"{named} is still in use", where=str(folder))
    _remove(_older(folder, keep={before, name}))
    return folder / name


def _files(archive: bytes, version: str) -> Iterator[tuple[str, bytes, int]]:
    """Yield path, content and mode of what a bundle holds of a version.

    Raises:
        UpgradeError: it is no such bundle.
    """
    count = size = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:xz") as packed:
            for member in packed:
                parts = PurePosixPath(member.name).parts
                if member.isdir() or parts[1:2] != (version,):
                    continue
                count, size = count + 1, size + member.size
                content = packed.extractfile(member) if member.isreg() else None
                is_safe = parts[0] == "quetsach" and len(parts) > 2 and ".." not in parts
                if content is None or not is_safe or count > _MOST_FILES or size > _MOST_BYTES:
                    raise UpgradeError("this is not a bundle of the tool", where=ascii(member.name[:200]))
                yield "/".join(parts[2:]), content.read(), 0o777 if member.mode & 0o100 else 0o666
    except _NOT_AN_ARCHIVE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UpgradeError("this is not a bundle of the tool", hint=str(error)) from error
    if not count:
        raise UpgradeError(f"the bundle does not hold version {version}")


def _free_name(folder: Path, version: str) -> str:
    """Return a name that no version has: one that was put there and never came into use is not trusted again."""
    names = (version, *(f"{version}-{number}" for number in range(1, 1000)))
    return next(name for name in names if not (folder / name).exists())


def _hand_over(path: Path, folder: Path) -> None:
    """Give what root made in somebody's folder to the one whose folder it is."""
    owner = folder.stat()
    for one in (path, *path.rglob("*")):
        made = one.lstat()
        if (made.st_uid, made.st_gid) != (owner.st_uid, owner.st_gid):
            shutil.chown(one, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _older(folder: Path, *, keep: set[str]) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name not in keep and _NAME.fullmatch(path.name) and (path / _LAUNCHER).is_file():
            yield path


def _remove(places: Iterator[Path]) -> None:
    for place in list(places):
        with suppress(OSError):  # what cannot be removed is in nobody's way
            shutil.rmtree(place)
