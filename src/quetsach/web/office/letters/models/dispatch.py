"""A letter on its way to one unit; what happened to it is kept as events, and nothing else is."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Never

from django.db import models

from quetsach.campaign.letters.course import Event, Happening
from quetsach.web.office.letters.models.letter import Letter
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit


class Channel(StrEnum):
    """How a letter reaches a unit: by mail (which holds a link), or only in the inbox of the office."""

    MAIL = "mail"
    INBOX = "inbox"


class Dispatch(models.Model):
    """One letter to one unit. ``above`` is the dispatch that the sender passed on; none where the issuer sent it.

    ``link_number`` is part of the signed link: raising it makes older links void.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="dispatches")
    from_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="sent_dispatches")
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="received_dispatches")
    above = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="below")
    level = models.PositiveSmallIntegerField(help_text="of the receiver in the tree of the day")
    channel = models.CharField(max_length=5, choices=[(c.value, c.value) for c in Channel])
    note = models.TextField(max_length=2000, blank=True, help_text="covering words of who passed it on")
    own_due = models.DateField(null=True, help_text="asked for by who passed it on; null: as the letter asks")
    sent_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    link_number = models.PositiveSmallIntegerField(default=1)
    link_until = models.DateTimeField()
    copy_sha256 = models.CharField(
        max_length=64, blank=True, help_text="of this unit's own copy; empty until it is made"
    )

    class Meta:
        """A unit gets a letter once, however many pass it on."""

        constraints: ClassVar = [models.UniqueConstraint("letter", "to_unit", name="one_dispatch_a_unit")]
        indexes: ClassVar = [models.Index(fields=["letter", "copy_sha256"])]

    def __str__(self) -> str:
        return f"{self.letter_id} > {self.to_unit_id}"

    @property
    def due(self) -> date | None:
        """The last day on which this unit's answer is on time (Viet Nam)."""
        return self.own_due or self.letter.due


class DispatchEvent(models.Model):
    """One thing that happened. Rows are added and never changed."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=[(h.value, h.value) for h in Happening])
    at = models.DateTimeField()
    reason = models.CharField(max_length=1000, blank=True)
    via = models.CharField(max_length=10, help_text="mail, inbox, link, centre, return")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.dispatch_id} {self.kind}"

    def save(self, *args: Any, **named: Any) -> None:
        """Add the row.

        Raises:
            TypeError: it is there already.
        """
        if not self._state.adding:
            raise TypeError("what happened cannot be changed")
        super().save(*args, **named)

    def delete(self, *_: Any, **__: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        raise TypeError("what happened cannot be taken out")

    @property
    def event(self) -> Event:
        """The event as the rules know it."""
        return Event(Happening(self.kind), self.at, self.reason)


class Reminder(models.Model):
    """That a unit was reminded; ``day`` is that of the plan: -3 is three days before the letter is due."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="reminders")
    day = models.SmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        """Never twice of the same."""

        constraints: ClassVar = [models.UniqueConstraint("dispatch", "day", name="one_reminder_a_day")]

    def __str__(self) -> str:
        return f"{self.dispatch_id} {self.day:+}"


class ParentDigest(models.Model):
    """That a unit was told which of its units are late with a letter."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="digests")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    day = models.SmallIntegerField()
    late = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        """Never twice of the same."""

        constraints: ClassVar = [models.UniqueConstraint("letter", "unit", "day", name="one_digest_a_unit_and_day")]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.unit_id} {self.day:+}"
