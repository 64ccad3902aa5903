"""Fuzzes every reader of hostile bytes under atheris and says what each took and reached, and what broke.

Usage: python bench/fuzz.py [--runs 1000000] [TARGET…]     (--runs is for all targets together)

A crash, an input of more than 5 s, or more than 1 GiB of memory ends a target; its input is kept in build/fuzz.
Branches are those of our own code that the inputs went through.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "build" / "fuzz"
LONGEST_SECONDS = 5
MOST_MEMORY_MB = 1024
"""The instrument itself keeps about 20 KB of each input; without it the same inputs take no more at the end."""
WORKERS = 2


def fuzz_one(name: str, runs: int) -> None:
    """Feed one target in this process; ends the process."""
    import atheris

    with atheris.instrument_imports(include=["quetsach"]):
        from tests.fuzz.targets import TARGETS

        from quetsach.core.errors import QuetsachError
    target = TARGETS[name]

    def once(content: bytes) -> None:
        try:
            target.read(content)
        except QuetsachError:
            return

    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [f"-runs={runs}", f"-timeout={LONGEST_SECONDS}", f"-rss_limit_mb={MOST_MEMORY_MB}", "-max_len=65536"]
    atheris.Setup([name, *options, f"-artifact_prefix={corpus}/broken-", str(corpus)], once)
    atheris.Fuzz()


def start(name: str, runs: int) -> subprocess.Popen[str]:
    """Start the process of one target."""
    command = [sys.executable, __file__, "--one", name, "--runs", str(runs)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)


def told(name: str, process: subprocess.Popen[str]) -> tuple[int, bool]:
    """Wait for a target, print its line, and return the inputs it took and whether it held."""
    _, said = process.communicate()
    done = re.search(r"Done (\d+) runs? in (\d+) second", said)
    peak, edges = re.findall(r"rss: (\d+)Mb", said), re.findall(r"cov: (\d+)", said)
    held = process.returncode == 0 and done is not None
    runs, seconds = (int(done[1]), int(done[2])) if done else (0, 0)
    reached = edges[-1] if edges else "?"
    end = "held" if held else "BROKE"
    print(
        f"{name:16} {runs:>9,} inputs  {seconds:>4} s  {peak[-1] if peak else '?':>4} MB  {reached:>5} branches  {end}"
    )
    if not held:
        print(said[-3000:])
    return runs, held


def main() -> int:
    """Fuzz the targets, two at a time; 1 if one broke."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="*")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        fuzz_one(arguments.one, arguments.runs)
        return 0
    sys.path.insert(0, str(ROOT))
    from tests.fuzz.targets import TARGETS

    names = arguments.target or sorted(TARGETS)
    share = -(-arguments.runs // len(names))
    total, broken = 0, 0
    for first in range(0, len(names), WORKERS):
        pair = [(name, start(name, share)) for name in names[first : first + WORKERS]]
        for name, process in pair:
            runs, held = told(name, process)
            total += runs
            broken += not held
    print(f"{total:,} inputs in all, {broken} target(s) broke")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
