"""A baseline is frozen by an act, on feeds that were named, and never by what was there by chance."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from quetsach.assess import Basis, FrozenBaseline
from quetsach.campaign import Campaign, Window
from quetsach.centre import BaselineError
from quetsach.centre.baseline import (
    BaselineCount,
    baseline_history,
    baseline_in_force,
    completeness_of,
    count_baseline,
    freeze_baseline,
)
from quetsach.centre.tables import load_families, load_network_tables
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.lake.lake import Lake
from quetsach.network import annotate

NOW = datetime(2027, 5, 1, tzinfo=UTC)
TEXT = LocalText("vi", "en")
WINDOW = Period(date(2027, 3, 1), date(2027, 3, 3))
PLAN = Campaign("next", TEXT, TEXT, (), (), (Window("before", TEXT, WINDOW),), "before", "")
A, B = "plain/a", "plain/b"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def deliver(lake: Lake, tmp_path: Path) -> Callable[..., None]:
    tables = load_network_tables(tmp_path)

    def write(report: str, days: Iterable[date], addresses: int = 10) -> None:
        rows = "".join(f"{day} 07:00:00,14.160.0.{n},mirai\n" for day in days for n in range(addresses))
        lake.ingest(
            f"timestamp,address,malware\n{rows}".encode(),
            feed="plain",
            report=report,
            families=load_families(),
            annotate=lambda table: annotate(table, tables),
            now=NOW,
        )

    return write


def counted(lake: Lake, *expected: str, plan: Campaign = PLAN, accepts_gaps: bool = False) -> BaselineCount:
    return count_baseline(lake.view(), plan, expected=expected, accepts_gaps=accepts_gaps)


def freeze(data: Path, count: BaselineCount, reason: str = "Đủ dữ liệu", request: str = "") -> FrozenBaseline:
    return freeze_baseline(data, count, reason=reason, asked_by="An", agreed_by="Bình", request=request, now=NOW)


def test_a_feed_loaded_alone_is_no_baseline_of_a_campaign_that_expects_two(lake: Lake, deliver) -> None:
    deliver("a", WINDOW)
    with pytest.raises(BaselineError, match=B) as refused:
        counted(lake, A, B)
    assert B in refused.value.text.vi
    deliver("b", WINDOW, addresses=40)
    assert counted(lake, A, B).addresses == 40


def test_the_plan_names_the_feeds_and_the_act_cannot_name_others(lake: Lake, deliver) -> None:
    from dataclasses import replace

    plan = replace(PLAN, feeds=(A, B))
    deliver("a", WINDOW)
    with pytest.raises(BaselineError, match="other feeds"):
        counted(lake, A, plan=plan)
    with pytest.raises(BaselineError, match=f"no data from: {B}"):
        counted(lake, plan=plan)


def test_no_feed_is_expected_by_chance(lake: Lake, deliver) -> None:
    deliver("a", WINDOW)
    with pytest.raises(BaselineError, match="no feed is named"):
        counted(lake)
    with pytest.raises(BaselineError, match="not of the form"):
        counted(lake, "a")


def test_a_feed_that_was_not_named_is_not_counted_in_silence(lake: Lake, deliver) -> None:
    deliver("a", WINDOW)
    deliver("b", [WINDOW.last])
    with pytest.raises(BaselineError, match=f"not named: {B}"):
        counted(lake, A)


def test_missing_days_are_named_and_accepted_only_on_purpose(lake: Lake, tmp_path: Path, deliver) -> None:
    deliver("a", WINDOW)
    deliver("b", [WINDOW.first, WINDOW.last])
    with pytest.raises(BaselineError, match="2027-03-02"):
        counted(lake, A, B)
    frozen = freeze(tmp_path, counted(lake, A, B, accepts_gaps=True))
    assert frozen.act is not None
    assert frozen.act.feed_days == {A: 3, B: 2}


def test_completeness_shows_every_feed_and_day(lake: Lake, deliver) -> None:
    deliver("a", [WINDOW.first])
    shown = completeness_of(lake.view(), PLAN, [B])
    assert [(one.feed, one.is_expected, one.days_with_data) for one in shown.feeds] == [(A, False, 1), (B, True, 0)]
    assert shown.feeds[0].missing == (date(2027, 3, 2), date(2027, 3, 3))


def test_what_is_frozen_says_who_when_why_and_of_which_lake(lake: Lake, tmp_path: Path, deliver) -> None:
    deliver("a", WINDOW)
    count = counted(lake, A)
    frozen = freeze(tmp_path, count)
    assert baseline_in_force(tmp_path, "next") == frozen
    assert frozen.act is not None
    assert (frozen.addresses, frozen.number, frozen.frozen_at) == (10, 1, NOW)
    assert (frozen.act.asked_by, frozen.act.agreed_by, frozen.act.reason) == ("An", "Bình", "Đủ dữ liệu")
    assert frozen.act.lake == lake.view().state
    assert BaselineCount.from_json(count.as_json()) == count


def test_freezing_again_is_a_new_decision_and_the_old_one_stays(lake: Lake, tmp_path: Path, deliver) -> None:
    deliver("a", WINDOW)
    first = freeze(tmp_path, counted(lake, A))
    deliver("b", WINDOW, addresses=40)
    second = freeze(tmp_path, counted(lake, A, B), reason="Thêm nguồn b")
    assert (first.number, second.number) == (1, 2)
    assert baseline_in_force(tmp_path, "next") == second
    assert baseline_history(tmp_path, "next") == (first, second)


def test_a_baseline_of_before_is_the_first_decision(lake: Lake, tmp_path: Path, deliver) -> None:
    old = FrozenBaseline("next", 7, Basis(WINDOW, (A,), 3, WINDOW.last), NOW - timedelta(days=9))
    path = tmp_path / "campaigns" / "next" / "baseline.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(old.to_json())
    assert baseline_history(tmp_path, "next") == (old,)
    deliver("a", WINDOW)
    new = freeze(tmp_path, counted(lake, A))
    assert new.number == 2
    assert baseline_history(tmp_path, "next") == (old, new)


def test_an_agreement_freezes_once_however_often_it_is_carried_out(lake: Lake, tmp_path: Path, deliver) -> None:
    deliver("a", WINDOW)
    count = counted(lake, A)
    first = freeze(tmp_path, count, request="a" * 64)
    (tmp_path / "campaigns" / "next" / "baseline.json").unlink()  # killed before it was put into force
    assert freeze(tmp_path, count, request="a" * 64) == first
    assert baseline_in_force(tmp_path, "next") == first
    assert baseline_history(tmp_path, "next") == (first,)


def test_a_reason_is_needed(lake: Lake, tmp_path: Path, deliver) -> None:
    deliver("a", WINDOW)
    with pytest.raises(BaselineError, match="reason"):
        freeze(tmp_path, counted(lake, A), reason=" ")
    assert baseline_in_force(tmp_path, "next") is None


def test_damaged_counts_are_refused() -> None:
    with pytest.raises(BaselineError, match="damaged"):
        BaselineCount.from_json({"basis": {}})
