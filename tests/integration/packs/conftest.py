"""A centre and a machine for each test of updates."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine
from tests.unit.packs.test_side_by_side import PROGRAM

from quetsach.packs import upgrade
from quetsach.packs.source import Trust
from quetsach.packs.upgrade import Build


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    centre = Centre(tmp_path / "centre")
    yield centre
    centre.close()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "state")


@pytest.fixture
def trust(centre: Centre) -> Trust:
    """The centre's first root, as a tool carries it, with one pack published."""
    return Trust(centre.publish().root, centre.url)


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of version 1.0, which this process is taken for."""
    folder = tmp_path / "quetsach"
    (folder / "1.0").mkdir(parents=True)
    (folder / "1.0" / "quetsach").write_text(PROGRAM.format(version="1.0"))
    (folder / "1.0" / "quetsach").chmod(0o755)
    (folder / "current").write_text("1.0\n")
    monkeypatch.setattr(upgrade, "own_build", lambda: Build("linux", "bundle", "x64", "1.0", folder))
    return folder
