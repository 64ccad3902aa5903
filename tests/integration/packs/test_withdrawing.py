"""What a centre takes back is disarmed with the next update, wherever the pack came from, and stays so."""

import argparse
import json
import shutil
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import SHELF, Centre, Machine, answer, pack_of

from quetsach.cli.main import main
from quetsach.cli.shelf import armed_packs
from quetsach.core.pack import Pack
from quetsach.packs import PackError, Refusal, RefusedError, SigningError, UnreachableError
from quetsach.packs.keys import load_keys
from quetsach.packs.repository import unwithdraw
from quetsach.packs.source import Trust

type Capture = pytest.CaptureFixture[str]
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def usable(machine: Machine, *named: Path) -> dict[str, Pack]:
    arguments = argparse.Namespace(pack=list(named), state=machine.state)
    return {pack.family: pack for pack in armed_packs(arguments).packs}


def shelf_of(centre: Centre, folder: Path, *families: str) -> None:
    """Publish real packs of the shelf."""
    from quetsach.packs.repository import publish

    for family in families:
        shutil.copytree(SHELF / family, folder / family)
    publish(out=centre.folder, keys=load_keys(centre.keys), packs=folder, tools=None, now=centre.now)


def test_an_installed_pack_is_disarmed_by_the_next_update(
    centre: Centre, machine: Machine, trust: Trust, tmp_path: Path
) -> None:
    shelf_of(centre, tmp_path / "shelf", "eicar", "xmrig-miner")
    machine.update(trust)
    before = machine.installed()
    centre.withdraw("eicar")
    assert machine.update(trust).withdrawn == ("eicar",)
    assert machine.installed() == before
    assert usable(machine).keys() == {"xmrig-miner"}


def test_a_trait_is_disarmed_with_what_stands_on_it(
    centre: Centre, machine: Machine, trust: Trust, tmp_path: Path
) -> None:
    shelf_of(centre, tmp_path / "shelf", "xmrig-miner")
    centre.withdraw("xmrig-miner/process_hider_library")
    machine.update(trust)
    assert not {"hider-library", "preload-entry"} & {t.id for t in usable(machine)["xmrig-miner"].traits}


def test_a_pack_that_a_person_names_is_disarmed_as_well(
    centre: Centre, machine: Machine, trust: Trust, tmp_path: Path
) -> None:
    shelf_of(centre, tmp_path / "shelf", "eicar", "xmrig-miner")
    centre.withdraw("eicar")
    machine.update(trust)
    assert usable(machine, SHELF).keys().isdisjoint({"eicar"})
    with pytest.raises(PackError, match="taken back every pack"):
        usable(machine, SHELF / "eicar")


def test_a_newer_version_is_armed_again(centre: Centre, machine: Machine, trust: Trust) -> None:
    centre.withdraw("eicar")
    machine.update(trust)
    centre.publish("2099.02.02")
    machine.update(trust)
    assert usable(machine)["eicar"].version == "2099.02.02"


def test_what_was_taken_back_stays_so_while_the_centre_cannot_be_reached(
    centre: Centre, machine: Machine, trust: Trust, tmp_path: Path
) -> None:
    shelf_of(centre, tmp_path / "shelf", "eicar", "xmrig-miner")
    centre.withdraw("eicar")
    machine.update(trust)
    with pytest.raises(UnreachableError):
        machine.update(Trust(trust.root, "http://127.0.0.1:9"))
    assert "eicar" not in usable(machine)


def test_taking_back_needs_no_pack_to_arrive(centre: Centre, machine: Machine, trust: Trust, tmp_path: Path) -> None:
    shelf_of(centre, tmp_path / "shelf", "eicar", "xmrig-miner")
    machine.update(trust)
    centre.publish("2026.02.02")
    centre.withdraw("eicar", up_to="2099.01.01")
    centre.misbehave["2026.02.02.qsp"] = lambda handler: answer(handler, b"", 500)
    with pytest.raises(UnreachableError):
        machine.update(trust)
    assert "eicar" not in usable(machine)


