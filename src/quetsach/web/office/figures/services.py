"""Asking for a publication, and publishing once another person has agreed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.web.design.templatetags.words import day
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, is_approved
from quetsach.web.office.figures.selectors import KIND, Candidate
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.units.selectors import root_unit
from quetsach.web.portal.snapshot import PublicationError, release_candidate


def figures_ask(*, candidate: Candidate, digest: str, by: Person, now: datetime) -> Approval:
    """Ask a second person to agree to exactly the figures of ``digest``.

    Raises:
        PublicationError: what waits has changed since it was looked at.
        AccessError: not this person's to ask.
    """
    centre = root_unit()
    require(by, Act.PUBLISH_NUMBERS, centre, day=today(now))
    _refuse_changed(candidate, digest)
    title = _("Figures as of %(day)s") % {"day": day(candidate.figures.as_of)}
    return approval_ask(kind=KIND, subject=candidate.subject, digest=digest, title=title, by=by, unit=centre, now=now)


@transaction.atomic
def figures_release(*, candidate: Candidate, digest: str, by: Person, now: datetime) -> None:
    """Publish figures that a second person agreed to.

    Raises:
        PublicationError: nobody agreed to exactly these, or they have changed.
        AccessError: not this person's to publish.
    """
    centre = root_unit()
    require(by, Act.PUBLISH_NUMBERS, centre, day=today(now))
    _refuse_changed(candidate, digest)
    if not is_approved(kind=KIND, subject=candidate.subject, digest=digest):
        raise PublicationError(_("Nobody has agreed to these figures yet."))
    log_append(by=by, act="figures-release", subject=candidate.subject, unit=centre, detail={"digest": digest}, now=now)
    release_candidate(candidate.data, digest=digest)


def _refuse_changed(candidate: Candidate, digest: str) -> None:
    if candidate.digest != digest:
        raise PublicationError(_("The figures have changed since you looked. Look at them again."))
