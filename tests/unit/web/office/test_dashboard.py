"""The desk says what waits, and only what is the person's to do."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from quetsach.campaign.returns.period import PeriodKind, week_of
from quetsach.installation import bundled
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.returns.models import Period, Return
from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
from quetsach.web.office.tree.models import UnitKind
from quetsach.web.office.views import dashboard_of

NOW = datetime.now(UTC)
UNSET = "Chưa đặt địa chỉ công khai của trung tâm"
BRIEFLY = "Chưa nên gửi đi: trung tâm chưa có địa chỉ công khai."


def counts(person) -> dict[str, int]:
    desk = dashboard_of(person, now=NOW)
    return {waiting.url.split("/")[2]: waiting.count for waiting in desk.waiting}


@pytest.fixture
def period(units) -> Period:
    """Communes and provinces owe a return for the week that is running."""
    path = bundled("data") / "forms" / "unit-return-1.toml"
    week = week_of(NOW.date() - timedelta(days=1))
    made = assignment_make(
        by=None,
        campaign=Campaign.objects.create(key="viet-nam", begun_at=NOW),
        form=form_load(content=path.read_bytes(), file=path.name),
        period_kind=PeriodKind.WEEK,
        periods=[week],
        targets=[Target(units["tw"], kind) for kind in (UnitKind.PROVINCE, UnitKind.COMMUNE)],
        due_days=3,
        lock_days=10,
        now=NOW,
    )
    return made.periods.get()


def test_who_has_nothing_to_do_is_told_so(person, signed_in) -> None:
    assert "Hiện bạn không có việc nào cần xử lý." in signed_in(person("viewer")).get("/van-phong/").content.decode()


def test_a_return_that_is_owed_waits_for_the_units_own_people(period: Period, person) -> None:
    assert counts(person("editor", "11296-2025")) == {"bao-cao": 1}
    assert counts(person("viewer", "11296-2025")) == {}


def test_a_submitted_return_waits_for_the_unit_above_only(period: Period, person, units) -> None:
    Return.objects.create(period=period, unit=units["11296-2025"], state="submitted", scope="own", changed_at=NOW)
    assert counts(person("approver", "31-2025")) == {"bao-cao": 1}
    assert counts(person("approver", "11296-2025")) == {}
    assert counts(person("approver", "01-2025")) == {"bao-cao": 1}  # its own, not that of the other province


def test_an_approval_waits_for_others_than_who_asked(person, units) -> None:
    one, other = person("approver", "31-2025"), person("approver", "31-2025")
    facts = {"kind": "letter", "subject": "letter:1", "digest": "a" * 64, "title": "Công văn"}
    approval_ask(**facts, by=one, unit=units["31-2025"], now=NOW)
    assert counts(one) == {}
    assert counts(other) == {"phe-duyet": 1}


def test_until_the_public_address_is_set_who_works_here_is_warned_that_links_lead_nowhere(
    person, signed_in, settings
) -> None:
    client = signed_in(person("operator"))
    for where in ("/van-phong/", "/van-phong/van-hanh/"):
        assert UNSET in client.get(where).content.decode()
    elsewhere = client.get("/van-phong/nhan-su/").content.decode()
    assert BRIEFLY in elsewhere
    assert UNSET not in elsewhere
    settings.CENTER = dataclasses.replace(settings.CENTER, public_url="https://centre.example")
    for where in ("/van-phong/", "/van-phong/nhan-su/"):
        assert "địa chỉ công khai của trung tâm" not in (page := client.get(where).content.decode())
        assert BRIEFLY not in page


def test_who_cannot_set_the_public_address_reads_of_it_only_where_links_go_out(person, signed_in, units) -> None:
    client = signed_in(person("editor", "31-2025"))
    for where, is_told in (("/van-phong/", False), ("/van-phong/cong-van/", True), ("/van-phong/truyen-thong/", True)):
        page = client.get(where).content.decode()
        assert (BRIEFLY in page, UNSET in page) == (is_told, False)


def test_a_return_that_was_sent_back_is_counted_as_such(period: Period, person, units) -> None:
    Return.objects.create(period=period, unit=units["11296-2025"], state="returned", scope="own", changed_at=NOW)
    desk = dashboard_of(person("editor", "11296-2025"), now=NOW)
    waiting = {str(one.title): one.count for one in desk.waiting}
    assert waiting == {"Báo cáo bị trả lại": 1}


def test_what_is_to_be_decided_stands_before_all_else(period: Period, person, units, signed_in) -> None:
    Return.objects.create(period=period, unit=units["11296-2025"], state="submitted", scope="own", changed_at=NOW)
    page = signed_in(person("approver", "31-2025")).get("/van-phong/").content.decode()
    headings = [page.index(f"<h2>{text}</h2>") for text in ("Cần quyết định", "Việc cần làm", "Các phần việc")]
    assert headings == sorted(headings)


def test_a_new_operator_sees_what_to_do_first_and_nobody_else_does(person, signed_in) -> None:
    operator = person("operator")
    page = signed_in(operator).get("/van-phong/").content.decode()
    assert "Việc cần làm trước khi bắt đầu" in page
    assert page.index("Việc cần làm trước khi bắt đầu") < page.index("Các phần việc")
    assert dashboard_of(person("approver", "31-2025"), now=NOW).steps == ()
