"""A source as data: where a feed comes from, when it is asked, with which secrets, and how much it may send."""

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from quetsach import storage
from quetsach.centre.sources import SourceError
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.core.toml_table import Table, read_toml
from quetsach.feeds.layout import NAME

SOURCES = "sources"
"""The folder of a centre's sources, below its data."""
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_COLLECTION = re.compile(r"[A-Za-z0-9._-]{1,100}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_MOST_SECRET_BYTES = 4096
_NAME_HINT = Text("small letters, digits, '_' and '-', at most 48")
_SHADOWSERVER = "https://transform.shadowserver.org/api2/"
_SHADOWSERVER_FILES = "https://dl.shadowserver.org/"


class Kind(StrEnum):
    """How a source is asked."""

    HTTP = "http"
    SHADOWSERVER = "shadowserver"
    TAXII = "taxii"
    MISP = "misp"
    FOLDER = "folder"


class Proof(StrEnum):
    """How a request proves who asks."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    HEADER = "header"


class Form(StrEnum):
    """What a field of a source holds."""

    WORD = "word"
    NUMBER = "number"
    FLAG = "flag"
    CLOCK = "clock"
    CHOICE = "choice"
    URL = "url"
    PATH = "path"


_ASKED = frozenset({Kind.HTTP, Kind.TAXII, Kind.MISP})
_SERVERS = _ASKED | {Kind.SHADOWSERVER}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a source's file: the reader and the office's form both follow it.

    ``part`` is the table that it stands in, empty for the top one. ``most`` and ``least`` bound a number. A word has
    a ``pattern``, which ``hint`` describes. ``is_local`` is said on the machine alone, never on a page.
    """

    name: str
    form: Form
    part: str = ""
    kinds: frozenset[Kind] = frozenset(Kind)
    is_needed: bool = False
    default: str | int = ""
    least: int = 0
    most: int = 0
    pattern: re.Pattern[str] | None = None
    hint: Text | None = None
    is_local: bool = False

    @property
    def key(self) -> str:
        """What tells it from all others: its table and name."""
        return f"{self.part}_{self.name}" if self.part else self.name


FIELDS = (
    Field("name", Form.WORD, is_needed=True, pattern=NAME, hint=_NAME_HINT),
    Field("feed", Form.WORD, is_needed=True, pattern=NAME, hint=_NAME_HINT),
    Field("report", Form.WORD),
    Field("paused", Form.FLAG),
    Field("folder", Form.PATH, kinds=frozenset({Kind.FOLDER}), is_needed=True),
    Field("settle_seconds", Form.NUMBER, kinds=frozenset({Kind.FOLDER}), default=60, least=1, most=86_400),
    Field("url", Form.URL, kinds=_ASKED, is_needed=True),
    Field("url", Form.URL, kinds=frozenset({Kind.SHADOWSERVER}), default=_SHADOWSERVER),
    Field("files_url", Form.URL, kinds=frozenset({Kind.SHADOWSERVER}), default=_SHADOWSERVER_FILES),
    Field(
        "collection",
        Form.WORD,
        kinds=frozenset({Kind.TAXII}),
        is_needed=True,
        pattern=_COLLECTION,
        hint=Text("the identifier of a collection"),
    ),
    Field("days", Form.NUMBER, kinds=frozenset({Kind.SHADOWSERVER}), default=2, least=1, most=90),
    Field("proof", Form.CHOICE, kinds=_ASKED, default="none"),
    Field("header", Form.WORD, kinds=_ASKED, pattern=_HEADER, hint=Text("the name of a header of HTTP")),
    Field("key_file", Form.PATH, kinds=frozenset({Kind.SHADOWSERVER}), is_needed=True),
    Field("secret_file", Form.PATH, kinds=frozenset({Kind.SHADOWSERVER}), is_needed=True),
    Field("secret_file", Form.PATH, kinds=_ASKED),
    Field("every_minutes", Form.NUMBER, "schedule", least=1, most=60 * 24 * 31),
    Field("daily_at", Form.CLOCK, "schedule"),
    Field("file_mb", Form.NUMBER, "bounds", default=512, least=1, most=1 << 20),
    Field("file_seconds", Form.NUMBER, "bounds", default=1800, least=1, most=86_400),
    Field("files", Form.NUMBER, "bounds", default=1000, least=1, most=100_000),
    Field("keep_free_mb", Form.NUMBER, "bounds", default=1024, least=0, most=1 << 30),
    Field("public_only", Form.FLAG, kinds=_SERVERS, is_local=True),
    Field("proxy", Form.URL, kinds=_SERVERS, is_local=True),
    Field("proxy_secret_file", Form.PATH, kinds=_SERVERS, is_local=True),
    Field("ca_file", Form.PATH, kinds=_SERVERS, is_local=True),
)


def fields_of(kind: Kind) -> tuple[Field, ...]:
    """Return the fields that a source of a kind has, in the order in which they are read and written."""
    return tuple(field for field in FIELDS if kind in field.kinds)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a source may send: bytes and seconds for each file, files for each pull, bytes that the disk keeps."""

    file_bytes: int
    file_seconds: float
    files: int
    kept_free_bytes: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a source is asked: every so often, or daily at a time of the country's clock."""

    every: timedelta | None
    daily_at: time | None

    def due_at(self, last: datetime | None, zone: tzinfo) -> datetime:
        """Return when it is due after a success (aware); a source that was never asked has long been due."""
        if last is None:
            return datetime.fromtimestamp(0, UTC)
        if self.every is not None:
            return last + self.every
        assert self.daily_at is not None  # noqa: S101  (one of both is stated)
        local = last.astimezone(zone)
        due = datetime.combine(local.date(), self.daily_at, zone)
        return (
            due if due > local else datetime.combine(local.date() + timedelta(days=1), self.daily_at, zone)
        ).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a feed comes from.

    ``url`` is the file (``http``), the API (``shadowserver``), the API root (``taxii``) or the folder with the manifest
    (``misp``); ``files_url`` is where Shadowserver's files lie. ``secret`` holds what proves who asks, ``key`` the API
    key of Shadowserver; both are paths. ``folder`` is the landing folder of the kind ``folder``. ``public_only`` says
    that nothing but servers of the public Internet may be asked.
    """

    name: str
    feed: str
    report: str | None
    kind: Kind
    schedule: Schedule
    bounds: Bounds
    is_paused: bool = False
    url: str = ""
    files_url: str = ""
    collection: str = ""
    folder: Path | None = None
    settle: timedelta = timedelta()
    days: int = 2
    proof: Proof = Proof.NONE
    header: str = ""
    secret: Path | None = None
    key: Path | None = None
    proxy: str = ""
    proxy_secret: Path | None = None
    ca_file: Path | None = None
    public_only: bool = False


type Faults = Mapping[str, QuetsachError]
"""What is wrong with each file that is no source, by its name in the folder."""


def load_sources(data: Path) -> tuple[tuple[Source, ...], Faults]:
    """Return the sources of a centre by their names, and what is wrong with files that are none.

    Of two with one name neither is a source: what is remembered of the one would be taken for the other's.
    """
    found: dict[str, Source] = {}
    faults: dict[str, QuetsachError] = {}
    for path in sorted((data / SOURCES).glob("[!.]*.toml")):
        try:
            found[path.name] = read_source(storage.read_input(path), where=f"{SOURCES}/{path.name}")
        except QuetsachError as error:
            faults[path.name] = error
    named = Counter(source.name for source in found.values())
    for file, source in found.items():
        if named[source.name] > 1:
            told = Text("two sources are called {name}", name=source.name)
            faults[file] = SourceError(told, where=f"{SOURCES}/{file}", hint=Text("mend the name"))
    good = (source for file, source in found.items() if file not in faults)
    return tuple(sorted(good, key=lambda source: source.name)), faults


def read_source(raw: bytes, *, where: str) -> Source:
    """Return the source that a file describes.

    Raises:
        SourceError: it is no TOML, or a field is missing, unknown or cannot be; the message has the line.
    """
    table = read_toml(raw, where=where, error=SourceError)
    kind = table.take_choice("kind", Kind, tuple(Kind))
    parts, taken = {"": table}, dict[str, Any]()
    for field in fields_of(kind):
        if field.part not in parts:
            parts[field.part] = table.take_table(field.part, default={} if field.part == "bounds" else None)
        taken[field.key] = _taken(field, parts[field.part], taken.get("proof", Proof.NONE))
    source = Source(
        name=taken["name"],
        feed=taken["feed"],
        report=taken["report"] or None,
        kind=kind,
        schedule=_schedule(parts["schedule"], taken["schedule_every_minutes"], taken["schedule_daily_at"]),
        bounds=_bounds(taken),
        is_paused=taken["paused"],
        **(_landing(taken) if kind is Kind.FOLDER else _reached(taken)),
    )
    for part in reversed(parts.values()):
        part.finish()
    return source


def _taken(field: Field, table: Table, proof: Proof) -> Any:
    """Take one field out of the table that it stands in; of a header only where that proves who asks."""
    if field.name == "header" and proof is not Proof.HEADER:
        return ""
    is_needed = field.is_needed or (field.name == "secret_file" and proof is not Proof.NONE)
    if field.pattern is not None and field.hint is not None:
        return table.take_matching(field.name, field.pattern, field.hint)
    take: Mapping[Form, Callable[[], Any]] = {
        Form.NUMBER: lambda: _number(table, field),
        Form.FLAG: lambda: table.take_flag(field.name),
        Form.CHOICE: lambda: table.take_choice(field.name, Proof, tuple(Proof), default=Proof.NONE),
        Form.URL: lambda: _url(table, field.name, default=None if is_needed else str(field.default)),
        Form.PATH: lambda: _path(table, field.name, is_needed=is_needed),
    }
    return take.get(field.form, lambda: table.take_text(field.name, default=""))()


def _schedule(part: Table, minutes: int, at: str) -> Schedule:
    if bool(minutes) == bool(at) or (at and not _CLOCK.fullmatch(at)):
        part.fail(Text("a schedule is {one}, or {other}", one="every_minutes = 60", other='daily_at = "06:30"'))
    return Schedule(timedelta(minutes=minutes) if minutes else None, time.fromisoformat(at) if at else None)


def _bounds(taken: Mapping[str, Any]) -> Bounds:
    return Bounds(
        file_bytes=taken["bounds_file_mb"] << 20,
        file_seconds=taken["bounds_file_seconds"],
        files=taken["bounds_files"],
        kept_free_bytes=taken["bounds_keep_free_mb"] << 20,
    )


def _landing(taken: Mapping[str, Any]) -> dict[str, Any]:
    return {"folder": taken["folder"], "settle": timedelta(seconds=taken["settle_seconds"])}


def _reached(taken: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a server is reached and who asks."""
    found = {name: taken[name] for name in ("url", "proxy", "ca_file", "public_only")}
    found |= {"secret": taken["secret_file"], "proxy_secret": taken["proxy_secret_file"]}
    found |= {name: taken[name] for name in ("files_url", "collection", "days", "proof", "header") if name in taken}
    return found | ({"key": taken["key_file"]} if "key_file" in taken else {})


def _number(table: Table, field: Field) -> int:
    if not table.has(field.name):
        return int(field.default or 0)
    number = table.take_number(field.name)
    if not field.least <= number <= field.most:
        what = Text("{name} is not from {least} to {most}", name=field.name, least=field.least, most=field.most)
        table.fail(what, field=field.name)
    return number


def _path(table: Table, name: str, *, is_needed: bool = False) -> Path | None:
    text = table.take_text(name, default=None if is_needed else "")
    if text and not Path(text).is_absolute():
        table.fail(Text("{path} is no absolute path", path=text), field=name)
    return Path(text) if text else None


def _url(table: Table, name: str, *, default: str | None) -> str:
    text = table.take_text(name, default=default)
    if not text:
        return text
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_usable, parts = False, urlsplit("")
    if "@" in parts.netloc:  # what stands before it may be a secret, so that it is not told
        hint = Text("put it into a file for its owner alone, and name that file as secret_file")
        table.fail(Text("the address in {name} holds a name or password", name=name), field=name, hint=hint)
    if not is_usable or not text.isascii() or " " in text or parts.fragment:
        table.fail(Text("{name} is no address that starts with http:// or https://", name=name), field=name)
    return text


def read_secret(path: Path) -> str:
    """Return the secret in a file, which nobody but its owner may read.

    Raises:
        SourceError: it is not there, others may read it, or it is no one line of ASCII. What it holds is never told.
    """
    hint = Text("give it to the account of the centre alone: chmod 600 {path}", path=path)
    try:
        state = path.stat()
        if not stat.S_ISREG(state.st_mode) or state.st_mode & 0o077 or state.st_uid not in {0, os.geteuid()}:
            raise SourceError(Text("others may read or change this secret"), where=str(path), hint=hint)
        content = storage.read_secret(path, least_bytes=1, most_bytes=_MOST_SECRET_BYTES, hint=hint)
    except OSError as error:
        raise SourceError(Text("this secret cannot be read"), where=str(path), hint=hint) from error
    text = content.decode("ascii", "replace").rstrip("\r\n")
    if not text.isascii() or not text.isprintable():
        raise SourceError(Text("this secret is not one line of ASCII"), where=str(path), hint=hint)
    return text
