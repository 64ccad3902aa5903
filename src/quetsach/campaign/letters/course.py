"""The course of one dispatch, derived from its events alone.

Nothing but events is kept of a dispatch. They may arrive twice, late and in any order: the state is a function of the
set of events. A later stage implies the earlier ones, so a commune that reports without ever having clicked "received"
counts as having received the letter (as GoPhish fills back what its funnel did not see).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType


class Happening(StrEnum):
    """What can happen to a letter that one unit sent to another."""

    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    FORWARDED = "forwarded"
    REPORTED = "reported"
    CLOSED = "closed"


class Stage(IntEnum):
    """How far a letter has come; each stage implies those before it."""

    WAITING = 0
    SENT = 1
    DELIVERED = 2
    OPENED = 3
    ACKNOWLEDGED = 4
    FORWARDED = 5
    REPORTED = 6


class Standing(StrEnum):
    """The one word for where a dispatch stands."""

    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    FORWARDED = "forwarded"
    REPORTED = "reported"
    CLOSED = "closed"


# A bounce says that it was sent, a refusal that it was read. Closing says nothing about the unit: a dispatch is closed
# as well when the unit is dissolved.
_SHOWS: Mapping[Happening, Stage] = MappingProxyType(
    {
        Happening.SENT: Stage.SENT,
        Happening.DELIVERED: Stage.DELIVERED,
        Happening.BOUNCED: Stage.SENT,
        Happening.OPENED: Stage.OPENED,
        Happening.ACKNOWLEDGED: Stage.ACKNOWLEDGED,
        Happening.REFUSED: Stage.OPENED,
        Happening.FORWARDED: Stage.FORWARDED,
        Happening.REPORTED: Stage.REPORTED,
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; ``at`` with a time zone, ``reason`` of a bounce or refusal in its author's words."""

    kind: Happening
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Course:
    """Where a dispatch stands. ``reached`` holds the first moment at which each stage was shown to be reached."""

    standing: Standing
    stage: Stage
    reached: Mapping[Stage, datetime]
    reason: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether the unit still owes an answer: neither acknowledged nor refused nor closed."""
        return self.stage < Stage.ACKNOWLEDGED and self.standing not in (Standing.REFUSED, Standing.CLOSED)

    @property
    def time_to_acknowledge(self) -> timedelta | None:
        """Time from sending to acknowledging, never negative; ``None`` if it has not been acknowledged."""
        if Stage.ACKNOWLEDGED not in self.reached:
            return None
        return self.reached[Stage.ACKNOWLEDGED] - self.reached[Stage.SENT]


def follow(events: Iterable[Event]) -> Course:
    """Derive the course from events in any order.

    What contradicts itself is decided so: a refusal stands until the unit acknowledges, forwards or reports later; a
    bounce stands until something later shows that the letter arrived, and never against a unit that opened it. Of two
    at the same moment the one that shows more progress counts.
    """
    known = set(events)
    reached = MappingProxyType(_reached(known))
    stage = max(reached, default=Stage.WAITING)
    for kind, standing in ((Happening.CLOSED, Standing.CLOSED), (Happening.REFUSED, Standing.REFUSED)):
        ending = _latest(known, {kind})
        if ending and (kind is Happening.CLOSED or not _is_taken_back(ending, known)):
            return Course(standing, stage, reached, ending.reason)
    bounce = _latest(known, {Happening.BOUNCED})
    if bounce and stage < Stage.OPENED:
        arrival = _latest(known, {Happening.DELIVERED, Happening.SENT})
        # Sent again after the bounce: it is under way once more. A note that it was sent bears the moment of the
        # hand-over, so one of the same moment is the sending that bounced.
        if not arrival or arrival.at < bounce.at or (arrival.at == bounce.at and arrival.kind is Happening.SENT):
            return Course(Standing.BOUNCED, Stage.SENT, _up_to(reached, Stage.SENT), bounce.reason)
    return Course(Standing(stage.name.lower()), stage, reached)


def _reached(events: set[Event]) -> dict[Stage, datetime]:
    """Return when each stage was first shown, by itself or by a later one."""
    reached: dict[Stage, datetime] = {}
    for event in events:
        for stage in Stage:
            shown = _SHOWS.get(event.kind, Stage.WAITING)
            if Stage.WAITING < stage <= shown and (stage not in reached or event.at < reached[stage]):
                reached[stage] = event.at
    return dict(sorted(reached.items()))


def _latest(events: set[Event], kinds: set[Happening]) -> Event | None:
    """Return the last event of the kinds; of two at one moment the larger reason decides, so that order never does."""
    return max(
        (e for e in events if e.kind in kinds),
        key=lambda e: (e.at, _SHOWS.get(e.kind, Stage.WAITING), e.reason),
        default=None,
    )


def _is_taken_back(refusal: Event, events: set[Event]) -> bool:
    willing = _latest(events, {Happening.ACKNOWLEDGED, Happening.FORWARDED, Happening.REPORTED})
    return willing is not None and willing.at >= refusal.at


def _up_to(reached: Mapping[Stage, datetime], last: Stage) -> Mapping[Stage, datetime]:
    return MappingProxyType({stage: at for stage, at in reached.items() if stage <= last})
