"""Machines from a lake whose machines are known: sightings in, roll-ups, numbers and refusals out."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bench.leases import Country, Seen, watch
from bench.observation import observe
from bench.regimes import Regime, play

from quetsach.assess.estimate import Answer, AssessError, Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.events import Calendar, Holiday
from quetsach.assess.hosts.measure import Watch, measure
from quetsach.centre.answers import compare_same_holiday
from quetsach.core.family import Family, FamilyNames, Placing
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.feeds.table import ANNOTATIONS
from quetsach.installation import bundled_country
from quetsach.lake import hosts
from quetsach.lake.host_windows import laid_out
from quetsach.lake.lake import Lake

FIRST = date(2020, 6, 1)
FORTNIGHT = Period(FIRST, FIRST + timedelta(days=13))
SMALL = Country(machines=150, days=14, dense=0.01)
MIRAI = Watch("plain", "own", "mirai", 4)
NOBODY = "8.8.8.8"
ABROAD = f"2020-06-03 10:00:00,{NOBODY},mirai,US,\n"
NAMES = FamilyNames.of([Family("mirai", "Mirai", "linux")], version="1")
PLACED = NAMES.with_placings([Placing("Zork", "mirai", "", "", "an", "2026-11-28T00:00:00+00:00", "same")])


def annotate(table: pa.Table) -> pa.Table:
    """Two providers: even last bytes are of the one, odd of the other; a single address is of nobody."""
    numbers = np.array([address.int for address in table.column("address").to_pylist()], dtype=object)
    is_nobody = np.array([n & 0xFFFFFFFF == 0x08080808 for n in numbers])
    is_even = np.array([n % 2 == 0 for n in numbers])
    values = {
        "asn": pa.array(np.where(is_even, 45899, 7552), pa.int64(), mask=is_nobody),
        "isp": pa.array(np.where(is_nobody, "unknown", np.where(is_even, "vnpt", "viettel"))),
        "province": pa.array(np.where(is_even, "01", "79")),
        "province_source": pa.array(np.full(len(numbers), "feed")),
        "network_version": pa.array(np.full(len(numbers), "net-1")),
    }
    for field in ANNOTATIONS:
        table = table.append_column(field, values[field.name].cast(field.type))
    return table


def ingest(
    lake: Lake,
    seen: Seen,
    *,
    first: date = FIRST,
    report: str = "own",
    more: str = "",
    spelling: Callable[[int, float], str] = lambda _address, _hour: "mirai",
) -> None:
    days: defaultdict[date, list[str]] = defaultdict(list)
    start = datetime.combine(first, datetime.min.time())
    for address, hour, machine in zip(seen.address.tolist(), seen.hour.tolist(), seen.machine.tolist(), strict=True):
        at = start + timedelta(hours=hour)
        place = f"14.160.{address >> 8}.{address & 255}"
        days[at.date()].append(f"{at:%Y-%m-%d %H:%M:%S.%f},{place},{spelling(address, hour)},VN,b{machine}\n")
    rows = [row for of_day in days.values() for row in of_day]
    content = "timestamp,address,malware,country,bot_id\n" + "".join(rows) + more
    lake.ingest(
        content.encode(),
        feed="plain",
        report=report,
        families=FamilyNames.of([], version="f"),
        annotate=annotate,
        now=datetime(2020, 9, 1, tzinfo=UTC),
        name="f.csv",
    )


def value(answer: Answer) -> float:
    assert isinstance(answer, Estimate), answer
    return answer.value


def reason(answer: Answer) -> NotEstimableReason:
    assert isinstance(answer, NotEstimable), answer
    return answer.reason


def same(one: hosts.HostReport, other: hosts.HostReport) -> bool:
    """Whether two reports count the same, but for the last bits of a sum."""
    found = [
        (value(r.total.machines), value(r.total.by_events), r.total.daily_addresses, r.total.addresses, r.abroad)
        for r in (one, other)
    ]
    return found[0] == pytest.approx(found[1], rel=1e-12)


@pytest.fixture(scope="module")
def country() -> Seen:
    return watch(SMALL, np.random.default_rng(3))


@pytest.fixture(scope="module")
def lake(country: Seen, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = Lake(tmp_path_factory.mktemp("hosts"), country=bundled_country())
    ingest(made, country, more=ABROAD)
    return made


def test_machines_on_line_are_counted_by_every_measure(lake: Lake, country: Seen) -> None:
    [row] = hosts.hosts(lake.view(), FORTNIGHT).rows
    assert value(row.machines) == pytest.approx(country.online, rel=0.02)
    assert value(row.by_events) == pytest.approx(country.online, rel=0.05)
    assert value(row.by_growth) == pytest.approx(country.online, rel=0.05)
    assert value(row.by_bot_ids) == pytest.approx(country.online, rel=0.1)
    assert row.addresses_per_machine == pytest.approx(row.addresses / value(row.machines))
    assert row.addresses > 5 * country.online


def test_installations_are_told_with_the_share_of_sightings_that_name_one(lake: Lake) -> None:
    """Every sighting in the country names one; machines move from provider to provider, and are counted once a day."""
    report = hosts.hosts(lake.view(), FORTNIGHT)
    for found in (report.total.by_bot_ids, report.rows[0].by_bot_ids):
        assert isinstance(found, Estimate)
        assert found.measured == {"share_named": 1}
        assert found.low == found.value == found.high > 0
    parts = [row.by_bot_ids for row in hosts.hosts(lake.view(), FORTNIGHT, by="isp").rows]
    assert sum(value(part) for part in parts) == pytest.approx(value(report.total.by_bot_ids))
    for part in parts:
        assert isinstance(part, Estimate)
        assert 0.5 < part.measured["share_named"] <= 1  # it once was 1.37, and the lowest end above the highest
        assert part.low == part.value <= part.high


def test_the_lake_sees_what_the_validation_sees(lake: Lake, country: Seen) -> None:
    """What the tables of validation ask the estimators about, in memory, is what the lake asks them about."""
    [row] = hosts.hosts(lake.view(), FORTNIGHT).rows
    found = measure(observe(country.address, country.hour, 14, bot=country.machine)).machines
    assert isinstance(row.machines, Estimate)
    assert isinstance(found, Estimate)
    assert value(row.machines) == pytest.approx(value(found), rel=1e-6)
    assert row.machines.measured == pytest.approx(found.measured, rel=1e-3, abs=1e-3)


def test_days_without_a_familys_domains_are_no_days_without_infection(country: Seen, tmp_path: Path) -> None:
    """Another family keeps the sensor alive while the domains of one are live on Mondays, Tuesdays and Fridays only."""
    lake = Lake(tmp_path, country=bundled_country())
    is_live = np.isin((country.hour // 24).astype(np.int64) % 7, (0, 1, 4))
    live = Seen(country.address[is_live], country.hour[is_live], country.machine[is_live], 0, 0, 14)
    other = watch(SMALL.but(machines=100), np.random.default_rng(8))
    ingest(lake, live)
    ingest(lake, other, spelling=lambda _address, _hour: "necurs")
    counted = {row.id: row.machines for row in hosts.hosts(lake.view(), FORTNIGHT).rows}
    assert value(counted["mirai"]) == pytest.approx(country.online, rel=0.04)
    assert value(counted["necurs"]) == pytest.approx(other.online, rel=0.02)


def test_a_machine_with_two_families_is_two_infections_and_one_machine(country: Seen, tmp_path: Path) -> None:
    """A third of the machines have two families, whose check-ins do not fall together."""
    lake = Lake(tmp_path, country=bundled_country())
    has_both = country.machine % 3 == 0
    both = Seen(country.address[has_both], country.hour[has_both] + 0.2, country.machine[has_both], 0, 0, 14)
    both = Seen(*(a[both.hour < 336] for a in (both.address, both.hour, both.machine)), 0, 0, 14)
    ingest(lake, country)
    ingest(lake, both, spelling=lambda _address, _hour: "necurs")
    report = hosts.hosts(lake.view(), FORTNIGHT)
    assert report.total.families == 2
    assert value(report.total.machines) > 1.2 * country.online
    assert value(report.of_any_family) == pytest.approx(country.online, rel=0.03)
    assert isinstance(report.of_any_family, Estimate)
    assert report.of_any_family.low < country.online < report.of_any_family.high
    assert value(hosts.hosts(lake.view(), FORTNIGHT, families=["mirai"]).of_any_family) == pytest.approx(
        country.online, rel=0.02
    )


def test_shared_addresses_are_a_range_and_no_number(tmp_path: Path) -> None:
    lake = Lake(tmp_path, country=bundled_country())
    shared = play(Regime(machines=120, shared=0.7, per_address=4), np.random.default_rng(2))
    kept = shared.hour < 336
    ingest(lake, Seen(shared.address[kept], shared.hour[kept], shared.address[kept], 0, 0, 14))
    report = hosts.hosts(lake.view(), FORTNIGHT, by="isp")
    for row in (report.total, *report.rows):
        assert reason(row.machines) is NotEstimableReason.UNEVEN_RATES
        assert {reason(row.by_events), reason(row.by_growth)} == {NotEstimableReason.UNEVEN_RATES}
    assert isinstance(report.total.machines, NotEstimable)
    assert report.total.machines.measured["low"] < shared.online < report.total.machines.measured["high"]


def test_a_known_rate_gives_machines_by_events(lake: Lake, country: Seen) -> None:
    report = hosts.hosts(lake.view(), FORTNIGHT, rates={"mirai": 1.0})
    assert value(report.total.by_events) == pytest.approx(country.online, rel=0.02)


@pytest.mark.parametrize("by", ["isp", "province"])
def test_parts_add_up_to_the_country(lake: Lake, by: str) -> None:
    report = hosts.hosts(lake.view(), FORTNIGHT, by=by)
    assert len(report.rows) == 2
    assert sum(value(row.machines) for row in report.rows) == pytest.approx(value(report.total.machines), rel=0.01)


def test_addresses_abroad_are_counted_apart(lake: Lake) -> None:
    report = hosts.hosts(lake.view(), FORTNIGHT)
    assert report.abroad == pytest.approx(1 / 14)
    assert {row.id for row in hosts.hosts(lake.view(), FORTNIGHT, by="isp").rows} == {"vnpt", "viettel"}


def test_a_reader_makes_a_missing_roll_up_and_writes_nothing(country: Seen, lake: Lake, tmp_path: Path) -> None:
    other = Lake(tmp_path / "lake", country=bundled_country())
    ingest(other, country, more=ABROAD)
    for path in other.folder.glob("rollups/day=2020-06-0*/*"):
        path.unlink()
    before = sorted(other.folder.rglob("*"))
    assert same(hosts.hosts(other.view(), FORTNIGHT), hosts.hosts(lake.view(), FORTNIGHT))
    assert sorted(other.folder.rglob("*")) == before


def test_many_deliveries_of_a_day_count_as_one(country: Seen, lake: Lake, tmp_path: Path) -> None:
    split = Lake(tmp_path / "lake", country=bundled_country())
    for part in (0, 1):
        chosen = np.arange(part, len(country.hour), 2)
        half = Seen(country.address[chosen], country.hour[chosen], country.machine[chosen], 0, 0, 14)
        ingest(split, half, more=ABROAD if part else "")
    assert same(hosts.hosts(split.view(), FORTNIGHT), hosts.hosts(lake.view(), FORTNIGHT))


def test_a_pool_of_which_too_much_is_infected_is_refused(lake: Lake) -> None:
    report = hosts.hosts(lake.view(), FORTNIGHT, by="isp", announced={45899: 1000, 7552: 1_000_000})
    assert {row.id: isinstance(row.machines, NotEstimable) for row in report.rows} == {"vnpt": True, "viettel": False}
    assert reason(report.total.machines) is NotEstimableReason.DENSE_POOL


def test_a_spelling_that_an_analyst_placed_counts_as_its_family(country: Seen, lake: Lake, tmp_path: Path) -> None:
    """A third of the addresses are reported under a name that was placed only afterwards."""
    spelt = Lake(tmp_path / "lake", country=bundled_country())
    ingest(spelt, country, more=ABROAD, spelling=lambda address, _hour: "mirai" if address % 3 else "Zork")
    view = Lake(spelt.folder, PLACED, country=bundled_country()).view()
    report = hosts.hosts(view, FORTNIGHT, families=["mirai"])
    assert same(report, hosts.hosts(lake.view(), FORTNIGHT))
    assert report.total.addresses == view.count_addresses(FORTNIGHT, families=["mirai"])
    assert [row.id for row in hosts.hosts(view, FORTNIGHT).rows] == ["mirai"]
    assert value(report.total.by_bot_ids) == value(hosts.hosts(lake.view(), FORTNIGHT).total.by_bot_ids)
    unplaced = hosts.hosts(Lake(spelt.folder, NAMES, country=bundled_country()).view(), FORTNIGHT)
    assert {row.id for row in unplaced.rows} == {"mirai", "unplaced"}


def test_machines_are_refused_where_each_is_reported_under_several_names_of_its_family(
    country: Seen, tmp_path: Path
) -> None:
    spelt = Lake(tmp_path / "lake", country=bundled_country())
    ingest(spelt, country, spelling=lambda _address, hour: "Zork" if int(hour * 60) % 2 else "mirai")
    view = Lake(spelt.folder, PLACED, country=bundled_country()).view()
    for report in (hosts.hosts(view, FORTNIGHT), hosts.hosts(view, FORTNIGHT, by="isp")):
        assert {reason(row.machines) for row in (report.total, *report.rows)} == {NotEstimableReason.MIXED_SPELLINGS}
        assert value(report.total.by_growth) == pytest.approx(country.online, rel=0.05)
    assert isinstance(hosts.hosts(view, FORTNIGHT).total.by_events, NotEstimable)
    known = hosts.hosts(view, FORTNIGHT, rates={"mirai": 1.0}).total.by_events
    assert value(known) == pytest.approx(country.online, rel=0.02)


def test_only_the_families_asked_for_are_counted(lake: Lake) -> None:
    assert hosts.hosts(lake.view(), FORTNIGHT, families=["necurs"]).rows == ()


def test_a_period_without_sightings_is_refused(lake: Lake) -> None:
    with pytest.raises(AssessError, match="no sightings"):
        hosts.hosts(lake.view(), Period(date(2019, 1, 1), date(2019, 1, 28)))


def test_a_feed_of_one_row_a_day_is_refused_by_name(country: Seen, tmp_path: Path) -> None:
    lake = Lake(tmp_path, country=bundled_country())
    _, first = np.unique(country.address * 1000 + (country.hour // 24).astype(np.int64), return_index=True)
    ingest(lake, Seen(country.address[first], country.hour[first], country.machine[first], 0, 0, 14))
    report = hosts.hosts(lake.view(), FORTNIGHT)
    assert reason(report.total.machines) is NotEstimableReason.DEDUPLICATED
    assert [sensor.mode for sensor in report.sensors] == [NotEstimableReason.DEDUPLICATED]


def test_two_sensors_are_not_added_up_and_tell_their_coverage(country: Seen, tmp_path: Path) -> None:
    lake = Lake(tmp_path, country=bundled_country())
    rng = np.random.default_rng(1)
    for report, share in (("own", 0.9), ("other", 0.6)):
        kept = np.isin(country.machine, np.flatnonzero(rng.random(country.machine.max() + 1) < share))
        part = Seen(country.address[kept], country.hour[kept], country.machine[kept], 0, 0, 14)
        ingest(lake, part, report=report)
    report_ = hosts.hosts(lake.view(), FORTNIGHT)
    assert value(report_.total.machines) == pytest.approx(0.9 * country.online, rel=0.1)
    [coverage] = report_.coverage
    assert coverage.first.report == "own"
    assert value(coverage.at_least) > max(coverage.pairs)


def test_a_cut_by_half_shows_and_a_silent_feed_blocks(tmp_path: Path) -> None:
    lake = Lake(tmp_path, country=bundled_country())
    later = FIRST + timedelta(days=28)
    for report in ("own", "other"):
        ingest(lake, watch(SMALL.but(days=28, machines=100), np.random.default_rng(4)), report=report)
    half = watch(SMALL.but(days=28, machines=50, dense=0.005), np.random.default_rng(5))
    ingest(lake, half, first=later)
    comparison = hosts.compare_latest(lake.view(), later + timedelta(days=27))
    assert comparison is not None
    assert value(comparison.machines) == pytest.approx(50, abs=12)
    assert "feed-dropped-out" in {notice.code for notice in comparison.notices}
    assert comparison.blocks


@pytest.fixture(scope="module")
def falling(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Twelve weeks of which a sensor that sees every machine in the first six sees half of them in the others."""
    made = Lake(tmp_path_factory.mktemp("falling"), country=bundled_country())
    seen = watch(SMALL.but(days=84, machines=100), np.random.default_rng(6))
    kept = (seen.hour < 24 * 42) | (seen.machine % 2 == 0)
    ingest(made, replace(seen, address=seen.address[kept], hour=seen.hour[kept], machine=seen.machine[kept]))
    return made


