"""The letter as its writers give it: everything that is printed, nothing of how."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from quetsach.campaign.section import MAX_BYTES, Section
from quetsach.centre.tables import country_folder
from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Text

# What can be wrong with a letter that is to be printed or signed.


class _LetterError(QuetsachError):
    """What is wrong is a text, or is said in the language of who is served at that moment."""

    def __init__(self, what: object, *, where: object = "", hint: object = "") -> None:
        super().__init__(_kept(what), where=str(where), hint=_kept(hint))


def _kept(said: object) -> str | LocalText:
    return said if isinstance(said, LocalText) else str(said)


class DocumentError(_LetterError):
    """A letter cannot be printed as it is; ``where`` is the part, for texts with its line."""


class SigningError(_LetterError):
    """A letter cannot be signed, or what should be a signed letter cannot be read."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a part of the letter; it is put into words only where something is wrong with it."""

    part: object
    number: int

    def __str__(self) -> str:
        return _("%(part)s, line %(number)s") % {"part": self.part, "number": self.number}


MOST_LINE_CHARACTERS = 500
MOST_FOOT_CHARACTERS = 130
"""Of what stands at the foot of the first page, which has room for so much."""
MOST_HELP_CHARACTERS = 200
"""Of whom a reader asks, which stands there too: two lines of it."""
MOST_BODY_CHARACTERS = 100_000
MOST_LINES = 200
MOST_WORD_CHARACTERS = 70
"""Between spaces, strokes and hyphens: a longer word would leave the paper."""
MOST_ANNEXES = 20
_LONG_WORD = re.compile(rf"[^\s/\-]{{{MOST_WORD_CHARACTERS + 1}}}")


class Language(StrEnum):
    """What the fixed words of a letter are in."""

    VIETNAMESE = "vi"
    ENGLISH = "en"


class Standing(StrEnum):
    """Whether the paper may still be acted on; anything but ``ISSUED`` is marked on every page."""

    DRAFT = "draft"
    ISSUED = "issued"
    REVOKED = "revoked"
    REPLACED = "replaced"


class ChangeKind(StrEnum):
    """What a letter does to an earlier one."""

    REPLACES = "replaces"
    REVOKES = "revokes"


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who a letter comes from.

    Args:
        superior: the agency directly above, as in a sentence: "Ủy ban nhân dân thành phố Hải Phòng"; may be empty.
        agency: the issuing agency, as in a sentence; capitals are made by the layout.
        place: where it is dated: "Hải Phòng".
        symbol: the letters behind the number: "STTTT-CNTT".
        address: what the foot of the first page says of how to reach the agency; may be empty.
    """

    superior: str
    agency: str
    place: str
    symbol: str
    address: str = ""

    def __post_init__(self) -> None:
        _check_line(self.agency, _("issuing agency"))
        _check_line(self.place, _("place of the date"))
        _check_line(self.symbol, _("letters behind the number"))
        _check_line(self.superior, _("superior agency"), may_be_empty=True)
        _check_line(self.address, _("address at the foot"), may_be_empty=True, most=MOST_FOOT_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose signature stands under a letter.

    Args:
        powers: the lines that say by what right: "TM. Ủy ban nhân dân", "KT. Giám đốc"; empty for a head's own.
        title: the signer's own office: "Phó Giám đốc".
        name: the signer.
    """

    powers: tuple[str, ...]
    title: str
    name: str

    def __post_init__(self) -> None:
        _check_lines(self.powers, _("powers to sign"), most=3)
        _check_line(self.title, _("title of the signer"))
        _check_line(self.name, _("name of the signer"))


@dataclass(frozen=True, slots=True)
class Annex:
    """A part behind the letter with its own page numbers; body in the markup of ``markup``."""

    title: str
    body: str
    is_landscape: bool = False

    def __post_init__(self) -> None:
        _check_line(self.title, _("title of an annex"))
        _check_body(self.body, _("text of an annex"))


