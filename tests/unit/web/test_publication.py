import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.web.conftest import LAST_DAY, NOW, sightings

from quetsach.core.pack import LocalText
from quetsach.core.period import Period
from quetsach.core.small_cell import SMALLEST_CELL
from quetsach.lake.lake import Lake
from quetsach.network import annotate
from quetsach.web.portal.publication import (
    _without_telling_rates,
    figures_are_current,
    figures_publish,
    protect,
)
from quetsach.web.portal.snapshot import PublicationError, RankedRow, Snapshot, read_snapshot, write_snapshot


def row(number: int, value: float) -> RankedRow:
    return RankedRow(number, f"row-{number}", LocalText("", ""), value, None, value / 10)


def published(data: Path) -> Snapshot:
    snapshot = read_snapshot(data)
    assert snapshot
    return snapshot


def test_published_figures_are_read_as_they_were_counted(centre_data: Path) -> None:
    snapshot = published(centre_data)
    assert str(snapshot.as_of) == "2020-11-30"
    assert snapshot.latest.addresses == 11
    campaign = snapshot.campaign
    assert campaign
    assert [(w.id, w.addresses, w.change_percent) for w in campaign.windows] == [
        ("baseline", 20, None),
        ("close", 11, -45.0),
    ]
    assert campaign.level == 10
    assert len(campaign.seal) == 64


def test_writing_and_reading_is_the_identity(centre_data: Path, tmp_path: Path) -> None:
    snapshot = published(centre_data)
    write_snapshot(tmp_path, snapshot)
    assert read_snapshot(tmp_path) == snapshot


def test_an_unchanged_lake_is_current_and_a_changed_one_is_not(centre_data: Path, tmp_path: Path) -> None:
    assert figures_are_current(data=centre_data, lake=Lake(centre_data / "lake").view())
    assert figures_are_current(data=centre_data, lake=Lake(centre_data / "lake").view(), campaign="viet-nam-2020")
    assert not figures_are_current(data=centre_data, lake=Lake(centre_data / "lake").view(), campaign="viet-nam-2027")
    assert not figures_are_current(data=centre_data, lake=Lake(tmp_path / "other").view())
    assert not figures_are_current(data=tmp_path, lake=Lake(centre_data / "lake").view())


def test_damaged_figures_are_published_again(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "figures.json").write_text("{")
    assert not figures_are_current(data=tmp_path, lake=Lake(tmp_path / "lake").view())


def test_an_empty_lake_publishes_nothing(tmp_path: Path, tables) -> None:
    lake = Lake(tmp_path / "lake")
    assert figures_publish(data=tmp_path, lake=lake.view(), tables=tables, demonstration=None, now=NOW) is None
    assert read_snapshot(tmp_path) is None


def test_a_lake_without_the_baseline_publishes_rankings_only(tmp_path: Path, tables) -> None:
    lake = Lake(tmp_path / "lake")
    lake.ingest(
        b"timestamp,address,malware\n2026-11-01 00:00:00,123.16.0.1,sality\n",
        name="one.csv",
        feed="plain",
        families=tables.families,
        annotate=lambda table: annotate(table, tables.network),
        now=NOW,
    )
    snapshot = figures_publish(data=tmp_path, lake=lake.view(), tables=tables, demonstration=None, now=NOW)
    assert snapshot
    assert snapshot.campaign is None
    assert snapshot.charts == {}
    assert snapshot.latest.days_with_data == 1
    assert snapshot.family_names == {"sality": "Sality"}


def test_a_delivery_in_the_middle_of_a_publication_is_in_none_of_its_figures(tmp_path: Path, tables) -> None:
    lake = Lake(tmp_path / "lake")

    def deliver(addresses: int) -> None:
        rows = (
            f"{day} 01:00:00,123.16.1.{n},andromeda\n"
            for day in Period(date(2020, 11, 1), LAST_DAY)
            for n in range(addresses)
        )
        lake.ingest(
            ("timestamp,address,malware\n" + "".join(rows)).encode(),
            feed="plain",
            families=tables.families,
            annotate=lambda table: annotate(table, tables.network),
            now=NOW,
        )

    steps: list[int] = []

    def in_the_middle(step: int) -> None:
        steps.append(step)
        deliver(20 + 20 * len(steps))

    deliver(20)
    lake.ingest(
        sightings(),
        feed="plain",
        report="baseline",
        families=tables.families,
        annotate=lambda table: annotate(table, tables.network),
        now=NOW,
    )
    before = lake.view()
    snapshot = figures_publish(
        data=tmp_path, lake=before, tables=tables, demonstration=None, now=NOW, progress=in_the_middle
    )
    assert snapshot
    assert snapshot.campaign
    assert len(steps) > 4
    [close] = [window.addresses for window in snapshot.campaign.windows if window.id == "close"]
    daily = [sum(row.mean_daily for row in rows) for rows in (snapshot.families, snapshot.isps, snapshot.places)]
    assert (close, *daily) == (snapshot.latest.addresses, 30.0, 30.0, 30.0)
    assert snapshot.lake == before.state != lake.view().state
    assert not figures_are_current(data=tmp_path, lake=lake.view())


def test_a_new_publication_is_seen_at_once(centre_data: Path, tmp_path: Path) -> None:
    import dataclasses

    snapshot = published(centre_data)
    write_snapshot(tmp_path, snapshot)
    assert published(tmp_path).scale == 100
    write_snapshot(tmp_path, dataclasses.replace(snapshot, demonstration=None))
    assert published(tmp_path).scale == 1


@given(st.lists(st.floats(0, 100), max_size=12))
def test_no_small_cell_is_published_alone(values: list[float]) -> None:
    rows = [row(number, value) for number, value in enumerate(values)]
    shown = protect(rows)
    small = [r for r in rows if r.mean_daily < SMALLEST_CELL]
    assert not {r.id for r in small} & {r.id for r in shown}
    hidden = len(rows) - len([r for r in shown if r.id != "others"])
    assert hidden != 1 or len(rows) == 1
    assert sum(r.mean_daily for r in shown) == pytest.approx(sum(values), abs=0.1)


def test_small_rows_that_are_few_together_take_the_next_with_them() -> None:
    shown = protect([row(1, 500), row(2, 30), row(3, 0.1), row(4, 0.1)])
    assert [(r.id, r.mean_daily) for r in shown] == [("row-1", 500), ("others", 30.2)]


def test_a_rate_that_tells_how_few_of_a_row_are_ipv6_is_left_out() -> None:
    """5,000 announced: 2.4 per 1,000 are 12 IPv4 addresses."""
    few, none, many = (RankedRow(1, "a", LocalText("", ""), mean, 2.4, 1.0) for mean in (15.0, 12.0, 40.0))
    rates = [r.per_thousand for r in _without_telling_rates([few, none, many], {"a": 5000})]
    assert rates == [None, 2.4, 2.4]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_never_raises_but_its_own_error(centre_data: Path, tmp_path: Path, data: st.DataObject) -> None:
    document = json.loads((centre_data / "published" / "figures.json").read_text())
    key = data.draw(st.sampled_from([k for k in document if k not in ("charts", "family_names")]))
    document[key] = data.draw(st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2))
    folder = tmp_path / "published"
    folder.mkdir(exist_ok=True)
    (folder / "figures.json").unlink(missing_ok=True)
    (folder / "figures.json").write_text(json.dumps(document))
    try:
        read_snapshot(tmp_path)
    except PublicationError as error:
        assert error.hint
