"""A drive of Windows in an image, and places of the test where drives are mounted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.ntfs import make_image, mounted

from quetsach.packs.specimen import specimens_of
from quetsach.rescue import volumes
from quetsach.rescue.volumes import Volume, unmount

PACKS = Path(__file__).parents[3] / "packs"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(volumes, "DISKS", tmp_path / "disks")
    monkeypatch.setattr("quetsach.cli.rescue_session.MEMORY", tmp_path / "memory")
    yield
    for place in (tmp_path / "disks").glob("*"):
        unmount(place)  # after a test that failed


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    """A drive of Windows on which a harmless specimen was planted."""
    image = tmp_path / "image"
    make_image(image, megabytes=64)
    with mounted(image, tmp_path / "planting") as root:
        specimens_of(PACKS / "njrat", ["windows"])[0].build(root)
        (root / "Ảnh.jpg").write_bytes(b"mine")
    return Volume(str(image), "ntfs", "Windows", "0011223344556677", 64 << 20, "disk")
