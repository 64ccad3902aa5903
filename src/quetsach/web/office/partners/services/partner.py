"""Partners, their tokens and their declarations."""

import hashlib
import re
import secrets
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import PartnerError
from quetsach.campaign.partners.declaration import check_successor, read_declaration
from quetsach.core.text import Text
from quetsach.web.office.log.services import log_append
from quetsach.web.office.partners.models import Declaration, Line, Partner, Token, rows_of
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.selectors import root_unit

_TOKEN_PREFIX = "qsp_"  # noqa: S105  (tells people and scanners what it is)
_LONGEST_SECRET = 100
_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MOST_TOKENS = 10
_LONGEST_NAME = 120


def _require(by: Person | None, now: datetime) -> None:
    """The command line of the machine itself acts for nobody; everyone else must run the campaign."""
    if by is not None:
        require(by, Permission.RUN_CAMPAIGN, root_unit(), day=today(now))


def _log(by: Person | None, act: str, partner: Partner, now: datetime, **detail: object) -> None:
    log_append(by=by, act=act, subject=f"partner:{partner.key}", unit=None, detail=detail, now=now)


@transaction.atomic
def partner_add(*, key: str, name: str, contact: str = "", by: Person | None, now: datetime) -> Partner:
    """Add a partner.

    Raises:
        PartnerError: the key is taken or not of its form, or there is no name.
        AccessError: not this person's to do.
    """
    _require(by, now)
    if len(key) > 40 or not _KEY.fullmatch(key):
        raise PartnerError(
            Text("not a key: {text}", text=repr(key[:40])),
            code="key",
            where="key",
            hint=Text("lower-case letters, digits and hyphens: bkav"),
        )
    if not name.strip() or len(name) > _LONGEST_NAME:
        raise PartnerError(
            Text("a name must have 1 to {most} characters", most=_LONGEST_NAME), code="name", where="name"
        )
    if Partner.objects.filter(key=key).exists():
        raise PartnerError(
            Text("there is a partner {key} already", key=repr(key)), code="taken", status=409, where="key"
        )
    partner = Partner.objects.create(key=key, name=name.strip(), contact=contact.strip()[:200], added_at=now)
    _log(by, "partner-add", partner, now, name=partner.name)
    return partner


@transaction.atomic
def token_make(*, partner: Partner, label: str, by: Person | None, now: datetime) -> str:
    """Make a token and return it: this is the only time that it is known.

    Raises:
        PartnerError: the partner has as many as it may have.
        AccessError: not this person's to do.
    """
    _require(by, now)
    if partner.tokens.filter(revoked_at=None).count() >= _MOST_TOKENS:
        raise PartnerError(
            Text("a partner has at most {most} tokens", most=_MOST_TOKENS),
            code="tokens",
            hint=Text("revoke one first"),
        )
    secret = _TOKEN_PREFIX + secrets.token_urlsafe(32)
    Token.objects.create(partner=partner, digest=token_digest(secret), label=label.strip()[:60] or "API", made_at=now)
    _log(by, "partner-token-make", partner, now, label=label[:60])
    return secret


@transaction.atomic
def token_revoke(*, token: Token, by: Person | None, now: datetime) -> None:
    """End a token at once.

    Raises:
        AccessError: not this person's to do.
    """
    _require(by, now)
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now):
        _log(by, "partner-token-revoke", token.partner, now, label=token.label)


def token_partner(authorization: str, *, now: datetime) -> Partner | None:
    """Return whose token the header ``Authorization`` brings; ``None`` if there is none, or was revoked."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(_TOKEN_PREFIX) or len(secret) > _LONGEST_SECRET:
        return None
    found = Token.objects.select_related("partner").filter(digest=token_digest(secret), revoked_at=None).first()
    if found is None:
        return None
    day = today(now)
    if found.last_used_on != day:
        Token.objects.filter(pk=found.pk).update(last_used_on=day)
    return found.partner


def token_digest(secret: str) -> str:
    """Return what is kept of a token: 256 random bits need neither salt nor stretching."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def declaration_add(*, partner: Partner, content: bytes, by: Person | None, now: datetime) -> Declaration:
    """Add the next version of how a partner counts.

    Args:
        partner: whose.
        content: the declaration as TOML.
        by: who adds it; ``None`` for the command line.
        now: the time (UTC).

    Raises:
        CampaignError: it is not of the form it must have.
        PartnerError: it does not follow the one before, or would relabel rows that were taken in.
        AccessError: not this person's to do.
    """
    _require(by, now)
    declared = read_declaration(content, file="declaration")
    partner = Partner.objects.select_for_update().get(pk=partner.pk)
    known = [d.method for d in partner.declarations.all()]
    lines = list(Line.objects.filter(partner=partner).values_list("pk", flat=True))
    check_successor(known, declared, newest_row=rows_of(lines).aggregate(day=Max("first"))["day"])
    try:
        with transaction.atomic():
            made = Declaration.objects.create(
                partner=partner,
                version=declared.version,
                first=declared.first,
                content=content.decode("utf-8"),
                added_at=now,
            )
    except IntegrityError as error:
        raise PartnerError(Text("this version was added in the meantime"), code="version", status=409) from error
    _log(by, "partner-declare", partner, now, version=made.version, sha256=hashlib.sha256(content).hexdigest())
    return made
