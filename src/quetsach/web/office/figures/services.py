"""Asking for a publication, publishing once another person has agreed, and letting figures out by themselves."""

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.centre.publication import due
from quetsach.centre.publication.candidates import (
    Candidate,
    OutdatedError,
    publish_candidate,
    read_candidate,
    read_published,
    thin_candidates,
)
from quetsach.centre.publication.snapshot import PublicationError, Snapshot
from quetsach.core.errors import QuetsachError
from quetsach.web.design.words import day
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_ask, approval_supersede, is_approved
from quetsach.web.office.figures.selectors import (
    KIND,
    RELEASE,
    agreed,
    asked_digests,
    has_tables,
    released_unlogged,
    requests,
    subject_of,
)
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.refusal import advice_here, what_here
from quetsach.web.office.tree.selectors import root_unit

_logger = logging.getLogger("quetsach.web.office.figures")


def figures_ask(*, digest: str, by: Person, now: datetime) -> Approval:
    """Ask a second person to agree to exactly the figures of ``digest``.

    Raises:
        PublicationError: they do not wait any more.
        AccessError: not this person's to ask.
    """
    centre = root_unit()
    require(by, Permission.PUBLISH_NUMBERS, centre, day=today(now))
    candidate = _waiting(digest)
    if candidate.figures.withheld:
        raise PublicationError(_("These figures cannot be published: a table would give small figures away."))
    title = _("Figures as of %(day)s") % {"day": day(candidate.figures.as_of)}
    return approval_ask(
        kind=KIND, subject=subject_of(candidate), digest=digest, title=title, by=by, unit=centre, now=now
    )


@transaction.atomic
def figures_count_anew(*, by: Person, now: datetime) -> None:
    """Have the figures counted anew by the work behind the pages; what has not changed stays as it is.

    Raises:
        PublicationError: the centre has no data folder.
        AccessError: not this person's to do.
    """
    centre = root_unit()
    require(by, Permission.PUBLISH_NUMBERS, centre, day=today(now))
    log_append(by=by, act="figures-count", subject="figures", unit=centre, detail={}, now=now)
    due.note_change(data_folder())


def figures_check(approval: Approval) -> None:
    """Refuse to grant what cannot go out any more.

    Raises:
        ApprovalError: newer figures are published, or these are not there any more.
    """
    try:
        candidate = _waiting(approval.digest)
    except PublicationError as error:
        raise ApprovalError(what_here(error), hint=advice_here(error)) from error
    published = read_published(data_folder())
    if published is not None and candidate.figures.counted_at < published.counted_at:
        raise ApprovalError(_("newer figures are published already"), hint=_("refuse these, with that reason"))


def figures_release(approval: Approval, now: datetime) -> None:
    """Publish figures that a second person agreed to. Where it fails the agreement stands, and it is called again.

    Raises:
        PublicationError: nobody agreed to exactly these, newer ones are out, or they cannot be written.
    """
    if not is_approved(kind=KIND, subject=approval.subject, digest=approval.digest):
        raise PublicationError(_("Nobody has agreed to these figures yet."))
    data = data_folder()
    try:
        figures = publish_candidate(data, approval.digest)
    except OutdatedError as error:
        raise PublicationError(
            _("newer figures are published already"), hint=_("look at the newest under Figures")
        ) from error
    except QuetsachError as error:
        raise PublicationError(
            _("Agreed to, but the figures could not be published: %(error)s")
            % {"error": advice_here(error) or what_here(error)},
            hint=_("once that is mended, press “Publish now” under Figures, or run: quetsach center figures publish"),
        ) from error
    _log_release(approval, figures, now)


def figures_release_agreed(*, data: Path, now: datetime) -> Approval | None:
    """Publish the newest figures that were agreed to and did not get out; return for which that was done.

    Where the newest are damaged those before them go out. A publication that the log does not have is entered.

    Raises:
        PublicationError: they cannot be written this time either.
    """
    if not has_tables():
        return None
    waiting, unlogged = agreed(data), released_unlogged(data)
    if unlogged and (published := read_published(data)):
        _log_release(unlogged, published, now)
    failed: PublicationError | None = None
    for approval in waiting:
        try:
            figures_release(approval, now)
        except PublicationError as error:
            failed = failed or error
        else:
            break
    if failed is not None:
        raise failed
    return next(iter(waiting), None)


def figures_let_out(*, data: Path, candidate: Candidate, waits: bool, now: datetime) -> None:
    """Publish figures that need no second person; keep those that do, and of older ones what somebody asked for.

    Raises:
        PublicationError: they cannot be written.
    """
    try:
        if candidate.figures.withheld:
            _logger.warning("figures: %s", candidate.figures.withheld[0].en)
        if waits or candidate.figures.withheld:
            thin_candidates(data, asked=asked_digests() if has_tables() else frozenset())
            return
        figures = publish_candidate(data, candidate.digest)
        if has_tables():
            _supersede_older(figures, now)
    except OutdatedError as error:  # of two that counted at once the newer is out
        _logger.info("figures: %s", error)


@transaction.atomic
def _log_release(approval: Approval, figures: Snapshot, now: datetime) -> None:
    log_append(
        by=approval.decided_by,
        act=RELEASE,
        subject=approval.subject,
        unit=root_unit(),
        detail={"digest": approval.digest},
        now=now,
    )
    _supersede_older(figures, now)


def _supersede_older(figures: Snapshot, now: datetime) -> None:
    """End the requests for figures that were counted before the published ones."""
    still = {approval.digest for approval in requests() if _is_newer(approval.digest, figures)}
    for approval in requests().filter(is_granted=None).exclude(digest__in=still):
        reason = _("Newer figures, counted on %(day)s, were published.") % {"day": day(figures.counted_at.date())}
        approval_supersede(approval=approval, reason=reason, by=None, now=now)


def _is_newer(digest: str, figures: Snapshot) -> bool:
    try:
        return read_candidate(data_folder(), digest).figures.counted_at > figures.counted_at
    except PublicationError:
        return False


def _waiting(digest: str) -> Candidate:
    try:
        return read_candidate(data_folder(), digest)
    except PublicationError as error:
        raise PublicationError(
            _("These figures do not wait any more: newer ones have taken their place."),
            hint=_("look at the newest under Figures"),
        ) from error


def data_folder() -> Path:
    """Return the centre's data folder.

    Raises:
        PublicationError: it has none.
    """
    data: Path | None = settings.CENTER.data
    if data is None:
        raise PublicationError(_("The centre has no data folder."))
    return data
