"""Writing a letter: begin from a template, save, ask a second person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from quetsach.campaign.authority import Permission
from quetsach.campaign.errors import IncompleteError, LetterError
from quetsach.campaign.letters.letter import DocumentKind
from quetsach.web.design.words import day as written_day
from quetsach.web.office.approvals.services import approval_ask, approvals_void
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.editions import refuse_clash
from quetsach.web.office.letters.content import WRITTEN_FIELDS, content_of, digest_of, text_of, written
from quetsach.web.office.letters.document.pdf import render
from quetsach.web.office.letters.models import COVERING, Attachment, Letter, LetterState, LetterVersion, Template
from quetsach.web.office.letters.selectors.draft import issuer_of, open_points
from quetsach.web.office.letters.services.templates import fill_in
from quetsach.web.office.log.services import log_append
from quetsach.web.office.people.access import require, today
from quetsach.web.office.people.models import Person
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.tree.selectors import position_of

MAX_ATTACHMENT_BYTES = 10 * 1024 * 1024
MAX_ATTACHMENTS = 10
ATTACHMENT_BEGINNINGS: Mapping[str, bytes] = {".pdf": b"%PDF-", ".docx": b"PK\x03\x04", ".xlsx": b"PK\x03\x04"}
"""Which files may go with a letter, and how each begins."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a new letter refers to: the one it passes on (``covers``), or replaces, revokes or adds to (``earlier``)."""

    covers: Letter | None = None
    earlier: Letter | None = None
    kind: DocumentKind = DocumentKind.NEW

    @property
    def purposes(self) -> tuple[str, ...]:
        """What the templates are for that such a letter may begin with; the most fitting first.

        Only a revocation does not begin as a new letter does: it asks for nothing.
        """
        own = COVERING if self.covers else self.kind
        return (own,) if own in (DocumentKind.NEW, DocumentKind.REVOCATION) else (own, DocumentKind.NEW)


@transaction.atomic
def letter_begin(
    *,
    unit: Unit,
    template: Template | None,
    campaign: str,
    by: Person,
    now: datetime,
    reference: Reference | None = None,
) -> Letter:
    """Begin a letter of a unit; the issuer is filled in as in the unit's last letter.

    Raises:
        AccessError: not this person's to do.
        LetterError: the earlier letter is another unit's or was never issued.
    """
    require(by, Permission.WRITE_LETTER, unit, day=today(now))
    reference = reference or Reference()
    _check_reference(reference, unit)
    letter = Letter(unit=unit, campaign=campaign[:60], written_by=by, written_at=now)
    letter.kind, letter.earlier, letter.covers = reference.kind, reference.earlier, reference.covers
    if reference.covers:
        letter.root = reference.covers.root or reference.covers
        letter.campaign = letter.campaign or reference.covers.campaign
        received = reference.covers.dispatches.filter(to_unit=unit).first()
        asked = received.due if received else reference.covers.due
        letter.due = asked if asked and asked >= today(now) else None
    letter.language = template.language if template else letter.language
    _fill_issuer(letter, today(now))
    if template:
        letter.subject, letter.body, letter.annexes = template.subject, template.body, template.annexes
        fill_in(letter, today(now))
    letter.save()
    _keep_version(letter, by, now)
    log_append(by=by, act="letter-begin", subject=letter.log_subject, unit=unit, detail={}, now=now)
    return letter


