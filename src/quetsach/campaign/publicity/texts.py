"""The words of a kit as their file holds them, and filled in for one unit."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.campaign.errors import CampaignError
from quetsach.campaign.publicity.facts import PLACEHOLDERS
from quetsach.campaign.section import Section
from quetsach.core.pack import LocalText

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
    return section.error(name, f"{written[:40]} is filled by nothing; there are {known}")
