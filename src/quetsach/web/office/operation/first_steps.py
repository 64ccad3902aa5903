"""What a new centre does first, each step with its true state: a tick only for what was seen to be done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from quetsach.web.design.templatetags.words import day as written_day
from quetsach.web.design.templatetags.words import figure, moment
from quetsach.web.office.letters.signing_credentials import key_state
from quetsach.web.office.operation.selectors import mail_state
from quetsach.web.office.people.selectors import open_invitations, operators_of
from quetsach.web.office.plans.selectors import plans_in_force
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import Reachable, reachable_below, root_unit


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
