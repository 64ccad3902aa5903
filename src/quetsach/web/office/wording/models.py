"""Versions of texts; what a build brings is the first one and stands in its files."""

from typing import ClassVar

from django.db import models

from quetsach.core.text import LocalText
from quetsach.web.office.people.models import Person


class Wording(models.Model):
    """One text as somebody worded it; the newest of its place counts.

    ``of`` is the SHA-256 of the build's text that it stands for: when a newer build says something else there, the
    version stays readable and no longer counts.
    """

    document = models.CharField(max_length=20)
    place = models.CharField(max_length=100)
    of = models.CharField(max_length=64)
    vi = models.TextField()
    en = models.TextField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        """In the order in which they were written."""

        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["document", "place"], name="wording_of_a_place")]

    def __str__(self) -> str:
        return f"{self.document} {self.place} {self.pk}"

    @property
    def text(self) -> LocalText:
        """Both languages."""
        return LocalText(self.vi, self.en)
