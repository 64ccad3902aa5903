import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from quetsach.assess import AssessError, Basis, FrozenBaseline, ReportHealth, compare_again, read_baseline
from quetsach.core.period import Period

WINDOW = Period(date(2020, 6, 16), date(2020, 7, 15))
BASIS = Basis(WINDOW, ("shadowserver/event4_sinkhole",), 30, date(2021, 2, 28), ("2026-06-17.0",))
FROZEN = FrozenBaseline("test", 20145, BASIS, datetime(2026, 1, 1, tzinfo=UTC))


HEALTH = (
    ReportHealth("shadowserver/event4_sinkhole", 29, 1000, 7, ((date(2020, 6, 20), 0.5),), sends_differences=False),
    ReportHealth("plain/x", 30),
)


@pytest.mark.parametrize("health", [(), HEALTH])
def test_a_frozen_baseline_is_read_back_as_it_was(health: tuple[ReportHealth, ...]) -> None:
    frozen = replace(FROZEN, basis=replace(BASIS, health=health))
    assert read_baseline(frozen.to_json(), where="b.json") == frozen


def test_a_baseline_from_before_health_was_kept_is_read() -> None:
    sealed = json.loads(FROZEN.to_json())
    del sealed["baseline"]["health"]
    sealed["sha256"] = hashlib.sha256(
        json.dumps(sealed["baseline"], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    assert read_baseline(json.dumps(sealed).encode(), where="b.json") == FROZEN


@pytest.mark.parametrize(
    ("field", "value"),
    [("addresses", 30000), ("first", "2020-06-15"), ("feeds", []), ("frozen_at", "2020-01-01T00:00:00+00:00")],
)
def test_a_changed_baseline_is_refused(field: str, value: object) -> None:
    sealed = json.loads(FROZEN.to_json())
    sealed["baseline"][field] = value
    with pytest.raises(AssessError, match="changed") as refused:
        read_baseline(json.dumps(sealed).encode(), where="b.json")
    assert refused.value.where == "b.json"
    assert "backup" in refused.value.hint


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"baseline": {}, "sha256": ""}',
        b'{"baseline": [], "sha256": 1}',
        b"[" * 70000,
        b" " * 70000,
    ],
)
def test_what_is_no_baseline_is_refused(content: bytes) -> None:
    with pytest.raises(AssessError):
        read_baseline(content, where="b.json")


@pytest.mark.parametrize(
    "field", ["addresses", "first", "as_of", "feeds", "days_with_data", "frozen_at", "definition", "health"]
)
@pytest.mark.parametrize("value", [None, "x", float("inf"), [1], {"a": 1}])
def test_a_field_of_another_kind_is_refused(field: str, value: object) -> None:
    sealed = json.loads(FROZEN.to_json())
    sealed["baseline"][field] = value
    with pytest.raises(AssessError):
        read_baseline(json.dumps(sealed).encode(), where="b.json")


def test_the_same_count_again_needs_no_words() -> None:
    assert compare_again(FROZEN, 20145, BASIS) == ()


def test_another_count_is_said_and_the_frozen_one_stays() -> None:
    (notice,) = compare_again(FROZEN, 20146, BASIS)
    assert notice.code == "baseline-counts-differently"
    assert "20.146" in notice.text.vi
    assert "20,145" in notice.text.en


def test_other_feeds_and_other_tables_are_said() -> None:
    other = Basis(WINDOW, ("plain/x",), 30, date(2021, 3, 1), ("2026-11-01.0",))
    assert {n.code for n in compare_again(FROZEN, 20145, other)} == {"feed-set-differs", "network-tables-differ"}


def test_a_newer_newest_day_changes_nothing() -> None:
    later = Basis(WINDOW, BASIS.feeds, 30, date(2021, 12, 31), BASIS.network_versions)
    assert compare_again(FROZEN, 20145, later) == ()


def test_another_window_is_refused() -> None:
    other = Basis(Period(date(2020, 7, 1), date(2020, 7, 30)), BASIS.feeds, 30, None, BASIS.network_versions)
    with pytest.raises(AssessError, match="frozen over"):
        compare_again(FROZEN, 20145, other)
