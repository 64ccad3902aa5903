"""A partner's bulk report into the office: CPU seconds and memory of the whole intake, beside reading the CSV alone.

Usage: python bench/partners.py [--rows N]

The intake is everything from the bytes to held rows: spool with fsync and checksum, a first look through the whole
file, checks against the declaration, identity, SQLite, checkpoints. The same file is then sent again in another order
of bytes (its rows are known) and with a higher revision (every row is replaced).
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

NOW = datetime(2020, 12, 20, 3, tzinfo=UTC)
PLACES = 10_000
DECLARATION = b"""
version = 1
first = 2020-09-18
window = "day"
level = "commune"
outcomes = "machines"
key = "installation"
versions = "together"
products = "unknown"
method = {vi = "x", en = "x"}
deduplication = {vi = "x", en = "x"}
"""
COLUMNS = "day,place,product,version,family,revision,turns,machines,infected,cleaned,count\n"
TARGET_RATIO = 60


def lines(count: int, revision: int) -> Iterator[str]:
    """Yield a report: every place on every day from the beginning of the campaign."""
    dice = random.Random(2020)
    yield COLUMNS
    for number in range(count):
        day = date(2020, 9, 18) + timedelta(days=number // PLACES)
        machines = dice.randrange(10, 40)
        infected = dice.randrange(10)
        figures = f"{machines + dice.randrange(50)},{machines},{infected},{dice.randrange(infected + 1)},"
        yield f"{day},{number % PLACES:05d},Home Scanner,,,{revision},{figures}\n"


def in_child(data: Path, report: Path) -> dict[str, float]:
    """Measure one step in a process of its own."""
    run = subprocess.run(
        [sys.executable, __file__, "--step", data, "--report", report], check=True, stdout=subprocess.PIPE
    )
    return dict(json.loads(run.stdout))


def step(data: Path, report: Path) -> dict[str, float]:
    """Take one file in and say what it cost."""
    from quetsach.web.configuration import configure_web

    configure_web(data)
    from quetsach.web.office.partners.models import Partner
    from quetsach.web.office.partners.services.intake import delivery_receive, delivery_take_in

    def chunks() -> Iterator[bytes]:
        with report.open("rb") as file:
            while chunk := file.read(1 << 16):
                yield chunk

    partner = Partner.objects.get()
    before, idle = time.process_time(), peak_mib()
    delivery, _ = delivery_receive(
        partner=partner, name=report.name, chunks=chunks(), channel="command", by=None, now=NOW
    )
    received = time.process_time()
    delivery = delivery_take_in(delivery=delivery, now=NOW)
    counts = {n: getattr(delivery, n) for n in ("records", "accepted", "duplicates", "replaced", "set_aside")}
    assert delivery.records == delivery.looked_at, counts
    return counts | {
        "receive_s": received - before,
        "take_in_s": time.process_time() - received,
        "more_mib": peak_mib() - idle,
        "peak_mib": peak_mib(),
    }


def peak_mib() -> float:
    """Return the most memory that this process has had."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def lay_out(data: Path) -> None:
    """Make an empty centre with places and one partner."""
    data.mkdir()
    (data / "secret.key").write_text("x" * 64)
    from quetsach.web.configuration import configure_web

    configure_web(data)
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from quetsach.web.office.partners.services.partner import declaration_add, partner_add
    from quetsach.web.office.tree.models import Unit

    opened = date(2020, 1, 1)
    Unit.objects.create(key="tw", code="tw", name_vi="x", kind="centre", opened=opened)
    Unit.objects.bulk_create(
        Unit(key=f"{n:05d}-2020", code=f"{n:05d}", name_vi="x", kind="commune", opened=opened) for n in range(PLACES)
    )
    partner = partner_add(key="vendor", name="Vendor", by=None, now=NOW)
    declaration_add(partner=partner, content=DECLARATION, by=None, now=NOW)


def read_alone(report: Path) -> float:
    """Return CPU seconds of reading the file as CSV and nothing else."""
    before = time.process_time()
    with report.open(encoding="utf-8", newline="") as file:
        for _ in csv.reader(file):
            pass
    return time.process_time() - before


def main() -> int:
    """Measure and print; 1 if the target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--step", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--report", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        print(json.dumps(step(arguments.step, arguments.report)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder / "centre")
        worst = 0.0
        for title, revision, tail in (("new", 0, ""), ("known", 0, "\n"), ("replaced", 1, "")):
            report = folder / f"{title}.csv"
            report.write_text("".join(lines(arguments.rows, revision)) + tail)
            alone = min(read_alone(report) for _ in range(3))
            cost = in_child(folder / "centre", report)
            seconds = cost["receive_s"] + cost["take_in_s"]
            worst = max(worst, seconds / alone)
            print(
                f"{title:9} {cost['records']:,} rows, {report.stat().st_size / 1e6:.0f} MB: {seconds:.1f} CPU s "
                f"(receive {cost['receive_s']:.1f}), {cost['records'] / seconds:,.0f} rows/CPU s, "
                f"{seconds / alone:.0f} x reading alone ({alone:.2f} s); "
                f"{cost['more_mib']:.0f} MiB more, {cost['peak_mib']:.0f} MiB peak"
            )
        database = sum(path.stat().st_size for path in (folder / "centre").glob("center.sqlite3*"))
        print(f"database {database / 1e6:.0f} MB, {database / arguments.rows:.0f} bytes a row")
    print(f"worst ratio {worst:.0f}, target at most {TARGET_RATIO}")
    return 0 if worst <= TARGET_RATIO else 1


if __name__ == "__main__":
    os.environ.setdefault("QUETSACH_LOG", "text")
    sys.exit(main())
