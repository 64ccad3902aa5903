"""A path named by a person loses nothing that a scan of the whole system finds there."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.pack import Pack
from quetsach.endpoint.artefact import FileAnchor, Finding, LineAnchor, MemberAnchor
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner import files
from quetsach.endpoint.scanner.conclusion import Conclusion, conclusion_of
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.files import Listing, Passed
from quetsach.endpoint.scanner.paths import Within
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
from quetsach.packs.load import load_shelf
from quetsach.packs.specimen import specimens_of, unlock

SHELF = Path(__file__).parents[4] / "packs"
PACKS: Mapping[str, Pack] = {pack.family: pack for pack in load_shelf(SHELF)}
SPECIMENS = [
    (family, specimen)
    for family, pack in PACKS.items()
    if pack.traits
    for specimen in specimens_of(SHELF / family, sorted(pack.platforms))
    if specimen.platform != "macos"
]
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def look(host: Host, pack: Pack, *paths: bytes) -> ScanResult:
    return scan(host, [pack], scope=Scope.PATHS if paths else Scope.FULL, now=NOW, paths=paths)


def file_of(finding: Finding) -> bytes | None:
    match finding.artefact.anchor:
        case FileAnchor(path):
            return path
        case LineAnchor(file) | MemberAnchor(file):
            return file.path
    return None


def told(findings: Iterator[Finding]) -> set[tuple[str, str]]:
    return {(finding.id, finding.action) for finding in findings}


@pytest.mark.parametrize(
    ("family", "specimen"), SPECIMENS, ids=[f"{family}-{specimen.platform}" for family, specimen in SPECIMENS]
)
def test_a_path_shows_what_the_whole_scan_shows_there(family: str, specimen, tmp_path: Path) -> None:
    planted = specimen.build(tmp_path)
    try:
        host, pack = open_mounted(tmp_path), PACKS[family]
        whole = look(host, pack)
        assert whole.findings
        assert look(host, pack, b"/").findings == whole.findings
        files = sorted({file for finding in whole.findings if (file := file_of(finding)) is not None})
        tops = {b"/" + file.split(b"/")[1] for file in files}
        for path in (*tops, *files[:2]):
            below = (f for f in whole.findings if (at := file_of(f)) and (at == path or at.startswith(path + b"/")))
            seen = look(host, pack, path)
            assert told(below) == told(f for f in seen.findings if file_of(f)), path
            assert Reason.UNSETTLED not in seen.failed, path
    finally:
        unlock(tmp_path, planted)


def test_the_shortcut_of_a_stick_is_found_when_it_is_named(tmp_path: Path) -> None:
    [specimen] = specimens_of(SHELF / "phorpiex", ["windows"])
    specimen.build(tmp_path)
    host = open_mounted(tmp_path)
    [shortcut] = [f for f in look(host, PACKS["phorpiex"]).findings if f.trait == "stick-shortcut"]
    path = file_of(shortcut)
    assert path is not None
    assert [f.id for f in look(host, PACKS["phorpiex"], path).findings] == [shortcut.id]


def test_a_sign_that_waits_for_others_is_never_passed_over_in_silence(tmp_path: Path) -> None:
    """The surer sign lies where a scan of one path does not look."""
    [specimen] = specimens_of(SHELF / "sality", ["windows"])
    specimen.build(tmp_path)
    host = open_mounted(tmp_path)
    infected = [f for f in look(host, PACKS["sality"]).findings if f.trait == "infected-program"]
    assert infected
    for one in list(tmp_path.rglob("*")):
        if one.is_file() and one.name.lower() not in {file_of(f).rsplit(b"/", 1)[1].decode().lower() for f in infected}:
            one.unlink()
    far = tmp_path / "Elsewhere/Deep/Down"
    far.mkdir(parents=True)
    path = file_of(infected[0])
    assert path is not None
    seen = look(open_mounted(tmp_path), PACKS["sality"], path)
    assert seen.findings == ()
    assert seen.failed[Reason.UNSETTLED] == 1


@pytest.fixture(scope="module")
def linux(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Linux with a program in /srv that Sality may have written into, and files where surer signs are looked for."""
    windows, root = tmp_path_factory.mktemp("windows"), tmp_path_factory.mktemp("linux")
    [specimen] = specimens_of(SHELF / "sality", ["windows"])
    specimen.build(windows)
    findings = look(open_mounted(windows), PACKS["sality"]).findings
    path = next(file_of(f) for f in findings if f.trait == "infected-program")
    assert path is not None
    for folder in ("srv", "tmp"):
        (root / folder).mkdir()
    (root / "srv/setup.exe").write_bytes((windows / path.decode().lstrip("/")).read_bytes())
    for number in range(3):
        (root / f"tmp/{number}").write_text("x")
    (root / "tmp/broken.zip").write_bytes(b"PK\3\4" + bytes(20))
    return root


