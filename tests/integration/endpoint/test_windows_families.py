"""Families of botnets on a Windows drive: found item by item, cleaned, put back to the byte, cleaned again."""

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.snapshot import snapshot
from tests.windows_families import FAMILIES, NEIGHBOURS_FILES, Family

from quetsach.cli.exit_code import ExitCode
from quetsach.cli.main import main
from quetsach.packs.check import check_pack


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_found_and_goes_and_comes_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], family: Family
) -> None:
    root, pack = tmp_path / "disk", tmp_path / family.name
    root.mkdir()
    family.infect(root)
    family.write_pack(pack)
    state = ["--state", str(tmp_path / "state")]
    where = ["--root", str(root), "--pack", str(pack), *state]
    before = snapshot(root)
    assert check_pack(pack).pack is not None, check_pack(pack).problems

    assert main(["scan", *where, "--json"]) == ExitCode.FOUND
    found = Counter(finding["trait"] for finding in json.loads(capfd.readouterr().out)["findings"])
    assert found == family.found

    for _ in range(2):
        code = main(["clean", *where, "--yes"])
        said = capfd.readouterr()
        assert code == (ExitCode.PARTLY_CLEANED if family.reported else ExitCode.CLEANED), said
        main(["scan", *where, "--json"])
        left = {finding["trait"] for finding in json.loads(capfd.readouterr().out)["findings"]}
        assert left == family.reported
        after = snapshot(root)
        innocent = [name.encode() for name in NEIGHBOURS_FILES if name not in family.files]
        assert {name: after[name] for name in innocent} == {name: before[name] for name in innocent}
        assert main(["undo", "--last", *state]) == 0
        assert snapshot(root) == before
