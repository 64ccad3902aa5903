"""The state of a dispatch follows from the set of its events."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.letters.delivery_status import DispatchProgress, DispatchStatus, Event, EventKind, Stage, follow

MONDAY = datetime(2020, 10, 5, 1, 0, tzinfo=UTC)
EVENTS = st.lists(
    st.builds(
        Event,
        st.sampled_from(EventKind),
        st.integers(0, 6).map(lambda hours: MONDAY + timedelta(hours=hours)),
        st.sampled_from(["", "no such mailbox", "wrong unit"]),
    ),
    max_size=8,
)


def at(hours: int, kind: EventKind, reason: str = "") -> Event:
    return Event(kind, MONDAY + timedelta(hours=hours), reason)


def test_without_events_a_dispatch_waits() -> None:
    assert follow([]) == DispatchProgress(DispatchStatus.WAITING, Stage.WAITING, {})


def test_a_report_shows_that_the_letter_was_received() -> None:
    course = follow([at(0, EventKind.SENT), at(5, EventKind.REPORTED)])
    assert course.standing is DispatchStatus.REPORTED
    assert course.reached[Stage.ACKNOWLEDGED] == MONDAY + timedelta(hours=5)
    assert course.time_to_acknowledge == timedelta(hours=5)


def test_an_earlier_acknowledgement_keeps_its_time_under_a_later_report() -> None:
    course = follow([at(9, EventKind.REPORTED), at(2, EventKind.ACKNOWLEDGED), at(0, EventKind.SENT)])
    assert course.time_to_acknowledge == timedelta(hours=2)


def test_a_bounce_shows_that_it_was_sent_and_nothing_more() -> None:
    course = follow([at(0, EventKind.SENT), at(1, EventKind.BOUNCED, "no such mailbox")])
    assert (course.standing, course.stage, course.reason) == (DispatchStatus.BOUNCED, Stage.SENT, "no such mailbox")
    assert course.is_pending


def test_a_letter_that_bounced_after_it_was_said_to_be_delivered_was_not() -> None:
    course = follow([at(0, EventKind.SENT), at(1, EventKind.DELIVERED), at(2, EventKind.BOUNCED)])
    assert Stage.DELIVERED not in course.reached


def test_a_letter_sent_again_after_a_bounce_is_under_way() -> None:
    assert (
        follow([at(0, EventKind.SENT), at(1, EventKind.BOUNCED), at(2, EventKind.SENT)]).standing is DispatchStatus.SENT
    )


def test_a_bounce_of_the_moment_of_sending_is_a_bounce() -> None:
    assert follow([at(0, EventKind.SENT), at(0, EventKind.BOUNCED)]).standing is DispatchStatus.BOUNCED


def test_a_unit_that_opened_the_letter_in_the_portal_has_it_whatever_the_mail_says() -> None:
    assert follow([at(1, EventKind.OPENED), at(9, EventKind.BOUNCED)]).standing is DispatchStatus.OPENED


def test_a_refusal_stands_with_its_reason_and_waits_for_nothing() -> None:
    course = follow([at(0, EventKind.SENT), at(3, EventKind.REFUSED, "wrong unit")])
    assert (course.standing, course.stage, course.reason) == (DispatchStatus.REFUSED, Stage.OPENED, "wrong unit")
    assert not course.is_pending


def test_a_unit_may_take_its_refusal_back() -> None:
    assert follow([at(3, EventKind.REFUSED), at(4, EventKind.ACKNOWLEDGED)]).standing is DispatchStatus.ACKNOWLEDGED


def test_a_unit_may_refuse_what_it_acknowledged_by_mistake() -> None:
    assert follow([at(3, EventKind.ACKNOWLEDGED), at(4, EventKind.REFUSED)]).standing is DispatchStatus.REFUSED


def test_closing_does_not_make_up_an_acknowledgement() -> None:
    course = follow([at(0, EventKind.SENT), at(8, EventKind.CLOSED)])
    assert (course.standing, course.time_to_acknowledge) == (DispatchStatus.CLOSED, None)
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


@given(EVENTS, st.sampled_from([EventKind.ACKNOWLEDGED, EventKind.FORWARDED, EventKind.REPORTED]))
def test_another_step_forward_never_takes_progress_away(events: list[Event], kind: EventKind) -> None:
    assert follow([*events, at(3, kind)]).stage >= follow(events).stage


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind is not EventKind.CLOSED])
def test_anything_that_happens_shows_that_the_letter_was_sent(kind: EventKind) -> None:
    assert Stage.SENT in follow([at(1, kind)]).reached
