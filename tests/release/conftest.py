"""What the tests of a release stand on: the files that ``make release`` built."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from release.windows.build import TREE
from release.windows.wheels import ROOT

from quetsach.packs.downloads import LIST_FILE

RELEASE = ROOT / "build" / "release"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder: they are run by ``make test-release``."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("release")


@pytest.fixture(scope="session")
def release() -> Path:
    """Return the folder of the downloads."""
    assert (RELEASE / LIST_FILE).is_file(), "there is no release here: run make release"
    return RELEASE


@pytest.fixture(scope="session")
def tree(release: Path) -> Path:
    """Return the tree that setup and portable were made from."""
    return release / TREE


@pytest.fixture(scope="session")
def code(tree: Path) -> Iterator[Path]:
    """Return all programs and libraries of the tree."""
    return [path for path in sorted(tree.rglob("*")) if path.suffix in (".dll", ".exe", ".pyd")]
