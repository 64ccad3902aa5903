"""A list is taken in by one person and let in by another; nothing of it can be read, and erased, nothing is left."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.unit.web.office.accounts.conftest import LIST, NOW, OTHER, OWNER, TOLD, decide

from quetsach.campaign.accounts import AccountError
from quetsach.campaign.authority import Role
from quetsach.web.office.accounts.models import Batch, BatchState, Entry, Question
from quetsach.web.office.accounts.sealing import FILE, AccountKey
from quetsach.web.office.accounts.selectors import entries_of, in_force, is_open
from quetsach.web.office.accounts.services.answers import question_ask
from quetsach.web.office.accounts.services.batches import accounts_purge, batch_erase
from quetsach.web.office.approvals.services import ApprovalError
from quetsach.web.office.codes import Verification
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.access import today
from quetsach.web.office.refusal import AccessError

SECRETS = [OWNER.encode(), OWNER.partition("@")[0].encode(), b"mail.example", b"bank.example", b"Lumma", b"hoa@"]


def everything_kept() -> bytes:
    """Return all rows of all tables as text: what any dump of the database shows."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found += [bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor for cell in row]
    return b"\0".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in found)


def test_a_list_waits_for_a_second_person(take_in, two) -> None:
    batch = take_in()
    assert (batch.state, batch.rows, batch.addresses) == (BatchState.WAITING, 3, 2)
    assert not is_open(NOW)
    with pytest.raises(ApprovalError):
        decide(batch, two[0])
    assert decide(batch, two[1]).state == BatchState.IN_FORCE
    assert is_open(NOW)
    assert (batch.agreed_by, batch.by) == (two[1], two[0])
    assert Verification.objects.get(code=batch.code).kind == "mail"


def test_nothing_in_database_log_and_data_folder_names_an_address(centre: Path, in_force: Batch) -> None:
    question_ask(address=OWNER, language="vi", now=NOW)
    question_ask(address=OTHER, language="en", now=NOW)
    kept = everything_kept() + b"".join(path.read_bytes() for path in centre.rglob("*") if path.is_file())
    if connection.vendor == "sqlite":
        kept += connection.connection.serialize()
    assert "Quyết định 12".encode() in kept
    assert [secret for secret in [*SECRETS, OTHER.encode(), b"minh.le"] if secret.lower() in kept.lower()] == []


def test_the_log_tells_who_took_in_agreed_and_erased(in_force: Batch, two) -> None:
    batch_erase(batch=in_force, reason="Bên bàn giao rút lại", by=two[1], now=NOW)
    told = LogEntry.objects.filter(subject=f"accounts:{in_force.pk}").order_by("pk")
    assert [(entry.act, entry.person) for entry in told] == [
        ("accounts-take-in", two[0]),
        ("approval-ask", two[0]),
        ("approval-grant", two[1]),
        ("accounts-erase", two[1]),
    ]


def test_what_is_erased_is_gone_and_its_code_no_longer_holds(in_force: Batch, two) -> None:
    code = in_force.code
    batch_erase(batch=in_force, reason="Bên bàn giao rút lại", by=two[0], now=NOW)
    in_force.refresh_from_db()
    assert (in_force.state, Entry.objects.count()) == (BatchState.ENDED, 0)
    assert Verification.objects.get(code=code).revoked_at is not None
    assert not is_open(NOW)
    with pytest.raises(AccountError):
        batch_erase(batch=in_force, reason="lần nữa", by=two[0], now=NOW)


def test_a_list_that_waits_is_erased_with_its_request(take_in, two) -> None:
    batch = take_in()
    batch_erase(batch=batch, reason="nhầm tệp", by=two[0], now=NOW)
    with pytest.raises((AccountError, ApprovalError)):
        decide(batch, two[1])


