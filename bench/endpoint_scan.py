"""What a scan of files costs, against walking and against hashing the same files, with its targets; one run.

Usage: python bench/endpoint_scan.py [FOLDER …] (default: /usr). Takes some minutes; figures are ratios
of CPU seconds unless it says otherwise, each the smallest of a few runs.
"""

import contextlib
import gzip
import hashlib
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from quetsach.core.pack import Pack
from quetsach.endpoint.host.posix.linux import live_host
from quetsach.endpoint.scanner.cache import Cache, key_for
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.packs.load import load_shelf

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.family_rules import family_rules  # noqa: E402

REPEATS = 3
FOLDERS_OF_MANY, FILES_OF_FOLDER = 1_000, 1_000
LARGE_BYTES = 1 << 30


def cpu_seconds() -> float:
    """Return what this process and its ended children used."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def walk_and_stat(folders: list[str]) -> Iterator[tuple[str, int]]:
    """Yield path and size of every regular file, in the plainest way there is."""
    waiting = list(folders)
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                size = entry.stat(follow_symlinks=False).st_size
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry.path, size


def walk_only(folders: list[str]) -> None:
    """Go through the names and states."""
    for _ in walk_and_stat(folders):
        pass


def hash_all(folders: list[str]) -> None:
    """Read every file and hash it with SHA-256."""
    for path, _ in walk_and_stat(folders):
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            hashlib.file_digest(file, "sha256")


def hash_all_and_unpacked(folders: list[str]) -> None:
    """Read and hash every file, and with the standard library what zip and gzip files hold."""
    for path, _ in walk_and_stat(folders):
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            hashlib.file_digest(file, "sha256")
            file.seek(0)
            head = file.read(4)
        with contextlib.suppress(OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError):
            if head[:2] == b"\x1f\x8b":
                with gzip.open(path) as unpacked:
                    hashlib.file_digest(unpacked, "sha256")
            elif head[:4] in (b"PK\3\4", b"JM\1\0"):  # a zip, a module of Java
                with zipfile.ZipFile(path) as archive:
                    for member in archive.infolist():
                        hashlib.sha256(archive.read(member))


def packs_of(*, many: bool) -> tuple[Pack, ...]:
    """Return the packs of this repository; if ``many``, with 98 rules shaped like those of family packs beside them."""
    packs = load_shelf(ROOT / "packs")
    rules = family_rules(with_types=True) if many else {}
    return (
        *packs,
        *(
            replace(packs[0], family=name, rules=text, traits=(), platforms=frozenset({"linux"}))
            for name, text in rules.items()
        ),
    )


def look(folders: list[str], jobs: int = 1, cache: Path | None = None, *, many: bool = False) -> ScanResult:
    """Scan the folders; the cache takes every file, however young."""
    kept = None
    if cache is not None:
        kept = Cache(cache / "seen", key_for(bytes(32), b"bench"), lambda _: True)
        kept.load()
    paths = [os.fsencode(folder) for folder in folders]
    return scan(
        live_host(), packs_of(many=many), scope=Scope.PATHS, now=datetime.now(UTC), paths=paths, jobs=jobs, cache=kept
    )


def least(work: Callable[[], object], clock: Callable[[], float] = cpu_seconds) -> float:
    """Return the smallest time of a few runs."""
    return min(measured(work, clock) for _ in range(REPEATS))


def measured(work: Callable[[], object], clock: Callable[[], float]) -> float:
    """Return the time of one run."""
    before = clock()
    work()
    return clock() - before


def peak_megabytes(folder: str, jobs: int, cache: Path | None = None) -> float:
    """Return the most memory that any one process of a scan held, workers included (``VmHWM``)."""
    command = [sys.executable, __file__, "--one", folder, str(jobs), str(cache or "")]
    process = subprocess.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max([peak, *map(held_kilobytes, family(process.pid))])
        time.sleep(0.02)
    if process.returncode:
        sys.exit("the scan failed")
    return peak / 1024


def family(pid: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield pid
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            yield from family(int(child))


def held_kilobytes(pid: int) -> int:
    """Return the peak of a process so far."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def many_files(folder: Path) -> None:
    """Make a million files, empty for the sake of the memory that they lie in."""
    for number in range(FOLDERS_OF_MANY):
        below = folder / f"{number:04}"
        below.mkdir()
        for other in range(FILES_OF_FOLDER):
            os.close(os.open(f"{below}/{other:04}", os.O_WRONLY | os.O_CREAT))


