"""Addresses of people whose passwords were stolen: how one is written, and the lists that the police hand over.

A list says of an address where it was seen, on which day and by which malware; it never holds a password. What is read
here is told by line and reason alone: nothing that stands in a row is ever repeated, for it may be what was stolen.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from quetsach.core.period import read_day
from quetsach.core.text import LocalError, Text

# How an address is written.

MOST_ADDRESS_BYTES = 254
"""Of an address that mail can be sent to (RFC 5321, 4.5.3.1.3, less the two brackets)."""
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST = re.compile(r"(?=.{1,190}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?![0-9]+\Z)[a-z0-9-]{2,63}")
_SITE = re.compile(r"[a-z0-9_](?:[a-z0-9._\-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 .()\-]{6,18}[0-9]", re.ASCII)


class AccountError(LocalError):
    """An address, or a list of stolen accounts, cannot be used. ``code`` is a word for the reason."""

    def __init__(self, text: Text, *, code: str, advice: Text | None = None, where: str = "") -> None:
        super().__init__(text, advice=advice, where=where)
        self.code = code


def normal_address(text: str) -> str:
    """Return the one form of an e-mail address, however it was typed.

    Small letters throughout: telephones write the first letter of a field large, and no provider of mail gives two
    people the same name in other letters. What follows a ``+`` stays: it may be another mailbox.

    Raises:
        AccountError: it is no address that mail can be sent to by every server.
    """
    local, _at, host = unicodedata.normalize("NFC", text.strip()).lower().rpartition("@")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            host = ""
    address = f"{local}@{host}"
    is_one = len(local) <= 64 and _LOCAL.fullmatch(local) and _HOST.fullmatch(host)
    if not is_one or len(address) > MOST_ADDRESS_BYTES:
        raise AccountError(Text("this is not an e-mail address"), code="address")
    return address


# What is known of an address, packed so that its length tells little.

MOST_SIGHTINGS = 40
"""Of one address in one list; what comes after is counted."""
_SIZES = (256, 1024, 4096, 16384)


@dataclass(frozen=True, slots=True, order=True)
class Sighting:
    """Where an address was seen: site, day and malware, each as far as it was told."""

    site: str = ""
    day: date | None = None
    malware: str = ""

    @property
    def row(self) -> tuple[str, str, str]:
        """It as texts, the day as in ISO 8601."""
        return (self.site, self.day.isoformat() if self.day else "", self.malware)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a list says of one address; ``more`` is how many sightings were left out because there are too many."""

    sightings: tuple[Sighting, ...]
    more: int = 0

    @classmethod
    def of(cls, sightings: Iterable[Sighting]) -> "Facts":
        """Put sightings together, the latest first and each once."""
        found = sorted(set(sightings), key=lambda one: (-(one.day or date.min).toordinal(), one.row))
        return cls(tuple(found[:MOST_SIGHTINGS]), max(0, len(found) - MOST_SIGHTINGS))

    def packed(self) -> bytes:
        """Return it as bytes, of one of four lengths."""
        told = json.dumps([self.more, *(one.row for one in self.sightings)], ensure_ascii=False).encode()
        return told.ljust(next(size for size in _SIZES if size >= len(told)))

    @classmethod
    def unpacked(cls, content: bytes) -> "Facts":
        """Read what ``packed`` wrote."""
        more, *rows = json.loads(content)
        days = (date.fromisoformat(day) if day else None for _site, day, _malware in rows)
        return cls(tuple(Sighting(row[0], day, row[2]) for row, day in zip(rows, days, strict=True)), more)


# A list as it is handed over: CSV in UTF-8, one sighting a row.

