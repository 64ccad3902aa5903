"""What is kept of a tool report: counts under two random codes, and nothing that tells who sent it."""

from typing import ClassVar

from django.db import models


class ReportWithdrawal(models.Model):
    """A decision that reports do not count: why, which, and how much that was. It stays when they are restored."""

    at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    criteria = models.JSONField(help_text="what the reports had in common: day, source, pattern")
    reports = models.PositiveIntegerField()
    machines = models.PositiveIntegerField()
    findings = models.PositiveBigIntegerField()
    restored_at = models.DateTimeField(null=True)
    restored_reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.pk}: {self.reason}"


class ReportDay(models.Model):
    """How much arrived on one UTC day, and whether the centre let a day count that stood out."""

    day = models.DateField(primary_key=True)
    reports = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0, help_text="rows of findings that were kept")
    released_at = models.DateTimeField(null=True)
    released_reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return str(self.day)


class ToolReport(models.Model):
    """One run of the tool that someone agreed to report. There is no address and no time of day on purpose.

    ``source`` and ``site`` are digests of the sender's network under a key that is never written down and that is
    thrown away at midnight: they tell which reports of one day came from one place, not from which (ADR 0081).
    ``corrected_on`` is the day on which its latest revision arrived, if there was one.
    """

    report_id = models.UUIDField(primary_key=True)
    revision = models.PositiveSmallIntegerField(default=0)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the report, to know a repetition from a conflict")
    received_on = models.DateField(db_index=True)
    corrected_on = models.DateField(null=True)
    day = models.DateField(help_text="UTC day of the run, as the tool says")
    install_id = models.UUIDField(db_index=True)
    campaign = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=100, blank=True, db_index=True)
    tool_version = models.CharField(max_length=100)
    platform = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    exit_code = models.PositiveSmallIntegerField()
    findings_count = models.PositiveIntegerField()
    state = models.CharField(max_length=10, blank=True, db_index=True, help_text="counting.State; empty: not judged")
    source = models.CharField(max_length=16, blank=True, db_index=True)
    site = models.CharField(max_length=16, blank=True, db_index=True)
    is_counted = models.BooleanField(default=True, help_text="within what one source may add to public figures a day")
    withdrawal = models.ForeignKey(ReportWithdrawal, on_delete=models.PROTECT, null=True, related_name="withdrawn")

    def __str__(self) -> str:
        return str(self.report_id)


class ReportedFinding(models.Model):
    """How often one report names one family, kind of trace, action and outcome."""

    report = models.ForeignKey(ToolReport, on_delete=models.CASCADE, related_name="findings")
    family = models.CharField(max_length=100, db_index=True)
    kind = models.CharField(max_length=40)
    action = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)
    count = models.PositiveIntegerField()

    class Meta:
        """One row for each kind of finding of a report."""

        constraints: ClassVar = [
            models.UniqueConstraint("report", "family", "kind", "action", "outcome", name="one_row_a_kind_of_finding")
        ]

    def __str__(self) -> str:
        return f"{self.family} {self.kind} {self.outcome}: {self.count}"
