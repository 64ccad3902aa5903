"""Feed file to lake, the full chain: rows per CPU second of the whole command, and beside a peer in the same run.

Usage: python bench/chain.py [--file REPORT.csv] [--rows N] [--many N] [--small] [--peer SCRIPT]

The chain is landing, reading with provenance and quarantine, AS, provider and province, identity, removal of repeats,
Parquet and commit; interpreter start and imports count. What reading alone costs, in every format, is told by
``bench/readers.py``. ``--peer`` names a script that installs IntelMQ, measures its
stages on a report of ROWS rows in $WORK and appends ``stage``, ``rows`` and ``cpu_s`` to $WORK/results.jsonl; the chain
then takes the very same file.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.sinkhole_report import NAME, rows  # noqa: E402

COMMAND = Path(sys.executable).with_name("quetsach")
REPEATS = 3
TARGET = 60_000
MANY_TARGET, MANY_MEMORY = 120_000, 1229
SMALL_FILES, SMALL_ROWS, SMALL_TARGET = 1000, 7, 0.002


def cpu_seconds() -> float:
    """Return what ended children of this process used, user and system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ingest(delivered: Path) -> tuple[int, float, int]:
    """Return records, CPU seconds and peak memory in MiB of one ``quetsach center ingest`` into an empty lake.

    The memory is the most that any child of this process took so far.
    """
    with tempfile.TemporaryDirectory() as data:
        before = cpu_seconds()
        command: list[str | Path] = [
            COMMAND,
            "center",
            "ingest",
            delivered,
            "--feed",
            "shadowserver",
            "--report",
            "event4_sinkhole",
        ]
        done = subprocess.run([*command, "--data", data, "--json"], check=True, stdout=subprocess.PIPE)
        seconds = cpu_seconds() - before
    result = json.loads(done.stdout)
    assert result["records"] == result["accepted"] + result["duplicates"] + result["quarantined"]
    return result["records"], seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10


def small_files(folder: Path) -> Path:
    """Return a folder of ``SMALL_FILES`` reports of ``SMALL_ROWS`` rows each."""
    header, *lines = rows(SMALL_FILES * SMALL_ROWS)
    folder.mkdir()
    for number in range(SMALL_FILES):
        content = lines[number * SMALL_ROWS : (number + 1) * SMALL_ROWS]
        (folder / f"{number:04}-{NAME}").write_bytes(header + b"".join(content))
    return folder


def run_peer(script: Path, count: int, work: Path) -> tuple[Path, dict[str, float]]:
    """Return the peer's report and its rows per CPU second by stage."""
    results = work / "results.jsonl"
    results.unlink(missing_ok=True)
    subprocess.run([script], check=True, env=os.environ | {"ROWS": str(count), "WORK": str(work)})
    stages = [json.loads(line) for line in results.read_text().splitlines()]
    [report] = work.glob("*event4_sinkhole*.csv")
    return report, {stage["stage"]: stage["rows"] / stage["cpu_s"] for stage in stages}


def written(report: Path, count: int) -> Path:
    """Write a report of so many rows; return where."""
    with report.open("wb") as out:
        out.writelines(rows(count))
    return report


def tell_small(folder: Path) -> bool:
    """Measure many files of few rows in one command; say whether the target is met."""
    _, seconds, _ = ingest(small_files(folder / "small"))
    each = seconds / SMALL_FILES
    print(f"  {SMALL_FILES:,} files of {SMALL_ROWS} rows: {1000 * each:.1f} ms of CPU each", end="")
    print(f"; target {1000 * SMALL_TARGET:.0f}")
    return each <= SMALL_TARGET


def tell_many(folder: Path, count: int) -> bool:
    """Measure one large file; say whether the targets are met."""
    records, seconds, memory = ingest(written(folder / NAME.replace("-vn", "-many-vn"), count))
    print(f"  {records:,} rows: {records / seconds:,.0f} per CPU second, {memory:,} MiB", end="")
    print(f"; target {MANY_TARGET:,}, {MANY_MEMORY:,} MiB")
    return records / seconds >= MANY_TARGET and memory <= MANY_MEMORY


def main() -> int:
    """Measure and print; 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--file", type=Path, help="measure on this report")
    parser.add_argument("--rows", type=int, default=200_000, help="of the report that is made (default: 200000)")
    parser.add_argument("--many", type=int, help="measure one run on a report of so many rows too, such as 2000000")
    parser.add_argument("--small", action="store_true", help=f"measure {SMALL_FILES:,} files of {SMALL_ROWS} rows too")
    parser.add_argument("--peer", type=Path, help="script that measures IntelMQ")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report, peer = arguments.file, dict[str, float]()
        if arguments.peer:
            work = Path(os.environ.get("WORK", "/tmp/peer-intelmq"))  # the peer's own default
            report, peer = run_peer(arguments.peer.resolve(), arguments.rows, work)
        made = report or written(Path(folder) / NAME, arguments.rows)
        runs = [ingest(made) for _ in range(REPEATS)]
        is_met = not arguments.small or tell_small(Path(folder))
        is_met &= not arguments.many or tell_many(Path(folder), arguments.many)
    records = runs[0][0]
    rates = sorted(records / seconds for _, seconds, _ in runs)
    print(f"quetsach center ingest: {records:,} rows, {rates[0]:,.0f} to {rates[-1]:,.0f} rows per CPU second", end=" ")
    print(f"({REPEATS} runs, at most {max(memory for *_, memory in runs):,} MiB); target {TARGET:,}")
    for stage, rate in peer.items():
        print(f"  IntelMQ {stage:12} {rate:9,.0f} rows per CPU second   ratio {rates[len(rates) // 2] / rate:6,.1f}")
    return 0 if is_met and rates[-1] >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
