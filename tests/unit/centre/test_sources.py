"""A centre fetches feeds itself: from real servers, with kills and traps on the way, and from a landing folder."""

import hashlib
import hmac
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.feed_server import (
    CSV,
    NOW,
    SECRET,
    Server,
    deliveries,
    describe,
    pulled,
    running,
    said,
    secret,
    send,
    state,
    statuses,
)

from quetsach.centre.centre import Centre
from quetsach.centre.sources import SourceError
from quetsach.centre.sources import pulling as pulling_module
from quetsach.centre.sources.pulling import Status, as_json, due_sources, pull
from quetsach.centre.sources.source import Schedule, read_secret, read_source


def test_a_file_is_taken_once_and_asked_for_by_its_version_after_that(server: Server, data: Path) -> None:
    def answer(to: BaseHTTPRequestHandler) -> None:
        if to.headers.get("If-None-Match") == '"v1"':
            send(to, 304)
        else:
            send(to, 200, CSV, ETag='"v1"')

    server.answers["/today.csv"] = answer
    describe(data, "http", f'url = "{server.url}/today.csv"')
    (first,) = pulled(data)
    assert (first.status, first.accepted) == (Status.TAKEN, 2)
    assert statuses(pulled(data)) == ["unchanged"]
    assert deliveries(data) == 1


def test_the_same_bytes_under_a_new_version_are_not_taken_in_again(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 200, CSV)
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert statuses(pulled(data)) + statuses(pulled(data)) == ["taken", "unchanged"]


def test_a_server_that_asks_for_time_gets_it(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 429, Retry_After="7200")
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert "HTTP status 429" in said(pulled(data))
    assert due_sources(Centre(data), NOW + timedelta(seconds=7199)) == ([], {})
    assert len(due_sources(Centre(data), NOW + timedelta(seconds=7200))[0]) == 1


def test_a_damaged_memory_of_one_source_keeps_no_other_back(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 200, CSV)
    describe(data, "http", f'url = "{server.url}/today.csv"')
    one = (data / "sources" / "one.toml").read_text()
    (data / "sources" / "two.toml").write_text(one.replace('"one"', '"two"'))
    (data / "pulled" / "one").mkdir(parents=True)
    (data / "pulled" / "one" / "state.json").write_text("{")
    found = [list(pull(Centre(data), source, clock=lambda: NOW)) for source in due_sources(Centre(data), NOW)[0]]
    assert [(one.source, one.status) for (one,) in found] == [("one", Status.FAILED), ("two", Status.TAKEN)]
    assert "state.json: what is remembered of the source is damaged" in said(found[0])


def test_waits_double_with_each_failure_and_end_with_a_success(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 503)
    describe(data, "http", f'url = "{server.url}/today.csv"')
    waits = []
    for _ in range(3):
        pulled(data)
        waits.append((datetime.fromisoformat(state(data).not_before) - NOW).total_seconds())
    assert waits == [60, 120, 240]
    server.answers["/today.csv"] = lambda to: send(to, 200, CSV)
    pulled(data)
    assert (state(data).failures, state(data).error) == (0, {})


def test_a_file_that_broke_off_goes_on_where_it_was(server: Server, data: Path) -> None:
    def answer(to: BaseHTTPRequestHandler) -> None:
        begin = to.headers.get("Range")
        if begin is None:
            send(to, 200, CSV[:40], ETag='"v1"', Content_Length=str(len(CSV)))
        else:
            assert (begin, to.headers["If-Range"]) == ("bytes=40-", '"v1"')
            send(to, 206, CSV[40:], ETag='"v1"', Content_Range=f"bytes 40-{len(CSV) - 1}/{len(CSV)}")

    server.answers["/today.csv"] = answer
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert "breaks off" in said(pulled(data))
    assert not (data / "lake").exists()
    (found,) = pulled(data)
    assert (found.status, found.accepted) == (Status.TAKEN, 2)


