"""Public pages lie written: the same answers as Django's, of one state, made again when what they show changes."""

import dataclasses
import gzip
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from tests.offered_release import ALL, offer_release
from tests.unit.web.conftest import NOW, PACKS, write_published
from tests.unit.web.server.test_environment import head

from quetsach import storage
from quetsach.centre.publication.snapshot import read_snapshot
from quetsach.web.api.selectors import Tally, keep_tally
from quetsach.web.page_writer import AGENTS, WHOLE_SECONDS, PageWriter, WriterError, _shown
from quetsach.web.published.offer import Visitor, visitor_of
from quetsach.web.server.answer import Answer
from quetsach.web.server.pages import CURRENT, STATE, WrittenPages, is_own_host, pages_folder, pages_mark
from quetsach.web.server.request import environment_of

pytestmark = pytest.mark.usefixtures("kept_connection")
OWN = {"/giup-do/", "/en/help/"}
"""Forms with an answer for each visitor."""
OF_THE_WAY = {"content-length", "etag", "content-encoding"}


@pytest.fixture
def folder(centre: Path, tmp_path: Path) -> Path:
    return tmp_path / "pages"


class Centre:
    """A writer, and what a visitor is given of what it wrote."""

    def __init__(self, folder: Path, settings: Any, **options: Any) -> None:
        self.folder, self.time = folder, 1000.0
        self.writer = PageWriter(folder, clock=lambda: self.time)
        self.counted: list[tuple[str, int]] = []
        given = {"mark": pages_mark(settings.CENTER), "is_ours": lambda host: host == "centre.example"} | options
        self.written = WrittenPages(
            folder, **given, clock=lambda: self.time, count=lambda *told: self.counted.append(told)
        )

    def write(self, now: datetime = NOW) -> int:
        made = self.writer.write(now)
        self.time += 1
        return made

    def get(self, path: str, *headers: tuple[str, str], method: str = "GET", query: str = "") -> Answer | None:
        asked = head(*headers)
        asked.path, asked.method, asked.query_string = path, method, query
        return self.written.answer(environment_of(asked))

    @property
    def state(self) -> Path:
        return self.folder / (self.folder / CURRENT).readlink()

    @property
    def paths(self) -> set[str]:
        return {entry["path"] for entry in json.loads((self.state / STATE).read_text())["pages"]}


@pytest.fixture
def site(folder: Path, settings: Any) -> Centre:
    return Centre(folder, settings)


def of(headers: Mapping[str, str] | list[tuple[str, str]]) -> dict[str, str]:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return {name.lower(): value for name, value in pairs if name.lower() not in OF_THE_WAY}


def test_every_public_page_is_written_and_answers_as_django_does(site: Centre, client: Client) -> None:
    assert site.write() == len(_shown(NOW))
    assert site.paths == set(_shown(NOW)) - OWN
    for path in site.paths:
        made, lies = client.get(path, HTTP_HOST="localhost"), site.get(path)
        assert lies is not None
        assert (lies.status, lies.content, of(lies.headers)) == (200, made.content, of(dict(made.items())))
        assert dict(lies.headers)["etag"] == made["ETag"]


def test_what_takes_brotli_gets_the_smallest(site: Centre) -> None:
    site.write()
    plain, small, gzipped = (site.get("/", ("accept-encoding", by)) for by in ("", "gzip, deflate, br, zstd", "gzip"))
    assert plain
    assert small
    assert gzipped
    assert dict(small.headers)["content-encoding"] == "br"
    assert dict(small.headers)["etag"] == dict(gzipped.headers)["etag"] == f"W/{dict(plain.headers)['etag']}"
    assert pa.Codec("brotli").decompress(small.content, len(plain.content), asbytes=True) == plain.content
    assert len(small.content) < len(gzipped.content) < len(plain.content)


def test_what_takes_gzip_gets_it_and_what_is_known_is_not_sent_again(site: Centre) -> None:
    site.write()
    plain, small = site.get("/"), site.get("/", ("accept-encoding", "gzip, br;q=0"))
    assert plain
    assert small
    assert gzip.decompress(small.content) == plain.content
    assert dict(small.headers)["content-length"] == str(len(small.content))
    tag = dict(plain.headers)["etag"]
    assert dict(small.headers)["etag"] == f"W/{tag}"
    for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = site.get("/", ("if-none-match", asked))
        assert again
        assert (again.status, again.content) == (304, b"")
        assert not {"content-type", "content-length", "content-encoding"} & dict(again.headers).keys()
        assert dict(again.headers)["content-security-policy"] == dict(plain.headers)["content-security-policy"]
    other = site.get("/", ("if-none-match", '"other"'))
    assert other
    assert other.status == 200
    assert site.counted == [("home", 200)] * 2 + [("home", 304)] * 4 + [("home", 200)]


