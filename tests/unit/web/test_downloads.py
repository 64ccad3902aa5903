"""Files that the centre gives away: the tool, the signed repository, open data."""

import csv
import dataclasses
import hashlib
import io
import json
from pathlib import Path

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from tests.unit.web.conftest import write_published

from quetsach.centre.publication.snapshot import read_snapshot

WHEEL = b"PK\x03\x04 a wheel"
NAME = "quetsach-0.1.0-py3-none-any.whl"


def fetch(client: Client, path: str, **headers: str) -> tuple[HttpResponseBase, bytes]:
    """Read a streamed file to its end, as a client does, and close it."""
    answer = client.get(path, **headers)
    content = answer.getvalue()
    answer.close()
    return answer, content


@pytest.fixture
def offered(empty_centre: Path) -> Path:
    folder = empty_centre / "tool"
    folder.mkdir()
    (folder / NAME).write_bytes(WHEEL)
    (folder / "other.whl").write_bytes(b"not offered")
    digest = hashlib.sha256(WHEEL).hexdigest()
    facts = {"file_name": NAME, "version": "0.1.0", "size_bytes": len(WHEEL), "sha256": digest}
    (folder / "tool.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture
def repository(empty_centre: Path) -> Path:
    folder = empty_centre / "repository"
    for name in ("metadata/timestamp.json", "metadata/1.root.json", f"targets/packs/{'a' * 64}.eicar-2026.11.25.qsp"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    (folder / ".lock").write_text("")
    (folder / "metadata" / "secret.txt").write_text("no")
    (empty_centre / "secret.key").write_text("no")
    (folder / "metadata" / "2.root.json").symlink_to(empty_centre / "secret.key")
    return folder


def test_the_download_page_shows_what_the_file_is(offered: Path, client: Client) -> None:
    page = client.get("/tai-ve/").content.decode()
    for fact in (NAME, "0.1.0", hashlib.sha256(WHEEL).hexdigest(), f"/tai-ve/{NAME}", "sha256sum"):
        assert fact in page


def test_the_download_page_shows_the_newest_root_of_trust(offered: Path, repository: Path, client: Client) -> None:
    assert hashlib.sha256(b"{}").hexdigest() in client.get("/tai-ve/").content.decode()
    newer = repository / "metadata" / "10.root.json"
    newer.write_text("newer")
    page = client.get("/tai-ve/").content.decode()
    assert "Gốc tin cậy (SHA-256)" in page
    assert hashlib.sha256(b"newer").hexdigest() in page
    assert "10.root.json" in page


def test_the_file_is_the_one_described(offered: Path, client: Client) -> None:
    manifest = client.get("/tai-ve/manifest.json").json()["files"][0]
    answer, content = fetch(client, manifest["url"])
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
    assert len(content) == manifest["size_bytes"]
    assert NAME in answer["Content-Disposition"]


@pytest.mark.parametrize("name", ["other.whl", "..%2fsecret.whl", "tool.json"])
def test_only_the_offered_file_is_given(offered: Path, client: Client, name: str) -> None:
    assert client.get(f"/tai-ve/{name}").status_code == 404


def test_a_centre_without_a_tool_warns_of_others(empty_centre: Path, client: Client) -> None:
    page = client.get("/tai-ve/").content.decode()
    assert "Chưa có công cụ ở đây" in page
    assert ".whl" not in page
    assert client.get("/tai-ve/manifest.json").json()["files"] == []


@pytest.mark.parametrize("facts", ["{", "[]", '{"file_name": 1}', '{"file_name": "../secret.key"}'])
def test_damaged_facts_offer_nothing(offered: Path, client: Client, facts: str) -> None:
    (offered / "tool.json").write_text(facts)
    assert "Chưa có công cụ ở đây" in client.get("/tai-ve/").content.decode()


def test_the_timestamp_is_asked_for_each_time_and_the_rest_is_kept(repository: Path, client: Client) -> None:
    assert fetch(client, "/repository/metadata/timestamp.json")[0]["Cache-Control"] == "no-cache"
    pack, _ = fetch(client, f"/repository/targets/packs/{'a' * 64}.eicar-2026.11.25.qsp")
    assert "immutable" in pack["Cache-Control"]
    assert pack["Content-Type"] == "application/octet-stream"
    assert fetch(client, "/repository/metadata/1.root.json")[0]["Content-Type"] == "application/json"


def test_an_unchanged_file_is_not_sent_again(repository: Path, client: Client) -> None:
    tag = fetch(client, "/repository/metadata/timestamp.json")[0]["ETag"]
    assert client.get("/repository/metadata/timestamp.json", HTTP_IF_NONE_MATCH=tag).status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        ".lock",
        "metadata/secret.txt",
        "metadata/../../secret.key",
        "metadata/%2e%2e/%2e%2e/secret.key",
        "metadata/2.root.json",
        "metadata/3.root.json",
        "targets/packs/eicar.qsp",
        "targets/keys/" + "a" * 64 + ".x",
        "metadata/1.root.json%0A",
    ],
)
def test_nothing_else_of_the_folder_is_served(repository: Path, client: Client, name: str) -> None:
    assert client.get(f"/repository/{name}").status_code == 404


def test_nothing_can_be_written_to_the_repository(repository: Path, client: Client) -> None:
    assert client.post("/repository/metadata/timestamp.json").status_code == 405


TABLES = ("windows", "families", "isps", "places", "sectors")


@pytest.mark.parametrize("name", TABLES)
def test_open_data_name_their_columns_and_can_be_read_anywhere(centre: Path, client: Client, name: str) -> None:
    answer = client.get(f"/api/v1/{name}.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))
    assert rows
    assert all({"first", "last", "days_with_data", "scale"} <= set(row) for row in rows)
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_open_figures_carry_their_definitions(centre: Path, client: Client) -> None:
    document = client.get("/api/v1/figures.json").json()
    assert document["latest"]["addresses"] == 11
    assert {"window-addresses", "mean-daily-addresses", "tool-reports"} <= {d["id"] for d in document["definitions"]}
    assert "charts" not in document


def test_windows_name_their_campaign_and_those_of_all_are_there(
    settings, db, centre_data: Path, tmp_path: Path, client: Client
) -> None:
    snapshot = read_snapshot(centre_data)
    assert snapshot
    (only,) = snapshot.campaigns
    both = dataclasses.replace(snapshot, campaigns=(only, dataclasses.replace(only, id="before-it")))
    write_published(tmp_path, both)
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    text = client.get("/api/v1/windows.csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["campaign"], row["window"]) for row in rows] == [
        ("viet-nam-2020", "baseline"),
        ("viet-nam-2020", "close"),
        ("before-it", "baseline"),
        ("before-it", "close"),
    ]
    document = client.get("/api/v1/figures.json").json()
    assert [campaign["id"] for campaign in document["campaigns"]] == ["viet-nam-2020", "before-it"]
    assert not any("charts" in campaign for campaign in document["campaigns"])


@pytest.mark.parametrize("name", ["figures.json", *(f"{table}.csv" for table in TABLES)])
def test_a_data_address_answers_before_the_first_publication(empty_centre: Path, client: Client, name: str) -> None:
    assert client.get(f"/api/v1/{name}").status_code == 200
