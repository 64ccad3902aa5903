import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.web.conftest import LAST_DAY, NOW, sightings, write_published

from quetsach.assess.estimate import SMALLEST_CELL, NotEstimable
from quetsach.assess.events import Calendar, EventKind, Holiday, KnownEvent
from quetsach.assess.privacy import folded_rows
from quetsach.centre.answers import families_seen
from quetsach.centre.publication.campaign_figures import MeasuredCampaign
from quetsach.centre.publication.candidates import (
    OutdatedError,
    candidates,
    lay_candidate,
    publish_candidate,
    thin_candidates,
)
from quetsach.centre.publication.counting import (
    Tables,
    _without_telling_rates,
    figures_are_current,
    figures_count,
    protect,
    publication_inputs,
)
from quetsach.centre.publication.snapshot import (
    Demonstration,
    PublicationError,
    RankedRow,
    Snapshot,
    read_snapshot,
)
from quetsach.core.country import Places
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.lake.lake import Lake
from quetsach.network import annotate
from quetsach.web.office.campaigns.selectors.outcome import _addresses
from quetsach.web.portal.campaign_chart import draw_campaign


def row(number: int, value: float) -> RankedRow:
    return RankedRow(number, f"row-{number}", LocalText("", ""), value, None, value / 10)


def chosen(rows: list[RankedRow]) -> frozenset[str]:
    found = folded_rows({r.id: r.mean_daily for r in rows}, window=Period(date(2020, 11, 1), LAST_DAY))
    assert not isinstance(found, NotEstimable)
    return found.kept_back


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
    assert len(campaign.seal) == 64


def test_the_line_of_a_target_says_that_addresses_give_no_verdict(centre_data: Path) -> None:
    charts = published(centre_data).campaigns[0].charts
    assert set(charts) == {"vi", "en"}
    words = {"vi": "không cho biết chỉ tiêu đã đạt hay chưa", "en": "does not say whether a target was met"}
    for language, chart in charts.items():
        assert 'stroke-dasharray="6,4"' in chart
        assert words[language] in chart


def test_what_lies_between_windows_is_marked_on_them_if_its_family_may_be_named(
    centre_data: Path, tmp_path: Path, tables: Tables
) -> None:
    data = tmp_path / "centre"
    shutil.copytree(centre_data, data)
    days = Period(date(2020, 9, 1), date(2020, 9, 3))
    names = {"andromeda": "Nơi nào đó chặn Andromeda", "conficker": "Nơi nào đó chặn Conficker"}
    events = tuple(
        KnownEvent(family, EventKind.TAKE_DOWN, days, (family,), LocalText(text, text), "x.example")
        for family, text in names.items()
    )
    calendar = Calendar(events, (Holiday(days, LocalText("Quốc khánh", "National Day")),))
    with Lake(data / "lake", tables.families).view() as view:
        seen = families_seen(view, Period(date(2020, 6, 16), date(2020, 7, 15)))
        told = dataclasses.replace(tables, calendar=calendar)
        candidate = figures_count(data=data, view=view, tables=told, demonstration=None, now=NOW, draw=draw_campaign)
    assert candidate is not None
    chart = candidate.figures.campaigns[0].charts["vi"]
    assert "01/09/2020: Nghỉ lễ: Quốc khánh" in chart
    assert seen & set(names) == {"andromeda"}
    assert {family for family, text in names.items() if text in chart} == {"andromeda"}


def test_writing_and_reading_is_the_identity(centre_data: Path, tmp_path: Path) -> None:
    snapshot = published(centre_data)
    write_published(tmp_path, snapshot)
    assert read_snapshot(tmp_path) == snapshot


def test_figures_are_current_until_anything_that_they_are_made_of_changes(
    centre_data: Path, tmp_path: Path, tables: Tables
) -> None:
    demonstration = published(centre_data).demonstration

    def inputs(lake: Path, data: Path = centre_data, shown: Demonstration | None = demonstration, **others: Any) -> str:
        return publication_inputs(Lake(lake).view(), dataclasses.replace(tables, **others), shown, data=data)

    lake, network = centre_data / "lake", tables.network
    renamed = dataclasses.replace(network.ranges, names={**network.ranges.names, 45899: "Another name"})
    assert figures_are_current(data=centre_data, inputs=inputs(lake))
    assert not figures_are_current(data=tmp_path, inputs=inputs(lake))
    others = (
        inputs(tmp_path / "other"),
        inputs(lake, campaigns=()),
        inputs(lake, families=dataclasses.replace(tables.families, version="other")),
        inputs(lake, data=tmp_path),  # no baseline is frozen there
        inputs(lake, network=dataclasses.replace(network, version="2027-01-01.00000000")),
        inputs(lake, network=dataclasses.replace(network, ranges=renamed)),
        inputs(lake, places=Places.of([])),
        inputs(lake, shown=None),
    )
    assert not any(figures_are_current(data=centre_data, inputs=other) for other in others)


