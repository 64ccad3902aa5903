"""The page of operation, and the first steps: states that are true, trials that are noted, no secret shown."""

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.mail_server import MailServer, mail_server

from quetsach.campaign.authority import Role
from quetsach.core.help_line import read_help_line
from quetsach.installation import bundled
from quetsach.web.configuration import MailServer as Server
from quetsach.web.configuration import TimeStampServer
from quetsach.web.office.letters.document import demonstration
from quetsach.web.office.letters.document.demonstration import demonstration_keys
from quetsach.web.office.letters.signing_credentials import demonstration_credentials_make
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.operation.selectors import Step, first_steps, mail_state
from quetsach.web.office.people.services.invitation import invitation_issue
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.tree.models import Contact

NOW = datetime.now(UTC)
PAGE = "/van-phong/van-hanh/"


def steps() -> dict[str, Step]:
    return {step.title: step for step in first_steps(day=NOW.date(), now=NOW)}


@pytest.fixture
def here(settings, tmp_path):
    """Return a function that changes the centre's settings; it has a data folder."""

    def change(**values) -> None:
        settings.CENTER = dataclasses.replace(settings.CENTER, **values)

    change(data=tmp_path)
    return change


@pytest.fixture
def server(here):
    with mail_server() as running:
        here(mail_server=Server("127.0.0.1", running.port, "none"), mail_from="office@centre.example")
        yield running


def message(state: MessageState, **values) -> Message:
    number = Message.objects.count()
    facts = {"key": f"k{number}", "kind": "reminder", "recipient": "a@example.vn", "subject": f"Thư {number}"}
    return Message.objects.create(
        **facts, text="", message_id=f"<{number}@x>", state=state, **({"next_at": NOW} | values)
    )


def test_only_who_runs_the_centre_sees_the_page(person, signed_in, here) -> None:
    assert signed_in(person(Role.OPERATOR)).get(PAGE).status_code == 200
    for role, unit in ((Role.ANALYST, "tw"), (Role.AUDITOR, "tw"), (Role.APPROVER, "31-2025")):
        assert signed_in(person(role, unit)).get(PAGE).status_code in {403, 404}


def test_the_page_shows_no_password(person, signed_in, here, tmp_path) -> None:
    here(
        mail_server=Server("smtp.example", 587, "starttls", "user", "geheim1"),
        time_stamps=TimeStampServer("https://tsa.example/x?key=geheim3", "user", "geheim2"),
    )
    (tmp_path / "settings.json").write_text('{"smtp-url": "smtp+starttls://user:geheim1@smtp.example"}')
    (tmp_path / "settings.json").chmod(0o600)
    page = signed_in(person(Role.OPERATOR)).get(PAGE).content.decode()
    assert "smtp.example" in page
    assert "tsa.example" in page
    assert "geheim" not in page


def test_a_mail_to_oneself_reaches_the_server_and_is_noted(person, signed_in, server: MailServer) -> None:
    operator = person(Role.OPERATOR)
    client = signed_in(operator)
    page = client.post(f"{PAGE}thu/", follow=True).content.decode()
    assert "Máy chủ đã nhận thư thử" in page
    assert [taken.recipient for taken in server.taken] == [operator.email]
    assert LogEntry.objects.get(act="mail-try").detail == {"result": "done"}
    assert steps()["Thư gửi đi"].is_done


def test_a_trial_that_fails_is_told_noted_and_unticks_the_step(person, signed_in, here) -> None:
    message(MessageState.SENT, handed_at=NOW - timedelta(hours=1))
    here(mail_server=Server("127.0.0.1", 9, "none"), mail_from="office@centre.example")
    assert steps()["Thư gửi đi"].is_done
    page = signed_in(person(Role.OPERATOR)).post(f"{PAGE}thu/", follow=True).content.decode()
    assert "Máy chủ đã nhận thư thử" not in page
    assert LogEntry.objects.get(act="mail-try").detail["result"] == "failed"
    assert not steps()["Thư gửi đi"].is_done


@pytest.mark.parametrize("address", ["thu/", "dau-thoi-gian/"])
def test_a_trial_without_a_server_or_by_others_sends_nothing(person, signed_in, here, address: str) -> None:
    page = signed_in(person(Role.OPERATOR)).post(PAGE + address, follow=True).content.decode()
    assert "Chưa thiết lập" in page
    assert signed_in(person(Role.ANALYST)).post(PAGE + address).status_code == 403
    assert not LogEntry.objects.filter(act__in=("mail-try", "time-stamp-try")).exists()


def test_a_server_that_is_set_is_not_yet_one_that_works(person, server: MailServer) -> None:
    step = steps()["Thư gửi đi"]
    assert (step.is_done, "chưa có thư nào" in step.state) == (False, True)


def test_mail_that_waits_and_mail_that_failed_is_told(person, signed_in, server: MailServer) -> None:
    now = datetime.now(UTC)  # the page's own: this file may have been read long before
    message(MessageState.QUEUED, next_at=now - timedelta(minutes=40))
    message(MessageState.FAILED, error="550 no such mailbox")
    assert mail_state(now=now).late_minutes == 40
    page = signed_in(person(Role.OPERATOR)).get(PAGE).content.decode()
    assert re.search(r"lẽ ra đã gửi từ 4\d phút trước", page)
    assert "550 no such mailbox" in page


