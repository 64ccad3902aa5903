"""Values that malware hides in a hive, or puts beside itself to be in the way: found, removed, put back to the byte."""

import json
from pathlib import Path

import pytest
from tests.snapshot import snapshot

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.packs.specimen.hive import BINARY, DWORD, SZ
from quetsach.packs.specimen.windows import RUN, plant

RECIPE = """
[[trait]]
id = "start"
kind = "registry-value"
action = "remove-value"
why.vi = "Dòng này khởi động mã độc."
why.en = "This entry starts the malware."
match.data = "qzk"

[[trait]]
id = "service"
kind = "service"
action = "remove-service"
why.vi = "Dịch vụ này là của mã độc."
why.en = "This service is the malware's."
match.name = "^Qzk$"
"""
INNOCENT = {"good": (SZ, r"C:\good.exe"), "g\0ood": (SZ, r"C:\fine.exe"), "long": (BINARY, b"\1" * 40_000)}


@pytest.fixture
def pack(eicar_copy: Path) -> Path:
    (eicar_copy / "recipe.toml").write_text(RECIPE)
    return eicar_copy


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


@pytest.mark.parametrize("name", ["a\0b", "\0", "q\u202ezk", "\udc00"])
def test_a_value_with_a_name_that_other_programs_do_not_show_goes_and_comes_back(
    tmp_path: Path, disk: Path, pack: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    plant(disk, software={RUN: {name: (SZ, r"C:\qzk.exe"), **INNOCENT}})
    before = snapshot(disk)
    state = ["--state", str(tmp_path / "state")]
    where = ["--root", str(disk), "--pack", str(pack), *state]
    assert main(["scan", *where, "--json"]) == ExitCode.FOUND
    assert len(json.loads(capfd.readouterr().out)["findings"]) == 1
    code = main(["clean", *where, "--yes", "--lang", "en"])
    said = capfd.readouterr().out
    assert code == ExitCode.CLEANED, said
    assert not set(name).intersection(said) & set("\0\u202e\udc00")
    registry = mounted_windows(disk).registry
    assert registry is not None
    assert {value.name for value in registry.values(f"HKLM\\SOFTWARE\\{RUN}")} >= INNOCENT.keys()
    assert registry.value(f"HKLM\\SOFTWARE\\{RUN}", name) is None
    assert main(["undo", "--last", "--yes", *state]) == 0
    assert snapshot(disk) == before


def test_a_pile_of_values_does_not_hide_the_ones_before_it_or_keep_them(
    tmp_path: Path, disk: Path, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quetsach.endpoint.host.hive.MAX_VALUES", 1000)
    pile = {f"v{number}": (SZ, b"x\0\0\0") for number in range(1001)}
    plant(disk, software={RUN: {"bad": (SZ, r"C:\qzk.exe"), **pile}})
    where = ["--root", str(disk), "--pack", str(pack), "--state", str(tmp_path / "state")]
    assert main(["scan", *where]) == ExitCode.FOUND
    assert main(["clean", *where, "--yes"]) == ExitCode.CLEANED
    assert main(["scan", *where]) == ExitCode.NOT_ELEVATED  # nobody knows what comes after the pile


def test_what_is_put_into_a_hive_to_be_in_the_way_of_its_cleaning_is_not(
    tmp_path: Path, disk: Path, pack: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A key that is too large to be read whole or recorded, one that ends in NULs, and one with a thousand subkeys."""
    services = r"ControlSet001\Services"
    service = {"ImagePath": (SZ, r"C:\qzk.exe"), "Type": (DWORD, 16), "Start": (DWORD, 2)}
    keys = {f"{services}\\Qzk": service | {"large": (BINARY, bytes(9 << 20)), "\0": (SZ, "x")}}
    keys |= {f"{services}\\Qzk\\a\0{number}": {"\0": (BINARY, b"\1" * 20)} for number in range(1000)}
    keys |= {f"{services}\\wuauserv": {"\0\0": (BINARY, b"\1" * 40_000)}}
    plant(disk, system=keys)
    before = snapshot(disk)
    state = ["--state", str(tmp_path / "state")]
    where = ["--root", str(disk), "--pack", str(pack), *state]
    code = main(["clean", *where, "--yes", "--lang", "en"])
    assert code == ExitCode.CLEANED, capfd.readouterr().out
    registry = mounted_windows(disk).registry
    assert registry is not None
    assert not registry.exists(f"HKLM\\SYSTEM\\{services}\\Qzk")
    assert [value.name for value in registry.values(f"HKLM\\SYSTEM\\{services}\\wuauserv")][-1] == "\0\0"
    assert main(["undo", "--last", "--yes", *state]) == 0
    assert snapshot(disk) == before