def test_what_is_looked_at_elsewhere_as_grounds_is_neither_counted_nor_listed(linux: Path) -> None:
    lines = io.StringIO()
    host, packs = mounted_host(linux), [PACKS["sality"]]
    seen = scan(host, packs, scope=Scope.PATHS, now=NOW, paths=[b"/srv"], listing=Listing(lines))
    assert (seen.files, seen.failed) == (1, {Reason.UNSETTLED: 1})
    assert [json.loads(line)["path"] for line in lines.getvalue().splitlines()] == ["/srv/setup.exe"]


def test_a_scan_ended_while_it_looks_for_grounds_elsewhere_is_not_complete(
    linux: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_TELL_SECONDS", 0)
    control = Control()

    def end(passed: Passed) -> None:
        if passed.path.startswith(b"/tmp"):
            control.end()

    host, packs = mounted_host(linux), [PACKS["sality"]]
    seen = scan(host, packs, scope=Scope.PATHS, now=NOW, paths=[b"/srv"], progress=end, control=control)
    assert not seen.is_complete


def test_what_is_named_by_a_link_is_told_by_both_names(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "far/below").mkdir(parents=True)
    (tmp_path / "near").symlink_to("far")
    within = Within.of(open_mounted(tmp_path), [b"/near/"])
    assert [within.holds(path) for path in (b"/near", b"/far/below/file", b"/farther", b"/")] == [
        True,
        True,
        False,
        False,
    ]
    assert Within.of(open_mounted(tmp_path), [b"//"]).is_everything


def test_a_named_path_that_is_gone_leaves_the_verdict_open(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/letter.txt").write_text("Kính gửi")
    seen = look(mounted_host(tmp_path), PACKS["wannacry"], b"/here", b"/nowhere/")
    assert seen.failed == {Reason.CHANGED: 1}
    assert conclusion_of(seen) is Conclusion.NOT_CONCLUSIVE


def test_a_named_folder_that_is_moved_away_while_it_is_looked_at_leaves_the_verdict_open(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    for number in range(3):
        (tmp_path / f"here/{number}").write_text("Kính gửi")

    def move(_: Passed) -> None:
        if (tmp_path / "here").exists():
            (tmp_path / "here").rename(tmp_path / "there")

    host, packs = mounted_host(tmp_path), [PACKS["wannacry"]]
    seen = scan(host, packs, scope=Scope.PATHS, now=NOW, paths=[b"/here"], progress=move)
    assert seen.failed[Reason.CHANGED] == 1


def test_what_is_wrong_elsewhere_does_not_open_the_verdict_on_a_path(tmp_path: Path) -> None:
    (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / "Windows/System32/config/SYSTEM").write_bytes(b"no hive")
    (tmp_path / "Users").mkdir()
    (tmp_path / "Users/letter.txt").write_text("Kính gửi")
    host, pack = open_mounted(tmp_path), PACKS["wannacry"]
    assert conclusion_of(look(host, pack, b"/Users")) is Conclusion.NOTHING_FOUND
    assert look(host, pack, b"/Windows").failed.keys() >= {Reason.DAMAGED, Reason.MISSING}
    assert conclusion_of(look(host, pack)) is Conclusion.NOT_CONCLUSIVE