def test_a_file_that_changed_meanwhile_is_fetched_whole(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 200, b"x" * 9, ETag='"v1"', Content_Length="99")
    describe(data, "http", f'url = "{server.url}/today.csv"')
    pulled(data)
    server.answers["/today.csv"] = lambda to: send(to, 200, CSV, ETag='"v2"')
    assert [one.accepted for one in pulled(data)] == [2]


def test_what_is_too_long_or_too_slow_is_given_up(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 200, b"x" * ((1 << 20) + 1))
    describe(data, "http", f'url = "{server.url}/today.csv"', bounds="file_mb = 1\nkeep_free_mb = 0")
    assert "longer than 1048576 bytes" in said(pulled(data))
    let_go = threading.Event()
    server.answers["/today.csv"] = lambda _to: let_go.wait(20) and None
    told = said(pulled(data, seconds=0.1))
    let_go.set()
    assert "within 0.1 seconds" in told


def test_secrets_go_to_their_server_alone_and_are_told_nowhere(server: Server, data: Path) -> None:
    with running() as other:
        other.answers["/f.csv"] = lambda to: send(to, 503)
        server.answers["/today.csv"] = lambda to: send(to, 302, Location=f"{other.url}/f.csv")
        describe(data, "http", f'url = "{server.url}/today.csv"\nproof = "bearer"\nsecret_file = "{secret(data)}"')
        found = pulled(data)
        assert server.asked[0][2]["authorization"] == f"Bearer {SECRET}"
        assert "authorization" not in other.asked[0][2]
    kept = [path.read_text("utf-8", "replace") for path in (data / "pulled").rglob("*") if path.is_file()]
    assert not any(SECRET in text for text in (said(found), str(as_json(found[0])), repr(found), *kept))


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "http://name:word@127.0.0.1/x", "/today.csv"])
def test_traps_of_redirects_are_refused(server: Server, data: Path, target: str) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 302, Location=target)
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert "redirects" in said(pulled(data))


def test_a_proxy_is_used(server: Server, data: Path) -> None:
    server.answers["http://feeds.example/today.csv"] = lambda to: send(to, 200, CSV)
    describe(data, "http", f'url = "http://feeds.example/today.csv"\nproxy = "{server.url}"')
    assert statuses(pulled(data)) == ["taken"]
    assert server.asked[0][1] == "http://feeds.example/today.csv"


def test_what_the_lake_refuses_is_kept_with_its_reason_and_not_fetched_again(server: Server, data: Path) -> None:
    server.answers["/today.csv"] = lambda to: send(to, 200, b"nothing,known\n1,2\n", ETag='"v1"')
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert statuses(pulled(data)) == ["refused"]
    refused = data / "pulled" / "one" / "refused"
    assert (refused / "today.csv").read_bytes() == b"nothing,known\n1,2\n"
    assert "today.csv" in (refused / "today.csv.reason.txt").read_text()
    assert statuses(pulled(data)) == ["unchanged"]


def test_a_full_disk_stops_the_landing(server: Server, data: Path) -> None:
    describe(data, "http", f'url = "{server.url}/today.csv"', bounds=f"keep_free_mb = {1 << 29}")
    assert "too little room" in said(pulled(data))
    assert server.asked == []


def test_nothing_is_taken_or_remembered_by_a_dry_run(server: Server, data: Path) -> None:
    describe(data, "http", f'url = "{server.url}/today.csv"')
    assert statuses(pulled(data, dry=True)) == ["offered"]
    assert not (data / "pulled").exists()


