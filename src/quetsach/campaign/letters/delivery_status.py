"""The status of one dispatch, from its events alone, how far a letter went, and what mail servers report of it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from enum import IntEnum, StrEnum
from types import MappingProxyType

from quetsach.campaign.errors import LetterError
from quetsach.core.text import Text

# The course of one dispatch, derived from its events alone.
#
# Nothing but events is kept of a dispatch. They may arrive twice, late and in any order: the state is a function of the
# set of events. A later stage implies the earlier ones, so a commune that reports without ever having clicked
# "received" counts as having received the letter (as GoPhish fills back what its funnel did not see).


class EventKind(StrEnum):
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


class DispatchStatus(StrEnum):
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
_SHOWS: Mapping[EventKind, Stage] = MappingProxyType(
    {
        EventKind.SENT: Stage.SENT,
        EventKind.DELIVERED: Stage.DELIVERED,
        EventKind.BOUNCED: Stage.SENT,
        EventKind.OPENED: Stage.OPENED,
        EventKind.ACKNOWLEDGED: Stage.ACKNOWLEDGED,
        EventKind.REFUSED: Stage.OPENED,
        EventKind.FORWARDED: Stage.FORWARDED,
        EventKind.REPORTED: Stage.REPORTED,
    }
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; ``at`` with a time zone, ``reason`` of a bounce or refusal in its author's words."""

    kind: EventKind
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DispatchProgress:
    """Where a dispatch stands. ``reached`` holds the first moment at which each stage was shown to be reached."""

    standing: DispatchStatus
    stage: Stage
    reached: Mapping[Stage, datetime]
    reason: str = ""

    @property
    def is_pending(self) -> bool:
        """Whether the unit still owes an answer: neither acknowledged nor refused nor closed."""
        return self.stage < Stage.ACKNOWLEDGED and self.standing not in (DispatchStatus.REFUSED, DispatchStatus.CLOSED)

    @property
    def time_to_acknowledge(self) -> timedelta | None:
        """Time from sending to acknowledging, never negative; ``None`` if it has not been acknowledged."""
        if Stage.ACKNOWLEDGED not in self.reached:
            return None
        return self.reached[Stage.ACKNOWLEDGED] - self.reached[Stage.SENT]


def follow(events: Iterable[Event]) -> DispatchProgress:
    """Derive the course from events in any order.

    What contradicts itself is decided so: a refusal stands until the unit acknowledges, forwards or reports later; a
    bounce stands until something later shows that the letter arrived, and never against a unit that opened it. Of two
    at the same moment the one that shows more progress counts.
    """
    known = set(events)
    reached = MappingProxyType(_reached(known))
    stage = max(reached, default=Stage.WAITING)
    for kind, standing in ((EventKind.CLOSED, DispatchStatus.CLOSED), (EventKind.REFUSED, DispatchStatus.REFUSED)):
        ending = _latest(known, {kind})
        if ending and (kind is EventKind.CLOSED or not _is_taken_back(ending, known)):
            return DispatchProgress(standing, stage, reached, ending.reason)
    bounce = _latest(known, {EventKind.BOUNCED})
    if bounce and stage < Stage.OPENED:
        arrival = _latest(known, {EventKind.DELIVERED, EventKind.SENT})
        # Sent again after the bounce: it is under way once more. A note that it was sent bears the moment of the
        # hand-over, so one of the same moment is the sending that bounced.
        if not arrival or arrival.at < bounce.at or (arrival.at == bounce.at and arrival.kind is EventKind.SENT):
            return DispatchProgress(DispatchStatus.BOUNCED, Stage.SENT, _up_to(reached, Stage.SENT), bounce.reason)
    return DispatchProgress(DispatchStatus(stage.name.lower()), stage, reached)


def _reached(events: set[Event]) -> dict[Stage, datetime]:
    """Return when each stage was first shown, by itself or by a later one."""
    reached: dict[Stage, datetime] = {}
    for event in events:
        for stage in Stage:
            shown = _SHOWS.get(event.kind, Stage.WAITING)
            if Stage.WAITING < stage <= shown and (stage not in reached or event.at < reached[stage]):
                reached[stage] = event.at
    return dict(sorted(reached.items()))


def _latest(events: set[Event], kinds: set[EventKind]) -> Event | None:
    """Return the last event of the kinds; of two at one moment the larger reason decides, so that order never does."""
    return max(
        (e for e in events if e.kind in kinds),
        key=lambda e: (e.at, _SHOWS.get(e.kind, Stage.WAITING), e.reason),
        default=None,
    )


def _is_taken_back(refusal: Event, events: set[Event]) -> bool:
    willing = _latest(events, {EventKind.ACKNOWLEDGED, EventKind.FORWARDED, EventKind.REPORTED})
    return willing is not None and willing.at >= refusal.at


def _up_to(reached: Mapping[Stage, datetime], last: Stage) -> Mapping[Stage, datetime]:
    return MappingProxyType({stage: at for stage, at in reached.items() if stage <= last})


# How far and how fast a letter went down the tree: the funnel, and the times of each level.


