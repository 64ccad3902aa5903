"""Reads the feeds of a scenario."""

from datetime import date
from typing import Final

from quetsach.campaign import Section
from quetsach.simulate.fields import FILE_WORD, day_from, number_or, period_or, word
from quetsach.simulate.machines.scenario import ClockError, Coverage, Feed, FeedForm, Outage

MAX_FEEDS: Final = 20


def read_feeds(top: Section, first: date, families: list[str]) -> tuple[Feed, ...]:
    """Read ``[[feeds]]``.

    Raises:
        CampaignError: with file and field, what is wrong.
    """
    feeds = tuple(_feed(section, first, families) for section in top.sections("feeds"))
    if len(feeds) > MAX_FEEDS:
        raise top.error("feeds", f"must be at most {MAX_FEEDS}")
    top.refuse_twins("feeds", [feed.id for feed in feeds])
    return feeds


def _feed(section: Section, first: date, families: list[str]) -> Feed:
    coverage = [_coverage(part, first, families) for part in section.sections("coverage")]
    feed = Feed(
        id=word(section, "id", FILE_WORD),
        form=section.one_of("form", FeedForm),
        coverage=tuple(sorted(coverage, key=lambda part: part.first)),
        shared_taste=number_or(section, "shared_taste", 0.0, least=0, most=1),
        outages=tuple(_outage(part, first) for part in section.optional_sections("outages")),
        first_only=period_or(section, "first_rows_only"),
        delta=period_or(section, "delta_mode"),
        late=number_or(section, "late_share", 0.0, least=0, most=1),
        repeated=number_or(section, "repeated_share", 0.0, least=0, most=1),
        sent_again=number_or(section, "files_again_share", 0.0, least=0, most=1),
        late_files=number_or(section, "late_files_share", 0.0, least=0, most=1),
        clock_errors=tuple(_clock_error(part) for part in section.optional_sections("clock_errors")),
        days_a_file=section.integer("days_a_file", least=1, most=100) if section.has("days_a_file") else 1,
    )
    section.finish()
    return feed


def _coverage(section: Section, first: date, families: list[str]) -> Coverage:
    family = section.text("family") if section.has("family") else ""
    if family and family not in families:
        raise section.error("family", f"{family[:60]} is no family of this file")
    coverage = Coverage(
        first=day_from(section, "first", first),
        family=family,
        reach=section.number("reach", least=0, most=1),
        keep=number_or(section, "keep", 1.0, least=0, most=1),
    )
    section.finish()
    return coverage


def _clock_error(section: Section) -> ClockError:
    period, hours = section.period(), section.number("hours", least=-14, most=14)
    section.finish()
    return ClockError(period, round(hours * 3600))


def _outage(section: Section, first: date) -> Outage:
    day = section.day("day")
    hour = number_or(section, "hour", 0.0, least=0, most=24)
    hours = section.number("hours", least=0.01, most=24 * 1000)
    section.finish()
    begin = (day - first).days * 86_400 + round(hour * 3600)
    return Outage(begin, begin + round(hours * 3600))
