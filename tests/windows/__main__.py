"""Runs the tests that run inside Windows, once in English and once in Vietnamese.

Usage: python -m tests.windows [WORDS FOR PYTEST…]

Each run has a Windows of its own, and its report is that of pytest. Both must pass.
"""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.windows.bed import build
from tests.windows.bed.wine import SOURCE, Ended, copied

INSIDE = f"{SOURCE}\\tests\\windows\\inside"
MOST_SECONDS = 1200


def main(words: list[str]) -> int:
    """Run them, both languages at a time; 0 when all tests of both have passed."""
    prefix, python = build.prefix(), build.python()
    languages = {"English": {}, "Vietnamese": build.vietnamese()}

    def run(settings: Mapping[str, str]) -> Ended:
        with copied(prefix, python, settings) as windows:
            return windows.python("-m", "pytest", INSIDE, *words, seconds=MOST_SECONDS, code=None)

    with ThreadPoolExecutor(len(languages)) as runs:
        ended = dict(zip(languages, runs.map(run, languages.values()), strict=True))
    for language, run_ended in ended.items():
        print(f"Tests inside Windows, {language}: exit code {run_ended.code}", run_ended.told, sep="\n", flush=True)
    return 0 if all(run_ended.code == 0 for run_ended in ended.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
