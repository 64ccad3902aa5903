"""A centre and a machine for each test of updates."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.packs.simulated_centre import Centre, Machine

from quetsach.packs.trust import Trust


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