@transaction.atomic
def letter_save(
    *,
    letter: Letter,
    content: Mapping[str, Any],
    by: Person,
    now: datetime,
    edition: str = "",
    is_auto: bool = False,
) -> Letter:
    """Save what was written, half-written or not.

    A letter that waits for its approval becomes a draft again: other content, other approval.

    Args:
        letter: one that was not issued.
        content: fields of ``WRITTEN_FIELDS``, and ``due``.
        by: who writes.
        now: the time (UTC).
        edition: what the form was opened on.
        is_auto: nobody pressed a button: the version stands until the person's next saving takes its place.

    Raises:
        AccessError: not this person's to do.
        ClashError: somebody saved it since ``edition``.
        LetterError: it was issued, or waits for its approval, which only a person takes back.
    """
    letter = _open_letter(letter)
    require(by, Permission.WRITE_LETTER, letter.unit, day=today(now))
    refuse_clash(edition, written(letter))
    if is_auto and letter.state != LetterState.DRAFT:
        raise LetterError(_("the letter waits for its approval"), hint=_("press the button to make it a draft again"))
    before = letter.language
    for name in (*WRITTEN_FIELDS, "due"):
        if name in content:
            setattr(letter, name, content[name])
    if letter.language != before:
        _follow_language(letter, before, today(now))
    fill_in(letter, today(now))
    letter.state = LetterState.DRAFT
    letter.save()
    approvals_void(kind="letter", subject=letter.log_subject, by=by, now=now)
    is_first = _keep_version(letter, by, now, is_auto=is_auto)
    if is_auto and not is_first:
        return letter
    log_append(
        by=by,
        act="letter-save",
        subject=letter.log_subject,
        unit=letter.unit,
        detail={"digest": digest_of(letter)},
        now=now,
    )
    return letter


@transaction.atomic
def letter_restore(*, version: LetterVersion, by: Person, now: datetime, edition: str) -> Letter:
    """Let a letter say again what it said in a version; the files with it stay as they are.

    Raises:
        AccessError: not this person's to do.
        ClashError: somebody saved the letter since ``edition``.
        LetterError: it was issued.
    """
    content = {name: version.content[name] for name in WRITTEN_FIELDS if name != "kind"}
    due = version.content.get("due")
    content["due"] = date.fromisoformat(due) if due else None
    return letter_save(letter=version.letter, content=content, by=by, now=now, edition=edition)


@transaction.atomic
def letter_submit(*, letter: Letter, by: Person, now: datetime) -> Letter:
    """Ask for the approval of exactly what the letter says now.

    Raises:
        AccessError: not this person's to do.
        IncompleteError: its due day is over, or a place in it is still to be filled in.
        LetterError: it was issued.
        DocumentError: it cannot be printed.
    """
    letter = _open_letter(letter)
    require(by, Permission.WRITE_LETTER, letter.unit, day=today(now))
    refuse_dissolved(letter, today(now))
    if points := open_points(letter, day=today(now)):
        raise IncompleteError(
            "; ".join(f"{point.label}: {point.what}" for point in points),
            hint=_("complete the letter first"),
        )
    render(text_of(letter))
    letter.state = LetterState.SUBMITTED
    letter.save(update_fields=["state"])
    approval_ask(
        kind="letter",
        subject=letter.log_subject,
        digest=digest_of(letter),
        title=f"{letter.agency}: {letter.subject}"[:300],
        by=by,
        unit=letter.unit,
        now=now,
    )
    return letter


@transaction.atomic
def attachment_add(*, letter: Letter, name: str, content: bytes, by: Person, now: datetime) -> Attachment:
    """Put a file with a letter.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter was issued, or the file is too large or of a kind that does not go with letters.
    """
    letter = _open_letter(letter)
    require(by, Permission.WRITE_LETTER, letter.unit, day=today(now))
    name = " ".join(name.split())
    ending = name[name.rfind(".") :].lower()
    if not name.isprintable() or "/" in name or len(name) > 150 or ending not in ATTACHMENT_BEGINNINGS:
        raise LetterError(_("this file cannot go with a letter"), hint=_("PDF, DOCX or XLSX with a short name"))
    if len(content) > MAX_ATTACHMENT_BYTES or letter.attachments.count() >= MAX_ATTACHMENTS:
        raise LetterError(_("too many or too large files"), hint=_("at most ten, of 10 MB each"))
    if not content.startswith(ATTACHMENT_BEGINNINGS[ending]):
        raise LetterError(_("the file is not what its name says"), hint=_("save it again as PDF, DOCX or XLSX"))
    (sha256,) = LETTERS.put([content])
    kept, is_new = Attachment.objects.update_or_create(
        letter=letter, name=name, defaults={"size_bytes": len(content), "sha256": sha256}
    )
    _back_to_draft(letter, by, now, {"added" if is_new else "replaced": name, "sha256": sha256})
    return kept


