"""Pages that a worm has appended to by the dozen are cut and do not stop the clean-up of the rest; too many do."""

from pathlib import Path

import pytest
from tests.snapshot import snapshot

from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.endpoint.plan import plan
from quetsach.packs.specimen import load_specimen
from quetsach.packs.specimen.innocent import PAGE

RAMNIT = Path(__file__).parents[3] / "packs" / "ramnit"
PAGES = 60


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    """A drive with Ramnit and many more infected pages than files that go."""
    root = tmp_path / "disk"
    root.mkdir()
    ramnit = load_specimen(RAMNIT)
    ramnit.build(root)
    infected = (root / "Users/An/Desktop/bai-tap.html").read_bytes()
    (root / "web").mkdir()
    for number in range(PAGES):
        (root / f"web/{number}.html").write_bytes(infected)
    return root


def _clean(drive: Path, state: Path, *words: str) -> int:
    where = ["--root", str(drive), "--pack", str(RAMNIT), "--state", str(state)]
    return main(["clean", "--full", *where, "--yes", "--lang", "en", *words])


def test_the_pages_get_their_own_end_back_and_the_worm_goes(
    drive: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = snapshot(drive)
    code = _clean(drive, tmp_path / "state")
    said = capfd.readouterr().out
    assert code == ExitCode.PARTLY_CLEANED, said  # infected programs are only reported
    assert f"{PAGES + 1} of these steps only cut off what was appended" in said
    assert {(drive / f"web/{number}.html").read_bytes() for number in range(PAGES)} == {PAGE}
    assert not (drive / "Program Files/lkxvbc/qhwrsw.exe").exists()
    assert main(["undo", "--last", "--yes", "--state", str(tmp_path / "state")]) == 0
    assert snapshot(drive) == before


def test_more_pages_than_may_be_cut_stop_everything_and_say_what_to_do(
    drive: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_CUTS", PAGES)
    before = snapshot(drive)
    assert _clean(drive, tmp_path / "state") == ExitCode.MASS_BRAKE
    said = capfd.readouterr().out
    assert f"cut the end off {PAGES + 1} files" in said
    assert "--allow-many" in said
    assert snapshot(drive) == before
