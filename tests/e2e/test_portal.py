"""Every public page in a real browser: both languages, telephone and desk, light and dark, with and without script."""

import ipaddress
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser import barriers, fits, press, strike
from tests.centre import prepared, served
from tests.lake_reader import TESTER
from tests.offered_release import ALL, BUNDLE, ELSEWHERE, LINUX, SETUP, WINDOWS, build_release

from quetsach.core.period import Period
from quetsach.lake.lake import Lake
from quetsach.web.published.devices import DEVICES

pytestmark = pytest.mark.e2e

PAGES = (
    *("/kiem-tra/lai/", "/en/check/again/", "/so-lieu-tu-dau-ma-co/", "/xac-minh/", "/cho-moi-nguoi/"),
    *("/", "/kiem-tra/", "/tai-ve/", "/thiet-bi/", "/thiet-bi/khong-biet/", "/thiet-bi/khong-biet/nhieu-thiet-bi/"),
    *("/thiet-bi/may-tinh-windows/lam-sach/", "/thiet-bi/may-chu-linux/lam-sach/", "/thiet-bi/dau-thu-tv-box/"),
    *(
        "/cach-tinh/",
        "/du-lieu-mo/",
        "/quyen-rieng-tu/",
        "/ma-doc/",
        "/ma-doc/eicar/",
        "/ma-doc/xmrig-miner/",
        "/khong-co-trang-nay/",
    ),
    *("/en/", "/en/check/", "/en/devices/", "/en/devices/i-do-not-know/", "/en/devices/i-do-not-know/box/"),
    *("/en/devices/windows-computer/clean/", "/en/devices/iphone/", "/en/devices/camera/prevent/"),
    *(
        "/en/download/",
        "/en/how-this-is-counted/",
        "/en/open-data/",
        "/en/privacy/",
        "/en/malware/",
        "/en/malware/eicar/",
    ),
    *("/en/malware/xmrig-miner/", "/ma-doc/iot-devices/", "/en/malware/qsnatch/", "/en/no-such-page/"),
    *("/giup-do/", "/giup-do/HT-222-222/", "/en/help/"),
)
WIDTHS = {360: "light", 1280: "dark"}
"""Width in pixels and colour scheme: each page is seen in both; colours do not depend on the width."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory, "portal", demonstration=True)


@pytest.fixture(scope="module")
def url(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A centre with the demonstration campaign and a release, behind one proxy: the tests play the proxy."""
    release = build_release(tmp_path_factory.mktemp("release"), *ALL)
    with served(data, "--tool", release, QUETSACH_PROXY_HOPS="1") as server:
        yield server.url


