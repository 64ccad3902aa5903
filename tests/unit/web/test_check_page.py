"""The look at one's own address: five answers, and what none of them may say or keep."""

import dataclasses
import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client
from tests.unit.web.conftest import NOT_SEEN, SEEN, SEEN_IPV6

from quetsach.web.api.models import ToolReport
from quetsach.web.metrics import REGISTRY

PAGES = {"vi": "/kiem-tra/", "en": "/en/check/"}
ANSWERS = {
    SEEN: ("Địa chỉ của bạn đã bị ghi nhận có mã độc hoạt động", "Malware was reported at your address"),
    NOT_SEEN: ("Chưa có ghi nhận mã độc nào từ địa chỉ này", "No malware was reported at this address"),
    **dict.fromkeys(
        ("8.8.8.8", "1.1.1.1", "2001:4860:4860::8888"),
        ("Nguồn dữ liệu của chúng tôi không có thông tin về địa chỉ này", "Our sources do not cover this address"),
    ),
    "100.64.3.4": ("Địa chỉ này dùng chung hoặc bị che", "This address is shared or hidden"),
    "192.168.1.4": ("Địa chỉ này dùng chung hoặc bị che", "This address is shared or hidden"),
}


def main_of(page: bytes) -> str:
    text = re.search(r"<main.*</main>", page.decode(), re.DOTALL)
    assert text
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text[0])))


def ask(client: Client, address: str, language: str = "vi", **headers: str) -> str:
    answer = client.post(PAGES[language], REMOTE_ADDR=address, **headers)
    assert answer.status_code == 200
    return main_of(answer.content)


@pytest.mark.parametrize(("address", "titles"), ANSWERS.items())
def test_each_kind_of_address_gets_its_answer(
    centre: Path, client: Client, address: str, titles: tuple[str, str]
) -> None:
    assert titles[0] in ask(client, address)
    assert titles[1] in ask(client, address, "en")


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888"])
def test_nobody_abroad_is_given_good_news(centre: Path, client: Client, address: str) -> None:
    assert "tin tốt" not in ask(client, address)
    assert "good to know" not in ask(client, address, "en")
    assert "VPN" in ask(client, address)


def test_an_answer_leads_to_what_comes_next(centre: Path, client: Client) -> None:
    seen, unseen = (client.post("/kiem-tra/", REMOTE_ADDR=a).content.decode() for a in (SEEN, NOT_SEEN))
    assert 'class="button now" href="/thiet-bi/">Chọn thiết bị của bạn<' in seen
    assert 'class="button" href="/thiet-bi/">Chọn thiết bị của bạn<' in unseen


def test_old_data_say_nothing_about_now(centre: Path, client: Client, settings, monkeypatch) -> None:
    from quetsach.web.published import selectors

    monkeypatch.setattr(selectors, "day_of_data", lambda now: now.date())
    assert "Chúng tôi chưa có dữ liệu mới" in ask(client, SEEN)


def test_a_centre_without_data_says_so(empty_centre: Path, client: Client) -> None:
    assert "We have no fresh data" in ask(client, SEEN, "en")


def test_a_damaged_look_up_is_no_data(centre_data: Path, empty_centre: Path, client: Client) -> None:
    (empty_centre / "published").mkdir()
    (empty_centre / "published" / "listed.bin").write_bytes(b"not a look-up")
    assert "We have no fresh data" in ask(client, SEEN, "en")


def test_the_answer_names_family_and_last_day(centre: Path, client: Client) -> None:
    answer = ask(client, SEEN)
    assert "Andromeda" in answer
    assert "30/11/2020" in answer


def test_ipv6_is_matched_by_its_64(centre: Path, client: Client) -> None:
    assert "Malware was reported at your address" in ask(client, SEEN_IPV6.replace("::77", "::1234"), "en")
    assert "No malware was reported at this address" in ask(client, "2405:4800:1:3::77", "en")


@pytest.mark.parametrize("address", [*ANSWERS, "nonsense"])
def test_check_page_never_says_clean_or_infected(centre: Path, client: Client, address: str) -> None:
    for language, words in (("vi", ("sạch", "nhiễm")), ("en", ("clean", "infect"))):
        for text in (main_of(client.get(PAGES[language]).content), ask(client, address, language)):
            assert not [word for word in words if word in text.lower()]


def test_check_page_ignores_client_supplied_forwarded_header(centre: Path, client: Client) -> None:
    assert NOT_SEEN in ask(client, NOT_SEEN, HTTP_X_FORWARDED_FOR=SEEN)
    assert "No malware was reported" in ask(client, NOT_SEEN, "en", HTTP_X_FORWARDED_FOR=SEEN, HTTP_X_REAL_IP=SEEN)


def test_behind_a_proxy_the_forwarded_visitor_is_looked_up(centre: Path, client: Client, settings) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, proxy_hops=1)
    assert "Malware was reported at your address" in ask(
        client, "10.0.0.1", "en", HTTP_X_FORWARDED_FOR=f"8.8.8.8, {SEEN}"
    )


def test_no_parameter_looks_up_another_address(centre: Path, client: Client) -> None:
    answer = client.post(f"/en/check/?address={SEEN}&ip={SEEN}", {"address": SEEN, "ip": SEEN}, REMOTE_ADDR=NOT_SEEN)
    assert "No malware was reported" in main_of(answer.content)


def test_the_page_has_no_input_box(centre: Path, client: Client) -> None:
    page = client.get("/kiem-tra/").content.decode()
    assert not re.search(r"<(input|select|textarea)", page)


def test_looking_at_the_page_looks_nothing_up(centre: Path, client: Client) -> None:
    page = client.get("/en/check/", REMOTE_ADDR=SEEN)
    assert SEEN not in page.content.decode()
    assert "Look up my address" in page.content.decode()


def test_nothing_is_kept_or_cached(centre: Path, client: Client) -> None:
    before = sorted(p for p in centre.rglob("*"))
    answer = client.post("/kiem-tra/", REMOTE_ADDR=SEEN)
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies
    assert sorted(p for p in centre.rglob("*")) == before
    assert ToolReport.objects.count() == 0


def test_the_log_holds_no_address(centre: Path, client: Client, caplog) -> None:
    with caplog.at_level("DEBUG"):
        client.post("/kiem-tra/", REMOTE_ADDR=SEEN)
    lines = [record for record in caplog.records if record.name == "quetsach.web.request"]
    assert [record.page for record in lines] == ["check"]
    assert not [record for record in caplog.records if SEEN in str(record.__dict__)]


def test_outcomes_are_counted(centre: Path, client: Client) -> None:
    def count() -> float:
        return REGISTRY.get_sample_value("quetsach_checks_total", {"outcome": "seen"}) or 0

    before = count()
    client.post("/kiem-tra/", REMOTE_ADDR=SEEN)
    assert count() == before + 1


def test_another_site_cannot_ask_in_the_visitors_name(centre: Path, client: Client) -> None:
    for headers in ({"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_ORIGIN": "https://evil.example"}):
        answer = client.post("/en/check/", REMOTE_ADDR=SEEN, **headers)
        assert answer.status_code == 403
        assert "came from another site" in answer.content.decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "null"},
        {"HTTP_ORIGIN": "http://testserver"},
    ],
)
def test_our_own_form_passes(centre: Path, client: Client, headers: dict[str, str]) -> None:
    assert client.post("/en/check/", REMOTE_ADDR=SEEN, **headers).status_code == 200


def test_the_day_of_a_demonstration_is_its_own(centre: Path) -> None:
    from quetsach.web.published import selectors

    assert str(selectors.day_of_data(datetime.now(UTC))) == "2020-11-30"
