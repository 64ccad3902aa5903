"""Official letters: written, approved, numbered and issued; and their way down the tree, whose events are kept."""

from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Never

from django.db import models

from quetsach.campaign.letters.delivery_status import Event, EventKind
from quetsach.campaign.letters.letter import MAX_SIGN_LENGTH, Chain, DocumentKind, number_and_sign, read_chain, replay
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit

# Letters as they are written, approved, numbered and issued.


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
    due = models.DateField(null=True, blank=True, help_text="last day on which an answer is on time")

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


# A letter on its way to one unit; what happened to it is kept as events, and nothing else is.


class Channel(StrEnum):
    """How a letter reaches a unit: by mail (which holds a link), or only in the inbox of the office."""

    MAIL = "mail"
    INBOX = "inbox"


class Dispatch(models.Model):
    """One letter to one unit. ``above`` is the dispatch that the sender passed on; none where the issuer sent it.

    ``link_number`` is part of the signed link: raising it makes older links void.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="dispatches")
    from_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="sent_dispatches")
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="received_dispatches")
    above = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="below")
    level = models.PositiveSmallIntegerField(help_text="of the receiver in the tree of the day")
    channel = models.CharField(max_length=5, choices=[(c.value, c.value) for c in Channel])
    note = models.TextField(max_length=2000, blank=True, help_text="covering words of who passed it on")
    own_due = models.DateField(null=True, help_text="asked for by who passed it on; null: as the letter asks")
    sent_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    link_number = models.PositiveSmallIntegerField(default=1)
    link_until = models.DateTimeField()
    copy_sha256 = models.CharField(
        max_length=64, blank=True, help_text="of this unit's own copy; empty until it is made"
    )

    class Meta:
        """A unit gets a letter once, however many pass it on."""

        constraints: ClassVar = [models.UniqueConstraint("letter", "to_unit", name="one_dispatch_a_unit")]
        indexes: ClassVar = [models.Index(fields=["letter", "copy_sha256"])]

    def __str__(self) -> str:
        return f"{self.letter_id} > {self.to_unit_id}"

    @property
    def due(self) -> date | None:
        """The last day on which this unit's answer is on time (Viet Nam)."""
        return self.own_due or self.letter.due


class DispatchEvent(models.Model):
    """One thing that happened. Rows are added and never changed."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=[(h.value, h.value) for h in EventKind])
    at = models.DateTimeField()
    reason = models.CharField(max_length=1000, blank=True)
    via = models.CharField(max_length=10, help_text="mail, inbox, link, centre, return")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.dispatch_id} {self.kind}"

    def save(self, *args: Any, **named: Any) -> None:
        """Add the row.

        Raises:
            TypeError: it is there already.
        """
        if not self._state.adding:
            raise TypeError("what happened cannot be changed")
        super().save(*args, **named)

    def delete(self, *_: Any, **__: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        raise TypeError("what happened cannot be taken out")

    @property
    def event(self) -> Event:
        """The event as the rules know it."""
        return Event(EventKind(self.kind), self.at, self.reason)


class Reminder(models.Model):
    """That a unit was reminded; ``day`` is that of the plan: -3 is three days before the letter is due."""

    dispatch = models.ForeignKey(Dispatch, on_delete=models.CASCADE, related_name="reminders")
    day = models.SmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        """Never twice of the same."""

        constraints: ClassVar = [models.UniqueConstraint("dispatch", "day", name="one_reminder_a_day")]

    def __str__(self) -> str:
        return f"{self.dispatch_id} {self.day:+}"


class ParentDigest(models.Model):
    """That a unit was told which of its units are late with a letter."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="digests")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    day = models.SmallIntegerField()
    late = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        """Never twice of the same."""

        constraints: ClassVar = [models.UniqueConstraint("letter", "unit", "day", name="one_digest_a_unit_and_day")]

    def __str__(self) -> str:
        return f"{self.letter_id} {self.unit_id} {self.day:+}"
