"""A unit above stands for those that will not report: all at once, reminded no more, ended by a return after all."""

import re
from datetime import UTC, date, datetime

import pytest
from tests.unit.web.office.returns.conftest import ASKED, IN_TIME, LATE
from tests.unit.web.office.returns.test_pages import text

from quetsach.campaign.errors import ReturnError, StateError
from quetsach.campaign.returns.state import Act, ReturnStatus, Scope, State
from quetsach.web.office.mail.models import Message
from quetsach.web.office.returns.models import Extension, Invitation, Return, SignOff
from quetsach.web.office.returns.selectors.owing import owed_of
from quetsach.web.office.returns.selectors.tally import late_in, tally_of
from quetsach.web.office.returns.services.decision import missing_sign_off, return_decide
from quetsach.web.office.returns.services.entry import return_save
from quetsach.web.office.returns.services.remind import returns_remind
from quetsach.web.office.tree.models import Contact

DISTRICT, ONE, TWO = "303-2020", "11296-2020", "11299-2020"


@pytest.fixture
def stated(units, period, operator) -> SignOff:
    """One commune is stated not to report."""
    return missing_sign_off(
        period=period, unit=units[DISTRICT], missing=[units[ONE]], reason="Đang sáp nhập", by=operator, now=LATE
    )


def test_who_has_submitted_cannot_be_stated_not_to_report(units, period, submit, operator) -> None:
    submit(ONE)
    with pytest.raises(ReturnError, match="have not reported"):
        missing_sign_off(period=period, unit=units[DISTRICT], missing=[units[ONE]], reason="x", by=operator, now=LATE)


def test_it_is_overdue_no_more_and_said_to_be_stated(stated, period) -> None:
    tally = tally_of(period, now=LATE)
    assert tally.survey.standings[tally.path_of(stated.missing.get())] is ReturnStatus.SIGNED_OFF
    assert ONE not in [one.place.key for one in late_in(tally, LATE)]


def test_it_is_reminded_no_more_and_waits_on_no_desk(stated, units, period, person) -> None:
    for key in (ONE, TWO):
        Contact.objects.create(unit=units[key], email=f"a{key}@unit.example", is_primary=True)
        Invitation.objects.create(assignment=period.assignment, unit=units[key], at=ASKED)
    returns_remind(now=datetime(2020, 10, 15, 3, tzinfo=UTC))
    assert list(Message.objects.values_list("recipient", flat=True)) == [f"a{TWO}@unit.example"]
    owed = owed_of(person("editor", ONE), now=datetime(2020, 10, 11, 3, tzinfo=UTC))
    assert owed == []


def test_a_return_after_all_ends_the_statement(stated, units, period, submit, operator) -> None:
    return_decide(filed=submit(TWO), act=Act.APPROVE, reason="", by=operator, now=LATE)
    district = submit(DISTRICT)
    submit(ONE, at=LATE)
    with pytest.raises(StateError, match="Quan Toan"):
        return_decide(filed=district, act=Act.APPROVE, reason="", by=operator, now=LATE)


def test_once_the_unit_above_is_approved_a_return_is_not_taken_in_but_its_draft_is_kept(
    stated, units, period, submit, operator
) -> None:
    return_decide(filed=submit(TWO), act=Act.APPROVE, reason="", by=operator, now=LATE)
    district = return_decide(filed=submit(DISTRICT), act=Act.APPROVE, reason="", by=operator, now=LATE)
    with pytest.raises(StateError, match="Hong Bang District has stated"):
        submit(ONE, at=LATE)
    kept = return_save(
        author=operator, period=period, unit=units[ONE], scope=Scope.OWN, cells={"contact": "A"}, now=LATE
    )
    assert kept.state == State.DRAFT
    return_decide(filed=district, act=Act.REOPEN, reason="Phường đã có số liệu", by=operator, now=LATE)
    assert submit(ONE, at=LATE).state == State.SUBMITTED


def test_all_are_chosen_with_one_tick(late_root, submit, signed_in, person) -> None:
    client = signed_in(person("approver", DISTRICT))
    assert "Chọn tất cả đơn vị chưa báo cáo trong danh sách: 2" in text(client.get(f"{late_root}/{DISTRICT}/"))
    client.post(f"{late_root}/{DISTRICT}/vang/", {"all": "1", "reason": "Đang sáp nhập"})
    assert {unit.key for unit in SignOff.objects.get().missing.all()} == {ONE, TWO}
    page = text(client.get(f"{late_root}/{DISTRICT}/bang/"))
    assert page.count("đã xác nhận không báo cáo") == 2
    shown = text(client.get(f"{late_root}/{ONE}/"))
    assert "xác nhận lúc" in shown
    assert "Đang sáp nhập" in shown


def test_many_get_more_time_at_once(late_root, submit, signed_in, person) -> None:
    client = signed_in(person("approver", DISTRICT))
    given = {"all": "1", "until": "2020-10-25", "reason": "Bão lũ"}
    client.post(f"{late_root}/{DISTRICT}/gia-han-cap-duoi/", given)
    assert sorted(Extension.objects.values_list("unit__key", "until")) == [
        (ONE, date(2020, 10, 25)), (TWO, date(2020, 10, 25)),
    ]  # fmt: skip
    answer = client.post(f"{late_root}/{DISTRICT}/gia-han-cap-duoi/", {**given, "missing": [], "all": ""}, follow=True)
    assert answer.status_code == 200


def test_nobody_gives_time_to_units_elsewhere(late_root, signed_in, person, units) -> None:
    client = signed_in(person("approver", DISTRICT))
    given = {"missing": ["11320-2020"], "until": "2020-10-25", "reason": "Bão lũ"}
    assert client.post(f"{late_root}/{DISTRICT}/gia-han-cap-duoi/", given).status_code in {403, 404}
    assert not Extension.objects.exists()


def test_sending_back_tells_the_unit_what_to_correct_with_its_link(late_root, submit, units, signed_in, person) -> None:
    Contact.objects.create(unit=units[ONE], email="xa@unit.example", is_primary=True)
    submit(ONE)
    client = signed_in(person("approver", DISTRICT))
    answer = client.post(
        f"{late_root}/{ONE}/quyet-dinh/", {"return": "1", "reason": "Số máy quét lớn bất thường"}, follow=True
    )
    assert "đang chờ gửi" in text(answer)
    mail = Message.objects.get()
    assert mail.recipient == "xa@unit.example"
    assert "Số máy quét lớn bất thường" in mail.text
    assert re.search(r"/bao-cao/[^/]+/", mail.text)
    assert mail.subject == "Báo cáo Tuần 41/2020 (05/10–11/10/2020): đề nghị sửa và nộp lại"


def test_a_unit_without_mail_is_to_be_telephoned(late_root, submit, signed_in, person) -> None:
    submit(ONE)
    client = signed_in(person("approver", DISTRICT))
    answer = client.post(f"{late_root}/{ONE}/quyet-dinh/", {"return": "1", "reason": "x"}, follow=True)
    assert "đề nghị gọi điện thoại" in text(answer)
    assert not Message.objects.exists()


def test_what_was_sent_back_is_told_as_such(units, period, submit, operator, person) -> None:
    return_decide(filed=submit(ONE), act=Act.RETURN, reason="x", by=operator, now=IN_TIME)
    owed = owed_of(person("editor", ONE), now=IN_TIME)
    assert [(one.period.key, one.standing) for one in owed] == [
        ("2020-W41", ReturnStatus.SENT_BACK), ("2020-W42", ReturnStatus.EXPECTED),
    ]  # fmt: skip
    assert Return.objects.get().state == State.RETURNED
