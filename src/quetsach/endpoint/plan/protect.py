"""What is never acted on, whatever a pack says: the system's own foundations, intact packages, and this tool itself."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from quetsach.core.pack import Action
from quetsach.endpoint.artefact import Artefact, ProcessAnchor, RegistryAnchor
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.live import SYSTEM, mounts_now, real_path, tree_path
from quetsach.endpoint.host.mount import Mount, other_paths
from quetsach.endpoint.host.packages import PackageFile, package_files
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.plan.foundation import is_foundation, is_in_naming_key, is_needed_program, is_registry_foundation
from quetsach.installation import own_folder


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
    """It would be removed but for lying inside an archive: it cannot run there, and other things lie beside it."""
    FOREIGN = "foreign"
    """It is malware of another system: its recipe is not for this one."""
    UNREACHABLE = "unreachable"
    """It cannot be found again: it vanished, or a folder on the way became a link."""
    INCOMPLETE = "incomplete"
    """What acting needs is not known: where to cut, or what the system has from the factory."""
    NOT_CHOSEN = "not-chosen"
    """A person left it out of what is to be done."""
    NOT_RUNNING = "not-running"
    """It is a process, or what only a running system removes, and this system is not the running one."""


def hold_of(finding: Finding) -> Hold | None:
    """Return why a finding is left alone by what it is itself, wherever it lies; ``None`` if that does not decide."""
    if finding.is_sealable:
        return Hold.MEMBER
    return Hold.FOREIGN if finding.belongs_to else None


@dataclass(frozen=True, slots=True)
class Protection:
    """Decides for one machine. ``own_folders`` are real paths of this machine; ``own_processes`` number and start."""

    host: Host
    own_folders: tuple[bytes, ...]
    own_processes: frozenset[tuple[int, int]]
    packages: Mapping[bytes, PackageFile]
    mounts: tuple[Mount, ...] = ()

    @classmethod
    def of(cls, host: Host, state_folder: Path, paths: Iterable[bytes]) -> "Protection":
        """Gather what decides about these paths (inside the root, without links)."""
        folders = [own_folder(), Path(sys.executable), state_folder]
        if SYSTEM == "windows" or sys.prefix != sys.base_prefix:  # there the interpreter is part of the tool
            folders.append(Path(sys.prefix))
        own = tuple(real_path(tree_path(folder)) for folder in folders)
        blank = cls(host, own, _own_processes(host), {}, mounts_now())
        named = {name for path in paths for name, platform in blank._names(path) if platform == host.platform}
        return replace(blank, packages=_accounted_for(host, named))

    def holds_file(self, path: bytes, action: Action = Action.QUARANTINE) -> Hold | None:
        """Return why a file may not be touched; ``None`` if it may. ``path`` is inside the root and has no links."""
        names = tuple(self._names(path))
        if any(name == own or name.startswith(own + b"/") for name, _ in names for own in self.own_folders):
            return Hold.OWN
        if any(is_foundation(name, platform, action) for name, platform in names):
            return Hold.SYSTEM
        packages = (self.packages.get(name) for name, platform in names if platform == self.host.platform)
        return Hold.PACKAGE if any(package is not None and package.is_intact for package in packages) else None

    def _names(self, path: bytes) -> Iterator[tuple[bytes, str]]:
        """Yield every path that leads to a file, and of which platform it is one.

        There are more than one where a file system is mounted twice, and where ``--root`` names a part of the running
        system: what that cannot do without is not acted on by whatever path.
        """
        yield path, self.host.platform
        root = b"" if self.host.is_live else real_path(tree_path(self.host.tree.root)).rstrip(b"/")
        real = real_path(root + b"/" + path.lstrip(b"/"))
        for name in (real, *other_paths(real, self.mounts)):
            yield name, SYSTEM
            if name.startswith(root + b"/"):
                yield name[len(root) :], self.host.platform

    def holds_registry(self, artefact: Artefact, action: Action) -> Hold | None:
        """Return why a key or value of the registry, or a service, may not be touched; ``None`` if it may.

        What only starts the system's own files is likelier the system than the malware, unless it gives them words:
        they are interpreters, too.
        """
        anchor = artefact.anchor
        if isinstance(anchor, RegistryAnchor) and is_registry_foundation(anchor, action):
            return Hold.SYSTEM
        names_only = isinstance(anchor, RegistryAnchor) and is_in_naming_key(anchor)
        if action is Action.RESTORE_DEFAULT or names_only or not artefact.refers_to:
            return None
        fields = artefact.fields
        command = fields.get("command") or fields.get("entry") or fields.get("data", "")
        if not fields.get("dll") and not _is_alone(command):
            return None
        holds = {self.holds_file(path) for path in artefact.refers_to}
        return None if None in holds else (Hold.PACKAGE if Hold.PACKAGE in holds else Hold.SYSTEM)

    def holds_process(self, process: ProcessAnchor) -> Hold | None:
        """Return why a process may not be ended; ``None`` if it may."""
        if self.host.processes is None:
            return Hold.NOT_RUNNING
        if process.pid == os.getpid() or (process.pid, process.start_ticks) in self.own_processes:
            return Hold.OWN
        if process.pid <= 2 or not process.executable:  # init, and kernel threads
            return Hold.SYSTEM
        is_needed = is_needed_program(process.executable, self.host.platform) and not process.deleted
        return Hold.SYSTEM if is_needed and self._runs_what_it_says(self.host.processes, process) else None

    def _runs_what_it_says(self, processes: Processes, process: ProcessAnchor) -> bool:
        """Return whether a process runs the file at its path, and not one that only it has mounted there."""
        try:
            found = self.host.tree.stat(process.executable)
        except OSError:
            return False
        return processes.image_identity(process) == (found.st_dev, found.st_ino)


_ALONE = re.compile(r"""^\s*"?[^"]*\.(?:exe|dll|sys|com|scr|cpl)"?\s*$""", re.IGNORECASE)


def _is_alone(command: str) -> bool:
    """Return whether a command is a program and nothing else: what it does then is the program's doing."""
    return bool(_ALONE.match(command))


def _accounted_for(host: Host, paths: Iterable[bytes]) -> Mapping[bytes, PackageFile]:
    """Return what packages, or the signatures of the system's maker, say of these files."""
    if host.platform == "windows":
        from quetsach.endpoint.host.authenticode import microsoft_files  # noqa: PLC0415  (cryptography, for this only)

        return microsoft_files(host.tree, paths)
    return package_files(host.tree, paths)


def _own_processes(host: Host) -> frozenset[tuple[int, int]]:
    """Return this process and those that started it."""
    own: set[tuple[int, int]] = set()
    process = host.processes.read(os.getpid()) if host.processes is not None else None
    while host.processes is not None and process is not None and (process.pid, process.anchor.start_ticks) not in own:
        own.add((process.pid, process.anchor.start_ticks))
        process = host.processes.parent(process)
    return frozenset(own)
