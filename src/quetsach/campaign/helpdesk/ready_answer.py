"""Answers that are kept ready: texts in two languages with places for addresses of our own pages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.campaign.section import Section
from quetsach.core.pack import LocalText

PLACES = frozenset({"case", "check", "download", "families", "family", "steps", "clean", "prevent", "verify"})
"""What a text may leave open; each becomes an address."""
_PLACE = re.compile(r"\{([a-z_]*)\}")


@dataclass(frozen=True, slots=True)
class ReadyAnswer:
    """One answer. ``kinds`` are the kinds of cases that it is offered for first."""

    id: str
    title: LocalText
    text: LocalText
    kinds: tuple[str, ...]

    def filled(self, language: str, addresses: Mapping[str, str]) -> str:
        """Return the text in a language with its places filled; every one of ``PLACES`` has an address."""
        return _PLACE.sub(lambda found: addresses[found[1]], self.text.in_language(language))


def read_ready_answers(content: bytes, *, file: str) -> tuple[ReadyAnswer, ...]:
    """Read a file of answers.

    Raises:
        CampaignError: with file and field, what is wrong.
    """
    top = Section.parse(content, file=file)
    answers = tuple(_answer(section) for section in top.sections("answers"))
    top.finish()
    return answers


def _answer(section: Section) -> ReadyAnswer:
    text = section.local_text("text")
    for language in ("vi", "en"):
        for place in _PLACE.findall(text.in_language(language)):
            if place not in PLACES:
                raise section.error(f"text.{language}", f"{{{place}}} is no place: {', '.join(sorted(PLACES))}")
    answer = ReadyAnswer(section.text("id"), section.local_text("title"), text, tuple(section.text("kinds").split()))
    section.finish()
    return answer
