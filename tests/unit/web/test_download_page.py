"""The page of downloads hands everybody the file that runs there, and nobody one that does not."""

import hashlib
import re
from pathlib import Path

import pytest
from django.test import Client
from tests.offered_release import BUNDLE, ELSEWHERE, LINUX, PORTABLE, SETUP, STICK, WINDOWS, offer_release

from quetsach.packs.downloads import LIST_FILE
from quetsach.web.published import selectors


def _page(client: Client, agent: str, path: str = "/tai-ve/", **headers: str) -> str:
    answer = client.get(path, headers={"user-agent": agent, **headers})
    assert answer.status_code == 200
    return answer.content.decode()


def _red(text: str) -> list[str]:
    return re.findall(r'class="button now" href="([^"]*)"', text)


@pytest.mark.parametrize("path", ["/tai-ve/", "/en/download/"])
@pytest.mark.parametrize(("agent", "name"), [(WINDOWS, SETUP), (LINUX, BUNDLE)])
def test_the_red_button_has_the_file_for_this_computer(
    release: Path, client: Client, agent: str, name: str, path: str
) -> None:
    assert _red(_page(client, agent, path)) == [f"/tai-ve/{name}"]


@pytest.mark.parametrize("agent", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_computer_on_which_nothing_runs_gets_no_red_button_and_a_reason(
    release: Path, client: Client, agent: str
) -> None:
    text = _page(client, agent, "/en/download/")
    assert _red(text) == []
    assert re.search(r'<h2 id="first">(The tool does not run on|Choose the file)', text)


def test_the_hint_of_the_browser_goes_before_its_name(release: Path, client: Client) -> None:
    assert _red(_page(client, LINUX, **{"sec-ch-ua-platform": '"Android"'})) == []


@pytest.mark.parametrize("agent", [WINDOWS, LINUX, *ELSEWHERE.values()])
def test_everybody_sees_all_files_with_windows_first(release: Path, client: Client, agent: str) -> None:
    listed = _page(client, agent).partition('id="files"')[2]
    names = re.findall(r'href="/tai-ve/([^"]+(?:exe|xz|iso|whl))"', listed)
    assert names == [SETUP, PORTABLE, BUNDLE, STICK]
    for name in names:
        assert hashlib.sha256(name.encode()).hexdigest() in listed


def test_caches_are_told_what_the_page_depends_on(release: Path, client: Client) -> None:
    answer = client.get("/tai-ve/", headers={"user-agent": WINDOWS})
    varies = {part.strip().lower() for part in answer["Vary"].split(",")}
    assert varies >= {"user-agent", "sec-ch-ua-platform"}
    assert "public" in answer["Cache-Control"]


def test_only_the_page_of_downloads_depends_on_the_browser(release: Path, client: Client) -> None:
    for path in ("/", "/thiet-bi/may-tinh-windows/lam-sach/", "/tai-ve/manifest.json"):
        assert "user-agent" not in client.get(path).headers.get("Vary", "").lower()


def test_who_signed_is_told_and_how_to_see_it(release: Path, client: Client) -> None:
    for path, words in (("/tai-ve/", "Chữ ký số"), ("/en/download/", "Digital Signatures")):
        text = _page(client, WINDOWS, path)
        assert "Cục &lt;An toàn&gt;" in text
        assert words in text
        assert f"Get-FileHash .\\{SETUP}" in text
        assert f"sha256sum {BUNDLE}" in text


def test_a_file_that_nobody_signed_is_said_to_be_unsigned(empty_centre: Path, client: Client) -> None:
    offer_release(empty_centre, (SETUP, "windows", "setup"), signed_by="")
    text = _page(client, WINDOWS, "/en/download/")
    assert "Windows will warn of an unknown publisher" in text
    assert "Digital Signatures" not in text
    assert "Get-FileHash" in text


def test_it_is_said_that_no_real_windows_was_at_hand_until_one_was(
    release: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No real Windows was at hand" in _page(client, WINDOWS, "/en/download/")
    monkeypatch.setattr(selectors, "was_seen_on_windows", lambda: True)
    assert "No real Windows was at hand" not in _page(client, WINDOWS, "/en/download/")


def test_answers_of_a_real_windows_are_looked_for_where_they_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "bundled", lambda name: tmp_path / name)
    assert not selectors.was_seen_on_windows()
    (tmp_path / "data" / "windows").mkdir(parents=True)
    (tmp_path / "data" / "windows" / "one.json").write_text("{}")
    assert selectors.was_seen_on_windows()


@pytest.mark.parametrize("agent", [WINDOWS, LINUX, *ELSEWHERE.values()])
def test_the_python_package_alone_is_nobodys_red_button(wheel: Path, client: Client, agent: str) -> None:
    text = _page(client, agent, "/en/download/")
    assert _red(text) == []
    assert 'href="/tai-ve/quetsach-2.0-py3-none-any.whl"' in text
    assert "For people who have Python 3.13" in text


def test_windows_people_are_told_when_there_is_nothing_for_them(wheel: Path, client: Client) -> None:
    assert "no file for Windows here yet" in _page(client, WINDOWS, "/en/download/")
    assert "Chưa có tệp cho Windows" in _page(client, WINDOWS)


@pytest.mark.parametrize("name", [SETUP, PORTABLE, BUNDLE, STICK])
def test_each_file_can_be_had(release: Path, client: Client, name: str) -> None:
    answer = client.get(f"/tai-ve/{name}")
    assert b"".join(answer.streaming_content) == name.encode()  # type: ignore[attr-defined]
    assert answer["ETag"] == f'"{hashlib.sha256(name.encode()).hexdigest()}"'
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    again = client.get(f"/tai-ve/{name}", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(f"/tai-ve/{name}", headers={"If-None-Match": '"other"'})
    assert b"".join(other.streaming_content) == name.encode()  # type: ignore[attr-defined]


def test_any_page_of_the_web_may_read_what_there_is(release: Path, client: Client) -> None:
    assert client.get("/tai-ve/manifest.json")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", ["release.json", "tool.json", "..", "none.exe", f"{SETUP}x"])
def test_nothing_else_can_be_had(release: Path, client: Client, name: str) -> None:
    assert client.get(f"/tai-ve/{name}").status_code == 404


def test_the_manifest_names_system_and_kind(release: Path, client: Client) -> None:
    manifest = client.get("/tai-ve/manifest.json").json()
    assert [(f["system"], f["kind"]) for f in manifest["files"]] == [
        *(("windows", "setup"), ("windows", "portable"), ("linux", "bundle"), ("linux", "rescue"))
    ]
    assert manifest["files"][0]["signed_by"] == "Cục <An toàn>"


def test_a_file_that_is_gone_is_not_offered(release: Path, client: Client) -> None:
    next((release / "repository" / "targets" / "tools").glob(f"*.{SETUP}")).unlink()
    assert _red(_page(client, WINDOWS)) == [f"/tai-ve/{PORTABLE}"]


@pytest.mark.parametrize("content", ["", "{", '{"format": "quetsach-release/9", "files": []}'])
def test_a_damaged_list_breaks_no_page(release: Path, client: Client, content: str) -> None:
    (release / "tool" / LIST_FILE).write_text(content)
    assert "No tool here yet" in _page(client, WINDOWS, "/en/download/")


def test_the_root_of_trust_can_be_had_from_the_page(release: Path, client: Client) -> None:
    metadata = release / "repository" / "metadata"
    metadata.mkdir()
    (metadata / "2.root.json").write_bytes(b"root")
    text = _page(client, LINUX)
    assert hashlib.sha256(b"root").hexdigest() in text
    assert 'href="/repository/metadata/2.root.json"' in text
    assert b"".join(client.get("/repository/metadata/2.root.json").streaming_content) == b"root"  # type: ignore[attr-defined]
