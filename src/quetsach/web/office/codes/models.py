"""Codes that prove a thing genuine, and what each stands for."""

from enum import StrEnum

from django.db import models

from quetsach.core.text import LocalText


class VerificationKind(StrEnum):
    """What a code stands on."""

    LETTER = "letter"
    KIT = "kit"


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
