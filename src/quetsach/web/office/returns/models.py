"""Forms in use, who owes a return for which period, the returns with their history, and what was made of them."""

from datetime import date, datetime
from functools import lru_cache
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from quetsach.campaign.letters.reminders import Policy, days_text, read_days
from quetsach.campaign.returns.form import Form, read_form
from quetsach.campaign.returns.period import Deadline, PeriodKind, ReportingPeriod
from quetsach.campaign.returns.state import Act, Scope, State
from quetsach.core.text import LocalText
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.tree.models import Unit, UnitKind

_USUAL = Policy()


@lru_cache(maxsize=16)
def _form_of(document: str, code: str) -> Form:
    return read_form(document.encode(), file=f"{code}.toml")


class ReturnForm(models.Model):
    """One version of a form, as its file; it never changes once it is here."""

    code = models.SlugField(max_length=70, unique=True, help_text="identifier and version, such as unit-return-1")
    document = models.TextField()
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.code

    @property
    def form(self) -> Form:
        """The form as a record."""
        return _form_of(self.document, self.code)


class FigureName(models.Model):
    """The name of a figure: an element, a row of a table or a family. Figures point at it, so that they stay small."""

    code = models.CharField(max_length=130, unique=True)

    def __str__(self) -> str:
        return self.code


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    """Assignments by what they ask for now."""

    def in_force(self) -> Self:
        """Keep those by which units owe returns: neither waiting for a second person nor taken back."""
        return self.filter(in_force_at__isnull=False, withdrawn_at=None)


class Assignment(models.Model):
    """That units of a campaign owe returns on a form, by week or by phase, from ``in_force_at`` until it is withdrawn.

    ``letter`` is the one that asks for the returns: mail names it.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="assignments")
    form = models.ForeignKey(ReturnForm, on_delete=models.PROTECT, related_name="assignments")
    period_kind = models.CharField(max_length=5, choices=[(kind.value, kind.value) for kind in PeriodKind])
    due_days = models.PositiveSmallIntegerField(help_text="days after the end of the period")
    lock_days = models.PositiveSmallIntegerField(help_text="days after the end of the period")
    unit_days = models.CharField(
        max_length=200, blank=True, default=days_text(_USUAL.unit_days), help_text="when units are reminded"
    )
    parent_days = models.CharField(
        max_length=200, blank=True, default=days_text(_USUAL.parent_days), help_text="when units above are told"
    )
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True, help_text="empty: waits for a second person")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.TextField(blank=True, max_length=2000)

    objects = AssignmentQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.form_id}"

    @property
    def is_in_force(self) -> bool:
        """Whether units owe returns by it."""
        return self.in_force_at is not None and self.withdrawn_at is None

    @property
    def asked_on(self) -> date:
        """The day from which units owe; while it waits, that of the request."""
        return timezone.localdate(self.in_force_at or self.made_at)

    @property
    def log_subject(self) -> str:
        """What the log calls it."""
        return f"assignment:{self.pk}"

    @property
    def policy(self) -> Policy:
        """When units are reminded, counted from the due day."""
        return Policy(read_days(self.unit_days), read_days(self.parent_days))


class AssignedUnits(models.Model):
    """Who owes: every unit of a kind at or below ``top``; without a kind, ``top`` itself."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="targets")
    top = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, blank=True, choices=[(kind.value, kind.value) for kind in UnitKind])

    def __str__(self) -> str:
        return f"{self.top_id} {self.kind}"


class PeriodQuerySet(models.QuerySet["Period"]):
    """Periods by what is asked for now."""

    def in_force(self) -> Self:
        """Keep those of assignments by which units owe returns."""
        return self.filter(assignment__in_force_at__isnull=False, assignment__withdrawn_at=None)


class Period(models.Model):
    """One period that returns are due for. The tree that counts is that of its last day.

    A phase has the name of the plan; a week is named by its number.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="periods")
    key = models.SlugField(max_length=60)
    name_vi = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    first = models.DateField()
    last = models.DateField(db_index=True)

    objects = PeriodQuerySet.as_manager()

    class Meta:
        """One row a key, in order of time."""

        ordering: ClassVar = ["first", "key"]
        constraints: ClassVar = [models.UniqueConstraint("assignment", "key", name="one_period_a_key")]

    def __str__(self) -> str:
        return self.key

    @property
    def log_subject(self) -> str:
        """What the log and the approvals call its totals."""
        return f"returns:{self.assignment_id}:{self.key}"

    @property
    def record(self) -> ReportingPeriod:
        """The period as the rules know it."""
        name = LocalText(self.name_vi, self.name_en) if self.name_vi else None
        return ReportingPeriod(self.key, self.first, self.last, name)

    @property
    def title(self) -> LocalText:
        """What people call it, with its days."""
        return self.record.title

    @property
    def short(self) -> LocalText:
        """What people call it where its days stand beside it."""
        return self.record.short

    @property
    def deadline(self) -> Deadline:
        """When its returns are due, before any extension."""
        asked = self.assignment
        return Deadline.of(
            self.record,
            due_days=asked.due_days,
            lock_days=asked.lock_days,
            zone=timezone.get_default_timezone(),
            asked_on=asked.asked_on,
        )


class Return(models.Model):
    """A unit's return for a period. ``submitted_at`` is of the first submission; the state follows from the history."""

    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="returns")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="returns")
    scope = models.CharField(max_length=7, choices=[(s.value, s.value) for s in Scope], default=Scope.OWN.value)
    state = models.CharField(max_length=9, choices=[(s.value, s.value) for s in State], default=State.DRAFT.value)
    revision = models.PositiveIntegerField(default=0)
    cells = models.JSONField(default=dict)
    submitted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        """One return a unit and period."""

        constraints: ClassVar = [models.UniqueConstraint("period", "unit", name="one_return_a_period")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.period_id}"

    @property
    def log_subject(self) -> str:
        """What the log calls it."""
        return f"return:{self.pk}"


