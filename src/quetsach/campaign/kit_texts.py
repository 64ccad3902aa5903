"""The words of a publicity kit: as their file holds them, filled in for one unit, and as a loudspeaker's script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from quetsach.campaign.errors import CampaignError, PublicityError
from quetsach.campaign.section import Section
from quetsach.campaign.spoken_text import Speech, SpokenForms, spoken_text
from quetsach.core.language import DATA_LANGUAGES, LocalForm
from quetsach.core.period import day_in
from quetsach.core.text import NO_TEXT, LocalText, Number, Text

# What the texts of a kit are filled with: the campaign, the unit, the addresses and the code.

PLACEHOLDERS = frozenset({"campaign", "span", "unit", "portal", "check", "help", "code"})


@dataclass(frozen=True, slots=True)
class Facts:
    """One unit's facts in one campaign; ``first`` and ``last`` are days in Viet Nam, ``wording`` the texts' version.

    ``languages`` are those of the kit, the first that of addresses without a prefix.
    ``help_line`` is whom people call, in one line; empty where nobody said so.
    ``site`` is the portal's address without a slash at its end, for example ``https://quetsach.example.vn``.
    """

    campaign: LocalText
    first: date
    last: date
    unit: LocalText
    unit_key: str
    site: str
    code: str
    wording: int = 0
    languages: tuple[str, ...] = DATA_LANGUAGES
    help_line: LocalText = NO_TEXT

    def visit_url(self, language: str) -> str:
        """Return the address in the QR code of posters, which counts the visit for the unit."""
        return f"{self.site}{'' if language == self.languages[0] else f'/{language}'}/t/{self.unit_key}"

    @property
    def check_url(self) -> str:
        """The page that says whether this sheet is genuine."""
        return f"{self.site}/xac-minh/{self.code}/"

    def values(self, language: str) -> dict[str, str]:
        """Return what stands for each of the :data:`PLACEHOLDERS`; addresses are shown without ``https://``."""
        shown = self.site.rpartition("://")[2]
        return {
            "campaign": self.campaign.in_language(language),
            "span": span_text(self.first, self.last, language),
            "unit": self.unit.in_language(language),
            "portal": shown,
            "check": f"{shown}/xac-minh",
            "help": f"{shown}/giup-do",
            "code": self.code,
        }


_SPAN = LocalForm("from {} to {}", context="form: from a day to a day, in a sentence")
_DAY = LocalForm("%-d %B %Y", context="form: a day, as official documents write it")
_IN_YEAR = LocalForm("%-d %B", context="form: a day of a year that is named, as official documents write it")


def span_text(first: date, last: date, language: str) -> str:
    """Return "từ ngày 17/9 đến ngày 15/12/2020": the year stands once if it is the same."""
    begun = day_in(_IN_YEAR if first.year == last.year else _DAY, first, language)
    return _SPAN.in_language(language).format(begun, day_in(_DAY, last, language))


# The words of a kit as their file holds them, and filled in for one unit.

_BRACE = re.compile(r"\{([^{}]*)\}|[{}]")
_MAX_RANK = 9


