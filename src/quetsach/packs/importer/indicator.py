"""What the readers of formats yield: an indicator or why there is none; and JSON of others, read within bounds."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from quetsach.core.indicator_list import ListKind
from quetsach.core.rule_text import RuleText
from quetsach.core.text import Number, Text
from quetsach.packs import PackError

# What the readers of formats yield: something that can be looked for, or why it cannot.

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


# JSON of others, read within bounds.

LARGEST_BYTES = 32 << 20


def read_json(content: bytes, file: str) -> Any:
    """Return the value of a JSON file.

    Raises:
        PackError: it is too large, too deep or no JSON.
    """
    if len(content) > LARGEST_BYTES:
        raise PackError(
            Text("larger than {size} bytes", size=Number(LARGEST_BYTES)), where=file, hint=Text("export it in parts")
        )
    try:
        return json.loads(content.decode("utf-8-sig"), parse_int=_number)
    except RecursionError:
        raise PackError(Text("nested too deeply"), where=file, hint=Text("export it again")) from None
    except ValueError as error:  # of UTF-8 too
        raise PackError(
            Text("not valid JSON: {error}", error=str(error)[:80]), where=file, hint=Text("export it again")
        ) from None


def table(value: Any) -> dict[str, Any]:
    """Return a value that should be an object; an empty one if it is none."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a value that should be a list; an empty one if it is none."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a value that should be a text; empty if it is none."""
    return value if isinstance(value, str) else ""


def _number(digits: str) -> int:
    return int(digits[:20])
