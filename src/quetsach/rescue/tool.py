"""This very tool as it is put onto the stick: its package, what it depends on, and the packs."""

import io
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

import quetsach
from quetsach import storage
from quetsach.rescue.errors import RescueError

PLACE = PurePosixPath("usr/lib/python3/dist-packages")
"""Where Debian's Python looks for packages."""

SERVER = ("web", "centre", "lake", "simulate", "rescue/overlay", "bundled")
"""Folders of our package that a stick does without; packs and root of trust are those that are passed in."""

DEPENDENCIES = ("boreal-python", "cffi", "cryptography", "pycparser", "securesystemslib", "tuf", "urllib3")
"""What the bare tool needs, with all that these need; a test compares it with what they say of themselves."""

_EXECUTABLE = ("usr/bin/", "usr/lib/quetsach/", "etc/initramfs-tools/hooks/")


def overlay_files() -> Iterator[tuple[str, bytes]]:
    """Yield the files that make a Debian our stick: name inside the root, content."""
    folder = Path(__file__).with_name("overlay")
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()


def tool_files(bundled: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the tool and of all it depends on: name inside the root, content.

    Args:
        bundled: packs and root of trust, by name inside ``quetsach/bundled``.

    Raises:
        RescueError: this tool is not installed in a way that tells what belongs to it.
    """
    ours = Path(quetsach.__file__).parent
    for path in sorted(ours.rglob("*")):
        name = path.relative_to(ours).as_posix()
        if path.is_file() and not _is_passed_over(name):
            yield f"{PLACE}/quetsach/{name}", path.read_bytes()
    for name, content in bundled.items():
        yield f"{PLACE}/quetsach/bundled/{name}", content
    for one in DEPENDENCIES:
        yield from _distribution_files(one)


def _is_passed_over(name: str) -> bool:
    return "__pycache__/" in name or name.startswith(tuple(f"{folder}/" for folder in SERVER))


def _distribution_files(name: str) -> Iterator[tuple[str, bytes]]:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        raise RescueError("a part of this tool is not found", where=name, hint="install quetsach again") from None
    for file in found.files or ():
        path = Path(str(found.locate_file(file)))
        if ".." not in file.parts and "__pycache__" not in file.parts and path.is_file():
            yield f"{PLACE}/{file.as_posix()}", path.read_bytes()


def write_archive(path: Path, files: Iterable[tuple[str, bytes]], *, epoch: int) -> None:
    """Write files as an archive that unpacks to the same bytes, owners, modes and times wherever it is made."""
    with (
        storage.replacing(path) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in sorted(files):
            archive.addfile(_member(name, len(content), epoch), io.BytesIO(content))


def _member(name: str, size: int, epoch: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = size, epoch
    member.mode = 0o755 if name.startswith(_EXECUTABLE) else 0o644
    return member
