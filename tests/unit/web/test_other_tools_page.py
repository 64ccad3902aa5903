"""The page of other makers' tools, and what pages of families take from the same catalogue."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from tests.unit.web.conftest import PACKS

from quetsach.campaign.tool_catalogue import CheckedHow, Platform, ToolChange, ToolKind
from quetsach.centre.other_tools import carry_out, find_other_tool, load_other_tools, own_list_path
from quetsach.packs.container import pack, read_folder
from quetsach.web.page_writer import _shown
from quetsach.web.published.other_tools import tools_for, tools_page

PAGE, EN_PAGE = "/cong-cu-khac/", "/en/other-tools/"
TOOLS = load_other_tools(None)


def _page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.fixture
def shelf(empty_centre: Path) -> Path:
    folder = empty_centre / "repository" / "targets" / "packs"
    folder.mkdir(parents=True)
    for family in ("sality", "gamut", "eicar"):
        (folder / f"{'a' * 64}.{family}-2026.11.25.qsp").write_bytes(pack(read_folder(PACKS / family)))
    return empty_centre


@pytest.mark.parametrize("path", [PAGE, EN_PAGE])
def test_each_tool_stands_with_its_link_its_maker_and_its_price(client: Client, empty_centre: Path, path: str) -> None:
    page = _page(client, path)
    for tool in TOOLS:
        assert f'<a href="{tool.link}" rel="external noopener noreferrer">' in page
        price = tool.price.en if path == EN_PAGE else tool.price.vi
        assert tool.name in page
        assert f": {price}</li>" in page


def test_the_page_says_what_was_checked_and_nothing_more(client: Client, empty_centre: Path) -> None:
    page = _page(client, PAGE)
    assert page.count("đã tra trong tài liệu công khai, chưa chạy thử") == len(TOOLS) + 1
    assert "03/12/2026" in page
    assert "chưa mở trang của hãng" in page
    assert "đã tải từ liên kết này" not in page


def test_the_page_says_whose_tools_these_are_and_how_to_tell_the_real_one(client: Client, empty_centre: Path) -> None:
    page = _page(client, EN_PAGE)
    assert "we get nothing for naming them" in page
    assert 'id="sure"' in page
    assert "(kaspersky.com)" in page


def test_tools_stand_under_what_somebody_needs() -> None:
    needs = {need.id: {shown.tool.id for shown in need.tools} for need in tools_page(TOOLS).needs}
    assert list(needs) == ["removal", "rescue-disk", "decryptor", "phone", "check"]
    assert needs["phone"] == {"google-play-protect"}
    assert "google-play-protect" not in needs["removal"]
    assert "no-more-ransom" in needs["decryptor"]
    assert set().union(*needs.values()) == {tool.id for tool in TOOLS}


def test_needs_without_a_tool_are_left_out_and_all_that_was_done_is_explained() -> None:
    tried = replace(TOOLS[0], checked=replace(TOOLS[0].checked, how=CheckedHow.TRIED))
    page = tools_page([tried])
    assert [need.id for need in page.needs] == ["removal"]
    assert len(page.meanings) == 1


def test_a_tool_for_two_needs_stands_under_both() -> None:
    both = replace(
        TOOLS[0], kinds=(ToolKind.SCAN, ToolKind.RESCUE_DISK), platforms=(Platform.WINDOWS, Platform.ANDROID)
    )
    assert [need.id for need in tools_page([both]).needs] == ["removal", "rescue-disk"]


def test_every_page_leads_there(client: Client, empty_centre: Path) -> None:
    assert f'href="{PAGE}"' in _page(client, "/")
    assert f'href="{EN_PAGE}"' in _page(client, "/en/download/")
    assert PAGE in client.get("/sitemap.xml").content.decode()


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/ma-doc/sality/", "Công cụ của hãng khác nên dùng"),
        ("/en/malware/sality/", "Tools of others that are advised"),
    ],
)
def test_the_page_of_a_family_that_needs_a_rescue_disk_names_and_links_one(
    client: Client, shelf: Path, path: str, heading: str
) -> None:
    page = _page(client, path)
    assert heading in page
    for shown in tools_for("sality", TOOLS):
        assert f'<a href="{shown.tool.link}" rel="external noopener noreferrer">{shown.tool.name}</a>' in page
    assert "Kaspersky Rescue Disk" in page


def test_the_page_of_a_family_for_which_nothing_is_advised_names_nothing(client: Client, shelf: Path) -> None:
    page = _page(client, "/ma-doc/eicar/")
    assert "Công cụ của hãng khác nên dùng" not in page
    assert not re.search(r"https://[^\"]*kaspersky", page)


def test_what_the_centre_changed_is_shown_and_what_it_withdrew_is_not(client: Client, shelf: Path) -> None:
    disk = find_other_tool(shelf, "kaspersky-rescue-disk")
    assert disk is not None
    moved = replace(disk, link="https://support.kaspersky.com/rescue")
    carry_out(shelf, ToolChange(disk.id, moved, disk.edition, "moved"))
    assert "https://support.kaspersky.com/rescue" in _page(client, "/ma-doc/gamut/")
    carry_out(shelf, ToolChange(disk.id, None, moved.edition, "gone"))
    assert "Kaspersky Rescue Disk" not in _page(client, "/ma-doc/gamut/")
    assert "Kaspersky Rescue Disk" not in _page(client, PAGE)


def test_a_damaged_list_shows_no_tool_rather_than_one_that_was_withdrawn(client: Client, shelf: Path) -> None:
    own_list_path(shelf).parent.mkdir()
    own_list_path(shelf).write_text("withdrawn = [")
    assert "Hiện trung tâm chưa giới thiệu công cụ nào" in _page(client, PAGE)
    assert "Kaspersky" not in _page(client, "/ma-doc/gamut/")


def test_written_pages_are_made_again_when_the_centre_changes_its_list(empty_centre: Path) -> None:
    now = datetime(2026, 12, 3, tzinfo=UTC)
    before = _shown(now)
    tool = TOOLS[0]
    carry_out(empty_centre, ToolChange(tool.id, None, tool.edition, "gone"))
    assert _shown(now)[PAGE] != before[PAGE]
