"""Tables of units, successions, contacts, groups and figures, as they go out to a spreadsheet and come back."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, DecimalException
from functools import partial

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import CellFault, RowReader, Sheet, readers
from quetsach.campaign.units.unit import WHOLE, Succession, Unit, UnitKind
from quetsach.core.country import UnitCodes
from quetsach.core.text import LocalText, Text

# The tables in which units go out to a spreadsheet and come back: units, successions, contacts, groups.

UNIT_COLUMNS = ("key", "code", "name_vi", "name_en", "kind", "parent", "opened", "closed", "decree", "exchange_code")
SUCCESSION_COLUMNS = ("old", "new", "on", "decree", "share")
CONTACT_COLUMNS = ("unit", "name", "title", "email", "phone", "is_primary")
MEMBER_COLUMNS = ("group_set", "group", "unit", "first", "until")

KEY_FORM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
CODE_FORM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
MAX_EXCHANGE = 35
EMAIL_FORM = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
PHONE_FORM = re.compile(r"\+?[0-9][0-9 .()-]{5,24}")
KEY_HINT = Text("small letters, digits and hyphens, such as 31-2025")
_CODE_HINT = Text("letters, digits, dots and hyphens")
_TEXT_HINT = Text("a spreadsheet drops leading zeros: set the column to Text")
_PARENT_HINT = Text("write KEY, or after a move KEY; DAY: KEY")
_SHARE_HINT = Text("above 0, up to 1, at most six decimals")
_TWICE = (
    Text("stands in the table twice"),
    Text("keep one row"),
)
_UNREACHABLE = (
    Text("neither e-mail nor telephone"),
    Text("fill one of the two"),
)
_ENDS_EARLY = (
    Text("ends before it begins"),
    Text("put a later day, or leave the cell empty"),
)
_NO_TABLE = Text("there is no table in the file")
_EXPORT = Text("export the units to see the form")
_KINDS = {kind.value: kind for kind in UnitKind}
_YES_NO = {"yes": True, "no": False, "có": True, "không": False, "true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Contact:
    """How a unit is reached."""

    unit: str
    name: str
    title: str
    email: str
    phone: str
    is_primary: bool


@dataclass(frozen=True, slots=True)
class Member:
    """That a unit belongs to a group of a set, from a day until a day (exclusive)."""

    group_set: str
    group: str
    unit: str
    first: date
    until: date | None


@dataclass(slots=True)
class Tables:
    """What a file holds: records with the sheet and row they were read from, and every fault of a cell.

    Of rows that have faults, which are no records: ``unread`` are the keys of units, and ``named`` which unit a contact
    or membership names, with sheet and row. So one look tells all that is wrong.
    """

    units: dict[str, Unit] = field(default_factory=dict)
    successions: dict[tuple[str, str], Succession] = field(default_factory=dict)
    contacts: list[Contact] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    places: dict[object, tuple[str, int]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    named: list[tuple[str, str, int]] = field(default_factory=list)

    def fault(self, of: object, column: str, what: LocalText, hint: LocalText) -> None:
        """Note a fault that shows only when records are seen together; ``of`` is the record's key."""
        sheet, row = self.places.get(of, ("", 0))
        told = what if row else Text("{of}: {what}", of=of, what=what)
        self.faults.append(CellFault(sheet, row, column, told, hint))


def read_tables(sheets: Iterable[Sheet], codes: UnitCodes) -> Tables:
    """Read every sheet by the header it has; ``codes`` says how the country writes its units.

    Raises:
        UnitsError: no sheet, or one whose header is of no table.
    """
    tables, count, known_tables = Tables(), 0, _known_tables(codes)
    for sheet in sheets:
        count += 1
        for columns, read in known_tables:
            if set(sheet.header) == set(columns) and len(sheet.header) == len(columns):
                for row in readers(sheet, columns, tables.faults):
                    read(row, tables, sheet.name)
                break
        else:
            shown, known = ",".join(sheet.header)[:100], "; ".join(",".join(columns) for columns, _ in known_tables)
            told = Text("the header is of no table: {shown}", shown=shown)
            advice = Text("one of: {known}", known=known)
            raise UnitsError(told, where=sheet.name, advice=advice)
    if not count:
        raise UnitsError(_NO_TABLE, advice=_EXPORT)
    return tables


