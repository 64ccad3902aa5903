"""``center reports erase``: refuses what is not a centre; the integration test erases from a served one."""

from pathlib import Path

import pytest

from quetsach.cli.main import main

CODE = "3f0c8a52-6d0e-4b6e-9a55-0c1f8f1d2e77"


def test_a_folder_that_holds_no_centre_is_refused_and_left_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["center", "reports", "erase", CODE, "--data", str(tmp_path)]) == 1
    assert "không phải dữ liệu của một trung tâm" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_code_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["center", "reports", "erase", "everything"]) == 1
    assert "REPORT_ID" in capsys.readouterr().err
