"""The age of a visitor's browser: told from the request alone, and never more than tables and browsers tell."""

from datetime import date

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from quetsach.web.published.browser_age import OLD_AFTER, Age, Engine, System, age_of

TODAY = date(2026, 12, 3)
_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"


def told(agent: str) -> tuple[str, int, bool, str]:
    age = age_of(agent, today=TODAY)
    browser = age.browser
    return browser.name if browser else "", browser.version if browser else 0, age.is_old, age.system.value


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (f"{_WINDOWS} {_KIT} Chrome/109.0.0.0 Safari/537.36", ("Chrome", 109, True, "windows")),
        (f"{_WINDOWS} {_KIT} Chrome/144.0.0.0 Safari/537.36", ("Chrome", 144, True, "windows")),
        (f"{_WINDOWS} {_KIT} Chrome/158.0.0.0 Safari/537.36", ("Chrome", 158, False, "windows")),
        (f"{_WINDOWS} {_KIT} Chrome/120.0.0.0 Safari/537.36 Edg/120.0", ("Microsoft Edge", 120, True, "windows")),
        (f"{_WINDOWS} {_KIT} coc_coc_browser/150.0 Chrome/158.0.0.0 Safari/537.36", ("Cốc Cốc", 158, False, "windows")),
        ("Mozilla/5.0 (Windows NT 6.1; rv:109.0) Gecko/20100101 Firefox/115.0", ("Firefox", 115, True, "ended")),
        (f"Mozilla/5.0 (Windows NT 6.3; Win64; x64) {_KIT} Chrome/109.0", ("Chrome", 109, True, "ended")),
        ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", ("Internet Explorer", 0, True, "ended")),
        (f"{_IPHONE} Version/26.1 Mobile/15E148 Safari/604.1", ("Safari", 26, False, "apple-mobile")),
        (f"{_IPHONE} Version/18.6 Mobile/15E148 Safari/604.1", ("Safari", 18, True, "apple-mobile")),
        (f"{_IPHONE} CriOS/150.0 Mobile/15E148 Safari/604.1", ("", 0, False, "apple-mobile")),
        (f"Mozilla/5.0 (Linux; Android 10; K) {_KIT} Chrome/158.0 Mobile", ("Chrome", 158, False, "untold")),
        (f"Mozilla/5.0 (Linux; Android 9; SM-J730G) {_KIT} Chrome/100.0 Mobile", ("Chrome", 100, True, "ended")),
        ("Mozilla/5.0 (Android 14; Mobile; rv:147.0) Gecko/147.0 Firefox/147.0", ("Firefox", 147, False, "untold")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/17.0 Safari/605", ("Safari", 17, True, "untold")),
        ("curl/8.14.1", ("", 0, False, "untold")),
        ("", ("", 0, False, "untold")),
    ],
)
def test_what_a_browser_says_is_understood(agent: str, expected: tuple[str, int, bool, str]) -> None:
    assert told(agent) == expected


def test_a_newer_version_makes_old_only_half_a_year_after_it_came_out() -> None:
    agent = f"{_WINDOWS} {_KIT} Chrome/144.0.0.0 Safari/537.36"
    newer = age_of(agent, today=TODAY).newer
    assert newer
    assert newer[0] > 144
    assert not age_of(agent, today=newer[1]).is_old
    assert age_of(agent, today=newer[1] + OLD_AFTER).is_old


@given(agent=st.text() | st.from_regex(r"Mozilla/5\.0 .*(Chrome|Firefox|Version|Android|Windows NT)[/ ]\d+.*"))
def test_any_text_is_told_of_without_a_fault(agent: str) -> None:
    age = age_of(agent, today=TODAY)
    assert isinstance(age, Age)
    assert (age.system is System.ENDED) == bool(age.system_name)
    assert not age.is_old or age.newer or (age.browser and age.browser.engine is Engine.EXPLORER)


def test_the_answer_is_the_visitors_own_and_kept_nowhere(centre, client: Client) -> None:
    old = f"Mozilla/5.0 (Windows NT 6.1; Win64; x64) {_KIT} Chrome/109.0.0.0 Safari/537.36"
    answer = client.post("/trinh-duyet/", headers={"user-agent": old})
    text = answer.content.decode()
    assert answer["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert not answer.cookies
    assert "<h1>Bạn nên cập nhật</h1>" in text
    assert "Windows 7" in text
    assert "14/1/2020" in text or "14/01/2020" in text
    assert "109" in text


def test_what_is_not_old_is_not_called_the_newest(centre, client: Client) -> None:
    new = f"{_WINDOWS} {_KIT} Chrome/999.0.0.0 Safari/537.36"
    text = client.post("/en/browser/", headers={"user-agent": new}).content.decode()
    assert "We know of nothing outdated" in text
    assert "It does not mean that yours is the newest" in text
    assert "It is Windows 10 or 11" in text


@pytest.mark.parametrize("agent", ["", "curl/8", "<script>alert(1)</script> Chrome/1", "Chrome/" + "9" * 5000])
def test_odd_browsers_get_a_page(centre, client: Client, agent: str) -> None:
    answer = client.post("/en/browser/", headers={"user-agent": agent})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
