"""Who decides on returns of a district that is no more and that nobody succeeded."""

from datetime import UTC, date, datetime

import pytest
from tests.unit.web.office.returns.conftest import IN_TIME

from quetsach.campaign.returns.state import Act, State
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import Return
from quetsach.web.office.returns.selectors.owing import submitted_below
from quetsach.web.office.returns.selectors.tally import decider_of, inbox_of
from quetsach.web.office.returns.services.decision import extension_give, missing_sign_off, return_decide
from quetsach.web.office.returns.services.link import link_make
from quetsach.web.office.tree.models import Succession

AFTER = datetime(2025, 8, 1, 3, tzinfo=UTC)
COMMUNE, DISTRICT, PROVINCE, NEW_PROVINCE = "11296-2020", "303-2020", "31-2020", "31-2025"


@pytest.fixture
def filed(submit) -> Return:
    return submit(COMMUNE, at=IN_TIME)


def decide(filed: Return, by, now=AFTER) -> Return:
    return return_decide(filed=filed, act=Act.APPROVE, reason="", by=by, now=now)


def test_before_the_reform_the_district_decides(units, filed, period) -> None:
    assert decider_of(filed.unit, period, day=date(2025, 6, 30)) == units[DISTRICT]


def test_the_province_that_was_above_the_district_decides_and_so_its_successor(units, filed, period, person) -> None:
    assert decider_of(filed.unit, period, day=AFTER.date()) == units[PROVINCE]
    assert decide(filed, person("approver", NEW_PROVINCE)).state == State.APPROVED


@pytest.mark.parametrize("unit", ["01-2025", "11296-2025"])
def test_nobody_else_decides_after_the_reform(filed, person, unit: str) -> None:
    with pytest.raises(AccessError):
        decide(filed, person("approver", unit))


def test_at_last_the_centre_decides(units, filed, period, person, operator) -> None:
    Succession.objects.filter(old=units[PROVINCE]).delete()
    assert decider_of(filed.unit, period, day=AFTER.date()) == units["tw"]
    with pytest.raises(AccessError):
        decide(filed, person("approver", NEW_PROVINCE))
    assert decide(filed, operator).state == State.APPROVED


@pytest.mark.usefixtures("filed")
def test_it_waits_on_the_desk_of_who_decides(person) -> None:
    waiting = inbox_of(person("approver", NEW_PROVINCE), now=AFTER).to_decide
    assert [one.place.key for one in waiting] == [COMMUNE]
    assert not inbox_of(person("approver", "01-2025"), now=AFTER).to_decide


@pytest.mark.parametrize(("unit", "count"), [(NEW_PROVINCE, 2), ("01-2025", 0)])
def test_the_desk_counts_those_of_units_that_nobody_succeeded(filed, submit, person, unit: str, count: int) -> None:
    submit("11299-2020", at=IN_TIME)
    assert submitted_below(person("approver", unit), day=AFTER.date()) == count


def test_who_decides_also_stands_for_missing_ones_gives_time_and_makes_links(units, period, person) -> None:
    by = person("approver", NEW_PROVINCE)
    missing_sign_off(period=period, unit=units[DISTRICT], missing=[units[COMMUNE]], reason="x", by=by, now=AFTER)
    extension_give(period=period, units=[units[COMMUNE]], until=date(2025, 8, 2), reason="x", by=by, now=AFTER)
    assert link_make(period=period, unit=units[COMMUNE], days=14, by=by, now=AFTER).is_open(AFTER)
