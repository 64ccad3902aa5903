"""A program whose content says nothing, because it is packed, goes with the foothold that names it."""

import json
from pathlib import Path

import pytest
from tests.snapshot import snapshot

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.packs.specimen.hive import EXPAND_SZ, SZ
from quetsach.packs.specimen.program import build_pe
from quetsach.packs.specimen.windows import RUN, plant

RECIPE = r"""
[[trait]]
id = "start"
kind = "registry-value"
action = "remove-value"
why.vi = "Dòng này khởi động mã độc."
why.en = "This entry starts the malware."
match.data = "-qzk$"

[[trait]]
id = "program"
kind = "file"
named_by = ["start"]
match.path = '(?i)^/ProgramData/[a-z]{6}\.exe$'
action = "quarantine"
why.vi = "Tệp này được dòng khởi động của mã độc gọi tới."
why.en = "The malware's entry starts this file."
"""
PACKED = build_pe(sections={"UPX0": b"\xd0\x0d" * 400})


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    entries = {
        "bad": (EXPAND_SZ, r"%ProgramData%\qzkvxw.exe -qzk"),
        "bad, in other letters": (SZ, r"c:\PROGRAMDATA\QzkVxw.exe -qzk"),
        "shell": (SZ, r"C:\Windows\explorer.exe -qzk"),
        "good": (SZ, r"C:\ProgramData\unikey.exe"),
    }
    files = {f"ProgramData/{name}.exe": PACKED for name in ("qzkvxw", "unikey", "zalopc")}
    plant(disk, software={RUN: entries}, files=files)
    return disk


@pytest.mark.parametrize("scope", ["--quick", "--full"])
def test_the_file_goes_with_what_names_it_and_comes_back(
    tmp_path: Path, disk: Path, eicar_copy: Path, capfd: pytest.CaptureFixture[str], scope: str
) -> None:
    (eicar_copy / "recipe.toml").write_text(RECIPE)
    before = snapshot(disk)
    state = ["--state", str(tmp_path / "state")]
    where = [scope, "--root", str(disk), "--pack", str(eicar_copy), *state]
    for _ in range(2):  # the second time the cache knows the files that showed nothing
        assert main(["scan", *where, "--json"]) == ExitCode.FOUND
        findings = json.loads(capfd.readouterr().out)["findings"]
        assert [f["where"] for f in findings if f["kind"] == "file"] == ["/ProgramData/qzkvxw.exe"]
    assert main(["clean", *where, "--yes"]) == ExitCode.CLEANED, capfd.readouterr()
    assert sorted(path.name for path in (disk / "ProgramData").glob("*.exe")) == ["unikey.exe", "zalopc.exe"]
    assert main(["scan", *where]) == ExitCode.NOTHING_FOUND
    assert main(["undo", "--last", "--yes", *state]) == 0
    assert snapshot(disk) == before
