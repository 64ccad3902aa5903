"""New packs go to the canary ring first, and to everybody when they are promoted."""

import shutil
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import SHELF, Centre, Machine, pack_of

from quetsach.cli.main import main
from quetsach.packs import SigningError
from quetsach.packs.installed import Ring, remembered_ring
from quetsach.packs.keys import load_keys
from quetsach.packs.repository import promote
from quetsach.packs.source import Trust

type Capture = pytest.CaptureFixture[str]
OLD, NEW = "2026.01.01", "2026.02.02"


@pytest.fixture
def canary(centre: Centre, trust: Trust) -> Centre:
    """The centre of ``trust`` with a newer pack in its canary ring."""
    centre.offer(canary=pack_of(NEW))
    return centre


def test_a_general_machine_never_asks_for_anything_of_the_canary_ring(
    canary: Centre, machine: Machine, trust: Trust
) -> None:
    machine.update(trust)
    assert machine.installed() == pack_of(OLD)
    assert not [path for path in canary.asked if "canary" in path]
    assert not [path for path in machine.state.rglob("*") if "canary" in path.name]


def test_a_canary_machine_gets_the_newer_pack(canary: Centre, machine: Machine, trust: Trust) -> None:
    assert machine.update(trust, ring=Ring.CANARY).installed == (f"eicar-{NEW}.qsp",)
    assert machine.installed() == pack_of(NEW)


def test_a_canary_machine_gets_what_is_general_and_newer(canary: Centre, machine: Machine, trust: Trust) -> None:
    canary.publish("2026.03.03")
    machine.update(trust, ring=Ring.CANARY)
    assert machine.installed() == pack_of("2026.03.03")


def test_the_ring_is_remembered_and_can_be_left(canary: Centre, machine: Machine, trust: Trust) -> None:
    machine.update(trust, ring=Ring.CANARY)
    assert machine.update(trust).ring is Ring.CANARY
    assert machine.update(trust, ring=Ring.GENERAL).installed == (f"eicar-{OLD}.qsp",)
    assert remembered_ring(machine.state) is Ring.GENERAL


def test_a_ring_that_cannot_be_read_is_the_general_one(canary: Centre, machine: Machine, trust: Trust) -> None:
    machine.update(trust, ring=Ring.CANARY)
    (machine.state / "ring").write_bytes(b"\xff\x00canary")
    assert machine.update(trust).ring is Ring.GENERAL


def test_promotion_gives_everybody_the_same_bytes(canary: Centre, machine: Machine, trust: Trust) -> None:
    (canary.keys / "canary.pem").unlink()
    _, names = promote(canary.folder, keys=load_keys(canary.keys), families=[], now=canary.now)
    assert names == (f"eicar-{NEW}.qsp",)
    machine.update(trust)
    assert machine.installed() == pack_of(NEW)


def test_promotion_leaves_other_families_as_they_are(canary: Centre, machine: Machine, trust: Trust) -> None:
    canary.offer(canary={**pack_of(NEW), "other-2026.01.01.qsp": b"untried"})
    promote(canary.folder, keys=load_keys(canary.keys), families=["eicar"], now=canary.now)
    assert machine.update(trust).installed == (f"eicar-{NEW}.qsp",)


@pytest.mark.parametrize("families", [["mirai"], ["eicar"]])
def test_only_what_is_newer_in_the_ring_can_be_promoted(canary: Centre, families: list[str]) -> None:
    if families == ["eicar"]:
        canary.publish("2026.03.03")
    with pytest.raises(SigningError, match=r"no pack 'mirai'|nothing that is newer"):
        promote(canary.folder, keys=load_keys(canary.keys), families=families, now=canary.now)


def test_a_repository_without_a_canary_ring_serves_canary_machines_too(machine: Machine, centre: Centre) -> None:
    for name in ("canary.pem", "canary.pub", "withdrawals.pem", "withdrawals.pub"):
        (centre.keys / name).unlink()
    trust = Trust(centre.publish(OLD).root, centre.url)
    machine.update(trust, ring=Ring.CANARY)
    assert machine.installed() == pack_of(OLD)


def test_from_key_to_machine_by_commands(tmp_path: Path, capsys: Capture) -> None:
    shelf = tmp_path / "shelf"
    shutil.copytree(SHELF / "eicar", shelf / "eicar")
    keys, out, state = (str(tmp_path / name) for name in ("keys", "repository", "state"))
    where = ["--out", out, "--keys", keys]
    assert main(["packs", "keys", "new", "--out", keys]) == 0
    assert main(["packs", "publish", *where, "--packs", str(shelf), "--ring", "canary"]) == 0
    update = ["update", "--state", state, "--repository", out, "--trust-root", f"{out}/metadata/1.root.json"]
    assert main(update) == 0
    assert "(0 gói)" in capsys.readouterr().out
    assert main([*update, "--ring", "canary"]) == 0
    assert "vòng thử nghiệm" in capsys.readouterr().out
    assert main(["packs", "promote", *where, "--lang", "en"]) == 0
    assert "Everybody gets from now on: eicar-" in capsys.readouterr().out


def test_where_the_ring_is_in_use_a_pack_cannot_pass_it_by(canary: Centre, tmp_path: Path, capsys: Capture) -> None:
    shelf = tmp_path / "shelf"
    shutil.copytree(SHELF / "eicar", shelf / "eicar")
    publish = ["packs", "publish", "--out", str(canary.folder), "--keys", str(canary.keys), "--packs", str(shelf)]
    publish += ["--lang", "en"]
    assert main(publish) == 1
    assert "was not in the canary ring" in capsys.readouterr().err
    assert main([*publish, "--untried"]) == 0
