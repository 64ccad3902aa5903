"""What matching costs beside other engines with the same rules, and what the memory of a process costs: CPU seconds.

The corpus is at least 10,000 files and 500 MB of a folder, chosen by the hash of their paths. The rules are the same
for all: the shelf's and 98 generated ones shaped like family packs (``family_rules.py``). Every peer reads each file
itself, in a process of its own, and looks at its bytes as they are: archives are opened only in the row that says so.
The least of a few passes counts, after one that is not measured.

Usage: python bench/endpoint_engines.py [FOLDER] (default: /usr)
"""

import hashlib
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from quetsach.core.memory_variant import memory_variant
from quetsach.core.rule_text import rules_of
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.host.disk import LARGEST_BYTES
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.scanner.file_result import FileResult, scan_open_file
from quetsach.endpoint.scanner.kind import HEAD_BYTES, kind_of
from quetsach.endpoint.scanner.memory import MemoryResult
from quetsach.endpoint.scanner.memory_worker import look_into
from quetsach.endpoint.scanner.recognise import Recogniser, Signatures

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.family_rules import family_rules  # noqa: E402

REPEATS = 3
FILES = 10_000
CORPUS_BYTES = 500_000_000
PEERS = (("sha-256", 0), ("with archives", 0), ("boreal", 0), ("yara-x", 4), ("yara-python", 8))
"""Who is measured, and how many times our CPU seconds it is to need; 0 where that is only told."""

MEMORY_BYTES = 512 << 20
SHELF = ROOT / "packs"

HOLDER = """
import glob, os, sys
size = int(sys.argv[1])
quarter = size // 4
held = [bytearray(), bytearray(os.urandom(quarter)), bytearray(), bytearray(quarter)]
while len(held[0]) < quarter:
    for path in glob.glob("/usr/lib/*/*.so*") + [sys.executable]:
        held[0] += open(path, "rb").read()[:max(0, quarter - len(held[0]))]
for number in range(quarter // 30):
    held[2] += b"line %d of some text in memory\\n" % number
held[3][::4096] = b"x" * len(held[3][::4096])
print(flush=True)
sys.stdin.read()
"""


def rules() -> dict[str, str]:
    """Return the rules that every peer looks for."""
    return family_rules(with_types=True) | {path.parent.name: path.read_text() for path in SHELF.glob("*/rules.yar")}


def corpus(folder: Path) -> list[str]:
    """Return paths of enough files of a folder, the same ones each time."""
    found = sorted(
        (hashlib.blake2b(os.fsencode(path), digest_size=8).digest(), path, os.lstat(path).st_size)
        for root, _, names in os.walk(folder)
        for path in (f"{root}/{name}" for name in names)
        if stat.S_ISREG(os.lstat(path).st_mode)
    )
    chosen: list[str] = []
    size = 0
    for _, path, size_bytes in found:
        if len(chosen) >= FILES and size >= CORPUS_BYTES:
            break
        if size_bytes <= LARGEST_BYTES:
            chosen.append(path)
            size += size_bytes
    return chosen


