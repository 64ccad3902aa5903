"""Reads of what the centre needs to work: mail, signing, the work behind the pages, the settings. Never a secret."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max, Min, Q

from quetsach.core.errors import QuetsachError
from quetsach.core.pack import LocalText
from quetsach.packs.errors import SigningError
from quetsach.web.configuration import MailServer
from quetsach.web.health import expiries, health
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.signing_credentials import KeyState, key_folders, key_state
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.operation.services import MAIL_TRIAL, TIME_STAMP_TRIAL
from quetsach.web.office.tree.models import Unit
from quetsach.web.stored_settings import SETTINGS, StoredError, read_stored

LATE_MINUTES = 15
"""The queue is worked off every few seconds: what is due longer than this waits for a server or for the work."""
_TROUBLE = (MessageState.FAILED, MessageState.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Trial:
    """The last time somebody tried something: when (UTC), who, and what was wrong; empty if nothing was."""

    at: datetime
    by: str
    trouble: str


@dataclass(frozen=True, slots=True)
class MailState:
    """How mail is: the server and address it goes from, what waits, when the last mail was taken, the last trial.

    ``late_minutes`` is how long the oldest mail that is due waits already, ``handed_at`` when the last mail that was
    written to somebody was taken (UTC).
    """

    server: MailServer | None
    sender: str
    queued: int
    late_minutes: int
    in_trouble: int
    handed_at: datetime | None
    trial: Trial | None

    @property
    def is_late(self) -> bool:
        """Whether due mail waits longer than the work takes."""
        return self.late_minutes > LATE_MINUTES

    @property
    def taken_at(self) -> datetime | None:
        """When the server last took a mail, trials included (UTC)."""
        sent = [self.handed_at] if self.handed_at else []
        tried = [self.trial.at] if self.trial and not self.trial.trouble else []
        return max((*sent, *tried), default=None)


@dataclass(frozen=True, slots=True)
class SigningState:
    """With what letters are signed: the keys of units, units that issued letters without, time stamps, the repository.

    ``repository`` has the role of each signature of the repository of packs and when it expires (UTC); ``None`` where
    it cannot be read.
    """

    keys: tuple[KeyState, ...]
    without: tuple[Unit, ...]
    time_stamps: str
    trial: Trial | None
    repository: tuple[tuple[str, datetime, bool], ...] | None


@dataclass(frozen=True, slots=True)
class WorkState:
    """One thing that ``/healthz`` looks at; ``detail`` is its own word where something is wrong."""

    name: str
    state: str
    detail: str = ""


def mail_state(*, now: datetime) -> MailState:
    """Return how mail is; two queries, since every desk of the centre asks."""
    queued = Q(state=MessageState.QUEUED)
    found = Message.objects.aggregate(
        queued=Count("pk", filter=queued),
        oldest=Min("next_at", filter=queued & Q(next_at__lte=now)),
        in_trouble=Count("pk", filter=Q(state__in=_TROUBLE)),
        handed_at=Max("handed_at", filter=Q(state=MessageState.SENT)),
    )
    return MailState(
        server=settings.CENTER.mail_server,
        sender=settings.CENTER.mail_from,
        queued=found["queued"],
        late_minutes=int((now - found["oldest"]).total_seconds() // 60) if found["oldest"] else 0,
        in_trouble=found["in_trouble"],
        handed_at=found["handed_at"],
        trial=_last_trial(MAIL_TRIAL),
    )


def last_sent() -> Message | None:
    """Return the last mail that the server took."""
    return Message.objects.filter(state=MessageState.SENT, handed_at__isnull=False).order_by("-handed_at").first()


def last_failed() -> Message | None:
    """Return the newest mail that somebody has to look after."""
    return Message.objects.filter(state__in=_TROUBLE).order_by("-next_at", "-pk").first()


def signing_state(*, now: datetime) -> SigningState:
    """Return with what letters and packs are signed, and until when that holds."""
    found = {folder.name: folder for folder in key_folders()}
    units = Unit.objects.in_bulk(found, field_name="key")
    keys = [key_state(unit, now=now) for unit in units.values()]
    issued = Letter.objects.filter(issued_at__isnull=False).values("unit")
    without = Unit.objects.filter(pk__in=issued).exclude(key__in=found).order_by("code")
    server = settings.CENTER.time_stamps
    return SigningState(
        tuple(sorted(keys, key=lambda one: one.unit.code)),
        tuple(without),
        server.url.partition("?")[0] if server else "",
        _last_trial(TIME_STAMP_TRIAL),
        _repository(now),
    )


def work_state(*, now: datetime) -> tuple[WorkState, ...]:
    """Return what ``/healthz`` says: ``ok``, ``empty`` where there is nothing yet, or ``wrong`` with its word."""
    found = health(settings.CENTER, now=now).checks
    return tuple(
        WorkState(name, state) if state in ("ok", "empty") else WorkState(name, "wrong", state)
        for name, state in found.items()
    )


def settings_shown() -> tuple[tuple[LocalText, str, str], ...]:
    """Return what each setting decides, its value as it may be shown, and what the command calls it."""
    data: Path | None = settings.CENTER.data
    try:
        stored = read_stored(data) or {}
    except StoredError:
        return ()
    return tuple((one.meaning, one.shown(stored.get(one.name, one.default)), one.name) for one in SETTINGS)


def _last_trial(act: str) -> Trial | None:
    entry = LogEntry.objects.filter(act=act).order_by("-number").first()
    return Trial(entry.at, entry.person_name, entry.detail.get("reason", "")) if entry else None


def _repository(now: datetime) -> tuple[tuple[str, datetime, bool], ...] | None:
    try:
        return tuple((role, at, at > now) for role, at in sorted(expiries(settings.CENTER.data).items()))
    except (OSError, ValueError, QuetsachError, SigningError):
        return None
