"""Pictures that anybody may print, frames for other sites, and the page of all figures."""

import dataclasses
import json
import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from PIL import Image
from tests.unit.web.conftest import write_published

from quetsach.centre.publication.snapshot import RankedRow, Snapshot, figures_path, read_snapshot
from quetsach.core.text import LocalText
from quetsach.web.portal.pictures import _thresholds, picture_files

SPACE = "{http://www.w3.org/2000/svg}"


def published(centre: Path) -> Snapshot:
    snapshot = read_snapshot(centre)
    assert snapshot
    return snapshot


def words(svg: bytes) -> str:
    return " ".join(element.text or "" for element in ET.fromstring(svg).iter(f"{SPACE}text"))


def test_every_picture_is_there_in_both_languages_and_forms(centre: Path, client: Client) -> None:
    files = picture_files()
    assert {"card.vi.png", "card.en.png", "families.vi.svg", "isps.en.png", "campaign-viet-nam-2020.vi.svg"} <= set(
        files
    )
    for file in files:
        answer = client.get(f"/api/v1/pictures/{file}")
        assert answer.status_code == 200, file
        assert answer["Access-Control-Allow-Origin"] == "*"
        if file.endswith(".png"):
            assert answer["Content-Type"] == "image/png"
            assert Image.open(BytesIO(answer.content)).format == "PNG"
        else:
            assert answer["Content-Type"] == "image/svg+xml"
            assert ET.fromstring(answer.content).tag == f"{SPACE}svg"


@pytest.mark.parametrize(
    ("language", "said"), [("vi", "Địa chỉ không phải là máy"), ("en", "An address is not a machine")]
)
def test_a_picture_says_what_it_is_of_and_where_it_comes_from(
    centre: Path, client: Client, language: str, said: str
) -> None:
    svg = client.get(f"/api/v1/pictures/families.{language}.svg").content
    told = words(svg)
    assert published(centre).families[0].name.in_language(language) in told.replace("…", "")
    assert said in told
    assert "CC-BY-4.0" in told
    assert "localhost:8000" in told
    assert "<script" not in svg.decode()
    assert not re.search(r"(?:href|src)=", svg.decode()), "it loads nothing"


def test_a_picture_of_a_demonstration_says_so_itself(centre: Path, client: Client) -> None:
    assert published(centre).scale > 1
    for name in picture_files():
        if name.endswith(".en.svg"):
            assert "not real figures" in words(client.get(f"/api/v1/pictures/{name}").content), name


def test_a_picture_changes_with_what_is_published(centre: Path, client: Client) -> None:
    before = client.get("/api/v1/pictures/families.en.svg")
    snapshot = published(centre)
    row = RankedRow(1, "zeroaccess", LocalText("ZeroAccess", "ZeroAccess"), 99.0, None, 100.0)
    kept = figures_path(centre).read_bytes()
    try:
        write_published(centre, dataclasses.replace(snapshot, families=(row,)))
        after = client.get("/api/v1/pictures/families.en.svg")
    finally:
        figures_path(centre).write_bytes(kept)
    assert "ZeroAccess" in words(after.content)
    assert after["ETag"] != before["ETag"]


@pytest.mark.parametrize("file", ["x", "x.png", "families.vi.gif", "families.fr.svg", "../figures.json", "card.vi.svg"])
def test_what_is_no_picture_is_refused_as_the_interface_refuses(centre: Path, client: Client, file: str) -> None:
    answer = client.get(f"/api/v1/pictures/{file}")
    assert answer.status_code == 404
    assert json.loads(answer.content)["error"] == "not-found"


@pytest.mark.parametrize("values", [[0.2], [3.0, 3.0, 3.0], [1.0, 20.0, 400.0], [12.0] * 9 + [4000.0], []])
def test_shades_of_the_map_begin_at_round_numbers_that_differ(values: Sequence[float]) -> None:
    low, high = _thresholds(values)
    assert 1 <= low < high
    assert all(re.fullmatch(r"[125]0*", f"{number:.0f}") for number in (low, high))


def test_a_share_card_has_the_size_that_others_take(centre: Path, client: Client) -> None:
    assert Image.open(BytesIO(client.get("/api/v1/pictures/card.vi.png").content)).size == (1200, 630)
    head = client.get("/").content.decode().partition("</head>")[0]
    assert 'property="og:image" content="http://localhost:8000/api/v1/pictures/card.vi.png"' in head


def test_a_centre_without_figures_has_a_card_and_no_picture(empty_centre: Path, client: Client) -> None:
    assert set(picture_files()) == {"card.vi.png", "card.en.png"}
    assert client.get("/api/v1/pictures/card.en.png").status_code == 200
    for path in ("/bao-chi/", "/so-lieu/", "/nhung/"):
        assert "chưa công bố số liệu" in client.get(path).content.decode()
    assert client.get("/nhung/01/").status_code == 404


@pytest.mark.parametrize("path", ["/nhung/", "/en/embed/", "/nhung/01/"])
def test_frames_alone_may_stand_in_other_sites(centre: Path, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "frame-ancestors *" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    text = answer.content.decode()
    assert "<script" not in text
    assert 'class="qr"' in text
    leaving = re.findall(r"<a [^>]*>", text)
    assert leaving
    assert all('target="_blank" rel="noopener"' in link for link in leaving), "a frame does not turn into another page"
    for other in ("/", "/so-lieu/", "/bao-chi/"):
        assert client.get(other)["X-Frame-Options"] == "DENY"


def test_a_frame_of_a_province_without_a_figure_says_so(centre: Path, client: Client) -> None:
    assert "Không có số riêng" in client.get("/nhung/01/").content.decode()
    assert client.get("/nhung/00/").status_code == 404


def test_the_page_of_all_figures_shows_every_row_and_where_each_is_defined(centre: Path, client: Client) -> None:
    text = client.get("/en/figures/").content.decode()
    snapshot = published(centre)
    for rows in (snapshot.families, snapshot.isps, snapshot.places, snapshot.sectors):
        for row in rows:
            assert row.name.en in text
    assert text.count("/en/how-this-is-counted/#mean-daily-addresses") == len(
        [rows for rows in (snapshot.families, snapshot.isps, snapshot.places, snapshot.sectors) if rows]
    )
    assert "how many machines are infected is not published here" in text