def unit_rows(units: Iterable[Unit]) -> Iterable[tuple[str, ...]]:
    """Yield the table of units, header first."""
    yield UNIT_COLUMNS
    for u in units:
        parent = "; ".join([*(key for _, key in u.parents[:1]), *(f"{day}: {key}" for day, key in u.parents[1:])])
        dates = str(u.opened), str(u.closed or "")
        yield u.key, u.code, u.name_vi, u.name_en, u.kind, parent, *dates, u.decree, u.exchange_code


def succession_rows(successions: Iterable[Succession]) -> Iterable[tuple[str, ...]]:
    """Yield the table of successions, header first."""
    yield SUCCESSION_COLUMNS
    for row in successions:
        share = f"{row.millionths / WHOLE:.6f}".rstrip("0").rstrip(".")
        yield row.old, row.new, str(row.on), row.decree, share


def contact_rows(contacts: Iterable[Contact]) -> Iterable[tuple[str, ...]]:
    """Yield the table of contacts, header first."""
    yield CONTACT_COLUMNS
    for c in contacts:
        yield c.unit, c.name, c.title, c.email, c.phone, "yes" if c.is_primary else "no"


def member_rows(members: Iterable[Member]) -> Iterable[tuple[str, ...]]:
    """Yield the table of groups, header first."""
    yield MEMBER_COLUMNS
    for m in members:
        yield m.group_set, m.group, m.unit, str(m.first), str(m.until or "")


def parse_parents(cell: str, opened: date) -> tuple[tuple[date, str], ...]:
    """Read ``46-2020; 2025-01-01: 46-2025``: the first parent since ``opened``, each further one since its day.

    Raises:
        UnitsError: not of that form.
    """
    told = Text("not parents: {cell}", cell=cell[:60])
    parents: list[tuple[date, str]] = []
    for part in cell.split(";") if cell else ():
        day, colon, key = part.strip().rpartition(":")
        if bool(colon) != bool(parents) or not KEY_FORM.fullmatch(key.strip()):
            raise UnitsError(told, advice=_PARENT_HINT)
        try:
            parents.append((date.fromisoformat(day.strip()) if colon else opened, key.strip()))
        except ValueError as error:
            raise UnitsError(told, advice=_PARENT_HINT) from error
    return tuple(parents)


def _read_unit(row: RowReader, tables: Tables, sheet: str, *, codes: UnitCodes) -> None:
    key = row.matching("key", KEY_FORM, hint=KEY_HINT)
    kind = row.one_of("kind", _KINDS)
    code = row.matching("code", CODE_FORM, hint=_CODE_HINT, most=30)
    digits = codes.digits.get(kind) if kind else None
    if digits and code and not (code.isdecimal() and len(code) == digits):
        what = Text("must have {digits} digits for this kind: {code}", digits=digits, code=code)
        row.fault("code", what, _TEXT_HINT)
    name_vi, name_en = row.text("name_vi"), row.text("name_en", is_required=False)
    opened, closed = row.day("opened"), row.day("closed", is_required=False)
    decree, cell = row.text("decree", is_required=False), row.text("parent", most=300, is_required=False)
    hint = Text("the agency's electronic code, such as {example}", example=codes.examples["exchange_code"])
    exchange_code = row.matching("exchange_code", codes.exchange, hint=hint, most=MAX_EXCHANGE, is_required=False)
    if key in tables.units:
        row.fault("key", *_TWICE)
    if opened is None or kind is None:
        tables.unread.add(key)
        return
    parents = row.parsed("parent", lambda text: parse_parents(text, opened), cell)
    if row.is_sound and parents is not None:
        tables.units[key] = Unit(key, code, name_vi, name_en, kind, opened, closed, decree, parents, exchange_code)
        tables.places[key] = (sheet, row.number)
    else:
        tables.unread.add(key)


def _read_succession(row: RowReader, tables: Tables, sheet: str) -> None:
    old, new = row.matching("old", KEY_FORM, hint=KEY_HINT), row.matching("new", KEY_FORM, hint=KEY_HINT)
    on, decree = row.day("on"), row.text("decree", is_required=False)
    cell = row.text("share", most=20)
    share = row.parsed("share", parse_share, cell) if cell else None
    if (old, new) in tables.successions:
        row.fault("new", *_TWICE)
    if row.is_sound and on is not None and share is not None:
        tables.successions[old, new] = Succession(old, new, on, share, decree)
        tables.places[old, new] = (sheet, row.number)


