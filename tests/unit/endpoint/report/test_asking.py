"""Whom the tool says to ask: what its centre built in, in the page, the window and the terminal; nobody invented."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.report_samples import sample_report
from tests.window_samples import states

from quetsach import installation
from quetsach.core.help_line import HelpLine, read_help_line
from quetsach.endpoint.report import asking
from quetsach.endpoint.report.page import render_page
from quetsach.endpoint.report.verdict import advice
from quetsach.endpoint.window.pages import page_of

LINE = read_help_line(phone="024 0000 0000", hours="mon-fri 08:00-17:00", desk="https://centre.example/giup-do/")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "bundled_help_line", lambda: LINE)


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    installation.bundled_help_line.cache_clear()
    yield
    installation.bundled_help_line.cache_clear()


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_report_ends_with_whom_to_ask_and_its_links_lead_there(language: str) -> None:
    page = render_page(sample_report(), language=language)
    foot = page[page.index("<footer>") :]
    assert page.count("024 0000 0000") == 1
    assert '<a href="tel:02400000000">024 0000 0000</a>' in foot
    assert LINE.hours[0].in_language(language) in foot
    assert '<a href="https://centre.example/giup-do/">centre.example/giup-do</a>' in foot


@pytest.mark.usefixtures("told")
def test_the_last_step_leads_to_it_and_the_window_says_it_at_once() -> None:
    assert "024" not in advice(sample_report(), "vi")[-1]
    assert "cuối báo cáo" in advice(sample_report(), "vi")[-1]
    assert LINE.sentence("vi") in advice(sample_report(), "vi", in_window=True)[-1]


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("name", ["about", "error", "reported"])
def test_the_window_says_it_where_people_look_for_it(name: str) -> None:
    page = page_of(states("vi")[name])
    assert "024 0000 0000" in "\n".join((*page.text, page.details.text if page.details else ""))


def test_a_tool_of_no_centre_invents_nobody() -> None:
    page = render_page(sample_report(), language="en")
    assert "tel:" not in page
    assert "Whom you can ask" not in page
    assert asking.asking_text("en") == ""
    assert "the centre" in advice(sample_report(), "en")[-1]


def test_what_was_sealed_into_the_tool_is_read_as_it_was_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installation, "bundled_trust", lambda: tmp_path)
    (tmp_path / "help.json").write_text(json.dumps(dict(LINE.as_texts())))
    assert installation.bundled_help_line() == LINE


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"phone": "call me"}', b'{"fax": "1"}', b"\xff", b"[" * 9999])
def test_what_cannot_be_read_says_nothing_and_stops_no_scan(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes
) -> None:
    monkeypatch.setattr(installation, "bundled_trust", lambda: tmp_path)
    (tmp_path / "help.json").write_bytes(content)
    assert installation.bundled_help_line() == HelpLine()
