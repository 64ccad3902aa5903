"""Sightings handed on: the columns of a layout read backwards, and what else a form asks for.

A layout says from which columns of a report the fields of a sighting are read. Here the same layout says into which
columns they are written, so that what was written is read back by it. The forms are in ``export_forms``.
"""

import json
import re
from collections.abc import Buffer, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from quetsach.core.family import UNKNOWN_FAMILY, UNPLACED_FAMILY
from quetsach.core.sighting import UNKNOWN_SECTOR
from quetsach.core.table import csv_text
from quetsach.feeds.export_forms import Form, Sender
from quetsach.feeds.layout import Clock
from quetsach.feeds.layout_files import Layouts
from quetsach.feeds.table import ANNOTATED, as_objects
from quetsach.feeds.tlp import STRICTNESS, Tlp

_TLP = re.compile(r'tlp["\s:]{1,8}(?:tlp:)?(white|clear|green|amber\+strict|amber|red)\b', re.IGNORECASE)
"""How feeds mark a row among its other cells: ``"tlp":"AMBER"``, ``"tlp:amber"``, ``"extra.tlp":"TLP:RED"``."""

NUMBERS = frozenset(("port", "destination_port", "claimed_asn"))
COLUMNS = tuple(name for name in ANNOTATED.names if name not in ("line", "byte_offset", "byte_length", "repairs"))
"""What is read of the lake."""
_RESTRICTIONS: Mapping[str, Tlp] = {"internal": Tlp.RED, "need-to-know": Tlp.AMBER}
"""How n6 marks an event: ``internal`` leaves its centre for nobody."""


