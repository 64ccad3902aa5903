"""What no recipe may touch on any machine, from ``protected.toml``: files, keys and values of the registry."""

import functools
import os
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import translate
from importlib import resources
from pathlib import Path
from typing import Any

from quetsach.core.pack import Action
from quetsach.endpoint.artefact import Artefact, Finding, ProcessAnchor, RegistryAnchor
from quetsach.endpoint.host.live import SYSTEM, mounts_now, real_path, tree_path
from quetsach.endpoint.host.packages import PackageFile, package_files
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.process import Processes
from quetsach.endpoint.host.registry import folded
from quetsach.endpoint.host.tree import Mount, other_paths
from quetsach.installation import own_folder

_REMOVES_KEYS = frozenset({Action.REMOVE_KEY, Action.REMOVE_SERVICE})
_CONTROL_SET = re.compile(r"^HKLM\\SYSTEM\\CONTROLSET\d{3}(?=\\|$)")
_SERVICE = "HKLM\\SYSTEM\\CURRENTCONTROLSET\\SERVICES\\"


def is_protected_path(path: bytes, platform: str, action: Action = Action.QUARANTINE) -> bool:
    """Return whether an action may not touch a path (inside the root, without links)."""
    table = _table()[platform]
    text = os.fsdecode(path)
    text = text if platform == "linux" else folded(text)
    if any(f"{text}/".startswith(f"{folder}/") for folder in table["folders"]) or _matches(text, table["files"]):
        return action is not Action.REMOVE_LINE or not _matches(text, table["edited_only"])
    if action is not Action.REMOVE_LINE and _matches(text, table["edited_only"]):
        return True
    folder, _, name = text.rpartition("/")
    places = table["program_folders"]
    if _matches(name, table["names"]) or (folder in places and _matches(name, table["programs"])):
        return True
    return (folder in places or folder.rpartition("/")[0] in places) and _matches(name, table["libraries"])


def is_needed_unit(name: bytes) -> bool:
    """Return whether stopping a unit would take a running Linux from its users, whoever wrote the unit file."""
    return _matches(os.fsdecode(name), _table()["linux"]["units"])


def is_needed_program(path: bytes, platform: str) -> bool:
    """Return whether the processes of a program are never ended: the system would stop, or nobody could sign in."""
    if platform not in ("linux", "windows"):
        return False
    text = os.fsdecode(path)
    folder, _, name = (text if platform == "linux" else folded(text)).rpartition("/")
    table = _table()[platform]
    return folder in table["process_folders"] and _matches(name, table["processes"])


def is_protected_key(anchor: RegistryAnchor, action: Action) -> bool:
    """Return whether an action may not touch a key or value of the registry."""
    table = _table()["registry"]
    key = _comparable(anchor.key)
    if any(key == tree or key.startswith(f"{tree}\\") for tree in table["trees"]):
        return True
    if action is Action.RESTORE_DEFAULT:
        return False
    if key.startswith(_SERVICE) and key.removeprefix(_SERVICE).partition("\\")[0] in table["services"]:
        return True
    if action in _REMOVES_KEYS:
        return key.count("\\") < 2 or any(f"{one}\\".startswith(f"{key}\\") for one in table["keys"])
    return action is Action.REMOVE_VALUE and _matches(f"{key}\\{folded(anchor.name or '')}", table["values"])


def is_in_naming_key(anchor: RegistryAnchor) -> bool:
    """Return whether a key names files to keep them from running or to let them through, not to start them."""
    key = _comparable(anchor.key)
    return any(key == place or key.startswith(f"{place}\\") for place in _table()["registry"]["naming"])


def _comparable(key: str) -> str:
    """Return a key in capitals, any account as ``HKCU`` and any control set as the one in force."""
    text = folded(key)
    if text.startswith("HKU\\"):
        account, _, rest = text.removeprefix("HKU\\").partition("\\")
        classes = "SOFTWARE\\CLASSES\\" if account.endswith("_CLASSES") else ""
        text = f"HKCU\\{classes}{rest}".rstrip("\\")
    return _CONTROL_SET.sub(r"HKLM\\SYSTEM\\CURRENTCONTROLSET", text.replace("\\WOW6432NODE\\", "\\"))


def _matches(text: str, patterns: Iterable[str]) -> bool:
    return any(_pattern(pattern).match(text) for pattern in patterns)


@functools.cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern).replace(".*", r"[^/\\]*"))


@functools.cache
def _table() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    text = resources.files(__package__).joinpath("protected.toml").read_text("utf-8")
    return {place: _folded(place, table) for place, table in tomllib.loads(text).items()}


def _folded(place: str, table: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    same = place == "linux"
    return {key: tuple(value if same else folded(value) for value in values) for key, values in table.items()}


# What is never acted on, whatever a pack says: the system's own foundations, intact packages, and this tool itself.


class SkipReason(StrEnum):
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


def skip_reason(finding: Finding) -> SkipReason | None:
    """Return why a finding is left alone by what it is itself, wherever it lies; ``None`` if that does not decide."""
    if finding.is_sealable:
        return SkipReason.MEMBER
    return SkipReason.FOREIGN if finding.belongs_to else None


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

    def holds_file(self, path: bytes, action: Action = Action.QUARANTINE) -> SkipReason | None:
        """Return why a file may not be touched; ``None`` if it may. ``path`` is inside the root and has no links."""
        names = tuple(self._names(path))
        if any(name == own or name.startswith(own + b"/") for name, _ in names for own in self.own_folders):
            return SkipReason.OWN
        if any(is_protected_path(name, platform, action) for name, platform in names):
            return SkipReason.SYSTEM
        packages = (self.packages.get(name) for name, platform in names if platform == self.host.platform)
        return SkipReason.PACKAGE if any(package is not None and package.is_intact for package in packages) else None

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

    def holds_registry(self, artefact: Artefact, action: Action) -> SkipReason | None:
        """Return why a key or value of the registry, or a service, may not be touched; ``None`` if it may.

        What only starts the system's own files is likelier the system than the malware, unless it gives them words:
        they are interpreters, too.
        """
        anchor = artefact.anchor
        if isinstance(anchor, RegistryAnchor) and is_protected_key(anchor, action):
            return SkipReason.SYSTEM
        names_only = isinstance(anchor, RegistryAnchor) and is_in_naming_key(anchor)
        if action is Action.RESTORE_DEFAULT or names_only or not artefact.refers_to:
            return None
        fields = artefact.fields
        command = fields.get("command") or fields.get("entry") or fields.get("data", "")
        if not fields.get("dll") and not _is_alone(command):
            return None
        holds = {self.holds_file(path) for path in artefact.refers_to}
        return None if None in holds else (SkipReason.PACKAGE if SkipReason.PACKAGE in holds else SkipReason.SYSTEM)

    def holds_process(self, process: ProcessAnchor) -> SkipReason | None:
        """Return why a process may not be ended; ``None`` if it may."""
        if self.host.processes is None:
            return SkipReason.NOT_RUNNING
        if process.pid == os.getpid() or (process.pid, process.start_ticks) in self.own_processes:
            return SkipReason.OWN
        if process.pid <= 2 or not process.executable:  # init, and kernel threads
            return SkipReason.SYSTEM
        is_needed = is_needed_program(process.executable, self.host.platform) and not process.deleted
        return SkipReason.SYSTEM if is_needed and self._runs_what_it_says(self.host.processes, process) else None

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
