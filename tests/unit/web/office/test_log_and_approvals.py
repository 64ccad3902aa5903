"""What is done is logged in a chain; what goes out needs two people."""

import re

import pytest
from tests.unit.web.office.campaigns.conftest import bundled_document

from quetsach.web.office.approvals.services import (
    ApprovalError,
    approval_ask,
    approval_decide,
    approval_supersede,
    approvals_void,
    is_approved,
)
from quetsach.web.office.audit.words import subject_names
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.campaigns.services.steps import gate_ask
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.services.draft import letter_begin
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.log.services import BEGINNING, digest_of, log_append
from quetsach.web.office.refusal import AccessError

from .conftest import NOW


def test_each_entry_holds_the_digest_of_the_one_before(person, units) -> None:
    who = person("operator")
    one = log_append(by=who, act="look", subject="unit:tw", unit=units["tw"], detail={"ở": 1}, now=NOW)
    other = log_append(by=None, act="look", subject="unit:tw", unit=None, detail={}, now=NOW)
    assert (one.previous, other.previous) == (BEGINNING, one.digest)
    one.refresh_from_db()
    assert digest_of(one) == one.digest


def asked(by, units, digest: str = "a" * 64):
    facts = {"kind": "letter", "subject": "letter:1", "digest": digest, "title": "Công văn"}
    return approval_ask(**facts, by=by, unit=units["31-2020"], now=NOW)


def test_who_asks_never_decides(person, units) -> None:
    who = person("approver", "31-2020")
    with pytest.raises(ApprovalError):
        approval_decide(approval=asked(who, units), is_granted=True, reason="", by=who, now=NOW)


def test_a_second_person_lets_exactly_this_content_out(person, units) -> None:
    approval = asked(person("approver", "31-2020"), units)
    approval_decide(approval=approval, is_granted=True, reason="", by=person("approver", "31-2020"), now=NOW)
    assert is_approved(kind="letter", subject="letter:1", digest="a" * 64)
    assert not is_approved(kind="letter", subject="letter:1", digest="b" * 64)


def test_the_second_person_needs_the_right_too(person, units) -> None:
    approval = asked(person("approver", "31-2020"), units)
    with pytest.raises(AccessError):
        approval_decide(approval=approval, is_granted=True, reason="", by=person("editor", "31-2020"), now=NOW)


def test_a_refusal_says_why(person, units) -> None:
    approval, second = asked(person("approver", "31-2020"), units), person("approver", "31-2020")
    with pytest.raises(ApprovalError):
        approval_decide(approval=approval, is_granted=False, reason=" ", by=second, now=NOW)
    approval_decide(approval=approval, is_granted=False, reason="Sai số", by=second, now=NOW)
    assert not is_approved(kind="letter", subject="letter:1", digest="a" * 64)


def test_changed_content_replaces_what_waits(person, units) -> None:
    who = person("approver", "31-2020")
    first = asked(who, units)
    assert asked(who, units) == first
    asked(who, units, "b" * 64)
    first.refresh_from_db()
    assert first.is_overtaken


def test_who_comes_with_an_old_page_is_told_that_the_content_has_changed(person, units, signed_in) -> None:
    who, second = person("approver", "31-2025"), person("approver", "31-2025")
    old = approval_ask(
        kind="letter", subject="letter:1", digest="a" * 64, title="T", by=who, unit=units["31-2025"], now=NOW
    )
    approvals_void(kind="letter", subject="letter:1", by=who, now=NOW)
    client, path = signed_in(second), f"/van-phong/phe-duyet/{old.pk}/"
    page = client.get(path)
    assert (page.status_code, "Nội dung đã thay đổi sau khi trình" in page.content.decode()) == (200, True)
    assert 'name="verdict"' not in page.content.decode()
    answer = client.post(f"{path}quyet-dinh/", {"verdict": "grant"}, follow=True)
    assert "nội dung đã thay đổi sau khi trình" in answer.content.decode().lower()
    old.refresh_from_db()
    assert (old.is_granted, old.decided_by) == (False, None)


def test_a_grant_counts_though_the_same_content_was_once_taken_back(person, units) -> None:
    who, second = person("approver", "31-2020"), person("approver", "31-2020")
    approval_decide(approval=asked(who, units), is_granted=True, reason="", by=second, now=NOW)
    asked(who, units)
    approvals_void(kind="letter", subject="letter:1", by=who, now=NOW)
    assert is_approved(kind="letter", subject="letter:1", digest="a" * 64)


def test_what_was_granted_meanwhile_is_not_ended_by_something_newer(person, units) -> None:
    stale, second = asked(person("approver", "31-2020"), units), person("approver", "31-2020")
    approval_decide(approval=stale, is_granted=True, reason="", by=second, now=NOW)
    approval_supersede(approval=stale, reason="newer", by=None, now=NOW)
    stale.refresh_from_db()
    assert (stale.is_granted, stale.decided_by) == (True, second)
    assert not LogEntry.objects.filter(act="approval-void").exists()


def test_the_log_names_what_an_entry_is_about_and_shows_no_keys(person, units, signed_in, empty_centre) -> None:
    operator = person("operator", name="Nguyễn Văn An")
    campaign = campaign_begin(document=bundled_document(), by=operator, now=NOW)
    letter = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=NOW)
    Letter.objects.filter(pk=letter.pk).update(subject="triển khai chiến dịch")
    gate_ask(campaign=campaign, phase="before", by=operator, now=NOW)
    said = {"via": "inbox", "kind": "centre", "period": "2026-W47"}
    for subject in (f"person:{operator.pk}", "unit:31-2020", f"letter:{letter.pk}"):
        log_append(by=operator, act="look", subject=subject, unit=units["tw"], detail=said, now=NOW)
    page = signed_in(operator).get("/van-phong/nhat-ky/").content.decode()
    for words in (
        "người: Nguyễn Văn An",
        "đơn vị: Thành phố Hải Phòng",
        "công văn: triển khai chiến dịch",
        "chiến dịch: Chiến dịch rà soát và bóc gỡ mã độc trên toàn quốc năm 2020, Trước chiến dịch: chuẩn bị",
        "hộp công văn đến",
        "tuần 47/2026",
        "Cơ quan điều phối",
    ):
        assert words in page
    assert not re.search(r">(person|letter|unit|campaign):", page)
    assert "viet-nam-2020" not in page


def test_a_page_of_the_log_asks_once_for_each_kind_of_thing(person, units, django_assert_num_queries) -> None:
    people = [f"person:{person(None).pk}" for _ in range(5)]
    with django_assert_num_queries(2):
        names = subject_names([*people, "unit:tw", "unit:31-2020", "setting:public-url", "units", "new-kind:7"])
    assert names["new-kind:7"] == "new-kind: 7"
    assert names["units"] == "cây đơn vị"
    assert subject_names(["returns:2:2026-W47"]) == {"returns:2:2026-W47": "số liệu tổng hợp báo cáo: 2, tuần 47/2026"}
