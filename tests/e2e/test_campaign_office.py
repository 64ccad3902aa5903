"""One campaign through the office, in real browsers: a letter down the tree by mail, returns up, totals in public."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import press, press_in_place
from tests.centre import center, prepared
from tests.office import (
    MONDAY,
    TODAY,
    WEEK,
    WEEK_IN_WORDS,
    Office,
    agree,
    begin_campaign,
    fill_return,
    go,
    grant,
    issue_letter,
    serve_office,
    windows,
)

pytestmark = pytest.mark.e2e

UNITS = """key,code,name_vi,name_en,kind,parent,opened,closed,decree,exchange_code
tw,TW,Cục An toàn thông tin,Authority of Information Security,centre,,2020-01-01,,
31-2020,31,Thành phố Hải Phòng,Hai Phong City,province,tw,2020-01-01,,
303-2020,303,Quận Hồng Bàng,Hong Bang District,district,31-2020,2020-01-01,,
304-2020,304,Quận Ngô Quyền,Ngo Quyen District,district,31-2020,2020-01-01,,
305-2020,305,Quận Lê Chân,Le Chan District,district,31-2020,2020-01-01,,
11296-2020,11296,Phường Quán Toan,Quan Toan Ward,commune,303-2020,2020-01-01,,
11299-2020,11299,Phường Hùng Vương,Hung Vuong Ward,commune,303-2020,2020-01-01,,
11320-2020,11320,Phường Máy Tơ,May To Ward,commune,304-2020,2020-01-01,,
"""
CONTACTS = """unit,name,title,email,phone,is_primary
11296-2020,Văn thư,,quantoan@haiphong.example,,yes
11299-2020,Văn thư,,hungvuong@haiphong.example,,yes
11320-2020,Văn thư,,mayto@haiphong.example,,yes
304-2020,Văn thư,,ngoquyen@haiphong.example,,yes
"""
PEOPLE = {
    "an": ("operator", "tw"),
    "binh": ("operator", "tw"),
    "hai": ("editor", "31-2020"),
    "giang": ("approver", "31-2020"),
    "lan": ("approver", "303-2020"),
    "nga": ("approver", "304-2020"),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = prepared(tmp_path_factory, "campaign-office")
    for name, content in (("units.csv", UNITS), ("contacts.csv", CONTACTS)):
        (data / name).write_text(content, "utf-8")
    center(data, "units", "import", data / "units.csv", data / "contacts.csv")
    with serve_office(data, PEOPLE) as office:  # signing in is tested in test_office_sign_in
        yield office


@pytest.fixture(scope="module")
def at(office: Office, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Return the browser window of somebody; of "nobody" for people without an account."""
    with windows(office, browser, java_script_enabled=False) as window:  # nothing of this needs a script
        yield window


TOTALS = {"Tổng số máy trong phạm vi rà soát": "290", "Số máy phát hiện có mã độc": "60"}
TABLE = ["Tỉnh, thành phố 1/1 (100,0%) 1", "Quận, huyện 2/3 (66,7%) 2", "Xã, phường 3/3 (100,0%) 3"]
"""Kind, approved, on time."""
COMPLETENESS = ("1/1 tỉnh", "2/3 quận, huyện (66,7%), 66,7% đúng hạn", "3/3 xã, phường (100,0%), 100,0% đúng hạn")


def check_totals(office: Office, returns: str, an: Page, binh: Page, nobody: Page) -> None:
    """Five units of 50 machines and one of 40; one district missing by name; asked late, nobody is late."""
    go(an, office, f"{returns}/tw/so-lieu/?duyet")
    told = an.inner_text("main")
    for sentence in COMPLETENESS:
        assert sentence in told, told
    rows = an.locator("table.return-rows").first.locator("tr").all_inner_texts()
    for label, figure in TOTALS.items():
        assert [row for row in rows if row.startswith(label) and re.search(rf"\b{figure}\b", row)], rows
    press(an, "form[action$='/cong-bo/'] button")
    grant(binh, office, WEEK_IN_WORDS)
    go(nobody, office, "/chien-dich/?now")  # made at once, as it will be written within half a minute
    public = nobody.inner_text("main")
    kinds = nobody.locator("table.completeness tbody tr").all_inner_texts()
    assert [" ".join(row.split()) for row in kinds] == TABLE
    for figure in (*TOTALS, *TOTALS.values()):
        assert figure in public, public


