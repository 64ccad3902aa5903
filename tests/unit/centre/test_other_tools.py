"""Tests of the catalogue that a centre shows: what the build brings, what the centre changed, whether links answer."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.feed_server import Server, running, send
from tests.self_signed import certificate

from quetsach.campaign.tool_catalogue import CheckedHow, OtherTool, ToolChange, ToolKind
from quetsach.centre import other_tools
from quetsach.centre.other_tool_links import CheckedLink, LinkState, check_links, link_state
from quetsach.centre.other_tools import ToolCatalogueError, find_other_tool, load_other_tools
from quetsach.core.errors import InputError
from quetsach.installation import bundled

_RESCUE = re.compile(r"đĩa cứu hộ|USB cứu hộ|rescue disk|rescue memory stick", re.IGNORECASE)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server(authority: Path) -> Iterator[Server]:
    with running(authority.with_name("server.pem")) as one:
        yield one


def tool(id_: str = "clamav") -> OtherTool:
    return next(one for one in load_other_tools(None) if one.id == id_)


def a_change(**different: object) -> ToolChange:
    old = tool()
    return ToolChange(old.id, replace(old, **different), old.edition, "the address moved")  # type: ignore[arg-type]


def test_the_build_brings_makers_of_the_world_and_of_the_country() -> None:
    ids = {one.id for one in load_other_tools(None)}
    assert {"no-more-ransom", "kaspersky-rescue-disk", "bkav-home"} <= ids


def test_nothing_of_the_build_claims_more_than_that_documents_were_read() -> None:
    assert {one.checked.how for one in load_other_tools(None)} == {CheckedHow.DOCUMENTS}


def test_every_tool_of_the_build_has_its_sources_written_down() -> None:
    told = (bundled("data") / "other-tools" / "SOURCE.md").read_text("utf-8")
    told += (bundled("data") / "countries" / "SOURCE.md").read_text("utf-8")
    for one in load_other_tools(None):
        assert f"`{one.id}`" in told or one.name in told, one.id


def test_every_family_whose_advice_names_a_rescue_disk_has_one_in_the_catalogue() -> None:
    advised = {
        path.parent.name for path in bundled("packs").glob("*/guidance.*.md") if _RESCUE.search(path.read_text("utf-8"))
    }
    assert {"sality", "virut", "ramnit", "gamut"} <= advised
    disks = (one for one in load_other_tools(None) if ToolKind.RESCUE_DISK in one.kinds)
    assert advised <= {family for one in disks for family in one.families}


def test_families_of_the_catalogue_have_packs() -> None:
    known = {path.parent.name for path in bundled("packs").glob("*/pack.toml")}
    assert {family for one in load_other_tools(None) for family in one.families} <= known


def test_a_change_is_carried_out_once_and_the_rest_stays(data: Path) -> None:
    change = a_change(link="https://www.clamav.net/downloads/new")
    digest = other_tools.keep_change(data, change)
    assert other_tools.kept_change(data, digest) == change
    assert find_other_tool(data, "clamav") == tool()
    other_tools.carry_out(data, change)
    other_tools.carry_out(data, change)
    assert find_other_tool(data, "clamav") == change.tool
    assert len(load_other_tools(data)) == len(load_other_tools(None))


def test_a_withdrawn_tool_is_gone_and_comes_back(data: Path) -> None:
    old = tool()
    other_tools.carry_out(data, ToolChange("clamav", None, old.edition, "gone"))
    assert find_other_tool(data, "clamav") is None
    other_tools.carry_out(data, ToolChange("clamav", old, "", "back"))
    assert find_other_tool(data, "clamav") == old


def test_a_change_of_an_entry_that_has_changed_since_is_refused(data: Path) -> None:
    first, second = a_change(vendor="One"), a_change(vendor="Two")
    other_tools.carry_out(data, first)
    with pytest.raises(ToolCatalogueError, match="has changed since"):
        other_tools.carry_out(data, second)
    with pytest.raises(ToolCatalogueError, match="has changed since"):
        other_tools.keep_change(data, second)
    assert find_other_tool(data, "clamav") == first.tool


def test_a_change_that_changes_nothing_is_refused(data: Path) -> None:
    with pytest.raises(ToolCatalogueError, match="changes nothing"):
        other_tools.keep_change(data, a_change())


def test_a_kept_change_that_somebody_wrote_over_is_none(data: Path) -> None:
    digest = other_tools.keep_change(data, a_change(vendor="One"))
    (path,) = (data / "other-tools" / "asked").iterdir()
    path.write_text(path.read_text("utf-8").replace("One", "Two"), "utf-8")
    assert other_tools.kept_change(data, digest) is None


def test_a_damaged_list_of_the_centre_is_told_with_its_line(data: Path) -> None:
    path = other_tools.own_list_path(data)
    path.parent.mkdir()
    path.write_text('withdrawn = ["clamav"]\nnonsense = 1\n')
    with pytest.raises(InputError, match=r"other-tools\.toml:2"):
        load_other_tools(data)


# Links, asked of a real server.


def checked(server: Server, authority: Path, path: str = "/tool", *, public_only: bool = False) -> CheckedLink:
    linked = replace(tool(), link=server.url + path)
    (found,) = check_links([linked], ca_file=authority, public_only=public_only)
    return found


def test_a_link_that_answers_is_asked_by_head_alone(server: Server, authority: Path, data: Path) -> None:
    server.answers["/tool"] = lambda to: send(to, 200, b"page")
    found = checked(server, authority)
    assert (found.state, found.status) == (LinkState.ANSWERS, 200)
    assert [asked[0] for asked in server.asked] == ["HEAD"]


def test_a_server_that_takes_no_head_is_asked_by_get(server: Server, authority: Path, data: Path) -> None:
    server.answers["/tool"] = lambda to: send(to, 405 if to.command == "HEAD" else 200, b"page")
    assert checked(server, authority).state is LinkState.ANSWERS
    assert [asked[0] for asked in server.asked] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("status", "state"), [(404, LinkState.BROKEN), (500, LinkState.BROKEN), (403, LinkState.REFUSED)]
)
def test_a_status_says_what_became_of_a_link(
    server: Server, authority: Path, data: Path, status: int, state: LinkState
) -> None:
    server.answers["/tool"] = lambda to: send(to, status)
    assert (found := checked(server, authority)).state is state
    assert found.status == status


def test_a_redirect_on_the_same_server_answers(server: Server, authority: Path, data: Path) -> None:
    server.answers["/tool"] = lambda to: send(to, 301, Location="/new")
    server.answers["/new"] = lambda to: send(to, 200)
    found = checked(server, authority)
    assert (found.state, found.answered_by) == (LinkState.ANSWERS, f"{server.url}/new")


def test_a_redirect_to_a_server_of_another_name_is_told(server: Server, authority: Path, data: Path) -> None:
    with running() as plain:
        server.answers["/tool"] = lambda to: send(to, 302, Location=f"{plain.url}/tool")
        found = checked(server, authority)
        assert found.state is LinkState.BROKEN  # from https to http
        assert plain.asked == []


def test_another_name_is_another_server_and_www_is_none() -> None:
    assert link_state("https://maker.com/a", "https://www.maker.com/b", 200) is LinkState.ANSWERS
    assert link_state("https://maker.com/a", "https://maker.net/a", 200) is LinkState.ELSEWHERE


def test_nothing_of_an_own_network_is_asked(server: Server, authority: Path, data: Path) -> None:
    found = checked(server, authority, public_only=True)
    assert found.state is LinkState.BROKEN
    assert "not of the public Internet" in str(found.error)
    assert server.asked == []


def test_a_server_that_cannot_prove_who_it_is_is_broken(server: Server, data: Path) -> None:
    (found,) = check_links([replace(tool(), link=f"{server.url}/tool")], public_only=False)
    assert found.state is LinkState.BROKEN
    assert "prove who it is" in str(found.error)


def test_the_page_of_checksums_is_a_link_too(server: Server, authority: Path, data: Path) -> None:
    server.answers["/tool"] = lambda to: send(to, 200)
    linked = replace(tool(), link=f"{server.url}/tool", checksums=f"{server.url}/sums")
    found = list(check_links([linked], ca_file=authority, public_only=False))
    assert [(one.is_checksums, one.state) for one in found] == [(False, LinkState.ANSWERS), (True, LinkState.BROKEN)]
