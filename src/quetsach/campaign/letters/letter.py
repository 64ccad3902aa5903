"""What a letter is made of: number, header for the exchange, filled templates; and chains of letters as published."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import Event, EventKind, LevelPace, Step, follow, pace
from quetsach.campaign.section import Section
from quetsach.core.text import LocalText, Text

# The register of outgoing letters: one book a unit and year, numbers without a gap.
#
# Clerical work in Viet Nam follows Decree 30/2020/NĐ-CP: numbers begin with 01 on the first day of the year; a number
# below 10 is written with a leading 0; the sign names the issuing agency and the drafting unit: ``2049/STTTT-CNTT``.

_SIGN = re.compile(r"[A-ZĐ0-9]+(?:[-&.][A-ZĐ0-9]+)*")
MAX_SIGN_LENGTH = 40


def check_sign(sign: str) -> str:
    """Return the sign of a letter, such as ``STTTT-CNTT``.

    Raises:
        LetterError: it is not capital letters and digits in groups.
    """
    if len(sign) > MAX_SIGN_LENGTH or not _SIGN.fullmatch(sign):
        raise LetterError(
            Text("not the sign of a letter: {text}", text=repr(sign[:MAX_SIGN_LENGTH])),
            hint=Text("write the agency and the drafting unit in capitals, as in STTTT-CNTT"),
        )
    return sign


def number_and_sign(number: int, sign: str) -> str:
    """Return number and sign as the letter shows them: ``07/STTTT-CNTT``."""
    if number < 1:
        raise LetterError(Text("letters are numbered from 1, not {number}", number=number))
    return f"{number:02d}/{sign}"


def missing_numbers(numbers: Iterable[int]) -> list[int]:
    """Return the numbers between the first and the last that a book does not have; a sound register has none missing.

    A register may begin after 1: with the number after the last one on paper.
    """
    taken = set(numbers)
    return [number for number in range(min(taken, default=0), max(taken, default=0)) if number not in taken]


# What the exchange of electronic documents between agencies asks of a letter.
#
# Viet Nam's document axis carries packets after QCVN 102:2016 (edXML). We keep what such a packet needs so that an
# adapter can be written later; the official list of hand-over statuses is not public, so none is fixed here.

_SHA256 = re.compile(r"[0-9a-f]{64}")
_AGENCY = re.compile(r"[A-Za-z0-9]+(?:[.\-][A-Za-z0-9]+)*")


class DocumentKind(StrEnum):
    """What a letter is to an earlier one."""

    NEW = "new"
    REPLACEMENT = "replacement"
    REVOCATION = "revocation"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class ExchangeHeader:
    """The fields of a packet; ``sha256`` in hex is that of the signed PDF.

    ``sender`` and ``receivers`` are codes of agencies in the exchange; ``without_code`` are keys of units that
    have none here, for which no packet can be made, among them perhaps the sender's, which is empty then.
    """

    document_id: str
    number: int
    sign: str
    issued_on: date
    subject: str
    sender: str
    receivers: Sequence[str]
    kind: DocumentKind
    sha256: str
    earlier_document_id: str = ""
    without_code: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise LetterError(Text("the checksum is not SHA-256 in hex"), where="sha256")
        for code in (*filter(None, [self.sender]), *self.receivers):
            if len(code) > 60 or not _AGENCY.fullmatch(code):
                raise LetterError(
                    Text("not the code of an agency: {code}", code=repr(code[:60])),
                    hint=Text("as in H31.02 or 000.00.00.H31"),
                )
        if (self.kind is DocumentKind.NEW) == bool(self.earlier_document_id):
            raise LetterError(
                Text("a new letter names no earlier one, every other kind does"), where="earlier_document_id"
            )

    def as_json(self) -> dict[str, object]:
        """Return the header as JSON values."""
        return {
            "document_id": self.document_id,
            "code_number": self.number,
            "code_notation": self.sign,
            "promulgation_date": self.issued_on.isoformat(),
            "subject": self.subject,
            "from": self.sender,
            "to": list(self.receivers),
            "without_code": list(self.without_code),
            "document_type": self.kind.value,
            "sha256": self.sha256,
            "earlier_document_id": self.earlier_document_id,
        }


# Filling a template: ``{names in braces}`` are replaced by values, everything else stays as it was typed.

_NAME = re.compile(r"\{([a-z_]{1,30})\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Replace the names that have a value; a value is never searched for names again."""
    return _NAME.sub(lambda found: values.get(found[1], found[0]), text)


