"""A source as data: where a feed comes from, when it is asked, with which secrets, and how much it may send."""

import os
import re
import stat
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
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
    key of Shadowserver; both are paths. ``folder`` is the landing folder of the kind ``folder``.
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
    source = Source(
        name=table.take_matching("name", NAME, _NAME_HINT),
        feed=table.take_matching("feed", NAME, _NAME_HINT),
        report=table.take_text("report", default="") or None,
        kind=kind,
        schedule=_schedule(table),
        bounds=_bounds(table),
        is_paused=table.take_flag("paused"),
        **(_landing(table) if kind is Kind.FOLDER else _reached(table, kind)),  # type: ignore[arg-type]
    )
    table.finish()
    return source


def _schedule(table: Table) -> Schedule:
    part = table.take_table("schedule")
    minutes = _number(part, "every_minutes", 0, least=1, most=60 * 24 * 31)
    at = part.take_text("daily_at", default="")
    if bool(minutes) == bool(at) or (at and not _CLOCK.fullmatch(at)):
        part.fail(Text("a schedule is {one}, or {other}", one="every_minutes = 60", other='daily_at = "06:30"'))
    part.finish()
    return Schedule(timedelta(minutes=minutes) if minutes else None, time.fromisoformat(at) if at else None)


def _bounds(table: Table) -> Bounds:
    part = table.take_table("bounds", default={})
    bounds = Bounds(
        file_bytes=_number(part, "file_mb", 512, least=1, most=1 << 20) << 20,
        file_seconds=_number(part, "file_seconds", 1800, least=1, most=86_400),
        files=_number(part, "files", 1000, least=1, most=100_000),
        kept_free_bytes=_number(part, "keep_free_mb", 1024, least=0, most=1 << 30) << 20,
    )
    part.finish()
    return bounds


def _landing(table: Table) -> dict[str, object]:
    folder = Path(table.take_text("folder"))
    if not folder.is_absolute():
        table.fail(Text("{path} is no absolute path", path=folder), field="folder")
    return {"folder": folder, "settle": timedelta(seconds=_number(table, "settle_seconds", 60, least=1, most=86_400))}


def _reached(table: Table, kind: Kind) -> dict[str, object]:
    """Take what says how a server is reached and who asks."""
    is_shadowserver = kind is Kind.SHADOWSERVER
    proof = Proof.NONE if is_shadowserver else table.take_choice("proof", Proof, tuple(Proof), default=Proof.NONE)
    found: dict[str, object] = {
        "url": _url(table, "url", default=_SHADOWSERVER if is_shadowserver else None),
        "proxy": _url(table, "proxy", default=""),
        "ca_file": _path(table, "ca_file"),
        "proxy_secret": _path(table, "proxy_secret_file"),
        "proof": proof,
        "secret": _path(table, "secret_file", is_needed=is_shadowserver or proof is not Proof.NONE),
    }
    if proof is Proof.HEADER:
        found["header"] = table.take_matching("header", _HEADER, Text("the name of a header of HTTP"))
    if is_shadowserver:
        found["key"] = _path(table, "key_file", is_needed=True)
        found["files_url"] = _url(table, "files_url", default=_SHADOWSERVER_FILES)
        found["days"] = _number(table, "days", 2, least=1, most=90)
    if kind is Kind.TAXII:
        found["collection"] = table.take_matching("collection", _COLLECTION, Text("the identifier of a collection"))
    return found


def _number(table: Table, name: str, default: int, *, least: int, most: int) -> int:
    if not table.has(name):
        return default
    number = table.take_number(name)
    if not least <= number <= most:
        table.fail(Text("{name} is not from {least} to {most}", name=name, least=least, most=most), field=name)
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
