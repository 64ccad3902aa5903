"""What the readers of formats yield: something that can be looked for, or why it cannot."""

from dataclasses import dataclass
from enum import StrEnum

from quetsach.core.indicator_list import ListKind
from quetsach.core.rule_text import RuleText

_SHOWN = 100


class Reason(StrEnum):
    """Why something was left out. The first group would harm, the second cannot be looked for by this tool."""

    COMMON_CONTENT = "common-content"
    """The hash of a file that every machine has: empty, nearly empty, all zeros."""
    TOO_SMALL = "too-small"
    """A file or section of less than 64 bytes, or too large to be looked at."""
    COMMON_NAME = "common-name"
    """A name that files of honest systems have."""
    NAME_ALONE = "name-alone"
    """Names were given and nothing with which they could be told."""
    NOT_PUBLIC = "not-public"
    """An address that is nobody's on the internet: private, reserved, for documentation, multicast."""
    COMMON_ADDRESS = "common-address"
    """A public name server."""
    TOO_BROAD = "too-broad"
    """A range of more than 65,536 addresses (IPv6: more than a /32)."""
    COMMON_DOMAIN = "common-domain"
    """A name of a host that everyone's machines call, or an ending under which anyone registers."""
    SHORT_STRINGS = "short-strings"
    """A rule or signature that rests on a few bytes."""
    MATCHES_HONEST = "matches-honest"
    """A rule that matches honest files, or knows the malware by nothing that these lack."""
    NOT_FOR_DETECTION = "not-for-detection"
    """Its source says that it is context and no sign."""
    NO_LONGER_VALID = "no-longer-valid"
    """Its source has withdrawn it, or its time is over."""

    NOT_MAPPABLE = "not-mappable"
    """It says something that a pack cannot."""
    ENGINE = "engine"
    """An engine does not take the rule, or warns that it is slow or cannot match."""
    MODULE = "module"
    """A rule that needs a module that one of the engines lacks."""
    GLOBAL_RULE = "global-rule"
    """A rule that holds for a whole file of rules, or one of that file."""
    NAME_TAKEN = "name-taken"
    """Another rule has its name."""
    MALFORMED = "malformed"
    PACK_FULL = "pack-full"
    """A rule that does not fit into the pack any more: it wants a pack of its own."""
    LIMIT = "limit"
    """More than an import takes."""
    OTHER_FILE = "other-file"
    """A file of a kind that is not taken over."""


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry for one of the lists of a pack; ``label`` is what its source calls it."""

    kind: ListKind
    entry: str
    label: str
    where: str


@dataclass(frozen=True, slots=True)
class FoundRule:
    """A YARA rule and the modules that its file imports; ``file`` tells the rules of one file from others."""

    rule: RuleText
    imports: frozenset[str]
    where: str
    file: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that was left out. ``where`` names file and line or object; ``what`` says more in a line."""

    reason: Reason
    where: str
    what: str


type Found = Listed | FoundRule | Refused


def shown(text: str) -> str:
    """Return a text of a source as it can be printed: short, without control characters."""
    return ascii(text[:_SHOWN]).strip("'\"") if not text[:_SHOWN].isprintable() else text[:_SHOWN]
