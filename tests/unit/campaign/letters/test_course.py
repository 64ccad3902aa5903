"""The state of a dispatch follows from the set of its events."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.letters.course import Course, Event, Happening, Stage, Standing, follow

MONDAY = datetime(2020, 10, 5, 1, 0, tzinfo=UTC)
EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(Happening),
        st.integers(0, 6).map(lambda hours: MONDAY + timedelta(hours=hours)),
        st.sampled_from(["", "no such mailbox", "wrong unit"]),
    ),
    max_size=8,
)


def at(hours: int, kind: Happening, reason: str = "") -> Event:
    return Event(kind, MONDAY + timedelta(hours=hours), reason)


def test_without_events_a_dispatch_waits() -> None:
    assert follow([]) == Course(Standing.WAITING, Stage.WAITING, {})


def test_a_report_shows_that_the_letter_was_received() -> None:
    course = follow([at(0, Happening.SENT), at(5, Happening.REPORTED)])
    assert course.standing is Standing.REPORTED
    assert course.reached[Stage.ACKNOWLEDGED] == MONDAY + timedelta(hours=5)
    assert course.time_to_acknowledge == timedelta(hours=5)


def test_an_earlier_acknowledgement_keeps_its_time_under_a_later_report() -> None:
    course = follow([at(9, Happening.REPORTED), at(2, Happening.ACKNOWLEDGED), at(0, Happening.SENT)])
    assert course.time_to_acknowledge == timedelta(hours=2)


def test_a_bounce_shows_that_it_was_sent_and_nothing_more() -> None:
    course = follow([at(0, Happening.SENT), at(1, Happening.BOUNCED, "no such mailbox")])
    assert (course.standing, course.stage, course.reason) == (Standing.BOUNCED, Stage.SENT, "no such mailbox")
    assert course.is_pending


def test_a_letter_that_bounced_after_it_was_said_to_be_delivered_was_not() -> None:
    course = follow([at(0, Happening.SENT), at(1, Happening.DELIVERED), at(2, Happening.BOUNCED)])
    assert Stage.DELIVERED not in course.reached


def test_a_letter_sent_again_after_a_bounce_is_under_way() -> None:
    assert follow([at(0, Happening.SENT), at(1, Happening.BOUNCED), at(2, Happening.SENT)]).standing is Standing.SENT


def test_a_bounce_of_the_moment_of_sending_is_a_bounce() -> None:
    assert follow([at(0, Happening.SENT), at(0, Happening.BOUNCED)]).standing is Standing.BOUNCED


def test_a_unit_that_opened_the_letter_in_the_portal_has_it_whatever_the_mail_says() -> None:
    assert follow([at(1, Happening.OPENED), at(9, Happening.BOUNCED)]).standing is Standing.OPENED


def test_a_refusal_stands_with_its_reason_and_waits_for_nothing() -> None:
    course = follow([at(0, Happening.SENT), at(3, Happening.REFUSED, "wrong unit")])
    assert (course.standing, course.stage, course.reason) == (Standing.REFUSED, Stage.OPENED, "wrong unit")
    assert not course.is_pending


def test_a_unit_may_take_its_refusal_back() -> None:
    assert follow([at(3, Happening.REFUSED), at(4, Happening.ACKNOWLEDGED)]).standing is Standing.ACKNOWLEDGED


def test_a_unit_may_refuse_what_it_acknowledged_by_mistake() -> None:
    assert follow([at(3, Happening.ACKNOWLEDGED), at(4, Happening.REFUSED)]).standing is Standing.REFUSED


def test_closing_does_not_make_up_an_acknowledgement() -> None:
    course = follow([at(0, Happening.SENT), at(8, Happening.CLOSED)])
    assert (course.standing, course.time_to_acknowledge) == (Standing.CLOSED, None)
    assert not course.is_pending


@given(EVENTS, st.randoms())
def test_neither_order_nor_repetition_of_events_matters(events: list[Event], random) -> None:
    shuffled = [*events, *events]
    random.shuffle(shuffled)
    assert follow(shuffled) == follow(events)


@given(EVENTS)
def test_stages_are_reached_in_order_without_a_gap(events: list[Event]) -> None:
    reached = follow(events).reached
    assert list(reached) == [stage for stage in Stage if Stage.WAITING < stage <= len(reached)]
    assert list(reached.values()) == sorted(reached.values())


@given(EVENTS, st.sampled_from([Happening.ACKNOWLEDGED, Happening.FORWARDED, Happening.REPORTED]))
def test_another_step_forward_never_takes_progress_away(events: list[Event], kind: Happening) -> None:
    assert follow([*events, at(3, kind)]).stage >= follow(events).stage


@pytest.mark.parametrize("kind", [kind for kind in Happening if kind is not Happening.CLOSED])
def test_anything_that_happens_shows_that_the_letter_was_sent(kind: Happening) -> None:
    assert Stage.SENT in follow([at(1, kind)]).reached
