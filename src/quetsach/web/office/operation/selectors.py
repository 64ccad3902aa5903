"""Reads of what the centre needs to work: first steps, mail, signing, background work, settings. Never a secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db.models import Count, Max, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText
from quetsach.packs import SigningError
from quetsach.web.configuration import MailServer
from quetsach.web.design.words import day as written_day
from quetsach.web.design.words import figure, moment, page_language
from quetsach.web.health import expiries, health
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.signing_credentials import KeyState, key_folders, key_state
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.operation.services import MAIL_TRIAL, TIME_STAMP_TRIAL
from quetsach.web.office.people.selectors import open_invitations, operators_of
from quetsach.web.office.plans.selectors import plans_in_force
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import Reachable, reachable_below, root_unit
from quetsach.web.stored_settings import SETTINGS, StoredError, read_stored

# Reads of what the centre needs to work: mail, signing, the work behind the pages, the settings. Never a secret.

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


# What a new centre does first, each step with its true state: a tick only for what was seen to be done.


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: what, how it stands, whether it is done, and where it is done."""

    title: str
    state: str
    is_done: bool
    url: str


def first_steps(*, day: date, now: datetime) -> tuple[Step, ...]:
    """Return the steps in the order in which a new centre takes them."""
    return tuple(_steps(root_unit(), day, now))


def _steps(root: Unit, day: date, now: datetime) -> Iterator[Step]:
    reach = reachable_below(root, day)
    people, operation = reverse("office:people:list"), reverse("office:operation:operation")
    yield Step(_("The tree of units"), *_tree(reach), reverse("office:units:list"))
    yield Step(_("A second operator"), *_operators(root, day, now), people)
    public_url = settings.CENTER.public_url
    address = _("Links lead to %(url)s.") % {"url": public_url} if public_url else _("Not set.")
    yield Step(_("The public address"), address, bool(public_url), f"{operation}#settings")
    yield Step(_("Whom people call"), *_help_line(), f"{operation}#settings")
    yield Step(_("Mail"), *_mail(now), f"{operation}#mail")
    yield Step(_("Contacts of the units"), *_contacts(reach), reverse("office:units:list"))
    yield Step(_("Keys that letters are signed with"), *_keys(root, now), f"{operation}#signing")
    yield Step(_("A campaign"), *_campaign(day), reverse("office:campaigns:list"))


def _tree(reach: Reachable) -> tuple[str, bool]:
    if not reach.below:
        return _("There is nothing below the centre yet."), False
    return _("Units below the centre: %(count)s.") % {"count": figure(reach.below)}, True


def _operators(root: Unit, day: date, now: datetime) -> tuple[str, bool]:
    ready = operators_of(root, day=day)
    text = _("Operators who can sign in: %(count)s.") % {"count": figure(ready)}
    if ready < 2:
        text += " " + _("Whatever needs two people waits for a second one.")
        if invited := open_invitations(root, now=now):
            text += " " + _("Invited: %(count)s.") % {"count": figure(invited)}
    return text, ready >= 2


def _help_line() -> tuple[str, bool]:
    line = settings.CENTER.help_line
    if not line.is_given:
        return _("Not set: no page, letter or poster and no tool says whom to call (setting help-phone)."), False
    return line.sentence(page_language()), True


def _mail(now: datetime) -> tuple[str, bool]:
    state = mail_state(now=now)
    if state.server is None:
        return _("No mail server is set: letters lie in the inboxes of the office only."), False
    if state.is_late:
        return _("Minutes that mail has waited: %(minutes)s.") % {"minutes": figure(state.late_minutes)}, False
    if state.taken_at is None:
        return _("A server is set; no mail has gone out yet. Send yourself a trial mail."), False
    if state.trial and state.trial.trouble and state.trial.at >= state.taken_at:
        return _("The last trial failed, %(at)s.") % {"at": moment(state.trial.at)}, False
    return _("The server last took a mail %(at)s.") % {"at": moment(state.taken_at)}, True


def _contacts(reach: Reachable) -> tuple[str, bool]:
    values = {
        "direct": figure(reach.reached_directly),
        "directly": figure(reach.directly),
        "reached": figure(reach.reached),
        "below": figure(reach.below),
    }
    text = _(
        "An e-mail address is known of %(direct)s of %(directly)s units directly below the centre, of %(reached)s of "
        "%(below)s in all."
    )
    return text % values, bool(reach.directly) and reach.reached_directly == reach.directly


def _keys(root: Unit, now: datetime) -> tuple[str, bool]:
    state = key_state(root, now=now)
    if state.trouble:
        return _("The centre's keys cannot be used: %(trouble)s.") % {"trouble": state.trouble}, False
    if state.until is None:
        return _("The centre has no keys: its letters go out unsigned, and say so."), False
    if state.is_demonstration:
        return _("The centre has keys for demonstration only: no one is to trust them."), False
    until = written_day(state.until)
    if not state.may_sign:
        return _("The centre's certificates are not valid today (end: %(day)s).") % {"day": until}, False
    return _("The centre's certificates end on %(day)s.") % {"day": until}, True


def _campaign(day: date) -> tuple[str, bool]:
    plans = plans_in_force()
    ahead = [plan for plan in plans if max(phase.period.last for phase in plan.phases) >= day]
    if not plans:
        return _("There is none yet."), False
    if not ahead:
        return _("All campaigns are over: %(count)s.") % {"count": figure(len(plans))}, False
    return _("Running or to come: %(count)s.") % {"count": figure(len(ahead))}, True