def test_damaged_figures_are_published_again(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "figures.json").write_text("{")
    assert not figures_are_current(data=tmp_path, inputs="")


def test_an_empty_lake_publishes_nothing(tmp_path: Path, tables) -> None:
    lake = Lake(tmp_path / "lake")
    assert (
        figures_count(data=tmp_path, view=lake.view(), tables=tables, demonstration=None, now=NOW, draw=draw_campaign)
        is None
    )
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
    counted = figures_count(
        data=tmp_path, view=lake.view(), tables=tables, demonstration=None, now=NOW, draw=draw_campaign
    )
    assert counted
    snapshot = counted.figures
    assert snapshot.campaigns == ()
    assert snapshot.latest.days_with_data == 1
    assert snapshot.family_names == {"sality": "Sality"}


def test_a_delivery_in_the_middle_of_a_publication_is_in_none_of_its_figures(tmp_path: Path, tables) -> None:
    lake = Lake(tmp_path / "lake")

    def deliver(addresses: int, days: Iterable[date] = (LAST_DAY,)) -> None:
        rows = (f"{day} 01:00:00,123.16.1.{n},andromeda\n" for day in days for n in range(addresses))
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

    deliver(20, Period(date(2020, 11, 1), LAST_DAY))
    lake.ingest(
        sightings(),
        feed="plain",
        report="baseline",
        families=tables.families,
        annotate=lambda table: annotate(table, tables.network),
        now=NOW,
    )
    before = lake.view()
    counted = figures_count(
        data=tmp_path,
        view=before,
        tables=tables,
        demonstration=None,
        now=NOW,
        draw=draw_campaign,
        progress=in_the_middle,
    )
    assert counted
    snapshot = counted.figures
    assert snapshot.campaign
    assert len(steps) > 4
    [close] = [window.addresses for window in snapshot.campaign.windows if window.id == "close"]
    daily = [sum(row.mean_daily for row in rows) for rows in (snapshot.families, snapshot.isps, snapshot.places)]
    assert (close, *daily) == (snapshot.latest.addresses, 30.0, 30.0, 30.0)
    assert snapshot.lake == before.state != lake.view().state
    now_there = publication_inputs(lake.view(), tables, None, data=tmp_path)
    assert not figures_are_current(data=tmp_path, inputs=now_there)


def test_a_centre_that_lost_its_record_keeps_together_what_it_published_so(tmp_path: Path, tables) -> None:
    """Chosen anew, the family that was 3 would be told by the sum that everybody has, and the one beside it."""
    lake = Lake(tmp_path / "lake")

    def deliver(family: str, first: int, last: int) -> None:
        rows = (
            f"{day} 01:00:00,123.16.1.{n},{family}\n"
            for day in Period(date(2020, 11, 1), LAST_DAY)
            for n in range(first, last)
        )
        lake.ingest(
            ("timestamp,address,malware\n" + "".join(rows)).encode(),
            feed="plain",
            families=tables.families,
            annotate=lambda table: annotate(table, tables.network),
            now=NOW,
        )

    def families(now: datetime) -> dict[str, float]:
        counted = figures_count(
            data=tmp_path, view=lake.view(), tables=tables, demonstration=None, now=now, draw=draw_campaign
        )
        assert counted
        snapshot = publish_candidate(tmp_path, counted.digest)
        return {row.id: row.mean_daily for row in snapshot.families}

    deliver("conficker", 0, 40)
    deliver("andromeda", 40, 52)
    deliver("mirai", 52, 55)
    assert families(NOW) == {"conficker": 40.0, "others": 15.0}
    shutil.rmtree(tmp_path / "publication-record")
    deliver("mirai", 55, 75)
    assert families(NOW + timedelta(hours=1)) == {"conficker": 40.0, "others": 35.0}


