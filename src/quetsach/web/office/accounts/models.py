"""Lists of stolen accounts, their sealed entries, and questions that wait for an answer."""

from enum import StrEnum
from typing import Any, ClassVar

from django.db import models

from quetsach.web.office.people.models import Person


class BatchState(StrEnum):
    """Where a list is."""

    WAITING = "waiting"  # for a second person
    IN_FORCE = "in-force"
    ENDED = "ended"  # its entries are erased


class Batch(models.Model):
    """One list as it was handed over. What stays of it when its entries are erased says nothing of any owner."""

    source = models.CharField(max_length=200, help_text="who handed it over")
    ground = models.CharField(max_length=500, help_text="on which legal ground")
    handed_over_on = models.DateField()
    text_vi = models.TextField(max_length=2000, help_text="what owners are told besides, in the first language")
    text_en = models.TextField(max_length=2000, blank=True)
    digest = models.CharField(max_length=64, db_index=True)
    salt = models.BinaryField(max_length=16)
    rows = models.PositiveIntegerField()
    addresses = models.PositiveIntegerField()
    telephones = models.PositiveIntegerField()
    faulty = models.PositiveIntegerField()
    faults = models.JSONField(default=list, help_text="line and reason of the first rows that were not taken")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    expires_on = models.DateField()
    agreed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=16, blank=True, help_text="the code that its mails bear")
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=500, blank=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.source}"

    @property
    def state(self) -> BatchState:
        """Where it is."""
        if self.ended_at is not None:
            return BatchState.ENDED
        return BatchState.IN_FORCE if self.agreed_at else BatchState.WAITING


class Entry(models.Model):
    """One address of a list: what it is found by, and what its owner is told, sealed under the address itself."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="entries")
    look_up = models.BinaryField(max_length=32)
    facts = models.BinaryField()
    told_on = models.DateField(null=True, help_text="the last day on which the owner was answered")

    class Meta:
        """Found by the address over all lists."""

        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["look_up", "batch"], name="office_accounts_address")
        ]

    def __str__(self) -> str:
        return f"of {self.batch_id}"


class Question(models.Model):
    """That somebody asked about an address, sealed and of one length: known or not, it is answered or erased soon."""

    sealed = models.BinaryField()
    due_at = models.DateTimeField(db_index=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"question {self.pk}"