def test_a_lifetime_ends_and_a_refusal_erases(take_in, two) -> None:
    kept = decide(take_in(told=dataclasses.replace(TOLD, days=10)), two[1])
    refused = decide(take_in(content=LIST + b"an@example.vn,,,\n"), two[1], is_granted=False)
    assert accounts_purge(now=NOW + timedelta(days=9)) == 1
    refused.refresh_from_db()
    assert (refused.state, kept.entries.count()) == (BatchState.ENDED, 2)
    day = today(NOW + timedelta(days=10))
    assert not in_force(day).exists()  # not answered from on its last day, whenever the work comes to it
    assert accounts_purge(now=NOW + timedelta(days=10)) == 1
    assert accounts_purge(now=NOW + timedelta(days=10)) == 0
    assert Entry.objects.count() == 0


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_after_its_lifetime_nothing_is_left_in_the_file(in_force: Batch) -> None:
    marks = [bytes(value) for entry in Entry.objects.all() for value in (entry.look_up, entry.facts[:64])]

    def in_file() -> list[bytes]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM pragma_secure_delete")
            assert cursor.fetchone()[0] == 1
        content = connection.connection.serialize()
        return [mark for mark in marks if mark in content]

    assert in_file() == marks
    with CaptureQueriesContext(connection) as asked:
        accounts_purge(now=NOW + timedelta(days=200))
    assert "wal_checkpoint" in asked.captured_queries[-1]["sql"]  # the journal beside the file goes, too
    in_force.refresh_from_db()
    assert in_force.state == BatchState.ENDED
    assert in_file() == []


def test_questions_that_nobody_could_answer_are_erased(centre: Path, settings) -> None:
    question_ask(address=OWNER, language="vi", now=NOW)
    accounts_purge(now=NOW + timedelta(hours=23))
    assert Question.objects.count() == 1
    accounts_purge(now=NOW + timedelta(hours=25))
    assert Question.objects.count() == 0
    question_ask(address=OWNER, language="vi", now=NOW)
    settings.CENTER = dataclasses.replace(settings.CENTER, account_check=False)
    accounts_purge(now=NOW)
    assert Question.objects.count() == 0


def test_a_file_with_passwords_leaves_nothing(take_in, centre: Path) -> None:
    with pytest.raises(AccountError, match="password"):
        take_in(content=f"address,password\n{OWNER},hunter2\n".encode())
    assert (Batch.objects.count(), Entry.objects.count(), LogEntry.objects.count()) == (0, 0, 0)
    assert b"hunter2" not in everything_kept()
    assert list(centre.iterdir()) == []


@pytest.mark.parametrize("content", [b"address\nx\n", b"address\n0912345678\n"])
def test_a_list_without_a_single_address_is_refused(take_in, content: bytes) -> None:
    with pytest.raises(AccountError):
        take_in(content=content)


def test_the_same_file_is_taken_in_once(take_in) -> None:
    take_in()
    with pytest.raises(AccountError):
        take_in()


def test_nothing_is_taken_in_where_owners_cannot_be_answered(take_in, settings) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, mail_server=None)
    with pytest.raises(AccountError):
        take_in()


def test_only_people_who_handle_feeds_take_in_and_erase(take_in, two, person) -> None:
    batch, press = take_in(), person(Role.PRESS)
    with pytest.raises(AccessError):
        batch_erase(batch=batch, reason="x", by=press, now=NOW)
    with pytest.raises(AccessError):
        decide(batch, press)


def test_a_lost_key_is_told_and_no_new_one_is_made_beside_sealed_lists(take_in, centre: Path) -> None:
    take_in()
    (centre / FILE).unlink()
    with pytest.raises(AccountError):
        take_in(content=LIST + b"an@example.vn,,,\n")
    assert not (centre / FILE).exists()


def test_an_address_is_found_over_all_lists_by_one_query(in_force, take_in, two, django_assert_num_queries) -> None:
    decide(take_in(content=f"address\n{OWNER}\n".encode()), two[1])
    key = AccountKey.read()
    with django_assert_num_queries(1):
        assert len(entries_of(key.look_up(OWNER), day=today(NOW))) == 2
    with django_assert_num_queries(1):
        assert entries_of(key.look_up(OTHER), day=today(NOW)) == []
