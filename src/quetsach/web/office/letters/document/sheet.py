"""A letter with every word in place: what both printers, PDF and DOCX, set without a thought of their own.

Words that every letter has stand here in both languages, and how days and numbers are written.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from quetsach.core.period import day_text
from quetsach.web.office.letters.document.letter import (
    ChangeKind,
    Language,
    LetterText,
    Personal,
    Reference,
    Standing,
    Verification,
)
from quetsach.web.office.letters.document.markup import Block, Paragraph, Run, parse
from quetsach.web.office.letters.document.typesetter import LANDSCAPE_TEXT_MM, TEXT_MM, fitted

_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True, slots=True)
class Words:
    """Patterns for ``str.format``."""

    number: str
    subject: str
    to: str
    copies: str
    as_above: str
    filed: str
    annex: str
    attached: str
    letter: str
    changes: Mapping[ChangeKind, str]
    standings: Mapping[Standing, str]
    superseded: Mapping[Standing, str]
    verify: str
    code: str
    signed_at: str
    help_line: str


VIETNAMESE = Words(
    number="Số: {}",
    subject="V/v {}",
    to="Kính gửi:",
    copies="Nơi nhận:",
    as_above="Như trên",
    filed="Lưu: VT",
    annex="Phụ lục",
    attached="(Kèm theo {})",
    letter="Công văn số {number} {day} của {agency}",
    changes={
        ChangeKind.REPLACES: "Công văn này thay thế {}.",
        ChangeKind.REVOKES: "Công văn này thu hồi {}.",
    },
    standings={Standing.DRAFT: "DỰ THẢO", Standing.REVOKED: "ĐÃ THU HỒI", Standing.REPLACED: "ĐÃ THAY THẾ"},
    superseded={Standing.REVOKED: "Đã bị thu hồi theo {}", Standing.REPLACED: "Đã được thay thế bằng {}"},
    verify="Kiểm tra văn bản tại: {}",
    code="Mã xác minh: {}",
    signed_at="Thời gian ký: {}",
    help_line="Cần hỗ trợ: {}",
)
ENGLISH = Words(
    number="No.: {}",
    subject="Re: {}",
    to="To:",
    copies="Recipients:",
    as_above="As above",
    filed="Filed: Archives",
    annex="Annex",
    attached="(Attached to {})",
    letter="Official Letter No. {number} {day} of {agency}",
    changes={
        ChangeKind.REPLACES: "This letter replaces {}.",
        ChangeKind.REVOKES: "This letter revokes {}.",
    },
    standings={Standing.DRAFT: "DRAFT", Standing.REVOKED: "REVOKED", Standing.REPLACED: "REPLACED"},
    superseded={Standing.REVOKED: "Revoked by {}", Standing.REPLACED: "Replaced by {}"},
    verify="Check this document at: {}",
    code="Verification code: {}",
    signed_at="Signed at: {}",
    help_line="Need help? {}",
)
WORDS: Mapping[Language, Words] = {Language.VIETNAMESE: VIETNAMESE, Language.ENGLISH: ENGLISH}


def number_sign(number: int | None, symbol: str) -> str:
    """Return "2049/STTTT-CNTT": below ten with a zero before, an open place if there is no number yet."""
    return f"{'          ' if number is None else f'{number:02}'}/{symbol}"


def day_phrase(day: date | None, language: Language) -> str:
    """Return "ngày 06 tháng 10 năm 2020": days below ten and the months one and two with a zero before."""
    if language is Language.ENGLISH:
        return "          " if day is None else day_text(day, "en")
    if day is None:
        return "ngày      tháng      năm          "
    return f"ngày {day.day:02} tháng {f'{day.month:02}' if day.month < 3 else day.month} năm {day.year}"


def reference_phrase(reference: Reference, language: Language) -> str:
    """Return how another letter is named in a sentence."""
    return letter_phrase(reference.number_sign, reference.day, reference.agency, language)


def letter_phrase(sign: str, day: date | None, agency: str, language: Language) -> str:
    """Return how a letter is named in a sentence."""
    dated = day_phrase(day, language) if language is Language.VIETNAMESE else f"dated {day_phrase(day, language)}"
    return WORDS[language].letter.format(number=sign, day=dated, agency=agency)


def roman(number: int) -> str:
    """Return a number below forty in Roman numerals."""
    text = ""
    for value, sign in _ROMAN:
        times, number = divmod(number, value)
        text += sign * times
    return text


@dataclass(frozen=True, slots=True)
class SheetAnnex:
    """One annex: its heading lines and blocks."""

    heading: str
    title: str
    reference: str
    blocks: tuple[Block, ...]
    is_landscape: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What the foot of the first page says of how to verify the paper."""

    url: str
    where: str
    code: str