def test_a_campaign_from_its_letter_to_its_public_totals(office: Office, at: Callable[[str], Page]) -> None:
    an, binh, hai, giang, lan, nga = (at(name) for name in PEOPLE)
    nobody = at("nobody")

    # The centre starts the campaign and says who reports what until when.
    begin_campaign(office, an, binh)
    go(an, office, "/van-phong/bao-cao/giao/")
    an.select_option("[name=campaign]", "thu")
    an.select_option("[name=form]", "unit-return-1")
    an.select_option("[name=period_kind]", "week")
    an.fill("[name=first]", str(MONDAY))
    an.fill("[name=last]", str(MONDAY))
    for kind in ("province", "district", "commune"):
        an.check(f"[name=kinds][value={kind}]")
    an.fill("[name=due_days]", "0")
    an.fill("[name=lock_days]", "40")
    press(an, "main form button.now")
    an.check(f"[name=chosen][value='{WEEK}']")  # the week is over: it is asked for on purpose
    press(an, "main form button.now")
    assignment = re.search(r"/bao-cao/(\d+)/", an.url)
    assert assignment, an.inner_text("main")
    returns = f"/van-phong/bao-cao/{assignment[1]}/{WEEK}"

    # Its letter goes to the province, which acknowledges it and passes it on with a letter of its own.
    first = issue_letter(office, an, binh, "/van-phong/cong-van/moi/", "phát động chiến dịch")
    go(an, office, f"{first}gui/")
    agree(an, "Gửi")
    go(hai, office, "/van-phong/cong-van/den/")
    press(hai, hai.get_by_role("link", name=re.compile("phát động chiến dịch|STTTT-CNTT")))
    received = hai.url.removeprefix(office.url)
    agree(hai, "Xác nhận đã nhận")
    covers = re.search(r"den/(\d+)/", received)
    assert covers
    begin = f"/van-phong/cong-van/moi/?covers={covers[1]}"
    second = issue_letter(office, hai, giang, begin, "triển khai trên địa bàn thành phố")
    go(giang, office, f"{second}gui/")
    agree(giang, "Gửi")

    # Two districts acknowledge and forward; the communes get it by mail, the third district stays silent.
    for district in (lan, nga):
        go(district, office, "/van-phong/cong-van/den/")
        press(district, district.get_by_role("link", name=re.compile("triển khai trên địa bàn|STTTT-CNTT")))
        agree(district, "Xác nhận đã nhận")
        press(district, "button[value=forward]")
        press(district, "button[name=confirmed]")

    # The unit above gives more time to all but one commune.
    for page, unit in (
        (an, "31-2020"),
        (giang, "303-2020"),
        (giang, "304-2020"),
        (lan, "11296-2020"),
        (lan, "11299-2020"),
    ):
        go(page, office, f"{returns}/{unit}/")
        press_in_place(page, "details:has(form[action$='/gia-han/']) summary")
        page.fill("#until", str(TODAY + timedelta(days=1)))
        page.fill("#extend-reason", "Bão")
        press(page, "form[action$='/gia-han/'] button")

    # Communes open the link of their mail, acknowledge, and report by link, without an account.
    for address, figures in (("quantoan", {}), ("hungvuong", {"machines_scanned": "400", "machines_in_scope": "400"})):
        link = re.search(r"http://\S+/cong-van/\S+", office.post.wait_for(f"{address}@", "triển khai trên địa bàn"))
        assert link
        nobody.goto(link[0])
        press(nobody, "button[value=acknowledge]")
        press(nobody, "button[value=report]")
        fill_return(nobody, **figures)

    # One is wrong: it is sent back with a reason and comes again; one reports by the link of its invitation.
    go(lan, office, f"{returns}/11299-2020/")
    lan.fill("#reason", "Số máy thừa một chữ số 0")
    press(lan, "button[name=return]")
    link = re.search(r"http://\S+/cong-van/\S+", office.post.wait_for("hungvuong@", "triển khai trên địa bàn"))
    assert link
    nobody.goto(link[0])
    press(nobody, "button[value=report]")
    assert "Số máy thừa một chữ số 0" in nobody.inner_text("main")
    fill_return(nobody, machines_scanned="40", machines_in_scope="40")
    invitation = office.post.wait_for("mayto@", "Đề nghị báo cáo")
    assert "quá hạn" not in invitation
    link = re.search(r"http://\S+/bao-cao/\S+", invitation)
    assert link
    nobody.goto(link[0])
    fill_return(nobody)

    # Approval climbs. The province waits for the silent district until it is named as missing.
    for page, unit in ((lan, "11296-2020"), (lan, "11299-2020"), (nga, "11320-2020")):
        go(page, office, f"{returns}/{unit}/")
        press(page, "button[name=approve]")
    for writer, unit in ((lan, "303-2020"), (nga, "304-2020"), (hai, "31-2020")):
        go(writer, office, f"{returns}/{unit}/ghi/")
        fill_return(writer)
    for unit in ("303-2020", "304-2020"):
        go(giang, office, f"{returns}/{unit}/")
        press(giang, "button[name=approve]")
    go(an, office, f"{returns}/31-2020/")
    assert an.locator("button[name=approve]").count() == 0
    go(giang, office, f"{returns}/31-2020/")
    giang.check("[name=missing][value='305-2020']")
    giang.fill("#missing-reason", "Đang chuyển trụ sở")
    press(giang, "form[action$='/vang/'] button:not([formaction])")
    go(an, office, f"{returns}/31-2020/")
    assert "Quận Lê Chân" in an.inner_text("main")
    press(an, "button[name=approve]")

    check_totals(office, returns, an, binh, nobody)

    # The letter's funnel shows who answered, and every return that was expected goes out as data.
    go(giang, office, f"{second}tien-do/")
    assert "Quận Lê Chân" in giang.inner_text("main")
    exported = json.loads(office.run("returns", "export", "--campaign", "thu", "--json"))
    rows = {row["unit"]: row for row in (exported["returns"] if isinstance(exported, dict) else exported)}
    assert len(rows) == 7
    assert [key for key, row in rows.items() if not row["is_approved"]] == ["305-2020"]
    assert [key for key, row in rows.items() if row["is_approved"] and not row["is_on_time"]] == []
    assert office.run("audit", "verify")
    assert date.fromisoformat(rows["31-2020"]["first"]) == MONDAY
    assert datetime.fromisoformat(rows["31-2020"]["submitted_at"]) <= datetime.now(UTC)
