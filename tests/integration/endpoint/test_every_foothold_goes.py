"""A worm with a foothold in every place of Linux and macOS: found, taken out, put back to the byte."""

import json
from itertools import batched
from pathlib import Path

import pytest
from tests.machine import Machine
from tests.snapshot import snapshot
from tests.unit.endpoint.collect import test_linux_places, test_mac_places

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode

PACK = Path(__file__).parents[2] / "packs" / "foothold-worm"
PROGRAM = "#!/bin/sh\n# QUETSACH-FOOTHOLD-WORM-PROGRAM\n"
MACHINES = {"linux": (Machine, test_linux_places.PLANTED), "macos": (test_mac_places.Mac, test_mac_places.PLANTED)}
PROTECTED = {"inittab"}  # a machine does not start without it

# What the pack acts on, in groups that the mass brake lets pass.
GROUPS = [
    (platform, group)
    for platform, (_, planted) in MACHINES.items()
    for group in batched(
        sorted(n for n in planted if "/opt/x" in planted[n][2] and n not in PROTECTED), 18, strict=False
    )
]


@pytest.mark.parametrize(("platform", "names"), GROUPS)
def test_every_foothold_is_found_and_goes_and_comes_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], platform: str, names: tuple[str, ...]
) -> None:
    root = tmp_path / "disk"
    root.mkdir()
    kind, planted = MACHINES[platform]
    machine = kind(root)
    machine.write("/opt/x", PROGRAM)
    if platform == "macos":
        machine.write("/System/Library/CoreServices/SystemVersion.plist", "")
    for name in names:
        path, content, _ = planted[name]
        machine.write(path, content)
    before = snapshot(root)
    where = ["--root", str(root), "--pack", str(PACK), "--state", str(tmp_path / "state")]

    assert main(["scan", *where, "--json"]) == ExitCode.FOUND
    found = json.loads(capfd.readouterr().out)["findings"]
    assert len({finding["where"] for finding in found}) == 1 + len({planted[name][0] for name in names})
    assert main(["clean", *where, "--yes"]) == ExitCode.CLEANED, capfd.readouterr()
    assert main(["scan", *where]) == ExitCode.NOTHING_FOUND
    assert main(["undo", "--last", "--yes", "--state", str(tmp_path / "state")]) == 0
    assert snapshot(root) == before
