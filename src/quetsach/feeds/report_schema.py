"""Shadowserver's published schema of its reports, read as layouts: what a report is there becomes a layout of ours.

The file is an object of reports. Each has ``file_name``, ``feed_name``, ``constant_fields`` (an object of texts),
``required_fields`` and ``optional_fields``: lists of a key of IntelMQ, a column, the name of a function that converts
the cell, and whether that function sees the whole row. ``_meta`` says when it was made. It is published without a
licence, so that none comes with this build: a centre puts its own copy into its data.

What is told here is data. A key names a field of ours; a function is known to say what the field's own reading says,
or to be of no field of ours. What is not mapped stays in ``extra`` as it was written. A report without a time or an
address is none of sightings; it is left out by name, and never keeps the others back.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from quetsach.core.text import LocalText, Number, Text
from quetsach.feeds.layout import NAME, FeedError, Layout, Origin, Subject

FEED = "shadowserver"
PUBLISHED_AT = "https://github.com/The-Shadowserver-Foundation/report_schema"
MAX_BYTES = 4 << 20
"""The published file has about 0.6 MB."""
_MOST_REPORTS, _MOST_ENTRIES = 1_000, 512
_LONGEST_TITLE = 120
_COLUMN = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,63}")
_KEY = re.compile(r"[a-z0-9_.]{1,64}")
_FUNCTION = re.compile(r"[A-Za-z0-9_]{0,64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

FIELDS: Mapping[str, str] = {
    "time.source": "observed_at",
    "source.ip": "address",
    "source.port": "port",
    "protocol.transport": "transport",
    "malware.name": "malware",
    "destination.ip": "destination_address",
    "destination.port": "destination_port",
    "source.reverse_dns": "hostname",
    "source.asn": "claimed_asn",
    "source.geolocation.cc": "claimed_country",
    "source.geolocation.region": "claimed_region",
    "source.geolocation.city": "claimed_city",
    "severity": "severity",
}
"""Which of our fields a key of IntelMQ is."""
_CONSTANTS = ("protocol.transport", "malware.name")
_TEXTS = frozenset(
    {"transport", "malware", "hostname", "claimed_country", "claimed_region", "claimed_city", "severity"}
)
_NONE: frozenset[str] = frozenset()

FUNCTIONS: Mapping[str, frozenset[str]] = {
    "": _TEXTS | frozenset(FIELDS.values()),
    "add_UTC_to_timestamp": frozenset({"observed_at"}),
    "convert_date_utc": frozenset({"observed_at"}),
    "convert_date": frozenset({"observed_at"}),
    "validate_ip": frozenset({"address", "destination_address"}),
    "convert_int": frozenset({"port", "destination_port", "claimed_asn"}),
    "invalidate_zero": frozenset({"port", "destination_port", "claimed_asn"}),
    "validate_to_none": _TEXTS | {"destination_address"},
    "validate_fqdn": frozenset({"hostname"}),
    "validate_network": _NONE,
    "convert_bool": _NONE,
    "convert_float": _NONE,
    "convert_http_host_and_url": _NONE,
    "category_or_detail": _NONE,
    "force_base64": _NONE,
    "response_from_json": _NONE,
    "set_tor_node": _NONE,
    "scan_exchange_identifier": _NONE,
    "scan_exchange_taxonomy": _NONE,
    "scan_exchange_type": _NONE,
}
"""Of each known function the fields that our own reading of a cell gives the same meaning; of no other is it asked."""
_OWN_READING = frozenset({"observed_at", "address"})
"""Fields that a report cannot be without, whose reader refuses what is none: it judges behind any function."""

SUBJECTS: Mapping[str, Subject] = {
    "scanner": Subject.ATTACKER,
    "brute-force": Subject.ATTACKER,
    "exploit": Subject.ATTACKER,
    "ids-alert": Subject.ATTACKER,
    "c2-server": Subject.CONTROL,
    "phishing": Subject.SITE,
    "vulnerable-system": Subject.EXPOSED,
    "potentially-unwanted-accessible": Subject.EXPOSED,
    "ddos-amplifier": Subject.EXPOSED,
    "weak-crypto": Subject.EXPOSED,
    "information-disclosure": Subject.EXPOSED,
}
"""What addresses are by ``classification.type``; of ``ddos`` some are victims, of ``system-compromise`` some sites."""
_ANSWERS = re.compile(r"(?:scan|population|device_id)\d?(?:_|$)|device_id")
"""Names of reports of what answered a scan: of a service, whatever its class is."""
_IDENTIFYING = ("destination.fqdn", "destination.reverse_dns", "source.fqdn")
_SECTORS = ("src_sector", "src_naics", "sector", "naics")


@dataclass(frozen=True, slots=True)
class LeftRaw:
    """A column that stays in ``extra`` as written, or is read without its function, which is not known here."""

    report: str
    column: str
    key: str
    function: str


@dataclass(frozen=True, slots=True)
class ReportSchema:
    """A published schema: its layouts, which reports were left out and why, and which functions are not known.

    ``version`` is the day on which it was made, empty where it does not say.
    """

    version: str
    layouts: tuple[Layout, ...]
    left_out: tuple[tuple[str, LocalText], ...]
    left_raw: tuple[LeftRaw, ...]


def read_report_schema(raw: bytes, *, where: str) -> ReportSchema:
    """Return what a published schema says.

    Args:
        raw: the file, of at most ``MAX_BYTES``.
        where: what it is called in errors.

    Raises:
        FeedError: it is too large, no object of JSON, or none of its reports can be read.
    """
    if len(raw) > MAX_BYTES:
        raise FeedError(
            Text("more than {most} bytes", most=Number(MAX_BYTES)),
            where=where,
            hint=Text("is this Shadowserver's schema?"),
        )
    try:
        content = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise FeedError(Text("not valid JSON: {error}", error=error), where=where, hint=_AGAIN) from None
    if not isinstance(content, dict) or len(content) > _MOST_REPORTS:
        what = Text("not an object of at most {most} reports", most=Number(_MOST_REPORTS))
        raise FeedError(what, where=where, hint=_AGAIN)
    version = _version(content.pop("_meta", None))
    layouts: dict[str, Layout] = {}
    left_out: list[tuple[str, LocalText]] = []
    left_raw: list[LeftRaw] = []
    for key, report in content.items():
        try:
            layout, raw_columns = _layout(report, version)
        except _Unreadable as reason:
            left_out.append((key[:60], reason.what))
            continue
        if layout.report in layouts:
            left_out.append((key[:60], Text("two reports are called {name}", name=repr(layout.report))))
            continue
        layouts[layout.report] = layout
        left_raw += raw_columns
    if not layouts:
        raise FeedError(Text("no report in it can be read"), where=where, hint=_AGAIN)
    return ReportSchema(version, tuple(layouts.values()), tuple(left_out), tuple(left_raw))


class _Unreadable(Exception):  # noqa: N818  (of one report; it never leaves this module)
    """Why a report cannot be read."""

    def __init__(self, what: LocalText) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    column: str
    function: str


def _version(meta: object) -> str:
    made = meta.get("date_created") if isinstance(meta, dict) else None
    found = _DAY.match(made) if isinstance(made, str) else None
    return found[0] if found else ""


def _layout(report: object, version: str) -> tuple[Layout, list[LeftRaw]]:
    if not isinstance(report, dict):
        raise _Unreadable(Text("it is no object"))
    name = report.get("file_name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise _Unreadable(Text("not a name of a report: {name}", name=_shown(name)))
    entries = [*_entries(report.get("required_fields")), *_entries(report.get("optional_fields", []))]
    constants = _constants(report.get("constant_fields", {}))
    columns, left_raw = _columns(name, entries)
    for field in ("observed_at", "address"):
        if field not in columns:
            raise _Unreadable(Text("no column tells {field}", field=field))
    told = {FIELDS[key]: text for key, text in constants.items() if key in _CONSTANTS and text}
    told = {field: text for field, text in told.items() if field not in columns}
    subject = _subject(name, entries, constants, columns.keys() | told.keys(), columns["address"])
    title = _title(report.get("feed_name"), name)
    layout = Layout(
        feed=FEED,
        report=name,
        title=_TITLE,
        summary=LocalText(vi=title, en=title),
        columns=columns,
        constants=told,
        required=tuple(field for field in _REQUIRED[subject is Subject.HOST] if field in columns),
        identifying=_identifying(entries),
        sector=tuple(one for one in _SECTORS if any(entry.column == one for entry in entries)),
        subject=subject,
        version=version,
        source=PUBLISHED_AT,
        origin=Origin.SCHEMA,
    )
    return layout, left_raw


def _entries(listed: object) -> Iterator[_Entry]:
    if not isinstance(listed, list) or len(listed) > _MOST_ENTRIES:
        raise _Unreadable(Text("its fields are no list of at most {most}", most=Number(_MOST_ENTRIES)))
    for one in listed:
        if not isinstance(one, list) or not 2 <= len(one) <= 4 or not all(isinstance(part, str) for part in one[:3]):
            raise _Unreadable(Text("a field of it is not a key, a column and a function: {field}", field=_shown(one)))
        key, column, function = one[0], one[1].casefold(), one[2] if len(one) > 2 else ""
        if not _KEY.fullmatch(key) or not _COLUMN.fullmatch(column) or not _FUNCTION.fullmatch(function):
            raise _Unreadable(Text("a field of it has a name that is none: {field}", field=_shown(one)))
        yield _Entry(key, column, function)


def _shown(value: object) -> str:
    """Return the texts of what should be a field; never more of it, which may be large and deep."""
    parts = value if isinstance(value, list) else [value]
    return repr(", ".join(part[:40] for part in parts[:4] if isinstance(part, str)))


def _constants(listed: object) -> dict[str, str]:
    if not isinstance(listed, dict) or len(listed) > _MOST_ENTRIES:
        raise _Unreadable(Text("its constants are no object of at most {most}", most=Number(_MOST_ENTRIES)))
    constants: dict[str, str] = {}
    for key, text in listed.items():
        if not _KEY.fullmatch(key) or not isinstance(text, str) or len(text) > _LONGEST_TITLE or not text.isprintable():
            raise _Unreadable(Text("a constant of it is no plain text: {field}", field=_shown(key)))
        constants[key] = text.strip()
    return constants


def _columns(name: str, entries: list[_Entry]) -> tuple[dict[str, tuple[str, ...]], list[LeftRaw]]:
    """Return the columns of each field, and what functions that are not known were asked for."""
    columns: dict[str, tuple[str, ...]] = {}
    left_raw: list[LeftRaw] = []
    for entry in entries:
        field = FIELDS.get("severity" if entry.column == "severity" else entry.key)
        known = FUNCTIONS.get(entry.function)
        if known is None:
            left_raw.append(LeftRaw(name, entry.column, entry.key, entry.function))
        is_read = field in _OWN_READING if known is None else field in known
        if field is not None and is_read and entry.column not in columns.get(field, ()):
            columns[field] = (*columns.get(field, ()), entry.column)
    return columns, left_raw


def _subject(
    name: str, entries: list[_Entry], constants: Mapping[str, str], told: set[str], address: tuple[str, ...]
) -> Subject:
    """Return what a report's addresses are: a host only where nothing speaks against it."""
    if any(entry.key == "classification.type" for entry in entries):
        return Subject.OTHER
    kind = constants.get("classification.type", "").casefold().replace(" ", "-")
    if kind != "infected-system":
        return SUBJECTS.get(kind, Subject.OTHER)
    if any("referer" in column for column in address):
        return Subject.SITE
    is_malicious = constants.get("classification.taxonomy", "").casefold().replace(" ", "-") == "malicious-code"
    is_host = is_malicious and "malware" in told and not _ANSWERS.match(name)
    return Subject.HOST if is_host else Subject.OTHER


def _identifying(entries: list[_Entry]) -> tuple[str | None, str | None]:
    """Return the columns that tell two sightings apart: the name that was contacted or served, the event's number."""
    names = {entry.key: entry.column for entry in reversed(entries) if entry.function in FUNCTIONS}
    destination = next((names[key] for key in _IDENTIFYING if key in names), None)
    return destination, next((entry.column for entry in entries if entry.column == "event_id"), None)


def _title(feed_name: object, name: str) -> str:
    is_plain = isinstance(feed_name, str) and feed_name.strip() and feed_name.isprintable()
    return str(feed_name).strip()[:_LONGEST_TITLE] if is_plain else name


_TITLE = Text("Shadowserver: reports of infected machines and compromised systems")
_REQUIRED = {True: ("observed_at", "address", "malware"), False: ("observed_at", "address")}
_AGAIN = Text("download the schema again from where Shadowserver publishes it")
