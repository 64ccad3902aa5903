"""What lies in an archive is left where it is, unless a person agrees that the whole archive is sealed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.archives import CONTAINERS, encrypted_zip_of, seven_zip_of, zip_of
from tests.snapshot import snapshot
from tests.unit.cli.test_clean_commands import Person

from quetsach.cli import confirmation
from quetsach.cli.main import main
from quetsach.cli.parser import ExitCode
from quetsach.core.pack import Action, Pack
from quetsach.endpoint.artefact import FileAnchor, MemberAnchor
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.protection import Protection, SkipReason
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.scan import ScanResult, Scope, scan
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
    assert [held.hold for held in plan.held] == [SkipReason.MEMBER]


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


type Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(root: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    def run_command(*words: str) -> tuple[int, str]:
        on = [] if words[0] == "report" else ["--root", str(root)]
        code = main([*words, *on, "--state", str(tmp_path / "state"), "--lang", "en"])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run_command


@pytest.fixture
def mail(root: Path, eicar: bytes) -> Path:
    """An archive with malware in an archive within it, and three other files."""
    others = {f"photo {number}.jpg": b"\xff\xd8" + bytes(100) for number in range(3)}
    (root / "mail.zip").write_bytes(zip_of({**others, "tài liệu/b.7z": seven_zip_of({"eicar.com": eicar})}))
    (root / "mail.zip").chmod(0o640)
    return root / "mail.zip"


def test_an_archive_stays_unless_its_sealing_is_agreed_to(run: Run, mail: Path) -> None:
    before = snapshot(mail.parent)
    code, said = run("clean", "--yes")
    assert (code, snapshot(mail.parent), "add --archives" in said) == (ExitCode.FOUND, before, True)
    code, said = run("clean", "--dry-run")
    assert (code, snapshot(mail.parent), "add --archives" in said) == (ExitCode.FOUND, before, True)


def test_the_outermost_archive_is_sealed_whole_and_comes_back_to_the_byte(run: Run, mail: Path) -> None:
    before = snapshot(mail.parent)
    code, said = run("clean", "--yes", "--archives")
    assert (code, mail.exists()) == (ExitCode.CLEANED, False), said
    assert "/mail.zip (" in said
    assert "1 files found (eicar), and 4 other files inside" in said
    (found,) = json.loads(run("report", "show", "--json")[1])["findings"]
    assert (found["outcome"], found["hold"]) == ("removed", None)
    assert run("undo", "--last", "--yes")[0] == 0
    assert snapshot(mail.parent) == before


@pytest.mark.parametrize(("answers", "is_sealed"), [(["yes", "yes"], True), (["no"], False), (["yes", "no"], False)])
def test_at_the_terminal_the_archive_has_a_question_of_its_own(
    run: Run, mail: Path, monkeypatch: pytest.MonkeyPatch, answers: list[str], *, is_sealed: bool
) -> None:
    monkeypatch.setattr(confirmation.sys, "stdin", Person(*answers))
    code, said = run("clean")
    assert "Seal these archives as a whole?" in said
    assert (mail.exists(), code) == (not is_sealed, ExitCode.CLEANED if is_sealed else ExitCode.FOUND)


def test_breaking_off_at_the_question_about_archives_ends_the_command(
    run: Run, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmation.sys, "stdin", Person())
    code, said = run("clean")
    assert (code, mail.exists(), "Nothing was changed" in said) == (ExitCode.NOT_ELEVATED, True, True)


def test_archives_come_behind_the_other_steps_which_keep_their_numbers(run: Run, mail: Path, eicar: bytes) -> None:
    (mail.parent / "z.com").write_bytes(eicar)
    for words in ((), ("--archives",)):
        assert "  1. Quarantine the file /z.com" in run("clean", "--dry-run", *words)[1]
    code, _ = run("clean", "--yes")
    assert (code, mail.exists()) == (ExitCode.PARTLY_CLEANED, True)


def test_the_number_of_an_archive_in_a_plan_can_be_chosen(
    run: Run, mail: Path, eicar: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (mail.parent / "z.com").write_bytes(eicar)
    assert "  2. Quarantine the file /mail.zip" in run("clean", "--dry-run", "--archives")[1]
    monkeypatch.setattr(confirmation.sys, "stdin", Person("yes"))
    code, said = run("clean", "--archives", "--item", "2")
    assert (mail.exists(), (mail.parent / "z.com").exists()) == (False, True), said
    assert code == ExitCode.PARTLY_CLEANED


def test_a_file_that_two_families_know_is_one_file_in_the_question(root: Path, mail: Path, tmp_path: Path) -> None:
    found = _scan(root).findings
    both = [*found, *(replace(one, id="0" * 16, family="twin") for one in found)]
    steps = make_plan(both, mounted_host(root), tmp_path / "state", with_archives=True).steps
    known = {one.id: one for one in both}
    told = confirmation.format_archives(steps, known, mounted_host(root).tree, "en")
    assert "1 files found (eicar, twin), and 4 other files inside" in "\n".join(told)


def test_an_archive_of_an_intact_package_or_for_a_pack_that_only_reports_is_never_sealed(
    root: Path, mail: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finding,) = _scan(root).findings
    host = mounted_host(root)
    reported = replace(finding, action=Action.REPORT)
    assert make_plan([reported], host, tmp_path / "state", with_archives=True).steps == ()
    monkeypatch.setattr(Protection, "holds_file", lambda *_: SkipReason.PACKAGE)
    plan = make_plan([finding], host, tmp_path / "state", with_archives=True)
    assert (plan.steps, [held.hold for held in plan.held]) == ((), [SkipReason.PACKAGE])
