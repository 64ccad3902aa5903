"""What a scan costs beside reading and hashing the same files: CPU seconds and their ratio, in one run.

Usage: python bench/scan_against_hashing.py [FOLDER] (default: /usr/bin)
"""

import hashlib
import os
import resource
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from quetsach.endpoint.host.linux import live_host
from quetsach.endpoint.look.scan import Scope, scan
from quetsach.endpoint.look.walk import Candidate, walk
from quetsach.packs.load import load_shelf

REPEATS = 3
FOLDER = os.fsencode(Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/bin").resolve())
PACKS = load_shelf(Path(__file__).parents[1] / "packs")
HOST = live_host()


def cpu_seconds() -> float:
    """Return what this process and its ended children used."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def candidates() -> list[Candidate]:
    """Return the files of the folder."""
    return [item for item in walk(HOST.tree, FOLDER, avoid={}) if isinstance(item, Candidate)]


def hash_all() -> int:
    """Read and hash every file."""
    found = candidates()
    for candidate in found:
        with Path(os.fsdecode(candidate.path)).open("rb") as file:
            hashlib.file_digest(file, "sha256")
    return len(found)


def scan_all(jobs: int) -> int:
    """Scan every file with the packs of this repository."""
    result = scan(HOST, PACKS, scope=Scope.PATHS, now=datetime.now(UTC), paths=[FOLDER], jobs=jobs)
    return result.files


def measure(work: Callable[[], int]) -> tuple[int, float]:
    """Return the number of files and the least CPU seconds of a few runs."""
    least, count = float("inf"), 0
    for _ in range(REPEATS):
        before = cpu_seconds()
        count = work()
        least = min(least, cpu_seconds() - before)
    return count, least


def main() -> None:
    """Print one line for each way."""
    files, base = measure(hash_all)
    print(f"read + SHA-256   {files:7,} files  {base:6.2f} CPU s   1.00")
    for jobs in (1, 2):
        files, seconds = measure(lambda jobs=jobs: scan_all(jobs))
        print(f"scan, {jobs} job(s)   {files:7,} files  {seconds:6.2f} CPU s   {seconds / base:4.2f}")


if __name__ == "__main__":
    main()
