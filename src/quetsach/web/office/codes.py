"""Codes that prove a thing genuine, and what each stands for: drawn, registered with it, and taken back."""

import secrets
from datetime import date, datetime
from enum import StrEnum

from django.db import models, transaction

from quetsach.campaign.codes import SPACE, code_of, read_code
from quetsach.campaign.errors import PublicityError
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import LocalText, Text


class VerificationKind(StrEnum):
    """What a code stands on."""

    LETTER = "letter"
    KIT = "kit"
    MAIL = "mail"


class Verification(models.Model):
    """What the public page says about one code: who sent the thing, when, and what it asks."""

    code = models.CharField(max_length=16, unique=True)
    kind = models.CharField(max_length=6, choices=[(kind.value, kind.value) for kind in VerificationKind])
    issuer_vi = models.CharField(max_length=300)
    issuer_en = models.CharField(max_length=300)
    title_vi = models.CharField(max_length=500)
    title_en = models.CharField(max_length=500)
    asks_vi = models.TextField(max_length=2000)
    asks_en = models.TextField(max_length=2000)
    issued_on = models.DateField()
    url = models.CharField(max_length=500, blank=True, help_text="where the thing itself can be read; empty: nowhere")
    signatures = models.JSONField(
        null=True, help_text="holder and authority of each certificate that signed it; null: not a thing that is signed"
    )
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.TextField(max_length=2000, blank=True)

    class Meta:
        """Its table has stood among those of publicity from the beginning."""

        app_label = "office_publicity"

    def __str__(self) -> str:
        return self.code

    @property
    def issuer(self) -> LocalText:
        """Who sent it."""
        return LocalText(self.issuer_vi, self.issuer_en)

    @property
    def title(self) -> LocalText:
        """What it is."""
        return LocalText(self.title_vi, self.title_en)

    @property
    def asks(self) -> LocalText:
        """What it asks of whoever reads it."""
        return LocalText(self.asks_vi, self.asks_en)


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
        kind: ``letter``, ``kit`` or ``mail``; a kit answers only once a second person approved it.
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
        raise PublicityError(
            Text("this code stands on something else already"), where=code, hint=Text("draw another one")
        )
    return Verification.objects.create(
        code=code,
        kind=VerificationKind(kind),
        **{
            f"{name}_{language}": text.in_language(language)
            for name, text in (("issuer", issuer), ("title", title), ("asks", asks))
            for language in DATA_LANGUAGES
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
        raise PublicityError(Text("nothing has this code"), where=code)
    if found.revoked_at is None:
        found.revoked_at, found.revoked_because = now, reason
        found.save(update_fields=["revoked_at", "revoked_because"])
    return found
