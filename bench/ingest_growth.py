"""What the next small delivery costs as a lake grows: ``center ingest`` of 20 rows into lakes of ever more deliveries.

Usage: python bench/ingest_growth.py [--deliveries N ...]

Each lake is one report with 50 deliveries a day, as ingest leaves it. Two commands are run on each: one that publishes
the figures too, as nobody serves and the minute is over, and one that leaves them, as within a minute or while a centre
serves. Both count with interpreter start and imports. The first is set beside the smallest lake, the second beside the
smallest that has two windows of four weeks, which a publication compares. Then a view is opened: a publication's
listing of deliveries is that and no more.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

from quetsach.centre.tables import load_families, load_network_tables
from quetsach.feeds.layout_files import layout_of
from quetsach.feeds.reader import read
from quetsach.lake import keeping
from quetsach.lake.fresh import Fresh
from quetsach.lake.ingestion import Ingestion, land
from quetsach.lake.lake import Lake
from quetsach.network import annotate

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.chain import COMMAND, cpu_seconds  # noqa: E402

A_DAY, ROWS, REPEATS = 50, 20, 3
COMPARED_DAYS = 56
LAST = datetime.now(UTC).date() - timedelta(days=1)
LIMIT_CPU_SECONDS, LIMIT_RATIO, LIMIT_VIEW_SECONDS = 2.0, 1.5, 1.0


def content(day: date, number: int) -> bytes:
    """Return a delivery: the later ones of a day see other machines at other minutes."""
    rows = (
        f"{day} {(number + row) % 24:02}:{row * 3 % 60:02}:{number % 60:02},123.{16 + row % 8}.{number % 256}."
        f"{row * 7 % 250 + 1},mirai,HA NOI\n"
        for row in range(ROWS)
    )
    return f"timestamp,address,malware,region\n{''.join(rows)}".encode()


def fill(lake: Lake, count: int) -> None:
    """Write the files of so many deliveries, up to yesterday, without the checks that make an ingest of each."""
    tables, families = load_network_tables(lake.folder.parent), load_families()
    layout = layout_of("plain", "bench", file_name="b.csv", head=content(LAST, 0))
    staged = lake.folder / "staged"
    for number, (day, body) in enumerate(deliveries(count)):
        staged.mkdir(parents=True, exist_ok=True)
        sha256, size = land([body], staged / "landed.zst")
        ingestion = Ingestion(staged, Fresh(lake.engine), lambda _day: [])
        at = datetime.combine(day, clock(23), UTC) + timedelta(hours=1, seconds=number)
        ingestion.stage(read([body], layout, families, now=at), lambda rows: annotate(rows, tables), None)
        made = ingestion.delivery(
            sha256=sha256, layout=layout, file=f"{number}.csv", size_bytes=size, now=at, families=families
        )
        for path, final in [(staged / "landed.zst", made.landed_path), *ingestion.staged_files(made)]:
            (lake.folder / final).parent.mkdir(parents=True, exist_ok=True)
            path.replace(lake.folder / final)
        record = lake.folder / "deliveries" / f"{made.id}.json"
        record.parent.mkdir(exist_ok=True)
        record.write_bytes(made.to_json())
    shutil.rmtree(staged)
    keeping.rebuild(lake)
    keeping.compact(lake)


def deliveries(count: int) -> Iterator[tuple[date, bytes]]:
    """Yield day and bytes of each, oldest first."""
    for left in range(count - 1, -1, -1):
        yield LAST - timedelta(days=left // A_DAY), content(LAST - timedelta(days=left // A_DAY), left % A_DAY)


def measure(data: Path) -> tuple[float, float]:
    """Return the least CPU seconds of a command that publishes, and of one that leaves it."""
    found: dict[bool, list[float]] = {True: [], False: []}
    for number in range(REPEATS):
        for publishes in (True, False):
            if publishes:
                (data / "publication" / "last").unlink(missing_ok=True)
            feed = data / "next.csv"
            feed.write_bytes(content(LAST + timedelta(days=1), A_DAY + 2 * number + publishes))
            before = cpu_seconds()
            words: list[str | Path] = ["center", "ingest", feed, "--feed", "plain", "--report", "bench", "--data", data]
            subprocess.run([COMMAND, *words], check=True, capture_output=True)
            found[publishes].append(cpu_seconds() - before)
    return min(found[True]), min(found[False])


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--deliveries", type=int, nargs="+", default=[10, 600, 2800, 5600], metavar="N")
    sizes = sorted(parser.parse_args().deliveries)
    good, least = True, [0.0, 0.0]
    print(f"{'deliveries':>10}  {'ingest':>16}  {'and publish':>16}  {'a view':>9}  {'again':>9}")
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "centre")
        prepare: list[str | Path] = [COMMAND, "center", "up", "--data", empty, "--prepare-only", "--no-demonstration"]
        subprocess.run(prepare, check=True, capture_output=True)
        for size in sizes:
            data = Path(shutil.copytree(empty, Path(folder, str(size))))
            fill(Lake(data / "lake"), size)
            publish, ingest = measure(data)
            least = [least[0] or ingest, least[1] or (publish if size >= COMPARED_DAYS * A_DAY else 0.0)]
            lake, views = Lake(data / "lake"), []
            for _ in range(2):
                begun = time.process_time()
                lake.view().close()
                views.append(time.process_time() - begun)
            ratios = ingest / least[0], publish / least[1] if least[1] else 0.0
            print(
                f"{size:>10,}  {ingest:>6.2f} s, x {ratios[0]:>4.2f}  {publish:>6.2f} s, x {ratios[1]:>4.2f}  "
                f"{views[0]:>7.3f} s  {views[1]:>7.3f} s",
                flush=True,
            )
            good &= ingest <= LIMIT_CPU_SECONDS and max(ratios) <= LIMIT_RATIO and views[0] <= LIMIT_VIEW_SECONDS
            shutil.rmtree(data)
    print(
        f"target: an ingest at most {LIMIT_CPU_SECONDS:.0f} CPU s, no ratio over {LIMIT_RATIO}, listing "
        f"at most {LIMIT_VIEW_SECONDS:.0f} CPU s: {'pass' if good else 'MISS'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
