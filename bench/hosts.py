"""Counting machines from 10 to 100 million sightings: CPU seconds, memory and what was spilled to the disk.

    python bench/hosts.py [--millions 10 20 50 100] [--days 10]

Lines that are always on check in once an hour at random, keep an address for a day on the average, and number as many
as the sightings need. They are of eight networks, four of which name their installations, so that every way to count
and calibration are part of the cost. Sightings are written as the lake keeps them, without the way through CSV; then
every roll-up is made (what ingest does as data land), and machines and distinct addresses, of each day and of all days,
are counted from them. Each step is a process of its own that the kernel lets have 4 GiB of
data and no more (RLIMIT_DATA): one that needed more would fail.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quetsach.lake.lake import Lake
from quetsach.lake.readers import Access

FIRST = date(2020, 6, 1)
BENCH = Access("bench", "bench/hosts.py", datetime(2020, 7, 1, tzinfo=UTC))
LEASE_HOURS = 24.0
NETWORKS, NAMED_NETWORKS = 8, 4
LIMIT_CPU_SECONDS = 25.0
LIMIT_GIB = 4
STEPS = ("roll-ups", "counting", "distinct", "list")
LIMIT_GROWTH = 1.5
EXACT = 0.02


def day_of(number: int, lines: int, rng: np.random.Generator, leases: np.ndarray) -> pa.Table:
    """Return the sightings of one day; ``leases`` has each line's address and is changed as leases end."""
    count = rng.poisson(24, lines)
    line = np.repeat(np.arange(lines), count)
    second = rng.random(len(line)) * 86_400
    change = rng.exponential(LEASE_HOURS * 3600, lines)
    after = np.where(change < 86_400, np.arange(lines) * 40 + rng.integers(40, size=lines), leases)
    address = np.where(second < change[line], leases[line], after[line])
    leases[:] = after
    raw = np.zeros((len(line), 16), dtype=np.uint8)
    raw[:, 10:12] = 255
    raw[:, 12:] = (address.astype(">u4") + 0x0EA00000).view(np.uint8).reshape(-1, 4)
    uuids = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(line), [None, pa.py_buffer(raw.tobytes())])
    start = (FIRST + timedelta(days=number) - date(1970, 1, 1)).days * 86_400_000_000
    texts = {
        "family": "mirai",
        "isp": "vnpt",
        "province": "01",
        "sector": "unknown",
        "claimed_country": "VN",
    }
    network = line % NETWORKS
    names = pa.array(["", *(f"bot-{n}" for n in range(lines))])
    bots = pa.DictionaryArray.from_arrays(np.where(network < NAMED_NETWORKS, line + 1, 0).astype(np.int32), names)
    return pa.table(
        {
            "observed_at": pa.array(start + (second * 1e6).astype(np.int64)).cast(pa.timestamp("us", tz="UTC")),
            "address": uuids.cast(pa.uuid()),
            "ip_version": pa.array(np.full(len(line), 4, dtype=np.int8)),
            "asn": pa.array(45899 + network),
            "bot_id": bots.cast(pa.string()),
            **{name: pa.repeat(pa.scalar(text), len(line)) for name, text in texts.items()},
        }
    )


def write(folder: Path, days: int, lines: int) -> int:
    """Write a lake of so many lines and days; return its sightings."""
    from quetsach.lake.delivery import Delivery

    rng = np.random.default_rng(lines)
    leases = np.arange(lines) * 40 + rng.integers(40, size=lines)
    total = 0
    for number in range(days):
        table = day_of(number, lines, rng, leases)
        day = FIRST + timedelta(days=number)
        delivery = Delivery(
            sha256=f"{number:064x}",
            feed="plain",
            report="bench",
            file="bench.csv",
            size_bytes=0,
            ingested_at=datetime(2020, 7, 1, tzinfo=UTC),
            records=table.num_rows,
            accepted=table.num_rows,
            duplicates=0,
            quarantined=0,
            repaired=0,
            blank=0,
            days={day: table.num_rows},
        )
        path = folder / delivery.sightings_path(day)
        path.parent.mkdir(parents=True)
        pq.write_table(table, path, compression="zstd")
        (folder / "deliveries").mkdir(exist_ok=True)
        (folder / "deliveries" / f"{delivery.id}.json").write_bytes(delivery.to_json())
        total += table.num_rows
    return total


