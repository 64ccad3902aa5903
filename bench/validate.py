"""What the numbers promise, measured against simulated truth.

``python bench/validate.py [PART…] [--short] [--seed N]``: each part is a module of ``bench/validation`` and prints its
table; the exit code is 1 if a target was missed. ``--short`` is the version of the tests: seconds, not minutes.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands of the centre do
PARTS = tuple(sorted(p.stem for p in (HERE / "validation").glob("*.py") if p.stem not in ("__init__", "table")))


def main() -> int:
    """Print the tables and say whether everything held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--short", action="store_true", help="fewer repetitions")
    parser.add_argument("--seed", type=int, default=2020, metavar="N", help="of every random draw (default: 2020)")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    held = True
    for part in arguments.parts or PARTS:
        started = _cpu_seconds()
        rows = importlib.import_module(f"bench.validation.{part}").rows(short=arguments.short, seed=arguments.seed)
        print(f"\n{part}: {_cpu_seconds() - started:.1f} CPU s")
        for row in rows:
            print(f"{'ok  ' if row.passed else 'MISS'}  {row.measure:<66} {row.target:<22} {row.got}")
            held &= row.passed
    return 0 if held else 1


def _cpu_seconds() -> float:
    """Return what this process and those that it waited for have used."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    sys.exit(main())