class Facts:
    """What sightings tell, each fact a column of texts, made when it is asked for; none is empty.

    Args:
        table: of ``COLUMNS``, with the families of today.
        form: in which they are handed on.
        layouts: by which they were read: they say which cell of ``extra`` tells what was contacted, and which is the
            feed's own number.
        least: the level of rows that have none, and the widest of all.
    """

    def __init__(self, table: pa.Table, form: Form, layouts: Layouts, least: Tlp) -> None:
        marked = _levels(table.column("extra"), least)
        if least is not Tlp.RED and (marked == STRICTNESS[Tlp.RED]).any():
            keep = marked < STRICTNESS[Tlp.RED]
            table, marked = table.filter(pa.array(keep)), marked[keep]
        self._table = table.combine_chunks()
        self._form = form
        self.levels = marked
        """The strictness of each row."""
        self._told = _told_in_extra(self._table, layouts)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __getitem__(self, name: str) -> pa.DictionaryArray:
        made = self._made(name)
        if name in self._form.fits:
            fit, _ = self._form.fits[name]
            made = pa.DictionaryArray.from_arrays(made.indices, fit(made.dictionary))
        return made

    def texts(self, name: str) -> list[str]:
        """Return a fact row by row."""
        column = self[name]
        found: list[str] = column.dictionary.take(column.indices).to_pylist()
        return found

    def _made(self, name: str) -> pa.DictionaryArray:
        make = self._makers.get(name, self._text)
        return make(name)

    @property
    def _makers(self) -> Mapping[str, Callable[[str], pa.DictionaryArray]]:
        """What makes facts that are more than the text of a column."""
        return {
            "destination_hostname": self._told.__getitem__,
            "event_id": self._told.__getitem__,
            "observed_at": lambda name: _times(self._column(name), self._form.layout.clock).dictionary_encode(),
            "address": lambda name: _addresses(self._column(name)),
            "destination_address": lambda name: _addresses(self._column(name)),
            "sighting_id": lambda name: _identifiers(self._column(name), is_version_4=False),
            "uuid": lambda _: _identifiers(self._column("sighting_id"), is_version_4=True),
            "tlp": lambda _: _chosen(self.levels, list(Tlp)),
            "tags": lambda _: _chosen(self.levels, [f'["tlp:{level}"]' for level in Tlp]),
            "evidence": lambda _: self._evidence(),
            "sector": lambda name: _without(self._text(name), UNKNOWN_SECTOR),
            "placed_family": lambda _: _without(self._text("family"), UNKNOWN_FAMILY, UNPLACED_FAMILY),
        }

    def _text(self, name: str) -> pa.DictionaryArray:
        return self._column(name).cast(pa.string()).fill_null("").dictionary_encode()

    def _evidence(self) -> pa.DictionaryArray:
        source = pc.binary_join_element_wise(self._column("feed"), self._column("report"), "/").dictionary_encode()
        told = pc.binary_join_element_wise("reported by ", source.dictionary, "")
        return pa.DictionaryArray.from_arrays(source.indices, told)

    def _column(self, name: str) -> pa.Array:
        column = self._table.column(name)
        return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _chosen(numbers: np.ndarray[Any, np.dtype[np.int8]], texts: Sequence[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(texts, pa.string()))


def _without(column: pa.DictionaryArray, *none: str) -> pa.DictionaryArray:
    """Return texts, nothing for those that mean that nothing is known."""
    kept = pc.if_else(pc.is_in(column.dictionary, pa.array(none, pa.string())), "", column.dictionary)
    return pa.DictionaryArray.from_arrays(column.indices, kept)


def _levels(extra: pa.ChunkedArray, least: Tlp) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Return how strict each row is: as strict as the strictest mark among its cells, and never less than asked."""
    levels = np.full(len(extra), STRICTNESS[least], dtype=np.int8)
    for row in np.flatnonzero(pc.match_substring(extra, "tlp", ignore_case=True).to_numpy()).tolist():
        marks = [STRICTNESS[mark.lower()] for mark in _TLP.findall(extra[row].as_py())]
        levels[row] = max([*marks, levels[row]])
    for restriction, level in _RESTRICTIONS.items():
        rows = pc.match_substring_regex(extra, rf'"restriction" ?: ?"{restriction}"').to_numpy()
        levels[rows] = np.maximum(levels[rows], STRICTNESS[level])
    return levels


def _told_in_extra(table: pa.Table, layouts: Layouts) -> dict[str, pa.DictionaryArray]:
    """Return what the cells of ``extra`` tell that take part in the identity of sightings."""
    source = pc.binary_join_element_wise(table.column("feed"), table.column("report"), "/")
    source = source.combine_chunks().dictionary_encode()
    rows = source.indices.to_numpy()
    found = np.full((2, len(rows)), "", dtype=object)
    for number, named in enumerate(source.dictionary.to_pylist()):
        identifying = _identifying(layouts, *named.split("/"))
        if not any(identifying):
            continue
        of_source = np.flatnonzero(rows == number)
        cells = [orjson.loads(extra) for extra in table.column("extra").take(pa.array(of_source)).to_pylist()]
        for told, name in zip(found, identifying, strict=True):
            if name:
                told[of_source] = [_cell(one, name) for one in cells]
    made = (pa.array(told, pa.string()).dictionary_encode() for told in found)
    return dict(zip(("destination_hostname", "event_id"), made, strict=True))


def _identifying(layouts: Layouts, feed: str, report: str) -> tuple[str | None, str | None]:
    of_feed = layouts.of_feed(feed)
    exact = [layout for layout in of_feed if layout.report == report]
    chosen = exact or [layout for layout in of_feed if layout.open_report]
    return chosen[0].identifying if chosen else (None, None)


def _cell(cells: dict[str, Any], name: str) -> str:
    """Return a cell by its name or its way of names, as the reader took it for the identity."""
    value = cells.get(name)
    if type(value) is str:
        return value
    if value is None and "." in name:
        value = cells
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    if value is None or isinstance(value, str):
        return value or ""
    return orjson.dumps(value).decode()


def _times(moments: pa.Array, clock: Clock) -> pa.StringArray:
    """Return times to the second, to the microsecond where they are known so; zoned as ISO 8601 has them."""
    is_zoned = clock.zone == "written"
    numbers = moments.cast(pa.int64())
    whole = pc.divide(numbers, 1_000_000)
    text = whole.cast(pa.timestamp("s")).cast(pa.string())
    if is_zoned:
        text = pc.utf8_replace_slice(text, 10, 11, "T")
    rest = pc.subtract(numbers, pc.multiply(whole, 1_000_000))
    if pc.any(pc.not_equal(rest, 0)).as_py():
        fraction = pc.binary_join_element_wise(".", pc.utf8_lpad(rest.cast(pa.string()), 6, "0"), "")
        text = pc.binary_join_element_wise(text, pc.if_else(pc.equal(rest, 0), "", fraction), "")
    return pc.binary_join_element_wise(text, "+00:00", "") if is_zoned else text


_BYTES = pa.array([str(n) for n in range(256)], pa.string())


def _addresses(column: pa.Array) -> pa.DictionaryArray:
    made = column.storage.dictionary_encode()
    raw = b"".join(made.dictionary.to_pylist())
    values = np.frombuffer(raw, dtype=np.uint8).reshape(-1, 16)
    text = pc.binary_join_element_wise(*(_BYTES.take(pa.array(values[:, n])) for n in range(12, 16)), ".")
    is_ipv6 = (values[:, :12] != np.frombuffer(bytes(10) + b"\xff\xff", dtype=np.uint8)).any(axis=1)
    if is_ipv6.any():
        long = [str(IPv6Address(one.tobytes())) for one in values[is_ipv6]]
        text = pc.replace_with_mask(text, pa.array(is_ipv6), pa.array(long, pa.string()))
    if not made.null_count:
        return pa.DictionaryArray.from_arrays(made.indices, text)
    none = len(text)
    with_none = pa.concat_arrays([text, pa.array([""], pa.string())])
    return pa.DictionaryArray.from_arrays(made.indices.fill_null(none), with_none)


_DIGIT_PLACES = np.array([n for n in range(36) if n not in (8, 13, 18, 23)])


def _identifiers(column: pa.Array, *, is_version_4: bool) -> pa.DictionaryArray:
    """Return identifiers as text; with the bits of version 4 for forms that want these (RFC 9562, section 5.4)."""
    raw = np.frombuffer(b"".join(column.storage.to_pylist()), dtype=np.uint8).reshape(-1, 16).copy()
    if is_version_4:
        raw[:, 6] = raw[:, 6] & 0x0F | 0x40
        raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    text = np.full((len(raw), 36), ord("-"), dtype=np.uint8)
    text[:, _DIGIT_PLACES] = np.frombuffer(raw.tobytes().hex().encode(), dtype=np.uint8).reshape(-1, 32)
    ends = pa.py_buffer(np.arange(0, 36 * len(raw) + 1, 36, dtype=np.int32))
    shown = pa.StringArray.from_buffers(len(raw), ends, pa.py_buffer(text.tobytes()))
    return pa.DictionaryArray.from_arrays(pa.array(np.arange(len(raw), dtype=np.int32)), shown)


# Rows of one kind: CSV, and objects of JSON a line.

_PLAIN = r'\A(?:[A-Za-z0-9][^",\r\n]*)?\z'
"""A cell that stands in CSV as it is: not quoted, and no formula."""


def csv_lines(facts: Facts, form: Form) -> Buffer:
    """Return the lines of rows, without the header."""
    cells = [_as_cells(facts[fact]) for fact in form.columns().values()]
    return _joined(pc.binary_join_element_wise(*cells[:-1], pc.binary_join_element_wise(cells[-1], "", "\n"), ","))


def csv_header(form: Form) -> bytes:
    """Return the line of the header."""
    return csv_text([tuple(form.columns())]).encode()


def _as_cells(column: pa.DictionaryArray) -> pa.StringArray:
    distinct = column.dictionary
    is_plain = pc.match_substring_regex(distinct, _PLAIN)
    if not pc.all(is_plain).as_py():
        others = [csv_text([[text]])[:-1] for text in distinct.filter(pc.invert(is_plain)).to_pylist()]
        distinct = pc.replace_with_mask(distinct, pc.invert(is_plain), pa.array(others, pa.string()))
    return distinct.take(column.indices)


def json_lines(facts: Facts, form: Form, sender: Sender | None) -> Buffer:
    """Return an object a line."""
    columns = {name: facts[fact] for name, fact in form.columns().items()}
    raw = {name for name, fact in form.columns().items() if fact in NUMBERS or fact == "tags"}
    fixed = {name: json.dumps(values[0]) for name, values in form.layout.only.items()} | dict(form.fixed)
    if sender and form.needs_sender:
        contact = json.dumps({"org": sender.name, "contact": sender.mail, "domain": sender.domain}, ensure_ascii=False)
        fixed |= {"reporter": contact, "sender": contact}
    same = pa.array(np.zeros(len(facts), dtype=np.int32))
    for name, text in fixed.items():
        columns[name] = pa.DictionaryArray.from_arrays(same, pa.array([text], pa.string()))
    return _joined(as_objects(columns, len(facts), raw={*raw, *fixed}, end="\n"))


def _joined(lines: pa.StringArray) -> Buffer:
    """Return lines as they lie behind each other in memory."""
    _, offsets, content = lines.buffers()
    edges = np.frombuffer(offsets, dtype=np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(content)[int(edges[0]) : int(edges[-1])]


@dataclass(slots=True)
class HandedOn:
    """What was written; ``withheld`` rows are for named recipients alone (TLP:RED)."""

    sightings: int = 0
    withheld: int = 0
    documents: int = 0


type Composed = Callable[[Facts, Sender], bytes]
"""Makes one document of rows."""


@dataclass(frozen=True, slots=True)
class Writing:
    """How sightings are handed on: the form, by which layouts they were read, the least TLP, who hands on.

    ``compose`` makes a document, of forms whose sightings do not stand in a line each.
    """

    form: Form
    layouts: Layouts
    tlp: Tlp
    sender: Sender | None = None
    compose: Composed | None = None

    def documents(self, batches: Iterable[pa.Table], done: HandedOn) -> Iterator[Iterator[Buffer]]:
        """Yield each document piece by piece, read in turn; ``done`` is counted up meanwhile.

        Args:
            batches: sightings (``COLUMNS``) in their order.
            done: what was written so far.
        """
        if self.form.most is None:
            done.documents = 1
            yield self._lines(batches, done)
            return
        for batch in _in_pieces(batches, self.form.most):
            facts = self._facts(batch, done)
            if self.compose and self.sender and (len(facts) or not done.documents):
                done.documents += 1
                yield iter([self.compose(facts, self.sender)])

    def _lines(self, batches: Iterable[pa.Table], done: HandedOn) -> Iterator[Buffer]:
        is_csv = self.form.name == "csv"
        if is_csv:
            yield csv_header(self.form)
        for batch in batches:
            facts = self._facts(batch, done)
            if len(facts):
                yield csv_lines(facts, self.form) if is_csv else json_lines(facts, self.form, self.sender)

    def _facts(self, batch: pa.Table, done: HandedOn) -> Facts:
        facts = Facts(batch, self.form, self.layouts, self.tlp)
        done.sightings += len(facts)
        done.withheld += batch.num_rows - len(facts)
        return facts


def _in_pieces(batches: Iterable[pa.Table], most: int) -> Iterator[pa.Table]:
    """Yield tables of exactly so many rows, but for the last; one without rows where there are none at all."""
    held: list[pa.Table] = []
    count, is_begun = 0, False
    for batch in batches:
        held.append(batch)
        count += batch.num_rows
        while count >= most:
            whole, is_begun = pa.concat_tables(held), True
            yield whole.slice(0, most)
            held, count = [whole.slice(most)], count - most
    if count or not is_begun:
        yield pa.concat_tables(held) if held else EMPTY


EMPTY = pa.schema([ANNOTATED.field(name) for name in COLUMNS]).empty_table()
