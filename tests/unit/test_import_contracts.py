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


PARQUET = {
    "cli/center/network.py",  # address tables
    "centre/tables.py",
    "simulate/machines/folder.py",  # truth of a played country
    "web/evaluation/annex.py",  # open data of an evaluation
}
"""Besides the lake, whose sightings nobody else may read or write: a package's modules cannot be told apart above."""


def test_sightings_are_read_and_written_by_the_lake_alone() -> None:
    source = Path(__file__).parents[2] / "src" / "quetsach"
    users = {str(path.relative_to(source)) for path in source.rglob("*.py") if "pyarrow.parquet" in path.read_text()}
    assert {path for path in users if not path.startswith("lake/")} == PARQUET
