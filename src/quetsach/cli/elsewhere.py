"""How malware that belongs to another system is cleaned: its disk, or the folder it lies in, taken as one of that."""

import argparse
import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path

from quetsach.cli.parser import command_text
from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Finding, place_of, printable
from quetsach.endpoint.host import live
from quetsach.endpoint.scanner.scan import ScanResult

_MOST_COMMANDS = 3


def commands_elsewhere(arguments: argparse.Namespace, result: ScanResult) -> tuple[str, ...]:
    """Return the commands that clean what was found of other systems, the first few."""
    folders: defaultdict[str, dict[bytes, None]] = defaultdict(dict)
    for finding in result.findings:
        if finding.belongs_to and not finding.is_packed and finding.artefact.kind is ArtefactKind.FILE:
            system = "windows" if "windows" in finding.belongs_to else finding.belongs_to[0]
            folders[system][_folder(finding, arguments.root)] = None
    roots = dict.fromkeys(_roots(folders)) if folders else {}
    return tuple(
        command_text(["quetsach", "clean", "--root", os.fsdecode(root), *how, *_state(arguments)])
        for root, how in islice(roots, _MOST_COMMANDS)
    )


def _folder(finding: Finding, root: Path | None) -> bytes:
    """Return the folder of a file on this machine."""
    above = os.fsencode(root.absolute()) if root else b""
    return posixpath.dirname(above + place_of(finding.artefact.anchor)) or b"/"


def _roots(folders: Mapping[str, Iterable[bytes]]) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    """Yield what to take as a disk, and how: a mounted one of that system, or the folder that holds all.

    The root is never taken, and nothing whose name a terminal or a page could not show as it is.
    """
    places = [mount.place for mount in live.mounts_now() if mount.place and _shown(mount.place) == mount.place]
    platform_of = cache(_platform)
    for system, found in folders.items():
        bare: list[bytes] = []
        for folder in found:
            disk = max((place for place in places if (folder + b"/").startswith(place + b"/")), key=len, default=b"")
            if disk and platform_of(disk) == system:
                yield disk, ()
            else:
                bare.append(folder)
        common = posixpath.commonpath(bare) if bare else b"/"
        for folder in map(_shown, [common] if common != b"/" else bare):
            if folder != b"/":
                yield folder, ("--system", system)


def _platform(disk: bytes) -> str:
    """Return the system that the tool sees by itself on a mounted disk; empty if it cannot be opened."""
    try:
        return live.open_mounted(Path(os.fsdecode(disk))).platform
    except OSError:
        return ""


def _shown(folder: bytes) -> bytes:
    """Return the folder, or the nearest above it whose path can be shown and copied as it is."""
    while folder != b"/" and printable(folder) != os.fsdecode(folder):
        folder = posixpath.dirname(folder)
    return folder


def _state(arguments: argparse.Namespace) -> list[str]:
    return ["--state", str(arguments.state.absolute())] if arguments.state else []
