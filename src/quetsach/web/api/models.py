"""What is kept of a tool report: counts under two random codes, and nothing about who sent it."""

from typing import ClassVar

from django.db import models


class ToolReport(models.Model):
    """One run of the tool that someone agreed to report. There is no address and no time of day on purpose."""

    report_id = models.UUIDField(primary_key=True)
    digest = models.BinaryField(max_length=32, help_text="SHA-256 of the report, to know a repetition from a conflict")
    received_on = models.DateField(db_index=True)
    day = models.DateField(help_text="UTC day of the run, as the tool says")
    install_id = models.UUIDField(db_index=True)
    campaign = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=100, blank=True)
    tool_version = models.CharField(max_length=100)
    platform = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    exit_code = models.PositiveSmallIntegerField()
    findings_count = models.PositiveIntegerField()

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
