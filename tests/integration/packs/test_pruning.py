"""Old metadata and files leave a repository; what a client may still need stays."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, pack_of

from quetsach.packs.keys import load_keys, new_keys, rotate
from quetsach.packs.repository import publish_files
from quetsach.packs.source import Trust

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with twenty states behind it, of which three are kept."""
    new_keys(tmp_path / "keys")
    for day in range(1, 21):
        if day % 5 == 0:
            rotate(tmp_path / "keys", "timestamp")
        files = {"packs": {f"a-2026.01.{day:02d}.qsp": b"%d" % day}, "tools": {"tool.whl": b"the same"}}
        publish_files(
            tmp_path / "repository",
            keys=load_keys(tmp_path / "keys"),
            files=files,
            now=NOW + timedelta(days=day),
            keep=3,
        )
    return tmp_path / "repository"


def versions(repository: Path, role: str) -> list[int]:
    return sorted(int(path.name.partition(".")[0]) for path in (repository / "metadata").glob(f"*.{role}.json"))


def test_the_newest_versions_of_each_role_stay(repository: Path) -> None:
    assert versions(repository, "packs") == [18, 19, 20]
    assert versions(repository, "snapshot") == [18, 19, 20]


def test_every_root_stays(repository: Path) -> None:
    assert versions(repository, "root") == [1, 2, 3, 4, 5]


def test_files_go_with_the_last_list_that_names_them(repository: Path) -> None:
    names = {path.name.partition(".")[2] for path in (repository / "targets" / "packs").iterdir()}
    assert names == {f"a-2026.01.{day}.qsp" for day in (18, 19, 20)}
    assert len(list((repository / "targets" / "tools").iterdir())) == 1


def test_what_a_killed_publication_left_behind_goes_too(repository: Path, tmp_path: Path) -> None:
    left = repository / "targets" / "packs" / ".half.qsp.new"
    left.write_bytes(b"half")
    publish_files(repository, keys=load_keys(tmp_path / "keys"), files={}, now=NOW + timedelta(days=21))
    assert not left.exists()


def test_a_client_in_the_middle_of_an_update_still_finds_what_it_saw(tmp_path: Path) -> None:
    centre, machine = Centre(tmp_path / "centre"), Machine(tmp_path / "state")
    try:
        trust = Trust(centre.publish().root, centre.url)
        stale = tmp_path / "timestamp.json"
        shutil.copy(centre.folder / "metadata" / "timestamp.json", stale)
        for day in range(1, 10):
            centre.publish(f"2026.02.0{day}")
        content = stale.read_bytes()

        def seen_before(handler) -> None:  # type: ignore[no-untyped-def]
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(content)))
            handler.end_headers()
            handler.wfile.write(content)

        centre.misbehave["timestamp.json"] = seen_before
        machine.update(trust)
        assert machine.installed() == pack_of("2026.01.01")
    finally:
        centre.close()