@dataclass(frozen=True, slots=True)
class Step:
    """One dispatch in the tree: to which unit, on which level of the tree, its course, and since when it is there.

    ``since`` is when the letter was sent to the unit, which is earlier than its mail went out; without it the first
    event counts.
    """

    unit: str
    level: int
    course: DispatchProgress
    since: datetime | None = None

    @property
    def time_to_acknowledge(self) -> timedelta | None:
        """Time from sending to acknowledging, never negative; ``None`` if it has not been acknowledged."""
        if self.since is None or Stage.ACKNOWLEDGED not in self.course.reached:
            return self.course.time_to_acknowledge
        return max(self.course.reached[Stage.ACKNOWLEDGED] - self.since, timedelta(0))


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many dispatches reached each stage, and how many of them are in trouble or over.

    ``reached`` counts each dispatch in every stage up to its own, so its values never grow from stage to stage;
    ``waiting`` counts those that still owe an answer.
    """

    total: int
    reached: Mapping[Stage, int]
    bounced: int
    refused: int
    closed: int
    waiting: int

    def percent(self, stage: Stage) -> float:
        """Return the share of all dispatches that reached a stage, in percent; 0 where there are none."""
        return 100 * self.reached[stage] / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class LevelPace:
    """Times to acknowledge on one level of the tree.

    ``half`` is the time after which half of *all* units written to had acknowledged, and ``None`` while fewer have: the
    median of only those who answered would look the better the fewer answer. ``slowest`` is the longest among those
    who did, with its unit.
    """

    level: int
    total: int
    acknowledged: int
    half: timedelta | None
    slowest: timedelta | None
    slowest_unit: str


def funnel(courses: Iterable[DispatchProgress]) -> Funnel:
    """Count dispatches by stage."""
    known = list(courses)
    standings = [course.standing for course in known]
    return Funnel(
        total=len(known),
        reached={stage: sum(course.stage >= stage for course in known) for stage in list(Stage)[1:]},
        bounced=standings.count(DispatchStatus.BOUNCED),
        refused=standings.count(DispatchStatus.REFUSED),
        closed=standings.count(DispatchStatus.CLOSED),
        waiting=sum(course.is_pending for course in known),
    )


def pace(steps: Iterable[Step]) -> list[LevelPace]:
    """Return the times of each level, the highest level of the tree first."""
    levels: dict[int, list[Step]] = {}
    for step in steps:
        levels.setdefault(step.level, []).append(step)
    return [_level_pace(level, levels[level]) for level in sorted(levels)]


def _level_pace(level: int, steps: list[Step]) -> LevelPace:
    timed = ((step.time_to_acknowledge, step.unit) for step in steps)
    times = sorted((time, unit) for time, unit in timed if time is not None)
    middle = (len(steps) + 1) // 2 - 1
    return LevelPace(
        level=level,
        total=len(steps),
        acknowledged=len(times),
        half=times[middle][0] if middle < len(times) else None,
        slowest=times[-1][0] if times else None,
        slowest_unit=times[-1][1] if times else "",
    )


# What mail servers report about a message that was handed to them: delivery status notifications (RFC 3464).
#
# A notice comes from anybody who can send mail to the address for bounces. It is believed only about a message whose
# Message-ID it quotes, and those hold a random part; beyond that nothing in it is trusted.


MAX_BYTES = 256 * 1024
"""What is read of a notice. The returned message stands at its end and may be cut: its headers come first."""
_MAX_PARTS = 40
_MAX_RECIPIENTS = 100
_MAX_REASON_LENGTH = 500
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Fate(StrEnum):
    """What a server says became of a message for one recipient (RFC 3464, 2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class DeliveryNotice:
    """One recipient of one message. ``recipient`` in small letters, ``status`` as in ``5.1.1`` or empty."""

    message_id: str
    recipient: str
    fate: Fate
    status: str
    reason: str


def read_delivery_notices(content: bytes) -> list[DeliveryNotice]:
    """Read a mail that came back; one notice for each recipient it speaks of.

    Raises:
        LetterError: it is no delivery status notification, or does not name the message that it is about.
    """
    try:
        mail = BytesParser(policy=compat32).parsebytes(content[:MAX_BYTES])
        parts = [part for part, _ in zip(mail.walk(), range(_MAX_PARTS), strict=False)]
        groups = [group for part in parts for group in _groups(part)]
        message_id = _message_id(parts)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # The library's parser is known to leak these on damaged mail.
        raise LetterError(Text("a mail that cannot be read"), hint=type(error).__name__) from error
    notices = [notice for group in groups[:_MAX_RECIPIENTS] if (notice := _notice(group, message_id))]
    if not notices:
        raise LetterError(Text("a mail that is no notice about the delivery of another"))
    if not message_id:
        raise LetterError(Text("a notice that does not quote the message it is about"))
    return notices


def _groups(part: Message) -> Iterator[Message]:
    """Yield the groups of fields of a ``message/delivery-status`` part, that of the whole message included."""
    if part.get_content_type() == "message/delivery-status" and part.is_multipart():
        yield from (group for group in part.get_payload() if isinstance(group, Message))


def _message_id(parts: list[Message]) -> str:
    """Return the Message-ID of the message that came back: the notice itself is the first part and has its own."""
    for part in parts[1:]:
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            part = BytesParser(policy=compat32).parsebytes(payload if isinstance(payload, bytes) else b"")  # noqa: PLW2901
        if found := _MESSAGE_ID.search(str(part.get("Message-ID", ""))):
            return found[0]
    return ""


def _notice(group: Message, message_id: str) -> DeliveryNotice | None:
    recipient = _after_semicolon(group, "Original-Recipient") or _after_semicolon(group, "Final-Recipient")
    action = str(group.get("Action", "")).partition("(")[0].strip().lower()
    if not recipient or action not in set(Fate):
        return None
    status = _STATUS.search(str(group.get("Status", "")))
    return DeliveryNotice(
        message_id=message_id,
        recipient=recipient.lower()[:254],
        fate=Fate(action),
        status=status[0] if status else "",
        reason=_after_semicolon(group, "Diagnostic-Code")[:_MAX_REASON_LENGTH],
    )


def _after_semicolon(group: Message, name: str) -> str:
    """Return a typed field without its type, ``a@b.example`` of ``rfc822; a@b.example``, as one printable line."""
    _, _, text = str(group.get(name, "")).partition(";")
    line = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line)
