"""A centre's folder whose database was never made, as after a copy of the folder without it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.centre import lay_out

QUETSACH = Path(sys.executable).with_name("quetsach")


@pytest.mark.parametrize(
    ("language", "told", "hint"),
    [("vi", "không dùng được cơ sở dữ liệu", "cập nhật cơ sở dữ liệu bằng"), ("en", "cannot be used", "up to date")],
)
def test_a_centre_that_was_not_brought_up_to_date_names_the_command_that_does(
    tmp_path: Path, language: str, told: str, hint: str
) -> None:
    lay_out(tmp_path)
    command = [QUETSACH, "center", "people", "list", "--data", tmp_path, "--lang", language]
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert told in done.stderr
    assert hint in done.stderr
    assert "quetsach center up --prepare-only" in done.stderr
