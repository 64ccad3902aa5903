"""One campaign through the office, in real browsers: a letter down the tree by mail, returns up, totals in public."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import press, press_in_place
from tests.centre import center, prepared, served
from tests.mail_server import MailServer, mail_server

from quetsach.core.zone import day_of

pytestmark = pytest.mark.e2e

QUETSACH = Path(sys.executable).with_name("quetsach")
TODAY = day_of(datetime.now(UTC))
MONDAY = TODAY - timedelta(days=TODAY.weekday() + 7)  # the week that is over is reported on
WEEK = MONDAY.strftime("%G-W%V")
WEEK_IN_WORDS = f"Tuần {int(MONDAY.strftime('%V'))}"
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
# Signing in is tested in test_office_sign_in; here everybody's session is made by the centre itself.
MAKE_PEOPLE = """
import json, sys, time
from pathlib import Path
from quetsach.cli.center.publication import configure_web
configure_web(Path(sys.argv[1]))
from datetime import date
from importlib import import_module
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.units.models import Unit
made = {}
for name, (role, unit) in json.loads(sys.argv[2]).items():
    person = Person.objects.create_user(f"{name}@office.example", name=name.capitalize())
    Duty.objects.create(person=person, role=role, unit=Unit.objects.get(key=unit), first=date(2020, 1, 1))
    TOTP.activate(person, "JBSWY3DPEHPK3PXP")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session["account_authentication_methods"] = [
        {"method": "mfa", "type": "totp", "at": time.time(), "reauthenticated": True}
    ]
    session["account_authentication_methods_user"] = str(person.pk)
    session.create()
    made[name] = session.session_key
print(json.dumps(made))
"""


def campaign_file() -> str:
    """Return the plan of a campaign in whose middle we are."""

    def span(first: int, last: int) -> str:
        return f"first = {TODAY + timedelta(days=first)}\nlast = {TODAY + timedelta(days=last)}\n"

    phases = [("before", "Trước", -60, -31), ("during", "Trong", -30, 30), ("after", "Sau", 31, 90)]
    parts = [
        (
            'id = "thu"\nbaseline = "baseline"\n[name]\nvi = "Chiến dịch thử"\nen = "Trial campaign"\n'
            '[summary]\nvi = "Rà soát và bóc gỡ mã độc."\nen = "Find and remove malware."\n'
        )
    ]
    parts += [
        f'[[phases]]\nid = "{key}"\n{span(first, last)}name.vi = "{name}"\nname.en = "{key}"\n'
        for key, name, first, last in phases
    ]
    parts.append(
        '[[targets]]\nid = "addresses"\nmeasure = "window-addresses"\nchange_percent = -50\n'
        'text.vi = "Giảm 50%"\ntext.en = "Halve"\n'
        f'[[windows]]\nid = "baseline"\n{span(-90, -61)}name.vi = "Mốc so sánh"\nname.en = "Baseline"\n'
    )
    return "\n".join(parts)


@dataclass
class Office:
    """A served office, its post office, and the sessions of its people."""

    url: str
    data: Path
    post: MailServer
    sessions: dict[str, str] = field(default_factory=dict)

    def run(self, *words: object) -> str:
        return center(self.data, *words).stdout


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    data = prepared(tmp_path_factory, "campaign-office")
    for name, content in (("units.csv", UNITS), ("contacts.csv", CONTACTS)):
        (data / name).write_text(content, "utf-8")
    center(data, "units", "import", data / "units.csv", data / "contacts.csv")
    command = [sys.executable, "-c", MAKE_PEOPLE, str(data), json.dumps(PEOPLE)]
    sessions = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    with mail_server() as post:
        mail = {"QUETSACH_SMTP_URL": f"smtp://127.0.0.1:{post.port}", "QUETSACH_MAIL_FROM": "vanphong@centre.example"}
        with served(data, "--no-demonstration", QUETSACH_PUBLIC_URL="{url}", **mail) as server:
            yield Office(server.url, data, post, sessions)


@pytest.fixture(scope="module")
def at(office: Office, browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Return the browser window of somebody; of "nobody" for people without an account."""
    windows: dict[str, Page] = {}

    def window(name: str) -> Page:
        if name not in windows:
            context = browser.new_context(java_script_enabled=False)  # nothing of this needs a script
            if name != "nobody":
                cookie = {"name": "office", "value": office.sessions[name], "url": f"{office.url}/van-phong/"}
                context.add_cookies([cookie])
            windows[name] = context.new_page()
        return windows[name]

    yield window
    for page in windows.values():
        page.context.close()


