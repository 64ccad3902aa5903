"""Over random trees, duties and days: the filter in the database and the rule agree with a naive oracle."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quetsach.campaign.authority import PERMISSIONS, Permission, Role
from quetsach.web.office.people.access import may_do, visible, within
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.tree.models import Edge, Position, Succession, Unit
from quetsach.web.office.units.services.unit import positions_rebuild

FIRST = date(2020, 1, 1)
DAYS = [FIRST + timedelta(days=100 * n) for n in range(6)]


@dataclass
class Country:
    """A tree as plain lists: unit -> (parent, first, until) and successions (old, new, on)."""

    parents: dict[int, list[tuple[int, date, date | None]]] = field(default_factory=dict)
    successions: list[tuple[int, int, date]] = field(default_factory=list)
    duties: list[tuple[Role, int, date, date | None]] = field(default_factory=list)

    def chain(self, unit: int, day: date) -> list[int] | None:
        """Return the unit and all above it on a day; nothing where it does not hang on the root."""
        found = [unit]
        while unit != 0:
            above = [p for p, first, until in self.parents[unit] if first <= day and (until is None or day < until)]
            if not above:
                return None
            unit = above[0]
            found.append(unit)
        return found

    def now_of(self, unit: int, day: date, seen: frozenset[int] = frozenset()) -> set[int]:
        """Return the unit, or what it has become, on a day."""
        layer, known = {unit}, {unit}
        while layer:
            standing = {u for u in layer if self.chain(u, day) is not None}
            if standing:
                return standing
            layer = {new for old, new, on in self.successions if old in layer and on <= day} - known
            known |= layer
        return set()

    def allows(self, act: Permission, unit: int, day: date) -> bool:
        """Say the naive way whether the duties allow an act."""
        for role, over, first, until in self.duties:
            if act not in PERMISSIONS[role] or not (first <= day and (until is None or day < until)):
                continue
            tops = self.now_of(over, day)
            for place in self.now_of(unit, day):
                if tops & set(self.chain(place, day) or ()):
                    return True
        return False


@st.composite
def countries(draw: st.DrawFn) -> Country:
    country = Country()
    size = draw(st.integers(2, 8))
    spans = st.sampled_from([(DAYS[0], None), (DAYS[0], DAYS[3]), (DAYS[3], None), (DAYS[1], DAYS[4])])
    lives: dict[int, tuple[date, date | None]] = {0: (FIRST, None)}
    for unit in range(1, size):
        first, until = draw(spans)
        moves = draw(st.booleans())
        parts = [(first, DAYS[3]), (DAYS[3], until)] if moves and first < DAYS[3] != until else [(first, until)]
        country.parents[unit] = []
        for begin, end in parts:
            fit = [u for u, (f, e) in lives.items() if f <= begin and (e is None or (end is not None and end <= e))]
            country.parents[unit].append((draw(st.sampled_from(fit)), begin, end))
        lives[unit] = (first, until)
    units = st.integers(0, size - 1)
    for _ in range(draw(st.integers(0, 4))):
        old, new = draw(units), draw(units)
        if old != new and not any((old, new) == known[:2] for known in country.successions):
            country.successions.append((old, new, draw(st.sampled_from(DAYS))))
    for _ in range(draw(st.integers(0, 4))):
        first, until = draw(spans)
        country.duties.append((draw(st.sampled_from(Role)), draw(units), first, until))
    return country


@pytest.fixture
def nothing_stays(db) -> Iterator[None]:
    """Stand for the fact that each example is undone."""
    yield
    assert not Unit.objects.exists()


def key_of(number: int) -> str:
    """Name the unit of a number; each name begins like the one before it."""
    return "u" + "1" * number if number else "tw"


def build(country: Country) -> tuple[Person, dict[int, Unit]]:
    units = {}
    for number in range(len(country.parents) + 1):
        key = key_of(number)
        kind = "centre" if number == 0 else "district"
        edges = country.parents.get(number, [(0, FIRST, None)])
        unit = Unit(key=key, code=key, name_vi=key, kind=kind, opened=edges[0][1], closed=edges[-1][2])
        unit.save()
        units[number] = unit
    for number, edges in country.parents.items():
        for parent, first, until in edges:
            Edge.objects.create(unit=units[number], parent=units[parent], first=first, until=until)
    for old, new, on in country.successions:
        Succession.objects.create(old=units[old], new=units[new], on=on)
    person = Person.objects.create(email=f"{uuid.uuid4()}@example.vn", name="P")
    for role, over, first, until in country.duties:
        Duty.objects.create(person=person, role=role, unit=units[over], first=first, until=until)
    positions_rebuild()
    return person, units


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    country=countries(),
    day=st.sampled_from(DAYS),
    act=st.sampled_from([Permission.SEE, Permission.READ_LOG, Permission.EDIT_UNITS]),
)
def test_nobody_sees_or_does_anything_outside_the_subtrees_of_his_duties(nothing_stays, country, day, act) -> None:
    with transaction.atomic():
        person, units = build(country)
        seen = set(Position.objects.filter(visible(person, act, day=day)).values_list("unit__key", flat=True))
        through = set(
            Unit.objects.filter(visible(person, act, day=day, prefix="positions__")).values_list("key", flat=True)
        )
        kept = set(Edge.objects.filter(within(person, act, day=day)).values_list("unit__key", flat=True))
        done = {unit.key for unit in units.values() if may_do(person, act, unit, day=day)}
        transaction.set_rollback(True)
    keys = {number: key_of(number) for number in range(len(country.parents) + 1)}
    allowed = {keys[n] for n in keys if country.allows(act, n, day)}
    standing = {keys[n] for n in keys if country.chain(n, day) is not None}
    assert done == allowed
    assert seen == through == allowed & standing
    assert (allowed & standing) - {"tw"} <= kept <= allowed


def test_somebody_who_has_left_sees_nothing(person) -> None:
    who = person(Role.OPERATOR)
    who.is_active = False
    assert not Position.objects.filter(visible(who, Permission.SEE, day=DAYS[0])).exists()
