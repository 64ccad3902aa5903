"""What a kit says, filled in for one unit, and the files that carry it: the same facts give the same bytes."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any

from quetsach.campaign.errors import PublicityError
from quetsach.campaign.kit_texts import (
    LENGTHS_SECONDS,
    Announcement,
    Block,
    Facts,
    KitTexts,
    announce,
    fill,
    read_texts,
)
from quetsach.campaign.spoken_text import SPOKEN_LANGUAGE, SpokenForms
from quetsach.core.language import DATA_LANGUAGES
from quetsach.core.text import LocalText, Text
from quetsach.web.office.publicity.sheets.typesetter import SHEETS, qr_png, qr_svg, qr_values, typeset
from quetsach.web.office.wording.selectors import as_worded

# What a kit says, filled in for one unit: for the sheets, as texts to send on, as pages to paste.

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


_HELP = Text("Need help?")


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
        "help_title": _HELP.in_language(language),
        "help_line": facts.help_line.in_language(language),
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
    return _filled(proof.title, facts), _filled(proof.text, facts)


def _filled(text: LocalText, facts: Facts) -> LocalText:
    return LocalText(*(fill(text.in_language(language), facts.values(language)) for language in DATA_LANGUAGES))


def announcements(facts: Facts) -> tuple[Announcement, ...]:
    """Return the loudspeaker's scripts, in Vietnamese, one for each length of time.

    Raises:
        PublicityError: the names are too long for the shortest one.
    """
    values, forms = facts.values(SPOKEN_LANGUAGE), spoken_forms()
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


_SCRIPT = Text(
    "LOUDSPEAKER TEXT OF {limit} SECONDS\n"
    "Takes about {seconds} seconds, {syllables} syllables, read slowly and clearly.\n\n"
    "{spoken}\n\nAs it is written:\n{written}"
)


def as_script(facts: Facts) -> str:
    """Return the loudspeaker's scripts: how long each takes, the text as it is read out, and as it is written."""
    parts = [
        _SCRIPT.with_values(
            limit=script.limit_seconds,
            seconds=f"{script.speech.seconds:.0f}",
            syllables=script.speech.syllables,
            spoken=script.speech.text,
            written=script.written,
        ).in_language(SPOKEN_LANGUAGE)
        for script in announcements(facts)
    ]
    return f"{_RULE.join(parts)}{_RULE}{_proof(facts, SPOKEN_LANGUAGE)}\n"


def _page_lines(passages: tuple[Passage, ...], facts: Facts, language: str) -> Iterator[str]:
    yield f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">'
    yield f"<title>{escape(passages[0].title)}</title>"
    for passage in passages:
        yield f"<h2>{escape(passage.title)}</h2>"
        yield from (f"<p>{escape(paragraph)}</p>" for paragraph in passage.paragraphs)
    yield f'<p><a href="{escape(facts.visit_url(language))}">{escape(facts.values(language)["portal"])}</a></p>'
    yield f"<p>{escape(_proof(facts, language))}</p>\n</html>"


_PROOF = Text("{unit}. Verification code {code}: check it at {check}")


def _proof(facts: Facts, language: str) -> str:
    values = facts.values(language)
    told = _PROOF.with_values(**{name: values[name] for name in ("unit", "code", "check")}).in_language(language)
    help_line = facts.help_line.in_language(language)
    return f"{told}\n{_HELP.in_language(language)} {help_line}" if help_line else told


def _passage(block: Block, facts: Facts, language: str) -> Passage:
    values = facts.values(language)
    return Passage(
        fill(block.title.in_language(language), values),
        tuple(fill(paragraph.in_language(language), values) for paragraph in block.paragraphs),
    )


# The files of a kit, and the one archive that carries them: the same facts give the same bytes.

MAX_NAME_LENGTH = 200
_NO_DATE = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o644 << 16


def kit_archive(facts: Facts, *, made_at: datetime) -> bytes:
    """Return the kit as a ZIP file.

    Raises:
        PublicityError: a name is too long, or has letters that the fonts do not have.
    """
    for name in (facts.campaign.vi, facts.campaign.en, facts.unit.vi, facts.unit.en):
        if not name.strip() or len(name) > MAX_NAME_LENGTH:
            raise PublicityError(Text("a name must have 1 to {most} characters", most=MAX_NAME_LENGTH), where=name[:60])
    return _zip(dict(_files(facts, made_at)))


def archive_file(archive: bytes, name: str) -> bytes:
    """Return one file of a kit's archive.

    Raises:
        PublicityError: there is no such file.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        try:
            return file.read(name)
        except KeyError as error:
            raise PublicityError(Text("the kit has no such file"), where=name[:100]) from error


def archive_names(archive: bytes) -> tuple[str, ...]:
    """Return the names of a kit's files, in the order of the archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return tuple(file.namelist())


_MESSAGES = Text("messages", context="name of a file")
_PRESS_RELEASE = Text("press-release", context="name of a file")
_QR_CODE = Text("qr-code", context="name of a file")


def _files(facts: Facts, made_at: datetime) -> Iterator[tuple[str, bytes]]:
    yield "DOC-TRUOC.txt", _readme(facts).encode()
    if SPOKEN_LANGUAGE in facts.languages:
        yield f"{SPOKEN_LANGUAGE}/phat-thanh.txt", as_script(facts).encode()
    for language in facts.languages:
        values = sheet_values(facts, language)
        for sheet in SHEETS:
            yield f"{language}/{sheet.file.in_language(language)}", typeset(sheet, values, made_at=made_at)
        for name, passages in (
            (_MESSAGES, message_blocks(facts, language)),
            (_PRESS_RELEASE, (press_release(facts, language),)),
        ):
            file = f"{language}/{name.in_language(language)}"
            yield f"{file}.txt", as_text(passages, facts, language).encode()
            yield f"{file}.html", as_page(passages, facts, language).encode()
        address, file = facts.visit_url(language), f"{language}/{_QR_CODE.in_language(language)}"
        yield f"{file}.svg", qr_svg(address)
        yield f"{file}.png", qr_png(address)


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Pack without compressing: pictures and PDFs are compressed already, and the bytes then depend on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _NO_DATE)
            entry.create_system, entry.external_attr = 3, _PLAIN_FILE
            archive.writestr(entry, content)
    return buffer.getvalue()


_README = Text(
    """PUBLICITY KIT
{unit}
{campaign}, {span}

poster-a3.pdf, poster-a4.pdf       print in colour (CMYK), at full size; nothing runs off the edge
leaflet-a5.pdf                     print on both sides
poster.png, card-*.png             for social networks and chat groups
banner-*.png                       for web pages, with a link to {visit}
messages, press-release            for portals and the press
vi/phat-thanh.txt                  for loudspeakers, in Vietnamese: 60 and 120 seconds
qr-code.svg, qr-code.png           the unit's own QR code

Verification code: {code}. Anyone can check it at {check_url}
The QR code counts how often the page is opened, by unit and day. Nothing about who opened it is kept.
"""
)


def _readme(facts: Facts) -> str:
    return f"\n{'-' * 60}\n\n".join(
        _README.with_values(
            **{name: facts.values(language)[name] for name in ("unit", "campaign", "span", "code")},
            visit=facts.visit_url(language),
            check_url=facts.check_url,
        ).in_language(language)
        for language in facts.languages
    )
