"""The database itself refuses to change the log."""

import pytest
from django.db import DatabaseError, connection, transaction
from tests.unit.web.office.conftest import NOW

from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.log.services import log_append

STATEMENTS = ["UPDATE office_log_logentry SET act = 'nothing'", "DELETE FROM office_log_logentry"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_an_entry_can_neither_be_changed_nor_taken_out(db, statement: str) -> None:
    log_append(by=None, act="begin", subject="x:1", unit=None, detail={}, now=NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert LogEntry.objects.get().act == "begin"


def test_an_undone_transaction_leaves_no_entry_and_no_gap(db) -> None:
    log_append(by=None, act="one", subject="x:1", unit=None, detail={}, now=NOW)
    with transaction.atomic():
        log_append(by=None, act="two", subject="x:1", unit=None, detail={}, now=NOW)
        transaction.set_rollback(True)
    log_append(by=None, act="three", subject="x:1", unit=None, detail={}, now=NOW)
    assert list(LogEntry.objects.order_by("number").values_list("number", "act")) == [(1, "one"), (2, "three")]


@pytest.mark.parametrize("turn", [1, 2])
def test_tests_that_commit_are_cleaned_up_and_the_refusal_is_back(transactional_db, turn: int) -> None:
    log_append(by=None, act="begin", subject="x:1", unit=None, detail={}, now=NOW)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(STATEMENTS[0])
    assert LogEntry.objects.count() == 1
