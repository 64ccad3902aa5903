"""What a kit says, filled in for one unit: for the sheets, as texts to send on, as pages to paste."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any

from quetsach.campaign.publicity.announcement import LENGTHS_SECONDS, Announcement, announce
from quetsach.campaign.publicity.facts import Facts
from quetsach.campaign.publicity.spoken_text import SpokenForms
from quetsach.campaign.publicity.texts import Block, KitTexts, fill, read_texts
from quetsach.core.pack import LocalText
from quetsach.web.office.publicity.sheets.code import qr_values
from quetsach.web.office.wording.selectors import as_worded

DOCUMENT = "kit"
"""What the versions of these texts are kept under."""
_FOLDER = Path(__file__).parent / "texts"
_RULE = "\n\n" + "-" * 60 + "\n\n"


@dataclass(frozen=True, slots=True)
class Passage:
    """A titled run of paragraphs in one language, filled in."""

    title: str
    paragraphs: tuple[str, ...]


@lru_cache(maxsize=16)
def kit_texts(version: int = 0) -> KitTexts:
    """Return the words of kits as they were worded at a version; at 0 those of this build."""
    built = read_texts((_FOLDER / "texts.toml").read_bytes(), file="texts.toml")
    return as_worded(DOCUMENT, built, version=version)


@cache
def spoken_forms() -> SpokenForms:
    """Return how this build says abbreviations."""
    return SpokenForms.read((_FOLDER / "spoken.csv").read_bytes(), file="spoken.csv")


def sheet_values(facts: Facts, language: str) -> dict[str, Any]:
    """Return everything that a sheet shows, as JSON values."""
    values = facts.values(language)
    sheet = kit_texts(facts.wording).sheet

    def said(text: LocalText) -> str:
        return fill(text.in_language(language), values)

    return {
        "language": language,
        "title": said(sheet.lines["headline"]),
        "unit": values["unit"],
        "portal": values["portal"],
        "code": facts.code,
        **{name: said(text) for name, text in sheet.lines.items()},
        "steps": [{"title": said(step.title), "text": said(step.text)} for step in sheet.steps],
        "never": [said(item) for item in sheet.never],
        "questions": [{"title": said(entry.title), "text": said(entry.text)} for entry in sheet.questions],
        "qr": qr_values(facts.visit_url(language)),
    }


def message_blocks(facts: Facts, language: str) -> tuple[Passage, ...]:
    """Return the three message blocks."""
    return tuple(_passage(block, facts, language) for block in kit_texts(facts.wording).blocks)


def press_release(facts: Facts, language: str) -> Passage:
    """Return the press release; its first paragraph is the lead."""
    return _passage(kit_texts(facts.wording).press, facts, language)


def proof_of(facts: Facts) -> tuple[LocalText, LocalText]:
    """Return what the verification page says of a kit: what it is, and what it asks."""
    proof = kit_texts(facts.wording).proof
    title, text = proof.title, proof.text
    vi, en = facts.values("vi"), facts.values("en")
    return LocalText(fill(title.vi, vi), fill(title.en, en)), LocalText(fill(text.vi, vi), fill(text.en, en))


def announcements(facts: Facts) -> tuple[Announcement, ...]:
    """Return the loudspeaker's scripts, in Vietnamese, one for each length of time.

    Raises:
        PublicityError: the names are too long for the shortest one.
    """
    values, forms = facts.values("vi"), spoken_forms()
    return tuple(
        announce(kit_texts(facts.wording).speech, values, forms, limit_seconds=limit) for limit in LENGTHS_SECONDS
    )


def as_text(passages: tuple[Passage, ...], facts: Facts, language: str) -> str:
    """Return passages as plain text, with who sends them and how to check it below."""
    body = _RULE.join("\n\n".join((p.title.upper(), *p.paragraphs)) for p in passages)
    return f"{body}{_RULE}{_proof(facts, language)}\n"


def as_page(passages: tuple[Passage, ...], facts: Facts, language: str) -> str:
    """Return passages as a plain page to paste into a portal: headings, paragraphs and one link, nothing else."""
    return "\n".join(_page_lines(passages, facts, language)) + "\n"


def as_script(facts: Facts) -> str:
    """Return the loudspeaker's scripts: how long each takes, the text as it is read out, and as it is written."""
    parts = [
        f"BÀI PHÁT THANH {script.limit_seconds} GIÂY\n"
        f"Đọc mất khoảng {script.speech.seconds:.0f} giây, {script.speech.syllables} âm tiết, đọc chậm và rõ.\n\n"
        f"{script.speech.text}\n\nViết thường:\n{script.written}"
        for script in announcements(facts)
    ]
    return f"{_RULE.join(parts)}{_RULE}{_proof(facts, 'vi')}\n"


def _page_lines(passages: tuple[Passage, ...], facts: Facts, language: str) -> Iterator[str]:
    yield f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">'
    yield f"<title>{escape(passages[0].title)}</title>"
    for passage in passages:
        yield f"<h2>{escape(passage.title)}</h2>"
        yield from (f"<p>{escape(paragraph)}</p>" for paragraph in passage.paragraphs)
    yield f'<p><a href="{escape(facts.visit_url(language))}">{escape(facts.values(language)["portal"])}</a></p>'
    yield f"<p>{escape(_proof(facts, language))}</p>\n</html>"


def _proof(facts: Facts, language: str) -> str:
    values = facts.values(language)
    if language == "en":
        return f"{values['unit']}. Verification code {values['code']}: check it at {values['check']}"
    return f"{values['unit']}. Mã xác minh {values['code']}: kiểm tra tại {values['check']}"


def _passage(block: Block, facts: Facts, language: str) -> Passage:
    values = facts.values(language)
    return Passage(
        fill(block.title.in_language(language), values),
        tuple(fill(paragraph.in_language(language), values) for paragraph in block.paragraphs),
    )
