"""Every page of the office is known by its title: no two pages that one can walk to have the same."""

import dataclasses
import html
import re
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.installation import bundled
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.letters.services.draft import letter_begin
from quetsach.web.office.letters.services.templates import samples_load
from quetsach.web.office.partners.services.partner import partner_add
from quetsach.web.office.publicity.services import kit_make
from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
from quetsach.web.office.tree.models import Contact, UnitKind

NOW = datetime.now(UTC)
MOST = 400
"""Pages that are looked at: far more than there are kinds."""


@pytest.fixture
def walker(settings, tmp_path: Path, units, person, signed_in) -> Client:
    """Return the browser of an operator in an office with two of everything."""
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path, public_url="https://centre.example")
    operator = person(Role.OPERATOR)
    samples_load()
    document = (bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml").read_bytes()
    first = campaign_begin(document=document, by=None, now=NOW)
    another = document.replace(b'id = "viet-nam-2020"', b'id = "thu"', 1).replace("Chiến dịch".encode(), b"Thu", 1)
    second = campaign_begin(document=another, by=None, now=NOW)
    form = form_load(content=(bundled("data") / "forms" / "unit-return-1.toml").read_bytes(), file="unit-return-1.toml")
    for campaign in (first, second):
        assignment_make(
            by=None,
            campaign=campaign,
            form=form,
            period_kind=PeriodKind.WEEK,
            periods=weeks(date(2026, 10, 5), date(2026, 10, 18)),
            targets=[Target(units["tw"], UnitKind.PROVINCE)],
            due_days=3,
            lock_days=300,
            now=NOW,
        )
        kit_make(unit=units["31-2025"], campaign=campaign, by=operator, now=NOW)
    for key in ("bkav", "cmc"):
        partner_add(key=key, name=key.upper(), by=operator, now=NOW)
        letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=NOW)
        Contact.objects.create(unit=units["31-2025"], email=f"{key}@xa.example")
        person(Role.EDITOR, "31-2025", name=f"Người {key}")
    return signed_in(operator)


def walk(client: Client, start: str) -> dict[str, dict[tuple[str, str], str]]:
    """Return the pages by their titles, of all that links lead to: path and text, and an address of each."""
    found: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    ahead, seen = [start], {start}
    while ahead and len(seen) < MOST:
        answer = client.get(ahead.pop(0), follow=True)
        path = answer.request["PATH_INFO"] + (f"?{query}" if (query := answer.request["QUERY_STRING"]) else "")
        if answer.status_code != 200 or not answer["Content-Type"].startswith("text/html"):
            continue
        page = answer.content.decode()
        title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
        assert title, path
        found[html.unescape(title[1])][answer.request["PATH_INFO"], _text(page)] = path
        for link in re.findall(r'<a [^>]*href="([^"#]+)', page):
            to = urlsplit(urljoin(path, html.unescape(link)))
            address = to.path + (f"?{to.query}" if to.query else "")
            if not to.netloc and to.path.startswith("/van-phong/") and address not in seen:
                seen.add(address)
                ahead.append(address)
    return found


@pytest.mark.any_database
def test_no_two_pages_have_one_title(walker: Client) -> None:
    titles = walk(walker, "/van-phong/")
    assert len(titles) > 80
    same = {title: sorted(pages.values()) for title, pages in titles.items() if len(pages) > 1}
    assert same == {}
    assert [title for title in titles if title.startswith((" ", "·", ":"))] == []


def _text(page: str) -> str:
    """Return what a page says, without what only a form remembers."""
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def test_an_unknown_address_of_the_office_is_answered_by_the_office(walker: Client) -> None:
    answer = walker.get("/van-phong/khong-co/")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "Văn phòng chiến dịch</title>" in page
    assert 'href="/van-phong/cong-van/"' in page
    assert "Quét Sạch</title>" in Client().get("/khong-co/").content.decode()
