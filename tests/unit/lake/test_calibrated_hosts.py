"""Machines of a lake in which some networks name their installations: what is learned there is told of the rest."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bench.regimes import DAYS, CheckIns, Regime, Watched, play

from quetsach.assess.estimate import Estimate, NotEstimable, NotEstimableReason
from quetsach.assess.hosts.calibration import FEWEST_NETWORKS
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.feeds.table import ANNOTATIONS
from quetsach.lake import hosts
from quetsach.lake.lake import Lake

FIRST = date(2020, 6, 1)
WINDOW = Period(FIRST, FIRST + timedelta(days=DAYS - 1))
PAIRS = Regime(machines=50, check_ins=CheckIns(1.5), lease=60.0, shared=0.4, per_address=2, shared_moves=True)
NETWORKS = 7


def annotate(table: pa.Table) -> pa.Table:
    """Each network is an AS: the second byte of its addresses."""
    numbers = [(address.int >> 16) & 255 for address in table.column("address").to_pylist()]
    texts = {"isp": "unknown", "province": "01", "province_source": "feed", "network_version": "net-1"}
    for field in ANNOTATIONS:
        values = numbers if field.name == "asn" else [texts[field.name]] * len(numbers)
        table = table.append_column(field, pa.array(values).cast(field.type))
    return table


def lake_of(folder: Path, worlds: list[Watched], first: date = FIRST) -> Lake:
    start = datetime.combine(first, datetime.min.time())
    rows = []
    for n, seen in enumerate(worlds):
        for address, hour, bot in zip(seen.address.tolist(), seen.hour.tolist(), seen.bot.tolist(), strict=True):
            name = f"b{n}-{bot}" if bot >= 0 else ""
            at = start + timedelta(hours=hour)
            rows.append(f"{at:%Y-%m-%d %H:%M:%S.%f},14.{n + 1}.{address >> 8}.{address & 255},mirai,VN,{name}\n")
    lake = Lake(folder)
    lake.ingest(
        ("timestamp,address,malware,country,bot_id\n" + "".join(rows)).encode(),
        feed="plain",
        report="own",
        families=FamilyNames.of([], version="f"),
        annotate=annotate,
        now=datetime(2020, 9, 1, tzinfo=UTC),
        name=f"{first}.csv",
    )
    return lake


def worlds_of(named: int) -> list[Watched]:
    rng = np.random.default_rng(5)
    return [play(PAIRS.but(named=1.0 if n < named else 0.0), rng) for n in range(NETWORKS)]


def test_machines_behind_shared_addresses_are_told_where_names_show_how_many_there_are(tmp_path: Path) -> None:
    worlds = worlds_of(FEWEST_NETWORKS)
    truth = sum(seen.online for seen in worlds)
    with lake_of(tmp_path, worlds).view() as view:
        report = hosts.hosts(view, WINDOW)
    [row] = report.rows
    [calibration] = report.calibrations.values()
    assert isinstance(row.machines, Estimate)
    assert row.machines.low <= truth <= row.machines.high
    assert row.machines.value == pytest.approx(truth, rel=0.06)
    assert calibration.networks == (1, 2, 3, 4)
    assert calibration.machines == pytest.approx(sum(seen.online for seen in worlds[:4]), rel=0.05)
    assert isinstance(report.total.machines, Estimate)


def test_too_few_networks_with_names_teach_nothing(tmp_path: Path) -> None:
    with lake_of(tmp_path, worlds_of(FEWEST_NETWORKS - 1)).view() as view:
        report = hosts.hosts(view, WINDOW)
    assert report.calibrations == {}
    assert isinstance(report.rows[0].machines, NotEstimable)
    assert report.rows[0].machines.reason is NotEstimableReason.UNEVEN_RATES


def test_two_windows_are_compared_as_each_is_counted(tmp_path: Path) -> None:
    """Once the comparison had assumptions where each window alone was calibrated: here, nothing at all."""
    later = Period(WINDOW.last + timedelta(days=1), WINDOW.last + timedelta(days=DAYS))
    lake_of(tmp_path, worlds_of(FEWEST_NETWORKS))
    fewer = [
        play(PAIRS.but(machines=30, named=1.0 if n < 4 else 0.0), np.random.default_rng(n)) for n in range(NETWORKS)
    ]
    with lake_of(tmp_path, fewer, later.first).view() as view:
        comparison = hosts.compare_windows(view, WINDOW, later)
        alone = [hosts.hosts(view, period).rows[0].machines for period in (WINDOW, later)]
        beside = hosts.hosts(view, WINDOW, calibrated_for=comparison.calibrations).rows[0].machines
        assumed = hosts.hosts(view, WINDOW, calibrated_for=()).rows[0].machines
    assert isinstance(comparison.machines, Estimate)
    values = [answer.value for answer in alone if isinstance(answer, Estimate)]
    assert [comparison.machines.measured[end] for end in ("before", "after")] == pytest.approx(values)
    assert comparison.calibrated_families == ("mirai",)
    assert beside == alone[0]
    assert isinstance(assumed, NotEstimable)
