"""Desk, operation and feeds in a real browser: on a desk and on a telephone, in both languages."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.browser import barriers, fits, press
from tests.unit.web.office.test_writing_in_browser import SHOTS

from quetsach.campaign.authority import Role
from quetsach.cli.main import main
from quetsach.web.configuration import MailServer
from quetsach.web.office.feeds.services import file_receive, files_work
from quetsach.web.office.letters.signing_credentials import demonstration_credentials_make
from quetsach.web.office.mail.models import Message
from quetsach.web.office.people.models import Person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NOW = datetime.now(UTC)
PAGES = {
    "desk": ("/van-phong/", "/en/office/"),
    "operation": ("/van-phong/van-hanh/", "/en/office/operation/"),
    "feeds": ("/van-phong/nguon-du-lieu/", "/en/office/feeds/"),
    "files": ("/van-phong/nguon-du-lieu/nhan-tep/", "/en/office/feeds/nhan-tep/"),
    "set-aside": ("/van-phong/nguon-du-lieu/tach-rieng/", "/en/office/feeds/tach-rieng/"),
    "names": ("/van-phong/nguon-du-lieu/ten-cho-xep/", "/en/office/feeds/ten-cho-xep/"),
    "layouts": ("/van-phong/nguon-du-lieu/dinh-dang/", "/en/office/feeds/dinh-dang/"),
    "figures": ("/van-phong/so-lieu/", "/en/office/figures/"),
    "packs": ("/van-phong/goi-nhan-dien/", "/en/office/packs/"),
}


def test_pages_fit_and_axe_finds_nothing(
    browser: Browser, units, person, signed_in, live_server, settings, empty_centre
) -> None:
    data: Path = settings.CENTER.data
    day = (NOW - timedelta(days=9)).date()
    file = data / "feed.csv"
    file.write_text(f"timestamp,address,malware\n{day} 07:00:00,14.160.0.1,emotet-new\n{day} 07:00:00,192.168.1.1,x\n")
    main(["center", "ingest", str(file), "--feed", "plain", "--data", str(data)])
    demonstration_credentials_make(unit=units["31-2025"], person="Nguyễn An", agency="Sở Khoa học", now=NOW)
    server = MailServer("mail.centre.example", 587, "starttls")
    settings.CENTER = dataclasses.replace(settings.CENTER, mail_server=server, mail_from="office@centre.example")
    late = NOW - timedelta(hours=1)
    for state in ("queued", "failed"):
        facts = {"kind": "reminder", "recipient": "a@example.vn", "subject": "Nhắc báo cáo", "error": "550 no mailbox"}
        Message.objects.create(key=state, text="", message_id=f"<{state}@x>", state=state, next_at=late, **facts)
    operator = person(Role.OPERATOR, name="Nguyễn Thị Lan")
    uploaded = upload_three(file.read_bytes(), by=operator)
    cookie = {"domain": "localhost", "value": signed_in(operator).cookies["office"].value}
    with browser.new_context(base_url=live_server.url) as context:
        context.add_cookies(
            [cookie | {"name": "office", "path": "/van-phong/"}, cookie | {"name": "office-en", "path": "/en/office/"}]
        )
        page = context.new_page()
        for name, addresses in (PAGES | uploaded).items():
            for language, address in zip(("vi", "en"), addresses, strict=True):
                for width in (1280, 360):
                    page.set_viewport_size({"width": width, "height": 800})
                    answer = page.goto(address)
                    assert answer is not None
                    assert answer.status == 200, address
                    assert fits(page), (name, width)
                    assert barriers(page) == [], name
                    if SHOTS:
                        page.screenshot(path=f"{SHOTS}/{name}-{language}-{width}.png", full_page=True)
        page.goto(PAGES["files"][0])
        page.locator("form select").select_option("plain")
        page.locator("input[type=file]").set_input_files(file)
        press(page, "form[enctype] button")
        expect(page.locator("#state .badge")).to_have_text("đang chờ đến lượt")
        files_work(clock=lambda: datetime.now(UTC))
        expect(page.locator("#state .badge")).to_have_text("đã nạp")  # the page asked by itself


def upload_three(content: bytes, *, by: Person) -> dict[str, tuple[str, str]]:
    """Upload a file that is taken in, one that is refused, and one that waits; return the pages of each."""

    def upload(name: str, sent: bytes, feed: str = "plain", report: str = "honeypot-hn") -> tuple[str, str]:
        made, _ = file_receive(feed=feed, report=report, name=name, chunks=[sent], by=by, now=NOW)
        vi, en = PAGES["files"]
        return f"{vi}{made.pk}/", f"{en}{made.pk}/"

    pages = {"file-taken-in": upload("thang-11.csv", content), "file-refused": upload("bao-cao.zip", b"PK\x03\x04")}
    files_work(clock=lambda: datetime.now(UTC))
    return pages | {"file-waiting": upload("2026-11-30-event4_sinkhole-vn.csv.gz", b"x", "shadowserver", "")}
