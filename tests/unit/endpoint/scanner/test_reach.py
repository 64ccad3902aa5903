"""What of a pack for another system is looked for: all that files show wherever they lie."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.pack import ArtefactKind, Pack
from quetsach.core.rule_text import rules_of
from quetsach.endpoint.artefact import Artefact, Finding, place_of
from quetsach.endpoint.host.offline.mounted import open_mounted
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import LinuxHost, mounted_host
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import Process, Processes
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner import scan as module
from quetsach.endpoint.scanner.conclusion import Extent, Reach, Sought, in_files_anywhere
from quetsach.endpoint.scanner.memory import memory_rules
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.packs.load import load_shelf
from quetsach.packs.specimen import specimens_of

SHELF = Path(__file__).parents[4] / "packs"
PACKS: Mapping[str, Pack] = {pack.family: pack for pack in load_shelf(SHELF)}
OF_WINDOWS = sorted(family for family, pack in PACKS.items() if pack.platforms == {"windows"})
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_every_family_of_computers_is_looked_for_on_every_system() -> None:
    families = {family for family, pack in PACKS.items() if pack.traits}
    for platform in ("linux", "macos", "windows"):
        sought = Sought.on(platform, PACKS.values())
        assert {*sought.families, *sought.by_content} == families
        assert sought.left_out == ()


@pytest.mark.parametrize("family", OF_WINDOWS)
def test_of_another_system_only_files_are_looked_for(family: str) -> None:
    reduced = in_files_anywhere(PACKS[family])
    assert reduced is not None
    assert {trait.kind for trait in reduced.traits} == {ArtefactKind.FILE}
    assert not any(name in {"path", "mode", "owner"} for trait in reduced.traits for name, _ in trait.match)
    assert {trait.rule for trait in reduced.traits if trait.rule} <= {
        rule.name for rule in rules_of(reduced.rules).rules
    }
    assert memory_rules([reduced]) == {}


def test_a_pack_of_places_only_is_left_out() -> None:
    pack = PACKS["conficker"]
    places = replace(pack, traits=tuple(trait for trait in pack.traits if trait.kind is not ArtefactKind.FILE))
    sought = Sought.on("linux", [places, PACKS["iot-devices"]])
    assert (sought.packs, sought.left_out) == ((), ("conficker",))


def test_a_pack_whose_files_count_only_beside_its_places_is_left_out() -> None:
    pack = PACKS["ramnit"]
    place = next(trait for trait in pack.traits if trait.kind is not ArtefactKind.FILE)
    files = [trait for trait in pack.traits if trait.kind is ArtefactKind.FILE][:2]
    first, second = (replace(trait, only_with=(place.id, files[0].id)) for trait in files)
    sought = Sought.on("linux", [replace(pack, traits=(place, first, second))])
    assert (sought.packs, sought.by_content, sought.left_out) == ((), (), ("ramnit",))


@pytest.mark.parametrize("family", OF_WINDOWS)
def test_what_files_show_on_windows_they_show_on_linux(family: str, tmp_path: Path) -> None:
    [specimen] = specimens_of(SHELF / family, ["windows"])
    specimen.build(tmp_path)
    own = scan(open_mounted(tmp_path), [PACKS[family]], scope=Scope.FULL, now=NOW)
    foreign = scan(mounted_host(tmp_path), [PACKS[family]], scope=Scope.FULL, now=NOW)
    reduced = in_files_anywhere(PACKS[family])
    assert reduced is not None
    anywhere = {trait.id for trait in reduced.traits}
    expected = {place(one) for one in own.findings if one.trait in anywhere}
    assert expected
    assert expected <= {place(one) for one in foreign.findings}
    assert {one.belongs_to for one in foreign.findings} == {("windows",)}
    assert {one.belongs_to for one in own.findings} == {()}
    assert all(one.is_only_reported for one in foreign.findings)
    assert foreign.reach.by_content == (family,)


def test_a_sign_that_counts_only_beside_places_of_windows_is_never_called_nothing_on_linux(tmp_path: Path) -> None:
    """The services and settings that it rests on are on no Linux, however much of it is looked at."""
    windows, share = tmp_path / "windows", tmp_path / "linux/srv"
    [specimen] = specimens_of(SHELF / "sality", ["windows"])
    specimen.build(windows)
    own = scan(open_mounted(windows), [PACKS["sality"]], scope=Scope.FULL, now=NOW)
    infected = next(place(one) for one in own.findings if one.trait == "infected-program")
    share.mkdir(parents=True)
    (share / "setup.exe").write_bytes((windows / infected.decode().lstrip("/")).read_bytes())
    for scope, paths in ((Scope.PATHS, [b"/srv"]), (Scope.PATHS, [b"/"]), (Scope.FULL, [])):
        seen = scan(mounted_host(tmp_path / "linux"), [PACKS["sality"]], scope=scope, now=NOW, paths=paths)
        assert (seen.findings, seen.failed) == ((), {Reason.UNSETTLED: 1}), (scope, paths)


def test_names_of_windows_are_the_same_in_any_case_also_on_linux(tmp_path: Path) -> None:
    (tmp_path / "C.WNRY").write_text("x")
    [found] = scan(mounted_host(tmp_path), [PACKS["wannacry"]], scope=Scope.FULL, now=NOW).findings
    assert found.trait == "keys-kept"


class _Two(LinuxProcesses):
    """Of what runs, this process' parent and the first of all."""

    def __iter__(self) -> Iterator[Process]:
        return iter([one for pid in (1, os.getppid()) if (one := self.read(pid)) is not None])


def _reach(root: Path, processes: Processes | None = None) -> Reach:
    host = LinuxHost(PosixTree(root), processes or _Two(), None)
    return scan(host, [PACKS["mirai-gafgyt"]], scope=Scope.FULL, now=NOW).reach


def test_what_an_administrator_sees_is_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert astuple(_reach(tmp_path))[3:] == ("whole", "none", "whole", "whole", "whole")


def test_others_see_what_runs_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    reach = _reach(tmp_path)
    assert (reach.processes, reach.memory) == (Extent.PARTLY, Extent.PARTLY)


def test_where_no_process_is_seen_none_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    reach = _reach(tmp_path, LinuxProcesses(tmp_path / "proc"))
    assert (reach.processes, reach.memory) == (Extent.NONE, Extent.NONE)


def test_a_program_that_may_not_be_read_leaves_processes_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Processes, _anchor: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(_Two, "open_image", refuse)
    assert _reach(tmp_path).processes is Extent.PARTLY


def test_start_up_items_that_may_not_be_read_leave_them_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unread = ScanIssue(b"/root/.ssh/authorized_keys", Reason.UNREADABLE)
    monkeypatch.setattr(module, "persistence_entries", lambda _: iter([unread]))
    assert _reach(tmp_path).places is Extent.PARTLY
    monkeypatch.setattr(module, "persistence_entries", lambda _: iter([replace(unread, reason=Reason.SPECIAL)]))
    assert _reach(tmp_path).places is Extent.WHOLE


def test_a_damaged_hive_says_nothing_of_archives(tmp_path: Path) -> None:
    (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / "Windows/System32/config/SYSTEM").write_bytes(b"no hive")
    reach = scan(open_mounted(tmp_path), [PACKS["wannacry"]], scope=Scope.FULL, now=NOW).reach
    assert (reach.places, reach.registry, reach.archives) == (Extent.PARTLY, Extent.PARTLY, Extent.WHOLE)


def place(finding: Finding) -> bytes:
    artefact: Artefact = finding.artefact
    return place_of(artefact.anchor)