class ReturnRevision(models.Model):
    """What was submitted, word for word; rows are added and never changed."""

    filed = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    scope = models.CharField(max_length=7)
    cells = models.JSONField()
    sha256 = models.CharField(max_length=64)
    submitted_at = models.DateTimeField()
    submitted_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    by_link = models.ForeignKey("ReturnLink", on_delete=models.PROTECT, null=True, related_name="revisions")

    class Meta:
        """Counted from 1 in each return."""

        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint("filed", "number", name="one_return_revision_a_number")]

    def __str__(self) -> str:
        return f"{self.filed_id}.{self.number}"


class ReturnDecision(models.Model):
    """That a revision was sent back, approved, or opened again; rows are added and never changed."""

    filed = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="decisions")
    revision = models.PositiveIntegerField()
    act = models.CharField(max_length=7, choices=[(a.value, a.value) for a in Act])
    reason = models.TextField(blank=True, max_length=2000)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        """In the order in which they were made."""

        ordering: ClassVar = ["decided_at", "pk"]

    def __str__(self) -> str:
        return f"{self.filed_id}.{self.revision} {self.act}"


class ReturnFigure(models.Model):
    """One figure of a return that is received. Assignment, period and unit stand here again for the totals' index."""

    filed = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="figures")
    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="+", db_index=False)
    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.ForeignKey(FigureName, on_delete=models.PROTECT, related_name="+", db_index=False)
    value = models.BigIntegerField()
    is_approved = models.BooleanField(default=False)

    class Meta:
        """One row a figure; totals read the index alone, in the order that they group by."""

        constraints: ClassVar = [models.UniqueConstraint("filed", "name", name="one_figure_a_name")]
        indexes: ClassVar = [
            models.Index(
                fields=["assignment", "name", "unit", "period", "is_approved", "value"], name="return_figure_totals"
            )
        ]

    def __str__(self) -> str:
        return f"{self.filed_id} {self.name_id}: {self.value}"


class Extension(models.Model):
    """More time for one unit, with the reason."""

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="extensions")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    until = models.DateField()
    reason = models.TextField(max_length=500)
    given_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.unit_id} {self.until}"


class SignOff(models.Model):
    """That a unit stands for the missing returns of named units below, with the reason."""

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="sign_offs")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    missing = models.ManyToManyField(Unit, related_name="+")
    reason = models.TextField(max_length=2000)
    signed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.unit_id} {self.period_id}"


class ReturnLink(models.Model):
    """A way to one unit's return of one period without an account. The token is signed and is not kept."""

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="links")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.unit_id} {self.period_id}"

    def is_open(self, now: datetime) -> bool:
        """Whether it still leads somewhere."""
        return self.withdrawn_at is None and now < self.expires_at


class LinkUse(models.Model):
    """That a link was opened or used; there is no address on purpose."""

    link = models.ForeignKey(ReturnLink, on_delete=models.CASCADE, related_name="uses")
    act = models.CharField(max_length=10)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.link_id} {self.act}"


class Publication(models.Model):
    """Totals as somebody asked to publish them; they are public once a second person lets exactly these out."""

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="publications")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="publications")
    document = models.JSONField()
    sha256 = models.CharField(max_length=64)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.subject

    @property
    def subject(self) -> str:
        """What the approvals call it."""
        return self.period.log_subject

    @property
    def as_of(self) -> date:
        """The last day that the totals are of."""
        return self.period.last


class Invitation(models.Model):
    """That a unit was told by mail that it owes returns: nothing else is written to it before."""

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="invitations")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """Nobody is invited twice."""

        constraints: ClassVar = [models.UniqueConstraint("assignment", "unit", name="one_invitation_a_unit")]

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.unit_id}"


class ReturnReminder(models.Model):
    """That a unit was reminded of its return, or told of the late ones below it; ``day`` counts from the due day."""

    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="reminders")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    day = models.SmallIntegerField()
    is_digest = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        """Nothing goes out twice."""

        constraints: ClassVar = [
            models.UniqueConstraint("period", "unit", "day", "is_digest", name="one_return_reminder_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.period_id} {self.unit_id} {self.day}"
