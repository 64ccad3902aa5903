"""A served centre writes its public pages; it and Debian's nginx, set up as the how-to says, hand out the same."""

import gzip
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.centre import Served, prepared, served
from tests.nginx import block_of, nginx
from tests.waiting import PATIENCE_SECONDS, until

from quetsach.web.published.offer import HEADERS
from quetsach.web.server.pages import CURRENT, STATE

DIFFERENT = {
    "date",
    "server",
    "connection",
    "etag",
    "last-modified",
    "accept-ranges",
    "content-length",
    "transfer-encoding",
    "vary",
    "cache-control",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages") / "pages"


@pytest.fixture(scope="module")
def centre(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = prepared(tmp_path_factory, "written", demonstration=True)
    with served(Path(shutil.copytree(data, folder.with_name("centre"))), QUETSACH_PAGES=str(folder)) as running:
        until((folder / CURRENT / STATE).exists, running.log.read_text)
        yield running


@pytest.fixture(scope="module")
def front(centre: Served, folder: Path) -> Iterator[str]:
    page = "run-behind-a-proxy.md"
    server = block_of(page, number=2).replace("/srv/quetsach-pages", str(folder))
    server = server.replace("http://127.0.0.1:8000", centre.url)
    with nginx(folder.with_name("nginx"), server, around=block_of(page, number=1)) as url:
        yield url


def get(url: str, data: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    asked = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        answer = urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS)
    except urllib.error.HTTPError as error:
        answer = error  # type: ignore[assignment]
    with answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


def paths(folder: Path) -> list[dict[str, str]]:
    return list(json.loads((folder / CURRENT / STATE).read_text())["pages"])


def answered_from_files(centre: Served) -> float:
    """Return how many requests Django has answered, but for those for the count itself."""
    _status, _headers, text = get(f"{centre.url}/metrics")
    lines = [line for line in text.decode().splitlines() if line.startswith("quetsach_request_seconds_count")]
    return sum(float(line.rpartition(" ")[2]) for line in lines if "metrics" not in line and "healthz" not in line)


def test_the_centre_and_nginx_hand_out_the_same_pages(centre: Served, front: str, folder: Path) -> None:
    pages = [page["path"] for page in paths(folder) if not page["for"]]
    assert {"/", "/en/", "/kiem-tra/", "/ma-doc/mirai-gafgyt/"} < set(pages)
    before = answered_from_files(centre)
    for path in pages:
        own, other = get(centre.url + path), get(front + path)
        assert own[0] == other[0] == 200
        assert own[2] == other[2]
        assert {k: v for k, v in own[1].items() if k not in DIFFERENT} == {
            k: v for k, v in other[1].items() if k not in DIFFERENT
        }, path
    assert answered_from_files(centre) == before, "Django made none of them"


def test_nginx_sends_them_packed_and_not_again(front: str) -> None:
    _status, headers, content = get(front, Accept_Encoding="gzip")
    assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")
    assert get(front)[2] == gzip.decompress(content)
    assert get(front, If_None_Match=headers["etag"], Accept_Encoding="gzip")[0] == 304


def test_what_is_no_file_comes_from_the_centre(front: str) -> None:
    status, headers, content = get(f"{front}/kiem-tra/", data=b"")
    assert (status, headers["cache-control"]) == (200, "max-age=0, no-cache, no-store, must-revalidate, private")
    assert b"<h1>" in content
    assert get(f"{front}/giup-do/")[0] == 200
    assert get(f"{front}/tai-ve/", User_Agent="Mozilla/5.0 (Linux; Android 14) Mobile")[0] == 200
    assert get(f"{front}/xac-minh/?ma=x")[1]["x-robots-tag"] == "noindex"
    assert get(f"{front}/api/v1/figures.json")[1]["content-type"] == "application/json"
    assert "frame-ancestors *" in get(f"{front}/nhung/")[1]["content-security-policy"]
    assert get(f"{front}/api/v1/pictures/card.vi.png")[1]["content-type"] == "image/png"
    assert get(f"{front}/nowhere/")[0] == 404
    for inner in ("/current/pages.json", "/current/index.html", "/none/index.html", "/pages.json"):
        assert get(front + inner)[0] == 404


def test_pages_of_each_kind_of_computer_are_the_centre_s(centre: Served, folder: Path) -> None:
    assert {page["for"] for page in paths(folder) if page["path"] == "/tai-ve/"} >= {"windows", "phone", "unknown"}
    phone, windows = (
        get(f"{centre.url}/tai-ve/", User_Agent=agent)
        for agent in ("Mozilla/5.0 (Linux; Android 14) Mobile", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
    )
    assert phone[0] == windows[0] == 200
    assert {*HEADERS} < {name.strip() for name in phone[1]["vary"].split(",")}
    assert phone[1]["vary"] == windows[1]["vary"]
