"""Panels: one sensor a family in all weeks, zero where nothing was seen and missing where nobody looked."""

import random
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from tests.unit.assess.hosts.test_comparison_of_windows import JULY, JUNE, MIRAI, OTHER, seen, window

from quetsach.centre.centre import Centre
from quetsach.centre.ingest import ingest_files
from quetsach.core.period import Period
from quetsach.lake.lake import IngestResult, Lake
from quetsach.lake.weekly import Cell, Sensors, WeekMeasure, Weeks, constant_sensors, weekly, weeks

FIRST, COUNT = date(2024, 4, 1), 6
SILENT = FIRST + timedelta(weeks=2)
BEFORE, AFTER = (Period(day, day + timedelta(days=13)) for day in (FIRST, FIRST + timedelta(weeks=4)))


def _lines(places: list[str], family: str, per_day: int, days: range, chance: random.Random) -> Iterator[str]:
    for day in (FIRST + timedelta(days=n) for n in days):
        for place in places:
            for _ in range(per_day):
                address = f"123.16.{chance.randrange(256)}.{chance.randrange(256)}"
                for hour in range(0, 24, 2):
                    yield f"{day} {hour:02}:{chance.randrange(60):02}:00,{address},{family},{place}"


def _take_in(folder: Path, report: str, lines: Iterator[str]) -> None:
    feed = folder / f"{report}.csv"
    feed.write_text("\n".join(["timestamp,address,malware,region", *lines]) + "\n", "utf-8")
    [(_, result)] = ingest_files(Centre(folder), [feed], feed="plain", report=report, clock=lambda: datetime.now(UTC))
    assert isinstance(result, IngestResult)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A sensor that is silent in the third week, and one that came in the fifth and sees three times as much."""
    folder, chance, whole = tmp_path_factory.mktemp("centre"), random.Random(5), range(7 * COUNT)
    old = [n for n in whole if not 14 <= n < 21]
    lines = [
        line
        for n in old
        for line in (
            *_lines(["Hà Nội", "Nghệ An"], "sality", 4, range(n, n + 1), chance),
            *_lines(["Hà Nội"], "mirai", 2, range(n, n + 1), chance),
            *(_lines(["Cao Bằng"], "sality", 1, range(n, n + 1), chance) if n < 7 else ()),
        )
    ]
    _take_in(folder, "old", iter(lines))
    _take_in(folder, "new", _lines(["Hà Nội"], "sality", 12, range(28, 42), chance))
    return Lake(folder / "lake")


@pytest.fixture(scope="module")
def sensors(lake: Lake) -> Sensors:
    return constant_sensors(lake.view(), BEFORE, AFTER)


@pytest.fixture(scope="module")
def counted(lake: Lake, sensors: Sensors) -> Weeks:
    return weekly(lake.view(), STARTS, sensors, weights={})


STARTS = weeks(FIRST, FIRST + timedelta(days=7 * COUNT - 1), anchor=FIRST)


@pytest.mark.parametrize(("units", "measure"), [(["01"], "machines"), (["04", "01"], "addresses"), ([], "machines")])
def test_one_refused_cell_of_the_units_asked_for_makes_all_of_them_addresses(units: list[str], measure: str) -> None:
    made = Weeks({("01", FIRST): Cell(3.0, 9.0), ("04", FIRST): Cell(None, 7.0)}, frozenset())
    assert made.measure(units) == measure
    assert [made.cells["01", FIRST].of(one) for one in WeekMeasure] == [3, 9]


@pytest.mark.parametrize(
    ("first", "last", "found"), [(0, 13, [0, 7]), (1, 20, [7, 14]), (-6, 6, [0]), (0, 5, []), (1, 13, [7]), (7, 0, [])]
)
def test_weeks_are_whole_and_begin_on_the_weekday_of_the_start(first: int, last: int, found: list[int]) -> None:
    days = [FIRST + timedelta(days=n) for n in (first, last)]
    assert weeks(*days, anchor=FIRST) == tuple(FIRST + timedelta(days=n) for n in found)


def test_a_sensor_that_came_later_does_not_count(sensors: Sensors, counted: Weeks) -> None:
    assert dict(sensors.of) == {"sality": ("plain", "old"), "mirai": ("plain", "old")}
    earlier, later = (counted.cell("01", FIRST + timedelta(weeks=n)) for n in (1, 5))
    assert earlier
    assert later
    assert later.addresses == pytest.approx(earlier.addresses, rel=0.1)


def test_of_sensors_that_are_alive_in_both_windows_the_one_that_sees_most_in_the_earlier_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    windows = [window(JUNE, {MIRAI: seen(100), OTHER: seen(50)}), window(JULY, {MIRAI: seen(50), OTHER: seen(100)})]
    monkeypatch.setattr("quetsach.lake.weekly.laid_out", lambda *_: nullcontext(MagicMock()))
    monkeypatch.setattr("quetsach.lake.weekly.measure_window", lambda *_: windows.pop(0))
    assert constant_sensors(MagicMock(), BEFORE, AFTER).of == {"mirai": ("own", "sinkhole")}


def test_that_sensors_differ_is_told_unless_only_registered_ones_are_asked(lake: Lake, sensors: Sensors) -> None:
    assert [notice.code for notice in sensors.notices] == ["feed-dropped-out"]
    assert constant_sensors(lake.view(), BEFORE, AFTER, reports=["plain/old"]).notices == ()


def test_a_province_without_sightings_has_zero_and_a_silent_week_has_no_figures(counted: Weeks) -> None:
    assert counted.healthy == frozenset(STARTS) - {SILENT}
    seen, unseen, unknown = (counted.cell("04", FIRST + timedelta(weeks=n)) for n in (0, 1, 2))
    assert seen
    assert seen.addresses == 1, "of the days of its own week"
    assert unseen
    assert unseen.addresses == 0
    assert unknown is None
    assert counted.cell("01", SILENT) is None


def test_families_count_by_their_weights(lake: Lake, sensors: Sensors, counted: Weeks) -> None:
    halved = weekly(lake.view(), STARTS[:1], sensors, weights={"mirai": 0.5})
    without = weekly(lake.view(), STARTS[:1], sensors, weights={"mirai": 0.0})
    cells = [one.cell("01", FIRST) for one in (counted, halved, without)]
    whole, half, none = (cell.addresses for cell in cells if cell)
    assert none == pytest.approx(4, abs=0.1)
    assert whole == pytest.approx(6, abs=0.1)
    assert half == pytest.approx((whole + none) / 2, abs=0.05)