MOST_BYTES = 8 << 20
MOST_ROWS = 100_000
MOST_FAULTS_TOLD = 50
_MOST_MALWARE = 60
_MOST_SITE = 100
COLUMNS: Mapping[str, str] = {
    "address": "address",
    "email": "address",
    "e-mail": "address",
    "site": "site",
    "url": "site",
    "day": "day",
    "date": "day",
    "malware": "malware",
}
"""A column's name, small -> what it is. Another column is refused: nobody knows what it would let in."""
_SECRETS = re.compile(r"pass|pwd|mat.?khau|secret|\bpin\b|otp|token|cookie|hash|card|credential|login|user")
_MARKS = str.maketrans("đ", "d")


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that is not taken: its line in the file and the word for the reason, never what it says."""

    line: int
    code: str


@dataclass(slots=True)
class VictimList:
    """What a file says: the facts by address, and how many rows were not taken and why.

    ``telephones`` counts rows with a telephone number in place of an address: nobody could be told by it.
    """

    facts: dict[str, Facts] = field(default_factory=dict)
    rows: int = 0
    telephones: int = 0
    faulty: int = 0
    faults: list[Fault] = field(default_factory=list)


def read_victims(content: bytes, *, today: date) -> VictimList:
    """Read a list.

    Args:
        content: the file.
        today: what was seen later than this is a slip.

    Raises:
        AccountError: the file as a whole is not of this form, holds a column that it may not, or is too large.
    """
    lines = io.StringIO(_text(content), newline="")
    first = next(iter(lines), "")
    delimiter = max(",;\t", key=first.count)
    kinds = _kinds(next(csv.reader([first], delimiter=delimiter), []))
    found, seen = VictimList(), dict[str, list[Sighting]]()
    for line, cells in _rows(lines, delimiter):
        found.rows += 1
        if found.rows > MOST_ROWS:
            raise AccountError(
                Text("the file has more than {most} rows", most=MOST_ROWS),
                code="large",
                advice=Text("divide it into several files"),
            )
        told = {kind: cell.strip() for kind, cell in zip(kinds, cells, strict=False)}
        if len(cells) == len(kinds) and _TELEPHONE.fullmatch(told["address"]):
            found.telephones += 1
            continue
        try:
            address, sighting = _row(told, is_whole=len(cells) == len(kinds), today=today)
        except AccountError as error:
            found.faulty += 1
            if len(found.faults) < MOST_FAULTS_TOLD:
                found.faults.append(Fault(line, error.code))
            continue
        seen.setdefault(address, []).append(sighting)
    found.facts = {address: Facts.of(sightings) for address, sightings in seen.items()}
    return found


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise AccountError(
            Text("the file is larger than {most} MiB", most=MOST_BYTES >> 20),
            code="large",
            advice=Text("divide it into several files"),
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AccountError(
            Text("the file is not UTF-8"), code="encoding", advice=Text("save it as CSV in UTF-8")
        ) from error
    if "\0" in text:
        raise AccountError(Text("the file is not CSV"), code="form", advice=Text("save it as CSV in UTF-8"))
    return text


def _kinds(header: list[str]) -> list[str]:
    """Return what each column is; refuse a file in which something stands that must not be here at all."""
    names = [name.strip().lower() for name in header]
    if secret := next((name for name in names if name not in COLUMNS and _SECRETS.search(_plain(name))), ""):
        raise AccountError(
            Text("the file has the column {name}, which may hold passwords or other secrets", name=repr(secret[:40])),
            code="secret",
            advice=Text(
                "the whole file was thrown away and nothing of it is kept here. Take that column out on the computer "
                "where the file lies, tell whoever handed it over, and upload the new file"
            ),
        )
    kinds = [COLUMNS.get(name, "") for name in names]
    if "address" not in kinds:
        raise AccountError(
            Text("the first line does not name the column address"),
            code="header",
            advice=Text("write address,site,day,malware into the first line"),
        )
    number = next((number for number, kind in enumerate(kinds, 1) if not kind), 0)
    if number or len(set(kinds)) < len(kinds):
        raise AccountError(
            Text("column {number} is none of address, site, day and malware", number=number)
            if number
            else Text("two columns are the same"),
            code="header",
            advice=Text("take out of the file whatever is not needed to tell the owners"),
        )
    return kinds


def _plain(name: str) -> str:
    """Return a column's name without marks: nobody writes them alike."""
    return "".join(c for c in unicodedata.normalize("NFD", name.translate(_MARKS)) if not unicodedata.combining(c))


def _rows(lines: io.StringIO, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not empty, each with the line on which it ends."""
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num + 1, cells
    except csv.Error as error:
        raise AccountError(
            Text("line {number} is not CSV", number=reader.line_num + 1),
            code="form",
            advice=Text("save it as CSV in UTF-8"),
        ) from error


def _row(told: Mapping[str, str], *, is_whole: bool, today: date) -> tuple[str, Sighting]:
    if not is_whole:
        raise AccountError(Text("the row has another number of cells than the first line"), code="cells")
    address = normal_address(told["address"])
    day = None
    if text := told.get("day", ""):
        try:
            day = read_day(text)
        except ValueError as error:
            raise AccountError(Text("this is not a day"), code="day") from error
        if not date(2000, 1, 1) <= day <= today:
            raise AccountError(Text("this is not a day"), code="day")
    malware = unicodedata.normalize("NFC", told.get("malware", ""))
    if len(malware) > _MOST_MALWARE or not malware.isprintable():
        raise AccountError(Text("this is not a name of malware"), code="malware")
    return address, Sighting(_site(told.get("site", "")), day, malware)


def _site(text: str) -> str:
    """Return the host of a site, whatever else an address of a page holds: names, numbers of accounts, passwords."""
    if not text:
        return ""
    place = re.split(r"[/?#\\]", text.partition("://")[2] or text, maxsplit=1)[0]
    host = re.sub(r":[0-9]*\Z", "", place.rpartition("@")[2]).lower()
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if len(host) > _MOST_SITE or not _SITE.fullmatch(host):
        raise AccountError(Text("this is not a site"), code="site")
    return host
