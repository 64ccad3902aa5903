"""The tables of truth against counting machine by machine."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.known_country import MONDAY, a_country, a_day, a_family, a_feed, a_measure, an_isp

from quetsach.simulate import Country, country
from quetsach.simulate.machines.days import Day
from quetsach.simulate.machines.infections import OPEN
from quetsach.simulate.machines.population import DAY
from quetsach.simulate.machines.scenario import ActivityProfile, RollOut
from quetsach.simulate.machines.truth import Truth, hex_texts

COUNTRY = a_country(
    hosts=40,
    days=4,
    families=(
        a_family("mirai", mean_days=3, reinfection=0.5, reinfection_days=1),
        a_family("necurs", duties={ActivityProfile.OFFICE: 0.5, ActivityProfile.HOME: 0.5}, mean_days=5),
    ),
    isps=(an_isp("one"), an_isp("two"), an_isp("abroad", country="XA")),
    measures=(a_measure(2, reduction=0.5, ramp_days=1),),
)


def _tables(scenario: Country, make: str) -> list[dict[str, Any]]:
    truth = Truth(scenario)
    days = [getattr(truth, make)(day) for day in country(scenario)]
    return pa.concat_tables(days).to_pylist()  # type: ignore[no-any-return]


def _cells(scenario: Country, day: Day) -> list[tuple[str, str, str]]:
    infected = day.levels.infections
    provinces = [*scenario.provinces, ""]
    return [
        (scenario.families[f].spelling, scenario.isps[i].id, provinces[p])
        for f, i, p in zip(infected.families, infected.isps, infected.provinces, strict=True)
    ]


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["family"], row["isp"], row["province"]


def test_hours_are_what_counting_every_machine_gives() -> None:
    counted: Counter[Any] = Counter()
    for day in country(COUNTRY):
        levels = day.levels
        for n, cell in enumerate(_cells(COUNTRY, day)):
            for hour in range(24):
                infected = _inside(hour, levels.begins[n], levels.ends[n])
                online = _inside(hour, levels.on[n], levels.off[n])
                counted[day.number * 24 + hour, cell, "infected_seconds"] += infected
                counted[day.number * 24 + hour, cell, "online_seconds"] += online
                counted[day.number * 24 + hour, cell, "active_hosts"] += online > 0
    found: Counter[Any] = Counter()
    for row in _tables(COUNTRY, "hours"):
        hour = int((row["hour"].timestamp() - _midnight()) // 3600)
        for column in ("infected_seconds", "online_seconds", "active_hosts"):
            found[hour, _key(row), column] += row[column]
    assert +found == +counted


def _inside(hour: int, begin: int, end: int) -> int:
    return len(range(max(begin, hour * 3600), min(end, hour * 3600 + 3600)))


def _midnight() -> int:
    return (MONDAY.toordinal() - 719_163) * DAY


@pytest.mark.parametrize("play", ["campaign", "no-campaign"])
def test_days_are_what_the_infections_of_their_play_add_up_to(play: str) -> None:
    counted: Counter[Any] = Counter()
    for row in _tables(COUNTRY, "infections"):
        if row["play"] != play:
            continue
        begin = row["begin"].timestamp() - _midnight()
        end = row["end"].timestamp() - _midnight() if row["end"] else COUNTRY.days * DAY
        for day in range(COUNTRY.days):
            counted[day, _key(row), "infected_seconds"] += max(
                0, int(min(end, (day + 1) * DAY) - max(begin, day * DAY))
            )
        if begin >= 0:
            counted[int(begin // DAY), _key(row), "begun"] += 1
        if row["cause"] != "open":
            cause = "cleaned" if row["cause"] == "cleaned" else "freed"
            counted[int((end - (cause == "cleaned")) // DAY), _key(row), cause] += 1
    found: Counter[Any] = Counter()
    for row in _tables(COUNTRY, "days"):
        if row["play"] == play:
            for column in ("infected_seconds", "begun", "cleaned", "freed"):
                found[(row["day"] - MONDAY).days, _key(row), column] += row[column]
    assert +found == +counted


def test_hours_add_up_to_days() -> None:
    hours: Counter[Any] = Counter()
    for row in _tables(COUNTRY, "hours"):
        for column in ("infected_seconds", "online_seconds"):
            hours[row["hour"].date(), _key(row), column] += row[column]
    days: Counter[Any] = Counter()
    for row in _tables(COUNTRY, "days"):
        if row["play"] == "campaign":
            for column in ("infected_seconds", "online_seconds"):
                days[row["day"], _key(row), column] += row[column]
    assert +hours == +days


def test_active_machines_of_a_day_are_those_on_line_in_it() -> None:
    counted: Counter[Any] = Counter()
    for day in country(COUNTRY):
        for cell, on, off in zip(_cells(COUNTRY, day), day.levels.on, day.levels.off, strict=True):
            counted[day.date, cell] += int(off > on)
    found = Counter(
        {(r["day"], _key(r)): r["active_hosts"] for r in _tables(COUNTRY, "days") if r["play"] == "campaign"}
    )
    assert +found == +counted


def test_every_infection_is_told_once_in_each_play() -> None:
    rows = _tables(COUNTRY, "infections")
    keys = [(row["play"], row["host"], row["episode"]) for row in rows]
    assert len(set(keys)) == len(keys)
    told = {(row["host"], row["episode"]) for row in rows if row["play"] == "campaign"}
    happened = set()
    for day in country(COUNTRY):
        infected = day.levels.infections
        happened |= set(zip(infected.hosts.tolist(), infected.episodes.tolist(), strict=True))
    assert told == happened


def test_an_infection_that_outlasts_the_days_is_open() -> None:
    for row in _tables(COUNTRY, "infections"):
        assert (row["end"] is None) == (row["cause"] == "open")
    assert {row["cause"] for row in _tables(COUNTRY, "infections")} == {"open", "cleaned", "campaign"}


def test_without_the_campaign_nothing_is_freed() -> None:
    rows = [row for row in _tables(COUNTRY, "infections") if row["play"] == "no-campaign"]
    assert {row["cause"] for row in rows} == {"open", "cleaned"}


def test_the_reduction_is_that_of_the_last_28_days_at_home() -> None:
    isps = (an_isp("one"), an_isp("abroad", country="XA"))
    scenario = a_country(hosts=300, days=35, isps=isps, measures=(a_measure(3, reduction=0.5),))
    truth = Truth(scenario)
    rows = pa.concat_tables([truth.days(day) for day in country(scenario)]).to_pylist()
    levels = {
        play: sum(
            r["online_seconds"] for r in rows if r["play"] == play and r["country"] == "VN" and r["day"] >= a_day(7)
        )
        for play in ("campaign", "no-campaign")
    }
    found = next(
        r for r in truth.reduction().to_pylist() if (r["by"], r["name"], r["level"]) == ("country", "VN", "online")
    )
    assert (found["with_seconds"], found["without_seconds"]) == (levels["campaign"], levels["no-campaign"])
    assert found["reduction"] == 1 - levels["campaign"] / levels["no-campaign"]
    assert (found["first"], found["last"]) == (a_day(7), a_day(34))


@pytest.mark.parametrize("by", ["family", "isp", "province"])
def test_reductions_of_parts_add_up_to_that_of_the_country(by: str) -> None:
    truth = Truth(COUNTRY)
    for day in country(COUNTRY):
        truth.days(day)
    rows = truth.reduction().to_pylist()
    for level in ("infected", "online"):
        whole = next(r for r in rows if r["by"] == "country" and r["level"] == level)
        parts = [r for r in rows if r["by"] == by and r["level"] == level]
        assert sum(r["with_seconds"] for r in parts) == whole["with_seconds"]
        assert sum(r["without_seconds"] for r in parts) == whole["without_seconds"]


def test_measures_are_told_with_where_and_when_they_begin() -> None:
    measure = a_measure(1, kind="letters", roll_out=RollOut.WEDGE, steps=2, step_days=3, isps=("two",))
    scenario = a_country(isps=(an_isp("one"), an_isp("two")), measures=(measure,))
    rows = Truth(scenario).measures().to_pylist()
    assert {(row["measure"], row["kind"], row["isp"]) for row in rows} == {("campaign", "letters", "two")}
    assert {row["begin"].date() for row in rows} == {a_day(1), a_day(4)}
    assert {row["province"] for row in rows} == set(scenario.provinces)


def test_a_country_without_measures_has_no_rows_of_them() -> None:
    assert Truth(a_country()).measures().num_rows == 0


def test_feeds_are_told_with_rows_at_home_and_uptime() -> None:
    isps = (an_isp("one"), an_isp("abroad", country="XA"))
    scenario = a_country(days=1, isps=isps, feeds=(a_feed("a"), a_feed("b")))
    (day,) = country(scenario)
    rows = Truth(scenario).feeds(day).to_pylist()
    home = (day.levels.infections.isps[day.stretches.infections[day.events.stretches]] == 0).sum()
    assert [(row["feed"], row["rows"], row["uptime_seconds"]) for row in rows] == [("a", home, DAY), ("b", home, DAY)]


def test_leases_are_told_with_address_and_ports() -> None:
    scenario = a_country(days=1)
    (day,) = country(scenario)
    rows = Truth(scenario).leases(day).to_pylist()
    assert len(rows) == len(day.leases.lines)
    assert {row["address"] for row in rows} == set(day.leases.addresses.tolist())
    assert {(row["end"] - row["begin"]).total_seconds() for row in rows} == {DAY}


def test_open_infections_are_told_on_the_last_day_only() -> None:
    truth = Truth(COUNTRY)
    for day in country(COUNTRY):
        ended = sum((levels.infections.causes != OPEN).sum() for levels in (day.levels, day.without))
        open_ones = sum((levels.infections.causes == OPEN).sum() for levels in (day.levels, day.without))
        is_last = day.number == COUNTRY.days - 1
        assert truth.infections(day).num_rows == ended + open_ones * is_last


def test_numbers_are_sixteen_hexadecimal_digits() -> None:
    assert hex_texts(np.array([0, 255, 2**64 - 1], dtype=np.uint64)).to_pylist() == [
        "0" * 16,
        "0" * 14 + "ff",
        "f" * 16,
    ]
