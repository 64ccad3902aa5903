"""``/healthz`` and ``/metrics`` are true, and told to whom they are for."""

import dataclasses
import json
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.unit.web.conftest import write_published

from quetsach.centre.publication.snapshot import read_snapshot
from quetsach.web.configuration import Configuration
from quetsach.web.health import LEAST_FREE_BYTES, HeartbeatFile, Work, expiries, health
from quetsach.web.server.answer import BARE_HEADERS

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def center(data: Path, *, served: bool = True) -> Configuration:
    at = "http://127.0.0.1:8000" if served else ""
    return Configuration.read({"QUETSACH_DATA": str(data), "QUETSACH_SERVED_AT": at})


def beat(data: Path, works: dict[str, Work], *, now: datetime = NOW) -> None:
    file = HeartbeatFile(data)
    file.write(works, now=now)
    file.close()


def test_work_that_goes_on_is_well(tmp_path: Path) -> None:
    beat(tmp_path, {"letters": Work(is_alive=True, beat_at=NOW - timedelta(seconds=20), longest_seconds=60)})
    assert health(center(tmp_path), now=NOW).checks["work"] == "ok"


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (Work(is_alive=False, beat_at=NOW, longest_seconds=60), "letters: not running"),
        (
            Work(is_alive=True, beat_at=NOW, longest_seconds=60, broke_off=9, in_a_row=3),
            "letters: broke off 3 times in a row: the log says why",
        ),
        (Work(is_alive=True, beat_at=NOW - timedelta(seconds=61), longest_seconds=60), "letters: silent for 61 s"),
    ],
)
def test_work_that_ended_or_hangs_is_named(tmp_path: Path, work: Work, told: str) -> None:
    beat(tmp_path, {"letters": work, "erasure": dataclasses.replace(work, is_alive=True, beat_at=NOW, in_a_row=0)})
    found = health(center(tmp_path), now=NOW)
    assert (found.checks["work"], found.is_well) == (told, False)


def test_a_main_process_that_says_nothing_is_a_failure(tmp_path: Path) -> None:
    assert "said nothing" in health(center(tmp_path), now=NOW).checks["work"]
    beat(tmp_path, {}, now=NOW - timedelta(minutes=5))
    assert "main process: silent for 300 s" in health(center(tmp_path), now=NOW).checks["work"]
    (tmp_path / "heartbeats").write_text("{nonsense")
    assert "said nothing" in health(center(tmp_path), now=NOW).checks["work"]
    assert health(center(tmp_path, served=False), now=NOW).checks["work"] == "empty"


def test_a_disk_that_fills_up_is_told_before_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  (as the standard library returns it)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**12, 10**12, LEAST_FREE_BYTES - 1))
    assert health(center(tmp_path), now=NOW).checks["disk"] == "199 MiB free"


def test_figures_of_last_month_are_old_unless_they_are_simulated(tmp_path: Path, centre_data: Path) -> None:
    shutil.copytree(centre_data / "published", tmp_path / "published")
    assert health(center(tmp_path), now=NOW).checks["figures"] == "ok"
    snapshot = read_snapshot(tmp_path)
    assert snapshot is not None
    write_published(tmp_path, dataclasses.replace(snapshot, demonstration=None))
    assert health(center(tmp_path), now=NOW).checks["figures"].startswith("old: the last day is 2020-")


def test_every_role_of_the_repository_counts(tmp_path: Path) -> None:
    metadata = tmp_path / "repository" / "metadata"
    metadata.mkdir(parents=True)
    for name, day in (("timestamp", 30), ("3.snapshot", 30), ("9.targets", 29), ("10.targets", 30), ("1.root", 27)):
        (metadata / f"{name}.json").write_text(json.dumps({"signed": {"expires": f"2026-11-{day}T00:00:00Z"}}))
    assert {role: expiry.day for role, expiry in expiries(tmp_path).items()} == {
        "timestamp": 30,
        "snapshot": 30,
        "targets": 30,
        "root": 27,
    }
    assert health(center(tmp_path), now=NOW).checks["repository"] == "root expired 2026-11-27T00:00:00Z"


def test_monitoring_calls_by_number_where_pages_ask_for_a_name(centre: Path, client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["centre.example"]
    assert client.get("/en/", HTTP_HOST="10.0.0.5").status_code == 400
    assert client.get("/healthz", HTTP_HOST="10.0.0.5").status_code == 200
    assert client.get("/metrics", HTTP_HOST="10.0.0.5").status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "hops", "status"),
    [
        ("127.0.0.1", None, 0, 200),
        ("::1", None, 0, 200),
        ("198.51.100.7", None, 0, 200),
        ("203.0.113.9", None, 0, 403),
        ("127.0.0.1", "", 0, 403),
        ("127.0.0.1", "", 1, 403),
        ("127.0.0.1", "203.0.113.9", 0, 403),
        ("127.0.0.1", "203.0.113.9", 1, 403),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", 1, 403),
        ("127.0.0.1", "198.51.100.7", 1, 200),
        ("127.0.0.1", "nonsense", 1, 403),
    ],
)
def test_metrics_are_for_the_networks_that_are_named(
    centre: Path, client: Client, settings, peer: str, forwarded: str | None, hops: int, status: int
) -> None:
    networks = Configuration.read({"QUETSACH_METRICS_FROM": "198.51.100.0/24"}).metrics_from
    settings.CENTER = dataclasses.replace(settings.CENTER, metrics_from=networks, proxy_hops=hops)
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert client.get("/metrics", REMOTE_ADDR=peer, headers=headers).status_code == status


def test_metrics_tell_the_state_of_the_centre(centre: Path, client: Client, settings) -> None:
    beat(centre, {"letters": Work(is_alive=True, beat_at=datetime.now(UTC), longest_seconds=60, broke_off=2)})
    settings.CENTER = dataclasses.replace(settings.CENTER, served_at="http://127.0.0.1:8000")
    text = client.get("/metrics").content.decode()
    for line in ('quetsach_work_alive{work="letters"} 1.0', 'quetsach_work_broke_off{work="letters"} 2.0'):
        assert line in text
    for name in ("disk_free_bytes", "figures_age_seconds", 'queue_length{queue="letters"}', "build_info{version="):
        assert f"quetsach_{name}" in text


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_what_machines_ask_for_is_protected_as_pages_are(centre: Path, client: Client, path: str) -> None:
    assert dict(BARE_HEADERS).items() <= {k.lower(): v for k, v in client.get(path).headers.items()}.items()
