"""Letters as they are written, approved, numbered and issued."""

from enum import StrEnum
from typing import ClassVar

from django.db import models

from quetsach.campaign.letters.chain import Chain, read_chain, replay
from quetsach.campaign.letters.exchange import DocumentKind
from quetsach.campaign.letters.register import MAX_SIGN_LENGTH, number_and_sign
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit


class LetterState(StrEnum):
    """How far the writing of a letter has come. Whether a second person approved it, the approvals know."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    ISSUED = "issued"
    REPLACED = "replaced"
    REVOKED = "revoked"


COVERING = "covering"
"""The purpose of a template for covering letters; the others are named as the kinds of documents."""


class Template(models.Model):
    """What a new letter begins with. ``{names in braces}`` are filled in when a letter is begun."""

    purpose = models.CharField(
        max_length=12, choices=[(p, p) for p in (*map(str, DocumentKind), COVERING)], default=DocumentKind.NEW
    )
    code = models.SlugField(max_length=60, unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, null=True, related_name="+", help_text="empty: for all")
    language = models.CharField(max_length=2, default="vi", choices=[("vi", "Tiếng Việt"), ("en", "English")])
    title = models.CharField(max_length=200)
    subject = models.CharField(max_length=400)
    body = models.TextField(max_length=100_000)
    annexes = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.title


class RegisterBook(models.Model):
    """A unit's register of a year; ``last`` is the number given last. It only grows, so there are no gaps."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="register_books")
    year = models.PositiveSmallIntegerField()
    book = models.CharField(max_length=20, default="cv")
    last = models.PositiveIntegerField(default=0)

    class Meta:
        """One row a book."""

        constraints: ClassVar = [models.UniqueConstraint("unit", "year", "book", name="one_register_a_book")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year} {self.book}: {self.last}"


class Letter(models.Model):
    """One official letter of a unit.

    ``covers`` is the letter that this one passes on as a covering letter; ``root`` the first of such a chain.
    ``earlier`` is the letter that this one replaces, revokes or adds to.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="letters")
    campaign = models.CharField(max_length=60, blank=True, db_index=True)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in DocumentKind], default=DocumentKind.NEW)
    earlier = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="later")
    covers = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="covering")
    root = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="chain")
    state = models.CharField(
        max_length=10, choices=[(s.value, s.value) for s in LetterState], default=LetterState.DRAFT
    )

    superior = models.CharField(max_length=200, blank=True)
    agency = models.CharField(max_length=200)
    place = models.CharField(max_length=100)
    sign = models.CharField(max_length=MAX_SIGN_LENGTH)
    address = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=400)
    addressees = models.TextField(max_length=20_000, help_text="one a line")
    body = models.TextField(max_length=100_000)
    annexes = models.JSONField(default=list, blank=True)
    copies = models.TextField(max_length=20_000, blank=True, help_text="one a line")
    drafting = models.CharField(max_length=100, blank=True)
    signer_powers = models.CharField(max_length=300, blank=True, help_text="one a line, at most three")
    signer_title = models.CharField(max_length=200)
    signer_name = models.CharField(max_length=200)
    language = models.CharField(max_length=2, default="vi", choices=[("vi", "Tiếng Việt"), ("en", "English")])
    asks = models.CharField(max_length=500, blank=True, help_text="what it asks, for the public page that verifies it")
    due = models.DateField(null=True, blank=True, help_text="last day on which an answer is on time (Viet Nam)")

    written_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="letters")
    written_at = models.DateTimeField()
    book = models.CharField(max_length=20, default="cv")
    year = models.PositiveSmallIntegerField(null=True)
    number = models.PositiveIntegerField(null=True)
    issued_on = models.DateField(null=True)
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=20, blank=True, help_text="verification code")
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the PDF as issued")
    signatures = models.JSONField(
        null=True, help_text="holder and authority of each certificate that signed it; null: nobody noted it"
    )

    class Meta:
        """No number is given twice in a register."""

        constraints: ClassVar = [models.UniqueConstraint("unit", "year", "book", "number", name="one_letter_a_number")]
        indexes: ClassVar = [models.Index(fields=["unit", "state"])]

    def __str__(self) -> str:
        return self.number_sign or self.subject

    @property
    def number_sign(self) -> str:
        """Number and sign as printed, ``2049/STTTT-CNTT``; empty before it is issued."""
        return number_and_sign(self.number, self.sign) if self.number else ""

    @property
    def purpose(self) -> str:
        """What a template of it would be for."""
        return COVERING if self.covers_id else self.kind

    @property
    def log_subject(self) -> str:
        """What the log and the approvals call it."""
        return f"letter:{self.pk}"

    @property
    def is_issued(self) -> bool:
        """Whether it has left the house, even if it was taken back since."""
        return self.state in (LetterState.ISSUED, LetterState.REPLACED, LetterState.REVOKED)

    @property
    def is_open(self) -> bool:
        """Whether it is still being written."""
        return self.state in (LetterState.DRAFT, LetterState.SUBMITTED)


class LetterVersion(models.Model):
    """What a letter said at each saving: nothing that was written is lost before it is issued."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    saved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()
    is_auto = models.BooleanField(default=False, help_text="kept while it was written; the next saving replaces it")

    class Meta:
        """Counted from 1 in each letter."""

        constraints: ClassVar = [models.UniqueConstraint("letter", "number", name="one_letter_version_a_number")]

    def __str__(self) -> str:
        return f"{self.letter_id}.{self.number}"


class Attachment(models.Model):
    """A file that goes with a letter; its bytes are kept under their checksum."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=150)
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        """One file a name."""

        constraints: ClassVar = [models.UniqueConstraint("letter", "name", name="one_attachment_a_name")]

    def __str__(self) -> str:
        return self.name


class PublishedLetters(models.Model):
    """The letters of an earlier campaign as far as they were published: the text of a ``letters.toml``."""

    campaign = models.SlugField(max_length=60, unique=True)
    document = models.TextField()

    def __str__(self) -> str:
        return self.campaign

    @property
    def chains(self) -> list[Chain]:
        """The letters replayed."""
        return replay(read_chain(self.document.encode(), file="letters.toml"))
