"""What is never acted on, whatever a pack says: the system's own foundations, intact packages, and this tool itself."""

import fnmatch
import functools
import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path

import quetsach
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.packages import PackageFile, package_files
from quetsach.endpoint.host.port import Host


class Hold(StrEnum):
    """Why a finding is reported and not acted on."""

    REPORT_ONLY = "report-only"
    """The pack itself only reports it."""
    SYSTEM = "system"
    """The machine would not start or could not be entered without it."""
    PACKAGE = "package"
    """It belongs to a package and its checksum holds: the rule is likelier to be wrong than the file."""
    OWN = "own"
    """It is this tool, what it runs on, or a process that started it."""
    ENTANGLED = "entangled"
    """It is a line of a shell script that cannot be taken out alone without breaking the commands around it."""
    MEMBER = "member"
    """It lies inside an archive: it cannot run there, and the archive may hold other things."""
    UNREACHABLE = "unreachable"
    """It cannot be found again: it vanished, or a folder on the way became a link."""
    NOT_RUNNING = "not-running"
    """It is a process, and this system is not the running one."""


@dataclass(frozen=True, slots=True)
class Protection:
    """Decides for one machine. ``own_folders`` are real paths of this machine; ``own_processes`` are numbers."""

    host: Host
    own_folders: tuple[bytes, ...]
    own_processes: frozenset[int]
    packages: Mapping[bytes, PackageFile]

    @classmethod
    def of(cls, host: Host, state_folder: Path, paths: Iterable[bytes]) -> "Protection":
        """Gather what decides about these paths (inside the root, without links)."""
        folders = [Path(quetsach.__file__).parent, Path(sys.executable), state_folder]
        if sys.prefix != sys.base_prefix:
            folders.append(Path(sys.prefix))
        own = tuple(os.path.realpath(os.fsencode(folder)) for folder in folders)
        return cls(host, own, _own_processes(host), package_files(host.tree, paths))

    def holds_file(self, path: bytes) -> Hold | None:
        """Return why a file may not be touched; ``None`` if it may. ``path`` is inside the root and has no links."""
        real = os.path.realpath(os.path.join(os.fsencode(self.host.tree.root), path.lstrip(b"/")))
        if any(real == own or real.startswith(own + b"/") for own in self.own_folders):
            return Hold.OWN
        if is_foundation(path):
            return Hold.SYSTEM
        package = self.packages.get(path)
        return Hold.PACKAGE if package is not None and package.is_intact else None

    def holds_process(self, process: ProcessAnchor) -> Hold | None:
        """Return why a process may not be ended; ``None`` if it may."""
        if self.host.processes is None:
            return Hold.NOT_RUNNING
        if process.pid in self.own_processes:
            return Hold.OWN
        return Hold.SYSTEM if process.pid <= 2 or not process.executable else None  # init, and kernel threads


def is_foundation(path: bytes) -> bool:
    """Return whether a path is one that no recipe may touch on any machine (``protected.toml``)."""
    text = os.fsdecode(path)
    table = _table()
    if text in table["files"] or any(text.startswith(f"{folder}/") for folder in table["folders"]):
        return True
    folder, _, name = text.rpartition("/")
    places = table["program_folders"]
    if folder in places and _matches(name, table["programs"]):
        return True
    return (folder in places or folder.rpartition("/")[0] in places) and _matches(name, table["libraries"])


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


@functools.cache
def _table() -> Mapping[str, tuple[str, ...]]:
    text = resources.files(__package__).joinpath("protected.toml").read_text("utf-8")
    return {key: tuple(values) for key, values in tomllib.loads(text).items()}


def _own_processes(host: Host) -> frozenset[int]:
    """Return this process and those that started it."""
    own: set[int] = set()
    pid = os.getpid()
    while host.processes is not None and pid > 0 and pid not in own:
        own.add(pid)
        process = host.processes.read(pid)
        pid = process.parent if process is not None else 0
    return frozenset(own)
