"""Chains of letters as they were published: who passed one on, when, and how many days after the first."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.delivery_status import Event, EventKind, LevelPace, Step, follow, pace
from quetsach.campaign.section import Section
from quetsach.core.text import LocalText

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
        raise section.error("key", "must be lower-case letters, digits and hyphens")
    return letter


def _check(letter: PublishedLetter, before: Mapping[str, PublishedLetter], file: str) -> None:
    where = f"{file}: {letter.key[:60]}"
    if letter.key in before:
        raise LetterError("is there twice", where=where)
    if not letter.above:
        return
    if letter.above not in before:
        raise LetterError(f"passes on {letter.above[:60]!r}, which does not stand before it", where=where)
    if letter.day < before[letter.above].day:
        raise LetterError("is older than the letter that it passes on", where=where)
    if letter.level <= before[letter.above].level:
        raise LetterError("must stand on a lower level (a higher number) than the letter above it", where=where)


def _step(letter: PublishedLetter, above: PublishedLetter) -> Step:
    """Return a letter as a dispatch: it was sent with the letter above and passed on on its own day."""
    events = [Event(EventKind.SENT, above.moment), Event(EventKind.FORWARDED, letter.moment)]
    return Step(letter.key, letter.level, follow(events))


def _chain(links: list[tuple[Link, Step | None]]) -> Chain:
    ordered = sorted((link for link, _step in links), key=lambda link: (link.letter.level, link.letter.day))
    return Chain(tuple(ordered), tuple(pace(step for _link, step in links if step)))
