"""What of a pack for another system is looked for: all that files show wherever they lie."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.pack import ArtefactKind, Pack
from quetsach.core.rule_text import rules_of
from quetsach.endpoint.artefact import Artefact, place_of
from quetsach.endpoint.finding import Finding
from quetsach.endpoint.host.linux import mounted_host
from quetsach.endpoint.host.mounted import open_mounted
from quetsach.endpoint.look.memory import memory_rules
from quetsach.endpoint.look.reach import Sought, in_files_anywhere
from quetsach.endpoint.look.scan import Scope, scan
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


def test_names_of_windows_are_the_same_in_any_case_also_on_linux(tmp_path: Path) -> None:
    (tmp_path / "C.WNRY").write_text("x")
    [found] = scan(mounted_host(tmp_path), [PACKS["wannacry"]], scope=Scope.FULL, now=NOW).findings
    assert found.trait == "keys-kept"


def place(finding: Finding) -> bytes:
    artefact: Artefact = finding.artefact
    return place_of(artefact.anchor)
