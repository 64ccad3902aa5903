"""Layouts as data: one TOML file for each feed, with every report of it that can be read.

The file says ``feed``, ``title.vi``, ``title.en``, ``version`` and ``source`` (where the columns are published), and
has a ``[[report]]`` for each report: ``name``, ``summary.vi``, ``summary.en``, and what ``Layout`` has. ``[framing]``
and ``[clock]`` at its top hold for every report that has none of its own. ``like`` takes whatever a report does not say
from another before it; ``adds`` and ``lacks`` are then the columns by which its header differs.
"""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from zoneinfo import ZoneInfo

import pyarrow as pa

from quetsach.core.text import Text
from quetsach.core.toml_table import Table, read_toml
from quetsach.feeds.layout import NAME, Clock, FeedError, Framing, Layout, Subject, Syntax
from quetsach.feeds.lines import Header
from quetsach.feeds.table import SIGHTINGS
from quetsach.feeds.values import CLOCK_FORMS

FIELDS = tuple(
    field.name
    for field in SIGHTINGS
    if field.name
    not in {
        *("sighting_id", "ip_version", "family", "feed", "report", "sector", "extra"),
        *("line", "byte_offset", "byte_length", "repairs"),
    }
)
"""What a column can be of."""
CONSTANT_FIELDS = tuple(name for name in FIELDS if SIGHTINGS.field(name).type == pa.string())
_DATED_NAME = re.compile(r"\d{4}-\d{2}-\d{2}-([a-z0-9_]+)(?:[.-].*)?")
_DELIMITERS = (",", ";", "|", "\t")
_UNZONED = ("UTC", "written")
_EXAMPLE = "%d/%m/%Y %H:%M:%S"
_BEGINNINGS = {
    *((Syntax.JSON, b"["), (Syntax.JSON_LINES, b"{")),
    *((Syntax.STIX, b"{"), (Syntax.MISP, b"{"), (Syntax.MISP, b"[")),
    (Syntax.YAML, b"-"),
}
"""What files of objects begin with; the first report of a feed that may is taken."""


@functools.cache
def bundled_layouts() -> "Layouts":
    """Return the layouts of this build."""
    folder = resources.files("quetsach.feeds") / "layouts"
    entries = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return Layouts(tuple(layout for one in entries for layout in read_layouts(one.read_bytes(), where=one.name)))


@dataclass(frozen=True, slots=True)
class Layouts:
    """The reports that a centre can read, each once."""

    all: tuple[Layout, ...]

    def __iter__(self) -> Iterator[Layout]:
        return iter(self.all)

    def feeds(self) -> tuple[str, ...]:
        """Return the names of the feeds."""
        return tuple(dict.fromkeys(layout.feed for layout in self.all))

    def of_feed(self, feed: str) -> tuple[Layout, ...]:
        """Return the reports of a feed."""
        return tuple(layout for layout in self.all if layout.feed == feed)

    def joined(self, own: Iterable[Layout]) -> "Layouts":
        """Return these and a centre's own, which stand for those of the same feed and report."""
        known = {(layout.feed, layout.report): layout for layout in (*self.all, *own)}
        return Layouts(tuple(known.values()))

    def supplemented(self, others: Iterable[Layout]) -> "Layouts":
        """Return these, and of others those of feeds and reports that are not among them."""
        known = {(layout.feed, layout.report) for layout in self.all}
        return Layouts((*self.all, *(one for one in others if (one.feed, one.report) not in known)))

    def layout_of(self, feed: str, report: str | None, *, file_name: str, head: bytes) -> Layout:
        """Decide how to read a file: by the report that was named, else by its file name, else by its header.

        Shadowserver names files ``2020-06-16-event4_sinkhole-vn.csv`` (date, type, identifier). A file named like that
        is never taken for another report, whatever its header looks like: not every report with such columns speaks of
        infected machines. Without such a name the header must be exactly the published one; the ``event4_`` report is
        then taken, because its twin cannot be told apart. A feed of one report needs no name, unless it has a header.

        Args:
            feed: whose file it is.
            report: the report's name, or ``None`` to find it out.
            file_name: the name under which the file came, without folders; may be empty.
            head: the first bytes of the file, at least ``lines.MAX_HEADER_BYTES`` of them if there are as many.

        Raises:
            FeedError: the feed or report is unknown, or the header cannot be read or lacks a required column.
        """
        of_feed = self.of_feed(feed)
        if not of_feed:
            known = ", ".join(self.feeds())
            raise FeedError(
                Text("unknown feed {feed}", feed=repr(feed[:60])), hint=Text("known feeds: {known}", known=known)
            )
        layout = _named(of_feed, report, file_name) or _recognised(of_feed, head)
        if not layout.framing.has_objects:
            Header.of(head, layout.framing).check(layout)
        return layout


def layout_of(feed: str, report: str | None, *, file_name: str, head: bytes) -> Layout:
    """Decide how to read a file by the layouts of this build (``Layouts.layout_of``).

    Raises:
        FeedError: the feed or report is unknown, or the header cannot be read or lacks a required column.
    """
    return bundled_layouts().layout_of(feed, report, file_name=file_name, head=head)


