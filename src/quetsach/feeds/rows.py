"""What records mean: columns of text in, sightings and rejects out. Each distinct text is decided once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quetsach.core.address import reserved_bounds
from quetsach.core.family import FamilyNames
from quetsach.core.sighting import OTHER_SECTOR, UNKNOWN_SECTOR, sector_of
from quetsach.feeds.bulk import Bulk, ipv4_addresses, ports
from quetsach.feeds.frame import Columns, Places
from quetsach.feeds.layout import Layout
from quetsach.feeds.record import AHEAD_AT_MOST, Reason, Reject, excerpt
from quetsach.feeds.table import SIGHTINGS, as_objects, identify, joined_objects
from quetsach.feeds.values import EPOCH, MICROSECOND, TYPED, Typed, bulk_reader, is_range, part_reader, time_reader

_MEMORY = 1 << 18
"""How many distinct texts are remembered from one slice to the next."""

_MEMORABLE = 64
"""Longer texts are never remembered: memory must not grow with what a hostile file holds."""

BOT_ID_CHARACTERS = 64
_ADDRESSES = ("address", "destination_address")
_PORTS = ("port", "destination_port")
_SOUND, _ELSEWHERE = -1, -2
"""Of records: nothing is wrong with them; they are not for this layout."""
_LOW = (1 << 64) - 1
_MAPPED = 0xFFFF
"""What stands above the 32 bits of an IPv4 address (``core.address``)."""


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
class _Column:
    """A typed column: the text as it came, values for its distinct texts, and which of those are usable."""

    header: str
    text: pa.DictionaryArray
    codes: NDArray[np.int64]
    values: NDArray[Any]  # int64, or 16 bytes for addresses
    is_empty: NDArray[np.bool_]
    is_bad: NDArray[np.bool_]
    is_of_many: NDArray[np.bool_]
    """Bad, and a range of addresses."""

    @property
    def is_value(self) -> NDArray[np.bool_]:
        return ~(self.is_empty | self.is_bad)[self.codes]

    def rows(self) -> NDArray[Any]:
        return self.values[self.codes]


class _Cells(NamedTuple):
    """What a field is read from: a column's name, empty for a constant, and its texts."""

    name: str
    text: pa.DictionaryArray


type _Fields = Mapping[str, _Cells]


class _Records(NamedTuple):
    """Records on their way to be sightings: typed columns, what each field is read from, all columns, what is left."""

    typed: Mapping[str, _Column]
    fields: _Fields
    columns: Columns
    left: Columns
    places: Places
    rest: pa.StringArray | None

    def __len__(self) -> int:
        return len(self.places.line)

    def chosen(self, rows: NDArray[np.int64]) -> "_Records":
        """Return some of them."""
        return _Records(
            {name: replace(column, codes=column.codes[rows]) for name, column in self.typed.items()},
            {field: _Cells(name, _chosen(text, rows)) for field, (name, text) in self.fields.items()},
            {name: _chosen(column, rows) for name, column in self.columns.items()},
            {name: _chosen(column, rows) for name, column in self.left.items()},
            self.places[rows],
            None if self.rest is None else self.rest.take(pa.array(rows)),
        )


