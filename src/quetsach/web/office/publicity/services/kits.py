"""Making a unit's kit, having a second person let it out, taking it back."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Act
from quetsach.campaign.publicity.errors import PublicityError
from quetsach.campaign.publicity.facts import Facts
from quetsach.core.pack import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.codes.models import VerificationKind
from quetsach.web.office.codes.services import (
    code_draw,
    verification_register,
    verification_revoke,
)
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity.kit_archive import kit_archive
from quetsach.web.office.publicity.models import Kit
from quetsach.web.office.publicity.selectors.verification import kit_is_released
from quetsach.web.office.publicity.wording import DOCUMENT, proof_of
from quetsach.web.office.shelf import KITS
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.wording.selectors import newest_version
from quetsach.web.public_address import site

MAX_REASON_LENGTH = 500
_MAIN_PHASE = "during"


def kit_make(*, unit: Unit, campaign: Campaign, by: Person | None, now: datetime) -> Kit:
    """Make the kit of a unit. Its code means nothing to the public until a second person has let the kit out.

    Args:
        unit: whose kit.
        campaign: what for.
        by: who makes it; ``None`` for the operator of the machine, who needs no duty.
        now: the time (UTC).

    Raises:
        AccessError: not this person's to do.
        PublicityError: it cannot be set, most often because a name is too long.
    """
    if by:
        require(by, Act.MAKE_KIT, unit, day=today(now))
    facts = _facts(unit, campaign, code_draw())
    archive = kit_archive(facts, made_at=now)  # half a second of work: not while the database is held
    (sha256,) = KITS.put([archive])
    title, asks = proof_of(facts)
    with transaction.atomic():
        verification = verification_register(
            kind=VerificationKind.KIT,
            code=facts.code,
            issuer=facts.unit,
            title=title,
            asks=asks,
            issued_on=today(now),
            url="",
            now=now,
        )
        kit = Kit.objects.create(
            unit=unit,
            campaign=campaign,
            verification=verification,
            facts=_as_json(facts),
            sha256=sha256,
            size_bytes=len(archive),
            made_by=by,
            made_at=now,
        )
        _log(kit, "kit-make", {"code": facts.code, "sha256": sha256}, by, now)
    return kit


@transaction.atomic
def kit_submit(*, kit: Kit, by: Person, now: datetime) -> Approval:
    """Ask a second person to let the kit out.

    Raises:
        AccessError: not this person's to do.
        PublicityError: it is out already, or was taken back.
    """
    require(by, Act.MAKE_KIT, kit.unit, day=today(now))
    if kit.verification.revoked_at or kit_is_released(kit):
        raise PublicityError(_("this kit is out already, or was taken back"), hint=_("make a new one"))
    title = f"{kit.unit.name_vi} · {kit.verification.code}"
    return approval_ask(
        kind="kit", subject=kit.log_subject, digest=kit.sha256, title=title, by=by, unit=kit.unit, now=now
    )


@transaction.atomic
def kit_revoke(*, kit: Kit, reason: str, by: Person, now: datetime) -> Kit:
    """Take a kit back: the page of its code says so from now on.

    Raises:
        AccessError: not this person's to do.
        PublicityError: no reason is given, or one that is too long for the page.
    """
    require(by, Act.MAKE_KIT, kit.unit, day=today(now))
    if not reason.strip() or len(reason) > MAX_REASON_LENGTH:
        raise PublicityError(
            _("taking a kit back needs a reason of at most 500 characters"),
            hint=_("the public reads it on the page of the code"),
        )
    kit.verification = verification_revoke(code=kit.verification.code, reason=reason.strip(), now=now)
    _log(kit, "kit-revoke", {"code": kit.verification.code, "reason": reason.strip()}, by, now)
    return kit


def facts_of(kit: Kit) -> Facts:
    """Return what a kit was made from."""
    stored: dict[str, Any] = dict(kit.facts)
    for name in ("campaign", "unit"):
        stored[name] = LocalText(**stored[name])
    for name in ("first", "last"):
        stored[name] = date.fromisoformat(stored[name])
    return Facts(**stored)


def _facts(unit: Unit, campaign: Campaign, code: str) -> Facts:
    """The campaign's days are those in which people are asked to do something: of its middle phase, if it has one."""
    plan = campaign.plan
    main = [phase.period for phase in plan.phases if phase.id == _MAIN_PHASE] or [p.period for p in plan.phases]
    return Facts(
        campaign=plan.name,
        first=main[0].first,
        last=main[-1].last,
        unit=LocalText(unit.name_vi, unit.name_en or unit.name_vi),
        unit_key=unit.key,
        site=site(),
        code=code,
        wording=newest_version(DOCUMENT),
    )


def _as_json(facts: Facts) -> dict[str, Any]:
    return asdict(facts) | {"first": facts.first.isoformat(), "last": facts.last.isoformat()}


def _log(kit: Kit, act: str, detail: dict[str, Any], by: Person | None, now: datetime) -> None:
    log_append(by=by, act=act, subject=kit.log_subject, unit=kit.unit, detail=detail, now=now)
