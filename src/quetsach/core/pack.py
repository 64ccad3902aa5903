"""What a pack says about one family: how to recognise it, what to do about each trace, what to tell the owner.

These are values. ``quetsach.packs`` makes them from files, ``quetsach.endpoint`` acts on them; neither imports the
other.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from quetsach.core.indicator_list import IndicatorList
from quetsach.core.text import LocalText

ANY_RULE = "*"
"""In place of the name of a rule: any rule of the pack that is not private."""

CUT = "$cut"
"""The string of a rule whose first match says from where on a file is not the owner's (``Action.TRUNCATE``)."""

SYSTEM_NAMES: Mapping[str, str] = {"linux": "Linux", "macos": "macOS", "windows": "Windows"}
"""What the systems of computers are called, in every language."""

_ANY_CASE = "(?i)"
_ESCAPES = re.compile(r"(\\.)", re.DOTALL)


def systems_text(systems: Iterable[str]) -> str:
    """Return the names of systems in a line; a device is called as packs call it."""
    return ", ".join(SYSTEM_NAMES.get(system, system) for system in systems)


class Action(StrEnum):
    """What may be done about a trace. Everything but ``REPORT`` has an exact inverse."""

    REPORT = "report"
    QUARANTINE = "quarantine"
    KILL = "kill"
    REMOVE_LINE = "remove-line"
    REMOVE_UNIT = "remove-unit"
    TRUNCATE = "truncate"
    """Cut a file off where the rule's string ``$cut`` matches: what a file infector appended to a text goes."""
    REMOVE_VALUE = "remove-value"
    REMOVE_ENTRY = "remove-entry"
    """Take one entry out of a registry value that holds a list; the others stay."""
    RESTORE_DEFAULT = "restore-default"
    """Give a registry value, a key or a service of Windows what the system has from the factory."""
    REMOVE_KEY = "remove-key"
    REMOVE_SERVICE = "remove-service"
    """Remove a Windows service or driver: its key and its place in a group of services."""
    REMOVE_TASK = "remove-task"
    """Remove a scheduled task of Windows: its file and what the registry keeps of it."""
    REMOVE_SUBSCRIPTION = "remove-subscription"
    """Remove an event subscription of WMI from a running Windows: its binding, its consumer, its filter."""
    UNHIDE = "unhide"
    """Take the marks "hidden" and "system" from a folder, so that its owner sees it again."""


class ArtefactKind(StrEnum):
    """The kinds of things that the endpoint tool looks at; each has its fields in ``docs/reference``."""

    FILE = "file"
    PROCESS = "process"
    CRON_ENTRY = "cron-entry"
    SYSTEMD_UNIT = "systemd-unit"
    PRELOAD_ENTRY = "preload-entry"
    AUTHORIZED_KEY = "authorized-key"
    RC_LOCAL_LINE = "rc-local-line"
    PROFILE_LINE = "profile-line"
    SETTING_LINE = "setting-line"
    """A line of any other file of settings; field ``place`` says of which (``hosts``, ``sudoers``, ``pam`` …)."""
    STARTUP_FILE = "startup-file"
    """A file that is run or read because it lies where it lies: Startup folder, XDG autostart, a launchd job …"""
    REGISTRY_VALUE = "registry-value"
    """A value of the Windows registry, or one entry of a value that holds a list."""
    REGISTRY_KEY = "registry-key"
    SERVICE = "service"
    """A service or driver of Windows."""
    SCHEDULED_TASK = "scheduled-task"
    WMI_SUBSCRIPTION = "wmi-subscription"
    KERNEL_MODULE = "kernel-module"
    SOCKET = "socket"
    HIDDEN_FOLDER = "hidden-folder"
    """A folder of the drive's root that is marked as hidden and as the system's own, and is not Windows' own."""


