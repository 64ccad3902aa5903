"""A country with known truth from end to end by the commands: simulated, taken in, counted, held against the truth."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from quetsach.cli.main import build_parser

BEFORE, AFTER = (date(2024, 3, 4), date(2024, 3, 31)), (date(2024, 4, 29), date(2024, 5, 26))
SCENARIO = """
kind = "country"
country = "VN"
hours_ahead_of_utc = 7
rest_days = ["saturday", "sunday"]
id = "known"
seed = 5
first = 2024-03-04
last = 2024-05-26
hosts = 160
name = {vi = "Thử", en = "Test"}
note = {vi = "Mô phỏng", en = "Simulated"}
[[families]]
spelling = "mirai"
weight = 1
mean_days = 60
check_in = {schedule = "poisson", minutes = 60}
on_line = {always_on = 1}
[[isps]]
id = "vnpt"
asn = 45899
weight = 1
addresses = 20_000
leases = [
    {kind = "dhcp", share = 1, hours = 168},
    {first = 2024-04-15, kind = "dhcp", share = 1, hours = 24},
]
[[provinces]]
spelling = "HA NOI"
weight = 1
[[feeds]]
id = "own"
form = "plain"
days_a_file = 28
coverage = [{reach = 1}]
outages = [{day = 2024-05-06, hour = 3, hours = 9}]
[[measures]]
id = "campaign"
kind = "campaign"
first = 2024-04-01
ramp_days = 14
reduction = 0.5
"""


def _run(*words: object) -> int:
    parser = build_parser()
    arguments = parser.parse_args(["center", *(str(word) for word in words)])
    return int(arguments.run(arguments))


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("known")
    (folder / "scenario.toml").write_text(SCENARIO, "utf-8")
    assert _run("simulate", folder / "scenario.toml", "--out", folder / "country") == 0
    files = sorted((folder / "country" / "feeds" / "own").iterdir())
    assert len(files) == 3
    assert _run("ingest", *files, "--feed", "plain", "--report", "own", "--data", folder / "data") == 0
    return folder


@pytest.fixture
def counted(country: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    window = ("--from", AFTER[0], "--to", AFTER[1], "--against", f"{BEFORE[0]}..{BEFORE[1]}")
    _run("assess", "hosts", "--data", country / "data", *window, "--json")
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def _online(country: Path, window: tuple[date, date]) -> float:
    """Machines on line on the average of a window."""
    rows = pq.read_table(country / "country" / "truth" / "days.parquet").to_pylist()
    inside = [row for row in rows if row["play"] == "campaign" and window[0] <= row["day"] <= window[1]]
    return sum(row["online_seconds"] for row in inside) / (28 * 86_400)  # type: ignore[no-any-return]


def test_machines_are_counted_through_leases_and_an_outage(country: Path, counted: dict[str, Any]) -> None:
    assert counted["total"]["machines_online"]["value"] == pytest.approx(_online(country, AFTER), rel=0.02)


def test_the_reduction_is_true_although_leases_became_seven_times_shorter(
    country: Path, counted: dict[str, Any]
) -> None:
    true = 1 - _online(country, AFTER) / _online(country, BEFORE)
    assert 0.4 < true < 0.6
    assert counted["comparison"]["reduction_percent"]["machines_online"]["value"] == pytest.approx(100 * true, abs=2)


def test_the_wider_window_of_addresses_says_the_opposite(country: Path) -> None:
    folder = country / "country" / "feeds" / "own"
    rows = [row for path in sorted(folder.iterdir()) for row in path.read_text("ascii").splitlines()[1:]]
    found = []
    for first, last in (BEFORE, AFTER):
        addresses = {row.split(",")[1] for row in rows if str(first) <= row[:10] <= str(last)}
        found.append(len(addresses))
    assert found[1] > 1.5 * found[0]
