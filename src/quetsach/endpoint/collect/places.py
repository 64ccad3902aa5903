r"""Collectors as data: one TOML file for each place where a system keeps what it runs, trusts or follows.

The files are ``places/<platform>/<place>.toml``; the stem is the field ``place`` of the artefacts. Every file has
``kind``, ``title.vi``, ``title.en``, ``sources`` (manual pages or addresses, at least one) and ``reader``; the rest
belongs to the reader:

``lines``, ``files`` and the readers of one format (``cron-user``, ``systemd`` …):
``paths``, absolute inside the root, where ``{home}`` stands for the home of every account and ``*`` for any name or
part of one; ``comment``, what a line starts with that is passed over; ``command``, a pattern whose group is what a line
or file runs, where of several groups one alone takes part in a match; ``search``, folders where a program or library
named without a folder is found; ``needs_command``, which leaves out lines and files that run nothing; ``form``, what a
file holds when it is no text (``property-list``, with the ``names`` of the keys that run something, or
``archived-paths``); ``schedule``, when the scripts of a folder run.

``hidden-folders``: ``spared``, names of folders that Windows itself hides, with ``*`` for any part.

``values`` and ``keys``: ``keys`` of the registry, where ``*`` stands for any one name; ``names`` of values (absent:
all); ``list``, how a value that holds several is divided (``,`` ``;`` ``space`` ``multi``); ``defaults``, what a value
is from the factory; ``report_missing``, when a value with a default that is not there is worth a word.
"""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import combinations
from typing import Any

from quetsach.core.pack import ArtefactKind
from quetsach.core.text import LocalText
from quetsach.endpoint import CollectorError

PLATFORMS = ("linux", "macos", "windows")

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LISTS = ("", ",", ";", "space", "multi")
NEEDED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("kernel-modules", "sockets"), ()),
    **dict.fromkeys(("values", "keys", "services"), ("keys",)),
    **dict.fromkeys(("lines", "files", "cron-system", "cron-user", "cron-script", "anacron", "systemd"), ("paths",)),
    **dict.fromkeys(("ssh", "preload", "jobs", "shortcuts", "autorun", "bits", "hidden-folders", "wmi"), ("paths",)),
    "tasks": ("paths", "keys"),
}
"""Where each reader looks: the fields that its places cannot do without."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place, as its file says it; see the module for the fields."""

    name: str
    kind: ArtefactKind
    title: LocalText
    sources: tuple[str, ...]
    reader: str
    paths: tuple[str, ...] = ()
    comment: tuple[str, ...] = ()
    command: re.Pattern[bytes] | None = None
    search: tuple[str, ...] = ()
    needs_command: bool = False
    form: str = ""
    schedule: str = ""
    spared: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    list: str = ""
    defaults: Mapping[str, str] = field(default_factory=dict)
    report_missing: bool = False


@functools.cache
def places_of(platform: str) -> tuple[Place, ...]:
    """Return the places of a platform, by name.

    Raises:
        CollectorError: a file is not as it should be.
    """
    folder = resources.files("quetsach.endpoint.collect") / "places" / platform
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")] if folder.is_dir() else []
    return tuple(_read(entry) for entry in sorted(found, key=lambda entry: entry.name))


def _read(entry: Traversable) -> Place:
    return parse_place(entry.read_bytes(), entry.name.removesuffix(".toml"))


def parse_place(raw: bytes, name: str) -> Place:
    """Return the place that a TOML file describes.

    Raises:
        CollectorError: it is no TOML, or a field is missing, unknown or of another type.
    """
    try:
        table = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CollectorError(f"not valid TOML: {error}", where=name) from None
    known = {item.name for item in fields(Place)} - {"name"}
    if unknown := table.keys() - known:
        raise CollectorError(f"unknown field {min(unknown)!r}", where=name, hint="one of " + ", ".join(sorted(known)))
    values: dict[str, Any] = {key: _READERS[key](value, key, name) for key, value in table.items()}
    if missing := {"kind", "title", "sources", "reader"} - values.keys():
        raise CollectorError(f"field {min(missing)!r} is missing", where=name)
    place = Place(name=name, **values)
    if place.reader not in NEEDED:
        raise CollectorError(f"no reader is called {place.reader!r}", where=name, hint="one of " + ", ".join(NEEDED))
    if empty := [key for key in NEEDED[place.reader] if key not in values]:
        raise CollectorError(f"field {empty[0]!r} is missing", where=name, hint="it says where the reader looks")
    if not _NAME.fullmatch(name) or not place.sources or place.list not in _LISTS:
        hint = f"a name of words and hyphens, at least one source, a list divided by one of {_LISTS}"
        raise CollectorError("the place is not complete", where=name, hint=hint)
    return place


