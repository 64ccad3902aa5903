import dataclasses
from datetime import UTC, date, datetime

import pytest
from django.core.cache import cache
from tests.page_text import page_text
from tests.unit.web.office.campaigns.conftest import NOW, decide_botnets, freeze, grant, offer_tool

from quetsach.centre.centre import Centre
from quetsach.centre.publication.candidates import publish_candidate
from quetsach.centre.publication.counting import figures_count
from quetsach.core.text import LocalText
from quetsach.web.office.campaigns.selectors import outcome
from quetsach.web.office.campaigns.selectors.outcome import published_campaigns
from quetsach.web.office.campaigns.services.plans import campaign_clone
from quetsach.web.office.campaigns.services.steps import close_ask, gate_ask
from quetsach.web.office.plans.models import Campaign
from quetsach.web.portal.campaign_chart import draw_campaign

LATER = datetime(2026, 11, 26, 3, tzinfo=UTC)


@pytest.fixture
def opened(campaign: Campaign, operator, second) -> Campaign:
    grant(gate_ask(campaign=campaign, phase="before", by=operator, now=NOW), second)
    return campaign


def test_without_a_campaign_the_page_leads_to_the_steps(data, client) -> None:
    page = client.get("/chien-dich/")
    assert page.status_code == 200
    assert "Hiện không có chiến dịch" in page.content.decode()


def test_a_campaign_of_which_no_phase_is_open_is_nobodys_business(campaign: Campaign, client) -> None:
    assert "năm 2020" not in page_text(client.get("/chien-dich/"))
    assert client.get("/chien-dich/viet-nam-2020/").status_code == 404


def test_the_page_names_the_running_phase_and_its_part(
    opened: Campaign, client, operator, second, data, centre_figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "today", lambda _now: date(2020, 12, 2))
    freeze(data)
    offer_tool(data)
    decide_botnets(opened, operator)
    grant(gate_ask(campaign=opened, phase="during", by=operator, now=NOW), second)
    page = page_text(client.get("/chien-dich/"))
    assert "Trong chiến dịch: rà soát và bóc gỡ" in page
    assert "Đợt 4" in page
    assert "Vạch đỏ đánh dấu hôm nay, ngày 02/12/2020." in page
    assert 'class="today"' in page
    assert "Số liệu tính đến ngày 30/11/2020." in page
    assert "-45,0%" in page.replace("\u2212", "-")


@pytest.mark.parametrize(("address", "says"), [("/chien-dich/", "Việc cần làm"), ("/en/campaigns/", "What to do")])
def test_the_page_says_what_to_do_in_both_languages(opened: Campaign, client, address: str, says: str) -> None:
    assert says in page_text(client.get(address))


def test_the_page_sets_no_cookie_and_may_be_kept_by_caches(opened: Campaign, client) -> None:
    response = client.get("/chien-dich/")
    assert not response.cookies
    assert "public" in response["Cache-Control"]


def test_grounds_of_decisions_stay_in_the_office(opened: Campaign, client, operator) -> None:
    decide_botnets(opened, operator)
    assert "chín họ" not in page_text(client.get("/chien-dich/"))


def test_many_readers_cost_one_count(opened: Campaign, client, django_assert_num_queries) -> None:
    client.get("/chien-dich/")
    with django_assert_num_queries(0):
        client.get("/chien-dich/")


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (date(2020, 7, 1), "Chiến dịch bắt đầu ngày 15/07/2020"),
        (date(2021, 3, 1), "Chiến dịch đã kết thúc ngày 28/02/2021. Số liệu cuối cùng chưa được chốt."),
    ],
)
def test_before_its_first_and_after_its_last_day_the_page_says_so(
    opened: Campaign, client, monkeypatch: pytest.MonkeyPatch, day: date, says: str
) -> None:
    monkeypatch.setattr(outcome, "today", lambda _now: day)
    page = page_text(client.get("/chien-dich/"))
    assert says in page
    assert "giữa hai giai đoạn" not in page
    assert "Vạch đỏ" not in page
    assert 'class="today"' not in page


def test_a_running_campaign_is_of_today_whatever_day_the_figures_are_of(
    opened: Campaign, client, centre_figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome, "today", lambda _now: date(2020, 10, 1))
    page = page_text(client.get("/chien-dich/"))
    assert "Giai đoạn tiếp theo chưa được mở: Trong chiến dịch: rà soát và bóc gỡ, dự kiến từ ngày 17/09/2020." in page
    assert "Vạch đỏ đánh dấu hôm nay, ngày 01/10/2020." in page


def test_a_demonstration_of_the_past_is_over_today(opened: Campaign, client, centre_figures) -> None:
    assert "Chiến dịch đã kết thúc ngày 28/02/2021." in page_text(client.get("/chien-dich/"))


def test_the_page_shows_all_windows_and_which_decision_froze_the_baseline(
    opened: Campaign, client, data, centre_figures
) -> None:
    page = page_text(client.get("/chien-dich/viet-nam-2020/"))
    assert "<svg" in page
    assert page.count("<tr>") == 3
    assert "Mốc so sánh được chốt ngày 25/11/2026 (quyết định chốt mốc số 1)." in page


def test_a_closed_campaign_stays_with_its_final_figures(opened: Campaign, client, operator, second) -> None:
    grant(close_ask(campaign=opened, reason="Dừng", by=operator, now=NOW), second)
    cache.clear()
    assert "Chiến dịch đã kết thúc" in page_text(client.get("/chien-dich/viet-nam-2020/"))


def test_open_data_keep_the_windows_of_a_campaign_that_is_closed_while_the_next_one_runs(
    opened: Campaign, client, operator, second, centre_lake, tables
) -> None:
    before = page_text(client.get("/api/v1/windows.csv"))
    grant(close_ask(campaign=opened, reason="Dừng", by=operator, now=NOW), second)
    name = LocalText("Chiến dịch 2027", "Campaign 2027")
    following = campaign_clone(
        pattern=opened, key="viet-nam-2027", name=name, first=date(2027, 3, 1), by=operator, now=NOW
    )
    grant(gate_ask(campaign=following, phase="before", by=operator, now=NOW), second)
    counted = figures_count(
        data=centre_lake,
        view=Centre(centre_lake).view(),
        tables=dataclasses.replace(tables, campaigns=published_campaigns()),
        demonstration=None,
        now=LATER,
        draw=draw_campaign,
    )
    assert counted
    publish_candidate(centre_lake, counted.digest)
    rows = [line for line in page_text(client.get("/api/v1/windows.csv")).splitlines() if "viet-nam-2020" in line]
    assert len(rows) == sum("viet-nam-2020" in line for line in before.splitlines()) > 1
    assert any(line.split(",")[7] == "-45.0" for line in rows)