ACTIONS_OF_KIND: Mapping[ArtefactKind, frozenset[Action]] = {
    ArtefactKind.FILE: frozenset({Action.REPORT, Action.QUARANTINE, Action.TRUNCATE}),
    ArtefactKind.PROCESS: frozenset({Action.REPORT, Action.KILL}),
    ArtefactKind.CRON_ENTRY: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.SYSTEMD_UNIT: frozenset({Action.REPORT, Action.REMOVE_UNIT}),
    ArtefactKind.PRELOAD_ENTRY: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.AUTHORIZED_KEY: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.RC_LOCAL_LINE: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.PROFILE_LINE: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.SETTING_LINE: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.STARTUP_FILE: frozenset({Action.REPORT, Action.QUARANTINE}),
    ArtefactKind.REGISTRY_VALUE: frozenset(
        {Action.REPORT, Action.REMOVE_VALUE, Action.REMOVE_ENTRY, Action.RESTORE_DEFAULT}
    ),
    ArtefactKind.REGISTRY_KEY: frozenset({Action.REPORT, Action.REMOVE_KEY, Action.RESTORE_DEFAULT}),
    ArtefactKind.SERVICE: frozenset({Action.REPORT, Action.REMOVE_SERVICE, Action.RESTORE_DEFAULT}),
    ArtefactKind.SCHEDULED_TASK: frozenset({Action.REPORT, Action.REMOVE_TASK}),
    ArtefactKind.WMI_SUBSCRIPTION: frozenset({Action.REPORT, Action.REMOVE_SUBSCRIPTION}),
    ArtefactKind.KERNEL_MODULE: frozenset({Action.REPORT}),
    ArtefactKind.SOCKET: frozenset({Action.REPORT}),
    ArtefactKind.HIDDEN_FOLDER: frozenset({Action.REPORT, Action.UNHIDE}),
}


@dataclass(frozen=True, slots=True)
class FileHash:
    """The hash of a whole file: ``algorithm`` is sha256, sha1 or md5, ``digest`` hex in small letters."""

    algorithm: str
    digest: str
    size_bytes: int

    def __str__(self) -> str:
        """Return the hash as packs write it: ``size:digest``."""
        return f"{self.size_bytes}:{self.digest}"


@dataclass(frozen=True, slots=True)
class Trait:
    """One trace a family leaves, how to know it and what to do about it.

    An artefact of ``kind`` shows the trait when every given test holds:
    ``rule``: the YARA rule of that name matches its content (files; the image of processes, and with ``memory`` also
    what they have in memory, see ``memory_variant``);
    ``names``: the file has one of these names, exactly (on Windows in any case of its letters);
    ``hashes``: the file has one of these hashes; ``hash_list``: one of this list;
    ``listed``: each named field contains an entry of its list;
    ``match``: each named field contains a match of the pattern, a regular expression as YARA writes it, which the
    match engine tests in linear time whatever the text;
    ``refers_to``: the artefact names a file in which one of these traits was found;
    ``named_by``: an artefact in which one of these traits was found names this file (a program that is packed, and so
    known by what starts it);
    ``only_with``: one of these traits was found on the same machine (a sign too weak to stand alone).
    An artefact is given to the first trait of the pack that it shows.
    """

    id: str
    kind: ArtefactKind
    action: Action
    why: LocalText
    rule: str = ""
    match: tuple[tuple[str, str], ...] = ()
    refers_to: tuple[str, ...] = ()
    only_with: tuple[str, ...] = ()
    named_by: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    hashes: tuple[FileHash, ...] = ()
    memory: bool = False
    hash_list: IndicatorList | None = None
    listed: tuple[tuple[str, IndicatorList], ...] = ()