@dataclass(frozen=True, slots=True)
class Copy:
    """What differs from one recipient's copy to the next."""

    addressees: tuple[str, ...]
    check: Check | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a letter, from top to bottom, the same for all its recipients."""

    language: str
    document_title: str
    author: str
    superior: str
    agency: str
    state: str
    motto: str
    number: str
    subject: str
    dated: str
    to: str
    blocks: tuple[Block, ...]
    copies_label: str
    copies: tuple[str, ...]
    powers: tuple[str, ...]
    title: str
    name: str
    address: str
    help_line: str
    annexes: tuple[SheetAnnex, ...]
    mark: str
    note: str


def compose(letter: LetterText) -> Sheet:
    """Put the words in place.

    Raises:
        DocumentError: the markup of the body or of an annex is damaged.
    """
    words, issuer, signer = WORDS[letter.language], letter.issuer, letter.signer
    sign = number_sign(letter.number, _nfc(issuer.symbol))
    subject = words.subject.format(_nfc(letter.subject))
    mark = words.standings.get(letter.standing, "")
    return Sheet(
        language=letter.language,
        document_title=_nfc(letter.subject) if letter.number is None else f"{sign}: {_nfc(letter.subject)}",
        author=_nfc(issuer.agency),
        superior=_nfc(issuer.superior).upper(),
        agency=_nfc(issuer.agency).upper(),
        state=_nfc(letter.state),
        motto=_nfc(letter.motto),
        number=words.number.format(sign),
        subject=subject,
        dated=f"{_nfc(issuer.place)}, {day_phrase(letter.day, letter.language)}",
        to=words.to,
        blocks=fitted(_with_changes(letter), whole_mm=TEXT_MM),
        copies_label=words.copies,
        copies=_copies(letter),
        powers=tuple(_nfc(line).upper() for line in signer.powers),
        title=_nfc(signer.title).upper(),
        name=_nfc(signer.name),
        address=_nfc(issuer.address),
        help_line=words.help_line.format(_nfc(letter.help_line)) if letter.help_line else "",
        annexes=tuple(_annexes(letter, sign)),
        mark=mark,
        note=_note(letter),
    )


def own_copy(letter: LetterText) -> Copy:
    """Return the copy that names all addressees."""
    return _copy(letter.addressees, letter.verification, letter.language)


def personal_copy(letter: LetterText, personal: Personal) -> Copy:
    """Return one recipient's copy."""
    addressees = (personal.addressee,) if personal.addressee else letter.addressees
    return _copy(addressees, personal.verification, letter.language)


def _copy(addressees: Iterable[str], verification: Verification | None, language: Language) -> Copy:
    names = tuple(_nfc(name).strip().rstrip(".;") for name in addressees)
    lines = names if len(names) == 1 else _listed(names)
    if verification is None:
        return Copy(lines, None)
    words = WORDS[language]
    address = verification.url.split("://", 1)[1]
    return Copy(lines, Check(verification.url, words.verify.format(address), words.code.format(verification.code)))


def _listed(names: tuple[str, ...]) -> tuple[str, ...]:
    return (*(f"- {name};" for name in names[:-1]), f"- {names[-1]}.")


def _copies(letter: LetterText) -> tuple[str, ...]:
    words = WORDS[letter.language]
    names = (words.as_above, *(_nfc(name).strip().rstrip(".;") for name in letter.copies))
    filed = ", ".join(filter(None, (words.filed, _nfc(letter.drafting).strip().rstrip("."))))
    return (*(f"- {name};" for name in names), f"- {filed}.")


def _with_changes(letter: LetterText) -> tuple[Block, ...]:
    """The letters that this one replaces are named before the closing line, which ends in "./." by custom."""
    blocks, changes = parse(letter.body), tuple(_changes(letter))
    is_closed = len(blocks) > 1 and letter.body.rstrip().endswith("./.")
    at = len(blocks) - is_closed
    return (*blocks[:at], *changes, *blocks[at:])


def _changes(letter: LetterText) -> Iterable[Paragraph]:
    for change in letter.changes:
        named = reference_phrase(change.reference, letter.language)
        yield Paragraph((Run(_nfc(WORDS[letter.language].changes[change.kind].format(named))),))


def _annexes(letter: LetterText, sign: str) -> Iterable[SheetAnnex]:
    words = WORDS[letter.language]
    named = letter_phrase(sign, letter.day, letter.issuer.agency, letter.language)
    for number, annex in enumerate(letter.annexes, 1):
        yield SheetAnnex(
            heading=f"{words.annex} {roman(number)}" if len(letter.annexes) > 1 else words.annex,
            title=_nfc(annex.title).upper(),
            reference=_nfc(words.attached.format(named)),
            blocks=fitted(
                parse(annex.body, where=f"{words.annex} {roman(number)}"),
                whole_mm=LANDSCAPE_TEXT_MM if annex.is_landscape else TEXT_MM,
            ),
            is_landscape=annex.is_landscape,
        )


def _note(letter: LetterText) -> str:
    pattern = WORDS[letter.language].superseded.get(letter.standing, "")
    if letter.standing in {Standing.ISSUED, Standing.DRAFT} or letter.superseded_by is None:
        return ""
    return _nfc(pattern.format(reference_phrase(letter.superseded_by, letter.language)))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
