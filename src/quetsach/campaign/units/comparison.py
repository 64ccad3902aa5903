"""What an import would change, worked out before anything is changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import pairwise

from quetsach.campaign.units.cells import CellFault
from quetsach.campaign.units.table import Contact, Member, Tables
from quetsach.campaign.units.tree import tree_faults
from quetsach.campaign.units.unit import Succession, Unit, succession_faults
from quetsach.core.text import LocalText, Text

_CORRECT_SUCCESSION = Text("correct the succession")
_ONE_AFTER_THE_OTHER = Text("close one before the other opens")
_TWO_FIRST = (
    Text("has two first contacts"),
    Text("say yes for one of them"),
)
_TWO_GROUPS = (
    Text("is in two groups of one set on one day"),
    Text("end the one before the other begins"),
)
_NO_GROUP = (
    Text("there is no such group"),
    Text("make the group first"),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One cell of a unit that would get another value."""

    unit: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does: new units, changed cells, closures; successions, contacts and groups that differ."""

    added: tuple[Unit, ...]
    changed: tuple[Unit, ...]
    closed: tuple[Unit, ...]
    changes: tuple[Change, ...]
    successions: tuple[Succession, ...]
    dropped: tuple[tuple[str, str], ...]
    """Successions, by both keys, that the file no longer has of a unit whose successors it names."""
    contacts: Mapping[str, tuple[Contact, ...]]
    members: tuple[Member, ...]
    units: Mapping[str, Unit] = field(repr=False)
    """All units as they are afterwards."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.added or self.changed or self.successions or self.dropped or self.contacts or self.members)


@dataclass(frozen=True, slots=True)
class ExistingUnits:
    """What there is before the import: all units and successions, contacts by unit, memberships, known groups."""

    units: Mapping[str, Unit]
    successions: Mapping[tuple[str, str], Succession]
    contacts: Mapping[str, tuple[Contact, ...]]
    members: Collection[Member]
    groups: Collection[tuple[str, str]]


def compare(tables: Tables, standing: ExistingUnits) -> Plan:
    """Return the plan of an import and add to ``tables.faults`` what only shows against what there is.

    Units that the tables do not name stay as they are; no unit is ever deleted: it is closed. The contacts of a unit
    become those that the tables name for it, and so do its successors with their shares, which are one whole together.
    """
    units = {**standing.units, **tables.units}
    new = [unit for key, unit in tables.units.items() if key not in standing.units]
    other = [unit for key, unit in tables.units.items() if standing.units.get(key, unit) != unit]
    if new or other:
        for fault in tree_faults(units.values()):
            tables.fault(fault.unit, fault.column, fault.what, fault.hint)
        for column in ("code", "exchange_code"):
            _codes_mean_one_unit(tables, units, column)
    named = {old for old, _ in tables.successions}
    dropped = tuple(pair for pair in standing.successions if pair[0] in named and pair not in tables.successions)
    follow = {**standing.successions, **tables.successions}
    for pair in dropped:
        del follow[pair]
    differing = tuple(row for pair, row in tables.successions.items() if standing.successions.get(pair) != row)
    touched = set(tables.units) | {row.old for row in differing}
    for succession, what in succession_faults(follow.values(), units):
        if succession.old in touched or succession.new in touched:
            column = "share" if "shares" in what.en else "on"
            tables.fault((succession.old, succession.new), column, what, _CORRECT_SUCCESSION)
    for key, sheet, number in tables.named:
        if key not in units and key not in tables.unread:
            tables.faults.append(CellFault(sheet, number, "unit", *_no_unit(key)))
    return Plan(
        added=tuple(new),
        changed=tuple(other),
        closed=tuple(u for u in other if u.closed is not None and standing.units[u.key].closed is None),
        changes=tuple(change for unit in other for change in _changes(standing.units[unit.key], unit)),
        successions=differing,
        dropped=dropped,
        contacts=_contacts(tables, standing, units),
        members=_members(tables, standing, units),
        units=units,
    )


