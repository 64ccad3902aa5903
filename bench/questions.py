"""What a question costs where it is answered: here, by workers of Dask, by a Spark; CPU seconds, memory, growth.

    python bench/questions.py [--lake FOLDER] [--days 10 20 40] [--millions-a-day 5] [--places here-1 dask-2 ...]

Every place answers the same questions about the first days of one lake: machines on line, the list of addresses,
distinct addresses of the whole window and of each day. Three windows, each twice as long as the one before, say how
costs grow. CPU seconds are those of all processes of a place, the one that asks among them; memory is what the workers
had together at most, and the one that asks. Answers must be the same to the last bit everywhere.

Without ``--lake`` one is written and rolled up first, of ten families whose machines are always on and check in once an
hour (``bench/hosts.py``); it is deleted at the end. Spark is fetched by ``python -m tests.spark``.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench import hosts as one_family  # noqa: E402
from bench.hosts import BENCH, FIRST  # noqa: E402
from tests.spark import TOKEN, answers, free_port, spark  # noqa: E402
from tests.waiting import until  # noqa: E402

from quetsach.core.period import Period  # noqa: E402
from quetsach.lake import hosts, keeping  # noqa: E402
from quetsach.lake.dask_placement import DaskPlacement  # noqa: E402
from quetsach.lake.lake import Lake  # noqa: E402
from quetsach.lake.placement import Here, Placement  # noqa: E402
from quetsach.lake.queries import Engine  # noqa: E402
from quetsach.lake.spark_placement import SparkPlacement  # noqa: E402
from quetsach.lake.view import LakeView  # noqa: E402

FAMILIES = ("andromeda", "avalanche", "conficker", "gamut", "mirai", "mozi", "necurs", "ramnit", "sality", "tinba")
PLACES = ("here-1", "here-2", "dask-1", "dask-2", "spark-1", "spark-2")
QUESTIONS = ("machines", "list", "distinct")
PARTS_A_WORKER = 4
LIMIT_GROWTH = 1.2
_TICKS, _PAGE_BYTES = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def of_ten_families(table: pa.Table) -> pa.Table:
    """Return the sightings of a day with the family that each line always has."""
    raw = np.frombuffer(table.column("address").combine_chunks().storage.buffers()[1], dtype=">u4")
    line = (raw.reshape(-1, 4)[:, 3].astype(np.int64) - 0x0EA00000) // 40
    codes = (line * 2_654_435_761 % 1_000_003 % len(FAMILIES)).astype(np.int32)
    families = pa.DictionaryArray.from_arrays(codes, pa.array(FAMILIES)).cast(pa.string())
    return table.set_column(table.schema.get_field_index("family"), "family", families)


def write(folder: Path, days: int, millions_a_day: float) -> None:
    """Write a lake and roll it up."""
    of_one = one_family.day_of
    one_family.day_of = lambda *day: of_ten_families(of_one(*day))
    one_family.write(folder, days, round(millions_a_day * 1_000_000 / 24))
    keeping.rebuild(Lake(folder))


def answer(view: LakeView, question: str, period: Period) -> object:
    """Ask one question."""
    if question == "machines":
        return hosts.hosts(view, period)
    if question == "list":
        return view.listed_addresses(period, by=BENCH)
    return view.distinct_addresses(period), view.daily_addresses(period)


def digest(found: object) -> str:
    """Return a digest of an answer that two of them share only if they are the same to the last bit."""
    made = hashlib.sha256()
    for one in found if isinstance(found, tuple) else (found,):
        if isinstance(one, pa.Table):
            with pa.ipc.new_stream(sink := pa.BufferOutputStream(), one.schema) as stream:
                stream.write_table(one.combine_chunks())
            made.update(sink.getvalue())
        else:
            made.update(repr(one).encode())
    return made.hexdigest()[:16]


def ask(asked: argparse.Namespace) -> dict[str, Any]:
    """Ask in this process, whose work and memory are measured by who started it."""
    engine, _, count = asked.places[0].partition("-")
    folder, url = asked.lake, asked.url

    def placed(here: Engine) -> Placement:
        if engine == "here":
            here.connection().execute(f"set threads = {count}")
            return Here(here)
        parts = PARTS_A_WORKER * int(count)
        if engine == "dask":
            return DaskPlacement(url, Here(here), folder, parts)
        return SparkPlacement(url, Here(here), folder, parts, token=asked.token)

    lake = Lake(folder, placement=placed)
    with lake.view() as view:
        found = answer(view, asked.ask, Period(FIRST, FIRST + timedelta(days=asked.days[0] - 1)))
    return {"digest": digest(found), "peak_gib": one_family.peak_gib()}


@contextmanager
def workers(place: str, folder: Path) -> Iterator[tuple[str, list[int]]]:
    """Start what answers in a place; yield its address and its processes."""
    engine, _, count = place.partition("-")
    with ExitStack() as stack:
        if engine == "here":
            yield "", []
        elif engine == "dask":
            port = free_port()
            url = f"tcp://127.0.0.1:{port}"
            calls = [["dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]]
            limits = ("--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--memory-limit", "2GiB")
            calls += [["dask_worker", url, *limits, "--local-directory", str(folder)] for _ in range(int(count))]
            running = []
            for module, *words in calls:
                call = [sys.executable, "-m", f"distributed.cli.{module}", *words]
                running.append(subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                stack.callback(running[-1].terminate)
                until(lambda: answers(port))
            yield url, [process.pid for process in running]
        else:
            (folder / "token").write_text(f"{TOKEN}\n")
            cluster = stack.enter_context(spark(folder))
            for n in range(int(count)):
                cluster.start_worker(f"worker{n}")
            yield cluster.url, [process.pid for process in cluster.running.values()]


def family_of(pids: list[int]) -> set[int]:
    """Return processes and all that come of them."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(path.read_text().rpartition(")")[2].split()[1]), []).append(int(path.parent.name))
    found, waiting = set[int](), list(pids)
    while waiting:
        found.add(pid := waiting.pop())
        waiting += children.get(pid, [])
    return found