def told(what: str, value: float, target: float, unit: str, *, at_least: bool = False) -> bool:
    """Print a row and return whether the target is met."""
    met = value >= target if at_least else value <= target
    sign = "≥" if at_least else "≤"
    print(f"{what:<58} {value:8.2f} {unit:<4} {sign} {target:g}  {'pass' if met else 'MISS'}", flush=True)
    return met


def main() -> None:
    """Print a row for each measure."""
    folders = sys.argv[1:] or ["/usr"]
    scratch = Path(tempfile.mkdtemp(prefix="bench-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        sys.exit(not all(list(rows(folders, scratch))))
    finally:
        shutil.rmtree(scratch)


def rows(folders: list[str], scratch: Path) -> Iterator[bool]:
    """Measure and print, one after another."""
    corpus = list(walk_and_stat(folders))
    print(f"{len(corpus):,} files, {sum(size for _, size in corpus) / 1e6:,.0f} MB in {' '.join(folders)}; warm disk")
    hashing = least(lambda: hash_all(folders))
    cold = least(lambda: look(folders))
    yield told("cold scan, CPU against walk + read + SHA-256", cold / hashing, 2, "x")
    many = least(lambda: look(folders, many=True))
    yield told("the same with 98 more rules shaped like families'", many / hashing, 2, "x")
    unpacking = least(lambda: hash_all_and_unpacked(folders))
    yield told("cold scan, zip and gzip files unpacked and hashed too", cold / unpacking, 2, "x")
    (scratch / "cache").mkdir()
    look(folders, cache=scratch / "cache")
    walking = least(lambda: walk_only(folders))
    warm = least(lambda: look(folders, cache=scratch / "cache"))
    yield told("warm re-scan, CPU against walk + stat", warm / walking, 2, "x")
    pairs = [[measured(partial(look, folders, jobs), time.perf_counter) for jobs in (1, 2)] for _ in range(5)]
    one, two = map(min, zip(*pairs, strict=True))
    yield told("two workers against one, wall", one / two, 1.7, "x", at_least=True)
    yield from memory_rows(folders, scratch)
    command = [
        sys.executable,
        "-m",
        "quetsach.cli.main",
        "scan",
        str(ROOT / "README.md"),
        "--state",
        str(scratch / "s"),
    ]
    started = least(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=True), time.perf_counter)
    yield told("a scan of one file from start to end, warm, wall", started, 0.5, "s")


def memory_rows(folders: list[str], scratch: Path) -> Iterator[bool]:
    """Measure the peak memory of the largest process."""
    yield told("peak of any process, this corpus", max(peak_megabytes(f, 2) for f in folders), 150, "MB")
    large = scratch / "large"
    large.mkdir()
    program = Path(sys.executable).resolve().read_bytes()  # a kind of file that the packs have rules for
    with (large / "sparse").open("wb") as file:
        file.write(program)
        file.truncate(LARGE_BYTES)
    yield told("peak of any process, a sparse file of 1 GB", peak_megabytes(str(large), 1), 150, "MB")
    (large / "sparse").unlink()
    block = os.urandom(1 << 20)
    with (large / "real").open("wb") as file:
        file.write(program)
        for number in range(LARGE_BYTES >> 20):
            file.write(block[number:] + block[:number])
    yield told("peak of any process, a file of 1 GB", peak_megabytes(str(large), 1), 150, "MB")
    (large / "real").unlink()
    many = scratch / "many"
    many.mkdir()
    many_files(many)
    for what in ("a million files, first scan", "a million files, second scan"):
        yield told(f"peak of any process, {what}", peak_megabytes(str(many), 2, scratch / "cache-of-many"), 150, "MB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        folder, jobs, cache = sys.argv[2:]
        if cache:
            Path(cache).mkdir(exist_ok=True)
        look([folder], int(jobs), Path(cache) if cache else None)
    else:
        main()