@pytest.mark.parametrize("visitor", Visitor)
def test_a_page_for_each_kind_of_computer_is_handed_to_it(
    site: Centre, empty_centre: Path, client: Client, visitor: Visitor
) -> None:
    offer_release(empty_centre, *ALL)
    assert visitor_of({"User-Agent": AGENTS[visitor]}) is visitor
    site.write()
    lies = site.get("/tai-ve/", ("user-agent", AGENTS[visitor]))
    made = client.get("/tai-ve/", HTTP_USER_AGENT=AGENTS[visitor])
    assert lies
    assert lies.content == made.content
    others = {site.get("/tai-ve/", ("user-agent", agent)).content for agent in AGENTS.values()}  # type: ignore[union-attr]
    assert len(others) > 3
    hinted = site.get("/tai-ve/", ("sec-ch-ua-platform", '"Android"'), ("user-agent", AGENTS[Visitor.LINUX]))
    assert hinted
    assert hinted.content == client.get("/tai-ve/", HTTP_USER_AGENT=AGENTS[Visitor.PHONE]).content


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "ma=QS"},
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"path": "/kiem-tra"},
        {"path": "/giup-do/"},
        {"path": "/../pages.json"},
        {"headers": [("content-length", "5")]},
    ],
)
def test_what_is_not_written_or_asked_for_otherwise_is_django_s(site: Centre, asked: dict[str, Any]) -> None:
    site.write()
    headers = asked.pop("headers", ())
    assert site.get(asked.pop("path", "/"), *headers, **asked) is None
    assert site.get("/", method="HEAD") is not None


def test_another_host_and_plain_http_are_django_s_to_refuse(site: Centre, settings: Any) -> None:
    site.write()
    asked = head()
    asked.pairs[:] = [("host", "evil.example")]
    assert site.written.answer(environment_of(asked)) is None
    settings.ALLOWED_HOSTS = ["centre.example", ".gov.example"]
    ours = ("centre.example", "CENTRE.example:8443", "a.gov.example", "gov.example")
    assert [is_own_host(host) for host in (*ours, "evil.example", "", "a b", "[::1")] == [True] * 4 + [False] * 4
    secure = Centre(site.folder, settings, is_https=True)
    assert secure.get("/") is None
    assert secure.get("/", ("x-forwarded-proto", "https")) is not None


def test_open_data_lie_written_and_parts_of_them_are_django_s(site: Centre, client: Client) -> None:
    site.write()
    for name in ("figures.json", "families.parquet"):
        made, lies = client.get(f"/api/v1/{name}"), site.get(f"/api/v1/{name}", ("accept-encoding", "gzip"))
        assert lies
        headers = dict(lies.headers)
        is_packed = headers.get("content-encoding") == "gzip"
        assert is_packed is name.endswith(".json")
        assert (gzip.decompress(lies.content) if is_packed else lies.content) == made.content
        assert headers["access-control-allow-origin"] == "*"
        again = site.get(f"/api/v1/{name}", ("if-none-match", made["ETag"]))
        assert again
        assert (again.status, dict(again.headers)["access-control-allow-origin"]) == (304, "*")
        for asked in (("range", "bytes=0-9"), ("if-modified-since", made["Last-Modified"])):
            assert site.get(f"/api/v1/{name}", asked) is None


def test_nothing_is_made_while_nothing_changes_and_all_in_the_end(site: Centre) -> None:
    everything = site.write()
    state = site.state
    assert site.write() == 0
    site.time += WHOLE_SECONDS
    assert site.write() == everything
    assert site.state == state, "what stays the same is no new state"


def test_new_figures_change_the_pages_together(site: Centre, centre: Path) -> None:
    site.write()
    before, home = site.state, site.get("/")
    snapshot = read_snapshot(centre)
    assert snapshot
    assert home
    changed = dataclasses.replace(snapshot, as_of=snapshot.as_of + timedelta(days=1))
    try:
        write_published(centre, changed)
        assert site.get("/") == home, "a state counts once it is whole"
        assert site.write() > 0
        after = site.get("/")
        assert after
        assert after.content != home.content
        assert site.state != before
    finally:
        write_published(centre, snapshot)


def test_counted_reports_change_the_pages_that_show_them_alone(site: Centre, empty_centre: Path) -> None:
    site.write()
    tally = Tally(NOW, 12_345, 11_111, 5, 3, NOW.date(), (), 0, ())
    (empty_centre / "published").mkdir()
    before = site.state
    keep_tally(tally)
    assert site.write() == 4, "home and all figures, in both languages"
    home = site.get("/")
    assert home
    assert "12.345" in home.content.decode()
    check = Path("kiem-tra", "index.html")
    assert (site.state / check).stat().st_ino == (before / check).stat().st_ino, "what stays the same is shared"


