"""What the text of a cell means; each distinct text is decided once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quetsach.core.address import Address, reserved_bounds
from quetsach.core.errors import InputError
from quetsach.core.family import FamilyNames
from quetsach.core.sighting import OTHER_SECTOR, UNKNOWN_SECTOR, sector_of
from quetsach.feeds.layout import Layout
from quetsach.feeds.record import AHEAD_AT_MOST, Reason, Reject, excerpt
from quetsach.feeds.table import SIGHTINGS, as_objects, identify

_TIMESTAMP = re.compile(
    r"(?P<year>[0-9]{4})-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+]00:00)?", re.ASCII
)
_NUMBER = re.compile(r"[0-9]{1,10}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MEMORY = 1 << 18
"""How many distinct texts are remembered from one slice to the next."""

_MEMORABLE = 64
"""Longer texts are never remembered: memory must not grow with what a hostile file holds."""
type Columns = Mapping[str, pa.DictionaryArray]

BOT_ID_CHARACTERS = 64
_LOW = (1 << 64) - 1
_IPV4_PREFIX = bytes(10) + b"\xff\xff"


def parse_timestamp(text: str) -> int | None:
    """Return microseconds since 1970 UTC; ``None`` unless it is a UTC time of the years 2000 to 2100.

    ``2020-06-16 07:30:00`` as Shadowserver writes it, or ISO 8601 with ``T``, a fraction, ``Z`` or ``+00:00``. Another
    offset is refused: feeds are in UTC, so one that is not deserves a look.
    """
    found = _TIMESTAMP.fullmatch(text.strip())
    if found is None or not "2000" <= found["year"] <= "2100":
        return None
    try:
        moment = datetime.fromisoformat(found[0])
    except ValueError:
        return None
    return (moment.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND


def parse_address(text: str) -> bytes | None:
    """Return the 16 bytes of an address (``core.address``), or ``None``."""
    try:
        return Address.parse(text).number.to_bytes(16)
    except InputError:
        return None


def parse_port(text: str) -> int | None:
    """Return a port number, or ``None``."""
    number = _number(text)
    return number if number is not None and number <= 0xFFFF else None


def parse_asn(text: str) -> int | None:
    """Return an AS number of at most 32 bits, with or without ``AS`` before it, or ``None``."""
    number = _number(text.strip().upper().removeprefix("AS"))
    return number if number is not None and number <= 0xFFFF_FFFF else None


def _number(text: str) -> int | None:
    digits = text.strip()
    return int(digits) if _NUMBER.fullmatch(digits) else None


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
    Typed("destination_address", parse_address, None, Reason.BAD_DESTINATION_IP),
    Typed("destination_port", parse_port, None, Reason.BAD_DESTINATION_PORT),
    Typed("claimed_asn", parse_asn, None, None),
)
"""Every field that is more than text, in the order in which a record is judged."""


class Memory[T]:
    """Results of a pure function by text, bounded: it forgets everything when full."""

    def __init__(self, function: Callable[[str], T]) -> None:
        self._known = _Known(function)

    def all_of(self, texts: Sequence[str]) -> list[T]:
        """Return the results for texts, in their order."""
        if len(self._known) + len(texts) > _MEMORY:
            self._known.clear()
        return list(map(self._known.__getitem__, texts))


class _Known[T](dict[str, T]):
    """A dictionary that works out what it is asked for the first time."""

    def __init__(self, function: Callable[[str], T]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, text: str) -> T:
        result = self._function(text)
        if len(text) <= _MEMORABLE:
            self[text] = result
        return result


@dataclass(frozen=True, slots=True)
class Places:
    """Where each record lies in its delivered file, and what was mended to read it."""

    line: NDArray[np.int64]
    byte_offset: NDArray[np.int64]
    byte_length: NDArray[np.int64]
    repairs: NDArray[np.object_]

    def __getitem__(self, chosen: NDArray[np.int64]) -> "Places":
        return Places(self.line[chosen], self.byte_offset[chosen], self.byte_length[chosen], self.repairs[chosen])


@dataclass(frozen=True, slots=True)
class _Column:
    """A typed column: the text as it came, values for its distinct texts, and which of those are usable."""

    header: str
    text: pa.DictionaryArray
    codes: NDArray[np.int64]
    values: NDArray[Any]  # int64, or 16 bytes for addresses
    is_empty: NDArray[np.bool_]
    is_bad: NDArray[np.bool_]

    @property
    def is_value(self) -> NDArray[np.bool_]:
        return ~(self.is_empty | self.is_bad)[self.codes]

    def rows(self) -> NDArray[Any]:
        return self.values[self.codes]


class Rows:
    """Turns the records of one file into sightings; remembers what distinct texts mean."""

    def __init__(self, layout: Layout, families: FamilyNames, now: datetime) -> None:
        self._layout = layout
        self._latest = (now + AHEAD_AT_MOST - _EPOCH) // _MICROSECOND
        self._memory = {typed.field: Memory(typed.parse) for typed in TYPED}
        self._family = Memory(families.resolve)
        self._sector = Memory(sector_of)

    def judge(self, columns: Columns, places: Places) -> tuple[pa.Table, list[Reject]]:
        """Return the sightings and what was set aside; ``columns`` are by header name and equally long."""
        typed = {rule.field: self._convert(rule, columns) for rule in TYPED if rule.field in self._layout.columns}
        rejects, keep = self._set_aside(typed, columns, places)
        if len(keep) < len(places.line):
            columns = {name: _chosen(column, keep) for name, column in columns.items()}
            typed = {name: replace(column, codes=column.codes[keep]) for name, column in typed.items()}
            places = places[keep]
        return self._sightings(typed, columns, places), rejects

    def _convert(self, rule: Typed, columns: Columns) -> _Column:
        header = self._layout.columns[rule.field]
        text = columns.get(header)
        if text is None:
            text = _absent(len(next(iter(columns.values()))))
        distinct = text.dictionary.to_pylist()
        results: list[Any] = self._memory[rule.field].all_of(distinct)
        is_empty, is_bad = np.zeros((2, len(distinct)), dtype=np.bool_)
        is_address = rule.parse is parse_address
        for n in [n for n, result in enumerate(results) if result is None]:
            results[n] = bytes(16) if is_address else -1
            is_empty[n] = not distinct[n].strip()
            is_bad[n] = not is_empty[n]
        values = np.frombuffer(b"".join(results), dtype="V16") if is_address else np.array(results, dtype=np.int64)
        return _Column(header, text, text.indices.to_numpy(), values, is_empty, is_bad)

    def _set_aside(
        self, typed: Mapping[str, _Column], columns: Columns, places: Places
    ) -> tuple[list[Reject], NDArray[np.int64]]:
        rows = len(places.line)
        fault = np.full(rows, -1, dtype=np.int8)
        faults: list[tuple[Reason, _Column]] = []
        for rule in TYPED:
            column = typed.get(rule.field)
            for reason, mask in ((rule.empty, "is_empty"), (rule.bad, "is_bad")):
                if reason is None or column is None:
                    continue
                hit = getattr(column, mask)
                if hit.any():
                    fault[hit[column.codes] & (fault < 0)] = len(faults)
                    faults.append((reason, column))
        for reason, column, hit in self._impossible(typed):
            if hit.any():
                fault[hit[column.codes] & (fault < 0)] = len(faults)
                faults.append((reason, column))
        rejects = []
        for row in np.flatnonzero(fault >= 0).tolist():
            reason, at_fault = faults[fault[row]]
            rejects.append(self._reject(row, reason, at_fault, columns, places))
        return rejects, np.flatnonzero(fault < 0)

    def _impossible(
        self, typed: Mapping[str, _Column]
    ) -> tuple[tuple[Reason, _Column, NDArray[np.bool_]], tuple[Reason, _Column, NDArray[np.bool_]]]:
        """Say which distinct values are of the right form and cannot be."""
        time, address = typed["observed_at"], typed["address"]
        return (
            (Reason.FUTURE, time, time.values > self._latest),
            (Reason.RESERVED_IP, address, _is_reserved(address.values)),
        )

    def _reject(self, row: int, reason: Reason, column: _Column, columns: Columns, places: Places) -> Reject:
        name, text = column.header, column.text[row].as_py()
        if all(columns[header][row].as_py().strip().casefold() == header for header in self._layout.required):
            reason, name = Reason.REPEATED_HEADER, ""
        return Reject(
            int(places.line[row]),
            int(places.byte_offset[row]),
            int(places.byte_length[row]),
            reason,
            name,
            excerpt(text),
        )

    def _sightings(self, typed: Mapping[str, _Column], columns: Columns, places: Places) -> pa.Table:
        rows = len(places.line)
        text = self._texts(columns, rows)
        malware = columns[self._layout.columns["malware"]]
        families = pa.array(self._family.all_of(malware.dictionary.to_pylist()), pa.string())
        number = {field: _numbers(typed.get(field), rows) for field in ("port", "destination_port", "claimed_asn")}
        observed_at, address = typed["observed_at"].rows(), typed["address"].rows()
        destination, has_destination = _addresses(typed.get("destination_address"), rows)
        event_texts = [self._identifying_text(name, columns, rows) for name in self._layout.identifying]
        fields: dict[str, pa.Array] = {
            **text,
            "sighting_id": identify(
                self._layout.feed,
                self._layout.report,
                observed_at=observed_at,
                address=address,
                port=number["port"].astype(np.int32),
                destination_address=destination,
                has_destination=has_destination,
                destination_port=number["destination_port"].astype(np.int32),
                texts=[text["transport"], text["malware"], *event_texts],
            ).cast(pa.uuid()),
            "observed_at": pa.array(observed_at).cast(pa.timestamp("us", tz="UTC")),
            "address": _uuids(address),
            "ip_version": pa.array(_versions(address)),
            "family": families.take(malware.indices),
            "sector": self._sectors(columns, rows),
            "feed": pa.repeat(pa.scalar(self._layout.feed), rows),
            "report": pa.repeat(pa.scalar(self._layout.report), rows),
            "destination_address": _uuids(destination, has_destination),
            "extra": as_objects(self._unmapped(typed, columns), rows),
            "line": pa.array(places.line),
            "byte_offset": pa.array(places.byte_offset),
            "byte_length": pa.array(places.byte_length.astype(np.int32)),
            "repairs": pa.array(places.repairs, pa.string()),
        }
        for field, values in number.items():
            fields[field] = pa.array(values, mask=values < 0).cast(SIGHTINGS.field(field).type)
        return pa.Table.from_arrays([fields[name] for name in SIGHTINGS.names], schema=SIGHTINGS)

    def _texts(self, columns: Columns, rows: int) -> dict[str, pa.StringArray]:
        """Return the text fields that are taken as they are; the transport in lower case."""
        made = {"family", "sector", "feed", "report", "extra", "repairs"}
        texts: dict[str, pa.StringArray] = {}
        for field in SIGHTINGS:
            if field.type != pa.string() or field.name in made:
                continue
            column = columns.get(self._layout.columns.get(field.name, ""), _absent(rows))
            distinct = column.dictionary
            if field.name == "transport":
                distinct = pc.utf8_lower(pc.utf8_trim_whitespace(distinct))
            elif field.name == "bot_id":
                distinct = pc.if_else(_is_long(distinct), "", pc.utf8_trim_whitespace(distinct))
            texts[field.name] = distinct.take(column.indices)
        return texts

    def _sectors(self, columns: Columns, rows: int) -> pa.StringArray:
        """Return the sector that the first column with one names; ``other`` where none names one but some say more."""
        told = [columns[header] for header in self._layout.sector if header in columns]
        found = pa.repeat(pa.scalar(UNKNOWN_SECTOR), rows)
        for column in told:
            named = pa.array(self._sector.all_of(column.dictionary.to_pylist()), pa.string()).take(column.indices)
            is_open = pc.is_in(found, pa.array([UNKNOWN_SECTOR, OTHER_SECTOR]))
            found = pc.if_else(pc.and_(is_open, pc.not_equal(named, UNKNOWN_SECTOR)), named, found)
        return found

    def _identifying_text(self, header: str | None, columns: Columns, rows: int) -> pa.StringArray:
        column = columns.get(header or "", _absent(rows))
        return column.dictionary.take(column.indices)

    def _unmapped(self, typed: Mapping[str, _Column], columns: Columns) -> dict[str, pa.DictionaryArray]:
        mapped = set(self._layout.columns.values())
        unmapped = {name: column for name, column in columns.items() if name not in mapped}
        asn = typed.get("claimed_asn")
        if asn is not None and asn.is_bad.any():  # kept as written
            shown = pc.if_else(pa.array(asn.is_bad), asn.text.dictionary, "")
            unmapped[asn.header] = pa.DictionaryArray.from_arrays(pa.array(asn.codes), shown)
        bot = columns.get(header := self._layout.columns.get("bot_id", ""))
        if bot is not None and pc.any(_is_long(bot.dictionary)).as_py():  # kept as written
            shown = pc.if_else(_is_long(bot.dictionary), bot.dictionary, "")
            unmapped[header] = pa.DictionaryArray.from_arrays(bot.indices, shown)
        return unmapped


def _is_long(texts: pa.StringArray) -> pa.BooleanArray:
    """Whether a bot's name is longer than one is."""
    return pc.greater(pc.utf8_length(texts), BOT_ID_CHARACTERS)