def open_names(text: str) -> list[str]:
    """Return the names that are still in braces, in order, each once: somebody must write there."""
    return list(dict.fromkeys(_NAME.findall(text)))


# Chains of letters as they were published: who passed one on, when, and how many days after the first.


_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MORNING = time(8)


@dataclass(frozen=True, slots=True)
class PublishedLetter:
    """One letter of the chain; ``above`` is the key of the one it passes on, empty for the first."""

    key: str
    above: str
    level: int
    issuer: LocalText
    document: str
    day: date
    source: str

    @property
    def moment(self) -> datetime:
        """A time of that day (UTC): the hour was not published, and only whole days are counted."""
        return datetime.combine(self.day, _MORNING, UTC)


@dataclass(frozen=True, slots=True)
class Link:
    """One letter of a replayed chain, with the days after the letter above it and after the first; 0 for the first."""

    letter: PublishedLetter
    days_after_above: int
    days_after_first: int


@dataclass(frozen=True, slots=True)
class Chain:
    """A first letter and all that passed it on, by level and day; ``levels`` are the times of each level below it."""

    links: tuple[Link, ...]
    levels: tuple[LevelPace, ...]

    @property
    def first(self) -> PublishedLetter:
        """The letter that the others passed on."""
        return self.links[0].letter


def read_chain(content: bytes, *, file: str) -> dict[str, PublishedLetter]:
    """Read ``letters.toml``: letters by key, each after the one it passes on.

    Raises:
        CampaignError: the file is not of the form it must have.
        LetterError: a letter passes on one that is not above it in the file, or is older than it.
    """
    top = Section.parse(content, file=file)
    letters: dict[str, PublishedLetter] = {}
    for section in top.sections("letters"):
        letter = _letter(section)
        _check(letter, letters, file)
        letters[letter.key] = letter
    top.finish()
    return letters


def replay(letters: Mapping[str, PublishedLetter]) -> list[Chain]:
    """Return the chains that letters form, the oldest first: each was sent on the day of the letter above it.

    The days add up over the dispatches on the way, so a letter that waited on every level shows the sum of the waits.
    """
    first_of: dict[str, str] = {}
    found: dict[str, list[tuple[Link, Step | None]]] = {}
    days: dict[str, int] = {}
    for key, letter in letters.items():
        step = _step(letter, letters[letter.above]) if letter.above else None
        waited = step.time_to_acknowledge if step else None
        own = waited.days if waited else 0
        days[key] = days.get(letter.above, 0) + own
        first_of[key] = first_of.get(letter.above, key)
        found.setdefault(first_of[key], []).append((Link(letter, own, days[key]), step))
    return [_chain(links) for links in found.values()]


def _letter(section: Section) -> PublishedLetter:
    letter = PublishedLetter(
        key=section.text("key"),
        above=section.text("above") if section.has("above") else "",
        level=section.integer("level", least=0, most=9),
        issuer=section.local_text("issuer"),
        document=section.text("document") if section.has("document") else "",
        day=section.day("day"),
        source=section.text("source"),
    )
    section.finish()
    if not _KEY.fullmatch(letter.key):
        raise section.error("key", Text("must be lower-case letters, digits and hyphens"))
    return letter


def _check(letter: PublishedLetter, before: Mapping[str, PublishedLetter], file: str) -> None:
    where = f"{file}: {letter.key[:60]}"
    if letter.key in before:
        raise LetterError(Text("is there twice"), where=where)
    if not letter.above:
        return
    if letter.above not in before:
        raise LetterError(
            Text("passes on {above}, which does not stand before it", above=repr(letter.above[:60])), where=where
        )
    if letter.day < before[letter.above].day:
        raise LetterError(Text("is older than the letter that it passes on"), where=where)
    if letter.level <= before[letter.above].level:
        raise LetterError(Text("must stand on a lower level (a higher number) than the letter above it"), where=where)


def _step(letter: PublishedLetter, above: PublishedLetter) -> Step:
    """Return a letter as a dispatch: it was sent with the letter above and passed on on its own day."""
    events = [Event(EventKind.SENT, above.moment), Event(EventKind.FORWARDED, letter.moment)]
    return Step(letter.key, letter.level, follow(events))


def _chain(links: list[tuple[Link, Step | None]]) -> Chain:
    ordered = sorted((link for link, _step in links), key=lambda link: (link.letter.level, link.letter.day))
    return Chain(tuple(ordered), tuple(pace(step for _link, step in links if step)))
