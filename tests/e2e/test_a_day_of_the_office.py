"""A day of a real office of today's tree, on phones and at desks: the whole country is asked, nothing is lost."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal import auth
from playwright.sync_api import Browser, Page, expect
from tests.browser import fits, press
from tests.centre import center, prepared_with_units
from tests.keyboard import strike, tab_to, type_into
from tests.office import (
    FIGURES,
    MONDAY,
    WEEK,
    Office,
    agree,
    begin_campaign,
    drive,
    give_out_letter,
    go,
    serve_office,
    windows,
    write_letter,
)

from quetsach.campaign.returns.period import weeks

pytestmark = pytest.mark.e2e

PROVINCE, MERGED, REPORTS, SILENT, ELSEWHERE = "31-2025", "30-2020", "10507-2025", "10525-2025", "00008-2025"
PASSWORD, SECRET = "bốn từ dễ nhớ khó đoán", "JBSWY3DPEHPK3PXP"
PEOPLE = {
    "an": ("operator", "tw"),
    "binh": ("operator", "tw"),
    "cuong": ("operator", "tw"),
    "giang": ("approver", PROVINCE),
    "duong": ("editor", MERGED),
    "tam": ("editor", "00004-2025", PASSWORD),
    "xa": ("editor", REPORTS, PASSWORD),
}
CONTACTS = f"""unit,name,title,email,phone,is_primary
tw,Trực ban,,trucban@centre.example,024 1234 5678,yes
{REPORTS},Văn thư,,thanhdong@haiphong.example,,yes
{SILENT},Văn thư,,haiduong@haiphong.example,,yes
{ELSEWHERE},Văn thư,,ngocha@hanoi.example,,yes
"""
COUNTRY = {"provinces": 34, "communes": 3_321}
AGENCY = "Cục An toàn thông tin"
PHONE, DESK = {"width": 360, "height": 800}, {"width": 1280, "height": 800}
PERIOD = weeks(MONDAY, MONDAY)[0].title.vi
"""As mail says it: the week, and its days."""


@dataclass
class Day:
    """The office of the day, and everybody's window in it."""

    office: Office
    at: Callable[[str], Page]

    def look(self, *people: str) -> None:
        """See that what is shown to people is no wider than their screen, nor than that of a phone and of a desk."""
        for name in people:
            page = self.at(name)
            own = page.viewport_size
            for screen in (PHONE, DESK, own):
                page.set_viewport_size(screen)  # type: ignore[arg-type]
                assert fits(page), (name, page.url, screen)

    @property
    def returns(self) -> str:
        """The address of the period that is over, of the only assignment."""
        return f"/van-phong/bao-cao/1/{WEEK}"


