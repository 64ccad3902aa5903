"""Registering a code with what it stands for, taking it back, and answering what the public asks about one."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from quetsach.campaign.publicity.errors import PublicityError
from quetsach.campaign.publicity.verification_code import SPACE, code_of, read_code
from quetsach.core.pack import LocalText
from quetsach.web.office.approvals.services import is_approved
from quetsach.web.office.letters.document.demonstration import AUTHORITY
from quetsach.web.office.publicity.models import Kit, Verification, VerificationKind


@dataclass(frozen=True, slots=True)
class Genuine:
    """What is known about a code that is ours. ``revoked_at`` is set when the thing no longer holds.

    ``signatures`` are ``None`` where nobody noted whether the thing was signed, and empty where it was not;
    ``is_signed_in_force`` says that all its certificates are known to have been within their term then.
    """

    code: str
    kind: VerificationKind
    issuer: LocalText
    title: LocalText
    asks: LocalText
    issued_on: date
    url: str
    signatures: list[dict[str, str]] | None
    is_signed_in_force: bool
    revoked_at: datetime | None
    revoked_because: str


def code_draw() -> str:
    """Return a code that nobody can guess."""
    return code_of(secrets.randbelow(SPACE))


@transaction.atomic
def verification_register(
    *,
    kind: VerificationKind | str,
    code: str,
    issuer: LocalText,
    title: LocalText,
    asks: LocalText,
    issued_on: date,
    url: str,
    now: datetime,
    signatures: list[dict[str, str]] | None = None,
) -> Verification:
    """Let the public ask about a code. The caller has checked who may issue the thing and writes the log.

    Args:
        kind: ``letter`` or ``kit``; a kit answers only once a second person approved it.
        code: as it is printed.
        issuer: who sends the thing, by the official name.
        title: what it is, such as number and subject of a letter.
        asks: what it asks of whoever reads it, in one or two sentences.
        issued_on: its day.
        url: where the thing itself can be read in public; empty if nowhere.
        now: the time (UTC).
        signatures: of each certificate that signed it ``holder`` and ``authority``, and ``first`` and ``until``, the
            times between which it is in force; ``None`` if the thing is never signed.

    Raises:
        PublicityError: not a code, or one that stands on something else already.
    """
    code = read_code(code)
    if Verification.objects.filter(code=code).exists():
        raise PublicityError("this code stands on something else already", where=code, hint="draw another one")
    return Verification.objects.create(
        code=code,
        kind=VerificationKind(kind),
        **{
            f"{name}_{language}": text.in_language(language)
            for name, text in (("issuer", issuer), ("title", title), ("asks", asks))
            for language in ("vi", "en")
        },
        issued_on=issued_on,
        url=url,
        signatures=signatures,
        registered_at=now,
    )


@transaction.atomic
def verification_revoke(*, code: str, reason: str, now: datetime) -> Verification:
    """Let the page of a code say that the thing no longer holds, and why; the first time counts.

    Raises:
        PublicityError: nothing has this code.
    """
    found = Verification.objects.select_for_update().filter(code=read_code(code)).first()
    if found is None:
        raise PublicityError("nothing has this code", where=code)
    if found.revoked_at is None:
        found.revoked_at, found.revoked_because = now, reason
        found.save(update_fields=["revoked_at", "revoked_because"])
    return found


def genuine(code: str) -> Genuine | None:
    """Return what the public may know about a code as ``read_code`` gives it; ``None`` if it is not (yet) ours."""
    found = Verification.objects.filter(code=code).select_related("kit").first()
    if found is None or (found.kind == VerificationKind.KIT and not kit_is_released(found.kit)):
        return None
    return Genuine(
        code=found.code,
        kind=VerificationKind(found.kind),
        issuer=found.issuer,
        title=found.title,
        asks=found.asks,
        issued_on=found.issued_on,
        url=found.url,
        signatures=found.signatures,
        is_signed_in_force=_was_in_force(found.signatures or [], found.registered_at),
        revoked_at=found.revoked_at,
        revoked_because=found.revoked_because,
    )


def _was_in_force(signatures: list[dict[str, str]], at: datetime) -> bool:
    """Whether all certificates were within their term at a time.

    Not so where there is none, their days were not noted, or one is of nobody, made to show signing with.
    """
    return bool(signatures) and all(
        "until" in one
        and one["authority"] != AUTHORITY
        and datetime.fromisoformat(one["first"]) <= at < datetime.fromisoformat(one["until"])
        for one in signatures
    )


def kit_is_released(kit: Kit) -> bool:
    """Whether a second person let exactly this kit out."""
    return is_approved(kind="kit", subject=kit.log_subject, digest=kit.sha256)
