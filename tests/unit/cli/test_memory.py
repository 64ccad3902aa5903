"""What an earlier scan saw is worth something only where the same was looked for."""

from pathlib import Path

import pytest

from quetsach.cli.scan_options import cache_of
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.scanner.cache import Totals


def test_a_disk_taken_as_another_system_is_read_anew(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    for system in ("linux", "windows", "macos"):
        cache = cache_of(tmp_path / "state", open_mounted(tmp_path / "disk", system=system), (), "engine", pytest.fail)
        assert cache is not None
        cache.save(Totals(1, 1))
    assert len(list((tmp_path / "state" / "seen").iterdir())) == 3
