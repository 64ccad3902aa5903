"""What the text of a cell means: times, addresses, ports and AS numbers."""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa

from quetsach.core.address import Address
from quetsach.core.errors import InputError
from quetsach.feeds.bulk import (
    FIRST_TIME,
    LAST_TIME,
    TICKS_A_MICROSECOND,
    TICKS_EPOCH,
    Bulk,
    epoch_times,
    file_times,
    utc_times,
    written_times,
)
from quetsach.feeds.layout import Clock
from quetsach.feeds.record import Reason

_ISO = re.compile(
    r"(?P<year>[0-9]{4})-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.ASCII,
)
_EPOCH_TIME = re.compile(r"([0-9]{9,16})(?:[.]([0-9]{1,9}))?", re.ASCII)
_MICROSECONDS = {9: 1_000_000, 10: 1_000_000, 12: 1_000, 13: 1_000, 15: 1, 16: 1}
"""What a number of so many digits counts, if it is a time from 2000 to 2100."""
_TICKS = re.compile(r"[0-9]{18}", re.ASCII)
_MAIL_DATE = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?([0-9]{1,2}) +([A-Z][a-z]{2}) +([0-9]{4}) +"
    r"([0-9]{2}:[0-9]{2}(?::[0-9]{2})?) +([+-][0-9]{4}|GMT|UTC|UT|Z)(?: *[(][^()]{0,40}[)])?",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
_UTC_ZONES = {"Z", "+00:00", "+0000", "+00"}
_PART = r"(?<![^;,\s])({})(?::([^;]*)|\s+([^\s;]+))"
"""A name within a cell, and its value: behind a colon up to a semicolon, else one word."""
_LONGEST_LIST = 400
_HOST_BITS = {4: {"32"}, 6: {"64", "128"}}
"""Ranges that are one subject: an address, and of IPv6 the /64 that a customer has."""

type ReadTime = Callable[[str], int | None]
"""Returns microseconds since 1970 UTC, or ``None`` unless it is a time of the years 2000 to 2100."""


def time_reader(clock: Clock) -> ReadTime:
    """Return what reads times as a report writes them.

    A time that its zone had twice, or never, because clocks were put back or forward, is none: nothing tells which it
    was.
    """
    zone = None if clock.zone == "written" else UTC if clock.zone == "UTC" else ZoneInfo(clock.zone)
    if clock.form in _NAMED:
        return _NAMED[clock.form]
    if clock.form == "iso":
        return lambda text: _iso_time(text.strip(), zone)
    return lambda text: _patterned_time(text.strip(), clock.form, zone)


def bulk_reader(clock: Clock) -> Callable[[pa.StringArray], Bulk] | None:
    """Return what reads the usual form of times many at once, and says the same of them; ``None`` if nothing does."""
    if clock.form == "iso":
        return {"UTC": utc_times, "written": written_times}.get(clock.zone)
    return {"epoch": epoch_times, "filetime": file_times, "mail": written_times}.get(clock.form)


def parse_timestamp(text: str) -> int | None:
    """Return the time of ISO 8601, or of Shadowserver, in UTC.

    ``2020-06-16 07:30:00``, or with ``T``, a fraction, ``Z``, ``+00:00``, ``+0000`` or ``+00``. Another offset is
    refused: where a layout does not say that offsets are written, one deserves a look.
    """
    return _iso_time(text.strip(), UTC)


def _iso_time(text: str, zone: ZoneInfo | timezone | None) -> int | None:
    found = _ISO.fullmatch(text)
    if found is None or (found["zone"] is None if zone is None else found["zone"] not in {None, *_UTC_ZONES}):
        return None
    try:
        moment = datetime.fromisoformat(found[0])
    except ValueError:
        return None
    return _in_utc(moment, zone)


def _patterned_time(text: str, form: str, zone: ZoneInfo | timezone | None) -> int | None:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007  (the zone is set where it is not written)
    except (ValueError, OverflowError):
        return None
    return None if zone is None and moment.tzinfo is None else _in_utc(moment, zone)


def _in_utc(moment: datetime, zone: ZoneInfo | timezone | None) -> int | None:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
        if zone is not UTC and moment.utcoffset() != moment.replace(fold=1).utcoffset():
            return None
    return (moment - EPOCH) // MICROSECOND if _FIRST <= moment < _LAST else None