def _chosen(column: pa.DictionaryArray, rows: NDArray[np.int64]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(column.indices.to_numpy()[rows]), column.dictionary)


def _absent(rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([""], pa.string()))


def _numbers(column: _Column | None, rows: int) -> NDArray[np.int64]:
    return np.full(rows, -1, dtype=np.int64) if column is None else column.rows()


def _addresses(column: _Column | None, rows: int) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
    if column is None:
        return np.zeros(rows, dtype="V16"), np.zeros(rows, dtype=np.bool_)
    return column.rows(), column.is_value


def _uuids(values: NDArray[np.void], present: NDArray[np.bool_] | None = None) -> pa.Array:
    validity = None if present is None else pa.array(present).buffers()[1]
    raw = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(values), [validity, pa.py_buffer(values.tobytes())])
    return raw.cast(pa.uuid())


def _is_reserved(values: NDArray[np.void]) -> NDArray[np.bool_]:
    """Say which addresses (16 bytes each) no machine on the public internet can have."""
    halves = values.view(">u8").reshape(-1, 2)
    below = np.zeros(len(halves), dtype=np.int64)
    for bound in reserved_bounds():
        high, low = np.uint64(bound >> 64), np.uint64(bound & _LOW)
        below += (halves[:, 0] > high) | ((halves[:, 0] == high) & (halves[:, 1] >= low))
    return np.asarray(below % 2 == 1)


def _versions(values: NDArray[np.void]) -> NDArray[np.int8]:
    prefix = values.view(np.uint8).reshape(-1, 16)[:, :12]
    is_ipv4 = (prefix == np.frombuffer(_IPV4_PREFIX, dtype=np.uint8)).all(axis=1)
    return np.where(is_ipv4, 4, 6).astype(np.int8)