@pytest.fixture(scope="module", params=WIDTHS)
def audited(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page into which the audit may bring its own script, which the portal's policy forbids to everyone else."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 800}, color_scheme=WIDTHS[request.param], bypass_csp=True
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A telephone without JavaScript."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_barrier_and_never_scrolls_sideways(url: str, audited: Page, path: str) -> None:
    audited.goto(url + path)
    assert barriers(audited) == []
    assert fits(audited)


@pytest.mark.parametrize("path", ["/tai-ve/", "/en/download/"])
def test_the_page_of_downloads_has_no_barrier_whoever_asks(url: str, audited: Page, path: str) -> None:
    for agent, name in {WINDOWS: SETUP, LINUX: BUNDLE, **dict.fromkeys(ELSEWHERE.values())}.items():
        audited.set_extra_http_headers({"User-Agent": agent, "Sec-CH-UA-Platform": ""})
        audited.goto(url + path)
        assert barriers(audited) == []
        assert fits(audited)
        red = [one.get_attribute("href") for one in audited.locator("main .button.now").all()]
        assert red == ([f"/tai-ve/{name}"] if name else [])
    audited.set_extra_http_headers({})


@pytest.mark.parametrize("language", ["/kiem-tra/", "/en/check/"])
def test_an_answer_has_no_barrier(url: str, audited: Page, language: str) -> None:
    audited.goto(url + language)
    press(audited, "main button")
    assert barriers(audited) == []


@pytest.mark.parametrize("path", ["/", "/en/"])
def test_no_figure_of_a_table_lies_beyond_the_edge(url: str, audited: Page, path: str) -> None:
    audited.goto(url + path)
    assert fits(audited, ".table")


def test_every_public_page_without_script(url: str, plain: Page) -> None:
    for path in PAGES:
        answer = plain.goto(url + path)
        assert answer
        assert answer.status == (404 if "no-such" in path or "khong-co" in path else 200)
        assert plain.locator("h1").is_visible()


@pytest.mark.parametrize("path", ["/ma-doc/iot-devices/", "/en/malware/mozi/"])
def test_a_family_page_is_a_leaf_of_paper_without_navigation(url: str, plain: Page, path: str) -> None:
    plain.goto(url + path)
    assert not plain.locator(".on-paper").is_visible()
    plain.emulate_media(media="print")
    assert plain.locator(".on-paper").inner_text() == url + path
    assert not plain.locator(".masthead nav").is_visible()
    assert not plain.locator(".next").is_visible()
    assert plain.locator("main h2").first.is_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", plain.pdf(format="A4"))) <= 2


def listed_address(data: Path) -> str:
    """Return an address at which malware was reported of late."""
    view = Lake(data / "lake").view()
    newest = view.newest_day()
    assert newest
    seen = view.listed_addresses(Period(newest - timedelta(days=2), newest), by=TESTER).column("key")[0].as_py()
    return str(ipaddress.IPv6Address(seen).ipv4_mapped)


def test_the_way_from_home_to_an_answer_without_script(url: str, plain: Page, data: Path) -> None:
    plain.set_extra_http_headers({"X-Forwarded-For": f"8.8.8.8, {listed_address(data)}"})
    plain.goto(f"{url}/")
    press(plain, "main .button.now")
    press(plain, "main button")
    assert plain.locator("h1").inner_text() == "Địa chỉ của bạn đã bị ghi nhận có mã độc hoạt động"
    assert plain.locator("main table").is_visible()
    press(plain, "main .button.now")
    assert plain.url.startswith(f"{url}/thiet-bi/")


@pytest.mark.parametrize("home", ["/", "/en/"])
def test_the_way_of_every_device_goes_by_links_alone(url: str, plain: Page, home: str) -> None:
    plain.goto(url + home)
    devices = [link.get_attribute("href") or "" for link in plain.locator(".choices a").all()]
    assert len(devices) == len(DEVICES) + 1
    for device in devices[:-1]:
        plain.goto(url + home)
        press(plain, f'.choices a[href="{device}"]')
        assert plain.url == url + device
        for _ in range(2):
            press(plain, 'main a[rel="next"]')
            assert plain.url.startswith(url + device)
        assert "3" in plain.locator(".eyebrow").inner_text()
        press(plain, 'main a[rel="next"]')
        assert plain.url == f"{url}{home}{'kiem-tra' if home == '/' else 'check'}/"


def test_who_does_not_know_the_device_comes_to_one_or_to_a_person(url: str, plain: Page) -> None:
    plain.goto(f"{url}/thiet-bi/")
    press(plain, plain.get_by_role("link", name="Tôi không biết"))
    press(plain, plain.get_by_role("link", name="Là chiếc hộp"))
    press(plain, plain.get_by_role("link", name="Để xem truyền hình"))
    assert plain.url == f"{url}/thiet-bi/dau-thu-tv-box/"
    plain.goto(f"{url}/thiet-bi/khong-biet/")
    press(plain, plain.get_by_role("link", name="hỏi người hỗ trợ"))
    assert plain.url == f"{url}/giup-do/"


@pytest.mark.parametrize("home", ["/", "/en/"])
def test_the_one_thing_to_do_is_seen_at_once_on_a_small_phone(url: str, plain: Page, home: str) -> None:
    plain.set_viewport_size({"width": 360, "height": 640})
    plain.goto(url + home)
    box = plain.locator("main .button.now").first.bounding_box()
    assert box
    assert box["y"] + box["height"] <= 640


@pytest.mark.parametrize("path", ["/thiet-bi/dien-thoai-android/lam-sach/", "/en/devices/windows-computer/clean/"])
def test_the_page_of_a_device_is_a_leaf_of_paper(url: str, plain: Page, path: str) -> None:
    plain.goto(url + path)
    plain.emulate_media(media="print")
    assert plain.locator(".on-paper").inner_text() == url + path
    assert not plain.locator(".next").is_visible()
    assert len(re.findall(rb"/Type\s*/Page\b", plain.pdf(format="A4"))) <= 2


def test_the_answer_of_the_check_is_taken_along_to_the_help_desk_without_script(url: str, plain: Page) -> None:
    plain.set_extra_http_headers({"X-Forwarded-For": "8.8.8.8"})
    plain.goto(f"{url}/kiem-tra/")
    press(plain, "main button")
    press(plain, plain.get_by_role("button", name="Nhờ hỗ trợ về kết quả này"))
    plain.check("#id_attach")
    plain.fill("#id_text", "Tôi muốn hỏi thêm.")
    plain.check("#id_consent")
    press(plain, "main button.now")
    code, key = plain.locator(".two-codes dd").all_inner_texts()
    plain.goto(f"{url}/giup-do/")
    plain.fill("#id_code", code)
    press(plain, plain.get_by_role("button", name="Mở hồ sơ của tôi"))
    assert plain.url == f"{url}/giup-do/{code}/"
    plain.fill("#id_key", key)
    press(plain, "main button.now")
    assert "Tôi muốn hỏi thêm." in plain.locator(".thread").inner_text()
    assert plain.context.cookies() == []


def test_a_household_takes_a_code_and_looks_again_from_elsewhere(url: str, audited: Page, data: Path) -> None:
    audited.set_extra_http_headers({"X-Forwarded-For": listed_address(data)})
    audited.goto(f"{url}/kiem-tra/")
    press(audited, "main button")
    press(audited, 'form[action="/kiem-tra/lai/ma/"] button')
    assert barriers(audited) == []
    assert fits(audited)
    code = audited.locator(".two-codes dd").inner_text()
    audited.set_extra_http_headers({"X-Forwarded-For": "8.8.8.8"})
    audited.goto(f"{url}/kiem-tra/lai/")
    audited.fill("#code", code.replace("-", " ").lower())
    press(audited, ".form button")
    assert "Bạn lấy mã ngày" in audited.locator("main").inner_text()
    assert barriers(audited) == []
    audited.set_extra_http_headers({})


def test_an_address_that_was_not_seen_is_told_so(url: str, plain: Page) -> None:
    plain.set_extra_http_headers({"X-Forwarded-For": "14.191.255.254"})
    plain.goto(f"{url}/en/check/")
    press(plain, "main button")
    assert plain.locator("h1").inner_text() == "No malware was reported at this address"


def test_an_address_that_no_source_covers_is_given_no_good_news(url: str, plain: Page) -> None:
    plain.set_extra_http_headers({"X-Forwarded-For": "8.8.8.8"})
    plain.goto(f"{url}/en/check/")
    press(plain, "main button")
    assert "not cover" in plain.locator("h1").inner_text()


def test_the_language_switch_keeps_the_page_and_its_answer_is_readable(url: str, plain: Page) -> None:
    plain.goto(f"{url}/tai-ve/")
    press(plain, "a.language")
    assert plain.url == f"{url}/en/download/"


def test_a_keyboard_reaches_the_content_first(url: str, audited: Page) -> None:
    audited.goto(f"{url}/")
    strike(audited, "Tab")
    expect(audited.locator(".skip")).to_be_focused()
    strike(audited, "Enter")
    expect(audited.locator("#main")).to_be_focused()


def test_targets_for_a_finger_are_large_enough(url: str, audited: Page) -> None:
    audited.goto(f"{url}/")
    small = audited.evaluate(
        "[...document.querySelectorAll('.masthead a, .button')].map(e => e.getBoundingClientRect())"
        ".filter(b => b.width > 0 && (b.width < 24 || b.height < 24)).length"
    )
    assert small == 0


def test_no_page_asks_another_host_for_anything(url: str, plain: Page) -> None:
    asked: list[str] = []
    plain.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/en/check/", "/tai-ve/"):
        plain.goto(url + path, wait_until="networkidle")
    assert [u for u in asked if not u.startswith(url)] == []


def test_fonts_and_styles_load_under_the_policy(url: str, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{url}/", wait_until="networkidle")
    loaded = page.evaluate("document.fonts.ready.then(() => [...document.fonts].map(f => f.status))")
    context.close()
    assert faults == []
    assert "loaded" in loaded
    assert "error" not in loaded


def test_vietnamese_marks_are_not_cut(url: str, audited: Page) -> None:
    audited.goto(f"{url}/")
    cramped = audited.evaluate(
        "[...document.querySelectorAll('h1, h2, h3, p, li, td, th, dd')].filter(e => {"
        " const s = getComputedStyle(e); return parseFloat(s.lineHeight) / parseFloat(s.fontSize) < 1.29; }).length"
    )
    assert cramped == 0
