"""An owner is answered by one mail a day, at the address alone; of others nothing is left."""

import dataclasses
import logging
from datetime import timedelta

import pytest
from django.test import Client
from tests.unit.web.office.accounts.conftest import NOW, OTHER, OWNER, answer, ask, decide

from quetsach.web.office.accounts.models import Batch, Entry, Question
from quetsach.web.office.accounts.sealing import AccountKey
from quetsach.web.office.accounts.selectors import entries_of
from quetsach.web.office.accounts.services.answers import LATEST, SOONEST
from quetsach.web.office.accounts.services.batches import batch_erase
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.mail.message import ServerError, SmtpSession, UnansweredError
from quetsach.web.office.mail.models import Message
from quetsach.web.office.people.access import today

DAY = timedelta(days=1)


def text_of(post, number: int = -1) -> str:
    return post.taken[number].mail.get_body(("plain",)).get_content()


def test_the_owner_gets_a_mail_and_the_question_is_gone(in_force: Batch, post) -> None:
    ask(OWNER)
    assert answer().sent == 1
    [taken] = post.taken
    assert taken.recipient == OWNER
    assert "việc cần làm ngay" in taken.mail["Subject"]
    text = text_of(post)
    for said in ("mail.example", "bank.example", "02/10/2026", "Lumma", "Cục A05", "Thu trong một chiến dịch."):
        assert said in text
    for link in ("/thiet-bi/", "/xac-minh/", "/giup-do/", "/kiem-tra-tai-khoan/xoa/"):
        assert f"https://centre.example{link}" in text
    assert in_force.code in text
    assert text.index("Làm sạch thiết bị") < text.index("đổi mật khẩu") < text.index("Đăng xuất khỏi mọi thiết bị")
    assert (Question.objects.count(), Message.objects.count()) == (0, 0)


def test_the_mail_is_in_the_language_of_the_page(in_force: Batch, post) -> None:
    ask(OWNER, language="en")
    answer()
    text = text_of(post)
    assert "Clean the device first" in text
    assert "Seized in an operation." in text
    assert "https://centre.example/en/check-account/erase/" in text


def test_who_is_not_known_gets_none_and_nothing_is_left(in_force: Batch, post) -> None:
    entries = LogEntry.objects.count()
    ask(OTHER)
    assert answer().nothing == 1
    assert (post.taken, Question.objects.count(), LogEntry.objects.count()) == ([], 0, entries)


def test_a_question_waits_for_a_time_drawn_by_lot(in_force: Batch, post) -> None:
    for _time in range(20):
        ask(OTHER)
    waits = {question.due_at - NOW for question in Question.objects.all()}
    assert min(waits) >= SOONEST
    assert max(waits) <= LATEST
    assert len(waits) > 5
    assert len({len(bytes(question.sealed)) for question in Question.objects.all()}) == 1
    answer(NOW)
    assert Question.objects.count() == 20


def test_questions_about_long_and_short_addresses_have_one_length(centre) -> None:
    ask("a@b.vn")
    ask(f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 60}.vn")
    assert len({len(bytes(question.sealed)) for question in Question.objects.all()}) == 1


def test_one_mail_a_day_for_an_address(in_force: Batch, post) -> None:
    for _time in range(3):
        ask(OWNER)
    answer()
    assert len(post.taken) == 1
    ask(OWNER, now=NOW + DAY)
    answer(NOW + DAY + LATEST)
    assert len(post.taken) == 2


def test_nobody_is_answered_before_a_second_person_agreed_or_after_the_end(take_in, two, post) -> None:
    batch = take_in()
    ask(OWNER)
    answer()
    assert post.taken == []
    decide(batch, two[1])
    batch_erase(batch=batch, reason="rút lại", by=two[0], now=NOW)
    ask(OWNER)
    answer()
    assert post.taken == []


def test_one_mail_tells_of_all_lists(in_force: Batch, take_in, two, post) -> None:
    decide(take_in(content=f"address,malware\n{OWNER},Vidar\n".encode()), two[1])
    ask(OWNER)
    answer()
    assert len(post.taken) == 1
    assert "Vidar" in text_of(post)
    assert "Lumma" in text_of(post)


@pytest.mark.parametrize(("name", "left"), [("later", 1), ("nobody", 0), ("spam", 0)])
def test_a_refusal_is_tried_again_or_not_and_never_logged(
    take_in, two, post, name: str, left: int, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"{name}@example.vn"
    decide(take_in(content=f"address\n{address}\n".encode()), two[1])
    ask(address)
    with caplog.at_level(logging.DEBUG, logger="quetsach"):
        assert answer().put_off == 1
    assert Question.objects.count() == left
    assert Entry.objects.get().told_on is None
    assert f"{name}@" not in caplog.text


@pytest.mark.parametrize(("error", "left", "is_told"), [(ServerError, 1, False), (UnansweredError, 0, True)])
def test_a_break_leaves_it_open_or_not_whether_the_mail_arrived(
    in_force: Batch, post, monkeypatch: pytest.MonkeyPatch, error: type[Exception], left: int, is_told: bool
) -> None:
    def broken(_session: SmtpSession) -> None:
        raise error("broken")

    ask(OWNER)
    with monkeypatch.context() as patch:
        patch.setattr(SmtpSession, "finish", broken)
        with pytest.raises(error):
            answer()
    assert Question.objects.count() == left
    assert {entry.told_on is not None for entry in entries_of(AccountKey.read().look_up(OWNER), day=today(NOW))} == {
        is_told
    }
    assert answer(NOW + 3 * LATEST).sent == left


def test_while_the_server_is_away_questions_wait_sealed(in_force: Batch, post, settings) -> None:
    ask(OWNER)
    away = dataclasses.replace(settings.CENTER.mail_server, port=1)
    here, settings.CENTER = settings.CENTER, dataclasses.replace(settings.CENTER, mail_server=away)
    with pytest.raises(ServerError) as caught:
        answer()
    assert OWNER not in str(caught.value)
    settings.CENTER = here
    assert answer().sent == 1


def erase_link(post) -> str:
    [line] = [line for line in text_of(post).splitlines() if "/xoa/" in line]
    return line.strip().removeprefix("https://centre.example")


def test_the_owner_has_everything_erased_by_the_link(in_force: Batch, take_in, two, post) -> None:
    decide(take_in(content=f"address\n{OWNER}\n".encode()), two[1])
    ask(OWNER)
    answer()
    link = erase_link(post)
    assert "Xóa" in Client().get(link).content.decode()
    assert Entry.objects.count() == 3
    assert "Đã xóa" in Client().post(link).content.decode()
    assert Entry.objects.count() == 1
    assert Client().post(link).status_code == 200
    assert LogEntry.objects.filter(act="accounts-owner-erase", person=None).count() == 2
    ask(OWNER, now=NOW + DAY)
    answer(NOW + DAY + LATEST)
    assert len(post.taken) == 1


def test_another_link_erases_nothing(in_force: Batch) -> None:
    assert Client().post("/kiem-tra-tai-khoan/xoa/abc/").status_code == 404
    assert Entry.objects.count() == 2
