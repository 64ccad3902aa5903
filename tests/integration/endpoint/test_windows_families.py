"""Families of botnets on a Windows drive: found item by item, cleaned, put back to the byte, cleaned again."""

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.snapshot import snapshot
from tests.windows_families import FAMILIES
from tests.windows_families.family import Family

from quetsach.cli.exit_code import ExitCode
from quetsach.cli.main import main
from quetsach.endpoint.host.windows import mounted_windows
from quetsach.packs.check import check_pack
from quetsach.packs.specimen.neighbours import NEIGHBOURS_FILES, NEIGHBOURS_SOFTWARE, NEIGHBOURS_SYSTEM
from quetsach.packs.specimen.windows import SOFTWARE, SYSTEM, USER, merged


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
    innocent_values = _neighbours_of(root, family)
    assert len(innocent_values) > 30
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
        assert _neighbours_of(root, family) == innocent_values
        assert main(["undo", "--last", *state]) == 0
        assert snapshot(root) == before


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_quick_scan_finds_all_that_a_clean_up_acts_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], family: Family
) -> None:
    root, pack = tmp_path / "disk", tmp_path / family.name
    root.mkdir()
    family.infect(root)
    family.write_pack(pack)
    main(["scan", "--quick", "--root", str(root), "--pack", str(pack), "--state", str(tmp_path / "state"), "--json"])
    found = Counter(finding["trait"] for finding in json.loads(capfd.readouterr().out)["findings"])
    assert {trait: found[trait] for trait in family.found if trait not in family.reported} == {
        trait: count for trait, count in family.found.items() if trait not in family.reported
    }


def _neighbours_of(root: Path, family: Family) -> dict[str, tuple[int, bytes] | None]:
    """Return the values on the drive that are not the family's, by key and name."""
    registry = mounted_windows(root).registry
    own = {
        (key.lower(), name.lower())
        for hive in (family.software, family.system)
        for key, values in hive.items()
        for name in values
    }
    hives = {
        "HKLM\\SOFTWARE": merged(SOFTWARE, NEIGHBOURS_SOFTWARE),
        "HKLM\\SYSTEM": merged(SYSTEM, NEIGHBOURS_SYSTEM),
        "HKU\\An": USER,
        "HKU\\Bình": USER,
    }
    return {
        f"{top}\\{key}\\{name}": (value.type, value.data) if (value := registry.value(f"{top}\\{key}", name)) else None
        for top, keys in hives.items()
        for key, values in keys.items()
        for name in values
        if (key.lower(), name.lower()) not in own
    }
