"""Open data: files that programs find, fetch once, read from anywhere, understand and may pass on."""

import csv
import dataclasses
import gzip
import io
import json
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pyarrow.parquet as pq
import pytest
from django.test import Client

from quetsach.centre.publication.snapshot import figures_path
from quetsach.web.api.open_data.serving import FILES
from quetsach.web.api.open_data.tables import TABLES as OPEN_TABLES

NAMES = sorted(FILES)
TABLES = [name for name in NAMES if name.endswith(".csv")]
PARQUET = [name for name in NAMES if name.endswith(".parquet")]
CC_BY = "https://creativecommons.org/licenses/by/4.0/"


def url(name: str) -> str:
    return f"/api/v1/{name}"


@pytest.mark.parametrize("name", NAMES)
def test_head_tells_of_a_file_what_get_does(centre: Path, client: Client, name: str) -> None:
    got, head = client.get(url(name)), client.head(url(name))
    assert (got.status_code, head.status_code, head.content) == (200, 200, b"")
    kept = ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control", "Vary", "Link")
    assert {key: got.headers.get(key) for key in kept} == {key: head.headers.get(key) for key in kept}


@pytest.mark.parametrize("name", NAMES)
def test_an_unchanged_file_is_not_sent_again(centre: Path, client: Client, name: str) -> None:
    first = client.get(url(name))
    for tag in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}'):
        again = client.get(url(name), headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert (again["ETag"], again["Vary"]) == (first["ETag"], "Accept-Encoding")
        assert again["Access-Control-Allow-Origin"] == "*"
    assert client.get(url(name), headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["figures.json", *TABLES])
def test_figures_say_since_when_they_are_so(centre: Path, client: Client, name: str) -> None:
    since = client.get(url(name))["Last-Modified"]
    assert client.get(url(name), headers={"If-Modified-Since": since}).status_code == 304
    assert client.get(url(name), headers={"If-Modified-Since": "Tue, 24 Nov 2020 00:00:00 GMT"}).status_code == 200


def test_another_publication_has_another_tag_and_a_later_time(
    settings, centre_data: Path, empty_centre: Path, client: Client
) -> None:
    before = client.get(url("windows.csv"))
    path = figures_path(empty_centre)
    path.parent.mkdir()
    path.write_bytes(figures_path(centre_data).read_bytes())
    later = datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    os.utime(path, (later, later))
    after = client.get(url("windows.csv"))
    assert after["ETag"] != before["ETag"]
    assert after["Last-Modified"] == "Mon, 02 Jan 2040 03:04:05 GMT"
    assert "Last-Modified" not in before.headers


@pytest.mark.parametrize("name", ["figures.json", "windows.csv", "openapi.json", "figures.schema.json"])
def test_a_file_is_compressed_for_whoever_takes_that_always_alike(centre: Path, client: Client, name: str) -> None:
    plain = client.get(url(name))
    small, again = (client.get(url(name), headers={"Accept-Encoding": "gzip"}) for _ in range(2))
    assert small["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(small.content) == plain.content
    assert small.content == again.content
    assert small["ETag"] == f"W/{plain['ETag']}"
    assert client.get(url(name), headers={"If-None-Match": small["ETag"]}).status_code == 304


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_one_for_every_language_and_every_page(centre: Path, client: Client, name: str) -> None:
    answer = client.get(url(name), headers={"Accept-Language": "en", "Origin": "https://other.example"})
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["Content-Language"] in ("vi, en", "en")
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer["Access-Control-Expose-Headers"]
    assert answer["Cache-Control"] == "public, max-age=60"


@pytest.mark.parametrize("path", ["/", "/en/", "/chien-dich/", "/robots.txt", "/tai-ve/manifest.json", "/healthz"])
def test_no_answer_depends_on_the_languages_of_a_browser(centre: Path, client: Client, path: str) -> None:
    vietnamese, english = (client.get(path, headers={"Accept-Language": code}) for code in ("vi", "en"))
    assert "Accept-Language" not in vietnamese.headers.get("Vary", "")
    assert vietnamese.headers.get("Content-Language") == english.headers.get("Content-Language")
    is_page = vietnamese["Content-Type"].startswith("text/html")
    assert vietnamese.headers.get("Content-Language") == (("en" if "/en/" in path else "vi") if is_page else None)


@pytest.mark.parametrize("name", NAMES)
def test_options_tells_what_is_allowed_and_nothing_else_is(centre: Path, client: Client, name: str) -> None:
    asked = client.options(url(name), headers={"Origin": "https://other.example"})
    assert (asked.status_code, asked["Allow"], asked["Access-Control-Allow-Origin"]) == (204, "GET, HEAD, OPTIONS", "*")
    assert "If-None-Match" in asked["Access-Control-Allow-Headers"]
    refused = client.post(url(name), "{}", content_type="application/json")
    assert (refused.status_code, refused["Allow"], refused.json()["error"]) == (
        405,
        "GET, HEAD, OPTIONS",
        "not-allowed",
    )


# What the files mean and on which terms


def figures_schema(client: Client) -> dict[str, Any]:
    return dict(client.get(url("figures.schema.json")).json())


def test_figures_keep_to_their_published_schema(centre: Path, client: Client) -> None:
    validator = jsonschema.Draft202012Validator(figures_schema(client), format_checker=jsonschema.FormatChecker())
    validator.validate(document := client.get(url("figures.json")).json())
    assert document["latest"]["addresses"] == 11
    for broken in ({"as_of": "yesterday"}, {"licence": None}, {"unheard": 1}, {"latest": {"addresses": "11"}}):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(document | broken)


def test_figures_keep_to_their_schema_before_the_first_publication(empty_centre: Path, client: Client) -> None:
    jsonschema.Draft202012Validator(figures_schema(client)).validate(client.get(url("figures.json")).json())


def test_every_part_of_the_schema_is_described() -> None:
    text = FILES["figures.schema.json"].content()
    described = json.loads(text)
    parts = [described, *described["$defs"].values()]
    bare = [
        name
        for part in parts
        for name, of in part.get("properties", {}).items()
        if "description" not in of and "$ref" not in of
    ]
    assert set(bare) <= {"vi", "en", "title", "path", "paragraphs"}


CASTS = {
    "yearmonth": lambda text: date.fromisoformat(f"{text}-01"),
    "integer": int,
    "number": float,
    "date": date.fromisoformat,
    "string": str,
}


def test_the_package_describes_exactly_the_columns_that_are_there(centre: Path, client: Client) -> None:
    package = client.get(url("datapackage.json")).json()
    tables = {resource["path"]: resource for resource in package["resources"] if resource["format"] == "csv"}
    assert sorted(tables) == TABLES
    for name, table in tables.items():
        rows = list(csv.DictReader(io.StringIO(client.get(url(name)).content.decode(), newline="")))
        fields = table["schema"]["fields"]
        assert rows
        assert list(rows[0]) == [field["name"] for field in fields]
        assert all(field["description"] and field["description_vi"] for field in fields)
        for row in rows:
            for field in fields:
                if value := row[field["name"]]:
                    CASTS[field["type"]](value)
                else:
                    assert "constraints" not in field
        assert len({tuple(row[name] for name in table["schema"]["primaryKey"]) for row in rows}) == len(rows)


def test_the_licence_stands_wherever_somebody_takes_data(centre: Path, client: Client) -> None:
    assert client.get(url("figures.json")).json()["licence"]["path"] == CC_BY
    assert client.get(url("datapackage.json")).json()["licenses"][0]["path"] == CC_BY
    assert client.get(url("openapi.json")).json()["info"]["license"]["identifier"] == "CC-BY-4.0"
    for name in TABLES:
        links = client.get(url(name))["Link"]
        assert f'<{CC_BY}>; rel="license"' in links
        assert re.search(r'<http[^>]*/api/v1/datapackage\.json>; rel="describedby"', links)
    for path in ("/", "/en/", "/cach-tinh/"):
        footer = client.get(path).content.decode().partition("<footer")[2]
        assert f'rel="license" href="{CC_BY}"' in footer


@pytest.mark.parametrize(
    ("path", "needed"),
    [
        ("/du-lieu-mo/", ("Dữ liệu mở", "Hệ số thu nhỏ", "79@2008-08-01", "Creative Commons")),
        ("/en/open-data/", ("Open data", "multiply every number of addresses", "79@2008-08-01", "Creative Commons")),
    ],
)
def test_a_page_tells_files_columns_units_rhythm_and_history(
    centre: Path, client: Client, path: str, needed: tuple[str, ...]
) -> None:
    text = client.get(path).content.decode()
    for name in NAMES:
        assert f'href="/api/v1/{name}"' in text
    for columns in (client.get(url(name)).content.decode().splitlines()[0].split(",") for name in TABLES):
        assert all(f"<code>{column}</code>" in text for column in columns)
    assert all(word in text for word in needed)


def test_parquet_has_the_rows_of_the_csv_with_days_and_numbers_as_such(centre: Path, client: Client) -> None:
    types = {"date": "date32[day]", "integer": "int64", "number": "double"}
    for table in OPEN_TABLES:
        read = pq.read_table(io.BytesIO(client.get(url(table.parquet_name)).content))
        rows = csv.DictReader(io.StringIO(client.get(url(table.file_name)).content.decode()))
        written = [{k: "" if v is None else str(v) for k, v in row.items()} for row in read.to_pylist()]
        assert [{k: _number(v) for k, v in row.items()} for row in written] == [
            {k: _number(v) for k, v in row.items()} for row in rows
        ]
        for column, field in zip(table.columns, read.schema, strict=True):
            assert (field.name, str(field.type)) == (column.name, types.get(column.type, "string"))
            assert field.nullable is column.may_be_empty
            assert field.metadata[b"description"].decode() == column.text.en


def _number(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def test_parquet_has_its_columns_before_the_first_publication(empty_centre: Path, client: Client) -> None:
    for table in OPEN_TABLES:
        read = pq.read_table(io.BytesIO(client.get(url(table.parquet_name)).content))
        assert (read.num_rows, read.schema.names) == (0, [column.name for column in table.columns])


def _content_range(first: int, last: int, length: int) -> str:
    return f"bytes {first}-{last}/{length}"


@pytest.mark.parametrize("name", ["figures.json", "windows.csv", "families.parquet"])
def test_a_download_that_broke_off_goes_on(centre: Path, client: Client, name: str) -> None:
    whole = client.get(url(name))
    content, length = whole.content, len(whole.content)
    assert whole["Accept-Ranges"] == "bytes"
    parts = {"bytes=0-9": (0, 9), "bytes=10-": (10, length - 1), "bytes=-7": (length - 7, length - 1)}
    parts |= {f"bytes=5-{length + 99}": (5, length - 1), f"bytes=-{length + 99}": (0, length - 1)}
    for asked, (first, last) in parts.items():
        for extra in ({}, {"If-Range": whole["ETag"]}, {"Accept-Encoding": "gzip"}):
            part = client.get(url(name), headers={"Range": asked, **extra})
            assert (part.status_code, part.content) == (206, content[first : last + 1])
            assert part["Content-Range"] == _content_range(first, last, length)
            assert (part["ETag"], part["Access-Control-Allow-Origin"]) == (whole["ETag"], "*")
            assert "Content-Encoding" not in part.headers
            assert part["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-9", "If-Range": '"another"'},
        {"Range": "bytes=0-9", "If-Range": "Tue, 24 Nov 2020 00:00:00 GMT"},
        {"Range": "bytes=0-3,5-9"},
        {"Range": "bytes=9-3"},
        {"Range": "bytes=-"},
        {"Range": "rows=1-2"},
        {"Range": "bytes=" + "9" * 400 + "-"},
        {"Range": "bytes=٣-"},
    ],
)
def test_what_is_no_part_of_this_file_is_answered_with_all_of_it(
    centre: Path, client: Client, headers: dict[str, str]
) -> None:
    assert client.get(url("windows.csv"), headers=headers).status_code == 200


def test_a_part_behind_the_end_is_refused(centre: Path, client: Client) -> None:
    length = len(client.get(url("windows.csv")).content)
    for asked in (f"bytes={length}-", "bytes=-0"):
        refused = client.get(url("windows.csv"), headers={"Range": asked})
        assert (refused.status_code, refused["Content-Range"]) == (416, f"bytes */{length}")
        assert refused.content == b""


# The description of the interface


def test_the_description_names_files_types_tokens_and_forms(centre: Path, client: Client) -> None:
    described = client.get(url("openapi.json")).json()
    paths, parts = described["paths"], described["components"]
    for name in TABLES:
        assert list(paths[url(name)]["get"]["responses"]["200"]["content"]) == ["text/csv"]
    for path, item in paths.items():
        if "/partners/" in path:
            assert all(operation["security"] == [{"PartnerToken": []}] for operation in item.values())
    assert parts["securitySchemes"]["PartnerToken"]["scheme"] == "bearer"
    form = paths[url("reports")]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert form == {"$ref": "#/components/schemas/Submission"}
    assert "report_id" in parts["schemas"]["Submission"]["properties"]


def test_every_reference_in_the_description_leads_somewhere(centre: Path, client: Client) -> None:
    described = client.get(url("openapi.json")).json()
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(described)))
    assert references
    for reference in references:
        found = described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    identifiers = [op["operationId"] for item in described["paths"].values() for op in item.values()]
    assert len(identifiers) == len(set(identifiers))


