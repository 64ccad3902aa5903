"""What keeps a database from being used is told with the hint that helps."""

from pathlib import Path

import pytest
from django.db import OperationalError

from quetsach.cli.center.opened import database_error
from quetsach.cli.main import main


@pytest.mark.parametrize(
    "text",
    [
        "database or disk is full",
        'could not extend file "base/1": No space left on device\nHINT: Check free disk space.',
    ],
)
def test_a_full_disk_is_no_fault_of_the_address(text: str) -> None:
    error = database_error(OperationalError(text), Path("/data"))
    assert error.hint == "make room on the disk and run it again"
    assert error.advice is not None
    assert "giải phóng" in error.advice.in_language("vi")


def test_a_database_that_does_not_answer_leads_to_its_address(db) -> None:
    assert database_error(OperationalError("connection refused"), Path("/data")).hint.endswith("settings show database")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("units", "import"), "--bundled"),
        (("campaigns", "freeze-baseline", "viet-nam-2020", "--by", "an@example.vn"), "--reason"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused_before_a_centre_is_looked_for(
    words: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["center", *words, "--data", str(tmp_path / "nowhere")]) == 1
    assert told in capsys.readouterr().err