def test_a_new_pack_brings_its_page_and_one_that_is_gone_takes_it_away(report_centre: Path, settings: Any) -> None:
    site = Centre(report_centre / "pages", settings)
    site.write()
    assert site.get("/ma-doc/necurs/") is not None
    assert site.get("/ma-doc/wannacry/") is None
    shelf = report_centre / "repository" / "targets" / "packs"
    (shelf / "necurs").unlink()
    (shelf / "wannacry").symlink_to(PACKS / "wannacry")
    site.write()
    assert site.get("/ma-doc/necurs/") is None
    assert site.get("/ma-doc/wannacry/") is not None


def test_pages_are_not_put_in_place_while_what_they_show_changes(
    site: Centre, centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write()
    state, path = site.state, centre / "published" / "figures.json"
    made = PageWriter._made

    def making(self: PageWriter, *page: str) -> Any:
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        return made(self, *page)

    monkeypatch.setattr(PageWriter, "_made", making)
    site.time += WHOLE_SECONDS
    with pytest.raises(WriterError):
        site.write()
    assert site.state == state


def test_only_the_newest_states_stay_and_nothing_else_is_touched(site: Centre, empty_centre: Path) -> None:
    site.folder.mkdir()
    (site.folder / "20200101T000000-0123abcd").mkdir()  # of a writer that was killed
    (site.folder / "kept.txt").write_text("x")
    (empty_centre / "published").mkdir()
    states = []
    for number in range(4):
        keep_tally(Tally(NOW, number, 0, 0, 0, None, (), 0, ()))
        site.write()
        states.append(site.state.name)
    assert {entry.name for entry in site.folder.iterdir()} == {CURRENT, "kept.txt", *states[-2:]}


def test_everybody_of_the_machine_may_read_what_is_public(site: Centre) -> None:
    old = os.umask(0o077)
    try:
        site.write()
    finally:
        os.umask(old)
    modes = {entry.stat().st_mode & 0o777 for entry in site.state.rglob("*") if entry.is_file()}
    folders = {entry.stat().st_mode & 0o777 for entry in (site.state, *site.state.rglob("*")) if entry.is_dir()}
    assert (modes, folders) == ({0o644}, {0o755})


def test_pages_of_another_build_or_other_settings_are_not_handed_out(site: Centre, settings: Any) -> None:
    site.write()
    center = settings.CENTER
    assert pages_mark(dataclasses.replace(center, contact="1900 0000")) != pages_mark(center)
    assert pages_mark(dataclasses.replace(center, secret_key="other")) == pages_mark(center)
    other = Centre(site.folder, settings, mark="other")
    assert other.get("/") is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: (state / STATE).write_text("{"),
        lambda state: (state / STATE).write_text('{"format": "other"}'),
        lambda state: (state / STATE).write_text('{"format": "quetsach-pages/1", "mark": "x", "pages": [{}]}'),
        lambda state: (state / STATE).write_text("[]"),
    ],
)
def test_a_damaged_state_leaves_the_pages_to_django(
    site: Centre, damage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    site.write()
    damage(site.state)
    assert site.get("/") is None
    site.time += 60
    assert site.get("/") is None
    assert len(caplog.records) == 1, "told once"


def test_a_state_that_goes_while_it_is_read_is_looked_for_again(site: Centre) -> None:
    site.write()
    whole = site.state
    storage.point(site.folder / CURRENT, "20200101T000000-0123abcd")
    assert site.get("/") is None
    storage.point(site.folder / CURRENT, whole.name)
    assert site.get("/") is not None


def test_a_centre_without_data_has_no_written_pages(settings: Any) -> None:
    assert pages_folder(dataclasses.replace(settings.CENTER, data=None, pages=None)) is None
    none = WrittenPages(None, mark="", is_ours=lambda _host: True)
    assert none.answer(environment_of(head())) is None


def test_the_day_changes_the_pages(site: Centre) -> None:
    everything = site.write(datetime(2026, 11, 25, 3, tzinfo=UTC))
    assert site.write(datetime(2026, 11, 25, 16, tzinfo=UTC)) == 0
    assert site.write(datetime(2026, 11, 25, 18, tzinfo=UTC)) == everything, "a new day where the centre is"


@pytest.mark.parametrize("path", ["/", "/kiem-tra/", "/en/"])
def test_making_pages_is_no_visit(site: Centre, path: str, caplog: pytest.LogCaptureFixture) -> None:
    site.write()
    assert path in site.paths
    assert not [record for record in caplog.records if record.name == "quetsach.web.request"]
