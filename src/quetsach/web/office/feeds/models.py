"""Files of feeds that people of the office upload, and what became of each."""

from enum import StrEnum
from typing import Any, ClassVar

from django.db import models

from quetsach.web.office.people.models import Person


class FileState(StrEnum):
    """Where a file is, and how it ended: wholly, in part or not at all."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"


class FeedFile(models.Model):
    """That somebody uploaded a file of a feed, and what became of it; the work behind the pages takes it in.

    ``place`` is the name of the file while it waits, made by the centre; ``name`` is what the person's machine called
    it, for people alone. ``begun_at`` is the first beginning and stays, however often the work broke off: deliveries
    that the lake took in at exactly that time are of this file. ``outcomes`` has one entry for each CSV file in it.
    """

    feed = models.CharField(max_length=48)
    report = models.CharField(max_length=48, blank=True)
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveBigIntegerField()
    place = models.CharField(max_length=32, unique=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, db_index=True)
    outcomes = models.JSONField(default=list)

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or is being taken in."""
        return self.ended_at is None

    @property
    def state(self) -> FileState:
        """Where it is, and how it ended."""
        if self.ended_at is None:
            return FileState.RUNNING if self.begun_at else FileState.WAITING
        refused = len(self.refused)
        if not refused:
            return FileState.DONE
        return FileState.REFUSED if refused == len(self.outcomes) else FileState.PARTLY

    @property
    def taken(self) -> list[dict[str, Any]]:
        """The CSV files that were taken in: ``name``, ``report``, ``delivery`` and the counts of each."""
        return [one for one in self.outcomes if "refused" not in one]

    @property
    def refused(self) -> list[dict[str, Any]]:
        """The CSV files that were not: ``name``, and ``refused``, the reason by language."""
        return [one for one in self.outcomes if "refused" in one]

    @property
    def totals(self) -> dict[str, int]:
        """The counts of all together; one that was not counted when a file came is 0."""
        return {count: sum(one.get(count, 0) for one in self.taken) for count in COUNTS}


COUNTS = ("records", "accepted", "duplicates", "quarantined", "repaired", "blank", "context")
"""Of each CSV file: ``records`` = ``accepted`` + ``duplicates`` + ``quarantined``."""
