"""Small reference tables: CSV files with a header, read into records line by line, and the one way to write CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from quetsach.core.country import Place
from quetsach.core.errors import InputError
from quetsach.core.family import Affix, Family, Placing, name_key
from quetsach.core.family_list import VendorWords
from quetsach.core.period import parse_day
from quetsach.core.text import Number, Text

# The one way in which tables become CSV: what people open in a spreadsheet program never becomes a formula there.

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""With what a formula begins for one program or another (OWASP, CSV Injection), and the mark that guards."""
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)


def csv_text(rows: Iterable[Iterable[object]], *, line_end: str = "\n") -> str:
    """Return rows as CSV (RFC 4180): nothing for ``None``, texts guarded, all else as Python writes it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator=line_end)
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: str) -> str:
    """Return a cell so that no spreadsheet program takes it for a formula; ``unguarded`` is the inverse."""
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def unguarded(cell: str) -> str:
    """Return what a guarded cell holds."""
    return cell.removeprefix("'")


# Small reference tables: CSV files with a header, read into records and checked line by line.
#
# The tables come with the build or from an operator's hand, so every error names the file and the line. Bulk data
# (feeds, address ranges) has readers of its own.

MAX_TABLE_BYTES = 8 << 20


def read_rows(content: bytes, columns: Sequence[str], *, where: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each row of a CSV table as (``file:line``, cells by column name), cells stripped.

    Args:
        content: the file, UTF-8, with or without a byte order mark.
        columns: the header that the table must have, in this order.
        where: the file's name, for errors.

    Raises:
        InputError: too large, not UTF-8, another header, a row of another length, broken quoting.
    """
    if len(content) > MAX_TABLE_BYTES:
        raise InputError(Text("the table is larger than {size} bytes", size=Number(MAX_TABLE_BYTES)), where=where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(Text("not UTF-8 at byte {number}", number=error.start), where=where) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if header != list(columns):
            raise InputError(Text("the header must be {columns}", columns=",".join(columns)), where=f"{where}:1")
        for cells in reader:
            at = f"{where}:{reader.line_num}"
            if not cells:
                continue
            if len(cells) != len(columns):
                raise InputError(
                    Text("{cells} cells where the header has {columns}", cells=len(cells), columns=len(columns)),
                    where=at,
                )
            yield at, {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
    except csv.Error as error:
        raise InputError(Text("not a CSV row: {reason}", reason=error), where=f"{where}:{reader.line_num}") from error


def required(row: Mapping[str, str], column: str, *, where: str) -> str:
    """Return a cell that must not be empty.

    Raises:
        InputError: it is empty.
    """
    if not row[column]:
        raise InputError(Text("{column} is empty", column=column), where=where)
    return row[column]


def optional_day(row: Mapping[str, str], column: str, *, where: str) -> date | None:
    """Return the ISO day in a cell, ``None`` if it is empty.

    Raises:
        InputError: the cell holds something else.
    """
    return in_place(parse_day, row[column], where=where) if row[column] else None


def in_place[T](read: Callable[[str], T], text: str, *, where: str) -> T:
    """Apply a reader of one value and say where it failed.

    Raises:
        InputError: what the reader raised, with the place added.
    """
    try:
        return read(text)
    except InputError as error:
        raise InputError(error.text or error.what, where=where, hint=error.advice or error.hint) from error


PLACING_COLUMNS = ("spelling", "family", "name", "platform", "by", "at", "reason")
AFFIX_COLUMNS = ("place", "affix", "family", "rests")
VENDOR_WORD_COLUMNS = ("place", "word")
FAMILY_COLUMNS = ("id", "name", "platform", "aliases")
PLACE_KINDS = frozenset({"province", "city"})
PLACE_COLUMNS = ("code", "valid_from", "valid_to", "kind", "name_vi", "name_en", "successor")


def read_families(content: bytes, *, where: str) -> tuple[Family, ...]:
    """Read ``families.csv``; aliases are separated by ``;``.

    Raises:
        InputError: the table is damaged.
    """
    return tuple(
        Family(
            required(row, "id", where=at),
            required(row, "name", where=at),
            required(row, "platform", where=at),
            tuple(alias for part in row["aliases"].split(";") if (alias := part.strip())),
        )
        for at, row in read_rows(content, FAMILY_COLUMNS, where=where)
    )


def read_affixes(content: bytes, *, where: str) -> tuple[Affix, ...]:
    """Read ``affixes.csv``; what may stand behind a prefix that names a family is separated by ``;``.

    Raises:
        InputError: the table is damaged, or an affix names a family and stands before any name.
    """
    found: list[Affix] = []
    for at, row in read_rows(content, AFFIX_COLUMNS, where=where):
        rests = tuple(rest for part in row["rests"].split(";") if (rest := part.strip()))
        if row["place"] not in {"prefix", "suffix"} or bool(row["family"]) != bool(rests):
            raise InputError(Text("neither prefix nor suffix, or a family without what stands behind it"), where=at)
        if row["family"] and row["place"] != "prefix":
            raise InputError(Text("only a prefix names a family"), where=at)
        found.append(Affix(row["place"], required(row, "affix", where=at), row["family"], rests))
    return tuple(found)


def read_vendor_words(content: bytes, *, where: str) -> VendorWords:
    """Read ``vendor_words.csv``.

    Raises:
        InputError: the table is damaged.
    """
    found: dict[str, set[str]] = {"before": set(), "behind": set()}
    for at, row in read_rows(content, VENDOR_WORD_COLUMNS, where=where):
        if row["place"] not in found:
            raise InputError(Text("neither before nor behind: {text}", text=repr(row["place"][:60])), where=at)
        found[row["place"]].add(name_key(required(row, "word", where=at)))
    return VendorWords(frozenset(found["before"]), frozenset(found["behind"]))


def read_placings(content: bytes, *, where: str) -> tuple[Placing, ...]:
    """Read what analysts placed (``placings.csv``), in the order in which they did.

    Raises:
        InputError: the table is damaged.
    """
    return tuple(
        Placing(
            unguarded(required(row, "spelling", where=at)),
            required(row, "family", where=at),
            unguarded(required(row, "name", where=at)),
            row["platform"],
            unguarded(row["by"]),
            row["at"],
            unguarded(row["reason"]),
        )
        for at, row in read_rows(content, PLACING_COLUMNS, where=where)
    )


def read_places(content: bytes, *, where: str) -> tuple[Place, ...]:
    """Read ``provinces.csv``.

    Raises:
        InputError: the table is damaged.
    """
    return tuple(
        Place(
            required(row, "code", where=at),
            in_place(parse_day, row["valid_from"], where=at),
            optional_day(row, "valid_to", where=at),
            kinds[0][1],
            required(row, "name_vi", where=at),
            required(row, "name_en", where=at),
            row["successor"],
            kinds[1:],
        )
        for at, row in read_rows(content, PLACE_COLUMNS, where=where)
        for kinds in [_kinds(row, where=at)]
    )


def _kinds(row: Mapping[str, str], *, where: str) -> tuple[tuple[date, str], ...]:
    """Read ``province; 2026-09-01: city``: what a place is from its first day, and what it became since which day."""
    first, *later = required(row, "kind", where=where).split(";")
    kinds = [(in_place(parse_day, row["valid_from"], where=where), first.strip())]
    for change in later:
        day, _, kind = change.partition(":")
        kinds.append((in_place(parse_day, day, where=where), kind.strip()))
    if any(kind not in PLACE_KINDS for _, kind in kinds) or any(a[0] >= b[0] for a, b in pairwise(kinds)):
        hint = Text("write province, or after a change province; 2026-09-01: city")
        raise InputError(Text("not kinds of a place: {text}", text=repr(row["kind"][:60])), where=where, hint=hint)
    return tuple(kinds)