def pattern_rule(pattern: str, *, name: str = "pattern") -> str:
    """Return a YARA rule of this name that is true where the pattern of a trait matches.

    A solidus would end YARA's regular expression, so one that is not escaped yet gets its backslash. ``(?i)`` at the
    start, which YARA does not know, makes its flag: names of Windows are the same in any case of their letters.
    """
    flags = "i" if pattern.startswith(_ANY_CASE) else ""
    pattern = pattern.removeprefix(_ANY_CASE)
    quoted = "".join(part if part.startswith("\\") else part.replace("/", r"\/") for part in _ESCAPES.split(pattern))
    return f"rule {name} {{ strings: $pattern = /{quoted}/{flags} condition: $pattern }}"


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything about one family. ``digest`` is the SHA-256 (hex) of its content, ``version`` a sortable date."""

    family: str
    version: str
    name: LocalText
    platforms: frozenset[str]
    severity: str
    aliases: tuple[str, ...]
    references: tuple[str, ...]
    author: str
    licence: str
    rules: str
    traits: tuple[Trait, ...]
    guidance: LocalText
    digest: str

    @property
    def is_guidance_only(self) -> bool:
        """Whether it only tells people what to do: its family lives on devices that the tool does not run on."""
        return not self.traits


# What a pack can ask of an artefact: the fields of each kind, and the systems on which the kind is looked for.

_FIELDS = {
    ArtefactKind.FILE: "path name size_bytes mode owner archive cut",
    ArtefactKind.PROCESS: "pid name executable deleted command_line script uid cwd preload",
    ArtefactKind.CRON_ENTRY: "place schedule user command path line",
    ArtefactKind.SYSTEMD_UNIT: "place name type path user description exec environment wanted_by starts drop_in",
    ArtefactKind.PRELOAD_ENTRY: "place libraries line",
    ArtefactKind.AUTHORIZED_KEY: "place user options algorithm fingerprint comment command path",
    ArtefactKind.RC_LOCAL_LINE: "place path line command user",
    ArtefactKind.PROFILE_LINE: "place path line command user",
    ArtefactKind.SETTING_LINE: "place path line command user",
    ArtefactKind.STARTUP_FILE: "place path name command user",
    ArtefactKind.REGISTRY_VALUE: "place key name type data entry list command server default missing user",
    ArtefactKind.REGISTRY_KEY: "place key data values server missing user",
    ArtefactKind.SERVICE: (
        "name display_name key command dll start type group svchost account failure_command missing hidden pid"
    ),
    ArtefactKind.SCHEDULED_TASK: "name path command handler server author user hidden enabled trigger",
    ArtefactKind.WMI_SUBSCRIPTION: "name consumer filter command query listed",
    ArtefactKind.KERNEL_MODULE: "place name path hidden",
    ArtefactKind.SOCKET: "place protocol local remote state pid",
    ArtefactKind.HIDDEN_FOLDER: "place path name",
}

FIELDS_OF_KIND: Mapping[ArtefactKind, tuple[str, ...]] = {kind: tuple(names.split()) for kind, names in _FIELDS.items()}
"""The fields that ``match`` and ``listed`` can test; ``docs/reference/collectors.md`` says what each holds."""

_LINUX, _MACOS, _WINDOWS = "linux", "macos", "windows"

SYSTEMS_OF_KIND: Mapping[ArtefactKind, frozenset[str]] = {
    ArtefactKind.FILE: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.PROCESS: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.CRON_ENTRY: frozenset({_LINUX, _MACOS}),
    ArtefactKind.SYSTEMD_UNIT: frozenset({_LINUX}),
    ArtefactKind.PRELOAD_ENTRY: frozenset({_LINUX}),
    ArtefactKind.AUTHORIZED_KEY: frozenset({_LINUX, _MACOS}),
    ArtefactKind.RC_LOCAL_LINE: frozenset({_LINUX, _MACOS}),
    ArtefactKind.PROFILE_LINE: frozenset({_LINUX, _MACOS}),
    ArtefactKind.SETTING_LINE: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.STARTUP_FILE: frozenset({_LINUX, _MACOS, _WINDOWS}),
    ArtefactKind.REGISTRY_VALUE: frozenset({_WINDOWS}),
    ArtefactKind.REGISTRY_KEY: frozenset({_WINDOWS}),
    ArtefactKind.SERVICE: frozenset({_WINDOWS}),
    ArtefactKind.SCHEDULED_TASK: frozenset({_WINDOWS}),
    ArtefactKind.WMI_SUBSCRIPTION: frozenset({_WINDOWS}),
    ArtefactKind.KERNEL_MODULE: frozenset({_LINUX}),
    ArtefactKind.SOCKET: frozenset({_LINUX, _WINDOWS}),
    ArtefactKind.HIDDEN_FOLDER: frozenset({_WINDOWS}),
}
"""The systems on which a kind of artefact is looked for."""