def shadowserver(server: Server, data: Path) -> None:
    listed = [
        {"id": "abc1", "type": "event4_sinkhole", "file": "2026-11-01-event4_sinkhole-vn.csv"},
        {"id": "abc2", "type": "scan_nobody_reads", "file": "2026-11-01-scan_nobody_reads-vn.csv"},
    ]

    def listing(to: BaseHTTPRequestHandler) -> None:
        body = server.asked[-1][3]
        assert to.headers["HMAC2"] == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        asked = json.loads(body)
        assert asked["apikey"] == "key-1"
        send(to, 200, json.dumps(listed if asked["date"] == "2026-11-01" else []).encode())

    header = "timestamp,src_ip,src_port,protocol,infection\n"
    server.answers["/api2/reports/list"] = listing
    server.answers["/dl/abc1"] = lambda to: send(
        to, 200, (header + '"2026-11-01 07:30:00","14.160.0.1",4000,"tcp","conficker"\n').encode()
    )
    more = f'url = "{server.url}/api2/"\nfiles_url = "{server.url}/dl/"\nsecret_file = "{secret(data)}"\n'
    describe(data, "shadowserver", more + f'key_file = "{secret(data, "key-1")}"', feed="shadowserver")


def downloads(server: Server) -> list[str]:
    return [path for _, path, _, _ in server.asked if path.startswith("/dl/")]


def test_reports_of_shadowserver_are_taken_once_each(server: Server, data: Path) -> None:
    shadowserver(server, data)
    assert statuses(pulled(data)) == ["taken", "unread"]
    assert statuses(pulled(data)) == ["unread"]
    assert downloads(server) == ["/dl/abc1"]
    pulled(data, now=NOW + timedelta(days=4))
    assert state(data).succeeded_at == (NOW + timedelta(days=4)).isoformat()


_KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from quetsach.centre.centre import Centre
from quetsach.centre.sources import pulling
from quetsach.centre.sources.source import load_sources
from quetsach.lake import lake
kill = lambda *_a, **_k: os.kill(os.getpid(), signal.SIGKILL)
if sys.argv[2] == "before": pulling.ingest_files = kill
else: pulling.State.save = kill
((source,), _) = load_sources(Path(sys.argv[1]))
list(pulling.pull(Centre(Path(sys.argv[1])), source, clock=lambda: datetime(2026, 11, 2, 8, tzinfo=UTC)))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_around_the_commit_loses_nothing_and_fetches_nothing_twice(
    server: Server, data: Path, moment: str
) -> None:
    shadowserver(server, data)
    done = subprocess.run([sys.executable, "-c", _KILLED, data, moment], check=False)
    assert done.returncode == -9
    assert deliveries(data) == {"before": 0, "after": 1}[moment]
    found = pulled(data)
    assert statuses(found) == ["taken", "unread"]
    assert downloads(server) == ["/dl/abc1"]
    assert deliveries(data) == 1
    assert statuses(pulled(data)) == ["unread"]


