"""Reports are written where nobody else can read them or lead them astray."""

import os
from pathlib import Path

import pytest

from quetsach.endpoint import ReportError
from quetsach.endpoint.report.store import write_private


def test_a_report_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_private(tmp_path / "r.json", b"{}")
    assert (tmp_path / "r.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lead_astray", [Path.hardlink_to, Path.symlink_to, lambda name, _target: os.mkfifo(name)])
def test_what_lies_in_wait_under_the_temporary_name_is_not_written_to(
    tmp_path: Path, lead_astray: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(lead_astray)
    monkeypatch.setattr("os.urandom", lambda count: b"\x0f" * count)  # which nobody can foresee
    (tmp_path / "precious").write_bytes(b"precious")
    lead_astray(tmp_path / f".r.json.{'0f' * 8}.unfinished", tmp_path / "precious")
    with pytest.raises(ReportError, match="cannot be written"):
        write_private(tmp_path / "r.json", b"{}")
    assert (tmp_path / "precious").read_bytes() == b"precious"
