"""Puts a newer version of a download in place, or beside the one in use; the old one stays until the new was tried."""

import io
import lzma
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from quetsach import storage
from quetsach.core.text import Text
from quetsach.packs.downloads import Download
from quetsach.packs.upgrade import POINTER, Build, UpgradeError, try_out

# Puts a newer version beside the one in use: written whole, tried, and only then named as the one in use.
#
# An installation of the Linux bundle is a folder with ``quetsach`` (the launcher), ``current`` (a name) and a folder
# for each version. Nothing of the version in use is touched: whenever this is killed, ``current`` names a version that
# is whole. The version before stays, so that what still runs of it finds its files; older ones go.

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
        raise UpgradeError(Text("another update is running"), where=str(folder), hint=Text("wait for it")) from error
    except OSError as error:
        hint = Text("run it as the one to whom the folder belongs, or as root; look for space on the disk")
        raise UpgradeError(f"the folder cannot be written: {error.strerror}", where=str(folder), hint=hint) from error


def in_use(folder: Path) -> str:
    """Return the name of the version in use.

    Raises:
        UpgradeError: the file that names it does not.
    """
    with (folder / POINTER).open("rb") as file:
        name = file.read(_POINTER_BYTES).decode("utf-8", "replace").strip()
    if not _NAME.fullmatch(name):
        raise UpgradeError(
            Text("this names no version"), where=str(folder / POINTER), hint=Text("download the tool again")
        )
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
        raise UpgradeError(Text("{version} is still in use", version=named), where=str(folder))
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
                    raise UpgradeError(Text("this is not a bundle of the tool"), where=ascii(member.name[:200]))
                yield "/".join(parts[2:]), content.read(), 0o777 if member.mode & 0o100 else 0o666
    except _NOT_AN_ARCHIVE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise UpgradeError(Text("this is not a bundle of the tool"), hint=str(error)) from error
    if not count:
        raise UpgradeError(Text("the bundle does not hold version {version}", version=version))


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


# Puts a newer version of a download in place, whichever kind it is; the old one stays until the new one was tried.
#
# The setup for Windows does itself what :mod:`quetsach.packs.replacement` does for the bundle: a folder beside, the
# same trial (:mod:`quetsach.packs.upgrade`), then the name. A portable file stays a file: the new one comes beside it,
# and who has it deletes the old one.

PORTABLE_FILE = "QUETSACH_PORTABLE"
"""Where a portable says in the environment which file it is: what it runs lies unpacked elsewhere."""
_SETUP_SECONDS = 600
_NEEDS_ELEVATION = 740  # ERROR_ELEVATION_REQUIRED


def put_in_place(content: bytes, found: Download, build: Build, state: Path) -> Path:
    """Install a verified file of a release; return the folder of the new version, or the new file.

    Raises:
        UpgradeError: it cannot be installed or does not work here; the version in use is as it was.
    """
    if build.kind == "bundle" and build.folder is not None:
        return put_beside(content, build.folder, found.version)
    if build.kind == "setup" and build.folder is not None:
        return _run_setup(content, found, build.folder, state)
    return _beside_portable(content, found)


def _run_setup(content: bytes, found: Download, folder: Path, state: Path) -> Path:
    """Let the setup install silently, and believe not its exit code but what is in use afterwards."""
    setup = state / "upgrade" / found.name
    _write(setup, content)
    try:
        code = _run([str(setup), "/S"], _SETUP_SECONDS)
        name = in_use(folder)
        if not name.startswith(f"{found.version}-") and name != found.version:
            raise UpgradeError(
                Text("the setup did not install the new version"),
                where=str(folder),
                hint=Text("exit code {code}", code=code),
            )
        return folder / name
    finally:
        setup.unlink(missing_ok=True)


def _beside_portable(content: bytes, found: Download) -> Path:
    named = os.environ.get(PORTABLE_FILE, "")
    old = Path(named)
    if not named or not old.is_file():
        raise UpgradeError(
            Text("it is not known where this file lies"), hint=Text("fetch the new one from the download page")
        )
    new = old.with_name(found.name)
    if new.exists():
        raise UpgradeError(
            Text("the new file is there already"), where=str(new), hint=Text("start that one, or delete it")
        )
    _write(new, content)
    try:
        try_out(new, found.version)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def _write(path: Path, content: bytes) -> None:
    try:
        storage.make_folder(path.parent)
        storage.write(path, content, mode=0o700)
    except OSError as error:
        hint = Text("run it as administrator; look for space on the disk")
        raise UpgradeError(f"the file cannot be written: {error.strerror}", where=str(path), hint=hint) from error


def _run(command: list[str], seconds: float) -> int:
    try:
        # What is run was signed by the centre, and lies where only who runs this may write.
        return subprocess.run(command, timeout=seconds, check=False, stdin=subprocess.DEVNULL).returncode  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        needs_rights = getattr(error, "winerror", 0) == _NEEDS_ELEVATION
        hint = "run it as administrator" if needs_rights else str(error)
        raise UpgradeError(Text("the new version cannot be started"), where=command[0], hint=hint) from error
