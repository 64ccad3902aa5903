"""Lists are signed on a machine without a network, and the server adds snapshot and timestamp."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import SHELF, Centre, Machine, pack_of

from quetsach.cli.main import main
from quetsach.packs.keys import load_keys
from quetsach.packs.repository import refresh_online
from quetsach.packs.source import Trust


@pytest.fixture
def release(centre: Centre, trust: Trust, tmp_path: Path) -> Path:
    """A machine off line that has all keys but the two of the server, and a copy of the repository."""
    shutil.copytree(centre.folder, tmp_path / "release" / "repository")
    shutil.copytree(centre.keys, tmp_path / "release" / "keys")
    for name in ("snapshot", "timestamp"):
        (tmp_path / "release" / "keys" / f"{name}.pem").unlink()
    for path in centre.keys.glob("*.pem"):
        if path.stem not in {"snapshot", "timestamp"}:
            path.unlink()
    return tmp_path / "release"


def sign(release: Path) -> None:
    shelf = release / "shelf"
    if not shelf.exists():
        shutil.copytree(SHELF / "eicar", shelf / "eicar")
    where = ["--out", str(release / "repository"), "--keys", str(release / "keys")]
    assert main(["packs", "publish", *where, "--packs", str(shelf), "--offline"]) == 0


def carry(release: Path, centre: Centre, *parts: str) -> None:
    for part in parts:
        shutil.copytree(release / "repository" / part, centre.folder / part, dirs_exist_ok=True)


def refresh(centre: Centre, later: timedelta = timedelta(0)) -> None:
    refresh_online(centre.folder, keys=load_keys(centre.keys), now=centre.now + later)


def test_what_was_carried_to_the_server_reaches_machines(
    centre: Centre, machine: Machine, trust: Trust, release: Path
) -> None:
    machine.update(trust)
    sign(release)
    carry(release, centre, "targets", "metadata")
    assert machine.update(trust).installed == ()  # nobody vouches for it yet
    refresh(centre)
    assert machine.update(trust).versions["packs"] == 2


def test_the_command_of_the_server_takes_it_in_as_well(
    centre: Centre, machine: Machine, trust: Trust, release: Path
) -> None:
    sign(release)
    carry(release, centre, "targets", "metadata")
    assert main(["packs", "publish", "--out", str(centre.folder), "--keys", str(centre.keys)]) == 0
    assert machine.update(trust).versions["packs"] == 2


def test_a_list_whose_files_are_not_there_yet_waits(
    centre: Centre, machine: Machine, trust: Trust, release: Path
) -> None:
    sign(release)
    carry(release, centre, "metadata")
    refresh(centre, timedelta(days=4))
    assert machine.update(trust).versions["packs"] == 1
    assert machine.installed() == pack_of("2026.01.01")
    carry(release, centre, "targets")
    refresh(centre, timedelta(days=4))
    assert machine.update(trust).versions["packs"] == 2


def test_a_list_that_a_stranger_signed_is_not_taken_in(centre: Centre, trust: Trust, tmp_path: Path) -> None:
    other = Centre(tmp_path / "other")
    other.close()
    other.publish("2026.01.01")
    other.publish("2026.02.02")
    shutil.copytree(other.folder / "targets", centre.folder / "targets", dirs_exist_ok=True)
    shutil.copy(other.folder / "metadata" / "2.packs.json", centre.folder / "metadata")
    refresh(centre, timedelta(days=4))
    centre.publish("2026.03.03")
    assert Machine(tmp_path / "state").update(trust).installed == ("eicar-2026.03.03.qsp",)


def test_two_releases_before_the_server_looks_are_two_versions(
    centre: Centre, machine: Machine, trust: Trust, release: Path
) -> None:
    sign(release)
    head = release / "shelf" / "eicar" / "pack.toml"
    lines = head.read_text().splitlines()
    head.write_text("\n".join('version = "2099.01.01"' if line.startswith("version") else line for line in lines))
    sign(release)
    carry(release, centre, "targets", "metadata")
    refresh(centre)
    result = machine.update(trust)
    assert result.versions["packs"] == 3
    assert result.installed == ("eicar-2099.01.01.qsp",)


def test_a_role_that_a_centre_gives_up_does_not_look_like_an_attack(
    centre: Centre, machine: Machine, trust: Trust
) -> None:
    machine.update(trust)
    for name in ("canary.pem", "canary.pub"):
        (centre.keys / name).unlink()
    centre.publish("2026.02.02")
    machine.update(trust)
    assert machine.installed() == pack_of("2026.02.02")


def test_an_older_list_under_a_newer_name_is_not_taken_in(
    centre: Centre, machine: Machine, trust: Trust, release: Path
) -> None:
    sign(release)
    carry(release, centre, "targets", "metadata")
    refresh(centre)
    assert machine.update(trust).versions["packs"] == 2
    shutil.copy(centre.folder / "metadata" / "1.packs.json", centre.folder / "metadata" / "3.packs.json")
    refresh(centre, timedelta(days=5))
    assert machine.update(trust).versions["packs"] == 2
