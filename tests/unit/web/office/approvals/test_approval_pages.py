"""Pages of approvals: what waits for whom, and that who asks never decides."""

import pytest
from django.test import Client
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_ask, approval_decide, is_approved
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Person

UNIT = "31-2025"


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def asker(person) -> Person:
    return person(Role.EDITOR, UNIT, name="Người trình")


@pytest.fixture
def approval(units, asker) -> Approval:
    title = "Sở Thông tin và Truyền thông: rà quét mã độc"
    return approval_ask(
        kind="letter", subject="letter:1", digest="a" * 64, title=title, by=asker, unit=units[UNIT], now=NOW
    )


@pytest.fixture
def approver(signed_in, person) -> Client:
    return signed_in(person(Role.APPROVER, UNIT))


def decide(client: Client, approval: Approval, verdict: str, reason: str = ""):
    path = f"/van-phong/phe-duyet/{approval.pk}/quyet-dinh/"
    return client.post(path, {"verdict": verdict, "reason": reason}, follow=True)


def test_what_waits_is_listed_for_who_may_decide(approver: Client, approval) -> None:
    assert approval.title in text(approver.get("/van-phong/phe-duyet/"))
    assert approval.digest in text(approver.get(f"/van-phong/phe-duyet/{approval.pk}/"))


def test_granting_it_lets_the_content_out_and_is_logged(approver: Client, approval) -> None:
    decide(approver, approval, "grant")
    assert is_approved(kind="letter", subject="letter:1", digest="a" * 64)
    assert not is_approved(kind="letter", subject="letter:1", digest="b" * 64)
    assert LogEntry.objects.filter(act="approval-grant", subject="letter:1").count() == 1
    assert approval.title not in text(approver.get("/van-phong/phe-duyet/"))
    assert approval.title in text(approver.get("/van-phong/phe-duyet/?list=decided"))


def test_a_refusal_needs_a_reason(approver: Client, approval) -> None:
    assert "Từ chối phải nêu lý do" in text(decide(approver, approval, "refuse", " "))
    approval.refresh_from_db()
    assert approval.is_granted is None


def test_anything_but_a_grant_is_a_refusal(approver: Client, approval) -> None:
    decide(approver, approval, "perhaps", "Sai số liệu")
    approval.refresh_from_db()
    assert (approval.is_granted, approval.reason) == (False, "Sai số liệu")


@pytest.mark.parametrize("role", [Role.APPROVER, Role.OPERATOR])
def test_who_asks_never_decides(units, person, signed_in, role: Role) -> None:
    asker = person(role, UNIT if role is Role.APPROVER else "tw")
    approval = approval_ask(
        kind="letter", subject="letter:2", digest="c" * 64, title="T", by=asker, unit=units[UNIT], now=NOW
    )
    client = signed_in(asker)
    assert "cần người khác quyết định" in text(client.get(f"/van-phong/phe-duyet/{approval.pk}/"))
    assert "Người trình không được tự phê duyệt" in text(decide(client, approval, "grant"))
    approval.refresh_from_db()
    assert approval.is_granted is None


def test_an_editor_of_the_unit_sees_neither_list_nor_page_and_cannot_decide(approval, signed_in, person) -> None:
    client = signed_in(person(Role.EDITOR, UNIT))
    assert approval.title not in text(client.get("/van-phong/phe-duyet/"))
    assert client.get(f"/van-phong/phe-duyet/{approval.pk}/").status_code == 404
    assert decide(client, approval, "grant").status_code == 404


def test_an_approver_elsewhere_cannot_decide(approval, signed_in, person) -> None:
    client = signed_in(person(Role.APPROVER, "01-2025"))
    assert approval.title not in text(client.get("/van-phong/phe-duyet/?list=decided"))
    assert decide(client, approval, "grant").status_code == 404
    assert not is_approved(kind="letter", subject="letter:1", digest="a" * 64)


def test_an_auditor_reads_it_and_decides_nothing(approval, signed_in, person) -> None:
    client = signed_in(person(Role.AUDITOR))
    assert "verdict" not in text(client.get(f"/van-phong/phe-duyet/{approval.pk}/"))
    assert decide(client, approval, "grant").status_code == 403


def test_who_asked_follows_it(asker, approval, signed_in) -> None:
    client = signed_in(asker)
    assert approval.title in text(client.get("/van-phong/phe-duyet/?list=asked"))
    assert client.get(f"/van-phong/phe-duyet/{approval.pk}/").status_code == 200


def test_a_later_refusal_of_the_same_content_counts(units, asker, approval, person) -> None:
    by = person(Role.APPROVER, UNIT)
    day = NOW.replace(year=2026)
    approval_decide(approval=approval, is_granted=True, reason="", by=by, now=day)
    again = approval_ask(
        kind="letter", subject="letter:1", digest="a" * 64, title="T", by=asker, unit=units[UNIT], now=day
    )
    approval_decide(approval=again, is_granted=False, reason="Đã lỗi thời", by=by, now=day.replace(minute=30))
    assert not is_approved(kind="letter", subject="letter:1", digest="a" * 64)
