"""Servers and writers of landing folders that mean harm: what they send is bounded, and goes into the lake alone."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.feed_server import (
    CSV,
    Server,
    describe,
    pulled,
    running,
    said,
    secret,
    send,
    state,
    statuses,
)
from tests.waiting import until

from quetsach.centre.sources import pulling as pulling_module
from quetsach.centre.sources import transport
from quetsach.centre.sources.pulling import Pulled

LATER = timedelta(seconds=90)


@pytest.fixture
def lake_takes_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling_module, "ingest_files", lambda *_a, **_k: iter(()))


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_trickles_is_given_up_at_the_deadline_of_the_whole(
    server: Server, data: Path, begin: bytes
) -> None:
    cut = threading.Event()

    def answer(to: BaseHTTPRequestHandler) -> None:
        try:
            to.wfile.write(begin)
            while not cut.wait(0.02):
                to.wfile.write(b"H")
        except OSError:
            cut.set()

    server.answers["/today.csv"] = answer
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert "within 0.2 seconds" in said(pulled(data, seconds=0.2))
    until(lambda: not any(thread.name == "source" for thread in threading.enumerate()))
    until(cut.is_set)
    server.answers["/today.csv"] = lambda to: send(to, 200, CSV)
    assert [one.accepted for one in pulled(data)] == [2]


@pytest.mark.parametrize("target", ["http://[::1", "http://127.0.0.1:99999/x", "http://[x]/"])
def test_a_redirect_to_what_is_no_address_is_an_error_that_tells_no_query(
    server: Server, data: Path, target: str
) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 302, Location=target)
    describe(data, "http", f'url = "{server.url}/today.csv?key=hidden-word"')
    told = said(pulled(data))
    assert "/today.csv: " in told
    assert "hidden-word" not in told + json.dumps(state(data).error)


def test_a_version_that_could_not_be_sent_back_is_not_remembered(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 200, CSV, ETag='"a\x01b"', Last_Modified="x" * 2000)
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert statuses(pulled(data)) == ["taken"]
    assert set(state(data).marks) == {"sha256"}
    assert statuses(pulled(data)) == ["unchanged"]


@pytest.mark.parametrize("field", ["id", "type", "file"])
@pytest.mark.parametrize(
    "value", ["../../sources/evil.toml", "a/b", "", ".hidden", "a\r\nX: y", "https://127.0.0.1/", "x" * 200, ["a"], {}]
)
def test_a_list_of_shadowserver_names_no_path_and_no_address(
    server: Server, data: Path, field: str, value: object
) -> None:
    entry = {"id": "abc1", "type": "event4_sinkhole", "file": "a.csv", field: value}
    server.answers["/reports/list"] = lambda to: send(to, 200, json.dumps([entry]).encode())
    more = f'url = "{server.url}"\nfiles_url = "{server.url}/dl"\nsecret_file = "{secret(data)}"\n'
    describe(data, "shadowserver", more + f'key_file = "{secret(data)}"', feed="shadowserver")
    assert "the list of files is not of the form" in said(pulled(data))
    assert [path for _, path, _, _ in server.asked] == ["/reports/list"]


@pytest.mark.parametrize(
    "manifest",
    [
        '{"5f2a9c1e-0000-4000-8000-000000000001/../x": {"timestamp": "1"}}',
        '{"5f2a9c1e-0000-4000-8000-000000000001\\n": {"timestamp": "1"}}',
        '{"5f2a9c1e-0000-4000-8000-000000000001": {"timestamp": ' + "[" * 900 + "]" * 900 + "}}",
        '{"5f2a9c1e-0000-4000-8000-000000000001": [1]}',
        "[]",
    ],
)
def test_a_manifest_of_misp_names_no_path(server: Server, data: Path, manifest: str) -> None:
    server.answers["/manifest.json"] = lambda to: send(to, 200, manifest.encode())
    describe(data, "misp", f'url = "{server.url}"')
    assert "the list of files is not of the form" in said(pulled(data))
    assert len(server.asked) == 1


def test_what_a_manifest_names_no_more_is_not_remembered(server: Server, data: Path, lake_takes_all: None) -> None:
    describe(data, "misp", f'url = "{server.url}"')
    for number in range(3):
        uuid = f"5f2a9c1e-0000-4000-8000-00000000000{number}"
        body = json.dumps({uuid: {"timestamp": "1"}}).encode()
        server.answers["/manifest.json"] = lambda to, body=body: send(to, 200, body)  # type: ignore[misc]
        server.answers[f"/{uuid}.json"] = lambda to: send(to, 200, b'{"Event": {}}')
        assert statuses(pulled(data)) == ["taken"]
        assert list(state(data).marks["events"]) == [uuid]


def test_json_of_very_many_values_is_refused_before_it_fills_the_memory(
    server: Server, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_MOST_VALUES", 100)
    server.answers["/manifest.json"] = lambda to: send(to, 200, b"[" + b"[]," * 100 + b"1]")
    describe(data, "misp", f'url = "{server.url}"')
    assert "more than 100 values" in said(pulled(data))


@pytest.mark.parametrize("sign", ["[", '{"a":'])
def test_json_that_is_too_deep_is_refused(server: Server, data: Path, sign: str) -> None:
    server.answers["/manifest.json"] = lambda to: send(to, 200, sign.encode() * 200_000)
    describe(data, "misp", f'url = "{server.url}"')
    assert "the answer is no JSON" in said(pulled(data))


def _taxii(server: Server, data: Path, pages: list[object], *, files: int = 9) -> None:
    def answer(to: BaseHTTPRequestHandler) -> None:
        page = pages[min(len(server.asked), len(pages)) - 1]
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        send(to, 200, body, X_TAXII_Date_Added_Last="2026-11-01T00:00:01Z")

    server.answers["/collections/c/objects/"] = answer
    describe(data, "taxii", f'url = "{server.url}"\ncollection = "c"', bounds=f"keep_free_mb = 0\nfiles = {files}")


def test_a_next_of_taxii_that_is_an_address_stays_a_word_of_the_query(
    server: Server, data: Path, lake_takes_all: None
) -> None:
    with running() as other:
        following = f"{other.url}/x?a=b&limit=9#c"
        _taxii(server, data, [{"more": True, "next": following, "objects": [1]}, {}])
        assert statuses(pulled(data)) == ["taken", "unchanged"]
        assert other.asked == []
    path = server.asked[1][1]
    assert path.startswith("/collections/c/objects/?limit=1000&next=http%3A%2F%2F127.0.0.1")
    assert path.endswith("%2Fx%3Fa%3Db%26limit%3D9%23c")


@pytest.mark.parametrize("following", ["\ud800", "a\r\nX: y", "", "x" * 2000, ["a"]])
def test_a_next_of_taxii_that_is_no_plain_word_is_not_used(
    server: Server, data: Path, lake_takes_all: None, following: object
) -> None:
    _taxii(server, data, [{"more": True, "next": following, "objects": [1]}, {}])
    assert statuses(pulled(data)) == ["taken", "unchanged"]
    assert server.asked[1][1].endswith("?limit=1000&added_after=2026-11-01T00%3A00%3A01Z")


def test_empty_pages_without_end_are_bounded(server: Server, data: Path) -> None:
    _taxii(server, data, [{"more": True, "next": f"p{number}"} for number in range(99)], files=4)
    assert statuses(pulled(data)) == ["unchanged"] * 4
    assert len(server.asked) == 4


def test_pages_that_turn_in_a_circle_are_an_error(server: Server, data: Path) -> None:
    _taxii(server, data, [{"more": True, "next": "p1"}])
    assert "the same page again and again" in str(pulled(data)[-1].error)


def test_a_refused_file_that_is_called_as_a_reason_is_kept(server: Server, data: Path) -> None:
    for name in ("a.csv.reason.txt", "a.csv"):
        server.answers[f"/{name}"] = lambda to, name=name: send(to, 200, f"{name}\n".encode())  # type: ignore[misc]
        describe(data, "http", f'url = "{server.url}/{name}"')
        assert statuses(pulled(data)) == ["refused"]
    refused = data / "pulled" / "one" / "refused"
    assert (refused / "a.csv.reason.txt").read_bytes() == b"a.csv.reason.txt\n"
    assert (refused / "a.csv~2").read_bytes() == b"a.csv\n"


@pytest.fixture
def small_disk(data: Path) -> Iterator[Path]:
    room = data / "pulled" / "one"
    room.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", room], check=False, capture_output=True
    )
    assert not mounted.returncode, mounted.stderr
    yield room
    subprocess.run(["umount", room], check=True)


@pytest.mark.isolated
def test_a_disk_that_is_full_in_the_middle_of_a_file_is_told_and_loses_nothing(
    server: Server, data: Path, small_disk: Path
) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 200, b"x" * (1 << 20))
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert "No space left" in str(pulled(data)[0].error)
    assert not (data / "lake").exists()
    server.answers["/today.csv"] = lambda to: send(to, 200, CSV)
    assert statuses(pulled(data)) == ["taken"]
    assert sorted(path.name for path in small_disk.iterdir()) == [".lock", "state.json"]


# Landing folders


@pytest.fixture
def landing(data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir(mode=0o700)
    describe(data, "folder", f'folder = "{folder}"')
    return folder


def _later(data: Path) -> list[Pulled]:
    return pulled(data, now=datetime.now(UTC) + LATER)


@pytest.mark.parametrize("name", ["taking", "done", "refused"])
def test_a_link_in_the_place_of_a_folder_moves_nothing(data: Path, landing: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.csv").write_bytes(CSV)
    (landing / "evil.toml").write_bytes(CSV)
    (landing / name).symlink_to(elsewhere)
    assert "others could swap this folder" in said(_later(data))
    assert [path.name for path in elsewhere.iterdir()] == ["kept.csv"]
    assert (landing / "evil.toml").exists()


def test_a_folder_in_which_others_may_rename_is_refused(data: Path, landing: Path) -> None:
    (landing / "good.csv").write_bytes(CSV)
    landing.chmod(0o770)
    assert "others could swap this folder" in said(_later(data))
    assert [path.name for path in landing.iterdir()] == ["good.csv"]
    landing.chmod(0o1770)
    assert statuses(_later(data)) == ["taken"]
    (landing / "done").chmod(0o1777)
    assert "landing/done: others could swap" in said(_later(data))


@pytest.mark.parametrize(
    ("name", "kept"),
    [(b"a\xff\n.csv", "a__.csv"), ("ố".encode() * 84, "ố" * 66), (b"x" * 255, "x" * 200)],
)
def test_a_file_with_an_odd_name_is_taken_in_under_a_plain_one(
    data: Path, landing: Path, name: bytes, kept: str
) -> None:
    with open(os.fsencode(landing) + b"/" + name, "wb") as file:  # noqa: PTH123  (a path of bytes)
        file.write(b"nothing,known\n1,2\n")
    assert statuses(_later(data)) == ["refused"]
    assert sorted(path.name for path in (landing / "refused").iterdir()) == [kept, f"{kept}.reason.txt"]
    assert _later(data) == []


def test_a_file_that_was_swapped_for_a_link_while_it_was_taken_is_not_read(
    data: Path, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (landing / "a.csv").write_bytes(CSV)
    settled = pulling_module._settled

    def swapped(*arguments: object) -> list[Path]:
        found = settled(*arguments)  # type: ignore[arg-type]
        (landing / "a.csv").unlink()
        (landing / "a.csv").symlink_to(secret(data))
        return found

    monkeypatch.setattr(pulling_module, "_settled", swapped)
    assert "no file any more" in said(_later(data))
    assert not (data / "lake").exists()


@pytest.mark.isolated
@pytest.mark.parametrize("name", ["", "taking", "done", "refused"])
def test_a_folder_of_another_account_is_refused(data: Path, landing: Path, name: str) -> None:
    (landing / name).mkdir(exist_ok=True)
    os.chown(landing / name, 65_534, 65_534)
    assert "others could swap this folder" in said(_later(data))


def test_a_landing_folder_that_is_not_there_is_told_and_not_made(data: Path, landing: Path) -> None:
    landing.rmdir()
    assert "No such file" in said(_later(data))
    assert not landing.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "feeds.example.org"])
def test_a_source_of_public_servers_asks_nothing_of_an_own_network(
    server: Server, data: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _host, *more, **named: resolve("127.0.0.1", *more, **named))
    describe(data, "http", f'url = "{server.url.replace("127.0.0.1", host)}/today.csv"\npublic_only = true')
    assert "not of the public Internet" in said(pulled(data))
    assert server.asked == []


def test_a_server_of_the_public_internet_redirects_to_no_own_network(
    server: Server, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "is_public", lambda host: host == "127.0.0.1")
    server.answers["/today.csv"] = lambda to: send(to, 302, Location=server.url.replace("127.0.0.1", "localhost"))
    describe(data, "http", f'url = "{server.url}/today.csv"\npublic_only = true')
    assert "not of the public Internet" in said(pulled(data))
    assert len(server.asked) == 1
