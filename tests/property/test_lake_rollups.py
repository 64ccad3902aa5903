"""Roll-ups: the same whatever the order, the overlap and the number of deliveries, and what counting by hand gives."""

import random
import tempfile
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.core.family import FamilyNames
from quetsach.feeds.table import ANNOTATIONS
from quetsach.lake import keeping
from quetsach.lake.lake import Lake

FIRST = datetime(2020, 6, 16, tzinfo=UTC)
EVENTS = st.lists(
    st.tuples(st.integers(0, 2 * 86_400_000 - 1), st.integers(1, 4), st.sampled_from(["mirai", "necurs"])),
    min_size=1,
    max_size=40,
    unique=True,
)


def annotate(table: pa.Table) -> pa.Table:
    values = {"asn": 45899, "isp": "vnpt", "province": "01", "province_source": "feed", "network_version": "net-1"}
    for field in ANNOTATIONS:
        table = table.append_column(field, pa.repeat(pa.scalar(values[field.name], field.type), table.num_rows))
    return table


def ingest(lake: Lake, events: list[tuple[int, int, str]]) -> None:
    rows = [
        f"{FIRST + timedelta(milliseconds=ms):%Y-%m-%d %H:%M:%S.%f},14.160.0.{address},{family}\n"
        for ms, address, family in events
    ]
    lake.ingest(
        ("timestamp,address,malware\n" + "".join(rows)).encode(),
        feed="plain",
        families=FamilyNames.of([], version="f"),
        annotate=annotate,
        now=FIRST,
        name="f.csv",
    )


def content(lake: Lake) -> dict[date, list[object]]:
    return {
        r.day: [
            *(
                pq.read_table(lake.folder / r.path(part), partitioning=None).to_pylist()
                for part in ("addresses", "gaps", "seen")
            ),
            (lake.folder / r.path("clock")).read_bytes(),
        ]
        for r in lake.view().roll_ups()
    }


@given(EVENTS, st.integers(1, 4), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_any_order_and_overlap_of_deliveries_gives_the_same(
    events: list[tuple[int, int, str]], parts: int, chance: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        whole, split = Lake(Path(folder) / "whole"), Lake(Path(folder) / "split")
        ingest(whole, events)
        shuffled = chance.sample(events, len(events))
        for n in range(parts):
            ingest(split, shuffled[n::parts] + shuffled[:3])
        assert content(split) == content(whole)
        assert keeping.rebuild(split).mended == 0
        assert {str(p.relative_to(split.folder)) for p in split.folder.glob("rollups/*/*")} <= {
            path for r in split.view().roll_ups() for path in r.paths()
        }


@given(EVENTS)
@settings(max_examples=25, deadline=None)
def test_a_roll_up_is_what_counting_by_hand_gives(events: list[tuple[int, int, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        ingest(lake, events)
        for roll_up in lake.view().roll_ups():
            day = (roll_up.day - FIRST.date()).days
            rows = pq.read_table(lake.folder / roll_up.path("addresses"), partitioning=None).to_pylist()
            for row in rows:
                seen = sorted(
                    ms % 86_400_000
                    for ms, address, family in events
                    if ms // 86_400_000 == day and (address, family) == (row["address"].int & 255, row["family"])
                )
                assert (row["sightings"], row["first_us"], row["last_us"]) == (
                    len(seen),
                    1000 * seen[0],
                    1000 * seen[-1],
                )
                gaps = [b - a for a, b in pairwise(seen)]
                assert row["longest_gap_us"] == 1000 * max(gaps, default=0)
                assert row["hours"] == sum({1 << ms // 3_600_000 for ms in seen})
            assert sum(row["sightings"] for row in rows) == sum(ms // 86_400_000 == day for ms, _, _ in events)
