"""What tests of a centre's sources share: a real server whose answers a test gives, and the data of a centre."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.feed_server import Server, centre_folder, running


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as one:
        yield one


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return centre_folder(tmp_path, monkeypatch)
