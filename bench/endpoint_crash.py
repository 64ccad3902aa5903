"""How often a killed clean-up or undo ends half done: never. Kills at every change, every journal record, at random.

    python bench/endpoint_crash.py [--seed N]

Linux tree and Windows drive with hives; each kill is followed by the next run, and the tree is compared with what it
must be: cleaned, or infected to the byte.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DRIVER = ROOT / "tests/integration/endpoint/crash_driver.py"


def main() -> int:
    parser = argparse.ArgumentParser(description="kill -9 at every moment of a clean-up")
    parser.add_argument("--seed", type=int, default=2026)
    seed = parser.parse_args().seed
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as work:
        run = subprocess.run(
            [sys.executable, DRIVER, work, "--seed", str(seed), "--changes", "linux", "windows"],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
    print(run.stdout, end="")
    counts = {"changes": 0, "records": 0, "instants": 0}
    for line in run.stdout.splitlines()[1:]:
        name, _, count = line.rpartition(" ")
        counts[name.rpartition(": ")[2]] += int(count)
    how_many, verdict = ("all", "pass") if run.returncode == 0 else ("NOT all", "MISS")
    print(
        f"kill -9 at {counts['changes']} changes, {counts['records']} journal records, {counts['instants']} random "
        f"instants: {how_many} finished or rolled back (target: 100 %): {verdict}"
    )
    print(run.stderr, end="", file=sys.stderr)
    return run.returncode


if __name__ == "__main__":
    raise SystemExit(main())
