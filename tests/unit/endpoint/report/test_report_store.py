"""Reports are written where nobody else can read them or lead them astray."""

import os
from pathlib import Path

import pytest

from quetsach.endpoint.report.store import write_private


def test_a_pipe_that_lies_in_wait_does_not_stop_the_writing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".r.json.new")
    write_private(tmp_path / "r.json", b"{}")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("r.json", b"{}")]


@pytest.mark.parametrize("lead_astray", [Path.hardlink_to, Path.symlink_to])
def test_another_file_under_the_temporary_name_is_not_written_to(tmp_path: Path, lead_astray: object) -> None:
    assert callable(lead_astray)
    (tmp_path / "precious").write_bytes(b"precious")
    lead_astray(tmp_path / ".r.json.new", tmp_path / "precious")
    write_private(tmp_path / "r.json", b"{}")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o600