@dataclass(frozen=True, slots=True)
class Block:
    """A titled run of paragraphs."""

    title: LocalText
    paragraphs: tuple[LocalText, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A short title and its text: one step of a poster, one question of a leaflet."""

    title: LocalText
    text: LocalText


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for the loudspeaker; of a lower ``rank`` it is said before others."""

    rank: int
    text: str


@dataclass(frozen=True, slots=True)
class SheetTexts:
    """What stands on posters, leaflets, cards and banners; ``lines`` by their names in the file."""

    lines: Mapping[str, LocalText]
    steps: tuple[Entry, ...]
    never: tuple[LocalText, ...]
    questions: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class KitTexts:
    """Everything a kit says; the press release begins with its lead, ``proof`` is for the verification page."""

    blocks: tuple[Block, ...]
    press: Block
    proof: Entry
    sheet: SheetTexts
    speech: tuple[Sentence, ...]


SHEET_LINES = (
    "headline",
    "promise",
    "start",
    "open",
    "never_title",
    "genuine_title",
    "genuine",
    "dates",
)


def read_texts(content: bytes, *, file: str) -> KitTexts:
    """Read ``texts.toml``.

    Raises:
        CampaignError: with file and field, what is wrong; a placeholder that nothing fills is wrong.
    """
    top = Section.parse(content, file=file)
    texts = KitTexts(
        blocks=tuple(_named_block(s) for s in top.sections("blocks")),
        press=_press(top.section("press")),
        proof=_entry(top.section("proof")),
        sheet=_sheet(top.section("sheet")),
        speech=tuple(_sentence(s) for s in top.sections("speech")),
    )
    top.finish()
    return texts


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of their names in braces; what a value itself holds is left as it is."""
    return _BRACE.sub(lambda match: values[match[1]], text)


def _named_block(section: Section) -> Block:
    section.text("id")
    return _block(section)


def _block(section: Section) -> Block:
    block = Block(_both(section, "title"), tuple(_own(s) for s in section.sections("paragraphs")))
    section.finish()
    return block


def _press(section: Section) -> Block:
    lead = _both(section, "lead")
    block = _block(section)
    return Block(block.title, (lead, *block.paragraphs))


def _sheet(section: Section) -> SheetTexts:
    sheet = SheetTexts(
        lines={name: _both(section, name) for name in SHEET_LINES},
        steps=tuple(_entry(s) for s in section.sections("steps")),
        never=tuple(_own(s) for s in section.sections("never")),
        questions=tuple(_entry(s) for s in section.sections("questions")),
    )
    section.finish()
    return sheet


def _entry(section: Section) -> Entry:
    entry = Entry(_both(section, "title"), _both(section, "text"))
    section.finish()
    return entry


def _sentence(section: Section) -> Sentence:
    sentence = Sentence(
        section.integer("rank", least=1, most=_MAX_RANK), _checked(section, "text", section.text("text"))
    )
    section.finish()
    return sentence


def _own(section: Section) -> LocalText:
    """Read a text whose two languages are the section's own fields."""
    text = LocalText(_checked(section, "vi", section.text("vi")), _checked(section, "en", section.text("en")))
    section.finish()
    return text


def _both(section: Section, name: str) -> LocalText:
    text = section.local_text(name)
    for part in (text.vi, text.en):
        _checked(section, name, part)
    return text


def _checked(section: Section, name: str, text: str) -> str:
    for match in _BRACE.finditer(text):
        if match[1] not in PLACEHOLDERS:
            raise _unknown(section, name, match[0])
    return text


def _unknown(section: Section, name: str, written: str) -> CampaignError:
    known = ", ".join(f"{{{each}}}" for each in sorted(PLACEHOLDERS))
    return section.error(
        name, Text("{written} is filled by nothing; there are {known}", written=written[:40], known=known)
    )


# The loudspeaker's script: as much of what there is to say as fits into the time on the air.

LENGTHS_SECONDS = (60, 120)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A script that fits into ``limit_seconds``: as it is written, and as it is said."""

    limit_seconds: int
    written: str
    speech: Speech


def announce(
    sentences: Sequence[Sentence], values: Mapping[str, str], forms: SpokenForms, *, limit_seconds: int
) -> Announcement:
    """Return the sentences that fit, in their order; those of the lowest rank must all fit.

    Raises:
        PublicityError: even the least there is to say takes longer, as with a very long name of a unit.
    """
    spoken = [spoken_text(fill(sentence.text, values), forms) for sentence in sentences]
    chosen: set[int] = set()
    total = 0.0
    for place in sorted(range(len(sentences)), key=lambda n: (sentences[n].rank, n)):
        is_needed = sentences[place].rank == min(sentence.rank for sentence in sentences)
        if is_needed or total + spoken[place].seconds <= limit_seconds:
            chosen.add(place)
            total += spoken[place].seconds
    if total > limit_seconds:
        raise PublicityError(
            Text(
                "the announcement takes {seconds} seconds and {given} are given",
                seconds=Number(total),
                given=limit_seconds,
            ),
            hint=Text("give a shorter name of the campaign or the unit"),
        )
    kept = sorted(chosen)
    written = " ".join(fill(sentences[place].text, values) for place in kept)
    text = " ".join(spoken[place].text for place in kept)
    return Announcement(limit_seconds, written, Speech(text, sum(spoken[place].syllables for place in kept), total))
