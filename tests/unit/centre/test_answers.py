"""Questions to a small lake whose answers are counted by hand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quetsach.assess import AssessError, FrozenBaseline, TargetReport
from quetsach.assess.events import Calendar, EventKind, KnownEvent
from quetsach.campaign import Campaign, Measure, Target, Window
from quetsach.centre import answers
from quetsach.centre.baseline import baseline_in_force, count_baseline, freeze_baseline
from quetsach.centre.tables import load_families, load_network_tables, load_places
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.lake.lake import Lake
from quetsach.lake.view import LakeView
from quetsach.network import annotate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = LocalText("Thử", "Test")
BEFORE, AFTER, YEAR_BEFORE = (
    Period(first, first + timedelta(days=1)) for first in (date(2020, 6, 16), date(2020, 7, 1), date(2019, 6, 16))
)
CAMPAIGN = Campaign(
    id="test",
    name=TEXT,
    summary=TEXT,
    phases=(),
    targets=(Target("half", TEXT, Measure.WINDOW_ADDRESSES, -50),),
    windows=(Window("before", TEXT, BEFORE), Window("after", TEXT, AFTER), Window("year", TEXT, YEAR_BEFORE)),
    baseline="before",
    previous_year="year",
)


def _fill(
    lake: Lake, data: Path, days: Iterable[date], addresses: int, *, report: str = "test", region: str = "HA NOI"
) -> None:
    tables = load_network_tables(data)
    for day in days:
        rows = "".join(f"{day} 07:00:00,14.160.0.{n},mirai,{region}\n" for n in range(addresses))
        lake.ingest(
            f"timestamp,address,malware,region\n{rows}".encode(),
            feed="plain",
            report=report,
            families=load_families(),
            annotate=lambda table: annotate(table, tables),
            now=NOW,
        )


def test_a_feed_that_drops_out_within_a_window_is_told(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, [*BEFORE, *AFTER], 1, report="steady")
    _fill(lake, tmp_path, [*BEFORE, AFTER.first], 5, report="lost")
    [window] = _targets(lake, tmp_path).windows
    assert [notice.code for notice in window.notices] == ["feed-days-missing"]
    assert "plain/lost has data on only 1 of the 2 days" in window.notices[0].text.en


def test_a_rate_names_the_table_that_it_divides_by(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    _fill(lake, tmp_path, BEFORE, 1)
    tables = load_network_tables(tmp_path)
    later = replace(tables, version="2027-01-01.00000000")
    stated = answers.isps(lake.view(), BEFORE, later).basis.network_versions
    assert stated == (tables.version, later.version)
    assert answers.isps(lake.view(), BEFORE, tables).basis.network_versions == (tables.version,)


def test_a_sighting_with_a_wrong_clock_is_not_the_newest_data(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    _fill(lake, tmp_path, [date(2020, 6, 16), date(2099, 6, 16)], 1)
    assert lake.view().basis(BEFORE).as_of == date(2020, 6, 16)


def test_what_is_dated_after_its_ingest_is_set_aside_and_never_lost(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    _fill(lake, tmp_path, [date(2099, 6, 16)], 1)
    [delivery] = lake.view().deliveries()
    assert (delivery.records, delivery.accepted, delivery.quarantined) == (1, 0, 1)
    assert lake.view().basis(BEFORE).as_of is None


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def _targets(lake: Lake, tmp_path: Path, asked: Period | None = None) -> TargetReport:
    return answers.targets(lake.view(), CAMPAIGN, frozen=baseline_in_force(tmp_path, CAMPAIGN.id), asked=asked)


@pytest.mark.parametrize(("addresses", "codes"), [(10, ["known-take-down"]), (9, [])])
def test_a_take_down_between_the_windows_is_said_of_families_that_may_be_named(
    lake: Lake, tmp_path: Path, addresses: int, codes: list[str]
) -> None:
    _fill(lake, tmp_path, [*BEFORE, *AFTER], addresses)
    event = KnownEvent("x", EventKind.TAKE_DOWN, Period(date(2020, 6, 20), date(2020, 6, 20)), ("mirai",), TEXT, "s")
    other = replace(event, families=("necurs",))
    frozen = baseline_in_force(tmp_path, CAMPAIGN.id)
    report = answers.targets(lake.view(), CAMPAIGN, frozen=frozen, calendar=Calendar((event, other)))
    assert [code for code in _codes(report) if code.startswith("known")] == codes


def _freeze(lake: Lake, tmp_path: Path) -> FrozenBaseline:
    view = lake.view()
    feeds = {f"{row['feed']}/{row['report']}" for row in view.days_with_data(BEFORE).to_pylist()}
    count = count_baseline(view, CAMPAIGN, expected=sorted(feeds), accepts_gaps=False)
    return freeze_baseline(tmp_path, count, reason="test", asked_by="An", agreed_by="Bình", now=NOW)


def _codes(report: TargetReport) -> list[str]:
    return [notice.code for notice in report.notices]


def test_questions_freeze_nothing_however_complete_the_data(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, BEFORE, 10)
    _fill(lake, tmp_path, AFTER, 5)
    for _ in range(2):
        report = _targets(lake, tmp_path)
        assert report.seal == ""
        assert _codes(report) == ["baseline-provisional"]
        assert [w.change.value for w in report.windows if w.change] == [-50.0]
    assert not (tmp_path / "campaigns").exists()


def test_windows_are_set_beside_the_frozen_baseline(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, BEFORE, 10)
    _fill(lake, tmp_path, AFTER, 5)
    frozen = _freeze(lake, tmp_path)
    report = _targets(lake, tmp_path)
    assert (report.seal, report.baseline.addresses) == (frozen.digest, 10)
    assert frozen.basis.network_versions == (load_network_tables(tmp_path).version,)
    assert _codes(report) == []


def test_a_baseline_with_days_missing_is_provisional_and_not_frozen(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, [BEFORE.first], 10)
    report = _targets(lake, tmp_path)
    assert report.seal == ""
    assert _codes(report) == ["baseline-provisional", "days-missing"]
    assert not (tmp_path / "campaigns").exists()


def test_late_data_do_not_move_a_frozen_baseline(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, BEFORE, 10)
    _fill(lake, tmp_path, AFTER, 5)
    _freeze(lake, tmp_path)
    _fill(lake, tmp_path, BEFORE, 20)
    report = _targets(lake, tmp_path)
    assert report.baseline.addresses == 10
    assert _codes(report) == ["baseline-counts-differently"]


def test_a_delivery_while_the_baseline_is_counted_is_not_half_in_it(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(lake, tmp_path, [BEFORE.first], 10)
    count = LakeView.count_addresses

    def and_then_deliver(view: LakeView, period: Period) -> int:
        counted = count(view, period)
        _fill(lake, tmp_path, [BEFORE.last], 40)
        return counted

    monkeypatch.setattr(LakeView, "count_addresses", and_then_deliver)
    report = _targets(lake, tmp_path)
    assert (report.baseline.addresses, report.baseline.basis.days_with_data, report.seal) == (10, 1, "")


def test_another_feed_in_a_later_window_is_said(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, BEFORE, 10)
    _fill(lake, tmp_path, AFTER, 5, report="other")
    (window,) = _targets(lake, tmp_path).windows
    assert [n.code for n in window.notices] == ["feed-set-differs"]


def test_the_same_window_a_year_before_is_set_beside_the_baseline(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, YEAR_BEFORE, 4)
    _fill(lake, tmp_path, BEFORE, 10)
    report = _targets(lake, tmp_path)
    assert report.previous_year is not None
    assert report.previous_year.addresses == 4
    assert _codes(report) == ["baseline-provisional", "baseline-above-previous-year"]


def test_a_baseline_of_another_campaign_is_refused(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, BEFORE, 10)
    _freeze(lake, tmp_path)
    (tmp_path / "campaigns" / "test").rename(tmp_path / "campaigns" / "moved")
    with pytest.raises(AssessError, match="of campaign 'test'"):
        baseline_in_force(tmp_path, "moved")


def test_a_lake_without_sightings_is_refused_with_advice(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(AssessError) as refused:
        _targets(lake, tmp_path)
    assert "ingest" in refused.value.hint


def test_rankings_count_days_with_data_and_name_their_subjects(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, [BEFORE.first], 10)
    _fill(lake, tmp_path, [BEFORE.last], 4)
    three = Period(BEFORE.first, BEFORE.last + timedelta(days=1))
    family = answers.families(lake.view(), three, load_families()).rows[0]
    isp = answers.isps(lake.view(), three, load_network_tables(tmp_path)).rows[0]
    place = answers.places(lake.view(), three, load_places()).rows[0]
    assert [(r.id, r.name.vi, r.figures[0] and r.figures[0].value) for r in (family, isp, place)] == [
        ("mirai", "Mirai", 7.0),
        ("vnpt", "VNPT", 7.0),
        ("01@2008-08-01", "Hà Nội", 7.0),
    ]
    assert family.figures[1] is not None
    assert family.figures[1].value == 10


def test_a_name_that_no_table_knows_is_no_family(lake: Lake, tmp_path: Path) -> None:
    _fill(lake, tmp_path, BEFORE, 1)
    tables = load_network_tables(tmp_path)
    lake.ingest(
        f"timestamp,address,malware\n{BEFORE.first} 01:00:00,14.160.0.9,New Thing\n".encode(),
        feed="plain",
        report="test",
        families=load_families(),
        annotate=lambda table: annotate(table, tables),
        now=NOW,
    )
    counting = Lake(lake.folder, load_families())
    names = {row.id: row.name.vi for row in answers.families(counting.view(), BEFORE, load_families()).rows}
    assert names == {"mirai": "Mirai", "unplaced": "Chưa phân loại"}
    with pytest.raises(AssessError, match="does not count by this table"):
        answers.families(lake.view(), BEFORE, load_families())
