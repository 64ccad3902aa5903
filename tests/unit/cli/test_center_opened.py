"""What keeps a database from being used is told with the hint that helps."""

from pathlib import Path

import pytest
from django.db import OperationalError

from quetsach.cli.center.opened import database_error


@pytest.mark.parametrize(
    "text",
    [
        "database or disk is full",
        'could not extend file "base/1": No space left on device\nHINT: Check free disk space.',
    ],
)
def test_a_full_disk_is_no_fault_of_the_address(text: str) -> None:
    assert database_error(OperationalError(text), Path("/data")).hint == "make room on the disk and run it again"
    assert "giải phóng" in database_error(OperationalError(text), Path("/data"), language="vi").hint


def test_a_database_that_does_not_answer_leads_to_its_address(db) -> None:
    assert database_error(OperationalError("connection refused"), Path("/data")).hint.endswith("settings show database")
