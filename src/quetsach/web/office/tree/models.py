"""Units, who reports to whom and since when, what succeeded what, groups and contacts."""

from datetime import date, timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from quetsach.campaign.units.table import MAX_EXCHANGE
from quetsach.campaign.units.unit import UnitKind
from quetsach.core.text import LocalText
from quetsach.web.design.words import here

# What kinds of units are called on a page.

UNIT_KIND_TITLES = {
    UnitKind.CENTRE: _("Coordinating centre"),
    UnitKind.PROVINCE: _("Province or city"),
    UnitKind.DISTRICT: _("District"),
    UnitKind.COMMUNE: _("Commune, ward or special zone"),
    UnitKind.MINISTRY: _("Ministry"),
    UnitKind.AGENCY: _("Agency"),
    UnitKind.ENTERPRISE: _("Enterprise"),
}
UNIT_COLUMN_TITLES = {
    "key": _("Key"),
    "code": _("Code"),
    "name_vi": _("Name in Vietnamese"),
    "name_en": _("Name in English"),
    "kind": _("Kind"),
    "parent": _("Reports to"),
    "opened": _("Since"),
    "closed": _("Until"),
    "decree": _("Decree"),
}
"""What a column of the table of units is called on a page; in the file it has its short name."""


# Units, who reports to whom and since when, what succeeded what, groups and contacts.

__all__ = [
    "Contact",
    "DatedQuerySet",
    "Edge",
    "Group",
    "GroupSet",
    "ImportDraft",
    "Membership",
    "Position",
    "Succession",
    "Unit",
    "UnitKind",
]


class Unit(models.Model):
    """A unit for as long as it is the same one. Codes are used again with a new meaning, so ``key`` has the year."""

    key = models.SlugField(max_length=40, unique=True, help_text="code and year of opening, such as 31-2025")
    code = models.CharField(max_length=30, db_index=True)
    name_vi = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in UnitKind])
    opened = models.DateField()
    closed = models.DateField(null=True, blank=True, help_text="first day on which it is no more")
    decree = models.CharField(max_length=200, blank=True)
    exchange_code = models.CharField(
        max_length=MAX_EXCHANGE, blank=True, help_text="in the exchange of electronic documents"
    )

    class Meta:
        """A code means one unit at a time."""

        constraints: ClassVar = [models.UniqueConstraint("code", "opened", name="one_unit_a_code_and_day")]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name with the key, which tells units of one name apart; the centre is one of a kind."""
        return self.name if self.kind == UnitKind.CENTRE else f"{self.name} ({self.key})"

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return str(here(LocalText(self.name_vi, self.name_en or self.name_vi)))

    @property
    def last_day(self) -> date | None:
        """The last day on which it was there; ``None`` while it is."""
        return self.closed - timedelta(days=1) if self.closed else None


class DatedQuerySet[M: models.Model](models.QuerySet[M]):
    """Rows with ``first`` and ``until`` (exclusive; none: still so)."""

    def on(self, day: date) -> Self:
        """Keep what holds on a day."""
        return self.filter(Q(until=None) | Q(until__gt=day), first__lte=day)


class Edge(models.Model):
    """That a unit reports to another, from a day until a day."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="edges")
    parent = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="child_edges")
    first = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = DatedQuerySet["Edge"].as_manager()

    def __str__(self) -> str:
        return f"{self.unit_id} < {self.parent_id} {self.first}..{self.until or ''}"


class Position(models.Model):
    """Where a unit stands in the tree in a span of days; follows from the edges and is rebuilt with them.

    A subtree on a day is all positions of that day whose path begins with that of its top.
    """

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="positions")
    parent = models.ForeignKey(Unit, on_delete=models.CASCADE, null=True, related_name="child_positions")
    path = models.CharField(max_length=400, db_index=True)
    level = models.PositiveSmallIntegerField()
    first = models.DateField()
    until = models.DateField(null=True)

    objects = DatedQuerySet["Position"].as_manager()

    class Meta:
        """Looked up by unit and by parent; totals read a unit's place from the index alone."""

        indexes: ClassVar = [
            models.Index(fields=["unit", "first", "until", "level", "path"], name="unit_place"),
            models.Index(fields=["parent", "first"]),
        ]

    def __str__(self) -> str:
        return self.path


class Succession(models.Model):
    """That a unit took over from another: all of it, or a share of its people and machines."""

    old = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="successors")
    new = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="predecessors")
    on = models.DateField()
    decree = models.CharField(max_length=200, blank=True)
    share = models.DecimalField(max_digits=7, decimal_places=6, default=1)

    class Meta:
        """One row a pair."""

        constraints: ClassVar = [models.UniqueConstraint("old", "new", name="one_succession_a_pair")]

    def __str__(self) -> str:
        return f"{self.old_id} > {self.new_id}"


class GroupSet(models.Model):
    """A way to divide units across the tree, such as by sector; a unit is in at most one group of a set at a time."""

    code = models.SlugField(max_length=40, unique=True)
    name_vi = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return str(here(LocalText(self.name_vi, self.name_en or self.name_vi)))


class Group(models.Model):
    """One part of a set."""

    group_set = models.ForeignKey(GroupSet, on_delete=models.CASCADE, related_name="groups")
    code = models.SlugField(max_length=40)
    name_vi = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100, blank=True)

    class Meta:
        """Codes are unique in their set."""

        constraints: ClassVar = [models.UniqueConstraint("group_set", "code", name="one_group_a_code")]

    def __str__(self) -> str:
        return self.code

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return str(here(LocalText(self.name_vi, self.name_en or self.name_vi)))


class Membership(models.Model):
    """That a unit belongs to a group, from a day until a day."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    first = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = DatedQuerySet["Membership"].as_manager()

    def __str__(self) -> str:
        return f"{self.unit_id} in {self.group_id}"


class ImportDraft(models.Model):
    """A file that somebody looks at before it is applied; one a person, gone when it is applied or thrown away."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    content = models.BinaryField()
    received = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """How a unit is reached."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=100, blank=True)
    title = models.CharField(max_length=100, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    is_primary = models.BooleanField(default=False)
    bounced_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.email}".strip()
