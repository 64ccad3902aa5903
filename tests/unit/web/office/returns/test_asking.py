"""Asking many units: looked at before, agreed to by a second person, told by an invitation, taken back."""

import dataclasses
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.page_text import page_text
from tests.unit.web.office.conftest import OPENED, REFORM
from tests.unit.web.office.returns.conftest import clock_stands
from tests.unit.web.office.returns.test_pages import PLAN, text

from quetsach.campaign.errors import ReturnError
from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.campaign.returns.state import Act, State
from quetsach.web.configuration import MailServer
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.letters.models import Letter, LetterState
from quetsach.web.office.mail.models import Message, MessageState
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import CLOSE, Passage, PlanRevision
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import Assignment, Period, Return
from quetsach.web.office.returns.selectors.asking import asking_of
from quetsach.web.office.returns.selectors.owing import expected_positions, owed_by
from quetsach.web.office.returns.selectors.tally import tally_of
from quetsach.web.office.returns.services.assignment import Target, assignment_make, assignment_withdraw
from quetsach.web.office.returns.services.decision import return_decide, totals_publish_ask
from quetsach.web.office.returns.services.link import LinkError, link_make, link_of, token_of
from quetsach.web.office.returns.services.remind import returns_remind
from quetsach.web.office.returns.views import assignment as assignment_views
from quetsach.web.office.tree.models import Contact, Edge, Unit, UnitKind
from quetsach.web.office.units.services.unit import positions_rebuild

NOW = datetime(2020, 10, 13, 3, tzinfo=UTC)
COMMUNE, DISTRICT = "11296-2020", "303-2020"
GIVEN = {
    "campaign": "viet-nam-2020", "form": "unit-return-1", "period_kind": "week", "first": "2020-12-07",
    "last": "2020-12-13", "kinds": ["commune"], "due_days": "3", "lock_days": "10",
}  # fmt: skip


@pytest.fixture
def communes(units: dict[str, Unit]) -> list[Unit]:
    """Return fifty more communes of a district."""
    made = [
        Unit(key=f"{n}-2020", code=str(n), kind="commune", name_vi=f"Xã {n}", opened=OPENED, closed=REFORM)
        for n in range(20001, 20051)
    ]
    Unit.objects.bulk_create(made)
    Edge.objects.bulk_create(Edge(unit=unit, parent=units["304-2020"], first=OPENED, until=REFORM) for unit in made)
    positions_rebuild()
    return made


@pytest.fixture
def letter(units, operator: Person) -> Letter:
    return Letter.objects.create(
        unit=units["tw"], campaign="viet-nam-2020", state=LetterState.ISSUED, agency="CỤC AN TOÀN THÔNG TIN",
        subject="rà soát mã độc", sign="CATTT-NCSC", number=826, issued_on=NOW.date(), issued_at=NOW,
        written_by=operator, written_at=NOW, code="QS-2345-6789",
    )  # fmt: skip


@pytest.fixture
def _post(settings, tmp_path: Path, units: dict[str, Unit]) -> None:
    """A commune and the centre are reached by mail; the centre has a telephone."""
    settings.CENTER = dataclasses.replace(
        settings.CENTER,
        data=tmp_path,
        public_url="https://centre.example",
        mail_from="o@centre.example",
        mail_server=MailServer("127.0.0.1", 1, "none"),
    )
    Contact.objects.create(unit=units[COMMUNE], email="xa@unit.example", is_primary=True)
    Contact.objects.create(unit=units["tw"], email="tw@centre.example", phone="024 3640 4421", is_primary=True)


@pytest.fixture
def ask(units, form, assignment, operator) -> Callable[..., Assignment]:
    """Return a maker of weekly assignments of communes, made by an operator."""
    PlanRevision.objects.create(
        campaign=assignment.campaign, number=1, document=PLAN, sha256="x", reason="x", made_at=NOW
    )
    Assignment.objects.filter(pk=assignment.pk).update(in_force_at=None)  # leaves the field to the one that is made

    def make(*, at: datetime = NOW, last: date = date(2020, 10, 25), **changes: object) -> Assignment:
        given = {
            "by": operator, "campaign": assignment.campaign, "form": form, "period_kind": PeriodKind.WEEK,
            "periods": weeks(date(2020, 10, 5), last), "targets": [Target(units["tw"], UnitKind.COMMUNE)],
            "due_days": 3, "lock_days": 10, "now": at,
        }  # fmt: skip
        return assignment_make(**{**given, **changes})

    return make


