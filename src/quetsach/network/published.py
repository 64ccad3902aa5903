"""Address tables as they are published in lines of text: what each form's line says, and of which day it is.

Every file is untrusted: each line, the number of lines and what is kept are bounded, and a damaged line is told with
its number.
"""

import csv
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO

from quetsach.core.text import Number, Text
from quetsach.network.ranges import MAPPED_FIRST, MAPPED_LAST, AddressRanges, NetworkError, RangeRows

MAX_LINE_BYTES = 4096
MAX_LINES = 12_000_000
MAX_LABELS = 1_000_000
_MAX_ASN = 2**32 - 1
_HINT = "each line is first,last,asn,name, for example 14.160.0.0,14.191.255.255,45899,VNPT Corp"
_RIB_DAY = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?!\d)")

type Progress = Callable[[int], None]
"""Told how many rows were read since it was last told."""


@dataclass(frozen=True, slots=True)
class Published:
    """A table that was read.

    Attributes:
        ranges: who announces what; of a table of countries, the number stands for a name, which is the country's code.
        day: of which day the file says it is; ``None`` where it says nothing.
        left_out: what was not taken, and how many of it.
    """

    ranges: AddressRanges
    day: date | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)


class Labels:
    """Numbers for names, from 1 in the order in which they come: what a table of countries has in place of an AS."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """Return the number of a name.

        Raises:
            NetworkError: there are too many names.
        """
        if len(self._numbers) >= MAX_LABELS:
            raise NetworkError(Text("more than {most} names", most=Number(MAX_LABELS)))
        return self._numbers.setdefault(name, len(self._numbers) + 1)


class _Reading:
    """One table while it is read."""

    def __init__(self) -> None:
        self.rows, self.labels, self.left_out = RangeRows(), Labels(), Counter[str]()
        self.day: date | None = None

    def take_as(self, cells: list[str], where: str) -> None:
        """Take ``first,last,asn,name``."""
        _require(cells, 4, where, _HINT)
        first, last = _pair(cells, where)
        self.rows.add(first, last, asn_of(cells[2].strip(), where), cells[3].strip())

    def take_country(self, cells: list[str], where: str) -> None:
        """Take ``first,last,country``."""
        _require(cells, 3, where, "first,last,country")
        self._label(*_pair(cells, where), cells[2], where)

    def take_ip2asn(self, cells: list[str], where: str) -> None:
        """Take ``first, last, AS, country, name``; AS 0 is what nobody announces."""
        _require(cells, 5, where, "range_start range_end AS_number country_code AS_description")
        first, last = _pair(cells, where)
        asn = asn_of(cells[2].strip(), where)
        if asn:
            self.rows.add(first, last, asn, cells[4].strip())
        else:
            self.left_out["not announced"] += 1

    def take_pyasn(self, cells: list[str], where: str) -> None:
        """Take ``prefix, AS``; a comment names the dump of routes that it was made from, and so its day."""
        if cells[0].startswith(";"):
            if "original file" in cells[0].casefold() and (told := _RIB_DAY.search(cells[0])):
                self.day = _day("".join(told.groups()), where)
            return
        _require(cells, 2, where, "1.0.0.0/24 13335")
        self.rows.add(*prefix_range(cells[0].strip(), where), asn_of(cells[1].strip(), where))

    def take_delegated(self, cells: list[str], where: str) -> None:
        """Take a line of a registry's statistics: which country, and whose, a delegation is."""
        if cells[0].startswith("#") or cells[-1] == "summary":
            return
        if cells[0] in {"2", "2.3"} and len(cells) == 7:
            ends = _day(cells[5], where)
            self.day = max(self.day, ends) if self.day else ends
            return
        if len(cells) < 7:
            raise NetworkError(
                Text("{cells} cells instead of {wanted}", cells=len(cells), wanted=7),
                where=where,
                hint=Text("for example: {line}", line="apnic|VN|ipv4|14.160.0.0|2097152|20080101|allocated|A9100000"),
            )
        kind, start, size, status = cells[2], cells[3], cells[4], cells[6]
        if kind == "asn" or status not in {"allocated", "assigned"}:
            self.left_out["AS numbers" if kind == "asn" else "not delegated"] += 1
            return
        self._label(*_delegation(kind, start, size, where), cells[1], where, holder="".join(cells[7:8]))

    def _label(self, first: int, last: int, country: str, where: str, *, holder: str = "") -> None:
        code = country.strip().upper()
        if not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise NetworkError(Text("not a country code: {text}", text=repr(code[:20])), where=where)
        name = f"{code} {holder.strip()[:100]}".strip()
        self.rows.add(first, last, self.labels.number(name), name)


@dataclass(frozen=True, slots=True)
class _Syntax:
    """How the lines of a form are cut into cells, and what takes them."""

    delimiter: str
    take: Callable[[_Reading, list[str], str], None]
    is_quoted: bool = False


TEXT_FORMS: Mapping[str, _Syntax] = {
    "csv": _Syntax(",", _Reading.take_as, is_quoted=True),
    "country-csv": _Syntax(",", _Reading.take_country, is_quoted=True),
    "ip2asn": _Syntax("\t", _Reading.take_ip2asn),
    "pyasn": _Syntax("\t", _Reading.take_pyasn),
    "delegated": _Syntax("|", _Reading.take_delegated),
}


