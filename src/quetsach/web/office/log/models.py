"""The log: each entry holds the digest of the one before it."""

from django.conf import settings
from django.db import models


class LogEntry(models.Model):
    """One thing that was done. ``person_name`` stays readable when the person has left."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    person_name = models.CharField(max_length=100)
    act = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=100, db_index=True)
    unit = models.ForeignKey("office_units.Unit", on_delete=models.PROTECT, null=True, related_name="+")
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number} {self.act} {self.subject}"
