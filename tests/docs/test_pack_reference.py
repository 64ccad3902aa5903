"""The pages about packs and collectors say what the code does."""

import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.pack import ACTIONS_OF_KIND, FIELDS_OF_KIND, SYSTEMS_OF_KIND, Action, ArtefactKind, Trait
from quetsach.endpoint.collect import PROCESSES, persistence_entries
from quetsach.endpoint.collect.places import places_of
from quetsach.endpoint.host.posix.linux import live_host, mounted_host
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.packs.container import FILES
from quetsach.packs.load import PLATFORMS, SEVERITIES, load_shelf
from quetsach.packs.specimen import load_specimen, unlock

ROOT = Path(__file__).parents[2]
FORMAT = (ROOT / "docs/reference/pack-format.md").read_text()
COLLECTORS = (ROOT / "docs/reference/collectors.md").read_text()


def _documented_fields(kind: str) -> set[str]:
    section = COLLECTORS.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"`([a-z_]+)`", section.partition("Fields: ")[2])) - {"yes", "no"}


@pytest.mark.parametrize("name", [*FILES, "specimen.py", *PLATFORMS, *SEVERITIES])
def test_files_and_choices_of_a_pack_are_documented(name: str) -> None:
    assert f"`{name}`" in FORMAT


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Trait)])
def test_fields_of_a_trait_are_documented(field: str) -> None:
    assert re.search(rf"`{field}[`.]", FORMAT)


@pytest.mark.parametrize("kind", ArtefactKind)
def test_actions_of_each_kind_are_documented(kind: ArtefactKind) -> None:
    rows = [line for line in FORMAT.splitlines() if line.startswith("| ") and f"`{kind}`" in line]
    named = set(re.findall(r"`([a-z-]+)`", rows[-1].split("|")[2]))
    assert named == ACTIONS_OF_KIND[kind] - {Action.REPORT}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented(reason: Reason) -> None:
    assert f"`{reason}`" in COLLECTORS


@pytest.mark.parametrize("kind", ArtefactKind)
def test_every_kind_has_its_fields_documented(kind: ArtefactKind) -> None:
    assert _documented_fields(kind)


@pytest.mark.parametrize("kind", ArtefactKind)
def test_a_pack_may_ask_for_the_documented_fields(kind: ArtefactKind) -> None:
    assert set(FIELDS_OF_KIND[kind]) == _documented_fields(kind)


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_a_pack_may_ask_for_what_stands_at_a_place_of_its_system(system: str) -> None:
    assert [place.name for place in places_of(system) if system not in SYSTEMS_OF_KIND[place.kind]] == []


def test_the_fields_of_what_is_collected_are_those_documented(tmp_path: Path) -> None:
    planted = load_specimen(ROOT / "packs/xmrig-miner").build_linux(tmp_path)
    host = mounted_host(tmp_path)
    seen = list(persistence_entries(host)) + list(PROCESSES(live_host()))
    found = scan(host, load_shelf(ROOT / "packs"), scope=Scope.FULL, now=datetime(2026, 11, 25, tzinfo=UTC)).findings
    unlock(tmp_path, planted)
    artefacts = [item for item in seen if not isinstance(item, ScanIssue)] + [f.artefact for f in found]
    assert len({artefact.kind for artefact in artefacts}) >= 8
    for artefact in artefacts:
        assert artefact.fields.keys() == _documented_fields(artefact.kind)
