"""A layout: how to read one report of one feed, as data. Its files are read by ``layout_files``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Text

# Errors of this package.


class FeedError(QuetsachError):
    """A delivered file as a whole cannot be read: no header, no known layout, a missing column.

    A bad row is never an error: it is a reject, with its reason and place.
    """


NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
"""The form of feed and report names: they become parts of file names."""


class Subject(StrEnum):
    """What the address of a report's rows is. Only hosts are counted as infected."""

    HOST = "host"
    """A machine that malware was seen on."""
    ATTACKER = "attacker"
    """A machine that attacked or scanned something: nothing says by which malware, or whether by any."""
    RESOLVER = "resolver"
    """A name server that asked for somebody else."""
    SITE = "site"
    """A server with a page or a file that is not as its owner wants it."""
    CONTROL = "control"
    """A server that malware obeys."""
    EXPOSED = "exposed"
    """A machine with a service that is open or vulnerable: nothing says that it has malware."""
    OTHER = "other"
    """The report's rows are not all of one kind."""


SUBJECT_NAMES: Mapping[Subject, LocalText] = {
    Subject.HOST: Text("infected machines"),
    Subject.ATTACKER: Text("attackers, not counted"),
    Subject.RESOLVER: Text("name servers, not counted"),
    Subject.SITE: Text("sites, not counted"),
    Subject.CONTROL: Text("control servers, not counted"),
    Subject.EXPOSED: Text("open or vulnerable services, not counted"),
    Subject.OTHER: Text("of several kinds, not counted"),
}


class Origin(StrEnum):
    """Where a layout comes from."""

    BUILD = "build"
    CENTRE = "centre"
    """A file of the centre's own."""
    SCHEMA = "schema"
    """Shadowserver's published schema, which the centre keeps."""


ORIGIN_NAMES: Mapping[Origin, LocalText] = {
    Origin.BUILD: Text("this build", context="layout"),
    Origin.CENTRE: Text("the centre's own", context="layout"),
    Origin.SCHEMA: Text("Shadowserver's schema", context="layout"),
}


