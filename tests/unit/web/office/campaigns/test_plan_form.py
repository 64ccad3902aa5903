"""A plan is made and changed by a form; what it makes is the plan that its file would make."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.unit.web.office.campaigns.conftest import NOW, bundled_document

from quetsach.campaign import Campaign as Plan
from quetsach.campaign import read_campaign
from quetsach.campaign.schedule.plan import Need, Stage
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.campaigns.plan_form import SECTIONS
from quetsach.web.office.campaigns.plan_sheet import PlanSheet, draft_of
from quetsach.web.office.campaigns.services.plans import plan_move
from quetsach.web.office.campaigns.services.steps import gate_ask
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of

AT = "/van-phong/chien-dich/"
NEW, CHANGE = f"{AT}moi/", f"{AT}viet-nam-2020/ke-hoach/"


def typed(plan: Plan, revision: int = 1, **changes: Any) -> dict[str, str]:
    """Return what a browser sends for a plan."""
    draft = draft_of(plan, revision)
    sent = {name: str(value) for name, value in draft.pop("head")[0].items()}
    for name, rows in draft.items():
        sent |= {f"{name}-TOTAL_FORMS": str(len(rows)), f"{name}-INITIAL_FORMS": str(len(rows))}
        sent |= {f"{name}-{n}-{field}": str(value) for n, row in enumerate(rows) for field, value in row.items()}
    return sent | {"reason": "Hoãn vì mưa bão"} | {name: str(value) for name, value in changes.items()}


@pytest.fixture
def browser(operator, signed_in: Callable[..., Client]) -> Client:
    return signed_in(operator)


@pytest.fixture
def plan() -> Plan:
    return read_campaign(bundled_document(), file="campaign.toml")


def test_what_a_form_shows_of_a_plan_makes_the_same_plan_again(plan: Plan) -> None:
    sheet = PlanSheet(typed(plan), before=plan)
    assert sheet.is_valid(), sheet.errors
    assert sheet.plan == plan


def test_a_campaign_begins_by_its_form(data, plan: Plan, browser: Client) -> None:
    sent = typed(plan, key="viet-nam-2026")
    sent |= {name: "" for name in sent if name.endswith("-id")}
    response = browser.post(NEW, sent)
    assert response.status_code == 302, response.context["sheet"].errors
    made = Campaign.objects.get(key="viet-nam-2026").plan
    assert [p.id for p in made.phases] == ["before", "during", "after"]
    assert [p.id for p in made.phases[1].parts] == ["dot-1", "dot-2", "dot-3", "dot-4"]
    assert (made.baseline, made.previous_year) == ("baseline", "previous-year")
    assert [(p.name, p.period, set(p.conditions)) for p in made.phases] == [
        (p.name, p.period, set(p.conditions)) for p in plan.phases
    ]


def test_the_page_of_a_new_campaign_shows_phases_target_and_baseline_to_begin_with(data, browser: Client) -> None:
    sheet = browser.get(NEW).context["sheet"]
    assert [row["stage"].value() for row in sheet.lists["phases"]] == list(Stage)
    assert sheet.lists["phases"][1][Need.BOTNETS_DECIDED].value() == 10
    assert [row["role"].value() for row in sheet.lists["windows"]] == ["baseline", ""]


@pytest.mark.parametrize("name", list(SECTIONS))
def test_a_row_is_added_without_a_script_and_keeps_what_was_typed(data, browser: Client, plan: Plan, name: str) -> None:
    sent = typed(plan, key="x") | {"phases-0-name_vi": "Chuẩn bị đã gõ dở", "add": name}
    page = browser.post(NEW, sent)
    assert page.status_code == 200
    assert "Chuẩn bị đã gõ dở" in page.content.decode()
    assert len(page.context["sheet"].lists[name].forms) == int(sent[f"{name}-TOTAL_FORMS"]) + 1
    assert "error-summary" not in page.content.decode()
    assert not Campaign.objects.exists()


def test_a_row_is_taken_out_without_a_script(data, browser: Client, plan: Plan) -> None:
    page = browser.post(NEW, typed(plan, key="x") | {"remove": "milestones-0"})
    shown = [row["name_vi"].value() for row in page.context["sheet"].lists["milestones"]]
    assert shown == [m.name.vi for m in plan.milestones[1:]]


@pytest.mark.parametrize("act", [{"add": "never"}, {"remove": "phases-99"}, {"remove": "phases-²"}, {"remove": "x"}])
def test_what_no_button_sends_changes_nothing(data, browser: Client, plan: Plan, act: dict[str, str]) -> None:
    page = browser.post(NEW, typed(plan, key="x") | act)
    assert len(page.context["sheet"].lists["phases"].forms) == 3


@pytest.mark.parametrize("count", ["", "-1", "²", "9" * 5000, "1000000"])
def test_a_count_of_rows_that_cannot_be_is_no_error_of_the_server(
    data, browser: Client, plan: Plan, count: str
) -> None:
    sent = typed(plan, key="x") | {"phases-TOTAL_FORMS": count}
    assert browser.post(NEW, sent).status_code == 422
    assert browser.post(NEW, sent | {"add": "phases"}).status_code == 200


def test_a_row_left_blank_is_no_row(plan: Plan) -> None:
    count = len(plan.windows)
    sent = typed(plan) | {"windows-TOTAL_FORMS": str(count + 1), f"windows-{count}-role": ""}
    sheet = PlanSheet(sent, before=plan)
    assert sheet.is_valid(), sheet.errors
    assert sheet.plan == plan


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"phases-1-first": "2020-09-01"}, "id_phases-1-first", "chưa kết thúc"),
        ({"phases-1-last": "2020-01-01"}, "id_phases-1-last", "Ngày cuối đứng trước ngày đầu"),
        ({"phases-1-first": "2026-31-23"}, "id_phases-1-first", "Không có ngày này; ghi ngày/tháng/năm"),
        ({"phases-0-first": "1900-01-01"}, "id_phases-0-first", "từ năm 2000 đến năm 2100"),
        ({"windows-0-last": "2222-01-01"}, "id_windows-0-last", "từ năm 2000 đến năm 2100"),
        ({"parts-0-first": "2019-09-01"}, "id_parts-0-first", "không thuộc giai đoạn nào"),
        ({"parts-1-first": "2020-10-01"}, "id_parts-1-first", "chưa kết thúc"),
        ({"windows-0-last": "2020-01-01"}, "id_windows-0-last", ""),
        ({"targets-0-change_percent": "một nửa"}, "id_targets-0-change_percent", ""),
        ({"feeds": "sinkhole"}, "id_feeds", "không theo dạng nguồn/báo cáo"),
        ({"phases-0-id": "Trước"}, "", "chữ thường không dấu"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(
    campaign: Campaign, browser: Client, changes: dict[str, str], field: str, words: str
) -> None:
    response = browser.post(CHANGE, typed(campaign.plan) | changes)
    assert response.status_code == 422
    faults = response.context["sheet"].errors
    assert field in [fault.anchor for fault in faults], faults
    assert words in " ".join(fault.text for fault in faults)
    assert "<title>Lỗi: " in response.content.decode()
    assert campaign.revision.number == 1


def test_a_window_of_other_length_is_refused_at_its_row(campaign: Campaign, browser: Client) -> None:
    wanted = next(n for n, w in enumerate(campaign.plan.windows) if w.id == "close")
    response = browser.post(CHANGE, typed(campaign.plan) | {f"windows-{wanted}-last": "2020-12-20"})
    (fault,) = response.context["sheet"].errors
    assert fault.anchor == f"id_windows-{wanted}-last"
    assert "phải dài bằng nhau" in fault.text


@pytest.mark.parametrize("role", ["", "baseline"])
def test_exactly_one_window_is_the_baseline(campaign: Campaign, browser: Client, role: str) -> None:
    sent = typed(campaign.plan)
    sent |= {name: role for name in sent if name.endswith("-role")}
    response = browser.post(CHANGE, sent)
    assert "Đúng một kỳ đếm làm mốc" in response.content.decode()


def test_a_change_is_a_revision_with_its_reason_and_voids_what_waits(
    campaign: Campaign, browser: Client, operator
) -> None:
    gate_ask(campaign=campaign, phase="before", by=operator, now=NOW)
    at = next(n for n, m in enumerate(campaign.plan.milestones) if m.id == "launch")
    assert browser.post(CHANGE, typed(campaign.plan) | {f"milestones-{at}-on": "2020-09-25"}).status_code == 302
    assert campaign.revision.number == 2
    (decision,) = decisions_of(campaign)
    assert decision.grounds == "Hoãn vì mưa bão"
    assert not Approval.objects.filter(is_granted=None).exists()


def test_a_plan_that_somebody_changed_in_the_meantime_is_not_overwritten(
    campaign: Campaign, browser: Client, operator, second
) -> None:
    shown = typed(campaign.plan, revision=1)
    at = next(n for n, m in enumerate(campaign.plan.milestones) if m.id == "launch")
    day = campaign.plan.milestones[at + 1]
    period = type(campaign.plan.phases[0].period)(day.on, day.on)
    plan_move(campaign=campaign, days={"milestone:launch": period}, reason="Trước", by=second, now=NOW)
    page = browser.post(CHANGE, shown | {"summary_vi": "Tóm tắt khác"})
    assert page.status_code == 422
    assert "Trần Thị Bình đã điều chỉnh kế hoạch lúc 10:00 06/10/2020" in page.content.decode()
    assert campaign.revision.number == 2
    differing = {one.label: (one.stored, one.typed) for one in page.context["sheet"].clash}
    assert set(differing) == {"Tóm tắt bằng tiếng Việt", "Mốc “Lễ phát động trên toàn quốc”: Chậm nhất ngày"}
    assert differing["Mốc “Lễ phát động trên toàn quốc”: Chậm nhất ngày"] == ("22/09/2020", "18/09/2020")
    again = shown | {"summary_vi": "Tóm tắt khác", "revision": page.context["sheet"].head["revision"].value()}
    assert browser.post(CHANGE, again).status_code == 302
    assert campaign.plan.summary.vi == "Tóm tắt khác"


def test_the_example_is_a_plan_and_says_every_need(data, browser: Client) -> None:
    response = browser.get(f"{NEW}mau.toml")
    assert response["Content-Disposition"] == 'attachment; filename="campaign.toml"'
    plan = read_campaign(response.content, file="campaign.toml")
    assert {s.stage for s in plan.phases} == set(Stage)
    assert all(need.value in response.content.decode() for need in Need)
    sent = {"file": SimpleUploadedFile("campaign.toml", response.content)}
    assert browser.post(f"{NEW}tep/", sent).status_code == 302


def test_a_file_with_a_day_that_is_none_is_refused_with_its_line(data, browser: Client) -> None:
    content = bundled_document().replace(b"first = 2020-07-15", b"first = 2026-31-23", 1)
    line = content[: content.index(b"2026-31-23")].count(b"\n") + 1
    page = browser.post(f"{NEW}tep/", {"file": SimpleUploadedFile("c.toml", content)}).content.decode()
    assert f"dòng {line}: ngày 2026-31-23 không đúng; ghi năm-tháng-ngày, ví dụ 2026-11-23" in page
    assert "Expected" not in page
    assert "Campaign.toml" not in page


def test_no_unit_and_no_analyst_changes_a_plan(campaign: Campaign, person, signed_in) -> None:
    from quetsach.campaign.authority import Role

    assert signed_in(person(Role.ANALYST)).get(CHANGE).status_code == 403
    assert signed_in(person(Role.APPROVER, "31-2020")).get(NEW).status_code == 404