def read_lines(stream: BinaryIO, form: str, *, where: str, progress: Progress = lambda _rows: None) -> Published:
    """Read and flatten a table of text.

    Args:
        stream: the file's bytes.
        form: of ``TEXT_FORMS``.
        where: its name, for errors.
        progress: told how many lines were read.

    Raises:
        NetworkError: a line is damaged (with its number), the file is too long or has no range.
    """
    syntax, reading = TEXT_FORMS[form], _Reading()
    for number, cells in _cells(_lines(stream, where, progress), syntax, where):
        syntax.take(reading, cells, f"{where}:{number}")
    if not len(reading.rows):
        raise NetworkError(Text("the file has no ranges"), where=where, hint=_HINT if form == "csv" else "")
    return Published(reading.rows.flat(), reading.day, dict(reading.left_out))


def _cells(lines: Iterator[str], syntax: _Syntax, where: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each line that is not empty, with its number."""
    if not syntax.is_quoted:
        yield from ((n, line.rstrip("\r\n").split(syntax.delimiter)) for n, line in enumerate(lines, 1) if line.strip())
        return
    rows, before = csv.reader(lines, strict=True), 0
    try:
        for cells in rows:
            if rows.line_num != before + 1:
                raise NetworkError(
                    Text("a quoted name runs over a line end"), where=f"{where}:{before + 1}", hint=_HINT
                )
            before = rows.line_num
            if cells:
                yield before, cells
    except csv.Error as error:
        raise NetworkError(
            Text("not a CSV row: {reason}", reason=error), where=f"{where}:{rows.line_num}", hint=_HINT
        ) from error


def _lines(stream: BinaryIO, where: str, progress: Progress) -> Iterator[str]:
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number > MAX_LINES:
            raise NetworkError(Text("more than {most} lines", most=Number(MAX_LINES)), where=where)
        if len(raw) > MAX_LINE_BYTES:
            raise NetworkError(Text("longer than {most} bytes", most=MAX_LINE_BYTES), where=f"{where}:{number}")
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise NetworkError(Text("not UTF-8"), where=f"{where}:{number}") from error
        if number % 10_000 == 0:
            progress(10_000)


def _require(cells: list[str], wanted: int, where: str, hint: str) -> None:
    if len(cells) != wanted:
        raise NetworkError(
            Text("{cells} cells instead of {wanted}", cells=len(cells), wanted=wanted), where=where, hint=hint
        )


def _pair(cells: list[str], where: str) -> tuple[int, int]:
    first, last = _number(cells[0].strip(), where), _number(cells[1].strip(), where)
    if last < first:
        raise NetworkError(Text("a range ends before it begins"), where=where)
    return _unmixed(first, last, where)


def _unmixed(first: int, last: int, where: str) -> tuple[int, int]:
    inside = first >= MAPPED_FIRST and last <= MAPPED_LAST
    if not inside and first <= MAPPED_LAST and last >= MAPPED_FIRST:
        raise NetworkError(Text("a range mixes IPv4 and IPv6"), where=where)
    return first, last


def asn_of(text: str, where: str) -> int:
    """Read an AS number.

    Raises:
        NetworkError: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 10) or int(text) > _MAX_ASN:
        raise NetworkError(Text("not an AS number: {asn}", asn=repr(text[:20])), where=where)
    return int(text)


def prefix_range(text: str, where: str) -> tuple[int, int]:
    """Read a prefix such as 192.0.2.0/24 into its first and last number.

    Raises:
        NetworkError: it is none, has bits behind its length, or is one of IPv6 that IPv4 lies in, such as ::/1.
    """
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise NetworkError(Text("not a prefix: {text}", text=repr(text[:60])), where=where) from error
    base = MAPPED_FIRST if network.version == 4 else 0
    return _unmixed(base | int(network.network_address), base | int(network.broadcast_address), where)


def _delegation(kind: str, start: str, size: str, where: str) -> tuple[int, int]:
    """Return the range of a delegation: so many addresses of IPv4, a length of IPv6."""
    if kind == "ipv6":
        return prefix_range(f"{start}/{size}", where)
    first = _number(start, where)
    count = int(size) if size.isascii() and size.isdigit() and len(size) <= 10 else 0
    if kind != "ipv4" or first < MAPPED_FIRST or not 1 <= count <= MAPPED_LAST - first + 1:
        raise NetworkError(Text("not a delegation: {text}", text=repr(f"{kind}|{start}|{size}"[:60])), where=where)
    return first, first + count - 1


def _number(text: str, where: str) -> int:
    """Read an address as text or number; a number below 2**32 is IPv4, as no IPv6 down there is routed."""
    try:
        if text.isascii() and text.isdigit():
            number = int(text) if len(text) <= 39 else 1 << 128
            if number >= 1 << 128:
                raise NetworkError(Text("an address larger than 128 bits"), where=where)
            return number | MAPPED_FIRST if number < 1 << 32 else number
        if ":" in text:
            return int(ipaddress.IPv6Address(text))
        return int(ipaddress.IPv4Address(text)) | MAPPED_FIRST
    except ValueError as error:
        raise NetworkError(Text("not an address: {text}", text=repr(text[:60])), where=where) from error


def _day(text: str, where: str) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError as error:
        raise NetworkError(Text("not a day: {text}", text=repr(text[:20])), where=where) from error