def test_pages_of_taxii_follow_each_other_and_the_next_pull_goes_on(
    server: Server, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = [{"more": True, "next": "p2", "objects": [{"id": "a"}]}, {"more": False, "objects": [{"id": "b"}]}, {}]
    last = ["2026-11-01T00:00:01Z", "2026-11-01T00:00:02.5Z", ""]

    def answer(to: BaseHTTPRequestHandler) -> None:
        assert to.headers["Accept"] == "application/taxii+json;version=2.1"
        number = len(server.asked) - 1
        send(to, 200, json.dumps(pages[number]).encode(), X_TAXII_Date_Added_Last=last[number])

    taken: list[bytes] = []

    def notes(_centre: Centre, files: list[Path], **_named: object) -> Iterator[object]:
        taken.extend(path.read_bytes() for path in files)
        return iter(())

    monkeypatch.setattr(pulling_module, "ingest_files", notes)
    server.answers["/root/collections/c-1/objects/"] = answer
    describe(data, "taxii", f'url = "{server.url}/root/"\ncollection = "c-1"')
    assert statuses(pulled(data)) == ["taken", "taken"]
    assert [json.loads(page) for page in taken] == pages[:2]
    assert statuses(pulled(data)) == ["unchanged"]
    queries = [path.partition("?")[2] for _, path, _, _ in server.asked]
    assert queries == ["limit=1000", "limit=1000&next=p2", "limit=1000&added_after=2026-11-01T00%3A00%3A02.5Z"]


def test_events_of_misp_are_taken_when_their_time_changes(
    server: Server, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulling_module, "ingest_files", lambda *_a, **_k: iter(()))
    one, two = "5f2a9c1e-0000-4000-8000-000000000001", "5f2a9c1e-0000-4000-8000-000000000002"
    manifest = {one: {"timestamp": "10"}, two: {"timestamp": "11"}}
    server.answers["/m/manifest.json"] = lambda to: send(to, 200, json.dumps(manifest).encode())
    for uuid in manifest:
        server.answers[f"/m/{uuid}.json"] = lambda to: send(to, 200, b'{"Event": {}}')
    describe(data, "misp", f'url = "{server.url}/m/"')
    assert statuses(pulled(data)) == ["taken", "taken"]
    manifest[one] = {"timestamp": 12}  # type: ignore[dict-item]
    assert [found.name for found in pulled(data)] == [f"{one}.json"]
    manifest["../../etc/passwd"] = {"timestamp": "1"}
    assert "list of files" in said(pulled(data))


def test_a_landing_folder_is_taken_in_when_its_files_stopped_growing(data: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "good.csv").write_bytes(CSV)
    (landing / "bad.csv").write_bytes(b"nothing,known\n1,2\n")
    (landing / "link.csv").symlink_to("/etc/passwd")
    describe(data, "folder", f'folder = "{landing}"')
    now = datetime.now(UTC)
    assert pulled(data, now=now) == []
    assert statuses(pulled(data, now=now + timedelta(seconds=90))) == ["refused", "taken"]
    assert (landing / "done" / "good.csv").read_bytes() == CSV
    assert (landing / "refused" / "bad.csv").exists()
    assert (landing / "refused" / "bad.csv.reason.txt").read_text().strip()
    assert (landing / "link.csv").is_symlink()


GOOD = 'name = "one"\nfeed = "plain"\nkind = "http"\nurl = "https://feeds.example/f"\n[schedule]\nevery_minutes = 5\n'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("https://feeds.example/f", "https://me:pass-word@feeds.example/f", "holds a name or password"),
        ("https://feeds.example/f", "file:///etc/passwd", "no address"),
        ("https://feeds.example/f", "https://[::1", "no address"),
        ("every_minutes = 5", "", "a schedule is"),
        ("every_minutes = 5", 'daily_at = "25:00"', "a schedule is"),
        ("every_minutes = 5", "every_minutes = 0", "is not from"),
        ('feed = "plain"', 'feed = "plain"\npassword = "x"', "unknown field"),
        ('feed = "plain"', 'feed = "plain"\nproof = "bearer"', "secret_file"),
    ],
)
def test_a_source_that_cannot_be_is_refused_with_its_line(old: str, new: str, told: str) -> None:
    assert read_source(GOOD.encode(), where="s.toml").name == "one"
    with pytest.raises(SourceError, match=told) as refused:
        read_source(GOOD.replace(old, new).encode(), where="s.toml")
    assert "pass-word" not in refused.value.explain()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    path.write_text(SECRET)
    path.chmod(mode)
    with pytest.raises(SourceError) as refused:
        read_secret(path)
    assert SECRET not in refused.value.explain()
    path.chmod(0o600)
    assert read_secret(path) == SECRET


def test_a_daily_source_is_due_by_the_clock_of_the_country() -> None:
    zone = ZoneInfo("Asia/Ho_Chi_Minh")
    daily = Schedule(None, time(6, 30))
    assert daily.due_at(datetime(2026, 11, 1, 23, tzinfo=UTC), zone) == datetime(2026, 11, 1, 23, 30, tzinfo=UTC)
    assert daily.due_at(datetime(2026, 11, 1, 23, 30, tzinfo=UTC), zone) == datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
