"""Sources in the office: added, changed, paused, asked and removed; nothing private is shown, reached or sent."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.feed_server import NOW, SECRET

from quetsach.campaign.authority import Role
from quetsach.centre.centre import Centre
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.keeping import checked_text, pause, source_text, values_of
from quetsach.centre.sources.pulling import due_sources, is_asked_for, pull
from quetsach.centre.sources.source import FIELDS, Kind, Proof, Source, load_sources, read_source
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.sources.words import FIELDS as TITLES
from quetsach.web.office.sources.words import KINDS, PROOFS

PAGE = "/van-phong/noi-lay-du-lieu/"
HOST = "feeds.example.org"
FILE = f"""# kept by the administrator
name = "one"
feed = "plain"
report = "honeypot"
kind = "http"
url = "https://{HOST}/today.csv"
[schedule]
every_minutes = 60
"""
FILLED = {
    "name": "two",
    "feed": "plain",
    "report": "honeypot",
    "url": f"https://{HOST}/two.csv?day=1",
    "schedule_daily_at": "06:30",
    "bounds_file_mb": "10",
    "bounds_file_seconds": "1800",
    "bounds_files": "1000",
    "bounds_keep_free_mb": "0",
    "proof": "none",
}


@pytest.fixture
def data(settings, tmp_path: Path, units) -> Path:
    """Return the data of a centre with one source, a secret for its host and a landing folder."""
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    for folder in ("sources", f"secrets/{HOST}", "landing/partner"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "sources" / "one.toml").write_text(FILE)
    key = tmp_path / "secrets" / HOST / "token"
    key.write_text(SECRET)
    key.chmod(0o600)
    return tmp_path


@pytest.fixture
def analyst(data: Path, person, signed_in: Callable[..., Client]) -> Client:
    """Return the browser of an analyst."""
    return signed_in(person(Role.ANALYST))


def sources(data: Path) -> dict[str, Source]:
    return {source.name: source for source in load_sources(data)[0]}


def changed(browser: Client, **values: str) -> dict[str, str]:
    """Return what the form of the first source holds, with some of it changed."""
    form = browser.get(f"{PAGE}noi/one.toml/").context["form"]
    return {name: str(form[name].value() or "") for name in form.fields} | values


def test_a_source_is_added_by_a_form_and_is_a_file_that_the_centre_asks(data: Path, analyst: Client) -> None:
    assert analyst.post(f"{PAGE}them/http/", FILLED).status_code == 302
    made = read_source((data / "sources" / "two.toml").read_bytes(), where="two")
    assert (made.url, made.bounds.file_bytes, made.public_only) == (FILLED["url"], 10 << 20, True)
    assert "two" in [source.name for source in due_sources(Centre(data), NOW)[0]]
    entry = LogEntry.objects.get(act="source-add")
    assert (entry.subject, entry.detail["address"]) == ("source:two", f"https://{HOST}/two.csv")
    page = analyst.get(PAGE).content.decode()
    assert "two.csv?…" in page
    assert "day=1" not in page


def test_a_source_is_changed_and_what_only_the_machine_says_stays(data: Path, analyst: Client) -> None:
    path = data / "sources" / "one.toml"
    path.write_text(FILE.replace("[schedule]", 'proxy = "http://proxy.inside:3128"\n[schedule]'))
    values = changed(analyst, schedule_every_minutes="5")
    assert analyst.post(f"{PAGE}noi/one.toml/", values).status_code == 302
    source = read_source(path.read_bytes(), where="one")
    assert (source.proxy, source.public_only) == ("http://proxy.inside:3128", False)
    assert values_of(path.read_bytes())["schedule_every_minutes"] == 5
    assert LogEntry.objects.get(act="source-change").detail["changes"] == "schedule_every_minutes"


def test_a_feed_that_no_layout_reads_is_not_changed_unseen(data: Path, analyst: Client) -> None:
    (data / "sources" / "one.toml").write_text(FILE.replace("plain", "nofeed"))
    assert analyst.post(f"{PAGE}noi/one.toml/", changed(analyst, schedule_every_minutes="5")).status_code == 302
    assert sources(data)["one"].feed == "nofeed"


def test_a_form_that_is_older_than_the_file_changes_nothing(data: Path, analyst: Client) -> None:
    path, values = data / "sources" / "one.toml", changed(analyst, schedule_every_minutes="5")
    path.write_text(other := FILE.replace("60", "30"))
    answer = analyst.post(f"{PAGE}noi/one.toml/", values)
    assert (answer.status_code, path.read_text()) == (422, other)
    assert not LogEntry.objects.filter(act="source-change").exists()


def test_a_pause_keeps_the_remarks_and_ends_again(data: Path, analyst: Client) -> None:
    analyst.post(f"{PAGE}noi/one.toml/tam-dung/", {"to": "paused"})
    assert due_sources(Centre(data), NOW)[0] == []
    analyst.post(f"{PAGE}noi/one.toml/tam-dung/", {"to": "asked"})
    assert len(due_sources(Centre(data), NOW)[0]) == 1
    assert FILE in (data / "sources" / "one.toml").read_text()
    assert list(LogEntry.objects.order_by("pk").values_list("act", flat=True)) == ["source-pause", "source-resume"]


def test_a_paused_source_that_somebody_asks_for_is_asked_once(data: Path, analyst: Client) -> None:
    (data / "sources" / "one.toml").write_text(
        FILE.replace("feed", "paused = true\nfeed", 1).replace("plain", "nofeed")
    )
    analyst.post(f"{PAGE}noi/one.toml/lay-ngay/")
    (source,) = due_sources(Centre(data), NOW)[0]
    assert is_asked_for(Centre(data), source)
    assert [one.error is None for one in pull(Centre(data), source, clock=lambda: NOW)] == [False]
    assert due_sources(Centre(data), NOW)[0] == []


def test_a_source_is_removed_when_that_is_confirmed(data: Path, analyst: Client) -> None:
    edition = changed(analyst)["edition"]
    analyst.post(f"{PAGE}noi/one.toml/go-bo/", {"edition": edition})
    assert sources(data)
    analyst.post(f"{PAGE}noi/one.toml/go-bo/", {"edition": edition, "sure": "yes"})
    assert (sources(data), LogEntry.objects.filter(act="source-remove").count()) == ({}, 1)


def test_a_damaged_file_is_told_and_stops_no_other(data: Path, analyst: Client) -> None:
    (data / "sources" / "bad.toml").write_text('name = "bad"\nkind = "carrier pigeon"\n')
    page = analyst.get(PAGE).content.decode()
    assert "carrier pigeon" in page
    assert 'href="/van-phong/noi-lay-du-lieu/noi/one.toml/"' in page
    assert "carrier pigeon" in analyst.get(f"{PAGE}noi/bad.toml/").content.decode()


def test_no_page_shows_a_secret_and_the_form_names_its_file(data: Path, analyst: Client) -> None:
    for path in (PAGE, f"{PAGE}them/http/", f"{PAGE}noi/one.toml/"):
        assert SECRET not in analyst.get(path).content.decode()
    secret = str(data / "secrets" / HOST / "token")
    assert analyst.post(f"{PAGE}them/http/", FILLED | {"proof": "bearer", "secret_file": secret}).status_code == 302
    assert sources(data)["two"].secret == Path(secret)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "file:///etc/passwd"},
        {"url": "http://127.0.0.1/x.csv"},
        {"url": "http://[::1]/x.csv"},
        {"url": "http://169.254.169.254/latest"},
        {"url": "http://localhost:8000/x.csv"},
        {"url": "https://name:password@feeds.example.org/x.csv"},
        {"url": "https://attacker.example.net/x.csv", "proof": "bearer", "secret_file": "SECRET"},
        {"url": f"http://{HOST}/x.csv", "proof": "bearer", "secret_file": "SECRET"},
        {"proof": "bearer", "secret_file": "/etc/shadow"},
        {"proof": "bearer"},
        {"name": "one"},
        {"name": "../one"},
        {"schedule_every_minutes": "60"},
    ],
)
def test_what_a_page_must_not_say_is_refused(data: Path, analyst: Client, wrong: dict[str, str]) -> None:
    secret = str(data / "secrets" / HOST / "token")
    told = {name: value.replace("SECRET", secret) for name, value in wrong.items()}
    assert analyst.post(f"{PAGE}them/http/", FILLED | told).status_code == 422
    assert list(sources(data)) == ["one"]
    assert not LogEntry.objects.filter(act="source-add").exists()


def test_a_secret_does_not_follow_its_source_to_another_host(data: Path, analyst: Client) -> None:
    path, secret = data / "sources" / "one.toml", data / "elsewhere"
    path.write_text(before := FILE.replace("[schedule]", f'proof = "bearer"\nsecret_file = "{secret}"\n[schedule]'))
    answer = analyst.post(f"{PAGE}noi/one.toml/", changed(analyst, url="https://attacker.example.net/x.csv"))
    assert (answer.status_code, path.read_text()) == (422, before)


def test_a_landing_folder_is_one_that_was_made_for_it(data: Path, analyst: Client) -> None:
    landing = {name: value for name, value in FILLED.items() if name not in ("url", "proof")} | {"settle_seconds": "60"}
    assert analyst.post(f"{PAGE}them/folder/", landing | {"folder": str(data)}).status_code == 422
    numbers = {name: int(value) if value.isdecimal() else value for name, value in landing.items()}
    with pytest.raises(SourceError, match="no page may name this landing folder"):
        checked_text(data, Kind.FOLDER, {**numbers, "folder": data}, {})
    folder = str(data / "landing" / "partner")
    assert analyst.post(f"{PAGE}them/folder/", landing | {"folder": folder}).status_code == 302


@pytest.mark.parametrize("path", ["", "them/http/", "noi/one.toml/"])
def test_the_press_may_look_at_the_list_and_change_nothing(data: Path, person, signed_in, path: str) -> None:
    press = signed_in(person(Role.PRESS))
    assert press.get(PAGE + path).status_code == (403 if path else 200)
    for act in ("", "tam-dung/", "lay-ngay/", "go-bo/"):
        assert press.post(f"{PAGE}noi/one.toml/{act}", {"to": "paused", "sure": "yes"}).status_code == 403
    assert (data / "sources" / "one.toml").read_text() == FILE
    assert signed_in(person(Role.APPROVER, "31-2025")).get(PAGE).status_code in {403, 404}


@pytest.mark.parametrize("file", ["none.toml", ".lock", "..", "x"])
def test_a_file_that_is_no_source_is_not_found(data: Path, analyst: Client, file: str) -> None:
    assert analyst.get(f"{PAGE}noi/{file}/").status_code == 404


def test_everything_that_a_form_shows_has_a_name() -> None:
    assert set(TITLES) == {field.key for field in FIELDS if not field.is_local} - {"paused"}
    assert (set(KINDS), set(PROOFS)) == (set(Kind), set(Proof))


TEXT = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40)


@given(TEXT, st.integers(1, 1 << 20), st.booleans(), st.integers(1, 44_640))
def test_what_is_written_is_read_again(report: str, size: int, is_paused: bool, minutes: int) -> None:
    values = {"name": "one", "feed": "plain", "report": report, "url": "https://a.example/", "paused": is_paused}
    raw = source_text(Kind.HTTP, {**values, "bounds_file_mb": size, "schedule_every_minutes": minutes})
    source = read_source(raw, where="one")
    assert (source.report, source.bounds.file_bytes, source.is_paused) == (report, size << 20, is_paused)


@pytest.mark.parametrize("line", ["", "paused = false # why\n", '"paused" = true\r\n', "paused = true\n"])
@pytest.mark.parametrize("is_paused", [True, False])
def test_a_pause_is_one_line_however_the_file_is_written(tmp_path: Path, line: str, is_paused: bool) -> None:
    (tmp_path / "sources").mkdir()
    path = tmp_path / "sources" / "one.toml"
    path.write_bytes(FILE.replace("feed", f"{line}feed", 1).encode())
    pause(tmp_path, "one.toml", is_paused=is_paused)
    assert read_source(path.read_bytes(), where="one").is_paused is is_paused
    assert path.read_text().startswith(("# kept", "paused"))
