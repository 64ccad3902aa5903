import csv
import hashlib
import io
import ipaddress
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from tests.known_country import MONDAY, a_country, a_day, a_family, a_feed, a_measure, an_isp

from quetsach.core.family import Family, FamilyNames
from quetsach.feeds.layout_files import layout_of
from quetsach.feeds.reader import read
from quetsach.network import AddressRange, AddressRanges
from quetsach.network.ranges import MAPPED_FIRST
from quetsach.simulate import Country, Order, SimulateError, write_country
from quetsach.simulate.machines.scenario import (
    ActivityProfile,
    CheckIns,
    Coverage,
    FeedForm,
    Lease,
    LeaseKind,
    Outage,
    Schedule,
)

NOW = datetime(2100, 1, 1, tzinfo=UTC)

RANGES = AddressRanges.of(
    [
        AddressRange(MAPPED_FIRST + 0x0EA0_0000, MAPPED_FIRST + 0x0EA0_FFFF, 45899),
        AddressRange(0x2001_0EE0 << 96, (0x2001_0EE1 << 96) - 1, 45899),
    ],
    {},
)
COUNTRY = a_country(
    hosts=120,
    days=5,
    families=(
        a_family("mirai", mean_days=4, reinfection=0.5, reinfection_days=1),
        a_family(
            "necurs",
            check_ins=(CheckIns(MONDAY, Schedule.PERIODIC, 2400.0, 0.3),),
            duties={ActivityProfile.OFFICE: 0.5, ActivityProfile.HOME: 0.5},
            uses_ipv6=True,
        ),
    ),
    isps=(
        an_isp("vnpt", Lease(MONDAY, LeaseKind.DHCP, 1.0, 8.0), asn=45899, addresses=4000, ipv6_share=0.5),
        an_isp("two", Lease(MONDAY, LeaseKind.CGNAT, 1.0, 8.0), cgnat_addresses=20, ratio=32),
        an_isp("abroad", country="XA"),
    ),
    feeds=(
        a_feed("sinkhole", form=FeedForm.SHADOWSERVER, late=0.05, repeated=0.1),
        a_feed("own", Coverage(MONDAY, "", 0.5, 1.0), days_a_file=2, outages=(Outage(3600, 7200),)),
    ),
    measures=(a_measure(2, reduction=0.5, ramp_days=1),),
    shared_lines=0.2,
    regionless=0.1,
)


def _write(out: Path, scenario: Country = COUNTRY, **changes: Any) -> tuple[dict[str, Any], bool]:
    return write_country(Order(b"# scenario\n", scenario, **changes), RANGES, out)


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _rows(folder: Path, feed: str) -> Iterator[tuple[Path, dict[str, str]]]:
    for path in sorted((folder / "feeds" / feed).iterdir()):
        for row in csv.DictReader(io.StringIO(path.read_text("ascii"), newline="")):
            yield path, row


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("country")
    _write(out, has_leases=True)
    return out


def test_the_same_scenario_and_seed_give_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    _write(tmp_path, has_leases=True)
    assert _contents(tmp_path) == _contents(folder)


def test_another_seed_gives_other_files(folder: Path, tmp_path: Path) -> None:
    _write(tmp_path, seed=8)
    name = "feeds/sinkhole/2024-03-05-event4_sinkhole-vn.csv"
    assert (tmp_path / name).read_bytes() != (folder / name).read_bytes()


def test_the_manifest_knows_every_file_with_rows_and_digest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    contents = _contents(folder)
    assert {file["name"] for file in manifest["files"]} == set(contents) - {"manifest.json"}
    for file in manifest["files"]:
        content = contents[file["name"]]
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["size_bytes"] == len(content)
        if file["name"].endswith(".csv"):
            assert file["rows"] == content.count(b"\n") - 1
        elif file["name"].endswith(".parquet"):
            assert file["rows"] == pq.read_metadata(folder / file["name"]).num_rows
    assert manifest["complete"]
    assert 0 < manifest["true_reduction"]["infected"] < 0.6


