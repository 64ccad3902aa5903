"""A newer build of the tool: named in the centre's signed list, fetched, compared with both, and tried before use."""

import hashlib
import json
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from quetsach import __version__
from quetsach.core.text import Text
from quetsach.installation import own_folder
from quetsach.packs.downloads import LIST_FILE, Download, parse_downloads
from quetsach.packs.errors import PackError, Refusal, RefusedError
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
    import quetsach  # noqa: PLC0415

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
