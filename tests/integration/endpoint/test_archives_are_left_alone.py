"""What lies in an archive is found by the whole scan and left where it is; an archive that is malware itself is not."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.archives import CONTAINERS, encrypted_zip_of, seven_zip_of, zip_of

from quetsach.core.pack import Pack
from quetsach.endpoint.artefact import FileAnchor, MemberAnchor
from quetsach.endpoint.host.linux import mounted_host
from quetsach.endpoint.look.scan import ScanResult, Scope, scan
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.protect import Hold
from quetsach.endpoint.trouble import Reason
from quetsach.packs.load import load_shelf
from quetsach.packs.specimen import load_specimen

SHELF = Path(__file__).parents[3] / "packs"
PACKS = load_shelf(SHELF)
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def eicar(tmp_path: Path) -> bytes:
    load_specimen(SHELF / "eicar").build(tmp_path / "specimen")
    return (tmp_path / "specimen" / "srv" / "downloads" / "eicar.com").read_bytes()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    root.mkdir()
    return root


def _scan(root: Path, packs: tuple[Pack, ...] = PACKS) -> ScanResult:
    return scan(mounted_host(root), packs, scope=Scope.PATHS, paths=[b"/"], now=NOW)


def test_a_member_is_found_by_the_way_to_it_and_no_step_is_planned(root: Path, eicar: bytes, tmp_path: Path) -> None:
    (root / "mail.zip").write_bytes(zip_of({"tài liệu/b.7z": seven_zip_of({"eicar.com": eicar})}))
    (finding,) = _scan(root).findings
    assert isinstance(finding.artefact.anchor, MemberAnchor)
    assert finding.artefact.anchor.names == ("tài liệu/b.7z".encode(), b"eicar.com")
    plan = make_plan([finding], mounted_host(root), tmp_path / "state")
    assert plan.steps == ()
    assert [held.hold for held in plan.held] == [Hold.MEMBER]


def test_an_archive_that_is_known_by_its_own_bytes_is_acted_on_like_any_file(root: Path, tmp_path: Path) -> None:
    (pack,) = (pack for pack in PACKS if pack.family == "eicar")
    rules = 'rule eicar_test_file { strings: $start = "PK" condition: $start at 0 }'
    (root / "dropper.jar").write_bytes(zip_of({"Main.class": b"needle"}))
    (finding,) = _scan(root, (replace(pack, rules=rules),)).findings
    assert isinstance(finding.artefact.anchor, FileAnchor)
    assert len(make_plan([finding], mounted_host(root), tmp_path / "state").steps) == 1


def test_one_archive_of_every_format_costs_nothing_else_and_all_are_found(root: Path, eicar: bytes) -> None:
    for form, pack in CONTAINERS.items():
        (root / form).write_bytes(pack({"eicar.com": eicar}))
    (root / "locked").write_bytes(encrypted_zip_of({"eicar.com": eicar}))
    (root / "cut").write_bytes(zip_of({"eicar.com": eicar})[:100])
    result = _scan(root)
    members = [finding.artefact.anchor for finding in result.findings]
    found = {anchor.file.path.decode().lstrip("/") for anchor in members if isinstance(anchor, MemberAnchor)}
    assert found == set(CONTAINERS)
    assert result.skipped == {Reason.ENCRYPTED: 1}
    assert result.failed == {Reason.DAMAGED: 1}
    assert [trouble.path for trouble in result.failures] == [b"/cut"]
