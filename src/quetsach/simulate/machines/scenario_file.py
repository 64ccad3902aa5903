"""Reads a scenario of ``kind = "country"``; docs/reference/scenario-format.md says what each field means."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from quetsach.campaign import Section
from quetsach.core.country import WEEKDAYS
from quetsach.core.period import Period
from quetsach.core.sighting import SECTORS
from quetsach.core.text import Number, Text
from quetsach.simulate.fields import FILE_WORD, SPELLING, day_from, number_or, period_or, word
from quetsach.simulate.machines.scenario import (
    HOME_HOURS,
    OFFICE_HOURS,
    ActivityProfile,
    CheckIns,
    ClockError,
    Country,
    Coverage,
    Family,
    Feed,
    FeedForm,
    Hours,
    Isp,
    Lease,
    LeaseKind,
    Measure,
    Migration,
    Outage,
    RollOut,
    Schedule,
)

# Reads the feeds of a scenario.

MAX_FEEDS: Final = 20


def read_feeds(top: Section, first: date, families: list[str]) -> tuple[Feed, ...]:
    """Read ``[[feeds]]``.

    Raises:
        CampaignError: with file and field, what is wrong.
    """
    feeds = tuple(_feed(section, first, families) for section in top.sections("feeds"))
    if len(feeds) > MAX_FEEDS:
        raise top.error("feeds", Text("must be at most {most}", most=MAX_FEEDS))
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
        raise section.error("family", Text("{name} is no family of this file", name=family[:60]))
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


# Reads the measures of a scenario's campaign.

MAX_STEPS = 100


def read_measures(top: Section, first: date, known: Mapping[str, list[str]]) -> tuple[Measure, ...]:
    """Read ``[[measures]]``, which may be left out.

    Args:
        top: the whole file.
        first: the country's first day.
        known: its ``families``, ``isps`` and ``provinces``.

    Raises:
        CampaignError: with file and field, what is wrong.
    """
    measures = tuple(_measure(section, first, known) for section in top.optional_sections("measures"))
    top.refuse_twins("measures", [measure.id for measure in measures])
    return measures


def _measure(section: Section, first: date, known: Mapping[str, list[str]]) -> Measure:
    roll_out = section.one_of("roll_out", RollOut) if section.has("roll_out") else RollOut.EVERYWHERE
    has_steps = roll_out is not RollOut.EVERYWHERE
    measure = Measure(
        id=section.identifier(),
        kind=section.text("kind"),
        first=day_from(section, "first", first),
        last=section.day("last") if section.has("last") else None,
        ramp_days=number_or(section, "ramp_days", 0.0, least=0, most=1000),
        reduction=number_or(section, "reduction", 0.0, least=0, most=1),
        cleaning=number_or(section, "cleaning_factor", 1.0, least=0.01, most=100),
        roll_out=roll_out,
        steps=section.integer("steps", least=1, most=MAX_STEPS) if has_steps else 1,
        step_days=section.integer("step_days", least=1, most=400) if has_steps else 1,
        order_seed=section.integer("order_seed", least=0, most=2**32) if roll_out is RollOut.WEDGE else 0,
        **{name: _names(section, name, names) for name, names in known.items()},
    )
    if measure.last is not None and measure.last < measure.first:
        raise section.error("last", Text("is before first"))
    section.finish()
    return measure


def _names(section: Section, name: str, known: list[str]) -> tuple[str, ...]:
    if not section.has(name):
        return ()
    names = section.texts(name)
    section.refuse_twins(name, names)
    for text in names:
        if text not in known:
            raise section.error(name, Text("{name} is none of this file", name=text[:60]))
    return names


MAX_DAYS = 1000
MAX_HOSTS = 5_000_000
MAX_PLACES = 1 << 26
_CODE = re.compile(r"[A-Z]{2}")
_DAY_HOURS = 24


def is_country(content: bytes, *, file: str) -> bool:
    """Whether a scenario is of ``kind = "country"``, and no replay of published totals.

    Raises:
        CampaignError: it is not TOML.
    """
    return Section.parse(content, file=file).values.get("kind") == "country"


def read_country(content: bytes, *, file: str) -> Country:
    """Read a scenario.

    Raises:
        CampaignError: with file and field, what is wrong and what belongs there.
    """
    top = Section.parse(content, file=file)
    if top.text("kind") != "country":
        raise top.error("kind", Text('must be "country"'))
    period = top.period()
    if period.days > MAX_DAYS:
        raise top.error("last", Text("is more than {most} days after first", most=Number(MAX_DAYS)))
    families = tuple(_family(section, period.first) for section in top.sections("families"))
    home = word(top, "country", _CODE)
    isps = _isps(top, period.first, home)
    provinces = _provinces(top)
    known = {
        "families": [family.spelling for family in families],
        "isps": [isp.id for isp in isps if isp.country == home],
        "provinces": list(provinces),
    }
    ahead = top.number("hours_ahead_of_utc", least=-12, most=14)
    scenario = Country(
        id=top.identifier(),
        name=top.local_text("name"),
        note=top.local_text("note"),
        seed=top.integer("seed", least=0, most=2**32),
        period=period,
        code=home,
        hours_ahead=ahead,
        rest_days=_rest_days(top),
        hosts=top.integer("hosts", least=1, most=MAX_HOSTS),
        families=families,
        isps=isps,
        provinces=provinces,
        sectors=_sectors(top),
        migrations=tuple(_migration(part, known["families"]) for part in top.optional_sections("migrations")),
        feeds=read_feeds(top, period.first, known["families"]),
        measures=read_measures(top, period.first, known),
        hours=_hours(top, ahead),
        holidays=frozenset(_holidays(top, period)),
        shared_lines=number_or(top, "shared_lines", 0.0, least=0, most=0.9),
        cloned=number_or(top, "cloned_bot_ids", 0.005, least=0, most=1),
        reinstalled=number_or(top, "reinstalled", 0.5, least=0, most=1),
        regionless=number_or(top, "regionless_share", 0.0, least=0, most=1),
        frailty=number_or(top, "frailty_shape", 0.0, least=0, most=1000),
        common_shock=number_or(top, "common_shock", 0.0, least=0, most=1),
        own_shock=number_or(top, "own_shock", 0.0, least=0, most=1),
    )
    top.refuse_twins("families", known["families"])
    top.finish()
    return scenario


def _family(section: Section, first: date) -> Family:
    shares = section.section("on_line")
    duties = {duty: shares.number(duty, least=0, most=1) for duty in ActivityProfile if shares.has(duty)}
    shares.finish()
    if abs(sum(duties.values()) - 1) > 1e-6:
        raise section.error("on_line", Text("the shares must add up to 1"))
    schedules = [_check_ins(section.section("check_in"), first)]
    changes = section.optional_sections("changes")
    schedules += [_check_ins(change, day_from(change, "first", first)) for change in changes]
    family = Family(
        spelling=word(section, "spelling", SPELLING),
        weight=section.number("weight", least=0.001, most=1_000_000),
        check_ins=tuple(sorted(schedules, key=lambda schedule: schedule.first)),
        duties=duties,
        growth=number_or(section, "growth_a_week", 0.0, least=-1, most=1) / 7,
        mean_days=number_or(section, "mean_days", 60.0, least=0.5, most=5000),
        shape=number_or(section, "shape", 1.0, least=0.3, most=5),
        reinfection=number_or(section, "reinfection_share", 0.0, least=0, most=0.95),
        reinfection_days=number_or(section, "reinfection_days", 45.0, least=0.5, most=1000),
        uses_ipv6=section.flag("uses_ipv6"),
    )
    section.finish()
    return family


def _check_ins(section: Section, first: date) -> CheckIns:
    schedule = section.one_of("schedule", Schedule)
    check_ins = CheckIns(
        first,
        schedule,
        interval=section.number("minutes", least=1, most=100_000) * 60,
        jitter=number_or(section, "jitter", 0.0, least=0, most=0.95) if schedule is Schedule.PERIODIC else 0.0,
        at_start=schedule is Schedule.PERIODIC and section.flag("at_start"),
    )
    section.finish()
    return check_ins


def _isps(top: Section, first: date, home: str) -> tuple[Isp, ...]:
    isps = [_isp(section, first, home) for section in top.sections("isps")]
    for section in top.optional_sections("neighbours"):
        abroad = word(section, "country", _CODE)
        if abroad == home:
            raise section.error("country", Text("{country} is the country itself", country=home))
        isps.append(_isp(section, first, abroad))
    top.refuse_twins("isps", [isp.id for isp in isps])
    return tuple(isps)


def _isp(section: Section, first: date, country: str) -> Isp:
    leases = tuple(_lease(lease, first) for lease in section.sections("leases"))
    for day in {lease.first for lease in leases} | {first}:
        if abs(sum(lease.share for lease in leases if lease.first == day) - 1) > 1e-6:
            told = Text("the shares of those from {day} on must add up to 1", day=day)
            raise section.error("leases", told)
    has_cgnat = any(lease.kind is LeaseKind.CGNAT for lease in leases)
    isp = Isp(
        id=section.identifier(),
        asn=section.integer("asn", least=1, most=2**32 - 1) if section.has("asn") else 0,
        country=country,
        weight=section.number("weight", least=0.0001, most=1_000_000),
        leases=leases,
        addresses=section.integer("addresses", least=0, most=MAX_PLACES),
        cgnat_addresses=section.integer("cgnat_addresses", least=1, most=1 << 20) if has_cgnat else 0,
        ratio=section.integer("cgnat_ratio", least=2, most=4096) if has_cgnat else 1,
        ipv6_share=number_or(section, "ipv6_share", 0.0, least=0, most=1),
        cleaning=section.number("cleaning_factor", least=0.01, most=100) if section.has("cleaning_factor") else None,
    )
    if isp.cgnat_addresses * isp.ratio > MAX_PLACES:
        raise section.error("cgnat_ratio", Text("gives more than {most} lines a place", most=Number(MAX_PLACES)))
    section.finish()
    return isp


def _lease(section: Section, first: date) -> Lease:
    kind = section.one_of("kind", LeaseKind)
    is_timed = kind not in (LeaseKind.FIXED, LeaseKind.SESSION)
    lease = Lease(
        first=day_from(section, "first", first),
        kind=kind,
        share=section.number("share", least=0, most=1),
        hours=section.number("hours", least=0.1, most=100_000) if is_timed else 0.0,
    )
    section.finish()
    return lease


def _provinces(top: Section) -> dict[str, float]:
    found: dict[str, float] = {}
    for section in top.sections("provinces"):
        spelling = word(section, "spelling", SPELLING)
        if spelling in found:
            raise section.error("spelling", Text("{name} is there twice", name=spelling))
        found[spelling] = section.number("weight", least=0.001, most=1_000_000)
        section.finish()
    return found


def _sectors(top: Section) -> dict[str, float]:
    found: dict[str, float] = {}
    for section in top.optional_sections("sectors"):
        sector = section.identifier()
        if sector not in SECTORS or sector in found:
            is_twin = sector in found
            told = Text("{name} is there twice", name=sector[:60]) if is_twin else Text("is no sector")
            raise section.error("id", told)
        found[sector] = section.number("weight", least=0.001, most=1_000_000)
        section.finish()
    return found


def _migration(section: Section, families: list[str]) -> Migration:
    names = {name: section.text(name) for name in ("before", "after")}
    for name, family in names.items():
        if family not in families:
            raise section.error(name, Text("{name} is no family of this file", name=family[:60]))
    migration = Migration(
        **names,
        first=section.day("first"),
        days=number_or(section, "days", 1.0, least=1, most=1000),
        share=number_or(section, "share", 1.0, least=0, most=1),
    )
    section.finish()
    return migration


def _hours(top: Section, ahead: float) -> dict[ActivityProfile, Hours]:
    known = {ActivityProfile.OFFICE: OFFICE_HOURS, ActivityProfile.HOME: HOME_HOURS}
    if top.has("hours"):
        both = top.section("hours")
        for duty in tuple(known):
            if both.has(duty):
                known[duty] = _own_hours(both.section(duty))
        both.finish()
    for duty, hours in known.items():
        if hours.as_utc(ahead).until > _DAY_HOURS:
            told = Text(
                "{start} to {until} goes over midnight of UTC", start=f"{hours.start:g}", until=f"{hours.until:g}"
            )
            raise top.error(f"hours.{duty}", told)
    return known


def _own_hours(section: Section) -> Hours:
    start = section.number("start", least=0, most=2 * _DAY_HOURS)
    hours = Hours(
        start=start,
        until=section.number("until", least=start, most=2 * _DAY_HOURS),
        spread=number_or(section, "spread", 0.0, least=0, most=6),
        presence=number_or(section, "presence", 1.0, least=0, most=1),
        weekdays_only=section.flag("weekdays_only"),
    )
    section.finish()
    return hours


def _rest_days(top: Section) -> frozenset[int]:
    found = top.texts("rest_days")
    if not set(found) < set(WEEKDAYS):
        raise top.error("rest_days", Text("are some of {known}, and not all", known=", ".join(WEEKDAYS)))
    return frozenset(WEEKDAYS.index(day) for day in found)


def _holidays(top: Section, played: Period) -> list[date]:
    days: list[date] = []
    for section in top.optional_sections("holidays"):
        period = section.period()
        if period.first not in played or period.last not in played:
            raise section.error("first", Text("{period} is not within {played}", period=period, played=played))
        days += period
        section.finish()
    return days


# Reads scenarios of ``kind = "country"``.

__all__ = ["is_country", "read_country"]
