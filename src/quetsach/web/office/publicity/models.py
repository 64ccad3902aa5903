"""The kits of units, and how many visits their QR codes brought."""

from typing import ClassVar

from django.db import models

from quetsach.web.office.codes import Verification
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.tree.models import Unit


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
