"""What a quick scan of a running Windows costs under Wine, and that nobody's programs are taken for malware there.

The Windows is a clean one of Wine, with a Python for Windows and the tool's source tree. Beside it the same scan walks
a Windows on which the programs of popular packages are installed (the wheels of ``goodware.toml``, fetched once into
``build/goodware``). Nothing may be found, nothing would be done. Times are the smallest of a few runs, start included,
on whatever runs beside them; memory is the largest that a process had (``VmHWM``).

Usage: python bench/windows.py
"""

import json
import shutil
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from bench.goodware import windows_tree  # noqa: E402
from tests.windows.bed import build  # noqa: E402
from tests.windows.bed.wine import Windows, copied  # noqa: E402

REPEATS = 5
TARGET_SECONDS, TARGET_MB = 6, 150
PROGRAMS = "C:\\Program Files\\goodware"
_NAP_SECONDS = 0.02


def main() -> None:
    """Scan, and tell what it took."""
    with copied(build.prefix(), build.python()) as windows:
        windows.quetsach("scan", "--quick", "--json", code=None)  # compiles what is left, writes its state
        runs = [_scanned(windows, "--quick") for _ in range(REPEATS)]
        seconds, memory = min(run[0] for run in runs), max(run[1] for run in runs)
        print(f"quick scan, start included: {seconds:.1f} s (target {TARGET_SECONDS}), of several runs the quickest")
        print(f"largest process: {memory / 1024:.0f} MB (target {TARGET_MB})")
        print(f"findings on a clean Windows: {runs[0][2]}")
        copied_programs = _install(windows)
        took, memory, findings = _scanned(windows, "--full")
        told = f"{findings} findings, {took:.0f} s, largest process {memory / 1024:.0f} MB"
        print(f"{copied_programs} programs of packages, full scan: {told}")
        planned = json.loads(windows.quetsach("clean", "--dry-run", "--json", "--full", seconds=900, code=None).told)
        print(f"steps that a clean-up would take: {len(planned['steps'])}")


def _install(windows: Windows) -> int:
    """Copy the programs to where programs lie; return how many there are."""
    target = windows.inside(PROGRAMS)
    count = 0
    for source in _programs():
        there = target / source.parent.name / source.name
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, there)
        count += 1
    return count


def _programs() -> Iterator[Path]:
    """Yield programs and libraries of the packages."""
    wheels = tomllib.loads((ROOT / "bench" / "goodware.toml").read_text())["wheels"]
    found = (windows_tree(wheels) / "Program Files").rglob("*")
    yield from (path for path in found if path.suffix.lower() in {".exe", ".dll"} and path.is_file())


def _scanned(windows: Windows, scope: str) -> tuple[float, int, int]:
    """Return seconds, kilobytes of the largest process, and findings of a scan."""
    watch = _Watch()
    begun = time.monotonic()
    told = windows.quetsach("scan", scope, "--json", code=None, seconds=900).told
    seconds = time.monotonic() - begun
    return seconds, watch.end(), len(json.loads(told)["findings"])


class _Watch:
    """Looks at the memory of the tool's processes until it is ended."""

    def __init__(self) -> None:
        self._largest = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> int:
        """Return the largest that was seen, in kilobytes."""
        self._done.set()
        self._thread.join()
        return self._largest

    def _look(self) -> None:
        while not self._done.wait(_NAP_SECONDS):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    if b"C:\\py\\python.exe" not in (process / "cmdline").read_bytes():
                        continue
                    status = (process / "status").read_text()
                except OSError:
                    continue
                peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), "")
                self._largest = max(self._largest, int(peak.split()[1]) if peak else 0)


if __name__ == "__main__":
    main()
