"""A partner's file line by line: CSV or JSON lines into cells, each with the number of its line.

Every line that is not blank is one record. What cannot be read is a fault of that line and nothing else, so that the
number of records is known whatever the lines hold.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import Any, NoReturn

from quetsach.campaign.errors import PartnerError
from quetsach.core.text import Text

COLUMNS = (
    "day",
    "place",
    "product",
    "version",
    "family",
    "revision",
    "turns",
    "machines",
    "infected",
    "cleaned",
    "count",
)
REQUIRED = ("day", "place", "product")
MAX_LINE_BYTES = 4096
_BOM = b"\xef\xbb\xbf"
_MAX_EXCERPT = 80
_SEPARATORS = (",", ";", "\t")

type Cells = tuple[str, ...]
"""One text for each of ``COLUMNS``; an empty one says that the partner gives no value."""


class Reason(StrEnum):
    """Why a record is set aside."""

    TOO_LONG = "too-long"
    NOT_UTF8 = "not-utf-8"
    CELLS = "cells"
    QUOTES = "quotes"
    NOT_JSON = "not-json"
    FIELD = "field"
    DAY = "day"
    FUTURE = "future"
    UNDECLARED = "undeclared"
    WINDOW = "window"
    ACROSS = "across"
    PLACE = "place"
    LEVEL = "level"
    TEXT = "text"
    VERSION = "version"
    NUMBER = "number"
    NO_FIGURE = "no-figure"
    MIXED = "mixed"
    MACHINES = "machines"
    CONTRADICTION = "contradiction"
    CONFLICT = "conflict"
    OUTDATED = "outdated"
    TOO_MANY_LINES = "too-many-lines"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one record is set aside, in which column, and the beginning of what stood there."""

    reason: Reason
    column: str = ""
    excerpt: str = ""

    @classmethod
    def of(cls, reason: Reason, column: str = "", value: object = "") -> "Fault":
        """Return a fault with a short, printable excerpt."""
        text = str(value)[:_MAX_EXCERPT]
        return cls(reason, column, "".join(c if c.isprintable() else "·" for c in text))


def read_records(lines: Iterable[bytes], *, where: str) -> Iterator[tuple[int, Cells | Fault]]:
    """Yield each record as (number of its line, cells or fault); the header is line 1 of a CSV file.

    Args:
        lines: the file's lines; one that is longer than ``MAX_LINE_BYTES`` may be cut after that.
        where: the file's name, for errors.

    Raises:
        PartnerError: the file is empty or its header names no form that can be read.
    """
    numbered = enumerate(lines, 1)
    number, first = next(((n, line) for n, line in numbered if line.strip(_BOM + b" \t\r\n")), (0, b""))
    if not number:
        raise PartnerError(Text("the file holds no record"), code="empty", where=where)
    first = first.removeprefix(_BOM)
    if first.lstrip().startswith(b"{"):
        split: Callable[[str], Cells | Fault] = _json_cells
        yield number, _cells(first, split)
    else:
        split = _csv_splitter(first, where=where)
    for number, line in numbered:
        if line.isspace() or not line:
            continue
        yield number, _cells(line, split)


def _cells(line: bytes, split: Callable[[str], Cells | Fault]) -> Cells | Fault:
    if len(line) > MAX_LINE_BYTES:
        return Fault.of(Reason.TOO_LONG, value=line[:_MAX_EXCERPT].decode("utf-8", "replace"))
    try:
        return split(line.decode("utf-8").rstrip("\r\n"))
    except UnicodeDecodeError:
        return Fault.of(Reason.NOT_UTF8, value=line[:_MAX_EXCERPT].decode("utf-8", "replace"))


def _csv_splitter(header: bytes, *, where: str) -> Callable[[str], Cells | Fault]:
    """Return what splits a row of the file that has this header."""
    try:
        text = header[: MAX_LINE_BYTES + 1].decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise PartnerError(Text("the header is not UTF-8"), code="not-utf-8", where=f"{where}:1") from error
    separator = max(_SEPARATORS, key=text.count)
    names = [name.strip().strip('"').lower() for name in text.split(separator)]
    unknown = [name for name in names if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in names]
    if unknown or missing or len(set(names)) != len(names):
        if unknown:
            what = Text("unknown {name}", name=repr(unknown[0][:40]))
        else:
            what = Text("missing {name}", name=repr(missing[0])) if missing else Text("a name twice")
        raise PartnerError(
            Text("the header does not fit: {what}", what=what),
            code="header",
            where=f"{where}:1",
            hint=Text("columns: {columns}; needed: {needed}", columns=", ".join(COLUMNS), needed=", ".join(REQUIRED)),
        )
    width = len(names)
    # A column that the file lacks is read from the empty cell that is put behind each row.
    choose: Callable[[list[str]], Cells] = itemgetter(*(names.index(c) if c in names else width for c in COLUMNS))

    def split(line: str) -> Cells | Fault:
        if '"' in line:
            try:
                [cells] = csv.reader([line], delimiter=separator, strict=True)
            except (csv.Error, ValueError):
                return Fault.of(Reason.QUOTES, value=line)
        else:
            cells = line.split(separator)
        if len(cells) != width:
            return Fault.of(Reason.CELLS, value=line)
        cells.append("")
        return choose(cells)

    return split


def _json_cells(line: str) -> Cells | Fault:
    try:
        fields = json.loads(line, object_pairs_hook=_once, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return Fault.of(Reason.NOT_JSON, value=line)
    if not isinstance(fields, dict):
        return Fault.of(Reason.NOT_JSON, value=line)
    for name, value in fields.items():
        if name not in COLUMNS:
            return Fault.of(Reason.FIELD, value=name)
        if isinstance(value, bool) or not isinstance(value, (str, int, type(None))):
            return Fault.of(Reason.FIELD, name, value)
    return tuple("" if (value := fields.get(name)) is None else str(value) for name in COLUMNS)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field twice")
    return fields


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)
