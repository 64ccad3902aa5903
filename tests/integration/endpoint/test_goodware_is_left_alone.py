"""Programs of the system give no finding, and a pack that is wrong about all of them changes nothing."""

import hashlib
import os
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.pack import Action, ArtefactKind, Pack, Trait
from quetsach.core.text import LocalText
from quetsach.endpoint import MassBrakeError
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.posix.linux import live_host
from quetsach.endpoint.plan.plan import Plan, check_brake, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.packs.load import load_shelf
from quetsach.packs.specimen.windows import plant

SHELF = load_shelf(Path(__file__).parents[3] / "packs")
LIBRARIES = Path(sysconfig.get_path("purelib"))
PLACES = [Path("/usr/bin"), Path("/usr/sbin"), Path("/etc"), LIBRARIES / "django", LIBRARIES / "duckdb"]
NOW = datetime(2026, 11, 25, tzinfo=UTC)

EVERY_PROGRAM = Pack(
    family="wrong",
    version="1",
    name=LocalText("Gói sai", "Wrong pack"),
    platforms=frozenset({"linux", "windows", "macos"}),
    severity="high",
    aliases=(),
    references=(),
    author="test",
    licence="Apache-2.0",
    rules="rule program { condition: uint32be(0) == 0x7f454c46 or uint16be(0) == 0x4d5a }",
    traits=(Trait("program", ArtefactKind.FILE, Action.QUARANTINE, LocalText("sai", "wrong"), rule="program"),),
    guidance=LocalText("", ""),
    digest="0" * 64,
)


def test_goodware_gives_no_finding() -> None:
    paths = [os.fsencode(place.resolve()) for place in PLACES if place.exists()]
    result = scan(live_host(), SHELF, scope=Scope.PATHS, now=NOW, paths=paths, jobs=2)
    assert result.findings == ()
    assert result.files > 2_000


def test_a_pack_that_is_wrong_about_every_program_is_stopped_by_the_brake(programs: Path, tmp_path: Path) -> None:
    seen, plan = what_a_wrong_pack_would_do(programs, tmp_path)
    assert len(plan.steps) == len(seen.findings) >= 30
    with pytest.raises(MassBrakeError):
        check_brake(plan, seen.findings)


def test_a_pack_that_is_wrong_about_programs_of_packages_is_held(programs: Path, tmp_path: Path) -> None:
    sums = "".join(f"{hashlib.md5(p.read_bytes()).hexdigest()}  opt/{p.name}\n" for p in (programs / "opt").iterdir())
    info = programs / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / "goodware.md5sums").write_text(sums)
    (info / "goodware.list").write_text("".join(f"/{line.split('  ')[1]}\n" for line in sums.splitlines()))
    seen, plan = what_a_wrong_pack_would_do(programs, tmp_path)
    assert plan.steps == ()
    assert [held.hold for held in plan.held] == [SkipReason.PACKAGE] * len(seen.findings)


def test_a_pack_that_is_wrong_about_every_program_of_windows_is_stopped(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    plant(drive)
    for number in range(40):
        program = drive / "Program Files" / f"Phần mềm {number}" / "program.exe"
        program.parent.mkdir(parents=True)
        program.write_bytes(b"MZ" + bytes(100))
    seen, plan = what_a_wrong_pack_would_do(drive, tmp_path)
    assert seen.platform == "windows"
    with pytest.raises(MassBrakeError):
        check_brake(plan, seen.findings)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a tree with small programs of this machine and nothing that says whose they are."""
    root = tmp_path / "root"
    (root / "opt").mkdir(parents=True)
    found = (path for path in Path("/usr/bin").iterdir() if path.is_file() and not path.is_symlink())
    for path in sorted(found, key=lambda path: path.stat().st_size):
        content = path.read_bytes()
        if content.startswith(b"\x7fELF"):
            (root / "opt" / path.name).write_bytes(content)
        if len(list((root / "opt").iterdir())) == 30:
            break
    return root


def what_a_wrong_pack_would_do(root: Path, state: Path) -> tuple[ScanResult, Plan]:
    host = open_mounted(root)
    seen = scan(host, [EVERY_PROGRAM], scope=Scope.FULL, now=NOW)
    return seen, make_plan(seen.findings, host, state / "state")
