"""Coming into the office with a real browser: by link, app and passkey, with and without script, in both languages."""

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser import barriers, fits, press
from tests.centre import center, prepared_with_units, served

pytestmark = pytest.mark.e2e

ADDRESS, NAME, PASSWORD = "van.hanh@centre.example", "Nguyễn Văn Hành", "bốn từ dễ nhớ khó đoán"
PAGES = ("vao/", "tai-khoan/", "nhan-su/", "nhan-su/1/", "nhan-su/moi/", "nhat-ky/", "phe-duyet/", "")
ENGLISH = ("sign-in/", "account/", "people/", "people/1/", "people/moi/", "log/", "approvals/", "")


@dataclass
class Office:
    """A served office; ``secret`` is the key of the operator's app, once he has one."""

    url: str
    data: Path
    secret: str = ""
    used: int = 0

    def link(self, address: str = ADDRESS) -> str:
        """Invite an operator and return the link, at this office's address."""
        told = center(self.data, "people", "invite", address, "--role", "operator").stdout
        found = re.search(r"http://[^/]+(/van-phong/vao/moi/\S+)", told)
        assert found, told
        return self.url + found[1]

    def code(self) -> str:
        """Return the next code of the app: each is accepted once, and the next one a little early."""
        counter = int(time.time()) // 30
        while counter <= self.used:
            if counter + 1 > self.used:
                counter += 1
                break
            time.sleep(1)
            counter = int(time.time()) // 30
        self.used = counter
        digest = hmac.new(base64.b32decode(self.secret), struct.pack(">Q", counter), hashlib.sha1).digest()
        start = digest[-1] & 15
        number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06}"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = prepared_with_units(tmp_path_factory, "office")
    # Passkeys need a name, not a number; links begin with the address that the centre is known by.
    with served(data, "--no-demonstration", host="localhost", QUETSACH_PUBLIC_URL="{url}") as server:
        yield Office(server.url, data)


@pytest.fixture(scope="module")
def operator(office: Office, browser: Browser) -> Iterator[Page]:
    """The operator's browser, in which he came by his link and set up app and passkey."""
    context = browser.new_context(bypass_csp=False)
    page = context.new_page()
    unlock_passkeys(context, page)
    page.goto(office.link())
    page.fill("[name=name]", NAME)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    press(page, "main button")
    press(page, "text=Thiết lập ứng dụng")
    office.secret = page.inner_text("code.hash")
    page.fill("[name=code]", office.code())
    press(page, "main button")
    assert page.locator(".recovery li").count() == 10
    page.goto(f"{office.url}/van-phong/tai-khoan/")
    press(page, "text=Thêm khóa truy cập")
    press(page, "main button")
    assert page.url.endswith("/tai-khoan/")
    assert page.locator("text=Khóa truy cập 1").count() == 1
    yield page
    context.close()


def unlock_passkeys(context: BrowserContext, page: Page) -> None:
    """Give the browser a device that keeps passkeys and whose owner unlocks it at once."""
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    device = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    abilities = {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": device | abilities})


def test_a_passkey_alone_signs_in(office: Office, operator: Page) -> None:
    operator.goto(f"{office.url}/van-phong/")
    press(operator, ".who button")
    press(operator, "text=Đăng nhập bằng khóa truy cập")
    assert operator.url == f"{office.url}/van-phong/"
    assert NAME in operator.inner_text(".who")


def test_password_and_code_sign_in_without_any_script(office: Office, operator: Page, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(f"{office.url}/en/office/people/")
        page.fill("[name=login]", ADDRESS)
        page.fill("[name=password]", PASSWORD)
        press(page, "main button.now")
        assert page.locator("[data-passkey]").is_hidden()
        page.fill("[name=code]", office.code())
        press(page, "main button.now")
        assert page.url.endswith("/en/office/people/")
        assert ADDRESS in page.inner_text("main")
    finally:
        context.close()


def test_the_public_pages_are_sent_no_cookie(office: Office, operator: Page) -> None:
    sent: dict[str, str] = {}
    with operator.expect_request(f"{office.url}/") as seen:
        operator.goto(f"{office.url}/")
    sent |= seen.value.all_headers()
    assert "cookie" not in sent
    with operator.expect_request("**/van-phong/") as seen:
        operator.goto(f"{office.url}/van-phong/")
    assert "cookie" in seen.value.all_headers()


def test_an_invited_approver_sees_his_own_people_alone(office: Office, operator: Page, browser: Browser) -> None:
    operator.goto(f"{office.url}/van-phong/nhan-su/moi/")
    if operator.locator("[name=email]").count() == 0:  # the quarter of an hour is over
        press(operator, "[data-passkey] button")
    operator.fill("[name=email]", "lan@haiphong.example")
    operator.select_option("[name=role]", "approver")
    operator.fill("[name=unit]", "31")
    press(operator, "main button.now")
    link = operator.inner_text(".box code")
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(link)
        assert "Hải Phòng" in page.inner_text("main")
        page.fill("[name=name]", "Lê Thị Lan")
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        press(page, "main button")
        page.goto(f"{office.url}/van-phong/nhan-su/")
        assert page.url.endswith("/van-phong/tai-khoan/")  # the second factor comes first
    finally:
        context.close()


def test_the_way_in_is_accessible_and_never_wider_than_the_screen(office: Office, browser: Browser) -> None:
    context = browser.new_context(bypass_csp=True)
    try:
        page = context.new_page()
        page.goto(office.link("w@centre.example"))
        audit(page)
        page.fill("[name=name]", NAME)
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        press(page, "main button")
        for way in ("", "buoc-hai/ung-dung/", "buoc-hai/passkey/them/", "mat-khau/", "ra/"):
            page.goto(f"{office.url}/van-phong/tai-khoan/{way}")
            audit(page)
    finally:
        context.close()


def audit(page: Page) -> None:
    """Look at a page as on a telephone by day, and as on a desk by night."""
    for width, scheme in ((360, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert barriers(page) == [], (width, scheme)
        assert fits(page), (width, scheme)


@pytest.mark.parametrize("path", [*(f"/van-phong/{p}" for p in PAGES), *(f"/en/office/{p}" for p in ENGLISH)])
def test_a_page_is_accessible_and_never_wider_than_the_screen(
    office: Office, operator: Page, browser: Browser, path: str
) -> None:
    state = operator.context.storage_state() if "vao" not in path and "sign-in" not in path else None
    context = browser.new_context(bypass_csp=True, storage_state=state)
    try:
        page = context.new_page()
        page.goto(office.url + path)
        audit(page)
    finally:
        context.close()
