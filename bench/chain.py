"""Feed file to lake, the full chain: rows per CPU second of the whole command, and beside a peer in the same run.

Usage: python bench/chain.py [--file REPORT.csv] [--rows N] [--peer SCRIPT]

The chain is landing, reading with provenance and quarantine, AS, provider and province, identity, removal of repeats,
Parquet and commit; interpreter start and imports count. ``--peer`` names a script that installs IntelMQ, measures its
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


def cpu_seconds() -> float:
    """Return what ended children of this process used, user and system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ingest(report: Path) -> tuple[int, float, int]:
    """Return records, CPU seconds and peak memory in MiB of one ``quetsach center ingest`` into an empty lake."""
    with tempfile.TemporaryDirectory() as data:
        before = cpu_seconds()
        command: list[str | Path] = [
            COMMAND,
            "center",
            "ingest",
            report,
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


def run_peer(script: Path, count: int, work: Path) -> tuple[Path, dict[str, float]]:
    """Return the peer's report and its rows per CPU second by stage."""
    results = work / "results.jsonl"
    results.unlink(missing_ok=True)
    subprocess.run([script], check=True, env=os.environ | {"ROWS": str(count), "WORK": str(work)})
    stages = [json.loads(line) for line in results.read_text().splitlines()]
    [report] = work.glob("*event4_sinkhole*.csv")
    return report, {stage["stage"]: stage["rows"] / stage["cpu_s"] for stage in stages}


def main() -> int:
    """Measure and print; 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--file", type=Path, help="measure on this report")
    parser.add_argument("--rows", type=int, default=200_000, help="of the report that is made (default: 200000)")
    parser.add_argument("--peer", type=Path, help="script that measures IntelMQ")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report, peer = arguments.file, dict[str, float]()
        if arguments.peer:
            work = Path(os.environ.get("WORK", "/tmp/peer-intelmq"))  # the peer's own default
            report, peer = run_peer(arguments.peer.resolve(), arguments.rows, work)
        if report is None:
            report = Path(folder) / NAME
            with report.open("wb") as out:
                out.writelines(rows(arguments.rows))
        runs = [ingest(report) for _ in range(REPEATS)]
    records = runs[0][0]
    rates = sorted(records / seconds for _, seconds, _ in runs)
    print(f"quetsach center ingest: {records:,} rows, {rates[0]:,.0f} to {rates[-1]:,.0f} rows per CPU second", end=" ")
    print(f"({REPEATS} runs, at most {max(memory for *_, memory in runs):,} MiB); target {TARGET:,}")
    for stage, rate in peer.items():
        print(f"  IntelMQ {stage:12} {rate:9,.0f} rows per CPU second   ratio {rates[len(rates) // 2] / rate:6,.1f}")
    return 0 if rates[-1] >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