def measure(folder: Path, days: int, step: str) -> dict[str, float]:
    """Do a step in this process, within the limit, and say what it took."""
    from quetsach.assess.estimate import Estimate
    from quetsach.core.period import Period
    from quetsach.lake import hosts, keeping

    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT_GIB << 30, LIMIT_GIB << 30))
    lake, period = Lake(folder), Period(FIRST, FIRST + timedelta(days=days - 1))
    begun = time.process_time()
    value = 0.0
    with watched(lake) as spilled:
        if step == "roll-ups":
            keeping.rebuild(lake)
        elif step == "distinct":
            view = lake.view()
            value = view.count_addresses(period) + sum(view.daily_addresses(period).column("addresses").to_pylist())
        elif step == "list":
            value = lake.view().listed_addresses(period, by=BENCH).num_rows
        else:
            machines = hosts.hosts(lake.view(), period).total.machines
            value = machines.value if isinstance(machines, Estimate) else float("nan")
    cpu = time.process_time() - begun
    return {"cpu": cpu, "peak_gib": peak_gib(), "spilled_gib": max(spilled), "value": value}


def peak_gib() -> float:
    """Return the most memory that this process has had; ``ru_maxrss`` would count what the one before it had."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024**2


@contextmanager
def watched(lake: Lake) -> Iterator[list[float]]:
    """Look every tenth of a second at how many GiB lie in the engine's folder for what does not fit."""
    spill = Path(lake.engine().sql("select current_setting('temp_directory')").fetchall()[0][0])
    seen, is_over = [0.0], threading.Event()

    def look() -> None:
        while not is_over.wait(0.1):
            sizes = []
            for path in spill.rglob("*"):
                with suppress(FileNotFoundError):
                    sizes.append(path.stat().st_size)
            seen.append(sum(sizes) / 1024**3)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        is_over.set()
        thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", type=int, nargs="+", default=[10, 20, 50, 100], metavar="N")
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.days, arguments.step)))
        return 0
    good, rates = True, []
    print(f"{'sightings':>12}  {'machines':>9}  {'counted':>9}" + "".join(f"  {step:>37}" for step in STEPS))
    for millions in arguments.millions:
        lines = millions * 1_000_000 // (24 * arguments.days)
        with tempfile.TemporaryDirectory() as folder:
            total = write(Path(folder), arguments.days, lines)
            call = [sys.executable, __file__, "--measure", folder, "--days", str(arguments.days)]
            got = {
                step: json.loads(subprocess.run([*call, "--step", step], check=True, stdout=subprocess.PIPE).stdout)
                for step in STEPS
            }
        counted = got["counting"]
        rates.append(counted["cpu"] / total)
        print(
            f"{total:>12,}  {lines:>9,}  {counted['value']:>9,.0f}"
            + "".join(
                f"  {one['cpu']:>5.1f} CPU s, {one['peak_gib']:.1f} GiB, {one['spilled_gib']:>4.1f} spilled"
                for one in got.values()
            ),
            flush=True,
        )
        good &= abs(counted["value"] / lines - 1) < EXACT
        good &= max(one["peak_gib"] for one in got.values()) <= LIMIT_GIB
        good &= millions != 50 or counted["cpu"] <= LIMIT_CPU_SECONDS
    good &= max(rates) <= LIMIT_GROWTH * rates[0]
    verdict = "pass" if good else "MISS"
    print(
        f"target: counting 50 million takes at most {LIMIT_CPU_SECONDS:.0f} CPU s, a million never more than "
        f"{LIMIT_GROWTH} times as much, all steps within {LIMIT_GIB} GiB: {verdict}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
