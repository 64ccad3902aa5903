"""Trouble of known size, from scenario to answer: what is flagged, what is refused, and what stays right."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quetsach.assess.estimate import Answer, Estimate, NotEstimable, NotEstimableReason
from quetsach.centre.tables import bundled_ranges, load_families, load_network_tables
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period
from quetsach.installation import bundled
from quetsach.lake.hosts import compare_windows, hosts
from quetsach.lake.intake import ingest_files
from quetsach.lake.lake import Lake
from quetsach.network import annotate
from quetsach.simulate import Order, read_country, write_country

BEFORE = Period(date(2024, 3, 4), date(2024, 3, 31))
AFTER = Period(date(2024, 4, 1), date(2024, 4, 28))


def play(name: str, out: Path) -> Path:
    content = (bundled("data") / "scenarios" / f"{name}.toml").read_bytes()
    write_country(Order(content, read_country(content, file=name)), bundled_ranges(), out / "played")
    return out / "played"


def take_in(lake: Lake, files: Iterator[Path] | list[Path]) -> None:
    families, tables = load_families(), load_network_tables(lake.folder.parent)
    for path in files:
        is_plain = path.name.endswith(("sightings-vn.csv", "sightings-vn.late.csv"))
        for _, outcome in ingest_files(
            lake,
            [path],
            feed="plain" if is_plain else "shadowserver",
            report=path.parent.name if is_plain else None,
            families=families,
            annotate=lambda sightings: annotate(sightings, tables),
            clock=lambda: datetime(2024, 5, 1, tzinfo=UTC),
        ):
            assert not isinstance(outcome, QuetsachError)


def value(answer: Answer) -> float:
    assert isinstance(answer, Estimate), answer
    return answer.value


def truth(played: Path, by: str, level: str = "online") -> dict[str, float]:
    rows = pq.read_table(played / "truth" / "reduction.parquet").to_pylist()
    return {row["name"]: row["reduction"] for row in rows if (row["by"], row["level"]) == (by, level)}


@pytest.fixture(scope="module")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Lake]:
    """A feed that stamps local time, all files taken in but for the late ones."""
    folder = tmp_path_factory.mktemp("ahead")
    played, lake = play("clock-error", folder), Lake(folder / "lake")
    take_in(lake, sorted(path for path in played.glob("feeds/*/*") if ".late." not in path.name))
    return played, lake


def test_two_feeds_of_which_one_is_not_in_utc_are_not_set_side_by_side(ahead: tuple[Path, Lake]) -> None:
    _, lake = ahead
    assert all(value(c.at_least) for c in hosts(lake.view(), BEFORE).coverage)
    refused = [c.at_least for c in hosts(lake.view(), AFTER).coverage if c.first.family == "mirai"]
    assert [(r.reason, abs(r.measured["hours"])) for r in refused if isinstance(r, NotEstimable)] == [
        (NotEstimableReason.CLOCKS_DIFFER, 7)
    ]


def test_a_wrong_clock_does_not_change_how_many_machines_there_are(ahead: tuple[Path, Lake]) -> None:
    _, lake = ahead
    machines = [
        value(next(row.machines for row in hosts(lake.view(), period).rows if row.id == "mirai"))
        for period in (BEFORE, AFTER)
    ]
    # 2 % more in truth; the hours around the change of the clock are counted a little too short
    assert machines[0] == pytest.approx(machines[1], rel=0.07)


def test_files_that_come_late_leave_days_without_data_and_then_the_same_lake(
    ahead: tuple[Path, Lake], tmp_path: Path
) -> None:
    played, lake = ahead
    feeds = pq.read_table(played / "truth" / "feeds.parquet").to_pylist()
    late = {row["day"] for row in feeds if row["comes_late"]}
    assert len(late) == len(list(played.glob("feeds/*/*.late.csv"))) > 2
    seen = {row["day"] for row in lake.view().days_with_data(BEFORE).to_pylist() if row["feed"] == "shadowserver"}
    assert set(BEFORE) - seen == late & set(BEFORE)
    take_in(lake, sorted(played.glob("feeds/*/*.late.csv")))
    in_order = Lake(tmp_path / "lake")
    take_in(in_order, sorted(played.glob("feeds/*/*"), key=lambda path: path.name))
    made = [
        {str(p.relative_to(one.folder)): sha256(p.read_bytes()).hexdigest() for p in one.folder.glob("rollups/*/*")}
        for one in (lake, in_order)
    ]
    assert made[0] == made[1]


def test_a_botnet_that_changes_its_domains_keeps_figures_from_going_out(tmp_path: Path) -> None:
    played, lake = play("dga-change", tmp_path), Lake(tmp_path / "lake")
    take_in(lake, sorted(played.glob("feeds/*/*")))
    comparison = compare_windows(lake.view(), BEFORE, AFTER)
    assert truth(played, "country")["VN"] == 0
    assert "refused-in-one-window" in {notice.code for notice in comparison.notices}
    assert comparison.blocks


def test_machines_that_go_over_to_another_botnet_are_not_fewer(tmp_path: Path) -> None:
    played, lake = play("botnet-moves", tmp_path), Lake(tmp_path / "lake")
    take_in(lake, sorted(played.glob("feeds/*/*")))
    comparison = compare_windows(lake.view(), BEFORE, AFTER)
    assert value(comparison.machines) == pytest.approx(0, abs=5)
    counted = [{row.id: value(row.machines) for row in hosts(lake.view(), period).rows} for period in (BEFORE, AFTER)]
    assert counted[1]["necurs"] < 0.6 * counted[0]["necurs"]
    # where the control server went, the sinkholes see it in one window each, and it is not compared
    assert {watch.family for watch in comparison.panel} == {"mirai", "necurs"}
    assert counted[1]["conficker"] == pytest.approx(counted[0]["conficker"], rel=0.1)


def test_a_migration_is_told_in_the_truth(tmp_path: Path) -> None:
    rows = pq.read_table(play("botnet-moves", tmp_path) / "truth" / "infections.parquet").to_pylist()
    moved = {(row["began_as"], row["family"]) for row in rows if row["began_as"] != row["family"]}
    assert moved == {("necurs", "mirai")}


def test_measures_have_effects_of_their_own(tmp_path: Path) -> None:
    played = play("three-measures", tmp_path)
    kinds = {row["kind"] for row in pq.read_table(played / "truth" / "measures.parquet").to_pylist()}
    assert kinds == {"letter", "publicity", "walled garden"}
    by_isp = truth(played, "isp")
    assert by_isp["vnpt"] == pytest.approx(1 - 0.8 * 0.9, abs=0.06)
    assert by_isp["viettel"] > by_isp["vnpt"] + 0.2
    assert json.loads((played / "manifest.json").read_text())["complete"]