def grant(person, now: datetime = NOW) -> None:
    approval_decide(
        approval=Approval.objects.get(kind="assignment"), is_granted=True, reason="", by=person("operator"), now=now
    )


def test_what_is_asked_is_counted_by_unit_and_period(ask) -> None:
    found = asking_of(ask())
    assert (found.units, found.returns, found.kinds) == (3, 9, (("commune", 3),))
    assert [(p.is_over, p.is_late) for p in found.periods] == [(True, False), (False, False), (False, False)]


@pytest.mark.usefixtures("_post")
def test_more_than_fifty_units_owe_nothing_before_a_second_person_agrees(ask, communes, units, person) -> None:
    made = ask()
    assert not made.is_in_force
    assert not expected_positions(made.periods.first()).exists()
    assert owed_by(units[COMMUNE], campaign="viet-nam-2020", now=NOW) == []
    assert returns_remind(now=NOW) == 0
    grant(person)
    made.refresh_from_db()
    assert made.is_in_force
    assert len(owed_by(units[COMMUNE], campaign="viet-nam-2020", now=NOW)) == 2  # the third has not begun
    assert returns_remind(now=NOW) == 1


def test_who_asks_does_not_agree(ask, communes, operator) -> None:
    ask()
    with pytest.raises(Exception, match="who asks"):
        approval_decide(approval=Approval.objects.get(), is_granted=True, reason="", by=operator, now=NOW)


def test_fifty_units_and_fewer_are_asked_at_once(ask) -> None:
    assert ask().is_in_force
    assert not Approval.objects.exists()


def test_what_was_taken_back_cannot_be_granted(ask, communes, operator, person) -> None:
    made = ask()
    assignment_withdraw(assignment=made, reason="Nhầm kỳ", by=operator, now=NOW)
    assert not Approval.objects.filter(is_granted=None).exists()


def test_nobody_is_overdue_when_asked_late(ask, units) -> None:
    made = ask(at=datetime(2020, 11, 10, 3, tzinfo=UTC))
    period = made.periods.first()
    assert period.deadline.due == date(2020, 11, 13)
    tally = tally_of(period, now=datetime(2020, 11, 10, 4, tzinfo=UTC))
    assert {str(standing) for standing in tally.survey.standings.values()} == {"expected"}


@pytest.mark.usefixtures("_post")
def test_the_first_mail_is_an_invitation_that_names_who_asks_and_the_period(ask, letter) -> None:
    ask(letter=letter)
    assert returns_remind(now=NOW) == 1
    mail = Message.objects.get(recipient="xa@unit.example")
    for words in (
        "Kính gửi: Phường Quán Toan",
        "CỤC AN TOÀN THÔNG TIN",
        "Chiến dịch thử",
        "826/CATTT-NCSC",
        "13/10/2020",
        "QS-2345-6789",
        "https://centre.example/xac-minh/QS-2345-6789/",
        "024 3640 4421",
        "Tuần 41/2020 (05/10–11/10/2020): hạn nộp 16/10/2020",
        "https://centre.example/bao-cao/",
        "Số 0 được hiểu là đã kiểm tra và không có máy nào.",
    ):
        assert words in mail.text, words
    assert "quá hạn" not in mail.subject + mail.text
    assert "W41" not in mail.subject + mail.text


@pytest.mark.usefixtures("_post")
def test_nobody_gets_a_reminder_on_the_day_of_the_invitation(ask) -> None:
    made = ask()
    due = made.periods.first().deadline.due
    returns_remind(now=NOW)
    assert returns_remind(now=NOW + timedelta(hours=2)) == 0
    later = datetime.combine(due, NOW.time(), UTC)
    assert returns_remind(now=later) == 1
    reminder = Message.objects.exclude(key__startswith="return-invitation").get()
    assert reminder.subject == "Báo cáo Tuần 41/2020 (05/10–11/10/2020): hôm nay là hạn nộp"
    assert "024 3640 4421" in reminder.text


