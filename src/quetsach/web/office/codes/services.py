"""Drawing a code, registering it with what it stands for, and taking it back."""

import secrets
from datetime import date, datetime

from django.db import transaction

from quetsach.campaign.codes import SPACE, code_of, read_code
from quetsach.campaign.errors import PublicityError
from quetsach.core.text import LocalText
from quetsach.web.office.codes.models import Verification, VerificationKind


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