@transaction.atomic
def attachment_remove(*, attachment: Attachment, by: Person, now: datetime) -> None:
    """Take a file from a letter.

    Raises:
        AccessError: not this person's to do.
        LetterError: the letter was issued.
    """
    letter = _open_letter(attachment.letter)
    require(by, Permission.WRITE_LETTER, letter.unit, day=today(now))
    attachment.delete()
    _back_to_draft(letter, by, now, {"removed": attachment.name})


def refuse_dissolved(letter: Letter, day: date) -> None:
    """Refuse that successors let out a letter in the name of a unit that is no more, whose drafts they see.

    Raises:
        LetterError: the unit does not stand in the tree of the day.
    """
    if position_of(letter.unit, day) is None:
        raise LetterError(
            _("a unit that is no more issues no letters"), hint=_("write it anew for the unit that succeeded it")
        )


def refuse_past_due(due: date | None, day: date) -> None:
    """Refuse to ask for an answer by a day that is over; today is not.

    Raises:
        LetterError: it is over.
    """
    if due and due < day:
        raise LetterError(
            _("the day to answer by, %(due)s, is over") % {"due": written_day(due)},
            hint=_("choose today or a later day"),
        )


def _open_letter(letter: Letter) -> Letter:
    """Return the letter as it is stored now, held until the transaction ends."""
    letter = Letter.objects.select_for_update().get(pk=letter.pk)
    if not letter.is_open:
        raise LetterError(
            _("%(number)s was issued and cannot be changed") % {"number": letter.number_sign},
            hint=_("replace or revoke it with a new letter"),
        )
    return letter


def _check_reference(reference: Reference, unit: Unit) -> None:
    earlier = reference.earlier
    if (reference.kind is DocumentKind.NEW) == (earlier is not None):
        raise LetterError(_("a new letter refers to no earlier one, every other kind does"))
    if earlier and (earlier.unit_id != unit.pk or earlier.state != LetterState.ISSUED):
        raise LetterError(_("only a unit's own letter that was issued and still holds can be changed by a new one"))
    if reference.covers and not reference.covers.is_issued:
        raise LetterError(_("only a letter that was issued can be passed on"))


def _fill_issuer(letter: Letter, day: date) -> None:
    for name, value in issuer_of(letter, day).items():
        setattr(letter, name, value)


def _follow_language(letter: Letter, before: str, day: date) -> None:
    """Name the issuer in the letter's new language where nobody has typed another name over what was filled in."""
    language = letter.language
    letter.language = before
    filled = issuer_of(letter, day)
    letter.language = language
    for name, value in issuer_of(letter, day).items():
        if getattr(letter, name) == filled[name]:
            setattr(letter, name, value)


def _back_to_draft(letter: Letter, by: Person, now: datetime, detail: dict[str, Any]) -> None:
    letter.state = LetterState.DRAFT
    letter.save(update_fields=["state"])
    approvals_void(kind="letter", subject=letter.log_subject, by=by, now=now)
    _keep_version(letter, by, now)
    log_append(by=by, act="letter-attach", subject=letter.log_subject, unit=letter.unit, detail=detail, now=now)


def _keep_version(letter: Letter, by: Person, now: datetime, *, is_auto: bool = False) -> bool:
    """Keep what the letter says; whether that is one more version. One that kept itself gives way to the next."""
    last = letter.versions.order_by("-number").first()
    digest = digest_of(letter)
    gives_way = last is not None and last.is_auto and last.saved_by_id == by.pk
    if last and last.digest == digest and (is_auto or not last.is_auto):
        return False
    number = 1 if last is None else last.number + (not gives_way)
    said = {"content": content_of(letter), "digest": digest, "saved_by": by, "saved_at": now, "is_auto": is_auto}
    LetterVersion.objects.update_or_create(letter=letter, number=number, defaults=said)
    return not gives_way