@pytest.mark.usefixtures("_post")
def test_a_unit_that_gets_an_address_later_is_invited_before_it_is_reminded(ask, units) -> None:
    ask()
    returns_remind(now=NOW)
    Contact.objects.create(unit=units["11299-2020"], email="hv@unit.example", is_primary=True)
    late = NOW + timedelta(days=4)
    returns_remind(now=late)
    assert "đề nghị báo cáo" in Message.objects.get(recipient="hv@unit.example").subject.lower()


@pytest.mark.usefixtures("_post")
def test_a_revoked_letter_is_named_no_more_and_a_replaced_one_by_its_successor(ask, letter, units) -> None:
    ask(letter=letter)
    Letter.objects.filter(pk=letter.pk).update(state=LetterState.REPLACED)
    copied = Letter.objects.get(pk=letter.pk)
    copied.pk, copied.number, copied.state, copied.earlier, copied.code = None, 830, "issued", letter, "QS-2222-3333"
    copied.save()
    returns_remind(now=NOW)
    text = Message.objects.get(recipient="xa@unit.example").text
    assert "830/CATTT-NCSC" in text
    assert "QS-2345-6789" not in text


def test_a_letter_of_another_campaign_cannot_ask(ask, letter) -> None:
    letter.campaign = "khac"
    letter.save()
    with pytest.raises(ReturnError, match="letter"):
        ask(letter=letter)


@pytest.mark.usefixtures("_post")
def test_what_is_taken_back_is_owed_by_nobody_and_its_links_close(ask, units, operator) -> None:
    made = ask()
    period = made.periods.first()
    link = link_make(period=period, unit=units[COMMUNE], days=5, by=None, now=NOW)
    returns_remind(now=NOW)
    Message.objects.update(state=MessageState.SENT)
    assignment_withdraw(assignment=made, reason="Gộp với báo cáo tháng", by=operator, now=NOW)
    assert owed_by(units[COMMUNE], campaign="viet-nam-2020", now=NOW) == []
    assert returns_remind(now=NOW + timedelta(days=3)) == 0
    with pytest.raises(LinkError):
        link_of(token_of(link), now=NOW)
    told = Message.objects.get(key__startswith="return-withdrawn")
    assert "Gộp với báo cáo tháng" in told.text


@pytest.mark.usefixtures("_post")
def test_an_invitation_that_has_not_left_is_dropped_and_nobody_is_told(ask, operator) -> None:
    made = ask()
    returns_remind(now=NOW)
    assignment_withdraw(assignment=made, reason="Nhầm", by=operator, now=NOW)
    assert not Message.objects.exists()


def test_what_was_submitted_stays_readable(ask, submit, operator) -> None:
    made = ask()
    filed = submit(COMMUNE, at=NOW, within=made.periods.first())
    assignment_withdraw(assignment=made, reason="Nhầm", by=operator, now=NOW)
    assert Return.objects.get(pk=filed.pk).state == State.SUBMITTED
    with pytest.raises(ReturnError):
        submit(COMMUNE, at=NOW, within=Period.objects.get(pk=filed.period_id))


def test_public_totals_are_not_taken_back(ask, submit, operator, person) -> None:
    made = ask()
    period = made.periods.first()
    return_decide(filed=submit(COMMUNE, at=NOW, within=period), act=Act.APPROVE, reason="", by=operator, now=NOW)
    totals_publish_ask(period=period, by=operator, now=NOW)
    approval_decide(approval=Approval.objects.get(), is_granted=True, reason="", by=person("operator"), now=NOW)
    with pytest.raises(ReturnError, match="public"):
        assignment_withdraw(assignment=made, reason="x", by=operator, now=NOW)


def test_only_operators_take_back_and_with_a_reason(ask, operator, person) -> None:
    made = ask()
    with pytest.raises(AccessError):
        assignment_withdraw(assignment=made, reason="x", by=person("approver", "31-2020"), now=NOW)
    with pytest.raises(ReturnError, match="reason"):
        assignment_withdraw(assignment=made, reason=" ", by=operator, now=NOW)


