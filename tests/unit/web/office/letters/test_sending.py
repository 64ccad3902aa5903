"""Down the tree and back: sent, passed on, acknowledged, refused, reported."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import DispatchStatus, Stage
from quetsach.campaign.letters.letter import DocumentKind
from quetsach.web.office.letters.models import Dispatch, DispatchEvent
from quetsach.web.office.letters.selectors import letters as selectors
from quetsach.web.office.letters.selectors.distribution import branches_of, distribution_of
from quetsach.web.office.letters.services.acknowledge import (
    dispatch_acknowledge,
    dispatch_close,
    dispatch_open,
    dispatch_refuse,
    letters_reported,
)
from quetsach.web.office.letters.services.dispatches import course_of
from quetsach.web.office.letters.services.draft import Reference
from quetsach.web.office.letters.services.send import Actor, dispatch_forward, letter_send
from quetsach.web.office.letters.views.following import bars
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError

LINK = Actor(None, "link")
LATER = NOW + timedelta(hours=5)


@pytest.fixture
def sent(issued, units, person):
    """A letter of the centre that was sent to both provinces."""
    letter = issued()
    letter_send(letter=letter, units=[units["31-2020"], units["01-2020"]], by=person(Role.OPERATOR), now=NOW)
    return letter


def of(letter, unit: str) -> Dispatch:
    return Dispatch.objects.get(letter=letter, to_unit__key=unit)


def test_a_unit_without_an_address_finds_the_letter_in_its_inbox(sent) -> None:
    dispatch = of(sent, "31-2020")
    assert (dispatch.channel, course_of(dispatch).standing) == ("inbox", DispatchStatus.SENT)


def test_a_unit_with_an_address_waits_until_its_mail_has_left(issued, units, person, reachable) -> None:
    letter = issued()
    letter_send(letter=letter, units=[units["31-2020"]], by=person(Role.OPERATOR), now=NOW)
    dispatch = of(letter, "31-2020")
    assert (dispatch.channel, course_of(dispatch).standing) == ("mail", DispatchStatus.WAITING)


def test_sending_again_reaches_only_who_has_it_not(sent, units, person) -> None:
    wanted = [units["31-2020"], units["303-2020"]]
    assert letter_send(letter=sent, units=wanted, by=person(Role.OPERATOR), now=NOW).total == 1


def test_a_letter_goes_to_no_unit_outside_the_subtree(issued, units, person) -> None:
    letter = issued("31-2020")
    with pytest.raises(LetterError, match="below"):
        letter_send(letter=letter, units=[units["001-2020"]], by=person(Role.OPERATOR), now=NOW)


def test_a_letter_goes_to_no_unit_of_another_time(issued, units, person) -> None:
    with pytest.raises(LetterError, match="today"):
        letter_send(letter=issued(), units=[units["31-2025"]], by=person(Role.OPERATOR), now=NOW)


def test_a_draft_is_not_sent(issued, units, person) -> None:
    letter = issued()
    revoking = issued(reference=Reference(earlier=letter, kind=DocumentKind.REVOCATION))
    assert revoking.is_issued
    with pytest.raises(LetterError, match="holds"):
        letter_send(letter=letter, units=[units["31-2020"]], by=person(Role.OPERATOR), now=NOW)


def test_a_unit_acknowledges_by_link_and_the_time_is_kept(sent) -> None:
    course = dispatch_acknowledge(dispatch=of(sent, "31-2020"), hand=LINK, now=LATER)
    assert (course.standing, course.time_to_acknowledge) == (DispatchStatus.ACKNOWLEDGED, timedelta(hours=5))


def test_a_second_acknowledgement_changes_nothing(sent) -> None:
    dispatch = of(sent, "31-2020")
    first = dispatch_acknowledge(dispatch=dispatch, hand=LINK, now=LATER)
    assert dispatch_acknowledge(dispatch=dispatch, hand=LINK, now=LATER + timedelta(hours=1)) == first


def test_a_person_of_another_unit_cannot_acknowledge(sent, person) -> None:
    with pytest.raises(AccessError):
        dispatch_acknowledge(
            dispatch=of(sent, "31-2020"), hand=Actor(person(Role.EDITOR, "01-2020"), "inbox"), now=LATER
        )


def test_opening_counts_once(sent) -> None:
    dispatch = of(sent, "31-2020")
    for _ in range(3):
        dispatch_open(dispatch=dispatch, hand=LINK, now=LATER)
    assert dispatch.events.filter(kind="opened").count() == 1


def test_a_refusal_needs_a_reason(sent) -> None:
    with pytest.raises(LetterError, match="reason"):
        dispatch_refuse(dispatch=of(sent, "31-2020"), reason="  ", hand=LINK, now=LATER)


def test_a_refusal_shows_its_reason(sent) -> None:
    course = dispatch_refuse(dispatch=of(sent, "31-2020"), reason="Không đúng đơn vị", hand=LINK, now=LATER)
    assert (course.standing, course.reason) == (DispatchStatus.REFUSED, "Không đúng đơn vị")


def test_a_letter_that_was_taken_back_needs_no_answer(sent, issued) -> None:
    issued(reference=Reference(earlier=sent, kind=DocumentKind.REVOCATION))
    dispatch = of(sent, "31-2020")
    assert course_of(dispatch).standing is DispatchStatus.CLOSED
    with pytest.raises(LetterError, match="taken back"):
        dispatch_acknowledge(dispatch=dispatch, hand=LINK, now=LATER)


def test_who_sent_it_may_end_the_waiting(sent, person) -> None:
    dispatch = of(sent, "31-2020")
    course = dispatch_close(
        dispatch=dispatch, reason="Đã trả lời bằng văn bản giấy", by=person(Role.OPERATOR), now=LATER
    )
    assert course.standing is DispatchStatus.CLOSED
    with pytest.raises(AccessError):
        dispatch_close(dispatch=dispatch, reason="x", by=person(Role.APPROVER, "31-2020"), now=LATER)


def test_passing_on_reaches_the_units_below_with_covering_words(sent, units) -> None:
    above = of(sent, "31-2020")
    below = [units["303-2020"], units["304-2020"]]
    assert dispatch_forward(dispatch=above, units=below, note="Trước ngày 20/10.", hand=LINK, now=LATER).total == 2
    district = of(sent, "303-2020")
    assert (district.from_unit.key, district.above, district.note) == ("31-2020", above, "Trước ngày 20/10.")
    assert course_of(above).standing is DispatchStatus.FORWARDED


def test_passing_on_goes_to_no_unit_beside(sent, units) -> None:
    with pytest.raises(LetterError, match="below"):
        dispatch_forward(dispatch=of(sent, "31-2020"), units=[units["001-2020"]], note="", hand=LINK, now=LATER)


def test_an_own_covering_letter_passes_the_first_one_on(sent, issued, units, person) -> None:
    covering = issued("31-2020", reference=Reference(covers=sent), sign="STTTT-CNTT")
    letter_send(letter=covering, units=[units["303-2020"]], by=person(Role.APPROVER, "31-2020"), now=LATER)
    assert course_of(of(sent, "31-2020")).standing is DispatchStatus.FORWARDED
    assert covering.root == sent


def test_a_report_answers_the_letters_of_its_campaign(sent, units) -> None:
    assert letters_reported(unit=units["31-2020"], campaign="viet-nam-2020", via="inbox", by=None, at=LATER) == 1
    assert letters_reported(unit=units["31-2020"], campaign="viet-nam-2020", via="inbox", by=None, at=LATER) == 0
    assert letters_reported(unit=units["01-2020"], campaign="", via="inbox", by=None, at=LATER) == 0
    assert course_of(of(sent, "31-2020")).stage is Stage.REPORTED


def test_the_funnel_counts_the_whole_way_down_each_unit_once(sent, issued, units, person) -> None:
    by = person(Role.OPERATOR)
    letter_send(letter=sent, units=[units["303-2020"]], by=by, now=NOW)
    covering = issued("31-2020", reference=Reference(covers=sent))
    letter_send(letter=covering, units=[units["303-2020"], units["304-2020"]], by=by, now=LATER)
    dispatch_acknowledge(dispatch=of(covering, "303-2020"), hand=LINK, now=LATER)
    cascade = distribution_of(sent)
    assert cascade.funnel.total == 4
    assert cascade.funnel.reached[Stage.ACKNOWLEDGED] == 2  # one passed it on, one acknowledged
    steps = bars(cascade.funnel)
    assert sum(step.fewer for step in steps) == cascade.funnel.total - steps[-1].number
    assert [step.fewer for step in steps[1:]] == [a.number - b.number for a, b in pairwise(steps)]
    assert [(level.level, level.total, level.acknowledged) for level in cascade.levels] == [(1, 2, 1), (2, 2, 1)]
    assert cascade.levels[1].slowest == timedelta(hours=5)


def test_the_tree_shows_each_branch_with_what_lies_below(sent, units) -> None:
    dispatch_forward(dispatch=of(sent, "31-2020"), units=[units["303-2020"]], note="", hand=LINK, now=LATER)
    hanoi, haiphong = branches_of(sent, units["tw"])
    assert (hanoi.unit.key, hanoi.course.standing, hanoi.below.total) == ("01-2020", DispatchStatus.SENT, 0)
    assert (haiphong.unit.key, haiphong.course.standing, haiphong.below.total) == (
        "31-2020",
        DispatchStatus.FORWARDED,
        1,
    )
    districts = branches_of(sent, units["31-2020"])
    assert [(b.unit.key, b.course and b.course.standing) for b in districts] == [
        ("303-2020", DispatchStatus.SENT),
        ("304-2020", None),
    ]


def test_a_branch_that_a_letter_came_through_after_a_reform_stands_beside_those_of_its_day(sent, units, person) -> None:
    later = datetime(2025, 8, 1, 3, tzinfo=UTC)
    letter_send(letter=sent, units=[units["11296-2025"]], by=person(Role.OPERATOR), now=later)
    found = {
        branch.unit.key: (branch.step is not None, branch.below.total) for branch in branches_of(sent, units["tw"])
    }
    assert found == {"01-2020": (True, 0), "31-2020": (True, 0), "31-2025": (False, 1)}


def test_what_happened_can_be_neither_changed_nor_taken_out(sent) -> None:
    event = DispatchEvent.objects.first()
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()


def test_the_database_itself_keeps_what_happened(sent) -> None:
    from django.db import DatabaseError, transaction

    for act in (lambda: DispatchEvent.objects.update(reason="x"), lambda: DispatchEvent.objects.all().delete()):
        with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
            act()


def test_every_use_of_a_link_is_in_the_log(sent) -> None:
    dispatch = of(sent, "31-2020")
    dispatch_open(dispatch=dispatch, hand=LINK, now=LATER)
    dispatch_acknowledge(dispatch=dispatch, hand=LINK, now=LATER)
    entries = LogEntry.objects.filter(detail__via="link")
    assert [(e.act, e.unit.key) for e in entries.order_by("number")] == [
        ("letter-open", "31-2020"),
        ("letter-acknowledge", "31-2020"),
    ]


def test_letters_of_units_that_are_no_more_are_their_successors(issued, units, person) -> None:
    letter = issued("31-2020")
    letter_send(letter=letter, units=[units["303-2020"], units["11296-2020"]], by=person(Role.OPERATOR), now=NOW)
    district, commune = (letter.dispatches.get(to_unit__key=key).pk for key in ("303-2020", "11296-2020"))
    day = date(2026, 1, 1)
    seen = [person(Role.OPERATOR), person(Role.VIEWER, "31-2025")]
    assert [list(selectors.letters_visible(by, day=day)) for by in seen] == [[letter], [letter]]
    assert not selectors.letters_visible(person(Role.APPROVER, "01-2025"), day=day)
    assert selectors.dispatch_visible(person(Role.VIEWER, "11296-2025"), commune, day=day).pk == commune
    assert selectors.dispatch_visible(seen[0], district, day=day).pk == district  # nobody succeeded it
    with pytest.raises(AccessError):
        selectors.dispatch_visible(person(Role.VIEWER, "11296-2025"), district, day=day)
