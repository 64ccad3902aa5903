"""Who sees which unit, also one that is no more: the past of a place belongs to whoever has the place today."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from quetsach.campaign.authority import Permission
from quetsach.campaign.units.cells import write_csv
from quetsach.campaign.units.table import contact_rows, member_rows, succession_rows, unit_rows
from quetsach.campaign.units.tree import is_top
from quetsach.web.office.people.access import paths_of, require, visible
from quetsach.web.office.people.models import Person
from quetsach.web.office.reading import kept_while_read
from quetsach.web.office.tree.models import Contact, Edge, ImportDraft, Position, Succession, Unit
from quetsach.web.office.tree.records import (
    contact_records,
    member_records,
    succession_records,
    unit_records,
)


@kept_while_read
def answering(unit: Unit, *, day: date) -> Unit:
    """Return the unit that answers for one on a day: itself, or where nobody succeeded it the unit that was above it.

    A district that was abolished is its former province's, and so its successor's, to see; nobody inherits its powers.
    """
    while not paths_of(unit, day=day):
        if Succession.objects.filter(old=unit, on__lte=day).exists():
            break
        above = Edge.objects.filter(unit=unit).order_by("-first").select_related("parent").first()
        if above is None:
            break
        unit = above.parent
    return unit


def held_units(tops: Collection[str], *, day: date) -> set[int]:
    """Return the units that stand at some places of a day's tree, and those that are no more and became them."""
    return {place.unit_id for place in held_places(frozenset(tops), day)}


@kept_while_read
def held_places(tops: frozenset[str], day: date) -> tuple[Position, ...]:
    """Return every place of any time of the held units, by path, with the units."""
    here, standing = Position.objects.on(day).filter(path__in=tops), Position.objects.on(day).values("unit")
    became = Succession.objects.filter(new__in=here.values("unit"), on__lte=day).values("old")
    places = Position.objects.select_related("unit").order_by("path")
    held = Q(unit__in=here.values("unit")) | (Q(unit__in=became) & ~Q(unit__in=standing))
    found = list(places.filter(held))
    newer = {place.unit_id for place in found} - {place.unit_id for place in found if _is_here(place, tops, day)}
    while newer:
        before = Succession.objects.filter(new__in=newer, on__lte=day).exclude(old__in=standing).values("old")
        older = places.filter(unit__in=before).exclude(unit__in={place.unit_id for place in found})
        newer = {place.unit_id for place in older}
        found += older
    return tuple(sorted(found, key=lambda place: place.path))


def _is_here(place: Position, tops: frozenset[str], day: date) -> bool:
    return place.path in tops and place.first <= day and (place.until is None or day < place.until)


def answered_units(tops: Collection[str], *, day: date) -> set[int]:
    """Return the units held at some places, and those for which these answer: abolished, and nobody succeeded them."""
    units = held_units(tops, day=day)
    newer, standing = units, Position.objects.on(day).values("unit")
    later = Edge.objects.filter(unit=OuterRef("unit"), first__gt=OuterRef("first"))
    while newer:
        fallen = Edge.objects.filter(parent__in=newer).exclude(unit__in=standing).exclude(Exists(later))
        newer = set(fallen.exclude(unit__successors__on__lte=day).values_list("unit", flat=True)) - units
        units = units | newer
    return units


def require_sight(person: Person, unit: Unit, *, day: date) -> None:
    """Let pass who may see a unit, today's or a former one; ``day`` is today.

    Raises:
        AccessError: the unit is outside what the person sees.
    """
    require(person, Permission.SEE, answering(unit, day=day), day=day)


def seen_keys(person: Person, act: Permission, *, day: date) -> set[str]:
    """Return the keys of all units, of any time, that a person may do ``act`` to on a day.

    Today's come from the tree; former ones from what succeeded them, or else from what was above them.
    """
    here = set(Position.objects.filter(visible(person, act, day=day)).values_list("unit", flat=True))
    standing = set(Position.objects.on(day).values_list("unit", flat=True))
    heirs: dict[int, list[int]] = {}
    for old, new in Succession.objects.filter(on__lte=day).values_list("old", "new"):
        heirs.setdefault(old, []).append(new)
    above = dict(Edge.objects.order_by("first").values_list("unit", "parent"))
    known: dict[int, bool] = {}

    def is_seen(unit: int) -> bool:
        if unit not in known:
            if unit in standing:
                known[unit] = unit in here
            else:
                known[unit] = False  # a ring ends here
                ways = heirs.get(unit) or ([above[unit]] if unit in above else [])
                known[unit] = any(is_seen(way) for way in ways)
        return known[unit]

    return {key for pk, key in Unit.objects.values_list("pk", "key") if is_seen(pk)}


def places_in_sight(person: Person, tops: tuple[str, ...], day: date, now: date) -> QuerySet[Position]:
    """Return the positions that a person's search looks through: who sees the whole tree may search it on any day."""
    if any(map(is_top, tops)):
        return Position.objects.on(day)
    return Position.objects.on(now).filter(visible(person, Permission.SEE, day=now))


def contacts_of(key: str) -> QuerySet[Contact]:
    """Return the contacts of the unit of a key."""
    return Contact.objects.filter(unit__key=key).select_related("unit")


def import_draft(person: Person) -> ImportDraft | None:
    """Return the file that somebody has sent and not agreed to yet."""
    return ImportDraft.objects.filter(person=person).first()


# Tables of units out: what somebody may see, as CSV or XLSX.

TABLES = ("units", "successions", "contacts", "groups")


def export_tables(person: Person | None, *, day: date) -> dict[str, list[tuple[str, ...]]]:
    """Return the four tables of what a person may see, header first; ``None`` is the centre itself and sees all.

    What an import of them would read is exactly what there is: importing an export changes nothing.
    """
    units = unit_records()
    keys = set(units) if person is None else seen_keys(person, Permission.SEE, day=day)
    contacts = [contact for key, found in contact_records().items() if key in keys for contact in found]
    rows: dict[str, Iterable[tuple[str, ...]]] = {
        "units": unit_rows(unit for key, unit in units.items() if key in keys),
        "successions": succession_rows(row for row in succession_records().values() if {row.old, row.new} <= keys),
        "contacts": contact_rows(contacts),
        "groups": member_rows(member for member in member_records() if member.unit in keys),
    }
    return {name: list(found) for name, found in rows.items()}


def as_csv(rows: Sequence[tuple[str, ...]]) -> bytes:
    """Return one table as CSV."""
    return write_csv(rows)


def as_xlsx(tables: dict[str, list[tuple[str, ...]]]) -> Iterator[bytes]:
    """Yield the tables as one workbook, piece by piece."""
    from quetsach.web.office.units.spreadsheet import stream_xlsx  # noqa: PLC0415 - slow to load

    return stream_xlsx(tables)
