"""A decision is written by one person, stands once a second one agrees, and is never of another time."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.page_text import page_text
from tests.unit.web.conftest import write_published
from tests.unit.web.office.campaigns.conftest import (
    NOW,
    TEN,
    agree,
    another,
    ask_botnets,
    bundled_document,
    decide_botnets,
)

from quetsach.assess.priority import Standing
from quetsach.campaign.authority import Role
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.schedule.decision import DecisionKind, decided_botnets
from quetsach.centre.publication.snapshot import RankedRow
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_decide
from quetsach.web.office.campaigns.selectors.boards import boards_of
from quetsach.web.office.campaigns.selectors.botnets import BotnetFigures, BotnetRow, botnet_figures, own_rankings
from quetsach.web.office.campaigns.selectors.decisions import asked_decisions
from quetsach.web.office.campaigns.services import decisions as decision_services
from quetsach.web.office.campaigns.services.decisions import decision_ask, decision_carry_out, decision_draft
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.campaigns.services.steps import close_ask
from quetsach.web.office.campaigns.views import decisions as decision_views
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.plans.models import Campaign, Passage
from quetsach.web.office.plans.selectors import decisions_of
from quetsach.web.office.refusal import AccessError
from quetsach.web.published.selectors import published_snapshot

PUBLISHED = datetime(2026, 11, 25, 4, tzinfo=UTC)


def draft(campaign: Campaign, by, kind: DecisionKind, now: datetime = NOW, **changes):
    said = {
        "title": "Họp báo",
        "grounds": "Theo kế hoạch",
        "decided_on": date(2020, 10, 1),
        "decided_by": "",
        "subjects": (),
        "supersedes": None,
    }
    return decision_draft(campaign=campaign, kind=kind, by=by, now=now, **(said | changes))


def test_a_decision_stands_only_once_a_second_person_agrees(campaign: Campaign, operator, second) -> None:
    passage = ask_botnets(campaign, operator)
    assert decisions_of(campaign) == ()
    agree(passage, second)
    (made,) = decisions_of(campaign)
    assert made.subjects == TEN
    entry = LogEntry.objects.filter(act="decision").latest("number")
    assert (entry.person_name, entry.detail["sha256"]) == (str(second), made.digest)


def test_who_asks_never_agrees(campaign: Campaign, operator) -> None:
    with pytest.raises(ApprovalError):
        agree(ask_botnets(campaign, operator), operator)
    assert decisions_of(campaign) == ()


def test_what_is_refused_is_not_recorded_and_waits_no_more(campaign: Campaign, operator, second) -> None:
    passage = ask_botnets(campaign, operator)
    approval = Approval.objects.get(digest=passage.sha256)
    approval_decide(approval=approval, is_granted=False, reason="Thiếu căn cứ", by=second, now=NOW)
    assert (decisions_of(campaign), asked_decisions(campaign)) == ((), [])


def test_asking_twice_waits_once(campaign: Campaign, operator) -> None:
    assert ask_botnets(campaign, operator) == ask_botnets(campaign, operator, now=NOW + timedelta(minutes=1))
    assert Approval.objects.filter(kind="decision").count() == 1


def test_two_decisions_of_different_kinds_wait_beside_each_other(campaign: Campaign, operator) -> None:
    ask_botnets(campaign, operator)
    decision_ask(campaign=campaign, decision=draft(campaign, operator, DecisionKind.OTHER), by=operator, now=NOW)
    assert len(asked_decisions(campaign)) == 2


def test_a_decision_that_another_one_overtook_is_not_granted(campaign: Campaign, operator, second) -> None:
    late = ask_botnets(campaign, operator, names=TEN[:3])
    decide_botnets(campaign, operator)
    with pytest.raises(ApprovalError, match="1"):
        agree(late, second)
    assert Approval.objects.get(digest=late.sha256).is_granted is None
    assert len(decisions_of(campaign)) == 1


def test_nothing_is_recorded_after_the_close(campaign: Campaign, operator, second) -> None:
    waiting = ask_botnets(campaign, operator)
    closing = close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW)
    approval_decide(
        approval=Approval.objects.get(digest=closing.sha256), is_granted=True, reason="", by=second, now=NOW
    )
    with pytest.raises(ApprovalError):
        agree(waiting, second)
    assert decisions_of(campaign) == ()


def test_what_was_agreed_to_and_not_recorded_is_recorded_once_by_asking_again(
    campaign: Campaign, operator, second, signed_in
) -> None:
    passage = ask_botnets(campaign, operator)
    Approval.objects.filter(digest=passage.sha256).update(is_granted=True, decided_by=second, decided_at=NOW)
    (waiting,) = asked_decisions(campaign)
    assert waiting.is_granted
    page = signed_in(second)
    address = f"/van-phong/chien-dich/{campaign.key}/quyet-dinh/"
    assert "chưa được ghi" in page.get(address).content.decode()
    page.post(address, {"retry": waiting.approval.pk})
    page.post(address, {"retry": waiting.approval.pk})
    assert len(decisions_of(campaign)) == 1
    decision_carry_out(waiting.approval, NOW)
    assert len(decisions_of(campaign)) == 1


def test_a_later_decision_takes_the_place_of_the_one_it_names(campaign: Campaign, operator) -> None:
    decide_botnets(campaign, operator)
    decide_botnets(campaign, operator, supersedes=1, names=TEN[:3])
    assert decided_botnets(decisions_of(campaign)) == TEN[:3]


def test_two_lists_of_botnets_never_stand_beside_each_other(campaign: Campaign, operator) -> None:
    decide_botnets(campaign, operator)
    with pytest.raises(ScheduleError, match="already names"):
        decide_botnets(campaign, operator)


def test_the_published_figures_of_the_moment_are_sealed_beside_it(campaign: Campaign, operator, centre_figures) -> None:
    snapshot = published_snapshot()
    assert snapshot
    largest = RankedRow(1, "vnpt", LocalText("VNPT", "VNPT"), 12.0, 0.5, 80.0)
    write_published(centre_figures, dataclasses.replace(snapshot, isps=(largest, *snapshot.isps)))
    made = draft(campaign, operator, DecisionKind.ISPS, PUBLISHED, subjects=(largest.id,))
    (row,) = made.figures["rows"]
    assert (row["id"], row["mean_daily"]) == (largest.id, largest.mean_daily)
    assert made.figures["as_of"] == "2020-11-30"
    assert made.decided_by == str(operator)


def test_figures_of_a_later_day_are_no_grounds(campaign: Campaign, operator, centre_lake) -> None:
    before = datetime(2020, 7, 1, 4, tzinfo=UTC)
    said = {"title": "x", "grounds": "y", "decided_on": date(2020, 7, 1), "subjects": ("andromeda",)}
    assert draft(campaign, operator, DecisionKind.BOTNETS, before, **said).figures == {}
    assert draft(campaign, operator, DecisionKind.BOTNETS, **said).figures["first"] == "2020-06-16"


def test_botnets_stand_in_the_order_of_their_rank_with_score_standing_and_window(
    campaign: Campaign, operator, centre_lake
) -> None:
    figures = botnet_figures(campaign.plan)
    assert [row.rank for row in figures.rows] == list(range(1, len(figures.rows) + 1))
    assert [row.score for row in figures.rows] == sorted((row.score for row in figures.rows), reverse=True)
    made = draft(campaign, operator, DecisionKind.BOTNETS, subjects=("sality", "Andromeda", "andromeda"))
    assert made.subjects == ("andromeda", "sality")  # sality was not seen: it has no rank
    (row,) = made.figures["rows"]
    assert (row["rank"], row["mean_daily"], row["standing"]) == (1, 20.0, "certain")
    assert (made.figures["first"], made.figures["last"]) == ("2020-06-16", "2020-07-15")


def test_a_botnet_that_no_table_knows_is_refused_by_its_name(campaign: Campaign, operator) -> None:
    with pytest.raises(ScheduleError, match="conficer") as refused:
        draft(campaign, operator, DecisionKind.BOTNETS, subjects=("andromeda", "conficer"))
    assert refused.value.field == "others"


def test_figures_of_another_time_are_shown_nowhere(data, operator, centre_lake, signed_in) -> None:
    document = bundled_document().decode()
    for year in ("2021", "2020", "2019"):
        document = document.replace(f"{year}-", f"{int(year) + 6}-")
    document = document.replace("2026-02-29", "2026-02-28").replace('"viet-nam-2020"', '"viet-nam-2026"')
    later = campaign_begin(document=document.encode(), by=operator, now=PUBLISHED)
    rankings = own_rankings(later.plan)
    assert rankings is not None
    assert not rankings.is_own
    assert all(row.figures == (None, None) for row in boards_of(later)[0].rows)
    assert not botnet_figures(later.plan).rows
    made = draft(later, operator, DecisionKind.BOTNETS, PUBLISHED, decided_on=PUBLISHED.date(), subjects=("sality",))
    assert made.figures == {}
    page = page_text(signed_in(operator).get("/van-phong/chien-dich/viet-nam-2026/quyet-dinh/moi/botnets/"))
    assert "Ngày mới nhất có dữ liệu là 30/11/2020" in page
    assert 'type="checkbox"' not in page
    assert "16/06/2026" in page


@pytest.mark.parametrize("day", [date(1900, 1, 1), date(2019, 7, 14), date(2022, 3, 2), NOW.date() + timedelta(days=1)])
def test_a_day_outside_the_campaign_or_to_come_is_refused(campaign: Campaign, operator, day: date) -> None:
    late = datetime(2026, 1, 1, tzinfo=UTC) if day.year == 2022 else NOW
    with pytest.raises(ScheduleError) as refused:
        draft(campaign, operator, DecisionKind.OTHER, late, decided_on=day)
    assert refused.value.field == "decided_on"


@pytest.mark.parametrize(
    ("kind", "subjects"),
    [(DecisionKind.ISPS, ()), (DecisionKind.BOTNETS, ()), (DecisionKind.EVALUATION, ("andromeda",))],
)
def test_parts_that_do_not_belong_to_the_kind_are_never_dropped(campaign, operator, kind, subjects) -> None:
    with pytest.raises(ScheduleError) as refused:
        draft(campaign, operator, kind, subjects=subjects)
    assert refused.value.field == "subjects"


def test_an_analyst_decides_nothing(campaign: Campaign, person) -> None:
    with pytest.raises(AccessError):
        ask_botnets(campaign, person(Role.ANALYST))


@pytest.fixture
def browser(operator, signed_in):
    return signed_in(operator)


HOME = "/van-phong/chien-dich/viet-nam-2020/quyet-dinh/"
SENT = {
    "title": "Mười mạng",
    "grounds": "Vì <b>lớn</b>",
    "decided_on": "2020-09-10",
    "decided_by": "Ban chỉ đạo",
    "others": "sality",
}


def test_a_decision_is_shown_whole_before_it_is_asked_for(campaign: Campaign, browser, centre_lake, second) -> None:
    sent = SENT | {"subjects": ["andromeda"]}
    whole = browser.post(HOME + "moi/botnets/", sent)
    page = page_text(whole)
    assert "Đã chọn: 2/10" in page
    assert "Vì &lt;b&gt;lớn&lt;/b&gt;" in page
    assert not Passage.objects.exists()
    changed = browser.post(HOME + "moi/botnets/", sent | {"step": "edit"})
    assert changed.status_code == 200
    assert "checked" in changed.content.decode()
    assert not Passage.objects.exists()
    other = browser.post(HOME + "moi/botnets/", sent | {"step": "ask", "seen": "what was shown before"})
    assert "đã thay đổi từ lúc bạn xem" in page_text(other)
    assert not Passage.objects.exists()
    seen = whole.context["decision"].digest
    assert browser.post(HOME + "moi/botnets/", sent | {"step": "ask", "seen": seen}).status_code == 302
    assert "Chưa có quyết định" not in browser.get(HOME).content.decode()
    approval = Approval.objects.get(kind="decision")
    agree(Passage.objects.get(), second)
    (decision,) = decisions_of(campaign)
    assert decision.subjects == ("andromeda", "sality")
    page = page_text(browser.get(HOME))
    assert "Vì &lt;b&gt;lớn&lt;/b&gt;" in page
    assert "<p>Andromeda, " in page  # by name, not by the key of the table
    assert decision.digest in page
    assert approval.title.endswith("Mười mạng")


def test_the_second_person_sees_the_whole_decision(
    campaign: Campaign, operator, second, signed_in, centre_lake
) -> None:
    ask_botnets(campaign, operator)
    approval = Approval.objects.get(kind="decision")
    page = page_text(signed_in(second).get(f"/van-phong/phe-duyet/{approval.pk}/"))
    assert "Chiếm phần lớn số địa chỉ" in page
    assert "16/06/2020 – 15/07/2020" in page
    assert "Đã chọn: 10/10" in page


def test_a_decision_that_cannot_stand_keeps_what_was_typed(campaign: Campaign, browser, operator) -> None:
    decide_botnets(campaign, operator)
    page = browser.post(HOME + "moi/botnets/", SENT | {"decided_on": "1900-01-01", "supersedes": "1"})
    assert page.status_code == 422
    assert "Ngày quyết định phải từ" in page.content.decode()
    assert "Mười mạng" in page.content.decode()


def test_botnets_are_shown_by_rank_with_their_figures(campaign: Campaign, browser, centre_lake) -> None:
    page = page_text(browser.get(HOME + "moi/botnets/"))
    assert "16/06/2020 – 15/07/2020" in page
    assert "chắc chắn" in page
    assert page.index("Andromeda") < page.index('name="title"')


@pytest.mark.parametrize("kind", ["dates", "baseline", "plan", "never"])
def test_what_the_office_records_itself_is_written_by_nobody(campaign: Campaign, browser, kind: str) -> None:
    assert browser.get(HOME + f"moi/{kind}/").status_code == 404


def test_what_the_plan_waits_for_can_be_ticked(data, operator, signed_in) -> None:
    document = bundled_document().replace(
        b'needs = "letters-issued"', 'needs = "decision-recorded"\nsubject = "Họp báo"'.encode(), 1
    )
    campaign_begin(document=document, by=operator, now=NOW)
    page = page_text(signed_in(operator).get(HOME + "moi/other/"))
    assert 'value="Họp báo"' in page
    assert another(operator) != operator


def test_a_row_that_gives_way_says_to_which_and_ticks_are_counted_in_one_form(
    campaign: Campaign, operator, second, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = campaign.plan.window(campaign.plan.baseline).period
    standing = Standing.CONTESTED
    rows = (
        BotnetRow(1, "andromeda", "Andromeda", 0.6, 55.4, standing, 20.0, is_suggested=False, gives_way_to=("Qakbot",)),
        BotnetRow(2, "qakbot", "Qakbot", 0.5, 51.0, standing, 12.0, is_suggested=True),
    )
    figures = BotnetFigures(window, 30, window.last, "1", 10, 1, rows)
    for module in (decision_views, decision_services):
        monkeypatch.setattr(module, "botnet_figures", lambda _plan: figures)
    at = "/van-phong/chien-dich/viet-nam-2020/quyet-dinh/"
    client = signed_in(operator)
    page = page_text(client.get(f"{at}moi/botnets/"))
    assert "Không ghi “nên chọn” vì Qakbot có khả năng quan sát và bóc gỡ cao hơn." in page
    assert "mạng xếp hạng thấp hơn vẫn có thể được ghi “nên chọn”" in page
    assert 'Đã chọn: <span class="count">/10</span>' in page  # the number before it is counted by the style sheet
    made = draft(campaign, operator, DecisionKind.BOTNETS, subjects=("andromeda",))
    decision_ask(campaign=campaign, decision=made, by=operator, now=NOW)
    asked = page_text(signed_in(second).get(f"/van-phong/phe-duyet/{Approval.objects.get().pk}/"))
    assert "Đã chọn: 1/10" in asked
    assert "Không ghi “nên chọn” vì Qakbot có khả năng quan sát và bóc gỡ cao hơn." in asked
