"""What the shelf does on a drive of Windows beside what `packs test` shows: quick scans, and the neighbours stay."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.core.pack import Action, Pack
from quetsach.endpoint.artefact import place_of, printable
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.packs.load import load_shelf
from quetsach.packs.specimen import specimens_of
from quetsach.packs.specimen.innocent import NEIGHBOURS_FILES, NEIGHBOURS_SOFTWARE, NEIGHBOURS_SYSTEM, plant_infected
from quetsach.packs.specimen.windows import SOFTWARE, SYSTEM, USER, merged

SHELF = Path(__file__).parents[3] / "packs"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
FAMILIES = {
    pack.family: pack
    for pack in load_shelf(SHELF)
    if pack.severity != "test" and "windows" in pack.platforms and pack.family != "archive-bomb"
}
DEEP = {"wannacry": {"/ProgramData/xwjfzbtm432/TaskData/Tor/taskhsvc.exe"}}
"""What lies so deep that only a full scan goes there; the packs say so."""

type Values = Mapping[tuple[str, str], tuple[int, bytes] | None]


@pytest.fixture(params=sorted(FAMILIES))
def pack(request: pytest.FixtureRequest) -> Pack:
    return FAMILIES[request.param]


@pytest.fixture
def drive(pack: Pack, tmp_path: Path) -> Path:
    """A drive with the specimen of the family."""
    root = tmp_path / "disk"
    root.mkdir()
    [specimen] = specimens_of(SHELF / pack.family, ["windows"])
    specimen.build(root)
    for number in range(1_001):  # as on a real one, so many that a quick scan does not look at all of them
        (root / f"Windows/System32/{number}.dll").touch()
    return root


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Values:
    """The values of a drive without an infection."""
    root = tmp_path_factory.mktemp("honest")
    plant_infected(root)
    return _values_of(root)


def _acted_on(pack: Pack, root: Path, scope: Scope) -> set[tuple[str, str]]:
    found = scan(mounted_windows(root), [pack], scope=scope, now=NOW).findings
    return {(f.trait, printable(place_of(f.artefact.anchor))) for f in found if f.action is not Action.REPORT}


def test_a_quick_scan_finds_all_that_a_clean_up_acts_on(pack: Pack, drive: Path) -> None:
    missed = _acted_on(pack, drive, Scope.FULL) - _acted_on(pack, drive, Scope.QUICK)
    assert {place for _, place in missed} == DEEP.get(pack.family, set())


def test_a_clean_up_leaves_the_neighbours_as_they_were(
    pack: Pack, drive: Path, honest: Values, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    innocent = {key: value for key, value in _values_of(drive).items() if value == honest[key]}
    files = {name: content for name, content in NEIGHBOURS_FILES.items() if (drive / name).read_bytes() == content}
    assert len(innocent) > 30
    where = ["--full", "--root", str(drive), "--pack", str(SHELF / pack.family), "--state", str(tmp_path / "state")]
    assert main(["clean", *where, "--yes"]) in {ExitCode.CLEANED, ExitCode.PARTLY_CLEANED}, capfd.readouterr()
    after = _values_of(drive)
    assert {key: after[key] for key in innocent} == innocent
    assert {name: (drive / name).read_bytes() for name in files} == files


def _values_of(root: Path) -> Values:
    """Return the values of a drive that one without an infection has, too."""
    registry = mounted_windows(root).registry
    assert registry is not None
    return {
        (key, name): (value.type, value.data) if (value := registry.value(key, name)) is not None else None
        for key, name in PLACES
    }


HIVES = {
    "HKLM\\SOFTWARE": merged(SOFTWARE, NEIGHBOURS_SOFTWARE),
    "HKLM\\SYSTEM": merged(SYSTEM, NEIGHBOURS_SYSTEM),
    "HKU\\An": USER,
    "HKU\\Bình": USER,
}
PLACES = [(f"{top}\\{key}", name) for top, keys in HIVES.items() for key, values in keys.items() for name in values]
