"""Kits are made, let out by a second person and taken back; visits are a number by unit and day and nothing else."""

import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import PublicityError
from quetsach.campaign.kit_texts import Facts
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import NO_TEXT, LocalText
from quetsach.web.client_address import client_address
from quetsach.web.identity import site
from quetsach.web.limits import SourceLimit, Width
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.blob_store import KITS
from quetsach.web.office.codes import VerificationKind, code_draw, verification_register, verification_revoke
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity.contents import DOCUMENT, kit_archive, proof_of
from quetsach.web.office.publicity.models import Kit, Visit
from quetsach.web.office.publicity.selectors.kits import kit_is_released
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.wording.selectors import newest_version

# Making a unit's kit, having a second person let it out, taking it back.

MAX_REASON_LENGTH = 500
_MAIN_PHASE = "during"
_MOST_HELP = 130
"""How many characters of whom people call a poster has room for, in letters that can be read from afar."""


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
        require(by, Permission.MAKE_KIT, unit, day=today(now))
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
    require(by, Permission.MAKE_KIT, kit.unit, day=today(now))
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
    require(by, Permission.MAKE_KIT, kit.unit, day=today(now))
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
    for name in ("campaign", "unit", "help_line"):
        stored[name] = LocalText(**stored[name]) if name in stored else NO_TEXT
    for name in ("first", "last"):
        stored[name] = date.fromisoformat(stored[name])
    stored["languages"] = tuple(stored.get("languages", DATA_LANGUAGES))
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
        help_line=LocalText(
            *(settings.CENTER.help_line.sentence(language, most=_MOST_HELP) for language in DATA_LANGUAGES)
        ),
        languages=tuple(one for one in settings.COUNTRY.languages if one in DATA_LANGUAGES) or DATA_LANGUAGES,
    )


def _as_json(facts: Facts) -> dict[str, Any]:
    return asdict(facts) | {"first": facts.first.isoformat(), "last": facts.last.isoformat()}


def _log(kit: Kit, act: str, detail: dict[str, Any], by: Person | None, now: datetime) -> None:
    log_append(by=by, act=act, subject=kit.log_subject, unit=kit.unit, detail=detail, now=now)


# Visits by unit and day: a number and nothing else.
#
# A visit adds one in the server's memory; the sums are written after an answer has gone out, at most once in
# ``FLUSH_SECONDS``. So a burst costs one write, and nobody waits for the database. A server that is killed loses what
# was counted since: a few seconds of an approximate figure.

FLUSH_SECONDS = 5.0
_MAX_WAITING = 20_000
_MAX_KEY_LENGTH = 40
_logger = logging.getLogger(__name__)

# Programs that fetch an address to show a preview of it, or to index it. They say so themselves; whoever hides is
# counted, as the definition of a visit says.
_PROGRAM = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|skype|zalo.*(?:share|scrap)|curl/|wget/"
    r"|python|java/|okhttp|go-http|libwww|httpclient|monitor|headless|lighthouse",
    re.IGNORECASE,
)

type Waiting = Mapping[tuple[str, date], int]


@dataclass(slots=True)
class VisitTally:
    """Visits that are not written yet, by unit's key and day (UTC)."""

    _waiting: Counter[tuple[str, date]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)
    _flushed: float = float("-inf")

    def add(self, key: str, day: date, count: int = 1) -> None:
        """Count. Invented keys cannot fill the memory: beyond a bound, new ones are let go."""
        with self._lock:
            if len(self._waiting) < _MAX_WAITING or (key, day) in self._waiting:
                self._waiting[key, day] += count

    def take(self, *, at: float) -> Waiting:
        """Take out what waits, if the last time was long enough ago; ``at`` in seconds of a steady clock."""
        if not self._waiting or at - self._flushed < FLUSH_SECONDS:
            return {}
        with self._lock:
            waiting, self._waiting, self._flushed = self._waiting, Counter(), at
        return waiting


TALLY = VisitTally()
VISIT_LIMIT = SourceLimit(
    (
        Width(ipv4=32, ipv6=64, burst=250, per_minute=250 / 24 / 60),
        Width(ipv4=24, ipv6=48, burst=2_500, per_minute=2_500 / 24 / 60),
    )
)
"""Visits of one network that count: 500 a day, half of them at once, for thousands of telephones share an address."""


def visit_count(*, key: str, request: HttpRequest, now: datetime) -> None:
    """Count a visit through a unit's code, unless a program says that it is none or its network had its share."""
    if len(key) > _MAX_KEY_LENGTH or not is_person(request):
        return
    address = client_address(request.META, proxy_hops=settings.CENTER.proxy_hops)
    if VISIT_LIMIT.take(address, now=now) == 0:
        TALLY.add(key, now.astimezone(UTC).date())


def is_person(request: HttpRequest) -> bool:
    """Whether a request may come from somebody who opens the page: no prefetch, no preview, no crawler."""
    headers = request.headers
    purpose = " ".join(headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")).lower()
    agent = headers.get("User-Agent", "")[:400]
    is_early = "prefetch" in purpose or "preview" in purpose or "prerender" in purpose
    return request.method == "GET" and not is_early and bool(agent) and not _PROGRAM.search(agent)


def visits_flush(**_signal: object) -> None:
    """Write what waits. Connected to the end of every request; what cannot be written waits for the next time."""
    waiting = TALLY.take(at=monotonic())
    if not waiting:
        return
    try:
        visits_store(waiting)
    except DatabaseError as error:
        _logger.warning("visits could not be written and wait: %s", type(error).__name__)
        for (key, day), count in waiting.items():
            TALLY.add(key, day, count)


@transaction.atomic
def visits_store(waiting: Waiting) -> None:
    """Add counts to the days of the units; keys that are no unit's are let go."""
    units = dict(Unit.objects.filter(key__in={key for key, _ in waiting}).values_list("key", "pk"))
    for (key, day), count in sorted(waiting.items()):
        if key in units:
            row, _ = Visit.objects.get_or_create(unit_id=units[key], day=day)
            Visit.objects.filter(pk=row.pk).update(count=F("count") + count)
