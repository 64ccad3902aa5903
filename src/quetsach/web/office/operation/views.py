"""The page of what the centre needs to work, and the two trials on it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from quetsach.campaign.authority import Permission
from quetsach.web.office.operation.selectors import (
    first_steps,
    last_failed,
    last_sent,
    mail_state,
    settings_shown,
    signing_state,
    work_state,
)
from quetsach.web.office.operation.services import mail_try, time_stamp_try
from quetsach.web.office.people.access import CurrentUser, require
from quetsach.web.office.refusal import FlashErrors
from quetsach.web.office.tree.selectors import root_unit


@require_safe
def operation(request: HttpRequest) -> HttpResponse:
    """Show whether mail, signing and the work behind the pages are in order, and what a new centre does first."""
    visitor = CurrentUser.of(request)
    require(visitor.person, Permission.RUN_CAMPAIGN, root_unit(), day=visitor.day)
    context = {
        "steps": first_steps(day=visitor.day, now=visitor.now),
        "mail": mail_state(now=visitor.now),
        "last_sent": last_sent(),
        "last_failed": last_failed(),
        "signing": signing_state(now=visitor.now),
        "works": work_state(now=visitor.now),
        "settings": settings_shown(),
    }
    return render(request, "office/operation/operation.html", context)


@require_POST
def test_mail(request: HttpRequest) -> HttpResponse:
    """Send a mail to whoever asks."""
    visitor = CurrentUser.of(request)
    done = _("The mail server took the trial mail to %(address)s. Whether it arrives, your mailbox shows.")
    with FlashErrors(request, done % {"address": visitor.person.email}):
        mail_try(by=visitor.person, now=visitor.now)
    return redirect("office:operation:operation")


@require_POST
def test_time_stamp(request: HttpRequest) -> HttpResponse:
    """Ask the authority for a time stamp of nothing."""
    visitor = CurrentUser.of(request)
    with FlashErrors(request, _("The time stamping authority answered with a valid time stamp.")):
        time_stamp_try(by=visitor.person, now=visitor.now)
    return redirect("office:operation:operation")