class Rows:
    """Turns the records of one file into sightings; remembers what distinct texts mean."""

    def __init__(self, layout: Layout, families: FamilyNames, now: datetime) -> None:
        self._layout = layout
        self._mapped = layout.mapped()
        self._latest = (now + AHEAD_AT_MOST - EPOCH) // MICROSECOND
        self._memory = {typed.field: Memory[Any](typed.parse) for typed in TYPED}
        self._memory["observed_at"] = Memory[Any](time_reader(layout.clock))
        self._bulk: dict[str, Callable[[pa.StringArray], Bulk]] = dict.fromkeys(_ADDRESSES, ipv4_addresses)
        self._bulk |= dict.fromkeys(_PORTS, ports)
        if read_many := bulk_reader(layout.clock):
            self._bulk["observed_at"] = read_many
        self._parts = {column: Memory(part_reader(names)) for column, names in layout.parts.items()}
        self._nothing = pa.array(sorted(layout.nothing), pa.string())
        self._family = Memory(families.resolve)
        self._sector = Memory(sector_of)

    def judge(
        self, columns: Columns, places: Places, rest: pa.StringArray | None = None
    ) -> tuple[pa.Table, list[Reject]]:
        """Return the sightings and what was set aside.

        Args:
            columns: by name of the report, equally long.
            places: of the records.
            rest: what of each record is in no column, as an object of JSON.
        """
        fields, left = self._fields({**columns, **self._within(columns)}, len(places.line))
        typed = {rule.field: self._convert(rule, fields[rule.field]) for rule in TYPED if rule.field in fields}
        records = _Records(typed, fields, columns, left, places, rest)
        rejects, keep = self._set_aside(records)
        return self._sightings(records.chosen(keep) if rejects else records), rejects

    def _within(self, columns: Columns) -> Columns:
        """Return the columns that stand within others, of those that a field is read from."""
        found: dict[str, pa.DictionaryArray] = {}
        for column, parts in self._layout.parts.items():
            if (cells := columns.get(column)) is None:
                continue
            told = self._parts[column].all_of(cells.dictionary.to_pylist())
            for part in parts:
                if (name := f"{column}.{part}") in self._mapped:
                    texts = pa.array([one.get(part, "") for one in told], pa.string())
                    found[name] = pa.DictionaryArray.from_arrays(cells.indices, texts)
        return found

    def _known(self, column: pa.DictionaryArray) -> pa.DictionaryArray:
        """Return a column without the texts that say nothing."""
        told = column.dictionary
        is_nothing = pc.is_in(pc.utf8_trim_whitespace(told), self._nothing)
        return pa.DictionaryArray.from_arrays(column.indices, pc.if_else(is_nothing, "", told))

    def _fields(self, columns: Columns, rows: int) -> tuple[_Fields, Columns]:
        """Return what each field is read from, and the cells that no field takes."""
        fields: dict[str, _Cells] = {}
        left = {name: column for name, column in columns.items() if name not in self._mapped}
        columns = {name: self._known(column) for name, column in columns.items()} if self._nothing else columns
        for field, names in self._layout.columns.items():
            there = [name for name in names if name in columns]
            if not there:
                continue
            text = columns[there[0]]
            for name in there[1:]:  # tells where those before it do not, and is kept as written where they do
                told, other = text.dictionary.take(text.indices), columns[name].dictionary.take(columns[name].indices)
                is_open = pc.equal(pc.utf8_trim_whitespace(told), "")
                left[name] = pc.if_else(is_open, "", other).dictionary_encode()
                text = pc.if_else(is_open, other, told).dictionary_encode()
            fields[field] = _Cells(there[0], text)
        for field, value in self._layout.constants.items():
            fields[field] = _Cells("", _repeated(value, rows))
        return fields, left

    def _convert(self, rule: Typed, cells: _Cells) -> _Column:
        text, count = cells.text, len(cells.text.dictionary)
        is_empty, is_bad, is_of_many = np.zeros((3, count), dtype=np.bool_)
        is_address = rule.field.endswith("address")
        values = np.zeros(count, dtype="V16") if is_address else np.full(count, -1, dtype=np.int64)
        places = np.arange(count)
        if (read := self._bulk.get(rule.field)) is not None:
            is_read, found = read(text.dictionary)
            values[is_read] = found
            places = np.flatnonzero(~is_read)
        left = text.dictionary.take(pa.array(places)).to_pylist()
        for n, told, result in zip(places.tolist(), left, self._memory[rule.field].all_of(left), strict=True):
            if result is not None:
                values[n] = np.void(result) if is_address else result
                continue
            is_empty[n] = not told.strip()
            is_bad[n] = not is_empty[n]
            is_of_many[n] = is_address and is_range(told)
        return _Column(cells.name, text, text.indices.to_numpy(), values, is_empty, is_bad, is_of_many)

    def _set_aside(self, records: _Records) -> tuple[list[Reject], NDArray[np.int64]]:
        fault = np.full(len(records), -1, dtype=np.int8)
        rejects = self._of_other_kinds(records, fault)
        faults: list[tuple[Reason, _Column]] = []
        for reason, column, hit in self._faults(records.typed):
            if hit.any():
                fault[hit[column.codes] & (fault == _SOUND)] = len(faults)
                faults.append((reason, column))
        for row in np.flatnonzero(fault >= 0).tolist():
            reason, at_fault = faults[fault[row]]
            rejects.append(self._reject(row, reason, at_fault.header, at_fault.text, records))
        return rejects, np.flatnonzero(fault == _SOUND)

    def _of_other_kinds(self, records: _Records, fault: NDArray[np.int8]) -> list[Reject]:
        """Return the rejects of records that the layout does not read, and mark them."""
        rejects = []
        for name, wanted in self._layout.only.items():
            text = records.columns.get(name, _repeated("", len(records)))
            told = [one.strip().casefold() for one in text.dictionary.to_pylist()]
            is_wanted = np.array([_is_wanted(one, wanted) for one in told], dtype=np.bool_)
            for row in np.flatnonzero(~is_wanted[text.indices.to_numpy()] & (fault == _SOUND)).tolist():
                fault[row] = _ELSEWHERE
                rejects.append(self._reject(row, Reason.OTHER_KIND, name, text, records))
        return rejects

    def _faults(self, typed: Mapping[str, _Column]) -> Iterator[tuple[Reason, _Column, NDArray[np.bool_]]]:
        """Yield what may be wrong with a record, in the order in which it is judged: which distinct texts have it."""
        for rule in TYPED:
            if (column := typed.get(rule.field)) is None:
                continue
            if rule.field == "address":
                yield Reason.IP_RANGE, column, column.is_of_many
            if rule.empty is not None:
                yield rule.empty, column, column.is_empty
            if rule.bad is not None:
                yield rule.bad, column, column.is_bad
        time, address = typed["observed_at"], typed["address"]
        yield Reason.FUTURE, time, time.values > self._latest
        yield Reason.RESERVED_IP, address, _is_reserved(address.values)

    def _reject(self, row: int, reason: Reason, name: str, text: pa.DictionaryArray, records: _Records) -> Reject:
        fields, places = records.fields, records.places
        needed = [fields[field] for field in self._layout.required if field in fields]
        if all(cells.text[row].as_py().strip().casefold() == cells.name for cells in needed):
            reason, name = Reason.REPEATED_HEADER, ""
        return Reject(
            int(places.line[row]),
            int(places.byte_offset[row]),
            int(places.byte_length[row]),
            reason,
            name,
            excerpt(text[row].as_py()),
        )

    def _sightings(self, records: _Records) -> pa.Table:
        typed, fields, columns, left, places, rest = records
        rows = len(records)
        text = self._texts(fields, rows)
        malware = fields["malware"].text if "malware" in fields else _repeated("", rows)
        families = pa.array(self._family.all_of(malware.dictionary.to_pylist()), pa.string())
        number = {field: _numbers(typed.get(field), rows) for field in ("port", "destination_port", "claimed_asn")}
        observed_at, address = typed["observed_at"].rows(), typed["address"].rows()
        destination, has_destination = _addresses(typed.get("destination_address"), rows)
        event_texts = [columns.get(name or "", _repeated("", rows)) for name in self._layout.identifying]
        found: dict[str, pa.Array] = {
            **{field: column.dictionary.take(column.indices) for field, column in text.items()},
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
            "extra": joined_objects(rest, as_objects(self._unmapped(typed, fields, left), rows)),
            "line": pa.array(places.line),
            "byte_offset": pa.array(places.byte_offset),
            "byte_length": pa.array(places.byte_length.astype(np.int32)),
            "repairs": pa.array(places.repairs, pa.string()),
        }
        for field, values in number.items():
            found[field] = pa.array(values, mask=values < 0).cast(SIGHTINGS.field(field).type)
        return pa.Table.from_arrays([found[name] for name in SIGHTINGS.names], schema=SIGHTINGS)

    def _texts(self, fields: _Fields, rows: int) -> dict[str, pa.DictionaryArray]:
        """Return the text fields that are taken as they are; the transport in lower case."""
        made = {"family", "sector", "feed", "report", "extra", "repairs"}
        texts: dict[str, pa.DictionaryArray] = {}
        for field in SIGHTINGS:
            if field.type != pa.string() or field.name in made:
                continue
            column = fields[field.name].text if field.name in fields else _repeated("", rows)
            distinct = column.dictionary
            if field.name == "transport":
                distinct = pc.utf8_lower(pc.utf8_trim_whitespace(distinct))
            elif field.name == "bot_id":
                distinct = pc.if_else(_is_long(distinct), "", pc.utf8_trim_whitespace(distinct))
            texts[field.name] = pa.DictionaryArray.from_arrays(column.indices, distinct)
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

    def _unmapped(self, typed: Mapping[str, _Column], fields: _Fields, left: Columns) -> dict[str, pa.DictionaryArray]:
        """Return what goes to ``extra``: what no field takes, and what a field cannot be, as written."""
        unmapped = dict(left)
        asn = typed.get("claimed_asn")
        if asn is not None and asn.is_bad.any():
            shown = pc.if_else(pa.array(asn.is_bad), asn.text.dictionary, "")
            unmapped[asn.header] = pa.DictionaryArray.from_arrays(pa.array(asn.codes), shown)
        if "bot_id" in fields:
            name, bot = fields["bot_id"]
            if pc.any(_is_long(bot.dictionary)).as_py():
                shown = pc.if_else(_is_long(bot.dictionary), bot.dictionary, "")
                unmapped[name] = pa.DictionaryArray.from_arrays(bot.indices, shown)
        return unmapped


