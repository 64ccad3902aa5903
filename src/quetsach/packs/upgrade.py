"""A newer build of the tool: named in the centre's signed list, fetched, compared with both, and tried before use."""

import hashlib
import io
import json
import lzma
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import quetsach
from quetsach import __version__, storage
from quetsach.core.text import SystemText, Text
from quetsach.installation import own_folder
from quetsach.packs import PackError, Refusal, RefusedError
from quetsach.packs.downloads import LIST_FILE, Download, parse_downloads
from quetsach.packs.source import Source

# A newer build of the tool itself: named in the centre's signed list of downloads, fetched, and compared with both.
#
# What is signed is the list of files of the role ``tools``; one of them is ``release.json``, which says for which
# system and use each of the others is. A file must be what the role signed and what the list says.

POINTER = "current"
"""Names the version in use, in the folder above the versions of an installation."""
_ROLE = "tools"
_LIST_LIMIT_BYTES = 65_536
_FILE_LIMIT_BYTES = 256 << 20
_NUMBERS = re.compile(r"\d{1,6}(\.\d{1,6}){0,5}")
_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
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


class UpgradeError(PackError):
    """The newer version cannot be put in place; the one in use is as it was."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Build:
    """A build of the tool that people downloaded, in the words of a release, and where it lies.

    ``folder`` holds the versions and names the one in use; ``None`` for a build that is unpacked anew at each start.
    """

    system: str
    kind: str
    machine: str
    version: str
    folder: Path | None


def own_build() -> Build | None:
    """Return which download this is; ``None`` for a wheel or a checkout, which others keep up to date."""
    if not Path(quetsach.__file__).parents[1].is_file():  # downloads have the tool in an archive
        return None
    folder = own_folder()
    has_versions = (folder / POINTER).is_file()
    machine = _MACHINES.get(platform.machine().lower(), platform.machine().lower())
    if sys.platform == "win32":
        kind = "setup" if has_versions else "portable"
        return Build("windows", kind, machine, __version__, folder if has_versions else None)
    return Build("linux", "bundle", machine, __version__, folder) if has_versions else None


def newer_than(build: Build, entries: Iterable[Download]) -> Download | None:
    """Return the newest file of a release that can take a build's place; ``None`` if none is newer.

    Versions that are not plain numbers are trials, which nobody gets by himself.
    """
    own = _numbers(build.version)
    alike = [e for e in entries if (e.system, e.kind, e.machine) == (build.system, build.kind, build.machine)]
    newer = [entry for entry in alike if own and _numbers(entry.version) > own]
    return max(newer, key=lambda entry: _numbers(entry.version), default=None)


def find_upgrade(source: Source, build: Build) -> Download | None:
    """Return what the repository offers in place of a build; ``None`` if nothing newer.

    Raises:
        RefusedError: its list is not one.
    """
    target = source.listed(_ROLE).get(f"{_ROLE}/{LIST_FILE}")
    if target is None:
        return None
    raw = source.content(target, limit_bytes=_LIST_LIMIT_BYTES)
    try:
        return newer_than(build, parse_downloads(raw, where=LIST_FILE))
    except PackError as error:
        raise RefusedError(Refusal.BAD_LIST, where=LIST_FILE, detail=error.hint) from error


def fetch_upgrade(source: Source, found: Download, *, tick: Callable[[int], None] = lambda _received: None) -> bytes:
    """Fetch a file of the release; ``tick`` is told how many bytes are there (see ``Source.content``).

    Raises:
        RefusedError: it is not what was signed, or the signed list of files and the release contradict each other.
    """
    path = f"{_ROLE}/{found.name}"
    target = source.listed(_ROLE).get(path)
    if target is None or target.length != found.size_bytes:
        raise RefusedError(Refusal.ALTERED, where=path, detail="the release names another file")
    content = source.content(target, limit_bytes=_FILE_LIMIT_BYTES, tick=tick)
    if hashlib.sha256(content).hexdigest() != found.sha256:
        raise RefusedError(Refusal.ALTERED, where=path, detail="the release names another file")
    return content


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers without zeros at the end; empty for one that is not made of numbers alone."""
    if not _NUMBERS.fullmatch(version):
        return ()
    numbers = [int(part) for part in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers) or (0,)


# Tries a new version of the tool before it takes the place of the one in use, whichever kind of download it is.

SELF_TEST = ("self-test", "--json", "--lang", "en")
"""What a program of the tool tries itself with; the setup for Windows runs the same."""
_SECONDS = 180


def try_out(program: Path, version: str) -> None:
    """Let a program of the tool try itself: load packs, start a worker, find what is marked and nothing else.

    Raises:
        UpgradeError: it does not, or is of another version.
    """
    try:
        done = subprocess.run(  # noqa: S603  (what is run was signed by the centre)
            [str(program), *SELF_TEST], capture_output=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        detail = getattr(error, "stderr", None) or str(error).encode()
        hint = detail[-300:].decode("utf-8", "replace").strip()
        raise UpgradeError(Text("the new version does not work here"), where=str(program), hint=hint) from error
    if (own := _version_of(done.stdout)) != version:
        raise UpgradeError(Text("the new version is another one than it says"), where=str(program), hint=own)


def _version_of(told: bytes) -> str:
    """Return the version that a self-test told; what it told instead if that is none."""
    try:
        answer = json.loads(told)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.get("works") is True:
        return str(answer.get("version", ""))
    return told[:200].decode("utf-8", "replace").strip()


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
        raise UpgradeError(
            Text("the folder cannot be written: {reason}", reason=SystemText(error.strerror)),
            where=str(folder),
            hint=hint,
        ) from error


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
# The setup for Windows does itself what :mod:`quetsach.packs.upgrade` does for the bundle: a folder beside, the
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
        raise UpgradeError(
            Text("the file cannot be written: {reason}", reason=SystemText(error.strerror)), where=str(path), hint=hint
        ) from error


def _run(command: list[str], seconds: float) -> int:
    try:
        # What is run was signed by the centre, and lies where only who runs this may write.
        return subprocess.run(command, timeout=seconds, check=False, stdin=subprocess.DEVNULL).returncode  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        needs_rights = getattr(error, "winerror", 0) == _NEEDS_ELEVATION
        hint = Text("run it as administrator") if needs_rights else str(error)
        raise UpgradeError(Text("the new version cannot be started"), where=command[0], hint=hint) from error
