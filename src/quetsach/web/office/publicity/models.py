"""Codes that prove a thing genuine, the kits of units, and how many visits their QR codes brought."""

from enum import StrEnum
from typing import ClassVar

from django.db import models

from quetsach.core.pack import LocalText
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.tree.models import Unit


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


class Kit(models.Model):
    """One kit as it was made; its archive lies in the centre's data folder under its checksum and never changes.

    A kit without an approval of exactly this archive is a draft: its code says nothing to the public.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="kits")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="kits")
    verification = models.OneToOneField(Verification, on_delete=models.PROTECT, related_name="kit")
    facts = models.JSONField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.verification_id}"

    @property
    def log_subject(self) -> str:
        """What the log and the approvals call it."""
        return f"kit:{self.pk}"


class Visit(models.Model):
    """How often the page was opened through a unit's QR codes on one day (UTC). Nothing about who came is kept."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="visits")
    day = models.DateField(db_index=True)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        """One row a unit and day."""

        constraints: ClassVar = [models.UniqueConstraint("unit", "day", name="one_visit_row_a_unit_and_day")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.day}: {self.count}"
