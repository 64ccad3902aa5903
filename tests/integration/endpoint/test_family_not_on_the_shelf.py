"""A family of which the shelf has no pack, written as an analyst would: found, removed, put back to the byte.

It starts as Emotet does (CISA AA20-280A): a service among the 32-bit programs, a library by regsvr32 under a name with
a space, a task whose second program is the one.
"""

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.snapshot import snapshot

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.packs.check import check_pack
from quetsach.packs.specimen.formats import build_task
from quetsach.packs.specimen.hive import DWORD, EXPAND_SZ, SZ, Keys
from quetsach.packs.specimen.innocent import SERVICES, USER_CV, plant_infected
from quetsach.packs.specimen.program import build_pe

RULES = """rule program
{
    meta:
        author = "Quét Sạch"
        file_types = "pe"
    strings:
        $mark = "QUETSACH-FAMILY-PROGRAM"
    condition:
        uint16(0) == 0x5a4d and $mark
}
"""
TRAIT = """
[[trait]]
id = "{kind}"
kind = "{kind}"
action = "{action}"
{test}
why.vi = "Dấu vết của mẫu thử."
why.en = "A trace of the specimen."
"""
TRAITS = {
    "file": ("quarantine", 'rule = "program"'),
    "service": ("remove-service", 'refers_to = ["file"]'),
    "scheduled-task": ("remove-task", 'refers_to = ["file"]'),
    "registry-value": ("remove-value", 'match.place = "^run$"\nrefers_to = ["file"]'),
}
PROGRAM = build_pe(sections={".data": b"QUETSACH-FAMILY-PROGRAM"})


@pytest.fixture
def pack(eicar_copy: Path) -> Path:
    (eicar_copy / "rules.yar").write_text(RULES)
    recipe = (TRAIT.format(kind=kind, action=action, test=test) for kind, (action, test) in TRAITS.items())
    (eicar_copy / "recipe.toml").write_text("".join(recipe))
    return eicar_copy


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    root = tmp_path / "disk"
    root.mkdir()
    services: Keys = {
        rf"{SERVICES}\tablegroup": {
            "ImagePath": (EXPAND_SZ, r'"C:\Windows\SysWOW64\tablegroup.exe"'),
            "Start": (DWORD, 2),
            "Type": (DWORD, 0x10),
            "ObjectName": (SZ, "LocalSystem"),
        }
    }
    library = r'C:\Windows\system32\regsvr32.exe /s "C:\Users\An\AppData\Local\Qyhrvj\Rxbkj ab.dll"'
    task = build_task(r"%LocalAppData%\Qyhrvj\none.exe", r"C:\Users\An\AppData\Local\Temp\1035.tmp.exe")
    plant_infected(
        root,
        system=services,
        users={"An": {rf"{USER_CV}\Run": {"Qyhrvj": (SZ, library)}}},
        files={
            "Windows/SysWOW64/tablegroup.exe": PROGRAM,
            "Users/An/AppData/Local/Qyhrvj/Rxbkj ab.dll": PROGRAM,
            "Users/An/AppData/Local/Temp/1035.tmp.exe": PROGRAM,
            "Windows/System32/Tasks/Update": task,
        },
    )
    return root


@pytest.mark.parametrize("scope", ["--quick", "--full"])
def test_all_of_it_is_found_and_goes_and_comes_back(
    pack: Path, drive: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], scope: str
) -> None:
    state = ["--state", str(tmp_path / "state")]
    where = [scope, "--root", str(drive), "--pack", str(pack), *state]
    before = snapshot(drive)
    assert check_pack(pack).problems == ()
    assert main(["scan", *where, "--json"]) == ExitCode.FOUND
    found = Counter(finding["kind"] for finding in json.loads(capfd.readouterr().out)["findings"])
    assert found == {"file": 3, "service": 1, "scheduled-task": 1, "registry-value": 1}
    assert main(["clean", *where, "--yes"]) == ExitCode.CLEANED, capfd.readouterr()
    assert main(["scan", *where]) == ExitCode.NOTHING_FOUND
    assert main(["undo", "--last", "--yes", *state]) == 0
    assert snapshot(drive) == before