class Syntax(StrEnum):
    """How records stand in the bytes of a file."""

    CSV = "csv"
    """A line a record, cells between delimiters, quoted by RFC 4180."""
    WORDS = "words"
    """A line a record, cells between blanks, no quotes."""
    JSON_LINES = "json-lines"
    """A line a record, each an object of JSON."""
    JSON = "json"
    """One document of JSON: a list of objects, one object, or a list somewhere in it."""
    STIX = "stix"
    """A bundle of STIX 2.1, whose objects refer to each other."""
    MISP = "misp"
    """Events of MISP: one, or several in a list or an answer of its interface."""
    YAML = "yaml"
    """Documents of YAML, each of lines with a name and its value."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How bytes become records.

    ``delimiter`` and ``quotes`` are those of ``Syntax.CSV``. ``comment`` is what a line begins with that is no record;
    ``commented_header``: the header stands behind the last of them. ``names`` are the columns, in order, of files
    without a header; empty where they have one. ``path`` is the way to the list of records in a document, with dots.
    ``each`` is the field whose list makes one record of each of its items.
    """

    syntax: Syntax = Syntax.CSV
    delimiter: str = ","
    quotes: bool = True
    comment: str = ""
    commented_header: bool = False
    names: tuple[str, ...] = ()
    path: str = ""
    each: str = ""

    @property
    def has_objects(self) -> bool:
        """Whether records are objects, which have no header."""
        return self.syntax is Syntax.JSON_LINES or self.is_document

    @property
    def is_document(self) -> bool:
        """Whether lines mean nothing."""
        return self.syntax in (Syntax.JSON, Syntax.YAML) or self.is_linked

    @property
    def is_linked(self) -> bool:
        """Whether objects say only together what was seen."""
        return self.syntax in (Syntax.STIX, Syntax.MISP)


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are written.

    ``form`` is ``iso`` (``2020-06-16 07:30:00``, or ISO 8601), ``epoch`` (seconds since 1970 UTC, or so many milli- or
    microseconds as make a time from 2000 to 2100), ``filetime`` (100 nanoseconds since 1601 UTC, as Windows counts),
    ``mail`` (dates of RFC 5322, or ISO 8601 with its zone) or a pattern of ``datetime.strptime``. ``zone`` is the time
    zone of what is written without one; ``written`` where each time says its own.
    """

    form: str = "iso"
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one report of one feed; ``title`` says what the feed is.

    ``columns`` maps the fields of ``table.SIGHTINGS`` to names of the report: the first of them that is not empty in a
    row tells. A column is found by its name, never by its position: vendors reorder their reports without notice. What
    is in no column goes to ``extra``. ``constants`` are the values of fields that no column tells. ``only`` says which
    values columns have in the rows that the layout reads (``*``: any but none); others are of another kind.
    ``required`` are the fields without which a file is refused. ``identifying`` names columns of ``extra`` that tell
    two sightings apart beside the mapped ones: first the destination's host name, then the feed's own event number
    (``None`` where the report has no such column). ``sector`` names columns of ``extra`` that tell the sector of
    ``core.sighting``; the first that tells one decides. ``nothing`` are texts which say that a field is not known, such
    as ``-``. ``parts`` are names that stand before values within the cells of a column; ``column.name`` is then a
    column, too. ``header`` is the published set of columns, by which a file without a telling name is recognised,
    empty if the report has no fixed set; ``sometimes`` are those of it that not every edition has. ``open_report``: the
    layout serves any source, whose own name is the report's. ``version`` says which day's columns these are, or which
    edition. ``origin`` is where the layout comes from.
    """

    feed: str
    report: str
    title: LocalText
    summary: LocalText
    columns: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    required: tuple[str, ...] = ("observed_at", "address", "malware")
    identifying: tuple[str | None, str | None] = (None, None)
    sector: tuple[str, ...] = ()
    nothing: frozenset[str] = frozenset()
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    header: frozenset[str] = frozenset()
    sometimes: frozenset[str] = frozenset()
    open_report: bool = False
    subject: Subject = Subject.HOST
    framing: Framing = Framing()
    clock: Clock = Clock()
    version: str = ""
    source: str = ""
    origin: Origin = Origin.BUILD

    def mapped(self) -> frozenset[str]:
        """Return every name that a field is read from."""
        return frozenset(name for names in self.columns.values() for name in names)

    def needed_names(self) -> frozenset[str]:
        """Return the columns without which a record does not say what was seen; the event's number is none."""
        fields = (*IDENTITY_FIELDS, *self.required)
        told = {name for field in fields for name in self.columns.get(field, ())}
        return frozenset(self.stands_in(name) for name in (*told, self.identifying[0]) if name)

    def part_names(self) -> frozenset[str]:
        """Return the columns that stand within others."""
        return frozenset(f"{column}.{part}" for column, parts in self.parts.items() for part in parts)

    def stands_in(self, name: str) -> str:
        """Return the column of the report that has this one in its cells, or is it."""
        return name.rpartition(".")[0] if name in self.part_names() else name

    def is_of(self, names: frozenset[str]) -> bool:
        """Return whether these are the published columns of the report, in one of its editions."""
        return bool(self.header) and self.header - self.sometimes <= names <= self.header | self.sometimes

    def required_names(self) -> frozenset[str]:
        """Return the names that the required fields are read from."""
        return frozenset(name for field in self.required for name in self.columns.get(field, ()))

    def lacking(self, names: frozenset[str]) -> list[str]:
        """Return of each required field that none of these names tells the one that should."""
        asked = (self.columns[field] for field in self.required if field in self.columns)
        return sorted(wanted[0] for wanted in asked if not names & set(wanted))

    def named(self, report: str) -> Self:
        """Return the layout of a source of its own.

        Raises:
            FeedError: that is no name of a report.
        """
        return replace(self, report=check_name(report))


IDENTITY_FIELDS = (
    "observed_at",
    "address",
    "port",
    "transport",
    "malware",
    "destination_address",
    "destination_port",
)


def check_name(name: str) -> str:
    """Return the name of a report unchanged.

    Raises:
        FeedError: it is not of the form of ``NAME``.
    """
    if not NAME.fullmatch(name):
        raise FeedError(
            Text("not a name of a report: {name}", name=repr(name[:60])),
            hint=Text("use small letters, digits, '_' and '-', at most 48"),
        )
    return name