@pytest.fixture
def day(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    data = prepared_with_units(tmp_path_factory, "day")
    (data / "contacts.csv").write_text(CONTACTS, "utf-8")
    center(data, "units", "import", data / "contacts.csv")
    with (
        serve_office(data, PEOPLE) as office,
        windows(office, browser, viewport=PHONE) as at,
    ):
        yield Day(office, at)


def test_a_day_of_the_office(day: Day) -> None:
    begin_campaign(day.office, day.at("an"), day.at("binh"))
    number, code = a_letter_of_two_editors(day)
    the_country_is_asked(day)
    names = (AGENCY, "Chiến dịch thử", number, code, "024 1234 5678", PERIOD)
    for unit in ("thanhdong", "ngocha"):
        invitation = day.office.post.wait_for(f"{unit}@", "Đề nghị báo cáo")
        assert [name for name in names if name not in invitation] == []
    a_merged_province_sees_its_returns(day)
    a_return_by_keyboard_alone(day)
    an_hours_pause_in_a_return(day)
    a_hundred_and_thirteen_are_signed_off(day)
    some_are_reminded(day, names)


def a_letter_of_two_editors(day: Day) -> tuple[str, str]:
    """Two write one letter; the second sees both texts and decides. Return its number and code when it is out."""
    an, cuong, subject = day.at("an"), day.at("cuong"), "đề nghị báo cáo kết quả"
    path = write_letter(day.office, an, "/van-phong/cong-van/moi/", subject, agency=AGENCY, sign="CATTT-NCSC")
    for page in (an, cuong):
        go(page, day.office, f"{path}sua/")
    cuong.fill("#id_place", "Đà Nẵng")
    press(cuong, cuong.get_by_role("button", name="Lưu bản nháp"))
    an.fill("#id_place", "Hà Nội")
    press(an, an.get_by_role("button", name="Lưu bản nháp"))
    assert an.title().startswith("Lỗi: ")
    both = an.get_by_role("region", name="Hai nội dung")
    assert (both.locator("del").all_inner_texts(), both.locator("ins").all_inner_texts()) == (["Đà Nẵng"], ["Hà Nội"])
    assert an.input_value("#id_place") == "Hà Nội"
    day.look("an", "cuong")
    press(an, an.get_by_role("button", name="Lưu bản nháp"))
    give_out_letter(day.office, an, day.at("binh"), path, subject)
    go(an, day.office, path)
    day.look("an")
    number = an.locator(".breadcrumb [aria-current]").inner_text()
    return number, an.locator(".facts a[href*='/xac-minh/']").first.inner_text()


def the_country_is_asked(day: Day) -> None:
    """Provinces and communes owe two weeks: looked at before, agreed by a second person, and only then asked."""
    an, binh, units = day.at("an"), day.at("binh"), sum(COUNTRY.values())
    go(an, day.office, "/van-phong/bao-cao/giao/")
    an.select_option("[name=campaign]", "thu")
    an.select_option("[name=form]", "unit-return-1")
    an.fill("[name=first]", str(MONDAY))
    an.fill("[name=last]", str(MONDAY + timedelta(days=13)))
    an.select_option("[name=letter]", index=1)
    for kind in ("province", "commune"):
        an.check(f"[name=kinds][value={kind}]")
    an.fill("[name=due_days]", "3")
    an.fill("[name=lock_days]", "40")
    day.look("an")
    press(an, "main form button.now")
    facts = an.locator(".facts").inner_text()
    for figure in (figure_of(units), figure_of(COUNTRY["communes"]), figure_of(2 * units), "024 1234 5678"):
        assert figure in facts, facts
    assert an.locator("[name=chosen]:checked").evaluate_all("all => all.map(one => one.value)") != [WEEK]
    assert "đã hết kỳ" in an.locator("tr", has=an.locator(f"[value='{WEEK}']")).inner_text()
    assert "người thứ hai" in an.inner_text("main form.stack")
    day.look("an")
    an.check(f"[value='{WEEK}']")  # on purpose: it is over
    press(an, "[name=ask]")
    assert "Đang chờ người thứ hai phê duyệt" in an.locator(".told.warning:visible").inner_text()
    day.look("an")
    go(binh, day.office, "/van-phong/phe-duyet/")
    press(binh, binh.get_by_role("link", name=re.compile(figure_of(units))))
    assert figure_of(2 * units) in binh.inner_text("main")
    assert invitations(day) == []
    day.look("binh")
    press(binh, "button[value=grant]")


def figure_of(number: int) -> str:
    """Return a number as Vietnamese pages write it."""
    return f"{number:,}".replace(",", ".")


def invitations(day: Day) -> list[str]:
    """Return to whom mail about returns went out."""
    mails = [taken.mail for taken in day.office.post.taken]
    return [mail["To"] for mail in mails if "báo cáo" in mail["Subject"].lower()]


def a_merged_province_sees_its_returns(day: Day) -> None:
    """Who looked after a province that is part of another one now finds the return of the whole."""
    duong = day.at("duong")
    go(duong, day.office, "/van-phong/")
    press(duong, duong.locator("main .doors a[href*='/bao-cao/']").first)
    assert "Thành phố Hải Phòng" in duong.locator("main table").first.inner_text()
    day.look("duong")
    go(duong, day.office, f"{day.returns}/{PROVINCE}/ghi/")
    day.look("duong")


def a_return_by_keyboard_alone(day: Day) -> None:
    """A commune signs in, finds what it owes on its desk, writes it and submits it, without ever touching a mouse."""
    xa = day.at("somebody at the keyboard")
    xa.set_viewport_size(DESK)  # type: ignore[arg-type]
    go(xa, day.office, "/van-phong/")
    sign_in(day, xa, "xa")
    for door in (xa.locator("main .doors a[href*='/bao-cao/']").first, xa.locator(f"main a[href*='/{WEEK}/'].button")):
        tab_to(xa, door)
        press(xa, door, key="Enter")
    for name, value in FIGURES.items():
        type_into(xa, xa.locator(f"[name='{name}']"), value)
    submit_by_keyboard(xa)
    if xa.locator("[name=notes-seen]").count():
        tab_to(xa, xa.locator("[name=notes-seen]"))
        strike(xa, "Space")
        submit_by_keyboard(xa)
    assert "Đã nộp báo cáo" in xa.inner_text("main")
    day.look("somebody at the keyboard")


def submit_by_keyboard(page: Page) -> None:
    """Submit the return."""
    button = page.locator("button[name=submit]")
    tab_to(page, button)
    press(page, button, key="Enter")


def sign_in(day: Day, page: Page, name: str) -> None:
    """Sign in with password and code, by keyboard, on the page that asks for it."""
    button = page.locator("main button.now").first
    type_into(page, page.locator("[name=login]"), f"{name}@office.example")
    type_into(page, page.locator("[name=password]"), PASSWORD)
    tab_to(page, button)
    press(page, button, key="Enter")
    code = auth.format_hotp_value(auth.hotp_value(SECRET, int(time.time()) // 30))
    type_into(page, page.locator("[name=code]"), code)
    tab_to(page, button)
    press(page, button, key="Enter")


def an_hours_pause_in_a_return(day: Day) -> None:
    """The session ends while a return is being written; nothing that was typed is lost."""
    tam = day.at("tam")
    go(tam, day.office, f"{day.returns}/00004-2025/ghi/")
    for name, value in FIGURES.items():
        tam.fill(f"[name='{name}']", value)
    drive(day.office.data, "idle", day.office.sessions["tam"])
    press(tam, "button[name=submit]")
    assert "được giữ lại cho bạn" in tam.inner_text("main")
    day.look("tam")
    sign_in(day, tam, "tam")
    day.look("tam")
    press(tam, tam.get_by_role("button", name="Gửi lại"))
    assert "Đã nộp báo cáo" in tam.inner_text("main")
    go(tam, day.office, f"{day.returns}/00004-2025/ghi/")
    assert {name: tam.input_value(f"[name='{name}']") for name in FIGURES} == FIGURES


def a_hundred_and_thirteen_are_signed_off(day: Day) -> None:
    """The province stands for all its communes that have not reported: 113 of 114, with one tick and one reason."""
    giang = day.at("giang")
    go(giang, day.office, f"{day.returns}/{PROVINCE}/")
    giang.get_by_label(re.compile(r"chưa báo cáo.*: 113")).check()
    giang.fill("#missing-reason", "Bão, mất điện diện rộng")
    day.look("giang")
    agree(giang, "Xác nhận đơn vị đã chọn không báo cáo")
    day.look("giang")
    go(giang, day.office, f"{day.returns}/{PROVINCE}/bang/")
    expect(giang.get_by_text("đã xác nhận không báo cáo", exact=True)).to_have_count(113)
    day.look("giang")


def some_are_reminded(day: Day, names: tuple[str, ...]) -> None:
    """On the due day those are reminded who owe the return, with all that tells who asks; those stood for are not."""
    mails = [mail for mail in drive(day.office.data, "remind", 3) if PERIOD in mail["subject"]]
    assert [mail["recipient"] for mail in mails] == ["ngocha@hanoi.example"]
    assert [name for name in names if name not in mails[0]["text"]] == []