def _named(of_feed: tuple[Layout, ...], report: str | None, file_name: str) -> Layout | None:
    if report is None:
        found = _DATED_NAME.fullmatch(file_name.lower())
        if found is None or of_feed[0].open_report:
            return None
        report = found[1]
    for layout in of_feed:
        if layout.report == report:
            return layout
        if layout.open_report:
            return layout.named(report)
    known = ", ".join(layout.report for layout in of_feed)
    raise FeedError(
        Text("{feed} has no known report {report}", feed=of_feed[0].feed, report=repr(report[:60])),
        hint=Text(
            "known reports: {known}; 'quetsach center feeds map FILE' proposes a layout for another", known=known
        ),
    )


def _recognised(of_feed: tuple[Layout, ...], head: bytes) -> Layout:
    if len(of_feed) == 1 and (of_feed[0].framing.has_objects or of_feed[0].framing.names or not of_feed[0].header):
        return of_feed[0]
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    for layout in of_feed:
        if (layout.framing.syntax, begin) in _BEGINNINGS:
            return layout
    for framing in dict.fromkeys(layout.framing for layout in of_feed if not layout.framing.has_objects):
        names = frozenset(Header.of(head, framing).names)
        for layout in of_feed:
            if layout.framing == framing and (layout.open_report or layout.is_of(names)):
                return layout
    raise FeedError(
        Text("neither the file's name nor its header says which report this is"),
        hint=Text("name the report: {known}", known=", ".join(layout.report for layout in of_feed)),
    )


# A file of layouts.


def read_layouts(raw: bytes, *, where: str) -> tuple[Layout, ...]:
    """Return the layouts that a file describes, in its order.

    Raises:
        FeedError: it is no TOML, or a field is missing, unknown or cannot be; the message has the line.
    """
    table = read_toml(raw, where=where, error=FeedError)
    feed = table.take_matching("feed", NAME, Text("small letters, digits, '_' and '-', at most 48"))
    title = table.take_local_text("title")
    base = Layout(
        feed=feed,
        report="",
        title=title,
        summary=title,
        columns={},
        version=table.take_text("version", default=""),
        source=table.take_text("source", default=""),
        framing=_framing(table, Framing()),
        clock=_clock(table, Clock()),
    )
    known: dict[str, Layout] = {}
    for one in table.take_tables("report"):
        layout = _layout(one, base, known)
        if layout.report in known:
            one.fail(Text("two reports are called {name}", name=repr(layout.report)), field="name", hint=_RENAME)
        known[layout.report] = layout
    table.finish()
    return tuple(known.values())


def _layout(table: Table, base: Layout, known: Mapping[str, Layout]) -> Layout:
    name = table.take_matching("name", NAME, Text("small letters, digits, '_' and '-', at most 48"))
    if like := table.take_text("like", default=""):
        if like not in known:
            table.fail(Text("no report before it is called {name}", name=repr(like)), field="like", hint=_RENAME)
        base = known[like]
    columns = _columns(table) or base.columns
    constants = _constants(table) or base.constants
    layout = replace(
        base,
        report=name,
        summary=table.take_local_text("summary"),
        columns=columns,
        constants=constants,
        only=table.take_lists("only") or base.only,
        required=tuple(field for field in ("observed_at", "address", "malware") if field in columns),
        identifying=_identifying(table, base),
        sector=table.take_texts("sector") or base.sector,
        nothing=frozenset(table.take_texts("nothing")) or base.nothing,
        parts=table.take_lists("parts") or base.parts,
        header=_header(table, base),
        sometimes=frozenset(table.take_texts("sometimes")) or base.sometimes,
        open_report=table.take_flag("open"),
        subject=table.take_choice("subject", Subject, tuple(Subject), default=base.subject),
        framing=_framing(table, base.framing),
        clock=_clock(table, base.clock),
    )
    _check(table, layout)
    table.finish()
    return layout


def _columns(table: Table) -> dict[str, tuple[str, ...]]:
    part = table.take_table("columns", default={})
    columns = {field: part.take_one_or_more(field) for field in FIELDS}
    part.finish(Text("one of {names}", names=", ".join(FIELDS)))
    return {field: names for field, names in columns.items() if names}


def _constants(table: Table) -> dict[str, str]:
    part = table.take_table("constants", default={})
    constants = {field: part.take_text(field, default="") for field in CONSTANT_FIELDS}
    part.finish(Text("one of {names}", names=", ".join(CONSTANT_FIELDS)))
    return {field: text for field, text in constants.items() if text}


def _identifying(table: Table, base: Layout) -> tuple[str | None, str | None]:
    part = table.take_table("identifying", default={})
    found = tuple(part.take_text(name, default="") or None for name in ("destination", "event"))
    part.finish(Text("one of {names}", names="destination, event"))
    return (found[0], found[1]) if any(found) else base.identifying