def _is_wanted(told: str, wanted: Sequence[str]) -> bool:
    """Whether a layout reads rows of this value: ``*`` is any but none, ``!*`` none, ``!x`` not that one."""
    if "!*" in wanted:
        return not told
    return (bool(told) if "*" in wanted else told in wanted) and f"!{told}" not in wanted


def _is_long(texts: pa.StringArray) -> pa.BooleanArray:
    """Whether a bot's name is longer than one is."""
    return pc.greater(pc.utf8_length(texts), BOT_ID_CHARACTERS)


def _chosen(column: pa.DictionaryArray, rows: NDArray[np.int64]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(column.indices.to_numpy()[rows]), column.dictionary)


def _repeated(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text], pa.string()))


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


def _halves(values: NDArray[np.void]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the upper and the lower 64 bits of addresses as numbers."""
    halves = values.view(">u8").reshape(-1, 2).astype(np.uint64)
    return halves[:, 0], halves[:, 1]


def _is_reserved(values: NDArray[np.void]) -> NDArray[np.bool_]:
    """Say which addresses (16 bytes each) no machine on the public internet can have."""
    high, low = _halves(values)
    bounds = [(bound >> 64, bound & _LOW) for bound in reserved_bounds()]
    below = np.searchsorted(np.array([part for upper, part in bounds if not upper], dtype=np.uint64), low, side="right")
    rest = np.flatnonzero(high)  # no IPv4
    below[rest] = 0
    for upper, lower in bounds:
        is_above = (high[rest] > np.uint64(upper)) | (
            (high[rest] == np.uint64(upper)) & (low[rest] >= np.uint64(lower))
        )
        below[rest] += is_above
    return np.asarray(below % 2 == 1)


def _versions(values: NDArray[np.void]) -> NDArray[np.int8]:
    high, low = _halves(values)
    return np.where((high == 0) & (low >> np.uint64(32) == _MAPPED), 4, 6).astype(np.int8)
