"""A view: one moment of the lake, whatever happens to the lake while it is open."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from tests.lake_reader import TESTER, landed_bytes
from tests.unit.lake.test_keeping import DAYS, HEADER, ingest

from quetsach.core.family import UNPLACED_FAMILY, Family, FamilyNames
from quetsach.core.period import Period
from quetsach.lake import LakeError, hosts, keeping
from quetsach.lake.lake import Lake
from quetsach.lake.queries import Engine
from quetsach.lake.records import CatalogReader
from quetsach.lake.rollups import MAKING_FILE
from quetsach.lake.view import LakeView

ROWS = "2020-06-{day} {hour:02}:00:00,{address},mirai,VN,b{hour}\n"


def deliver(lake: Lake, hours: range, *, day: int = 16) -> None:
    for hour in hours:
        rows = (ROWS.format(day=day, hour=hour, address=a) for a in (f"14.160.{day}.{hour}", f"2001:ee0::{hour}"))
        ingest(lake, HEADER + "".join(rows) + "damaged\n")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a day that came in five files, and another that came in two."""
    lake = Lake(tmp_path_factory.mktemp("view") / "lake")
    deliver(lake, range(5))
    deliver(lake, range(2), day=17)
    return lake.folder


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Lake:
    """A copy of it."""
    return Lake(Path(shutil.copytree(made, tmp_path / "lake")))


def answers_of(view: LakeView) -> tuple[object, ...]:
    """Everything that can be asked."""
    return (
        view.state,
        view.count_addresses(DAYS),
        view.daily_addresses(DAYS, ("family", "isp")),
        view.distinct_addresses(DAYS, ("province",)),
        view.days_with_data(DAYS),
        view.newest_day(),
        view.sightings_count(),
        view.listed_addresses(DAYS, by=TESTER),
        view.quarantined(by=TESTER),
        [landed_bytes(view, d) for d in view.deliveries()],
        hosts.hosts(view, DAYS),
    )


def more_is_delivered(lake: Lake) -> None:
    deliver(lake, range(9, 12))


def it_is_compacted(lake: Lake) -> None:
    keeping.compact(lake, least_files=2)


def it_expires(lake: Lake) -> None:
    keeping.expire(lake, before=date(2020, 6, 17))


def a_day_goes_and_the_rest_is_compacted(lake: Lake) -> None:
    more_is_delivered(lake)
    it_is_compacted(lake)
    it_expires(lake)
    it_is_compacted(lake)


CHANGES = (more_is_delivered, it_is_compacted, it_expires, a_day_goes_and_the_rest_is_compacted)


@pytest.mark.parametrize("change", CHANGES)
def test_answers_of_an_open_view_do_not_change(lake: Lake, change: Callable[[Lake], None]) -> None:
    with lake.view() as view:
        before = answers_of(view)
        change(Lake(lake.folder))
        assert answers_of(view) == before


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_writer_deletes_what_a_view_had_held(
    lake: Lake, tmp_path: Path, change: Callable[[Lake], None]
) -> None:
    with lake.view():
        change(lake)
    ingest(lake, HEADER)
    view = lake.view()
    listed = view.catalog.paths() | {p for r in view.roll_ups() for p in r.paths()}
    kept = [p for kind in ("sightings", "landed", "quarantine", "rollups") for p in lake.folder.glob(f"{kind}/**/*.*")]
    assert {str(p.relative_to(lake.folder)) for p in kept if p.is_file()} <= listed | {MAKING_FILE}
    assert not (lake.folder / ".unswept").exists()


def test_a_reader_that_is_killed_holds_nothing(lake: Lake) -> None:
    script = (
        "import pathlib, sys; from quetsach.lake.lake import Lake; view = Lake(pathlib.Path(sys.argv[1])).view(); "
        "print(1, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(lake.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout
        assert reader.stdout.readline()
        it_is_compacted(lake)
        assert len(list(lake.folder.glob("sightings/day=2020-06-16/*"))) == 6
        os.kill(reader.pid, signal.SIGKILL)
    ingest(lake, HEADER)
    assert len(list(lake.folder.glob("sightings/day=2020-06-16/*"))) == 1


def test_the_state_says_what_was_committed(lake: Lake) -> None:
    states = [lake.view().state]
    it_is_compacted(lake)
    keeping.rebuild(lake)
    assert lake.view().state == Lake(lake.folder).view().state == states[0]
    for change in (more_is_delivered, it_expires):
        change(lake)
        states.append(lake.view().state)
    assert len(set(states)) == 3


def test_questions_list_nothing_and_open_no_record(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the view knows what there is")

    with lake.view() as view:
        for name in ("read", "_stats", "_read_record"):
            monkeypatch.setattr(CatalogReader, name, refuse)
        assert answers_of(view) == answers_of(view)


def test_a_view_of_no_lake_is_empty_and_makes_none(tmp_path: Path) -> None:
    view = Lake(tmp_path / "none").view()
    assert (view.deliveries(), view.newest_day(), view.count_addresses(DAYS)) == ((), None, 0)
    assert not (tmp_path / "none").exists()


def test_a_lake_that_this_account_may_not_read_is_said(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("quetsach.lake.readers.os.open", refuse)
    with pytest.raises(LakeError, match="Permission denied"):
        lake.view()


def test_half_an_expiry_counts_no_address_twice(lake: Lake) -> None:
    records = {path: path.read_bytes() for path in (lake.folder / "deliveries").iterdir()}
    it_expires(lake)
    whole = lake.view().count_addresses(DAYS)
    path = next(path for path, before in records.items() if path.read_bytes() != before)
    path.write_bytes(records[path])  # as if it had been killed before this one
    assert lake.view().count_addresses(DAYS) == whole


def test_figures_carry_how_each_report_was_in_their_window(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for day in range(1, 31):
        hosts_seen = 150 if day < 17 else 60
        rows = (f"2020-05-{day:02} 01:00:00,14.160.{n // 250}.{n % 250},mirai,VN,b{n}\n" for n in range(hosts_seen))
        ingest(lake, HEADER + "".join(rows) + "damaged\n")
    event = {"source.ip": "14.161.0.1", "time.source": "2020-05-16T03:00:00+00:00"}
    ingest(lake, json.dumps(event | {"classification.type": "infected-system"}), feed="intelmq")
    health = lake.view().basis(Period(date(2020, 5, 10), date(2020, 5, 29))).health
    assert [(one.feed, one.days_with_data, one.records, one.quarantined) for one in health] == [
        ("intelmq/events", 1, 1, 0),
        ("plain/sightings", 20, 7 * 151 + 13 * 61, 20),
    ]
    [(day, times)] = health[1].breaks
    assert (day, round(times, 1)) == (date(2020, 5, 17), 0.4)
    assert health[0].breaks == ()
    assert lake.view().basis(Period(date(2020, 5, 1), date(2020, 5, 16))).level_breaks == 0


def test_kept_names_are_of_the_families_that_they_were_placed_in(lake: Lake) -> None:
    reader, names = CatalogReader(lake.folder), FamilyNames.of([Family("mirai", "Mirai", "linux")], version="1")
    with LakeView(lake.folder, reader, Engine()) as plain, LakeView(lake.folder, reader, Engine(), names) as placed:
        assert plain.families_of(["zork", "mirai"]) == ["zork", "mirai"]
        assert placed.families_of(["zork", "Mirai", "mirai"])[::2] == [UNPLACED_FAMILY, "mirai"]
