"""Specimens are found, item by item, and nothing else; in a mounted tree, in given paths, and running.

``quetsach packs test`` does that with every pack and every platform of it.
"""

import collections
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.waiting import until

from quetsach.core.pack import Pack
from quetsach.endpoint.artefact import FileAnchor, Finding, LineAnchor, ProcessAnchor
from quetsach.endpoint.host.posix.linux import live_host, mounted_host
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.packs.load import load_shelf
from quetsach.packs.specimen import Planted, innocent, load_specimen, specimens_of, unlock

SHELF = Path(__file__).parents[3] / "packs"
PACKS = load_shelf(SHELF)
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def planted(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[list[Planted]]:
    """An innocent system below ``tmp_path`` with the specimen of the pack of the parameter in it."""
    innocent.plant(tmp_path)
    [specimen] = specimens_of(SHELF / request.param, ["linux"])
    items = specimen.build(tmp_path)
    yield items
    unlock(tmp_path, items)


def _scan(root: Path, scope: Scope = Scope.FULL, packs: tuple[Pack, ...] = PACKS, *paths: bytes) -> ScanResult:
    return scan(mounted_host(root), packs, scope=scope, now=NOW, paths=paths)


def _item(finding: Finding) -> tuple[str, str, str]:
    match finding.artefact.anchor:
        case FileAnchor() as file:
            return finding.artefact.kind, os.fsdecode(file.path), ""
        case LineAnchor() as line:
            return finding.artefact.kind, os.fsdecode(line.file.path), os.fsdecode(line.line)
        case ProcessAnchor() as process:
            return finding.artefact.kind, os.fsdecode(process.executable), ""


either_pack = pytest.mark.parametrize("planted", ["eicar", "xmrig-miner"], indirect=True)
the_miner = pytest.mark.parametrize("planted", ["xmrig-miner"], indirect=True)


@either_pack
def test_every_planted_item_is_found_and_nothing_else(planted: list[Planted], tmp_path: Path) -> None:
    result = _scan(tmp_path)
    found = collections.Counter(map(_item, result.findings))
    assert found == collections.Counter((item.kind, item.path, item.line) for item in planted)
    assert result.failed == {}


@the_miner
def test_a_quick_scan_finds_the_whole_miner(planted: list[Planted], tmp_path: Path) -> None:
    assert len(_scan(tmp_path, Scope.QUICK).findings) == len(planted)


@the_miner
def test_given_paths_only_files_below_them_are_found(planted: list[Planted], tmp_path: Path) -> None:
    found = _scan(tmp_path, Scope.PATHS, PACKS, b"/var/tmp", b"/var/tmp/.configrc/upd").findings
    below = [item.path for item in planted if item.kind == "file" and item.path.startswith("/var/tmp/")]
    assert sorted(_item(finding)[1] for finding in found) == sorted(below)


@the_miner
def test_the_same_tree_gives_the_same_findings(planted: list[Planted], tmp_path: Path) -> None:
    assert planted
    assert _scan(tmp_path).findings == _scan(tmp_path).findings


@the_miner
def test_more_workers_find_the_same(planted: list[Planted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.endpoint.scanner.worker_pool._AT_ONCE", 1)
    result = scan(mounted_host(tmp_path), PACKS, scope=Scope.FULL, now=NOW, jobs=2)
    assert sorted(map(_item, result.findings)) == sorted(map(_item, _scan(tmp_path).findings))
    assert planted


@the_miner
def test_a_pack_for_another_platform_is_left_out(planted: list[Planted], tmp_path: Path) -> None:
    packs = tuple(pack for pack in PACKS if pack.family == "eicar")
    result = _scan(tmp_path, Scope.FULL, packs)
    assert result.findings == ()
    assert [pack.family for pack in result.packs] == ["eicar"]
    assert planted


@the_miner
def test_the_running_watchdogs_are_found_although_their_program_was_deleted(
    planted: list[Planted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What else lies on this machine is not the point.
    monkeypatch.setattr("quetsach.endpoint.scanner.scan.drop_paths", lambda _host: iter(()))
    miner = load_specimen(SHELF / "xmrig-miner")
    with miner.processes(tmp_path) as watchdogs:
        unlock(tmp_path, planted)
        (tmp_path / miner.PROGRAM.lstrip("/")).unlink()
        result = scan(live_host(), PACKS, scope=Scope.QUICK, now=NOW)
        alive = set(watchdogs.pids())
    below = str(tmp_path)
    ours = [f for f in result.findings if f.artefact.fields.get("executable", "").startswith(below)]
    assert alive <= {f.artefact.anchor.pid for f in ours if isinstance(f.artefact.anchor, ProcessAnchor)}
    assert {f.artefact.fields["deleted"] for f in ours} == {"yes"}
    assert {f.trait for f in ours} == {"miner-process"}


@the_miner
def test_the_watchdogs_revive_each_other(planted: list[Planted], tmp_path: Path) -> None:
    assert planted
    with load_specimen(SHELF / "xmrig-miner").processes(tmp_path) as watchdogs:
        for _ in range(2):
            before = watchdogs.wait_for_both()
            os.kill(before[0], signal.SIGKILL)
            until(lambda killed=before[0]: killed not in watchdogs.pids() and len(watchdogs.pids()) == 2)
        last = watchdogs.wait_for_both()
    until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in last))


def test_an_innocent_system_has_no_findings(tmp_path: Path) -> None:
    innocent.plant(tmp_path)
    result = _scan(tmp_path)
    assert result.findings == ()
    assert (result.files, result.processes) == (len(innocent.FILES), 0)
    assert result.footholds >= 10


def test_our_own_packs_are_no_findings() -> None:
    result = scan(mounted_host(SHELF), PACKS, scope=Scope.FULL, now=NOW)
    assert result.findings == ()
    assert result.files >= 14
