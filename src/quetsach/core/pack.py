"""What a pack says about one family: how to recognise it, what to do about each trace, what to tell the owner.

These are values. ``quetsach.packs`` makes them from files, ``quetsach.endpoint`` acts on them; neither imports the
other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_ESCAPES = re.compile(r"(\\.)", re.DOTALL)


class Action(StrEnum):
    """What may be done about a trace. Everything but ``REPORT`` has an exact inverse."""

    REPORT = "report"
    QUARANTINE = "quarantine"
    KILL = "kill"
    REMOVE_LINE = "remove-line"
    REMOVE_UNIT = "remove-unit"


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


ACTIONS_OF_KIND: Mapping[ArtefactKind, frozenset[Action]] = {
    ArtefactKind.FILE: frozenset({Action.REPORT, Action.QUARANTINE}),
    ArtefactKind.PROCESS: frozenset({Action.REPORT, Action.KILL}),
    ArtefactKind.CRON_ENTRY: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.SYSTEMD_UNIT: frozenset({Action.REPORT, Action.REMOVE_UNIT}),
    ArtefactKind.PRELOAD_ENTRY: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.AUTHORIZED_KEY: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.RC_LOCAL_LINE: frozenset({Action.REPORT, Action.REMOVE_LINE}),
    ArtefactKind.PROFILE_LINE: frozenset({Action.REPORT, Action.REMOVE_LINE}),
}


@dataclass(frozen=True, slots=True)
class LocalText:
    """One text in both languages; Vietnamese is the first."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in ``vi`` or ``en``."""
        return self.en if language == "en" else self.vi


@dataclass(frozen=True, slots=True)
class Trait:
    """One trace a family leaves, how to know it and what to do about it.

    An artefact of ``kind`` shows the trait when every given test holds:
    ``rule``: the YARA rule of that name matches its content (files; the image of processes);
    ``match``: each named field contains a match of the pattern, a regular expression as YARA writes it, which the
    match engine tests in linear time whatever the text;
    ``refers_to``: the artefact names a file in which one of these traits was found;
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


def pattern_rule(pattern: str) -> str:
    """Return a YARA rule named ``pattern`` that is true where the pattern of a trait matches.

    A solidus would end YARA's regular expression, so one that is not escaped yet gets its backslash.
    """
    quoted = "".join(part if part.startswith("\\") else part.replace("/", r"\/") for part in _ESCAPES.split(pattern))
    return f"rule pattern {{ strings: $pattern = /{quoted}/ condition: $pattern }}"


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
