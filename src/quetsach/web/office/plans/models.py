"""Campaigns of the office: every version of the plan, what was decided, and which gates were asked to be opened.

A plan is kept as the text of its ``campaign.toml``, the same file that the centre measures by. Whether a gate is open
follows from the approvals, and what holds follows from evidence: neither is stored here.
"""

from typing import ClassVar

from django.db import models

from quetsach.campaign import Campaign as Plan
from quetsach.campaign import read_campaign
from quetsach.campaign.schedule.decision import Decision as Decided
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.web.office.people.models import Person
from quetsach.web.office.reading import kept_while_read

FILE = "campaign.toml"
CLOSE = "close"
"""The last step of a campaign; the others are named as its phases."""
BASELINE = "#baseline"
"""Freezing the baseline: no step of the plan, and no phase can have this name."""
DECISION = "#decision"
"""A decision that waits to be recorded; as little a step of the plan."""


class Campaign(models.Model):
    """One campaign. ``pattern`` is the campaign that its first plan was taken from."""

    key = models.SlugField(max_length=60, unique=True)
    pattern = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="successors")
    begun_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    begun_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key

    @property
    def log_subject(self) -> str:
        """What the log calls it."""
        return f"campaign:{self.key}"

    @property
    def revision(self) -> "PlanRevision":
        """The plan in force."""
        return plans_in_force().get(self.pk) or self.revisions.latest("number")

    @property
    def plan(self) -> Plan:
        """The plan in force as a record."""
        return self.revision.plan


class PlanRevision(models.Model):
    """One version of a plan, and why it took the place of the one before."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(max_length=2000)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        """Counted from 1 in each campaign."""

        constraints: ClassVar = [models.UniqueConstraint("campaign", "number", name="one_revision_a_number")]

    def __str__(self) -> str:
        return f"{self.campaign_id}.{self.number}"

    @property
    def plan(self) -> Plan:
        """The plan as a record."""
        return read_campaign(self.document.encode(), file=FILE)


@kept_while_read
def plans_in_force() -> dict[int, PlanRevision]:
    """Return the plan in force of every campaign, by the campaign's number: campaigns are few and pages show many."""
    newer = PlanRevision.objects.filter(campaign=models.OuterRef("campaign"), number__gt=models.OuterRef("number"))
    return {
        one.campaign_id: one for one in PlanRevision.objects.select_related("campaign").filter(~models.Exists(newer))
    }


class Decision(models.Model):
    """One decision; rows are added and never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in DecisionKind])
    title = models.CharField(max_length=200)
    grounds = models.TextField(max_length=8000)
    decided_on = models.DateField()
    decided_by = models.CharField(max_length=200)
    subjects = models.JSONField(default=list)
    figures = models.JSONField(default=dict)
    supersedes = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        """Counted from 1 in each campaign."""

        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint("campaign", "number", name="one_decision_a_number")]

    def __str__(self) -> str:
        return f"{self.campaign_id}.{self.number} {self.title}"

    @property
    def record(self) -> Decided:
        """The decision as the rules know it."""
        return Decided(
            number=self.number,
            kind=DecisionKind(self.kind),
            title=self.title,
            grounds=self.grounds,
            decided_on=self.decided_on,
            decided_by=self.decided_by,
            subjects=tuple(self.subjects),
            figures=self.figures,
            supersedes=self.supersedes,
        )


class Passage(models.Model):
    """That somebody asked for a step, on facts (``sha256``): a phase, the close, a baseline or a decision.

    Once a second person has granted it, the step is done.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="passages")
    step = models.CharField(max_length=60)
    facts = models.JSONField()
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(max_length=2000, blank=True)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.step}"

    @property
    def subject(self) -> str:
        """What the approvals call it."""
        return f"campaign:{self.campaign_id}:{self.step}"


class EvaluationRun(models.Model):
    """That somebody asked for the evaluation of a campaign, and what became of it.

    The work behind the pages makes it. ``lake`` is the state of the lake that it was made from and ``as_of`` the last
    day with data; its files lie in a folder of the number of the run.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="evaluations")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=500, blank=True, help_text="``stopped``, ``late``, or what the command said")
    lake = models.CharField(max_length=64, blank=True)
    as_of = models.DateField(null=True)

    class Meta:
        """The newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.pk}"

    @property
    def is_under_way(self) -> bool:
        """Whether it waits or is being made."""
        return self.ended_at is None

    @property
    def is_made(self) -> bool:
        """Whether it was made whole."""
        return self.ended_at is not None and not self.trouble
