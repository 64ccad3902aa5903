"""Reads address tables as they are published: ``first,last,asn,name`` lines without a header.

The form is that of the packages @ip-location-db/asn: inclusive ranges, addresses as text or as plain numbers, names
quoted where they contain a comma. The file is untrusted: every line and the whole are bounded.
"""

import csv
import ipaddress
from collections.abc import Callable, Iterator
from typing import BinaryIO

from quetsach.network.errors import NetworkError
from quetsach.network.ranges import MAPPED_FIRST, MAPPED_LAST, AddressRange, AddressRanges

MAX_LINE_BYTES = 4096
MAX_LINES = 5_000_000
MAX_NAME_LENGTH = 200
_MAX_ASN = 2**32 - 1
_HINT = "each line is first,last,asn,name, for example 14.160.0.0,14.191.255.255,45899,VNPT Corp"


def read_ranges(
    stream: BinaryIO, *, where: str, progress: Callable[[int], None] = lambda _lines: None
) -> AddressRanges:
    """Read and flatten a table.

    Args:
        stream: the file's bytes.
        where: its name, for errors.
        progress: told how many lines were read since it was last told.

    Raises:
        NetworkError: a line is damaged (with its number), the file is too long or has no range.
    """
    ranges: list[AddressRange] = []
    names: dict[int, str] = {}
    rows = csv.reader(_lines(stream, where, progress), strict=True)
    before = 0
    try:
        for cells in rows:
            if rows.line_num != before + 1:
                raise NetworkError("a quoted name runs over a line end", where=f"{where}:{before + 1}", hint=_HINT)
            before = rows.line_num
            if cells:
                found = _range(cells, f"{where}:{before}")
                ranges.append(found)
                names.setdefault(found.asn, cells[3].strip()[:MAX_NAME_LENGTH])
    except csv.Error as error:
        raise NetworkError(f"not a CSV row: {error}", where=f"{where}:{rows.line_num}", hint=_HINT) from error
    if not ranges:
        raise NetworkError("the file has no ranges", where=where, hint=_HINT)
    return AddressRanges.of(ranges, names)


def _lines(stream: BinaryIO, where: str, progress: Callable[[int], None]) -> Iterator[str]:
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number > MAX_LINES:
            raise NetworkError(f"more than {MAX_LINES:,} lines", where=where)
        if len(raw) > MAX_LINE_BYTES:
            raise NetworkError(f"longer than {MAX_LINE_BYTES} bytes", where=f"{where}:{number}", hint=_HINT)
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise NetworkError("not UTF-8", where=f"{where}:{number}") from error
        if number % 10_000 == 0:
            progress(10_000)


def _range(cells: list[str], where: str) -> AddressRange:
    if len(cells) != 4:
        raise NetworkError(f"{len(cells)} cells instead of 4", where=where, hint=_HINT)
    first, last = _number(cells[0].strip(), where), _number(cells[1].strip(), where)
    if last < first:
        raise NetworkError("a range ends before it begins", where=where)
    inside = first >= MAPPED_FIRST and last <= MAPPED_LAST
    if not inside and first <= MAPPED_LAST and last >= MAPPED_FIRST:
        raise NetworkError("a range mixes IPv4 and IPv6", where=where)
    asn = cells[2].strip()
    if not (asn.isascii() and asn.isdigit() and len(asn) <= 10) or int(asn) > _MAX_ASN:
        raise NetworkError(f"not an AS number: {asn[:20]!r}", where=where)
    return AddressRange(first, last, int(asn))


def _number(text: str, where: str) -> int:
    """Read an address as text or number; a number below 2**32 is IPv4, as no IPv6 down there is routed."""
    try:
        if text.isascii() and text.isdigit():
            number = int(text) if len(text) <= 39 else 1 << 128
            if number >= 1 << 128:
                raise NetworkError("an address larger than 128 bits", where=where)
            return number | MAPPED_FIRST if number < 1 << 32 else number
        if ":" in text:
            return int(ipaddress.IPv6Address(text))
        return int(ipaddress.IPv4Address(text)) | MAPPED_FIRST
    except ValueError as error:
        raise NetworkError(f"not an address: {text[:60]!r}", where=where, hint=_HINT) from error
