"""The address tables of a centre: take published ones in, list them, say what differs between two."""

import bz2
import contextlib
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

from quetsach import storage
from quetsach.assess.subscribers import read_subscribers
from quetsach.centre.tables import keep_ranges, own_table, read_stored, stored_countries, stored_ranges
from quetsach.core.errors import InputError
from quetsach.core.period import parse_day
from quetsach.core.table import MAX_TABLE_BYTES
from quetsach.core.text import Number, SystemText, Text
from quetsach.network import read_holders, read_isps
from quetsach.network.history import Difference, difference
from quetsach.network.mmdb import MAX_BYTES, read_mmdb
from quetsach.network.mrt import read_mrt
from quetsach.network.published import TEXT_FORMS, Progress, Published, read_lines

COUNTRY_FORMS = frozenset({"country-csv", "delegated", "mmdb-country"})
"""These say of which country an address is; all others, which AS announces it."""

FORMS = (*TEXT_FORMS, "mmdb", "mmdb-country", "mrt")
OWN_TABLES: Mapping[str, Callable[..., object]] = {
    "holders": read_holders,
    "isps": read_isps,
    "subscribers": read_subscribers,
}
"""Tables that an operator keeps by hand, each a whole: what a new one lacks is gone."""

_DAY_IN_NAME = re.compile(r"(?<!\d)(20\d{2})-?(\d{2})-?(\d{2})(?!\d)")
_NAMES_ITS_DAY = Text("give the day from which it is valid: --valid-from 2026-11-01")


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken in: the table, from which day it is valid, and up to which day it is the one in use."""

    form: str
    valid_from: date
    valid_before: date | None
    published: Published
    path: Path


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table that a centre has: its own, or one that came with the country."""

    valid_from: date
    is_of_countries: bool
    is_own: bool
    stretches: int
    ipv4_addresses: int


def import_table(
    data: Path,
    files: Sequence[Path],
    *,
    form: str,
    valid_from: date | None,
    progress: Progress = lambda _rows: None,
) -> Imported:
    """Take in a published table; several files are one table.

    Args:
        data: the centre's data.
        files: as they were published, packed by gzip or bzip2 or not; one alone of the MaxMind DB format.
        form: of ``FORMS``.
        valid_from: the day from which it is valid; what the file says of itself, or its name, if not given.
        progress: told how many rows were read since it was last told.

    Raises:
        QuetsachError: a file cannot be read or is damaged, there are several that are not one table, or no day is told.
    """
    where = ", ".join(path.name for path in files)
    published = _read(files, form, where, progress)
    day = valid_from or published.day or _day_in(files)
    if day is None:
        raise InputError(Text("nothing says of which day the table is"), where=where, hint=_NAMES_ITS_DAY)
    is_country = form in COUNTRY_FORMS
    path = keep_ranges(data, published.ranges, dated=day, is_country=is_country)
    days = stored_countries(data) if is_country else stored_ranges(data)
    return Imported(form, day, min((other for other in days if other > day), default=None), published, path)


def keep_table(data: Path, file: Path, name: str) -> tuple[Path, int]:
    """Take in a table that an operator keeps by hand; return where it lies and how many lines it has.

    Args:
        data: the centre's data.
        file: the table, which takes the place of the one before.
        name: of ``OWN_TABLES``.

    Raises:
        QuetsachError: it cannot be read or written, or is damaged; the one before stays.
    """
    content, path = storage.read_input(file, most_bytes=MAX_TABLE_BYTES), own_table(data, name)
    OWN_TABLES[name](content, where=file.name)
    try:
        storage.make_folder(path.parent)
        storage.write(path, content)
    except OSError as error:
        reason = SystemText(error.strerror)
        raise InputError(Text("the table cannot be written: {reason}", reason=reason), where=str(path)) from error
    return path, sum(1 for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) if row) - 1


def stored_tables(data: Path) -> Iterator[StoredTable]:
    """Yield the tables of a centre, by kind and day.

    Raises:
        QuetsachError: one is damaged.
    """
    for tables, is_of_countries in ((stored_ranges(data), False), (stored_countries(data), True)):
        for day, path in sorted(tables.items()):
            ranges = read_stored(path)
            addresses = sum(ranges.announced_ipv4().values())
            is_own = path.is_relative_to(data / "network")
            yield StoredTable(day, is_of_countries, is_own, len(ranges.starts), addresses)


def compare_tables(data: Path, before: date, after: date) -> tuple[Difference, Mapping[int, str]]:
    """Return what differs between the tables of two days, and the names of their AS.

    Raises:
        QuetsachError: there is no table of one of these days, or it is damaged.
    """
    tables = stored_ranges(data)
    for day in (before, after):
        if day not in tables:
            known = ", ".join(map(str, sorted(tables)))
            raise InputError(
                Text("there is no address table of {day}", day=day), hint=Text("known: {names}", names=known)
            )
    first, second = read_stored(tables[before]), read_stored(tables[after])
    return difference(first, second), {**first.names, **second.names}


def _day_in(files: Sequence[Path]) -> date | None:
    found = (match for path in files if (match := _DAY_IN_NAME.search(path.name)))
    return next((parse_day("-".join(match.groups())) for match in found), None)


def _read(files: Sequence[Path], form: str, where: str, progress: Progress) -> Published:
    if form.startswith("mmdb") and len(files) > 1:
        raise InputError(Text("a MaxMind DB file is a table by itself"), where=where, hint=Text("give one file"))
    with _opened(files) as stream:
        if form in TEXT_FORMS:
            return read_lines(cast("BinaryIO", stream), form, where=where, progress=progress)
        if form == "mrt":
            return read_mrt(cast("BinaryIO", stream), where=where, progress=progress)
        content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise InputError(Text("longer than {most} bytes", most=Number(MAX_BYTES)), where=where)
        return read_mmdb(content, where=where, is_country=form in COUNTRY_FORMS, progress=progress)


@contextlib.contextmanager
def _opened(paths: Sequence[Path]) -> Iterator["_Joined"]:
    """Give the files as one stream; how one is packed is known by its first bytes."""
    try:
        with contextlib.ExitStack() as open_files:
            yield _Joined([_plain(open_files.enter_context(path.open("rb"))) for path in paths])
    except (OSError, EOFError, zlib.error) as error:  # gzip.BadGzipFile and what bz2 raises are OSErrors
        raise InputError(
            Text("cannot be read: {reason}", reason=error),
            where=", ".join(path.name for path in paths),
            hint=Text("fetch the file again"),
        ) from error


def _plain(stream: BinaryIO) -> BinaryIO:
    magic = stream.read(3)
    stream.seek(0)
    if magic == b"BZh":
        return cast("BinaryIO", bz2.BZ2File(stream))
    return cast("BinaryIO", gzip.GzipFile(fileobj=stream)) if magic[:2] == b"\x1f\x8b" else stream


class _Joined:
    """Several files read as one; a last line without an end stays a line, and no record runs from one into the next."""

    def __init__(self, streams: list[BinaryIO]) -> None:
        self._streams = streams

    def readline(self, limit: int) -> bytes:
        """Return the next line, cut at ``limit`` bytes; empty at the end of the last file."""
        return self._next(lambda stream: stream.readline(limit))

    def read(self, size: int) -> bytes:
        """Return so many bytes of one file, or what is left of it; empty at the end of the last file."""
        return self._next(lambda stream: stream.read(size)) if size else b""

    def _next(self, take: Callable[[BinaryIO], bytes]) -> bytes:
        while self._streams:
            if taken := take(self._streams[0]):
                return taken
            self._streams.pop(0)
        return b""