REFUSAL = {"error", "explanation", "where", "hint"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/nothing", 404),
        ("/api/v1/nothing/at/all", 404),
        ("/api/v1/partners/reports/x%0Ay", 404),
        ("/api/v2/figures.json", 404),
        ("/api/v1/partners/reports/not-a-number", 404),
        ("/api/v1/partners/reports/1/set-aside?after=null", 422),
        ("/api/v1/partners/reports/1/set-aside?after=99999999999999999999999999x", 422),
    ],
)
def test_programs_are_refused_in_the_documented_form(centre: Path, client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/json")
    assert set(answer.json()) == REFUSAL
    assert answer.json()["error"]
    if status == 422:
        assert answer.json()["where"] == "query.after"


# How somebody finds it


def test_the_root_of_the_interface_names_what_there_is(centre: Path, client: Client) -> None:
    for path in ("/api/", "/api/v1", "/api"):
        assert client.get(path, follow=True).request["PATH_INFO"] == "/api/v1/"
    root = client.get("/api/v1/").json()
    named = [root["description"], root["package"], *root["files"], *root["schemas"], *root["documentation"].values()]
    for address in named:
        assert client.get(address.removeprefix("http://localhost:8000")).status_code == 200
    assert {address.rpartition("/")[2] for address in named} >= set(NAMES)


def test_robots_may_read_open_data_and_not_what_takes_reports(centre: Path, client: Client) -> None:
    from urllib.robotparser import RobotFileParser

    rules = RobotFileParser()
    text = client.get("/robots.txt").content.decode()
    rules.parse(text.splitlines())
    assert all(rules.can_fetch("any", path) for path in ("/", "/api/v1/", *map(url, NAMES)))
    assert not any(rules.can_fetch("any", path) for path in (url("reports"), url("partners/reports")))
    assert "Sitemap: http://localhost:8000/sitemap.xml" in text


def test_the_sitemap_names_pages_that_are_there_in_both_languages(centre: Path, client: Client) -> None:
    answer = client.get("/sitemap.xml")
    assert answer["Content-Type"].startswith("application/xml")
    text = answer.content.decode()
    places = re.findall(r"<loc>http://localhost:8000([^<]*)</loc>", text)
    assert {"/", "/en/", "/du-lieu-mo/", "/en/open-data/", "/chien-dich/viet-nam-2020/", "/en/check/"} <= set(places)
    assert len(places) == text.count("<loc>")
    assert 'hreflang="en" href="http://localhost:8000/en/open-data/"' in text
    for place in places:
        assert client.get(place).status_code == 200


def test_who_found_a_weakness_finds_whom_to_tell(settings, centre: Path, client: Client) -> None:
    answer = client.get("/.well-known/security.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert client.get(fields["Contact"].removeprefix("http://localhost:8000")).status_code == 200
    left = datetime.fromisoformat(fields["Expires"]) - datetime.now(UTC)
    assert 0 < left.days < 366
    assert fields["Preferred-Languages"] == "vi, en"
    assert fields["Canonical"] == "http://localhost:8000/.well-known/security.txt"


@pytest.mark.parametrize("path", ["/", "/en/", "/du-lieu-mo/", "/chien-dich/"])
def test_pages_with_figures_lead_programs_to_them(centre: Path, client: Client, path: str) -> None:
    text = client.get(path).content.decode()
    links = dict(re.findall(r'<link rel="alternate" type="([^"]+)" href="([^"]+)"', text))
    assert links == {
        "application/json": "http://localhost:8000/api/v1/figures.json",
        "text/csv": "http://localhost:8000/api/v1/windows.csv",
        "application/atom+xml": f"http://localhost:8000{'/en/open-data' if '/en/' in path else '/du-lieu-mo'}/atom.xml",
    }


# How it is found by search engines and followed by readers of feeds


def counted_at(client: Client) -> datetime:
    return datetime.fromisoformat(client.get(url("figures.json")).json()["counted_at"])


ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.mark.parametrize(
    ("path", "language", "title", "told", "scale"),
    [
        (
            "/du-lieu-mo/atom.xml",
            "vi",
            "Số liệu tháng 11/2020, đến ngày 30/11/2020",
            "11 địa chỉ IP khác nhau",
            "100 lần",
        ),
        (
            "/en/open-data/atom.xml",
            "en",
            "Figures of November 2020, up to 30 November 2020",
            "11 different IP addresses",
            "1:100",
        ),
    ],
)
def test_a_feed_tells_of_new_figures(
    centre: Path, client: Client, path: str, language: str, title: str, told: str, scale: str
) -> None:
    answer = client.get(path)
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(answer.content)
    [entry] = feed.findall(f"{ATOM}entry")
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == language
    assert entry.findtext(f"{ATOM}title", "").replace("\u00a0", " ") == title
    assert told in entry.findtext(f"{ATOM}summary", "")
    assert scale in entry.findtext(f"{ATOM}summary", "")
    for of in (entry, feed):
        assert datetime.fromisoformat(of.findtext(f"{ATOM}updated", "")) == counted_at(client)
    assert entry.findtext(f"{ATOM}id") == "http://localhost:8000/api/v1/rankings-by-month.csv#2020-11"
    assert client.get(path, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_a_feed_without_figures_is_empty_and_always_the_same(empty_centre: Path, client: Client) -> None:
    first, again = (client.get("/du-lieu-mo/atom.xml") for _ in range(2))
    assert ET.fromstring(first.content).findall(f"{ATOM}entry") == []
    assert first["ETag"] == again["ETag"]


def described(client: Client, path: str) -> dict[str, Any]:
    text = client.get(path).content.decode()
    [block] = re.findall(r'<script type="application/ld\+json">([^<>]*)</script>', text)
    return dict(json.loads(block))


@pytest.mark.parametrize("path", ["/du-lieu-mo/", "/en/open-data/"])
def test_search_engines_are_told_what_data_there_are(settings, centre: Path, client: Client, path: str) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, controller="Trung tâm </script><b> & Cục")
    found = described(client, path)
    assert (found["@context"], found["@type"], found["license"]) == ("https://schema.org", "Dataset", CC_BY)
    assert found["creator"]["name"] == "Trung tâm </script><b> & Cục"
    assert found["temporalCoverage"].endswith("/2020-11-30")
    assert datetime.fromisoformat(found["dateModified"]) == counted_at(client)
    kinds = {one["contentUrl"].rpartition("/")[2]: one["encodingFormat"] for one in found["distribution"]}
    assert kinds == {
        "figures.json": "application/json",
        **dict.fromkeys(TABLES, "text/csv"),
        **dict.fromkeys(PARQUET, "application/vnd.apache.parquet"),
    }
    for name in kinds:
        assert client.get(url(name)).status_code == 200
    assert 50 <= len(found["description"]) <= 5000


def test_data_that_are_not_there_yet_have_no_dates(empty_centre: Path, client: Client) -> None:
    assert not {"dateModified", "temporalCoverage", "creator"} & set(described(client, "/du-lieu-mo/"))