def go(page: Page, office: Office, path: str) -> Page:
    answer = page.goto(f"{office.url}{path}")
    assert answer is not None
    assert answer.status == 200, (path, answer.status)
    return page


def agree(page: Page, button: str) -> None:
    """Press a button by its name, and see no refusal."""
    press(page, page.get_by_role("button", name=button, exact=True))
    assert page.locator(".told.error, .error-summary, .errorlist").all_inner_texts() == []


def grant(page: Page, office: Office, title: str) -> None:
    go(page, office, "/van-phong/phe-duyet/")
    press(page, page.get_by_role("link", name=re.compile(title)))
    press(page, "button[value=grant]")


def issue_letter(office: Office, writer: Page, approver: Page, begin: str, subject: str) -> str:
    """Write, submit, approve and issue a letter; return the path of its page."""
    go(writer, office, begin)
    if writer.locator("select[name=template]").count():
        writer.select_option("select[name=template]", "campaign")
    writer.select_option("[name=campaign]", "thu")
    press(writer, "main form button.now")
    fields = {
        "agency": "Sở Thông tin và Truyền thông", "sign": "STTTT-CNTT", "place": "Hải Phòng", "subject": subject,
        "addressees": "Các đơn vị trực thuộc", "signer_title": "Giám đốc", "signer_name": "Nguyễn Văn A",
        "due": str(TODAY), "asks": "Rà quét máy tính và báo cáo kết quả",
    }  # fmt: skip
    for name, value in fields.items():
        writer.fill(f"[name={name}]", value)
    body = writer.input_value("[name=body]") or "Đề nghị các đơn vị thực hiện."
    writer.fill("[name=body]", body.replace("{due}", f"{TODAY:%d/%m/%Y}"))
    press(writer, "main form button.now")
    assert not writer.url.endswith("/sua/"), writer.inner_text("main")
    path = re.sub(r"sua/\Z", "", writer.url.removeprefix(office.url))
    go(writer, office, path)
    press(writer, "form[action$='/trinh/'] button")
    assert writer.locator(".told.error").all_inner_texts() == []
    grant(approver, office, subject)
    go(approver, office, path)
    assert "KHÔNG có chữ ký số" in approver.inner_text("main")
    approver.check("[name=unsigned]")
    press(approver, "form[action$='/ban-hanh/'] button")
    return path


FIGURES = {
    "contact": "Trần Thị Bình",
    "staff-informed": "40",
    "machines-in-scope": "50",
    "machines-scanned": "40",
    "scan-turns": "45",
    "machines-infected": "10",
    "machines-cleaned": "8",
    "machines-reinstalled": "1",
    "machines-unresolved": "1",
}

TOTALS = {"Tổng số máy trong phạm vi rà soát": "290", "Số máy phát hiện có mã độc": "60"}
COMPLETENESS = ("1/1 tỉnh", "2/3 quận, huyện (66,7%), 66,7% đúng hạn", "3/3 xã, phường (100,0%), 100,0% đúng hạn")


def fill_return(page: Page, **changed: str) -> None:
    for name, value in (FIGURES | {n.replace("_", "-"): v for n, v in changed.items()}).items():
        page.fill(f"[name='{name}']", value)
    press(page, "button[name=submit]")
    if page.locator("[name=notes-seen]").count():
        page.check("[name=notes-seen]")
        press(page, "button[name=submit]")
    assert "Đã nộp báo cáo" in page.inner_text("main"), page.locator(".error-summary").all_inner_texts()


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
    go(nobody, office, "/chien-dich/")
    public = nobody.inner_text("main")
    for figure in (*COMPLETENESS, *TOTALS, *TOTALS.values()):
        assert figure in public, public


def test_a_campaign_from_its_letter_to_its_public_totals(office: Office, at: Callable[[str], Page]) -> None:
    an, binh, hai, giang, lan, nga = (at(name) for name in PEOPLE)
    nobody = at("nobody")

    # The centre starts the campaign and says who reports what until when.
    go(an, office, "/van-phong/chien-dich/moi/tep/")
    plan = {"name": "campaign.toml", "mimeType": "text/plain", "buffer": campaign_file().encode()}
    an.set_input_files("input[type=file]", plan)  # type: ignore[arg-type]
    press(an, "main form button.now")
    assert an.inner_text("h1") == "Chiến dịch thử"
    overview = an.url.removeprefix(office.url)
    for phase in ("Trước", "Trong"):
        go(an, office, overview)
        press(an, "form[action*='/mo/'] button")
        grant(binh, office, phase)
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
