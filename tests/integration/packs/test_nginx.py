"""Debian's nginx serves a repository as the how-to says, and the tool updates from it."""

import hashlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine, pack_of
from tests.nginx import block_of
from tests.nginx import nginx as running
from tests.waiting import PATIENCE_SECONDS

from quetsach.packs.source import Trust


@pytest.fixture
def nginx(centre: Centre, trust: Trust, tmp_path: Path) -> Iterator[str]:
    """The address of the repository at an nginx with the block of settings that the how-to gives."""
    block = block_of("publish-packs.md")
    assert "/srv/www" in block
    with running(tmp_path / "nginx", block.replace("/srv/www", str(centre.folder.parent))) as url:
        yield f"{url}/repository"


def headers(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:
        return dict(answer.headers)


def test_a_machine_updates_from_nginx(machine: Machine, trust: Trust, nginx: str, centre: Centre) -> None:
    machine.update(Trust(trust.root, nginx))
    assert machine.installed() == pack_of("2026.01.01")
    centre.publish("2026.02.02")
    machine.update(Trust(trust.root, nginx))
    assert machine.installed() == pack_of("2026.02.02")


def test_a_part_is_gone_on_with_by_a_range(machine: Machine, trust: Trust, nginx: str, tmp_path: Path) -> None:
    ((name, content),) = pack_of("2026.01.01").items()
    parts = machine.state / "trust" / trust.fingerprint[:16] / "parts"
    parts.mkdir(parents=True)
    (parts / hashlib.sha256(content).hexdigest()).write_bytes(content[:1000])
    machine.update(Trust(trust.root, nginx))
    assert machine.installed() == {name: content}
    (line,) = [line for line in (tmp_path / "nginx" / "access.log").read_text().splitlines() if name in line]
    assert f'" 206 {len(content) - 1000} ' in line


def test_the_timestamp_is_asked_for_each_time_and_the_rest_may_be_kept_for_ever(nginx: str, centre: Centre) -> None:
    assert headers(f"{nginx}/metadata/timestamp.json")["Cache-Control"] == "no-cache"
    (pack,) = (centre.folder / "targets" / "packs").iterdir()
    for path in ("metadata/1.root.json", "metadata/1.snapshot.json", f"targets/packs/{pack.name}"):
        assert "immutable" in headers(f"{nginx}/{path}")["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["metadata/2.root.json", ".lock", "pending/1.root.json", "metadata/", "../keys/packs.pem"]
)
def test_what_is_not_there_yet_is_not_kept_and_nothing_else_is_served(nginx: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(f"{nginx}/{path}", timeout=PATIENCE_SECONDS)
    with error.value as answer:
        assert answer.code in {400, 403, 404}
        assert "immutable" not in answer.headers.get("Cache-Control", "")