def test_a_sensor_that_loses_half_its_reach_between_two_windows_blocks(falling: Lake) -> None:
    first, last = Period(FIRST, FIRST + timedelta(days=27)), Period(*(FIRST + timedelta(days=n) for n in (56, 83)))
    comparison = hosts.compare_windows(falling.view(), first, last)
    [sudden] = [notice for notice in comparison.notices if notice.code == "sudden-change"]
    assert f"Từ {FIRST + timedelta(days=42):%d/%m/%Y}" in sudden.text.vi
    assert comparison.blocks
    assert isinstance(comparison.machines, Estimate)
    assert comparison.machines.low < comparison.machines.value < comparison.machines.high


def test_addresses_of_a_day_that_are_seen_on_the_next_are_those_of_the_next_that_were_seen_before(
    falling: Lake,
) -> None:
    view, days = falling.view(), Period(FIRST, FIRST + timedelta(days=27))
    with laid_out(view, days, None) as laid:
        [found] = laid.count_days().values()
        assert laid.count(by_network=False).by_day() == {MIRAI: found}
    table = view.daily_addresses(days, ("family",)).to_pylist()
    assert {row["day"]: row["addresses"] for row in table} == {day: seen.addresses for day, seen in found.items()}
    assert found[days.last].again == 0
    assert all(0 < seen.again <= seen.addresses for day, seen in found.items() if day != days.last)