def test_a_complete_folder_is_left_alone(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    manifest, is_new = _write(folder, has_leases=True)
    assert not is_new
    assert manifest["complete"]
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_a_file_that_was_damaged_is_written_again(folder: Path, tmp_path: Path) -> None:
    _write(tmp_path, has_leases=True)
    damaged = tmp_path / "feeds" / "own" / "2024-03-04-sightings-vn.csv"
    damaged.write_bytes(b"nothing")
    assert _write(tmp_path, has_leases=True)[1]
    assert _contents(tmp_path) == _contents(folder)


def test_a_run_that_was_killed_is_simply_run_again(folder: Path, tmp_path: Path) -> None:
    class KilledError(Exception):
        pass

    def kill(day: str) -> None:
        if day == str(a_day(3)):
            raise KilledError

    with pytest.raises(KilledError):
        write_country(Order(b"# scenario\n", COUNTRY, has_leases=True), RANGES, tmp_path, progress=kill)
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert not manifest["complete"]
    assert not list(tmp_path.rglob("*.unfinished"))
    done = list(tmp_path.rglob("*.csv"))
    assert all(path.read_bytes() == (folder / path.relative_to(tmp_path)).read_bytes() for path in done)
    _write(tmp_path, has_leases=True)
    assert _contents(tmp_path) == _contents(folder)


def test_a_folder_with_another_simulation_is_refused(folder: Path) -> None:
    with pytest.raises(SimulateError, match="another simulation"):
        _write(folder, has_leases=True, seed=9)


def test_a_scale_leaves_fewer_machines_in_smaller_pools() -> None:
    scaled = COUNTRY.scaled(10)
    assert (scaled.hosts, scaled.isps[0].addresses, scaled.isps[1].cgnat_addresses) == (12, 400, 2)


@pytest.mark.parametrize("changes", [{"scale": 0}, {"scale": 1000}, {"seed": -1}])
def test_a_scale_or_seed_out_of_range_is_refused(tmp_path: Path, changes: dict[str, int]) -> None:
    with pytest.raises(SimulateError):
        _write(tmp_path, **changes)


@pytest.mark.parametrize("feed", ["sinkhole", "own"])
def test_the_feed_reader_takes_every_row(folder: Path, feed: str) -> None:
    names = FamilyNames.of([Family("mirai", "Mirai", "linux"), Family("necurs", "Necurs", "windows")], version="1")
    for path in sorted((folder / "feeds" / feed).iterdir()):
        content = path.read_bytes()
        layout = layout_of("plain" if feed == "own" else "shadowserver", None, file_name=path.name, head=content[:2000])
        for batch in read([content], layout, names, now=NOW):
            assert batch.rejects.num_rows == 0
            assert batch.repaired == 0
            assert set(batch.sightings["family"].to_pylist()) <= {"mirai", "necurs"}
            assert min(batch.sightings["claimed_country"].to_pylist(), default="VN") == "VN"


@pytest.mark.parametrize("feed", ["sinkhole", "own"])
def test_every_row_is_of_a_machine_that_was_infected_at_that_second_under_that_address(folder: Path, feed: str) -> None:
    holders, sick = _holders(folder), _sick(folder)
    count = 0
    for _, row in _rows(folder, feed):
        moment = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
        address = ipaddress.ip_address(row["src_ip" if feed == "sinkhole" else "address"])
        if address.version == 6:
            continue
        port = int(row["src_port" if feed == "sinkhole" else "port"])
        family = row["infection" if feed == "sinkhole" else "malware"]
        lines = [
            line
            for line, begin, end, first, ports in holders[int(address)]
            if begin <= moment < end and first <= port < first + ports
        ]
        assert len(lines) == 1
        assert any(begin <= moment < end for begin, end, bot in sick[lines[0], family] if row.get("bot_id", bot) == bot)
        count += 1
    assert count > 500


def _holders(folder: Path) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in pq.read_table(folder / "truth" / "leases.parquet").to_pylist():
        holder = (row["line"], row["begin"], row["end"], row["first_port"], row["ports"])
        found.setdefault(row["address"], []).append(holder)
    return found


def _sick(folder: Path) -> dict[tuple[int, str], list[tuple[Any, ...]]]:
    found: dict[tuple[int, str], list[tuple[Any, ...]]] = {}
    for row in pq.read_table(folder / "truth" / "infections.parquet").to_pylist():
        if row["play"] == "campaign":
            end = row["end"] or datetime.max.replace(tzinfo=UTC)
            found.setdefault((row["line"], row["family"]), []).append((row["begin"], end, row["bot_id"]))
    return found


def test_ipv6_has_a_report_of_its_own(folder: Path) -> None:
    versions: dict[str, set[int]] = {}
    for path, row in _rows(folder, "sinkhole"):
        versions.setdefault(path.name[11:26], set()).add(ipaddress.ip_address(row["src_ip"]).version)
    assert versions == {"event4_sinkhole": {4}, "event6_sinkhole": {6}}


def test_rows_that_are_late_or_come_again_are_in_the_next_file(folder: Path) -> None:
    events: dict[str, list[tuple[str, str]]] = {}
    late = 0
    for path, row in _rows(folder, "sinkhole"):
        assert path.name[:10] in (row["timestamp"][:10], str(a_day(int(row["timestamp"][8:10]) - MONDAY.day + 1)))
        late += path.name[:10] != row["timestamp"][:10]
        events.setdefault(row["event_id"], []).append((path.name, row["timestamp"]))
    total, twice = len(events), sum(len(found) == 2 for found in events.values())
    assert max(map(len, events.values())) == 2
    assert twice / total == pytest.approx(0.095, abs=0.02)
    assert late / total == pytest.approx(0.145, abs=0.02)


def test_files_may_come_a_second_time_as_a_whole(tmp_path: Path) -> None:
    manifest, _ = _write(tmp_path, replace(COUNTRY, feeds=(a_feed("f", sent_again=0.5),)))
    names = {file["name"] for file in manifest["files"]}
    again = {name for name in names if name.endswith(".again.csv")}
    assert 0 < len(again) < 5
    for name in again:
        assert (tmp_path / name).read_bytes() == (tmp_path / name.replace(".again", "")).read_bytes()


def test_every_event_that_a_feed_reports_at_home_is_delivered(folder: Path) -> None:
    reported: dict[str, int] = {}
    for row in pq.read_table(folder / "truth" / "feeds.parquet").to_pylist():
        reported[row["feed"]] = reported.get(row["feed"], 0) + row["rows"]
    for feed, rows in reported.items():
        assert len({row["event_id"] for _, row in _rows(folder, feed)}) == rows


def test_a_file_may_hold_several_days(folder: Path) -> None:
    days: dict[str, set[str]] = {}
    for path, row in _rows(folder, "own"):
        days.setdefault(path.name[:10], set()).add(row["timestamp"][:10])
    assert days == {
        str(a_day(0)): {str(a_day(0)), str(a_day(1))},
        str(a_day(2)): {str(a_day(2)), str(a_day(3))},
        str(a_day(4)): {str(a_day(4))},
    }


def test_some_lines_are_placed_nowhere_and_always_the_same_ones(folder: Path) -> None:
    regions = [row["src_region"] for _, row in _rows(folder, "sinkhole")]
    assert set(regions) == {"", "HA NOI", "DA NANG"}
    assert 0.02 < regions.count("") / len(regions) < 0.25


def test_the_dashboard_shows_distinct_addresses_of_all_countries(folder: Path) -> None:
    rows = list(csv.DictReader(io.StringIO((folder / "dashboard.csv").read_text("ascii"))))
    assert [(row["unit"], row["treated"]) for row in rows if row["period"] == str(a_day(1))] == [
        ("VN", "0"),
        ("XA", "0"),
    ]
    assert [(row["unit"], row["treated"]) for row in rows if row["period"] == str(a_day(2))] == [
        ("VN", "1"),
        ("XA", "0"),
    ]
    addresses = {row["src_ip"] for _, row in _rows(folder, "sinkhole") if row["timestamp"][:10] == str(a_day(1))}
    assert next(int(r["outcome"]) for r in rows if (r["unit"], r["period"]) == ("VN", str(a_day(1)))) == len(addresses)


def _treated(rows: list[dict[str, str]], day: int) -> dict[str, str]:
    return {row["unit"]: row["treated"] for row in rows if row["period"] == str(a_day(day))}


def test_an_empty_day_has_a_file_with_its_header(tmp_path: Path) -> None:
    feed = a_feed("f", Coverage(MONDAY, "", 0.0, 1.0))
    _write(tmp_path, replace(COUNTRY, feeds=(feed,)))
    files = sorted((tmp_path / "feeds" / "f").iterdir())
    assert len(files) == 5
    assert {path.read_bytes().count(b"\n") for path in files} == {1}
