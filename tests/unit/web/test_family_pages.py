"""The pages about families: listed by machine, told from the packs, honest about what the tool cannot do."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.utils.translation import override
from tests.offered_release import SETUP, offer_release

from quetsach.core.text import LocalText
from quetsach.packs.container import pack, read_folder
from quetsach.packs.load import load_pack, load_shelf
from quetsach.web.portal.families import family_link, pack_link
from quetsach.web.published.family import FamilyPage, groups_of, pack_about, page_of

PACKS = Path(__file__).parents[3] / "packs"
FAMILIES = ("eicar", "iot-devices", "mirai-gafgyt", "mozi", "qsnatch", "xmrig-miner")
SHELF = tuple(load_pack(PACKS / family) for family in FAMILIES)
DEVICES = {"iot-devices", "qsnatch"}


@pytest.fixture
def shelf(empty_centre: Path) -> Path:
    """A centre that publishes six packs."""
    folder = empty_centre / "repository" / "targets" / "packs"
    folder.mkdir(parents=True)
    for family in FAMILIES:
        (folder / f"{'a' * 64}.{family}-2026.11.25.qsp").write_bytes(pack(read_folder(PACKS / family)))
    return folder


def _page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_families_are_listed_by_the_machines_they_live_on() -> None:
    with override("en"):
        listed = {str(group.title): [entry.pack.family for entry in group.entries] for group in groups_of(SHELF)}
    assert listed == {
        "Windows computers": ["xmrig-miner"],
        "Linux computers and servers": ["mirai-gafgyt", "mozi", "xmrig-miner"],
        "Routers, cameras and recorders": ["iot-devices"],
        "Network storage": ["qsnatch"],
        "For trying the tool": ["eicar"],
    }


def test_the_list_shows_names_that_people_use() -> None:
    also = {entry.pack.family: entry.also for group in groups_of(SHELF) for entry in group.entries}
    assert also["mirai-gafgyt"] == ("Bashlite", "Lizkebab", "LizardStresser", "Torlus")
    assert also["mozi"] == ()


def test_every_pack_of_the_shelf_is_listed_somewhere() -> None:
    packs = load_shelf(PACKS)
    assert {entry.pack.family for group in groups_of(packs) for entry in group.entries} == {p.family for p in packs}


@pytest.mark.parametrize(
    ("family", "about"),
    [
        ("mirai", "iot-devices"),
        ("gafgyt", "iot-devices"),
        ("iot-botnet", "iot-devices"),
        ("qsnatch", "qsnatch"),
        ("wannamine", "xmrig-miner"),
        ("mozi", "iot-devices"),
        ("mirai-gafgyt", "mirai-gafgyt"),
        ("conficker", None),
    ],
)
def test_a_listed_family_has_the_page_that_helps_its_owner_most(family: str, about: str | None) -> None:
    found = pack_about(family, SHELF)
    assert (found and found.family) == about


def _told(family: str) -> FamilyPage:
    return page_of(next(p for p in SHELF if p.family == family), SHELF)


def test_the_same_family_on_other_machines_is_named() -> None:
    assert [p.family for p in _told("iot-devices").others] == ["mirai-gafgyt", "mozi"]
    assert [p.family for p in _told("mirai-gafgyt").others] == ["iot-devices"]
    assert _told("eicar").others == ()


def test_traces_are_counted_as_the_recipe_has_them() -> None:
    told = _told("mozi")
    assert (told.traces, told.removed + told.reported) == (13, 13)
    assert told.reported == 3
    assert not _told("qsnatch").is_for_the_tool


@pytest.mark.parametrize("language", ["/ma-doc/", "/en/malware/"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_page_tells_the_guidance_in_its_language(shelf: Path, client: Client, language: str, family: str) -> None:
    text = _page(client, f"{language}{family}/")
    found = next(p for p in SHELF if p.family == family)
    assert len(re.findall(r"<h1", text)) == 1
    guidance = found.guidance.en if language.startswith("/en/") else found.guidance.vi
    for heading in re.findall(r"^## (.+)$", guidance, re.MULTILINE):
        assert f"<h2>{heading}</h2>" in text
    assert not re.search(r"<script|\son\w+=|javascript:|\sstyle=", text)


@pytest.mark.parametrize("family", FAMILIES)
def test_only_pages_of_what_the_tool_knows_offer_it(shelf: Path, client: Client, family: str) -> None:
    article = re.search(r"<article.*</article>", _page(client, f"/ma-doc/{family}/"), re.DOTALL)
    assert article
    assert ("/tai-ve/" in article[0]) is (family not in DEVICES)
    assert ("Công cụ làm gì" in article[0]) is (family not in DEVICES)


@pytest.mark.parametrize(
    ("family", "told"), [("xmrig-miner", True), ("eicar", True), ("mozi", False), ("qsnatch", False)]
)
def test_owners_of_a_windows_are_told_that_the_tool_works_from_outside(
    shelf: Path, client: Client, family: str, told: bool
) -> None:
    assert ("does not yet run inside Windows" in _page(client, f"/en/malware/{family}/")) is told
    assert ("chưa chạy trực tiếp trên Windows" in _page(client, f"/ma-doc/{family}/")) is told


def test_what_is_only_reported_is_not_said_to_be_removed_or_put_back(shelf: Path, client: Client) -> None:
    (shelf / f"{'a' * 64}.archive-bomb-2026.11.25.qsp").write_bytes(pack(read_folder(PACKS / "archive-bomb")))
    told = _page(client, "/en/malware/archive-bomb/")
    assert "It only reports what it finds" in told
    assert "it removes" not in told
    assert "quetsach undo" not in told
    assert "quetsach undo --last" in _page(client, "/en/malware/eicar/")


def test_commands_for_a_windows_are_written_as_its_command_line_takes_them(shelf: Path, client: Client) -> None:
    (shelf / f"{'a' * 64}.ramnit-2026.12.03.qsp").write_bytes(pack(read_folder(PACKS / "ramnit")))
    from_outside = _page(client, "/en/malware/ramnit/")
    assert from_outside.count("<code>sudo quetsach undo --last</code>") == 2
    offer_release(shelf.parents[2], (SETUP, "windows", "setup"))
    inside = _page(client, "/en/malware/ramnit/")
    assert inside.count("<code>quetsach undo --last</code>") == 2
    assert "sudo" not in inside
    assert "<code>sudo quetsach undo --last</code>" in _page(client, "/en/malware/eicar/")


def test_a_printed_page_names_its_address(shelf: Path, client: Client) -> None:
    assert '<p class="on-paper">http://localhost:8000/ma-doc/mozi/</p>' in _page(client, "/ma-doc/mozi/")
    assert '<p class="on-paper">http://localhost:8000/en/malware/mozi/</p>' in _page(client, "/en/malware/mozi/")


@pytest.mark.parametrize("language", ["/ma-doc/", "/en/malware/"])
def test_every_link_of_the_list_and_its_pages_leads_somewhere(shelf: Path, client: Client, language: str) -> None:
    seen, waiting = set(), {language}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        found = set(re.findall(r'<a[^>]* href="(/[^"#]*)', _page(client, path)))
        waiting |= {link for link in found if link.startswith(language)} - seen
        assert [link for link in found if client.get(link).status_code != 200] == []
    assert len(seen) == 1 + len(FAMILIES)


@pytest.mark.parametrize("path", ["/thiet-bi/may-tinh-windows/lam-sach/", "/en/devices/", "/tai-ve/", "/en/download/"])
def test_the_list_is_reached_from_where_people_are(empty_centre: Path, client: Client, path: str) -> None:
    main = re.search(r"<main.*</main>", _page(client, path), re.DOTALL)
    assert main
    assert re.search(r'href="(/ma-doc/|/en/malware/)"', main[0])


def test_a_page_of_an_unknown_family_is_not_there(shelf: Path, client: Client) -> None:
    assert client.get("/ma-doc/khong-co/").status_code == 404


def test_a_centre_without_packs_says_so(empty_centre: Path, client: Client) -> None:
    assert "chưa công bố gói nhận diện" in _page(client, "/ma-doc/").lower()


@pytest.mark.parametrize(
    ("family", "shown"),
    [
        ("qsnatch", '<a href="/ma-doc/qsnatch/">So &lt;called&gt;</a>'),
        ("storm", "So &lt;called&gt;"),
    ],
)
def test_a_family_in_a_table_leads_to_its_page(shelf: Path, family: str, shown: str) -> None:
    with override("vi"):
        assert family_link(family, LocalText("So <called>", "So <called>")) == shown


def test_what_the_tool_found_leads_to_the_page_of_its_pack(shelf: Path) -> None:
    mozi = next(pack for pack in SHELF if pack.family == "mozi")
    with override("vi"):
        assert pack_link("mozi") == f'<a href="/ma-doc/mozi/">{mozi.name.vi}</a>'
    assert pack_link("<b>") == "&lt;b&gt;"