def _header(table: Table, base: Layout) -> frozenset[str]:
    header = frozenset(table.take_texts("header")) or base.header
    return (header | frozenset(table.take_texts("adds"))) - frozenset(table.take_texts("lacks"))


def _framing(table: Table, base: Framing) -> Framing:
    part = table.take_table("framing", default={})
    if part.is_empty():
        return base
    syntax = part.take_choice("syntax", Syntax, tuple(Syntax), default=base.syntax)
    delimiter = part.take_text("delimiter", default="comma")
    named = {"comma": ",", "semicolon": ";", "bar": "|", "tab": "\t"}
    if named.get(delimiter, delimiter) not in _DELIMITERS:
        part.fail(
            Text("field {name} is {value}", name="'delimiter'", value=repr(delimiter)),
            field="delimiter",
            hint=Text("one of {names}", names="comma, semicolon, bar, tab"),
        )
    framing = Framing(
        syntax=syntax,
        delimiter=named.get(delimiter, delimiter),
        quotes=not part.take_flag("unquoted"),
        comment=part.take_text("comment", default=""),
        commented_header=part.take_flag("commented_header"),
        names=part.take_texts("names"),
        path=part.take_text("path", default=""),
        each=part.take_text("each", default=""),
    )
    if framing.has_objects and (framing.comment or framing.names):
        what = Text("{syntax} has neither comments nor columns in order", syntax=syntax)
        part.fail(what, hint=Text("leave out comment and names"))
    if (framing.is_linked or syntax is Syntax.YAML) and (framing.path or framing.each):
        part.fail(Text("where records of {syntax} are is known", syntax=syntax), hint=Text("leave out path and each"))
    if len(set(framing.names)) < len(framing.names):
        part.fail(Text("two columns have one name"), field="names", hint=_RENAME)
    part.finish()
    return framing


def _clock(table: Table, base: Clock) -> Clock:
    part = table.take_table("clock", default={})
    if part.is_empty():
        return base
    clock = Clock(part.take_text("form", default="iso"), part.take_text("zone", default="UTC"))
    if clock.zone not in _UNZONED and not _is_zone(clock.zone):
        part.fail(
            Text("there is no time zone {name}", name=repr(clock.zone[:60])),
            field="zone",
            hint=Text("UTC, written, or one such as {example}", example="Asia/Bangkok"),
        )
    if clock.form not in CLOCK_FORMS and not _is_pattern(clock.form):
        part.fail(
            Text("{form} is no form of times", form=repr(clock.form[:60])),
            field="form",
            hint=Text("{names}, or a pattern such as {example}", names=", ".join(CLOCK_FORMS), example=_EXAMPLE),
        )
    part.finish()
    return clock


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError, names that are paths, folders
        return False
    return True


def _is_pattern(form: str) -> bool:
    """Return whether a pattern of ``strptime`` says day, month, year and the time to the minute at least."""
    if "%Y" not in form and "%y" not in form:
        return False
    told = datetime(2031, 10, 23, 21, 59, 58, tzinfo=UTC)
    try:
        read = datetime.strptime(told.strftime(form), form)  # noqa: DTZ007
    except (ValueError, OverflowError):
        return False
    return read.replace(second=0, tzinfo=UTC) == told.replace(second=0)


def _check(table: Table, layout: Layout) -> None:
    """Refuse a layout that would find nothing, or not what it says."""
    for field in ("observed_at", "address"):
        if field not in layout.columns:
            table.fail(Text("no column tells {field}", field=field), field="columns", hint=_TELL)
    if layout.subject is Subject.HOST and not {"malware"} & (layout.columns.keys() | layout.constants.keys()):
        told = Text(
            "name it under columns or constants; if the addresses are of no infected machines, say their subject"
        )
        table.fail(Text("no column tells {field}", field="malware"), field="columns", hint=told)
    if twice := sorted(layout.columns.keys() & layout.constants.keys()):
        table.fail(Text("{field} has a column and a constant", field=twice[0]), field="constants", hint=_ONE_OF_THEM)
    if layout.parts and layout.framing.has_objects:
        what = Text("objects of JSON have fields of their own, not parts of a cell")
        table.fail(what, field="parts", hint=Text("name them under columns, as a way of names with dots"))
    known = layout.header or frozenset(layout.framing.names)
    known = known and known | layout.part_names()
    others = {*layout.only, *layout.sector, *layout.parts, *(name for name in layout.identifying if name)}
    used = layout.mapped() | others
    absent = {names[0] for names in layout.columns.values() if not known & set(names)}
    if known and (unknown := sorted(absent | (others - known))):
        what = Text("the header has no column {name}", name=repr(unknown[0]))
        table.fail(what, field="columns", hint=Text("mend the name, or add it to the header"))
    if not layout.framing.has_objects and (
        odd := sorted(name for name in used | known if name != name.casefold().strip())
    ):
        what = Text("{name} is not in small letters", name=repr(odd[0]))
        table.fail(what, field="columns", hint=Text("names of columns are compared in small letters, without blanks"))


_RENAME = Text("mend the name")
_TELL = Text("name its column under columns")
_ONE_OF_THEM = Text("keep one of them")
