"""What Windows keeps of its memory on a disk is told as that, and not as a large file of somebody's."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.endpoint.host.disk import LARGEST_BYTES
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.conclusion import Gap, gaps_of
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.packs.specimen.windows import plant

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)


@pytest.mark.parametrize("name", ["pagefile.sys", "SwapFile.sys", "hiberfil.sys"])
def test_it_is_told_as_what_it_is(tmp_path: Path, name: str) -> None:
    plant(tmp_path)
    _large(tmp_path / name)
    (tmp_path / "Users" / "pagefile.sys").write_bytes(b"x")
    found = scan(mounted_windows(tmp_path), (), scope=Scope.FULL, now=NOW)
    assert (found.skipped[Reason.MEMORY], found.skipped.get(Reason.TOO_LARGE)) == (1, None)
    assert gaps_of(found)[Gap.MEMORY] == 1
    assert Gap.MEMORY.is_narrow


def test_a_large_file_of_another_name_place_or_system_is_none(tmp_path: Path) -> None:
    plant(tmp_path)
    for name in ("pagefile.bin", "Users/pagefile.sys"):
        _large(tmp_path / name)
    assert scan(mounted_windows(tmp_path), (), scope=Scope.FULL, now=NOW).skipped[Reason.TOO_LARGE] == 2
    (tmp_path / "other").mkdir()
    _large(tmp_path / "other" / "pagefile.sys")
    assert scan(mounted_host(tmp_path / "other"), (), scope=Scope.FULL, now=NOW).skipped == {Reason.TOO_LARGE: 1}