class Watch(threading.Thread):
    """Looks every tenth of a second at processes and all that come of them, those that end in between among them.

    The kernel adds what a process took up to its parent only if that waits for it, which is not so of all of Spark's.
    """

    def __init__(self, pids: list[int]) -> None:
        super().__init__()
        self._pids = pids
        self._is_over = threading.Event()
        self._ticks: dict[tuple[int, int], int] = {}
        self._look()
        self._before = sum(self._ticks.values())
        self.peak_gib = 0.0

    @property
    def cpu(self) -> float:
        """CPU seconds since it was made."""
        return (sum(self._ticks.values()) - self._before) / _TICKS

    def run(self) -> None:
        """Look until it is over."""
        while not self._is_over.wait(0.1):
            self.peak_gib = max(self.peak_gib, self._look())

    def end(self) -> None:
        """Look once more, and end."""
        self._is_over.set()
        self.join()
        self._look()

    def _look(self) -> float:
        """Take down what each has taken until now; return their memory in GiB together, that which they share twice."""
        pages = 0
        for pid in family_of(self._pids):
            with suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                self._ticks[pid, int(fields[19])] = int(fields[11]) + int(fields[12])
                pages += int(fields[21])
        return pages * _PAGE_BYTES / (1 << 30)


def measure(lake: Path, place: str, windows: list[int]) -> Iterator[tuple[int, str, float, float, str]]:
    """Yield days, question, CPU seconds, GiB and the digest of the answer; workers were asked once before."""
    with tempfile.TemporaryDirectory() as folder, workers(place, Path(folder)) as (url, pids):
        call = [sys.executable, __file__, "--lake", str(lake), "--places", place, "--url", url]
        call += ["--token", f"{folder}/token"]
        if pids:
            subprocess.run([*call, "--ask", "distinct", "--days", "1"], check=True, stdout=subprocess.PIPE)
        for days in windows:
            for question in QUESTIONS:
                watch = Watch(pids)
                asking = subprocess.Popen([*call, "--ask", question, "--days", str(days)], stdout=subprocess.PIPE)
                watch.start()
                said = asking.stdout.read() if asking.stdout else b""
                _, failed, own = os.wait4(asking.pid, 0)
                watch.end()
                if failed:
                    raise SystemExit(f"{place} {question} of {days} days: no answer")
                told = json.loads(said)
                cpu = watch.cpu + own.ru_utime + own.ru_stime
                yield days, question, cpu, watch.peak_gib + told["peak_gib"], told["digest"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--days", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--millions-a-day", type=float, default=5)
    parser.add_argument("--places", nargs="+", choices=PLACES, default=PLACES)
    parser.add_argument("--ask", choices=QUESTIONS, help=argparse.SUPPRESS)
    parser.add_argument("--url", default="", help=argparse.SUPPRESS)
    parser.add_argument("--token", type=Path, default=Path(), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask:
        print(json.dumps(ask(arguments)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        lake = arguments.lake or Path(folder)
        if not arguments.lake:
            write(lake, max(arguments.days), arguments.millions_a_day)
        return report(lake, arguments.places, sorted(arguments.days))


def report(lake: Path, places: list[str], windows: list[int]) -> int:
    """Ask everything everywhere and say what it took."""
    digests: dict[tuple[int, str], set[str]] = {}
    costs: dict[tuple[str, str], list[float]] = {}
    sizes = {}
    for days in windows:
        with Lake(lake).view() as view:
            sizes[days] = view.sightings_count(Period(FIRST, FIRST + timedelta(days=days - 1)))
    for place in places:
        for days, question, cpu, gib, found in measure(lake, place, windows):
            digests.setdefault((days, question), set()).add(found)
            costs.setdefault((place, question), []).append(cpu)
            print(f"{place:<8} {sizes[days]:>12,} {question:<9} {cpu:>7.1f} CPU s {gib:>5.2f} GiB  {found}", flush=True)
    is_same = all(len(found) == 1 for found in digests.values())
    span = sizes[windows[-1]] / sizes[windows[0]]
    growth = {key: cpus[-1] / cpus[0] / span for key, cpus in costs.items()}
    worst = max(growth, key=lambda key: growth[key])
    good = is_same and growth[worst] <= LIMIT_GROWTH
    print(f"answers: {'the same everywhere' if is_same else 'DIFFERENT'}")
    print(
        f"target: a sighting costs at most {LIMIT_GROWTH} times as much in the longest window as in the shortest; "
        f"most is {growth[worst]:.2f} ({' '.join(worst)}): {'pass' if good else 'MISS'}"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
