"""What partners reported is shown apart, in turns or machines, and with bounds where machines may be the same."""

from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quetsach.campaign.errors import PartnerError
from quetsach.campaign.partners.declaration import CountedAs
from quetsach.core.period import Period
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.partners.selectors import all_totals, partner_states, partner_totals, totals_by_place
from quetsach.web.office.partners.services.intake import delivery_receive, delivery_take_in
from quetsach.web.office.partners.services.partner import (
    declaration_add,
    partner_add,
    token_make,
)
from quetsach.web.office.refusal import AccessError

from .conftest import NOW, ROWS, declaration, report

OCTOBER = Period(date(2020, 10, 1), date(2020, 10, 31))


def named(figures) -> dict[str, tuple[int, int]]:
    return {f.measure: (f.least, f.most) for f in figures}


def test_turns_add_up_and_machines_of_two_days_have_bounds(partner, take_in) -> None:
    take_in(report(ROWS))
    found = partner_totals(partner, OCTOBER)
    assert named(found.figures) == {"turns": (200, 200), "machines": (120, 165), "infected": (16, 21)}
    assert found.figure("machines", CountedAs.MACHINES).is_exact is False
    assert [(name, f.least, f.most) for name, f in found.families] == [("conficker", 6, 6)]


def test_only_windows_that_lie_wholly_in_the_period_count(partner, take_in) -> None:
    take_in(report(ROWS))
    assert named(partner_totals(partner, Period(date(2020, 10, 7), date(2020, 10, 7))).figures)["turns"] == (60, 60)
    assert partner_totals(partner, Period(date(2020, 9, 1), date(2020, 9, 30))).figures == ()


@pytest.mark.parametrize(("last", "turns"), [(11, 30), (10, 10), (4, 10), (3, None)])
def test_a_week_counts_when_all_of_it_lies_in_the_period(units, folder, last: int, turns: int | None) -> None:
    weekly = partner_add(key="weekly", name="Weekly", by=None, now=NOW)
    declaration_add(partner=weekly, content=declaration(window='"week"'), by=None, now=NOW)
    content = report(["2020-W40,31,A,,,10,5,1,", "2020-W41,31,A,,,20,5,1,"])
    delivery, _ = delivery_receive(partner=weekly, name="r", chunks=[content], channel="api", by=None, now=NOW)
    assert delivery_take_in(delivery=delivery, now=NOW).accepted == 2
    found = named(partner_totals(weekly, Period(date(2020, 9, 28), date(2020, 10, last))).figures)
    assert found.get("turns") == (None if turns is None else (turns, turns))


def test_provinces_are_those_of_the_day_that_is_reported(partner, take_in) -> None:
    take_in(report(ROWS))
    found = {place.unit.key: named(place.figures) for place in totals_by_place(partner, OCTOBER)}
    assert found == {
        "01-2020": {"turns": (90, 90), "machines": (80, 80), "infected": (9, 9)},
        "31-2020": {"turns": (110, 110), "machines": (45, 85), "infected": (7, 12)},
    }


def test_communes_add_up_to_their_province(units, folder) -> None:
    fine = partner_add(key="fine", name="Fine", by=None, now=NOW)
    declaration_add(partner=fine, content=declaration(level='"commune"'), by=None, now=NOW)
    content = report([f"2020-10-06,{code},A,,,10,5,1," for code in ("11296", "11299", "11320")])
    delivery, _ = delivery_receive(partner=fine, name="r", chunks=[content], channel="api", by=None, now=NOW)
    delivery_take_in(delivery=delivery, now=NOW)
    [place] = totals_by_place(fine, OCTOBER)
    assert (place.unit.key, named(place.figures)["machines"]) == ("31-2020", (15, 15))


def test_over_partners_there_is_no_sum_but_bounds(partner, take_in) -> None:
    take_in(report(ROWS))
    other = partner_add(key="other", name="Other", by=None, now=NOW)
    declaration_add(partner=other, content=declaration(), by=None, now=NOW)
    delivery, _ = delivery_receive(
        partner=other, name="r", chunks=[report(["2020-10-06,31,X,,,500,400,7,"])], channel="api", by=None, now=NOW
    )
    delivery_take_in(delivery=delivery, now=NOW)
    each, over_all = all_totals(OCTOBER)
    assert [one.partner.key for one in each] == ["bkav", "other"]
    assert named(over_all) == {"turns": (500, 700), "machines": (400, 565), "infected": (16, 28)}


def test_how_a_partner_stands_says_until_when_there_are_data(partner, take_in) -> None:
    take_in(report(ROWS))
    [state] = partner_states()
    assert (state.declarations, state.deliveries, state.waiting, state.newest_day) == (1, 1, 0, date(2020, 10, 7))


def test_a_declaration_does_not_relabel_what_was_taken_in(partner, take_in) -> None:
    take_in(report(ROWS))
    with pytest.raises(PartnerError) as caught:
        declaration_add(partner=partner, content=declaration(version=2, first="2020-10-07"), by=None, now=NOW)
    assert caught.value.code == "retroactive"
    declaration_add(partner=partner, content=declaration(version=2, first="2020-10-08"), by=None, now=NOW)


def test_only_who_runs_the_campaign_adds_partners(person, partner) -> None:
    with pytest.raises(AccessError):
        partner_add(key="x", name="X", by=person("analyst"), now=NOW)
    with pytest.raises(AccessError):
        token_make(partner=partner, label="x", by=person("editor", "31-2020"), now=NOW)
    assert partner_add(key="x", name="X", by=person("operator"), now=NOW).pk


@pytest.mark.parametrize("key", ["", "Bkav", "a b", "-", "x" * 41, "bkav"])
def test_a_key_is_short_and_free(partner, key: str) -> None:
    with pytest.raises(PartnerError):
        partner_add(key=key, name="X", by=None, now=NOW)


def test_everything_is_logged_and_no_secret_is(partner, take_in) -> None:
    secret = token_make(partner=partner, label="x", by=None, now=NOW)
    take_in(report(ROWS))
    entries = list(LogEntry.objects.order_by("number"))
    assert [entry.act for entry in entries] == [
        "partner-add",
        "partner-declare",
        "partner-token-make",
        "partner-delivery",
    ]
    assert secret not in str([entry.detail for entry in entries])


def test_totals_of_many_partners_are_read_with_as_many_queries_as_those_of_one(partner, take_in) -> None:
    take_in(report(ROWS))
    cache.clear()
    with CaptureQueriesContext(connection) as for_one:
        [one], _ = all_totals(OCTOBER)
    for number in range(4):
        more = partner_add(key=f"more-{number}", name=f"More {number}", by=None, now=NOW)
        declaration_add(partner=more, content=declaration(), by=None, now=NOW)
        content = report([f"2020-10-06,31,X,,,{number + 1}0,5,1,"])
        delivery, _ = delivery_receive(partner=more, name="r", chunks=[content], channel="api", by=None, now=NOW)
        delivery_take_in(delivery=delivery, now=NOW)
    cache.clear()
    with CaptureQueriesContext(connection) as for_all:
        each, _ = all_totals(OCTOBER)
    assert each[0] == one
    assert [named(found.figures)["turns"][0] for found in each] == [200, 10, 20, 30, 40]
    assert len(for_all) == len(for_one) <= 4