def test_a_new_publication_is_seen_at_once(centre_data: Path, tmp_path: Path) -> None:
    snapshot = published(centre_data)
    write_published(tmp_path, snapshot)
    assert published(tmp_path).scale == 100
    write_published(tmp_path, dataclasses.replace(snapshot, demonstration=None))
    assert published(tmp_path).scale == 1


@given(st.lists(st.floats(0, 100), max_size=12))
def test_no_small_cell_is_published_alone(values: list[float]) -> None:
    rows = [row(number, value) for number, value in enumerate(values)]
    shown = protect(rows, chosen(rows))
    small = [r for r in rows if r.mean_daily < SMALLEST_CELL]
    assert not {r.id for r in small} & {r.id for r in shown}
    hidden = len(rows) - len([r for r in shown if r.id != "others"])
    assert hidden != 1 or len(rows) == 1
    assert sum(r.mean_daily for r in shown) == pytest.approx(sum(values), abs=0.1)


def test_small_rows_that_are_few_together_take_the_next_with_them() -> None:
    rows = [row(1, 500), row(2, 30), row(3, 0.1), row(4, 0.1)]
    shown = protect(rows, chosen(rows))
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
    key = data.draw(st.sampled_from([k for k in document if k != "family_names"]))
    document[key] = data.draw(st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2))
    folder = tmp_path / "published"
    folder.mkdir(exist_ok=True)
    (folder / "figures.json").unlink(missing_ok=True)
    (folder / "figures.json").write_text(json.dumps(document))
    try:
        read_snapshot(tmp_path)
    except PublicationError as error:
        assert error.hint


@pytest.fixture
def lay(centre_data: Path, tmp_path: Path) -> Callable[[int], str]:
    """Lay out figures that were counted so many hours after the published ones; return their digest."""
    snapshot = published(centre_data)

    def write(hours: int) -> str:
        later = snapshot.counted_at + timedelta(hours=hours)
        latest = dataclasses.replace(snapshot.latest, addresses=1000 + hours)
        figures = dataclasses.replace(snapshot, counted_at=later, latest=latest, inputs=f"hour {hours % 50}")
        return lay_candidate(tmp_path, figures, lambda path: path.write_bytes(b"%d" % hours)).digest

    return write


def waiting(data: Path) -> list[str]:
    return [candidate.digest for candidate in candidates(data)]


def test_a_candidate_stays_as_it_was_while_newer_ones_arrive(tmp_path: Path, lay: Callable[[int], str]) -> None:
    first, second = lay(1), lay(2)
    assert waiting(tmp_path) == [second, first]
    publish_candidate(tmp_path, first)
    assert published(tmp_path).latest.addresses == 1001
    assert (tmp_path / "published" / "listed.bin").read_bytes() == b"1"
    assert waiting(tmp_path) == [second]


def test_older_figures_never_take_the_place_of_newer_ones(tmp_path: Path, lay: Callable[[int], str]) -> None:
    older, newer = lay(1), lay(2)
    publish_candidate(tmp_path, newer)
    assert waiting(tmp_path) == []
    assert lay(1) == older
    with pytest.raises(OutdatedError, match="newer figures"):
        publish_candidate(tmp_path, older)
    assert published(tmp_path).latest.addresses == 1002


@pytest.mark.parametrize("name", ["figures.json", "listed.bin"])
def test_a_candidate_that_was_changed_does_not_go_out(tmp_path: Path, lay: Callable[[int], str], name: str) -> None:
    digest = lay(1)
    path = tmp_path / "candidates" / digest / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(PublicationError, match="was changed"):
        publish_candidate(tmp_path, digest)
    assert read_snapshot(tmp_path) is None


def test_what_was_asked_for_stays_and_of_the_rest_what_is_less_than_a_day_old(
    tmp_path: Path, lay: Callable[[int], str]
) -> None:
    laid = [lay(hours) for hours in (0, 1, 22, 23, 24, 25)]
    thin_candidates(tmp_path, asked={laid[0]})
    assert waiting(tmp_path) == [laid[5], laid[4], laid[3], laid[2], laid[1], laid[0]]
    laid.append(lay(26))
    thin_candidates(tmp_path, asked={laid[0]})
    assert waiting(tmp_path) == [laid[6], laid[5], laid[4], laid[3], laid[2], laid[0]]


