"""How malware that belongs to another system is cleaned: its disk, or the folder it lies in, taken as one of that."""

import os
import posixpath
import shlex
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from quetsach.core.pack import ArtefactKind

if TYPE_CHECKING:
    import argparse

    from quetsach.endpoint.finding import Finding
    from quetsach.endpoint.look.scan import ScanResult

_MOST_COMMANDS = 3


def commands_elsewhere(arguments: "argparse.Namespace", result: "ScanResult") -> tuple[str, ...]:
    """Return the commands that clean what was found of other systems, the first few."""
    folders: defaultdict[str, dict[bytes, None]] = defaultdict(dict)
    for finding in result.findings:
        if finding.belongs_to and not finding.is_packed and finding.artefact.kind is ArtefactKind.FILE:
            system = "windows" if "windows" in finding.belongs_to else finding.belongs_to[0]
            folders[system][_folder(finding, arguments.root)] = None
    commands = (
        shlex.join(["quetsach", "clean", "--root", os.fsdecode(root), *how, *_state(arguments)])
        for system, found in folders.items()
        for root, how in _roots(system, list(found))
    )
    return tuple(dict.fromkeys(commands))[:_MOST_COMMANDS]


def _folder(finding: "Finding", root: Path | None) -> bytes:
    """Return the folder of a file on this machine."""
    from quetsach.endpoint.artefact import place_of  # noqa: PLC0415

    above = os.fsencode(root.absolute()) if root else b""
    return posixpath.dirname(above + place_of(finding.artefact.anchor)) or b"/"


def _roots(system: str, folders: list[bytes]) -> Iterator[tuple[bytes, list[str]]]:
    """Yield what to take as a disk: a mounted one of that system, or the folder that holds all, never the root."""
    bare: list[bytes] = []
    for folder in folders:
        if (disk := _disk_of(system, folder)) is not None:
            yield disk, []
        else:
            bare.append(folder)
    common = posixpath.commonpath(bare) if bare else b"/"
    for folder in [common] if common != b"/" else bare:
        if folder != b"/":
            yield folder, ["--system", system]


def _disk_of(system: str, folder: bytes) -> bytes | None:
    """Return where the disk of a folder is mounted, if the tool sees by itself that it is one of that system."""
    from quetsach.endpoint.host.mounted import open_mounted  # noqa: PLC0415
    from quetsach.endpoint.host.mounts import mounts_now  # noqa: PLC0415

    holding = [m.place for m in mounts_now() if m.place and (folder + b"/").startswith(m.place + b"/")]
    if not holding:
        return None
    disk = max(holding, key=len)
    try:
        is_of_it = open_mounted(Path(os.fsdecode(disk))).platform == system
    except OSError:
        return None
    return disk if is_of_it else None


def _state(arguments: "argparse.Namespace") -> list[str]:
    return ["--state", str(arguments.state.absolute())] if arguments.state else []