def _epoch_time(text: str) -> int | None:
    found = _EPOCH_TIME.fullmatch(text.strip())
    scale = _MICROSECONDS.get(len(found[1])) if found else None
    if found is None or scale is None:
        return None
    moment = int(found[1]) * scale + int((found[2] or "").ljust(9, "0")) * scale // 1_000_000_000
    return moment if FIRST_TIME <= moment < LAST_TIME else None


def _file_time(text: str) -> int | None:
    """Return the time of a number of 100 nanoseconds since 1601, as Windows counts."""
    found = _TICKS.fullmatch(text.strip())
    moment = int(found[0]) // TICKS_A_MICROSECOND - TICKS_EPOCH if found else 0
    return moment if FIRST_TIME <= moment < LAST_TIME else None


def _mail_time(text: str) -> int | None:
    """Return the time of a date as headers of mails have it (RFC 5322), or of ISO 8601 with its zone.

    Zones by name (``CEST``) are none: RFC 5322 says that nothing is known of them.
    """
    found = _MAIL_DATE.fullmatch(text.strip())
    if found is None or found[2] not in _MONTHS:
        return _iso_time(text.strip(), None)
    zone = found[5] if found[5][0] in "+-" else "Z"
    time = found[4] if found[4].count(":") > 1 else f"{found[4]}:00"
    return _iso_time(f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{int(found[1]):02} {time}{zone}", None)


_NAMED: Mapping[str, ReadTime] = {"epoch": _epoch_time, "filetime": _file_time, "mail": _mail_time}
"""Clocks that are no pattern and need no zone."""
CLOCK_FORMS = ("iso", *_NAMED)


def parse_address(text: str) -> bytes | None:
    """Return the 16 bytes of an address (``core.address``), or ``None``; a range of one subject is its first."""
    host, slash, bits = text.strip().partition("/")
    try:
        address = Address.parse(host if slash else text)
    except InputError:
        return None
    return None if slash and bits not in _HOST_BITS[address.version] else address.number.to_bytes(16)


def parse_destination(text: str) -> bytes | None:
    """Return the address that a text names, be it several times between commas: some feeds write it twice."""
    names = {name.strip() for name in text.split(",")} if len(text) <= _LONGEST_LIST else {text}
    return parse_address(names.pop()) if len(names) == 1 else None


def is_range(text: str) -> bool:
    """Whether a text is a range of addresses: somebody in it was seen, and nothing says who."""
    if "/" not in text:
        return False
    try:
        ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return True


def parse_port(text: str) -> int | None:
    """Return a port number, or ``None``."""
    number = _number(text)
    return number if number is not None and number <= 0xFFFF else None


def parse_asn(text: str) -> int | None:
    """Return an AS number of at most 32 bits, with or without ``AS`` before it; ``None`` for others, and for AS 0.

    AS 0 is nobody's (RFC 7607): a source that writes it knows none.
    """
    number = _number(text.strip().upper().removeprefix("AS"))
    return number if number is not None and 0 < number <= 0xFFFF_FFFF else None


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if _NUMBER.fullmatch(digits) else None


def part_reader(names: Sequence[str]) -> Callable[[str], Mapping[str, str]]:
    """Return what finds the values that stand behind names within a cell: ``family: mirai; port: 23``, ``port 23``."""
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    pattern = re.compile(_PART.format(known), re.IGNORECASE)

    def read(cell: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name, listed, word in pattern.findall(cell):
            found.setdefault(name.casefold(), (listed or word).strip())
        return found

    return read


@dataclass(frozen=True, slots=True)
class Typed:
    """How a field is read and why a record falls: ``empty`` and ``bad`` are ``None`` where it does not fall."""

    field: str
    parse: Callable[[str], int | bytes | None]
    empty: Reason | None
    bad: Reason | None


TYPED = (
    Typed("observed_at", parse_timestamp, Reason.BAD_TIMESTAMP, Reason.BAD_TIMESTAMP),
    Typed("address", parse_address, Reason.EMPTY_IP, Reason.BAD_IP),
    Typed("port", parse_port, None, Reason.BAD_PORT),
    Typed("destination_address", parse_destination, None, Reason.BAD_DESTINATION_IP),
    Typed("destination_port", parse_port, None, Reason.BAD_DESTINATION_PORT),
    Typed("claimed_asn", parse_asn, None, None),
)
"""Every field that is more than text, in the order in which a record is judged."""
