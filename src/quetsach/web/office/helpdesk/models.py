"""Cases of people who ask for help. Who asks stands apart from what is counted, and is erased first."""

from typing import ClassVar

from django.db import models

from quetsach.campaign.helpdesk import CaseState
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit


class Case(models.Model):
    """One case. What stays when it is erased are counts: kind, province, times, state."""

    code = models.CharField(max_length=12, unique=True)
    key_digest = models.CharField(max_length=64, blank=True, help_text="empty when the case is erased")
    form = models.UUIDField(unique=True, help_text="the form it was sent with: sent twice, it is one case")
    kind = models.CharField(max_length=20, db_index=True)
    language = models.CharField(max_length=2)
    province = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="cases")
    state = models.CharField(max_length=10, default=CaseState.NEW, db_index=True)
    assignee = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="cases")
    notice = models.CharField(max_length=10, help_text="version of the notice that was agreed to")
    arrived_at = models.DateTimeField(db_index=True)
    changed_at = models.DateTimeField()
    first_answer_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.code

    @property
    def case_state(self) -> CaseState:
        """The state as the rules know it."""
        return CaseState(self.state)


class Asker(models.Model):
    """How the person wants to be reached, sealed with the centre's key; and what the check page had said, if given."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="asker")
    contact = models.BinaryField()
    check_answer = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"of {self.case_id}"


class Author(models.TextChoices):
    """Who wrote a message."""

    PERSON = "person"
    OFFICE = "office"
    NOTE = "note"  # among colleagues; the person never sees it


class Message(models.Model):
    """One text of a case, in order of time."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    author = models.CharField(max_length=10, choices=Author.choices)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """Read in order."""

        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.author}"