@pytest.mark.usefixtures("empty_centre", "communes")
def test_the_second_person_sees_how_many_are_asked_and_lets_it_happen(ask, signed_in, operator, person) -> None:
    made = ask()
    waiting = text(signed_in(operator).get(f"/van-phong/bao-cao/{made.pk}/"))
    assert "chưa giao cho đơn vị nào và chưa gửi thư nào" in waiting
    browser, approval = signed_in(person("operator")), Approval.objects.get()
    page = text(browser.get(f"/van-phong/phe-duyet/{approval.pk}/"))
    assert "<strong>53</strong>" in page
    assert "Tuần 42/2020 (12/10–18/10/2020)" in page
    answer = browser.post(f"/van-phong/phe-duyet/{approval.pk}/quyet-dinh/", {"verdict": "grant"}, follow=True)
    assert "Báo cáo đã được giao" in text(answer)
    assert "Giao từ" in text(browser.get(f"/van-phong/bao-cao/{made.pk}/"))


@pytest.mark.usefixtures("empty_centre")
def test_taking_back_says_what_happens_to_submitted_returns(ask, submit, signed_in, operator) -> None:
    made = ask()
    submit(COMMUNE, at=NOW, within=made.periods.first())
    browser, address = signed_in(operator), f"/van-phong/bao-cao/{made.pk}/"
    assert "Báo cáo đã nộp (1) vẫn xem được" in text(browser.get(address))
    page = text(browser.post(f"{address}rut/", {"reason": "Gộp với báo cáo tháng"}, follow=True))
    assert "Số báo cáo đã nộp trước đó: 1." in page
    assert "Gộp với báo cáo tháng" in page
    assert "rut/" not in page
    for at in ("tw/bang/", f"{COMMUNE}/", "tw/so-lieu/"):
        assert "việc giao báo cáo đã được rút lại" in text(browser.get(f"{address}2020-W41/{at}")), at


@pytest.fixture
def close(assignment, operator) -> Callable[[], None]:
    """Return what lets two people close the campaign."""

    def closed() -> None:
        campaign = assignment.campaign
        passage = Passage.objects.create(
            campaign=campaign, step=CLOSE, facts={}, sha256="c" * 64, asked_by=operator, asked_at=NOW
        )
        Approval.objects.create(
            kind="campaign", subject=passage.subject, digest=passage.sha256, title="x", asked_by=operator,
            unit=Unit.objects.get(key="tw"), asked_at=NOW, is_granted=True, decided_at=NOW,
        )  # fmt: skip

    return closed


def test_a_closed_campaign_asks_for_no_returns(ask, close, signed_in, operator) -> None:
    close()
    with pytest.raises(ReturnError, match="closed"):
        ask()
    answer = signed_in(operator).post("/van-phong/bao-cao/giao/", GIVEN)
    assert answer.status_code == 422
    assert "Chiến dịch này đã kết thúc, không giao báo cáo được nữa." in text(answer)
    assert "Chiến dịch thử (đã kết thúc)" in text(answer)


def test_what_was_asked_before_a_campaign_was_closed_is_not_granted_after(ask, close, communes, person) -> None:
    made = ask()
    close()
    with pytest.raises(ReturnError, match="closed"):
        grant(person)
    made.refresh_from_db()
    assert not made.is_in_force


def test_a_campaign_whose_days_are_over_is_told_before_units_are_asked(ask, signed_in, operator) -> None:
    client = signed_in(operator)
    assert "Chiến dịch thử (đã hết thời gian ngày 15/12/2020)" in text(client.get("/van-phong/bao-cao/giao/"))
    page = page_text(client.post("/van-phong/bao-cao/giao/", {**GIVEN, "last": "2020-12-27"}))
    assert "Chiến dịch này đã hết thời gian từ ngày 15/12/2020. Chỉ nên giao" in page
    assert page.count(">sau ngày cuối của chiến dịch<") == 1  # of the weeks from 14 and 21 December, the second


def test_a_week_after_the_last_day_is_not_ticked(ask, signed_in, operator, monkeypatch: pytest.MonkeyPatch) -> None:
    clock_stands(monkeypatch, NOW, assignment_views)
    answer = signed_in(operator).post("/van-phong/bao-cao/giao/", {**GIVEN, "last": "2020-12-27"})
    boxes = re.findall(r'value="(2020-W\d\d)" id="p-[^"]+"( checked)?', answer.content.decode())
    assert ("2020-W51", " checked") in boxes
    assert boxes[-1] == ("2020-W52", "")
    assert "đã hết thời gian từ" not in text(answer)
