"""Asking a second person to let totals out."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.returns.errors import ReturnError
from quetsach.core.zone import midnight_after
from quetsach.web.design.templatetags.words import here
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.returns.models import Period, Publication
from quetsach.web.office.returns.selectors.publication import digest_of, totals_document
from quetsach.web.office.returns.selectors.tally import tally_of
from quetsach.web.office.returns.services.entry import period_lock
from quetsach.web.office.tree.selectors import root_unit


@transaction.atomic
def totals_publish_ask(*, period: Period, by: Person, now: datetime) -> Publication:
    """Freeze the approved totals of a period and ask a second person to let exactly these out.

    Raises:
        ReturnError: the period is not over, nothing is approved, or machines are counted twice.
        AccessError: this is not the person's to do.
    """
    require(by, Act.PUBLISH_NUMBERS, root_unit(), day=today(now))
    period = period_lock(period)
    if not period.assignment.is_in_force:
        raise ReturnError(_("these returns are not asked for any more"))
    if now < midnight_after(period.last, timezone.get_default_timezone()):
        raise ReturnError(_("this period is not over"))
    tally = tally_of(period, now=now)
    if doubled := tally.conflicts():
        units = ", ".join(f"{above.name} / {below.name}" for above, below in doubled[:5])
        raise ReturnError(
            _("machines would be counted twice: %(units)s") % {"units": units},
            hint=_("send one of the two returns back"),
        )
    document = totals_document(period, now=now)
    if not document["figures"]:
        raise ReturnError(_("nothing is approved yet"))
    digest = digest_of(document)
    asked, _is_new = Publication.objects.get_or_create(
        assignment=period.assignment,
        period=period,
        sha256=digest,
        defaults={"document": document, "asked_by": by, "asked_at": now},
    )
    title = _("Totals of returns, %(period)s") % {"period": here(period.title)}
    approval_ask(kind="numbers", subject=asked.subject, digest=digest, title=title, by=by, unit=root_unit(), now=now)
    return asked
