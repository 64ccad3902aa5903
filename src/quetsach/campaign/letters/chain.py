"""A chain of letters as it was published: who passed it on, when, and how many days after the first."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from quetsach.campaign.letters.course import Event, Happening, Stage, follow
from quetsach.campaign.letters.errors import LetterError
from quetsach.campaign.letters.pace import Step
from quetsach.campaign.section import Section
from quetsach.core.pack import LocalText

_KEY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VIET_NAM = timezone(timedelta(hours=7))
_OFFICE_OPENS = time(8)


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
        """The opening of the office on that day, in UTC: the hour was not published."""
        return datetime.combine(self.day, _OFFICE_OPENS, _VIET_NAM).astimezone(UTC)


def read_chain(content: bytes, *, file: str) -> dict[str, PublishedLetter]:
    """Read ``letters.toml``: letters by key, each after the one it passes on.

    Raises:
        CampaignError: the file is not of the form it must have.
        LetterError: a letter passes on one that is not above it in the file, or is older than it.
    """
    top = Section.parse(content, file=file)
    chain: dict[str, PublishedLetter] = {}
    for section in top.sections("letters"):
        letter = _letter(section)
        _check(letter, chain, file)
        chain[letter.key] = letter
    top.finish()
    return chain


def lag_days(chain: Mapping[str, PublishedLetter]) -> dict[str, int]:
    """Return how many days each letter was behind the first of its chain."""
    return {key: (letter.day - _first(letter, chain).day).days for key, letter in chain.items() if letter.above}


def replay(chain: Mapping[str, PublishedLetter]) -> list[Step]:
    """Return the chain as dispatches: each was sent on the day of the letter above and passed on on its own."""
    return [
        Step(
            letter.key,
            letter.level,
            follow(
                [
                    Event(Happening.SENT, chain[letter.above].moment),
                    Event(Happening.FORWARDED, letter.moment),
                ]
            ),
        )
        for letter in chain.values()
        if letter.above
    ]


def days_down(steps: list[Step], chain: Mapping[str, PublishedLetter]) -> dict[str, int]:
    """Return the days from the first letter to each unit's, added up over the dispatches on the way."""
    own = {step.unit: step.course.reached[Stage.FORWARDED] - step.course.reached[Stage.SENT] for step in steps}
    total: dict[str, timedelta] = {}
    for key, letter in chain.items():
        total[key] = total.get(letter.above, timedelta(0)) + own.get(key, timedelta(0))
    return {key: time_down.days for key, time_down in total.items() if chain[key].above}


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
        raise section.error("key", "must be lower-case letters, digits and hyphens")
    return letter


def _check(letter: PublishedLetter, chain: Mapping[str, PublishedLetter], file: str) -> None:
    where = f"{file}: {letter.key[:60]}"
    if letter.key in chain:
        raise LetterError("is there twice", where=where)
    if not letter.above:
        return
    if letter.above not in chain:
        raise LetterError(f"passes on {letter.above[:60]!r}, which does not stand before it", where=where)
    if letter.day < chain[letter.above].day:
        raise LetterError("is older than the letter that it passes on", where=where)
    if letter.level <= chain[letter.above].level:
        raise LetterError("must stand on a lower level (a higher number) than the letter above it", where=where)


def _first(letter: PublishedLetter, chain: Mapping[str, PublishedLetter]) -> PublishedLetter:
    while letter.above:
        letter = chain[letter.above]
    return letter