def only_missing(tables: Tables, standing: ExistingUnits) -> tuple[str, ...]:
    """Leave in ``tables`` what is not there yet and fits what is; return the keys of the units left out.

    Left out is a unit that begins while another one has its code, such as a ward that a commune became, and what
    reports to it: letters and returns may hang on the one that is there, so that a person decides. A unit whose
    successors are known keeps them.
    """
    held: dict[str, list[Unit]] = {}
    for unit in standing.units.values():
        held.setdefault(unit.code, []).append(unit)
    missing = {key: unit for key, unit in tables.units.items() if key not in standing.units}
    out: dict[str, None] = {}
    for key, unit in sorted(missing.items(), key=lambda item: len(item[1].code)):  # provinces before their communes
        taken = any(
            other.opened <= unit.opened and (other.closed is None or unit.opened < other.closed)
            for other in held.get(unit.code, ())
        )
        if taken or any(parent in out for _, parent in unit.parents):
            out[key] = None
    known = {old for old, _ in standing.successions}
    tables.units = {key: unit for key, unit in missing.items() if key not in out}
    tables.successions = {
        (old, new): row for (old, new), row in tables.successions.items() if old not in known and new not in out
    }
    return tuple(out)


def _codes_mean_one_unit(tables: Tables, units: Mapping[str, Unit], column: str) -> None:
    by_code: dict[str, list[Unit]] = {}
    for unit in sorted(units.values(), key=lambda u: u.opened):
        by_code.setdefault(getattr(unit, column), []).append(unit)
    by_code.pop("", None)
    for code, same in by_code.items():
        for one, next_one in pairwise(same):
            if one.closed is None or one.closed > next_one.opened:
                key = next_one.key if next_one.key in tables.units else one.key
                both, day = f"{one.key}, {next_one.key}", next_one.opened.isoformat()
                what = Text("the code {code} means two units on {day}: {both}", code=code, day=day, both=both)
                tables.fault(key, column, what, _ONE_AFTER_THE_OTHER)


def _changes(before: Unit, after: Unit) -> list[Change]:
    names = [column.name for column in fields(Unit)]
    return [
        Change(after.key, "parent" if name == "parents" else name, _shown(old), _shown(new))
        for name in names
        if (old := getattr(before, name)) != (new := getattr(after, name))
    ]


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "; ".join(f"{day}: {key}" for day, key in value)
    return "" if value is None else str(value)


def _no_unit(key: str) -> tuple[LocalText, LocalText]:
    told = Text("there is no unit {key}", key=key)
    return told, Text("put the key of a unit that exists")


def _contacts(tables: Tables, standing: ExistingUnits, units: Mapping[str, Unit]) -> dict[str, tuple[Contact, ...]]:
    by_unit: dict[str, tuple[Contact, ...]] = {}
    for contact in tables.contacts:
        by_unit[contact.unit] = (*by_unit.get(contact.unit, ()), contact)
    for key, contacts in by_unit.items():
        if key not in units and key not in tables.unread:
            tables.fault(("contact", key), "unit", *_no_unit(key))
        if sum(contact.is_primary for contact in contacts) > 1:
            tables.fault(("contact", key), "is_primary", *_TWO_FIRST)
    return {key: found for key, found in by_unit.items() if set(found) != set(standing.contacts.get(key, ()))}


def _members(tables: Tables, standing: ExistingUnits, units: Mapping[str, Unit]) -> tuple[Member, ...]:
    """Return the memberships that are new or end on another day; a unit is in one group of a set at a time."""
    known = {_begin(member): member for member in standing.members}
    named = {_begin(member): member for member in tables.members}
    for member in tables.members:
        if member.unit not in units and member.unit not in tables.unread:
            tables.fault(member, "unit", *_no_unit(member.unit))
        if (member.group_set, member.group) not in standing.groups:
            tables.fault(member, "group", *_NO_GROUP)
    by_unit: dict[tuple[str, str], list[Member]] = {}
    for member in sorted({**known, **named}.values(), key=lambda m: (m.first, m.group)):
        by_unit.setdefault((member.group_set, member.unit), []).append(member)
    for line in by_unit.values():
        for one, following in pairwise(line):
            if one.until is None or one.until > following.first:
                tables.fault(following if following in tables.places else one, "first", *_TWO_GROUPS)
    return tuple(member for begin, member in named.items() if known.get(begin) != member)


def _begin(member: Member) -> tuple[str, str, str, date]:
    return member.group_set, member.group, member.unit, member.first