@dataclass(frozen=True, slots=True)
class Reference:
    """Another letter: number with its symbol, day, issuing agency."""

    number_sign: str
    day: date
    agency: str

    def __post_init__(self) -> None:
        _check_line(self.number_sign, _("number of another letter"))
        _check_line(self.agency, _("issuing agency"))


@dataclass(frozen=True, slots=True)
class Change:
    """This letter replaces or revokes that one; said in a sentence at the end of the body."""

    kind: ChangeKind
    reference: Reference


@dataclass(frozen=True, slots=True)
class Verification:
    """Where a reader checks the paper: the address behind the QR code, and the code to type."""

    url: str
    code: str

    def __post_init__(self) -> None:
        _check_line(self.url, _("address to check at"), most=MOST_FOOT_CHARACTERS)
        _check_line(self.code, _("code to check by"), most=40)
        if not self.url.startswith(("https://", "http://")):
            raise DocumentError(
                _("the address does not begin with https:// or http://"), where=_("address to check at")
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterText:
    """One official letter.

    Args:
        state: what stands above it on the right.
        motto: what stands under that.
        issuer: who it comes from.
        subject: what it is about, without "V/v".
        addressees: who it is to, the names alone.
        body: the text, in the markup of ``markup``.
        signer: whose signature.
        number: its number in the register; ``None`` leaves the place empty.
        day: its day in the country; ``None`` leaves the place empty.
        copies: who gets it besides the addressees, the names alone; "as above" comes first by itself.
        drafting: what follows "Lưu: VT, ": the drafting unit's letters and the copies kept, "CNTT (05)".
        changes: letters that this one replaces or revokes.
        annexes: parts behind the letter.
        verification: where the reader can check it.
        standing: whether it may be acted on.
        superseded_by: the letter that revoked or replaced this one.
        help_line: whom a reader asks, in one line; empty for none.
        language: of the fixed words.
    """

    state: str
    motto: str
    issuer: Issuer
    subject: str
    addressees: tuple[str, ...]
    body: str
    signer: Signer
    number: int | None = None
    day: date | None = None
    copies: tuple[str, ...] = ()
    drafting: str = ""
    changes: tuple[Change, ...] = ()
    annexes: tuple[Annex, ...] = ()
    verification: Verification | None = None
    standing: Standing = Standing.ISSUED
    superseded_by: Reference | None = None
    help_line: str = ""
    language: Language = Language.VIETNAMESE

    def __post_init__(self) -> None:
        _check_line(self.subject, _("subject of the letter"))
        if not self.addressees:
            raise DocumentError(_("nobody is addressed"), where=_("addressees"))
        _check_lines(self.addressees, _("addressees"), most=MOST_LINES)
        _check_lines(self.copies, _("copies to"), most=MOST_LINES)
        _check_line(self.drafting, _("drafting unit"), may_be_empty=True)
        _check_line(self.help_line, _("whom a reader asks"), may_be_empty=True)
        _check_body(self.body, _("text of the letter"))
        if self.number is not None and not 0 < self.number < 1_000_000:
            raise DocumentError(_("the number must be from 1 to 999,999"), where=_("number"))
        for name, parts, most in (
            (_("replaced letters"), self.changes, MOST_LINES),
            (_("annexes"), self.annexes, MOST_ANNEXES),
        ):
            if len(parts) > most:
                raise DocumentError(_("more than %(most)s") % {"most": most}, where=name)
        if sum(len(annex.body) for annex in self.annexes) > MOST_BODY_CHARACTERS:
            raise DocumentError(
                _("longer than %(most)s characters together") % {"most": MOST_BODY_CHARACTERS}, where=_("annexes")
            )


@dataclass(frozen=True, slots=True)
class Personal:
    """What differs in one recipient's copy: where it is checked, and who it is to if it names the recipient alone."""

    verification: Verification
    addressee: str = ""

    def __post_init__(self) -> None:
        _check_line(self.addressee, _("addressees"), may_be_empty=True)


def _check_lines(lines: Iterable[str], where: object, *, most: int) -> None:
    lines = tuple(lines)
    if len(lines) > most:
        raise DocumentError(
            _("more than %(most)s lines") % {"most": most}, where=where, hint=_("list them in an annex")
        )
    for number, line in enumerate(lines, 1):
        _check_line(line, Line(where, number))


def _check_line(line: str, where: object, *, may_be_empty: bool = False, most: int = MOST_LINE_CHARACTERS) -> None:
    if not line.strip() and not may_be_empty:
        raise DocumentError(_("nothing is written here"), where=where)
    if len(line) > most:
        raise DocumentError(_("longer than %(most)s characters") % {"most": most}, where=where)
    _check_characters(line, where)


def _check_body(body: str, where: object) -> None:
    if not body.strip():
        raise DocumentError(_("nothing is written here"), where=where)
    if len(body) > MOST_BODY_CHARACTERS:
        raise DocumentError(_("longer than %(most)s characters") % {"most": MOST_BODY_CHARACTERS}, where=where)
    for number, line in enumerate(body.split("\n"), 1):
        _check_characters(line, Line(where, number))


def _check_characters(line: str, where: object) -> None:
    # Signs that cannot be seen reverse what is read, or make one name look like another.
    for sign in line.replace("\t", " ").removesuffix("\r"):
        if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            raise DocumentError(
                _("the sign %(sign)s cannot be printed") % {"sign": f"U+{ord(sign):04X}"},
                where=where,
                hint=_("delete it"),
            )
    if word := _LONG_WORD.search(line):
        raise DocumentError(
            _("the word %(word)s… does not fit on a line") % {"word": word[0][:20]},
            where=where,
            hint=_("write it in parts"),
        )


# Who letters come from, as dated data: agencies are renamed and merged, and a letter keeps the name of its day.


@dataclass(frozen=True, slots=True)
class DatedIssuer:
    """An issuer for the days from ``first`` to ``last``, both included: a unit's key, and the title of its head."""

    key: str
    first: date
    last: date | None
    issuer: Issuer
    title: str


def read_issuers(content: bytes, *, file: str) -> tuple[DatedIssuer, ...]:
    """Read ``issuers.toml``.

    Raises:
        CampaignError: a field is missing, unknown or of another form.
        DocumentError: a name that cannot be printed, or two entries of one key on one day.
    """
    top = Section.parse(content, file=file)
    issuers = tuple(_read(section) for section in top.sections("issuer"))
    top.finish()
    for earlier, later in zip(
        by_day := sorted(issuers, key=lambda one: (one.key, one.first)), by_day[1:], strict=False
    ):
        if earlier.key == later.key and (earlier.last is None or earlier.last >= later.first):
            raise DocumentError(
                Text("two entries of {key} count on {day}", key=repr(later.key), day=later.first), where=file
            )
    return issuers


def issuers_of(data: Path | None) -> tuple[DatedIssuer, ...]:
    """Return the issuers in a centre's data, ``letters/issuers.toml``; those of its country where it has none.

    Raises:
        CampaignError, DocumentError: as ``read_issuers``.
    """
    own = data / "letters" / "issuers.toml" if data else None
    for path in (own, country_folder(data) / "issuers.toml"):
        if path is not None and path.is_file():
            with path.open("rb") as file:
                return read_issuers(file.read(MAX_BYTES + 1), file=str(path))
    return ()


def issuer_on(issuers: Iterable[DatedIssuer], key: str, day: date) -> DatedIssuer | None:
    """Return what an issuer was called on a day; ``None`` if there was none of that key."""
    for one in issuers:
        if one.key == key and one.first <= day and (one.last is None or day <= one.last):
            return one
    return None


def _read(section: Section) -> DatedIssuer:
    issuer = Issuer(
        section.text("superior") if section.has("superior") else "",
        section.text("agency"),
        section.text("place"),
        section.text("symbol"),
        section.text("address") if section.has("address") else "",
    )
    first, last = section.day("first"), section.day("last") if section.has("last") else None
    if last is not None and last < first:
        raise section.error("last", Text("is before first"))
    read = DatedIssuer(section.text("key"), first, last, issuer, section.text("title"))
    section.finish()
    return read
