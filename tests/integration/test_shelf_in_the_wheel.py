"""The wheel carries the shelf as opaque files: the tool people download must not look like what it hunts."""

import zipfile
from pathlib import Path

import pytest
from tests.artefacts import built_wheel

from quetsach.packs.load import load_shelf

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(built_wheel(tmp_path_factory)) as archive:
        archive.extractall(folder / "unpacked")
    return folder / "unpacked" / "quetsach"


def test_the_shelf_in_the_wheel_is_that_of_the_source(unpacked: Path) -> None:
    assert load_shelf(unpacked / "bundled" / "packs") == load_shelf(ROOT / "packs")


def test_nothing_in_the_wheel_shows_a_rule_or_carries_a_specimen(unpacked: Path) -> None:
    files = [path for path in unpacked.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix == ".yar" or path.parent.name == "xmrig-miner"]
    assert not [path for path in files if b"stratum+tcp" in path.read_bytes()]
