"""The dependency law of the house holds."""

import subprocess
import sys
from pathlib import Path


def test_every_import_contract_is_kept() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [lint, "--no-cache"], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


PARQUET = {"simulate/machines/folder.py"}
"""Besides the lake, whose sightings nobody else may read or write: the truth of a played country, beside it."""
BELOW = ("assess", "campaign", "centre", "core", "feeds", "lake", "network", "simulate")
"""Packages below the web, whose tests stand on nothing above them."""


def test_sightings_are_read_and_written_by_the_lake_alone() -> None:
    source = Path(__file__).parents[2] / "src" / "quetsach"
    users = {str(path.relative_to(source)) for path in source.rglob("*.py") if "pyarrow.parquet" in path.read_text()}
    assert {path for path in users if not path.startswith("lake/")} == PARQUET


def test_no_test_of_what_lies_below_needs_the_command_line() -> None:
    tests = [path for name in BELOW for path in (Path(__file__).parent / name).rglob("*.py")]
    assert [str(path) for path in tests if "quetsach.cli" in path.read_text()] == []