def content_of(path: str) -> bytes:
    """Read a file as cheaply as Python can, so that reading does not blur what is compared."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        left = os.fstat(descriptor).st_size
        parts = []
        while left and (part := os.read(descriptor, left)):
            parts.append(part)
            left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)
    finally:
        os.close(descriptor)


def peer(name: str) -> Callable[[str], int]:
    """Return what looks at one file and says how many rules matched."""
    if name == "quetsach":
        recogniser = Recogniser(BorealEngine(), Signatures(rules()))
        return lambda path: _recognised(path, recogniser)
    if name == "with archives":
        opening = Recogniser(BorealEngine(), Signatures(rules()))
        return lambda path: _looked(path, opening)
    if name == "boreal":
        matcher = BorealEngine().compile(rules())
        return lambda path: len(matcher.match(content_of(path)))
    if name == "yara-x":
        from quetsach.endpoint.engine.yara_x import YaraXEngine

        other = YaraXEngine().compile(rules())
        return lambda path: len(other.match(content_of(path)))
    if name == "yara-python":
        import yara

        measure = yara.compile(sources=rules(), includes=False)
        return lambda path: len(measure.match(data=content_of(path)))
    return lambda path: len(hashlib.sha256(content_of(path)).digest()) * 0


def _recognised(path: str, recogniser: Recogniser) -> int:
    content = content_of(path)
    return len(recogniser.recognise(content, kind_of(content[:HEAD_BYTES])))


def _looked(path: str, recogniser: Recogniser) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        look = scan_open_file(descriptor, os.fsencode(path), recogniser)
    finally:
        os.close(descriptor)
    return len(look.hits) if isinstance(look, FileResult) else 0


def run_peer(name: str, paths: list[str]) -> None:
    """Print CPU seconds, hits and peak memory of one peer as JSON."""
    work = peer(name)
    seconds = []
    hits = 0
    for _ in range(REPEATS + 1):
        before = cpu_seconds()
        hits = sum(work(path) for path in paths)
        seconds.append(cpu_seconds() - before)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps({"cpu": min(seconds[1:]), "hits": hits, "peak_mb": peak_mb}))


def cpu_seconds() -> float:
    """Return what this process used."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def measured(name: str, paths: list[str]) -> dict[str, float]:
    """Return what one peer cost, in a process of its own."""
    command = [sys.executable, __file__, "--peer", name]
    done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def memory_seconds_a_gigabyte() -> tuple[float, int]:
    """Return CPU seconds a gigabyte of a process with mixed memory, and how many bytes of it were read."""
    variants = {}
    for family, source in rules().items():
        found = rules_of(source)
        variants[family] = memory_variant(found, frozenset(rule.name for rule in found.rules)).source
    matcher = BorealEngine().compile(variants)
    command = [sys.executable, "-c", HOLDER, str(MEMORY_BYTES)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        process = LinuxProcesses().read(child.pid)
        assert process is not None
        best, size = float("inf"), 0
        for _ in range(REPEATS):
            before = cpu_seconds()
            look = look_into(LinuxProcesses(), process.anchor, matcher, own=frozenset())
            seconds = cpu_seconds() - before
            if not isinstance(look, MemoryResult):
                raise SystemExit(f"the memory could not be read: {look.reason}")
            best, size = min(best, seconds), look.size_bytes
        child.kill()
    return best / (size / 1e9), size


def print_row(name: str, cost: dict[str, float], ratio: str) -> None:
    """Print what one peer cost."""
    print(f"{name:13} {cost['cpu']:7.2f} CPU s {cost['peak_mb']:6.0f} MB {cost['hits']:4.0f} hits {ratio}")


def main() -> None:
    """Print one line for each peer, and one for memory."""
    if sys.argv[1:2] == ["--peer"]:
        run_peer(sys.argv[2], sys.stdin.read().split("\n"))
        return
    paths = corpus(Path(sys.argv[1] if len(sys.argv) > 1 else "/usr"))
    size = sum(Path(path).stat().st_size for path in paths)
    print(f"{len(paths):,} files, {size / 1e6:,.0f} MB; the shelf's rules and 98 generated ones for all")
    ours = measured("quetsach", paths)
    for name, target in PEERS:
        cost = measured(name, paths)
        ratio = cost["cpu"] / ours["cpu"]
        verdict = f"target >= {target} x: {'pass' if ratio >= target else 'MISS'}" if target else ""
        print_row(name, cost, f"{ratio:6.2f} x {verdict}")
    print_row("quetsach", ours, "  1.00 x")
    seconds, size = memory_seconds_a_gigabyte()
    verdict = "pass" if seconds <= 3 else "MISS"
    print(f"process memory, {size / 1e6:,.0f} MB read: {seconds:.2f} CPU s a GB, target <= 3: {verdict}")


if __name__ == "__main__":
    main()
