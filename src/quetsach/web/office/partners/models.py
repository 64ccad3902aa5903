"""Partners, how they count, what they sent, and the rows that are held."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import ClassVar

from django.db import models
from django.utils.functional import cached_property

from quetsach.campaign.partners.declaration import Declaration as DeclaredMethod
from quetsach.campaign.partners.declaration import read_declaration
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit

_UNIT_BITS, _DAY_BITS, _LINE_BITS = 24, 20, 19
LARGEST_LINE = (1 << _LINE_BITS) - 1


class Partner(models.Model):
    """A vendor whose product is used in the campaign."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    contact = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Token(models.Model):
    """What a partner's program signs in with. Only the SHA-256 of the random token is kept."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.partner}: {self.label}"


class Declaration(models.Model):
    """One version of how a partner counts, as it was declared; never changed."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="declarations")
    version = models.PositiveSmallIntegerField()
    first = models.DateField()
    content = models.TextField()
    added_at = models.DateTimeField()

    class Meta:
        """Versions are counted for each partner."""

        ordering: ClassVar = ["version"]
        constraints: ClassVar = [models.UniqueConstraint("partner", "version", name="one_declaration_a_version")]

    def __str__(self) -> str:
        return f"{self.partner} {self.version}"

    @cached_property
    def method(self) -> DeclaredMethod:
        """What it says."""
        return read_declaration(self.content.encode(), file=str(self))


class Line(models.Model):
    """What rows are about, but for day and place, written once instead of in every row."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="lines")
    declaration = models.ForeignKey(Declaration, on_delete=models.PROTECT, related_name="lines")
    product = models.CharField(max_length=80)
    version = models.CharField(max_length=80, blank=True)
    family = models.CharField(max_length=80, blank=True)

    class Meta:
        """One of each."""

        constraints: ClassVar = [
            models.UniqueConstraint("declaration", "product", "version", "family", name="one_line_of_each")
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.product, self.version, self.family)))


class DeliveryState(StrEnum):
    """Where a file is."""

    WAITING = "waiting"
    DONE = "done"


class Delivery(models.Model):
    """One file. ``next_line`` is where work goes on after it was broken off; the counts are those up to there."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="deliveries")
    sha256 = models.CharField(max_length=64, db_index=True)
    name = models.CharField(max_length=120)
    size_bytes = models.PositiveBigIntegerField()
    records = models.PositiveIntegerField(help_text="records in the file")
    channel = models.CharField(max_length=10)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=DeliveryState.WAITING, db_index=True)
    next_line = models.PositiveIntegerField(default=1)
    accepted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    replaced = models.PositiveIntegerField(default=0)
    set_aside = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.pk} {self.name}"

    @property
    def looked_at(self) -> int:
        """Records that something has become of."""
        return self.accepted + self.duplicates + self.replaced + self.set_aside

    @property
    def still_to_come(self) -> int:
        """Records that nothing has become of yet."""
        return self.records - self.looked_at

    @property
    def is_done(self) -> bool:
        """Whether something has become of every record."""
        return self.state == DeliveryState.DONE


class SetAside(models.Model):
    """A record that was not taken, and why."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="faults")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=20)
    column = models.CharField(max_length=10, blank=True)
    excerpt = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return f"{self.line} {self.reason}"


class HeldRow(models.Model):
    """One row that counts. ``key`` is line, day and place in one number: what makes a row itself is its primary key.

    So a row is found without a second index, and the rows of a line lie beside each other.
    """

    key = models.BigIntegerField(primary_key=True)
    line = models.ForeignKey(Line, on_delete=models.PROTECT, db_index=False, related_name="+")
    first = models.DateField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, db_index=False, related_name="+")
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, db_index=False, related_name="+")
    revision = models.PositiveSmallIntegerField()
    turns = models.PositiveIntegerField(null=True)
    machines = models.PositiveIntegerField(null=True)
    infected = models.PositiveIntegerField(null=True)
    cleaned = models.PositiveIntegerField(null=True)
    count = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.key)


def row_key(line: int, first: date, unit: int) -> int:
    """Return the key of a row.

    Raises:
        OverflowError: an identifier is beyond what the key holds (16 million units, 524 thousand lines).
    """
    if line > LARGEST_LINE or unit >> _UNIT_BITS:
        raise OverflowError(f"line {line}, unit {unit}")
    return ((line << _DAY_BITS | first.toordinal()) << _UNIT_BITS) | unit


def rows_of(lines: Sequence[int]) -> models.QuerySet[HeldRow]:
    """Return the rows of lines, as spans of the primary key; neighbouring lines are one span."""
    spans = models.Q(pk__in=[])
    shift = _DAY_BITS + _UNIT_BITS
    ordered = sorted(lines)
    begin = 0
    for place, line in enumerate(ordered):
        if place + 1 == len(ordered) or ordered[place + 1] != line + 1:
            spans |= models.Q(key__gte=ordered[begin] << shift, key__lt=(line + 1) << shift)
            begin = place + 1
    return HeldRow.objects.filter(spans)