def test_keys_count_only_while_both_certificates_do(units, here, tmp_path, monkeypatch) -> None:
    assert not steps()["Khóa ký công văn"].is_done
    monkeypatch.setattr(demonstration, "AUTHORITY", "An authority")
    demonstration_credentials_make(
        unit=units["tw"], person="Nguyễn An", agency="Trung tâm", now=NOW - timedelta(days=1)
    )
    assert steps()["Khóa ký công văn"].is_done
    folder = tmp_path / "letters" / "keys" / "tw"
    over = demonstration_keys(person="Nguyễn An", agency="Trung tâm", now=NOW - timedelta(days=21 * 365))
    (folder / "agency.p12").write_bytes(over.agency)
    step = steps()["Khóa ký công văn"]
    assert (step.is_done, "không có hiệu lực" in step.state) == (False, True)
    (folder / "agency.p12").unlink()
    assert "Không dùng được" in steps()["Khóa ký công văn"].state


def test_keys_of_nobody_are_no_keys(units, here, person, signed_in) -> None:
    demonstration_credentials_make(
        unit=units["tw"], person="Nguyễn An", agency="Trung tâm", now=NOW - timedelta(days=1)
    )
    step = steps()["Khóa ký công văn"]
    assert (step.is_done, "trình diễn" in step.state) == (False, True)
    page = signed_in(person(Role.OPERATOR)).get(PAGE).content.decode()
    assert ("chỉ để trình diễn" in page, "còn hiệu lực" in page) == (True, False)


def test_the_page_names_each_unit_with_keys_and_until_when(units, person, signed_in, here) -> None:
    demonstration_credentials_make(unit=units["31-2025"], person="Nguyễn An", agency="Sở", now=NOW)
    page = signed_in(person(Role.OPERATOR)).get(PAGE).content.decode()
    assert "Thành phố Hải Phòng" in page
    assert f"/{NOW.year + 20}" in page or f"/{NOW.year + 19}" in page


def test_a_second_operator_is_one_who_can_sign_in(units, person, signed_in, here) -> None:
    one, other = person(Role.OPERATOR), person(Role.OPERATOR)
    signed_in(one)
    assert not steps()["Điều hành viên thứ hai"].is_done  # the other never set up a second factor
    invitation_issue(email="c@example.vn", role=Role.OPERATOR, unit=units["tw"], by=None, now=NOW)
    assert "Đã mời: 1" in steps()["Điều hành viên thứ hai"].state
    signed_in(other)
    assert steps()["Điều hành viên thứ hai"].is_done


def test_contacts_are_done_when_every_unit_directly_below_has_an_address_that_works(units, here) -> None:
    provinces = [units[key] for key in ("01-2025", "31-2025")]
    for unit in provinces:
        Contact.objects.create(unit=unit, email=f"{unit.code}@example.vn")
    step = steps()["Đầu mối liên hệ của các đơn vị"]
    assert (step.is_done, "2/2" in step.state, "2/3" in step.state) == (True, True, True)
    Contact.objects.filter(unit=provinces[0]).update(bounced_on=date(2026, 1, 1))
    assert not steps()["Đầu mối liên hệ của các đơn vị"].is_done


def test_a_centre_that_nobody_can_call_is_told_so_until_it_has_a_number(units, here) -> None:
    step = steps()["Người dân gọi ai"]
    assert (step.is_done, "help-phone" in step.state) == (False, True)
    here(help_line=read_help_line(hours="mon-fri 08:00-17:00"))
    assert not steps()["Người dân gọi ai"].is_done
    here(help_line=read_help_line(phone="024 0000 0000"))
    step = steps()["Người dân gọi ai"]
    assert (step.is_done, step.state) == (True, "Điện thoại: 024 0000 0000")


def test_every_step_leads_to_a_page(units, person, signed_in, here) -> None:
    client = signed_in(person(Role.OPERATOR))
    assert len(steps()) == 8
    for step in steps().values():
        assert client.get(step.url, follow=True).status_code == 200, step.title


def campaign(key: str, first: date) -> None:
    begun = Campaign.objects.create(key=key, begun_at=NOW)
    content = (bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml").read_text("utf-8")
    document = content.replace("2020-", f"{first.year}-").replace("2021-", f"{first.year + 1}-")
    begun.revisions.create(number=1, document=content, sha256="a" * 64, reason="", made_at=NOW)
    begun.revisions.create(number=2, document=document, sha256="a" * 64, reason="", made_at=NOW)


def test_a_campaign_counts_by_its_plan_in_force_while_it_is_not_over(units, here) -> None:
    assert "Chưa có" in steps()["Chiến dịch"].state
    campaign("gone", date(2010, 9, 1))
    assert not steps()["Chiến dịch"].is_done
    campaign("now", date(NOW.year, 9, 1))
    assert steps()["Chiến dịch"].is_done


def test_what_is_asked_of_the_database_does_not_grow(units, here, django_assert_max_num_queries) -> None:
    for number in range(4):
        campaign(f"c{number}", date(NOW.year, 9, 1))
        message(MessageState.SENT, handed_at=NOW)
    with django_assert_max_num_queries(12):
        steps()