def test_of_what_nobody_asked_for_at_most_so_many_stay(
    tmp_path: Path, lay: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.centre.publication.candidates.UNASKED", 2)
    laid = [lay(hours) for hours in range(5)]
    thin_candidates(tmp_path, asked={laid[0]})
    assert waiting(tmp_path) == [laid[4], laid[3], laid[0]]


def test_the_same_counted_twice_waits_once(tmp_path: Path, lay: Callable[[int], str]) -> None:
    lay(1)
    again = lay(51)
    thin_candidates(tmp_path, asked=())
    assert waiting(tmp_path) == [again]


def test_publishing_twice_is_publishing_once(tmp_path: Path, lay: Callable[[int], str]) -> None:
    digest = lay(1)
    folder = tmp_path / "candidates" / digest
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    publish_candidate(tmp_path, digest)
    folder.mkdir()  # killed after the files were copied
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    publish_candidate(tmp_path, digest)
    assert published(tmp_path).latest.addresses == 1001
    assert waiting(tmp_path) == []


def test_figures_of_the_format_before_are_read(centre_data: Path, tmp_path: Path) -> None:
    document = json.loads((centre_data / "published" / "figures.json").read_text())
    campaign = document.pop("campaigns")[0]
    for name in ("decision", "decided_on", "is_final"):
        del campaign[name]
    for window in (document["latest"], *campaign["windows"]):
        del window["feeds"]
    campaign["level"] = 10.0
    old = document | {"format": "quetsach-figures/2", "campaign": campaign, "charts": campaign.pop("charts")}
    old["published_at"] = old.pop("counted_at")
    for name in ("inputs", "families_version", "listed"):
        del old[name]
    (tmp_path / "published").mkdir()
    (tmp_path / "published" / "figures.json").write_text(json.dumps(old))
    snapshot = published(tmp_path)
    assert [c.id for c in snapshot.campaigns] == ["viet-nam-2020"]
    assert "<svg" in snapshot.campaigns[0].charts["vi"]


def test_without_a_decision_the_baseline_is_provisional_whatever_is_counted(
    centre_data: Path, tmp_path: Path, tables
) -> None:
    lake = Lake(centre_data / "lake")
    for _ in range(2):
        counted = figures_count(
            data=tmp_path, view=lake.view(), tables=tables, demonstration=None, now=NOW, draw=draw_campaign
        )
        assert counted
        assert counted.figures.campaign
        assert counted.figures.campaign.seal == ""
        assert "Mốc so sánh tạm thời" in counted.figures.campaign.warnings[0].vi
    assert not (tmp_path / "campaigns").exists()


def test_a_second_campaign_changes_nothing_of_the_first(centre_data: Path, tmp_path: Path, tables) -> None:
    shutil.copytree(centre_data / "campaigns", tmp_path / "campaigns")
    only = tables.campaigns[0].plan
    windows = (w for w in only.windows if w.id in (only.baseline, "close"))
    later = dataclasses.replace(only, id="next", previous_year="", windows=tuple(windows))
    both = dataclasses.replace(tables, campaigns=(MeasuredCampaign(later), MeasuredCampaign(only)))
    lake = Lake(centre_data / "lake")
    counted = figures_count(
        data=tmp_path, view=lake.view(), tables=both, demonstration=None, now=NOW, draw=draw_campaign
    )
    assert counted
    assert [c.id for c in counted.figures.campaigns] == ["viet-nam-2020", "next"]
    assert counted.figures.campaign_of("viet-nam-2020") == published(centre_data).campaign_of("viet-nam-2020")


def test_a_closed_campaign_keeps_its_figures_whatever_the_lake_holds(centre_data: Path, tmp_path: Path, tables) -> None:
    before = published(centre_data).campaign_of("viet-nam-2020")
    assert before
    facts = _addresses(published(centre_data), "viet-nam-2020")
    closed = (MeasuredCampaign(tables.campaigns[0].plan, facts),)
    lake = Lake(tmp_path / "lake")  # the sightings of 2020 are gone
    lake.ingest(
        b"timestamp,address,malware\n2026-11-01 00:00:00,123.16.0.1,sality\n",
        feed="plain",
        families=tables.families,
        annotate=lambda table: annotate(table, tables.network),
        now=NOW,
    )
    shutil.copytree(centre_data / "campaigns", tmp_path / "campaigns")
    tables = dataclasses.replace(tables, campaigns=closed)
    counted = figures_count(
        data=tmp_path, view=lake.view(), tables=tables, demonstration=None, now=NOW, draw=draw_campaign
    )
    assert counted
    after = counted.figures.campaign_of("viet-nam-2020")
    assert after
    assert after == dataclasses.replace(before, is_final=True)