@pytest.mark.parametrize("is_turned", [False, True])
def test_the_days_between_two_windows_are_those_of_neither(falling: Lake, *, is_turned: bool) -> None:
    windows = [Period(FIRST + timedelta(days=a), FIRST + timedelta(days=b)) for a, b in ((0, 9), (40, 49))]
    found = hosts._days_between(falling.view(), *windows[:: -1 if is_turned else 1], None)
    assert list(found) == [MIRAI]
    assert sorted(found[MIRAI]) == [FIRST + timedelta(days=n) for n in range(10, 40)]
    beside = hosts._days_between(falling.view(), windows[0], Period(FIRST + timedelta(days=10), windows[1].last), None)
    assert beside == {}


def test_a_window_with_a_holiday_is_held_against_the_same_holiday_of_another_year(falling: Lake) -> None:
    name = LocalText("Tết Nguyên đán", "Lunar New Year")
    starts = [FIRST + timedelta(days=n) for n in (10, 60)]
    spans = [starts[0] - timedelta(days=330), *starts]
    tet = Calendar(holidays=tuple(Holiday(Period(day, day + timedelta(days=5)), name) for day in spans))
    plain, window = (Period(FIRST + timedelta(days=a), FIRST + timedelta(days=a + 13)) for a in (28, 56))
    found = compare_same_holiday(falling.view(), plain, window, calendar=tet)
    assert found is not None
    assert (found.before, found.after) == (Period(FIRST + timedelta(days=6), FIRST + timedelta(days=19)), window)
    assert "holidays-differ" not in {notice.code for notice in found.notices}
    assert compare_same_holiday(falling.view(), window, window, calendar=tet) is None
    early = Calendar(holidays=tet.holidays[:1])
    assert compare_same_holiday(falling.view(), plain, window, calendar=early) is None


def test_without_an_earlier_window_nothing_is_compared(lake: Lake) -> None:
    assert hosts.compare_latest(lake.view(), FORTNIGHT.last) is None
