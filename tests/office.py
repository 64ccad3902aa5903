"""A served office for the tests: its data, its people's sessions, and what people do again and again in its pages."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser import press
from tests.centre import center, served
from tests.commands import program
from tests.mail_server import MailServer, mail_server

from quetsach.core.period import day_of
from quetsach.installation import bundled_country

TODAY = day_of(datetime.now(UTC), bundled_country().zone)
MONDAY = TODAY - timedelta(days=TODAY.weekday() + 7)
"""Of the week that is over, which is reported on."""
WEEK = MONDAY.strftime("%G-W%V")
WEEK_IN_WORDS = f"Tuần {int(MONDAY.strftime('%V'))}"
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
_LETTER = {
    "agency": "Sở Thông tin và Truyền thông", "sign": "STTTT-CNTT", "place": "Hải Phòng",
    "addressees": "Các đơn vị trực thuộc", "signer_title": "Giám đốc", "signer_name": "Nguyễn Văn A",
    "due": str(TODAY), "asks": "Rà quét máy tính và báo cáo kết quả",
}  # fmt: skip


@dataclass
class Office:
    """A served office, its post office if it has one, and the sessions of its people."""

    url: str
    data: Path
    post: MailServer = field(default_factory=MailServer)
    sessions: dict[str, str] = field(default_factory=dict)

    def run(self, *words: object) -> str:
        """Run ``quetsach center WORDS`` on its data and return what it says."""
        return center(self.data, *words).stdout

    def window(self, browser: Browser, who: str, **how: Any) -> BrowserContext:
        """Return a browser of somebody, who is signed in if they have a session."""
        context = browser.new_context(**how)
        if who in self.sessions:
            cookie = {"name": "office", "value": self.sessions[who], "url": f"{self.url}/van-phong/"}
            english = cookie | {"name": "office-en", "url": f"{self.url}/en/office/"}
            context.add_cookies([cookie, english])  # type: ignore[list-item]
        return context


@contextmanager
def serve_office(data: Path, people: Mapping[str, tuple[str, ...]]) -> Iterator[Office]:
    """Serve a data folder with its post office: people, by name with role and unit, are signed in already."""
    sessions = drive(data, "people", people)
    with mail_server() as post:
        mail = {"QUETSACH_SMTP_URL": f"smtp://127.0.0.1:{post.port}", "QUETSACH_MAIL_FROM": "vanphong@centre.example"}
        with served(data, "--no-demonstration", QUETSACH_PUBLIC_URL="{url}", **mail) as server:
            yield Office(server.url, data, post, sessions)


@contextmanager
def windows(office: Office, browser: Browser, **how: Any) -> Iterator[Callable[[str], Page]]:
    """Give each of the people one window of their own, opened when it is asked for."""
    opened: dict[str, Page] = {}

    def window(name: str) -> Page:
        if name not in opened:
            opened[name] = office.window(browser, name, **how).new_page()
        return opened[name]

    yield window
    for page in opened.values():
        page.context.close()


def drive(data: Path, task: str, words: object) -> Any:
    """Do in a centre's data what no browser of the tests does (``office_driver.py``)."""
    done = program(
        'import runpy; runpy.run_module("tests.office_driver", run_name="__main__")', data, task, json.dumps(words)
    )
    return json.loads(done.stdout)


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


def go(page: Page, office: Office, path: str) -> Page:
    """Open a page of the office."""
    answer = page.goto(f"{office.url}{path}")
    assert answer is not None
    assert answer.status == 200, (path, answer.status)
    return page


def agree(page: Page, button: str) -> None:
    """Press a button by its name, and see no refusal."""
    press(page, page.get_by_role("button", name=button, exact=True))
    assert page.locator(".told.error, .error-summary, .errorlist").all_inner_texts() == []


def grant(page: Page, office: Office, title: str) -> None:
    """Agree, as a second person, to what bears this title."""
    go(page, office, "/van-phong/phe-duyet/")
    press(page, page.get_by_role("link", name=re.compile(title)))
    press(page, "button[value=grant]")


def begin_campaign(office: Office, writer: Page, approver: Page) -> None:
    """Bring in the plan, and begin its first two phases with a second person."""
    go(writer, office, "/van-phong/chien-dich/moi/tep/")
    plan = {"name": "campaign.toml", "mimeType": "text/plain", "buffer": campaign_file().encode()}
    writer.set_input_files("input[type=file]", plan)  # type: ignore[arg-type]
    press(writer, "main form button.now")
    assert writer.inner_text("h1") == "Chiến dịch thử"
    overview = writer.url.removeprefix(office.url)
    for phase in ("Trước", "Trong"):
        go(writer, office, overview)
        press(writer, "form[action*='/mo/'] button")
        grant(approver, office, phase)


def write_letter(office: Office, writer: Page, begin: str, subject: str, **changed: str) -> str:
    """Write a letter and save its draft; return the path of its page."""
    go(writer, office, begin)
    if writer.locator("select[name=template]").count():
        writer.select_option("select[name=template]", "campaign")
    writer.select_option("[name=campaign]", "thu")
    press(writer, "main form button.now")
    for name, value in {**_LETTER, "subject": subject, **changed}.items():
        writer.fill(f"[name={name}]", value)
    body = writer.input_value("[name=body]") or "Đề nghị các đơn vị thực hiện."
    writer.fill("[name=body]", body.replace("{due}", f"{TODAY:%d/%m/%Y}"))
    press(writer, "main form button.now")
    assert not writer.url.endswith("/sua/"), writer.inner_text("main")
    return re.sub(r"sua/\Z", "", writer.url.removeprefix(office.url))


def issue_letter(office: Office, writer: Page, approver: Page, begin: str, subject: str) -> str:
    """Write, submit, approve and issue a letter; return the path of its page."""
    path = write_letter(office, writer, begin, subject)
    give_out_letter(office, writer, approver, path, subject)
    return path


def give_out_letter(office: Office, writer: Page, approver: Page, path: str, subject: str) -> None:
    """Submit a letter that is written, approve and issue it."""
    go(writer, office, path)
    press(writer, "form[action$='/trinh/'] button")
    assert writer.locator(".told.error").all_inner_texts() == []
    grant(approver, office, subject)
    go(approver, office, path)
    assert "KHÔNG có chữ ký số" in approver.inner_text("main")
    approver.check("[name=unsigned]")
    press(approver, "form[action$='/ban-hanh/'] button")


def fill_return(page: Page, **changed: str) -> None:
    """Write the figures of a return and submit it, with what looks unusual confirmed."""
    for name, value in (FIGURES | {n.replace("_", "-"): v for n, v in changed.items()}).items():
        page.fill(f"[name='{name}']", value)
    press(page, "button[name=submit]")
    if page.locator("[name=notes-seen]").count():
        page.check("[name=notes-seen]")
        press(page, "button[name=submit]")
    assert "Đã nộp báo cáo" in page.inner_text("main"), page.locator(".error-summary").all_inner_texts()
