"""A stored letter as the document that is printed, and as the content that is approved."""

import hashlib
import json
import re
from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from quetsach.campaign.letters.letter import DocumentKind, ExchangeHeader
from quetsach.web.identity import help_line, site
from quetsach.web.office.letters.document.letter import (
    MOST_HELP_CHARACTERS,
    Annex,
    Change,
    ChangeKind,
    Issuer,
    Language,
    LetterText,
    Reference,
    Signer,
    Standing,
    Verification,
)
from quetsach.web.office.letters.models import Letter, LetterState, LetterVersion
from quetsach.web.office.tree.models import Unit

WRITTEN_FIELDS = (
    "campaign",
    "kind",
    "superior",
    "agency",
    "place",
    "sign",
    "address",
    "subject",
    "addressees",
    "body",
    "annexes",
    "copies",
    "drafting",
    "signer_powers",
    "signer_title",
    "signer_name",
    "language",
    "asks",
)
"""What a person writes. What is approved is these, the due day, the letters it refers to and the attachments."""

_ADDED_ANYWAY = re.compile(r"(?:-\s*)?(?:như trên|as above|(?:lưu|filed)\s*:.*)[;.]?", re.IGNORECASE)
"""Lines of the list of recipients that every letter gets by itself; whoever types them out of habit gets them once."""
_STANDINGS = {
    LetterState.ISSUED: Standing.ISSUED,
    LetterState.REPLACED: Standing.REPLACED,
    LetterState.REVOKED: Standing.REVOKED,
}
_CHANGES = {DocumentKind.REPLACEMENT: ChangeKind.REPLACES, DocumentKind.REVOCATION: ChangeKind.REVOKES}


def content_of(letter: Letter) -> dict[str, Any]:
    """Return everything that the letter says, as JSON values."""
    content: dict[str, Any] = {name: getattr(letter, name) for name in WRITTEN_FIELDS}
    content["due"] = letter.due.isoformat() if letter.due else None
    content["earlier"], content["covers"] = letter.earlier_id, letter.covers_id
    content["attachments"] = [list(row) for row in letter.attachments.order_by("name").values_list("name", "sha256")]
    return content


def written(letter: Letter) -> dict[str, Any]:
    """Return what the form of a letter changes, by the names of its fields."""
    return _form_values({name: getattr(letter, name) for name in (*WRITTEN_FIELDS, "due")})


def written_then(version: LetterVersion) -> dict[str, Any]:
    """Return what a version said, as :func:`written` does."""
    due = version.content.get("due")
    values = {name: version.content.get(name, "") for name in WRITTEN_FIELDS}
    return _form_values(values | {"due": date.fromisoformat(due) if due else None})


def _form_values(values: dict[str, Any]) -> dict[str, Any]:
    del values["kind"]
    for number, annex in enumerate(values.pop("annexes") or (), 1):
        values[f"annex_title_{number}"], values[f"annex_body_{number}"] = annex["title"], annex["body"]
    return values


def digest_of(letter: Letter) -> str:
    """Return the SHA-256 in hex of what the letter says: what is approved is exactly this."""
    text = json.dumps(content_of(letter), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(letter: Letter) -> LetterText:
    """Return the letter as it is printed.

    Raises:
        DocumentError: something in it cannot be printed.
    """
    later = letter.later.filter(state=LetterState.ISSUED).order_by("issued_at").last() if letter.pk else None
    head = settings.COUNTRY.letterhead
    return LetterText(
        state=head.state.in_language(letter.language),
        motto=head.motto.in_language(letter.language),
        issuer=Issuer(letter.superior, letter.agency, letter.place, letter.sign, letter.address),
        subject=letter.subject,
        addressees=_lines(letter.addressees),
        body=letter.body.replace("\r\n", "\n"),
        signer=Signer(_lines(letter.signer_powers), letter.signer_title, letter.signer_name),
        number=letter.number,
        day=letter.issued_on,
        copies=tuple(line for line in _lines(letter.copies) if not _ADDED_ANYWAY.fullmatch(line)),
        drafting=letter.drafting,
        changes=_changes(letter),
        annexes=tuple(
            Annex(annex["title"], annex["body"], annex.get("is_landscape", False)) for annex in letter.annexes
        ),
        verification=verification_of(letter) if letter.code else None,
        standing=_STANDINGS.get(LetterState(letter.state), Standing.DRAFT),
        superseded_by=_reference(later)
        if later and not letter.is_open and letter.state != LetterState.ISSUED
        else None,
        help_line=help_line(letter.language).sentence(letter.language, most=MOST_HELP_CHARACTERS),
        language=Language(letter.language),
    )


def verification_of(letter: Letter) -> Verification:
    """Return where a reader checks a letter."""
    with override(letter.language):
        return Verification(site() + reverse("verification", args=[letter.code]), letter.code)


def header_of(letter: Letter, receivers: list[Unit]) -> ExchangeHeader:
    """Return what the exchange of documents asks of an issued letter.

    Raises:
        LetterError: it was not issued, or a code is none.
    """
    return ExchangeHeader(
        document_id=f"{letter.unit.key}-{letter.year}-{letter.book}-{letter.number}",
        number=letter.number or 0,
        sign=letter.sign,
        issued_on=letter.issued_on or letter.written_at.date(),
        subject=letter.subject,
        sender=letter.unit.exchange_code,
        receivers=tuple(unit.exchange_code for unit in receivers if unit.exchange_code),
        kind=DocumentKind(letter.kind),
        sha256=letter.sha256,
        earlier_document_id=_earlier_id(letter.earlier),
        without_code=tuple(unit.key for unit in (letter.unit, *receivers) if not unit.exchange_code),
    )


def _earlier_id(earlier: Letter | None) -> str:
    return f"{earlier.unit.key}-{earlier.year}-{earlier.book}-{earlier.number}" if earlier else ""


def _changes(letter: Letter) -> tuple[Change, ...]:
    change = _CHANGES.get(DocumentKind(letter.kind))
    return (Change(change, _reference(letter.earlier)),) if change and letter.earlier else ()


def _reference(letter: Letter) -> Reference:
    return Reference(letter.number_sign, letter.issued_on or letter.written_at.date(), letter.agency)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