def _read_contact(row: RowReader, tables: Tables, sheet: str, *, codes: UnitCodes) -> None:
    unit = row.matching("unit", KEY_FORM, hint=KEY_HINT)
    name, title = (row.text(column, most=100, is_required=False) for column in ("name", "title"))
    such = Text("such as {example}", example=codes.examples["email"])
    email = row.matching("email", EMAIL_FORM, hint=such, most=200, is_required=False)
    digits = Text("digits, such as {example}", example=codes.examples["phone"])
    phone = row.matching("phone", PHONE_FORM, hint=digits, is_required=False)
    is_primary = row.one_of("is_primary", _YES_NO)
    if not (email or phone):
        row.fault("email", *_UNREACHABLE)
    if row.is_sound and is_primary is not None:
        tables.contacts.append(Contact(unit, name, title, email, phone, is_primary))
        tables.places.setdefault(("contact", unit), (sheet, row.number))
    elif unit:
        tables.named.append((unit, sheet, row.number))


def _read_member(row: RowReader, tables: Tables, sheet: str) -> None:
    group_set, group, unit = (row.matching(column, KEY_FORM, hint=KEY_HINT) for column in MEMBER_COLUMNS[:3])
    first, until = row.day("first"), row.day("until", is_required=False)
    if first is not None and until is not None and until <= first:
        row.fault("until", *_ENDS_EARLY)
    if row.is_sound and first is not None:
        member = Member(group_set, group, unit, first, until)
        tables.members.append(member)
        tables.places[member] = (sheet, row.number)
    elif unit:
        tables.named.append((unit, sheet, row.number))


def parse_share(cell: str) -> int:
    """Read a share of one whole, up to six decimals, as millionths.

    Raises:
        UnitsError: not a number above 0 and up to 1.
    """
    told = Text("not a share: {cell}", cell=cell)
    try:
        millionths = Decimal(cell.replace(",", ".")) * WHOLE
    except DecimalException as error:
        raise UnitsError(told, advice=_SHARE_HINT) from error
    if not millionths.is_finite() or millionths != millionths.to_integral_value() or not 0 < millionths <= WHOLE:
        raise UnitsError(told, advice=_SHARE_HINT)
    return int(millionths)


def _known_tables(codes: UnitCodes) -> tuple[tuple[tuple[str, ...], Callable[[RowReader, Tables, str], None]], ...]:
    return (
        (UNIT_COLUMNS, partial(_read_unit, codes=codes)),
        (SUCCESSION_COLUMNS, _read_succession),
        (CONTACT_COLUMNS, partial(_read_contact, codes=codes)),
        (MEMBER_COLUMNS, _read_member),
    )


# Figures by unit as a table, such as those of an old campaign that are to be compared on the tree of today.

FIGURE_COLUMNS = ("unit", "figure")
MOST = 10**15
_HEADER = Text("the header must be unit,figure")
_WHOLE = (
    Text("is not a whole number of at least 0"),
    Text("write digits alone"),
)
_UNIT_TWICE = (
    Text("the unit stands in the table twice"),
    Text("keep one row"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """Whole numbers by unit, and every fault of a cell."""

    by_unit: dict[str, int]
    faults: tuple[CellFault, ...]


def read_figures(sheet: Sheet) -> Figures:
    """Read the table ``unit,figure``.

    Raises:
        UnitsError: another header.
    """
    if set(sheet.header) != set(FIGURE_COLUMNS) or len(sheet.header) != len(FIGURE_COLUMNS):
        raise UnitsError(_HEADER, where=sheet.name)
    found: dict[str, int] = {}
    faults: list[CellFault] = []
    for row in readers(sheet, FIGURE_COLUMNS, faults):
        key, cell = row.matching("unit", KEY_FORM, hint=KEY_HINT), row.text("figure", most=20)
        if cell and not (cell.isascii() and cell.isdecimal() and int(cell) <= MOST):
            row.fault("figure", *_WHOLE)
        if key in found:
            row.fault("unit", *_UNIT_TWICE)
        if row.is_sound:
            found[key] = int(cell)
    return Figures(found, tuple(faults))