def test_taking_back_needs_only_the_key_of_withdrawals_and_the_online_keys(
    centre: Centre, machine: Machine, trust: Trust
) -> None:
    for path in centre.keys.glob("*.pem"):
        if path.stem not in {"withdrawals", "snapshot", "timestamp"}:
            path.unlink()
    centre.withdraw("eicar")
    assert machine.update(trust).withdrawn == ("eicar",)


def test_what_was_given_free_is_used_again(centre: Centre, machine: Machine, trust: Trust) -> None:
    centre.withdraw("eicar")
    machine.update(trust)
    unwithdraw(centre.folder, keys=load_keys(centre.keys), label="eicar", now=centre.now)
    assert machine.update(trust).withdrawn == ()
    assert "eicar" in usable(machine)


def test_the_version_is_the_newest_of_any_ring(centre: Centre, machine: Machine, trust: Trust) -> None:
    centre.offer(canary=pack_of("2026.03.03"))
    centre.withdraw("eicar")
    machine.update(trust)
    assert json.loads((machine.state / "withdrawals.json").read_bytes())["withdrawn"][0]["up_to"] == "2026.03.03"


@pytest.mark.parametrize("label", ["eicar/no-such-trait", "no-such-family"])
def test_a_name_that_would_disarm_nothing_is_refused(centre: Centre, trust: Trust, label: str) -> None:
    with pytest.raises(SigningError, match=r"no trait or rule|no pack"):
        centre.withdraw(label)


def test_a_signed_list_that_is_none_is_refused_and_the_old_one_stays(
    centre: Centre, machine: Machine, trust: Trust
) -> None:
    centre.withdraw("eicar")
    machine.update(trust)
    before = (machine.state / "withdrawals.json").read_bytes()
    centre.offer(withdrawals={"list.json": b"not a list"})
    with pytest.raises(RefusedError) as refusal:
        machine.update(trust)
    assert refusal.value.reason is Refusal.BAD_LIST
    assert (machine.state / "withdrawals.json").read_bytes() == before


def test_a_list_that_was_damaged_on_the_machine_is_mended_by_an_update(
    centre: Centre, machine: Machine, trust: Trust
) -> None:
    centre.withdraw("eicar", up_to="2099.01.01")
    machine.update(trust)
    (machine.state / "withdrawals.json").write_bytes(b"{")
    with pytest.raises(PackError, match="cannot be read"):
        usable(machine)
    machine.update(trust)
    assert "eicar" not in usable(machine, SHELF)


def test_a_person_is_told_what_was_not_used_and_why(
    centre: Centre, machine: Machine, trust: Trust, tmp_path: Path, capsys: Capture
) -> None:
    shelf_of(centre, tmp_path / "shelf", "eicar", "xmrig-miner")
    machine.update(trust)
    place = tmp_path / "downloads"
    place.mkdir()
    (place / "eicar.com").write_text(EICAR)
    scan = ["scan", str(place), "--state", str(machine.state), "--no-cache"]
    assert main(scan) == 10
    capsys.readouterr()
    where = ["--out", str(centre.folder), "--keys", str(centre.keys)]
    why = ["--reason-vi", "Gây nhầm lẫn.", "--reason-en", "It confuses."]
    code = main(["packs", "withdraw", "eicar/test-file", *where, *why, "--lang", "en"])
    assert code == 0
    assert "eicar/test-file is withdrawn up to version" in capsys.readouterr().out
    machine.update(trust)
    assert main(scan) == 0
    told = capsys.readouterr().out
    assert "đã được trung tâm thu hồi" in told
    assert "Gây nhầm lẫn." in told
    main(["clean", str(place), "--dry-run", "--lang", "en", "--state", str(machine.state)])
    assert "taken it back. Reason: It confuses." in capsys.readouterr().out
    main([*scan, "--json"])
    assert "eicar/test-file" in json.loads(capsys.readouterr().out)["withdrawn"]


def test_a_damaged_list_is_told_in_vietnamese_with_the_remedy(
    machine: Machine, tmp_path: Path, capsys: Capture
) -> None:
    machine.state.mkdir()
    (machine.state / "withdrawals.json").write_bytes(b"{")
    assert main(["scan", str(tmp_path), "--state", str(machine.state)]) == 3
    told = capsys.readouterr().err
    assert "không đọc được danh sách thu hồi" in told
    assert "hãy chạy: quetsach update" in told
