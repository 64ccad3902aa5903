"""What is the same for everybody goes out small and once; what is anybody's own never shares its length."""

import gzip
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from quetsach.web.middleware import Compression

PUBLIC = ["/", "/en/", "/kiem-tra/", "/chien-dich/", "/du-lieu-mo/", "/ma-doc/", "/sitemap.xml"]
SHORT = ["/robots.txt", "/.well-known/security.txt", "/tai-ve/manifest.json"]
OWN = ["/giup-do/", "/van-phong/vao/"]
TAKES = {"Accept-Encoding": "gzip, deflate, br"}


def answer(response: HttpResponse, *, path: str = "/", **headers: str) -> HttpResponse:
    middleware = Compression(lambda _request: response)
    made = middleware(RequestFactory(headers=TAKES | headers).get(path))
    assert isinstance(made, HttpResponse)
    return made


def page(**headers: str) -> HttpResponse:
    return HttpResponse("một trang " * 200, headers={"Cache-Control": "public, max-age=60"} | headers)


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_for_everybody_goes_out_compressed_and_not_again_unchanged(
    centre: Path, client: Client, path: str
) -> None:
    plain, small = client.get(path), client.get(path, headers=TAKES)
    assert gzip.decompress(small.content) == plain.content
    assert "Accept-Encoding" in small["Vary"]
    assert int(small["Content-Length"]) == len(small.content) < len(plain.content)
    assert small["ETag"] == f"W/{plain['ETag']}"
    for tag in (plain["ETag"], small["ETag"]):
        again = client.get(path, headers={"If-None-Match": tag} | TAKES)
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("path", SHORT)
def test_small_files_are_not_sent_again_unchanged(centre: Path, client: Client, path: str) -> None:
    tag = client.get(path)["ETag"]
    assert client.head(path)["ETag"] == tag
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("path", OWN)
def test_what_is_somebodys_own_is_never_compressed(centre: Path, client: Client, db: None, path: str) -> None:
    got = client.get(path, headers=TAKES)
    assert got.status_code == 200
    assert "Content-Encoding" not in got.headers
    assert "ETag" not in got.headers


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Cache-Control": "private, no-store"}),
        ("/", {"Cache-Control": "max-age=60"}),
        ("/", {"Vary": "Cookie"}),
        ("/", {"Content-Encoding": "br"}),
        ("/", {"Content-Type": "application/pdf"}),
        ("/van-phong/so-lieu/", {}),  # whatever a page of the office says of itself
        ("/en/office/figures/", {}),
    ],
)
def test_only_public_text_is_compressed(path: str, headers: dict[str, str]) -> None:
    made = answer(page(**headers), path=path)
    assert made.headers.get("Content-Encoding") == headers.get("Content-Encoding")
    assert made.content == page().content


def test_what_sets_a_cookie_is_not_for_everybody() -> None:
    mine = page()
    mine.set_cookie("office", "secret")
    assert "Content-Encoding" not in answer(mine).headers


@pytest.mark.parametrize("takes", ["", "identity", "gzip;q=0", "gzip; q=0.000", "gzip;q=1.1.1", "xgzip", "br"])
def test_who_takes_nothing_compressed_gets_it_plain(takes: str) -> None:
    made = answer(page(), **{"Accept-Encoding": takes})
    assert "Content-Encoding" not in made.headers
    assert made["Vary"] == "Accept-Encoding"


def test_a_page_that_is_too_short_stays_as_it_is() -> None:
    assert "Content-Encoding" not in answer(HttpResponse("ok", headers={"Cache-Control": "public"})).headers


def test_an_error_has_no_tag() -> None:
    wrong = page()
    wrong.status_code = 404
    assert "ETag" not in answer(wrong).headers