def _text(value: object, key: str, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise CollectorError(f"field {key!r} is no text", where=where)
    return value


def _texts(value: object, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise CollectorError(f"field {key!r} is no list of texts", where=where)
    return tuple(_text(item, key, where) for item in value)


def _paths(value: object, key: str, where: str) -> tuple[str, ...]:
    found = _texts(value, key, where)
    if relative := [path for path in found if not path.startswith(("/", "{home}/"))]:
        hint = "begin it with / or {home}/"
        raise CollectorError(f"field {key!r} has no absolute path: {relative[0]!r}", where=where, hint=hint)
    return found


def _flag(value: object, key: str, where: str) -> bool:
    if not isinstance(value, bool):
        raise CollectorError(f"field {key!r} is neither true nor false", where=where)
    return value


def _pairs(value: object, key: str, where: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise CollectorError(f"field {key!r} is no table of texts", where=where)
    return value


def _title(value: object, key: str, where: str) -> LocalText:
    texts = _pairs(value, key, where)
    if texts.keys() != {"vi", "en"}:
        raise CollectorError(f"field {key!r} needs vi and en", where=where)
    return LocalText(vi=texts["vi"], en=texts["en"])


def _kind(value: object, key: str, where: str) -> ArtefactKind:
    try:
        return ArtefactKind(_text(value, key, where))
    except ValueError:
        raise CollectorError(f"no kind is called {value!r}", where=where) from None


def _command(value: object, key: str, where: str) -> re.Pattern[bytes]:
    try:
        pattern = re.compile(_text(value, key, where).encode(), re.MULTILINE)
    except re.error as error:
        raise CollectorError(f"field {key!r} is no pattern: {error}", where=where) from None
    if pattern.groups < 1:
        raise CollectorError(f"field {key!r} has no group", where=where, hint="put the command in brackets")
    if not _are_alternatives(_text(value, key, where)):
        hint = "only what runs is in brackets; other brackets begin with (?:"
        raise CollectorError(f"field {key!r} has two groups in one match", where=where, hint=hint)
    return pattern


_BRACKET = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<group>\(\?P<|\((?!\?))|[()|]", re.DOTALL)
"""What is escaped, a set of letters, and what opens, divides or closes a bracket, ``group`` one that is a group."""


def _are_alternatives(pattern: str) -> bool:
    """Tell whether of the groups of a pattern one alone takes part in a match: each stands in a branch of its own."""
    branches = [(0, 0)]  # of each bracket that is open: its number, and in which of its branches this stands
    groups: list[dict[int, int]] = []
    for number, token in enumerate(_BRACKET.finditer(pattern), 1):
        if token["group"]:
            groups.append(dict(branches))
        if token[0].startswith("("):
            branches.append((number, 0))
        elif token[0] == ")":
            branches.pop()
        elif token[0] == "|":
            branches[-1] = branches[-1][0], branches[-1][1] + 1
    return all(
        any(one[number] != other[number] for number in one.keys() & other.keys())
        for one, other in combinations(groups, 2)
    )


_READERS = {
    "kind": _kind,
    "title": _title,
    "sources": _texts,
    "reader": _text,
    "paths": _paths,
    "comment": _texts,
    "command": _command,
    "search": _texts,
    "needs_command": _flag,
    "form": _text,
    "schedule": _text,
    "spared": _texts,
    "keys": _texts,
    "names": lambda value, key, where: tuple(_names(value, key, where)),
    "list": _text,
    "defaults": _pairs,
    "report_missing": _flag,
}


def _names(value: object, key: str, where: str) -> list[str]:
    """Return names of values; an empty one is the default value of a key."""
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise CollectorError(f"field {key!r} is no list of texts", where=where)
    return value
