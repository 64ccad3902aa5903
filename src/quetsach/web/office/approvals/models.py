"""Approvals: what was asked for, by whom, and what another person decided."""

from collections.abc import Mapping

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit

# What is approved.

APPROVAL_TITLES: Mapping[str, str | Promise] = {
    "letter": _("Official letter"),
    "numbers": _("Figures for publication"),
    "packs": _("Signed packs"),
    "kit": _("Publicity kit"),
    "campaign": _("Step of the campaign"),
    "baseline": _("Baseline of the campaign"),
    "assignment": _("Returns asked of many units"),
    "decision": _("Decision of the campaign"),
    "other-tools": _("Tools of others"),
    "accounts": _("List of stolen accounts"),
}


class Approval(models.Model):
    """That somebody asked for exactly this content (``digest``) to be let out. No verdict: nobody has decided yet.

    Refused by nobody: what was asked for has changed since, or something newer took its place.
    """

    kind = models.CharField(max_length=20, db_index=True)
    subject = models.CharField(max_length=100, db_index=True)
    digest = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="approvals")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="asked_approvals")
    asked_at = models.DateTimeField()
    is_granted = models.BooleanField(null=True)
    reason = models.TextField(blank=True, max_length=2000)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="decided_approvals")
    decided_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def kind_title(self) -> str | Promise:
        """What this kind of approval is called."""
        return APPROVAL_TITLES[self.kind]

    @property
    def is_overtaken(self) -> bool:
        """Whether it ended without anybody's decision."""
        return self.is_granted is False and self.decided_by_id is None
