"""The forms of campaigns in a real browser: without a script, on a phone and on a desk, nothing to fix for a reader."""

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser import barriers, fits, press, press_in_place

from quetsach.web.office.plans.models import Campaign, Passage

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

ROOM = "/van-phong/chien-dich/"
DECIDE = f"{ROOM}viet-nam-2020/quyet-dinh/moi/"
FORMS = (
    f"{ROOM}moi/",
    f"{ROOM}moi/tep/",
    f"{ROOM}viet-nam-2020/ke-hoach/",
    DECIDE,
    f"{DECIDE}botnets/",
    f"{DECIDE}isps/",
    f"{ROOM}viet-nam-2020/danh-gia/",
    "/van-phong/so-lieu/phep-dem/",
)
DAYS = {
    "phases-0": ("2027-03-01", "2027-04-30"),
    "phases-1": ("2027-05-01", "2027-07-31"),
    "phases-2": ("2027-08-01", "2027-10-31"),
    "windows-0": ("2027-03-01", "2027-03-30"),
    "windows-1": ("2027-05-01", "2027-05-30"),
    "windows-2": ("2027-07-02", "2027-07-30"),
}


@pytest.fixture
def cookie(browser: Browser, operator, signed_in) -> dict[str, str]:
    value = signed_in(operator).cookies["office"].value
    return {"name": "office", "value": value, "path": "/", "domain": "localhost"}


def window(browser: Browser, cookie: dict[str, str], width: int, *, script: bool = False) -> BrowserContext:
    context = browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=script)
    context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dictionary is one
    return context


def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        page.fill(f"[name='{name}']", value)


def test_a_campaign_is_made_and_botnets_chosen_without_a_script(
    browser: Browser, campaign: Campaign, centre_lake, cookie, live_server
) -> None:
    with window(browser, cookie, 360) as context:
        page = context.new_page()
        page.goto(f"{live_server.url}{ROOM}moi/")
        fill(page, key="viet-nam-2027", name_vi="Chiến dịch 2027", name_en="Campaign 2027")
        fill(page, summary_vi="Rà soát", summary_en="Scanning")
        press(page, "button[name=add][value=windows]")
        assert page.input_value("[name=key]") == "viet-nam-2027"
        for row, (first, last) in DAYS.items():
            fill(page, **{f"{row}-first": first, f"{row}-last": last})
        for row, name in (("windows-1", "Kỳ 1"), ("windows-2", "Kỳ 2")):
            fill(page, **{f"{row}-name_vi": name, f"{row}-name_en": name})
        fill(page, **{"targets-0-text_vi": "Giảm 50%", "targets-0-text_en": "Halve"})
        press(page, "[name=key]", key="Enter")  # the hidden first button saves; it takes no row out
        assert page.title().startswith("Lỗi: ")
        press_in_place(page, ".error-summary a")
        page.wait_for_url("**/#id_windows-2-last")
        fill(page, **{"windows-2-last": "2027-07-31"})
        press(page, "form.sheet > p.actions button.now")
        assert "/viet-nam-2027/" in page.url
        page.goto(f"{live_server.url}{DECIDE}botnets/")
        page.check("label:has-text('Andromeda') >> xpath=../.. >> input[type=checkbox]")
        fill(page, title="Mười mạng botnet", grounds="Lớn nhất", decided_on="2020-09-10")
        press(page, "main form button.now")
        assert "Đã chọn: 1/10" in page.inner_text("main")
        assert not Passage.objects.exists()
        press(page, "button[value=ask]")
        assert "khi người thứ hai đồng ý" in page.inner_text("main")
    assert [w.period.days for w in Campaign.objects.get(key="viet-nam-2027").plan.windows] == [30, 30, 30]
    assert Passage.objects.count() == 1


def test_the_forms_are_fit_for_a_phone_and_for_everyone(
    browser: Browser, campaign: Campaign, centre_lake, cookie, live_server
) -> None:
    faults: list[object] = []
    for width in (360, 1280):
        with window(browser, cookie, width, script=True) as context:
            page = context.new_page()
            for address in FORMS:
                answer = page.goto(f"{live_server.url}{address}")
                assert answer
                assert answer.status == 200
                faults += [] if fits(page) else [(address, width, "wider than the screen")]
                if width == 360:
                    faults += [(address, *found) for found in barriers(page)]
    assert faults == []
