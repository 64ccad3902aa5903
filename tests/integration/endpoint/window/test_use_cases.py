"""The window's use cases on a real folder: found, chosen, cleaned, undone, reported, deleted; as commands do."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.infection import at, write
from tests.snapshot import snapshot
from tests.waiting import PATIENCE_SECONDS

from quetsach.cli.desktop import Desktop
from quetsach.core.errors import QuetsachError
from quetsach.endpoint.report import FindingOutcome, Kind
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.window.use_cases import ScanOutcome, ScanProgress, Target
from quetsach.packs.load import load_shelf

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
FULL = Target("full")

SHELF = Path(__file__).parents[4] / "packs"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A disk with the EICAR file in two places, and a letter."""
    write(tmp_path / "root", b"/home/an/eicar.com", EICAR)
    write(tmp_path / "root", b"/srv/eicar.com", EICAR)
    write(tmp_path / "root", b"/home/an/thu.txt", b"xin chao\n")
    return tmp_path / "root"


@pytest.fixture
def desktop(root: Path, tmp_path: Path) -> Desktop:
    return Desktop(tmp_path / "state", root=root)


@pytest.fixture
def look(desktop: Desktop) -> Callable[[], ScanOutcome]:
    return lambda: desktop.look(FULL, lambda _: None, Control())


def test_what_is_found_is_cleaned_verified_and_put_back(
    desktop: Desktop, look: Callable[[], ScanOutcome], root: Path
) -> None:
    before = snapshot(root)
    looked = look()
    assert looked.plan is not None
    assert [step.subject for step in looked.plan.steps] == ["/home/an/eicar.com", "/srv/eicar.com"]
    assert snapshot(root) == before  # looking changed nothing
    courses: list[ScanProgress] = []
    report = desktop.clean(looked, {1, 2}, courses.append)
    assert (report.kind, report.exit_code, report.verification) == (Kind.CLEAN, 11, report.verification)
    assert not at(root, b"/srv/eicar.com").exists()
    assert [(one.done, one.total) for one in courses[:2]] == [(0, 2), (1, 2)]
    ready = desktop.readiness()
    assert ready.earlier is not None
    assert (ready.earlier.session, ready.earlier.sealed_items) == (report.session, 2)
    undone = desktop.undo(ready.earlier.session, lambda _: None)
    assert (undone.kind, snapshot(root)) == (Kind.UNDO, before)


def test_the_window_counts_packs_as_a_scan_does(tmp_path: Path) -> None:
    shelf = load_shelf(SHELF)
    told = Desktop(tmp_path / "state", packs=(SHELF,)).readiness().packs
    assert told == len([pack for pack in shelf if pack.traits]) < len(shelf)


def test_only_what_was_chosen_is_cleaned(desktop: Desktop, look: Callable[[], ScanOutcome], root: Path) -> None:
    report = desktop.clean(look(), {2}, lambda _: None)
    assert (at(root, b"/home/an/eicar.com").exists(), at(root, b"/srv/eicar.com").exists()) == (True, False)
    assert sorted(one.outcome for one in report.findings) == [FindingOutcome.LEFT, FindingOutcome.REMOVED]
    assert report.exit_code == 13


def test_a_look_that_is_ended_says_so(desktop: Desktop, root: Path) -> None:
    for number in range(500):
        write(root, b"/home/an/%d.txt" % number, b"x" * number)
    control = Control()
    looked = desktop.look(FULL, lambda _: control.end(), control)
    assert "ended" in looked.report.scan.gaps


def test_a_pause_stands_still_until_it_goes_on(desktop: Desktop) -> None:
    control = Control()
    control.pause()
    looked: list[ScanOutcome] = []
    thread = threading.Thread(target=lambda: looked.append(desktop.look(FULL, lambda _: None, control)))
    thread.start()
    thread.join(1.5)
    assert thread.is_alive()
    control.go_on()
    thread.join(PATIENCE_SECONDS)
    assert looked[0].report.scan.complete


def test_more_than_the_tool_does_by_itself_is_known_beforehand(desktop: Desktop, root: Path) -> None:
    for number in range(60):
        write(root, b"/srv/more/%d.com" % number, EICAR)
    looked = desktop.look(FULL, lambda _: None, Control())
    assert looked.plan is not None
    numbers = {step.number for step in looked.plan.steps}
    excess = desktop.excess(looked, numbers)
    assert excess is not None
    assert (excess.limit, excess.family) == ("sign", "eicar")
    assert desktop.excess(looked, {1, 2, 3}) is None


def test_an_archive_goes_only_by_its_own_number(desktop: Desktop, root: Path, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("eicar.com", EICAR)
    write(root, b"/home/an/a.zip", (tmp_path / "a.zip").read_bytes())
    looked = desktop.look(FULL, lambda _: None, Control())
    assert looked.plan is not None
    (number,) = looked.archives
    assert [step.subject for step in looked.plan.steps if step.number == number] == ["/home/an/a.zip"]
    desktop.clean(looked, {1, 2}, lambda _: None)
    assert at(root, b"/home/an/a.zip").exists()


def test_reports_are_kept_and_written_as_a_page(
    desktop: Desktop, look: Callable[[], ScanOutcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    opened: list[Path] = []
    monkeypatch.setattr("quetsach.cli.desktop.open_page", opened.append)
    report = look().report
    path = Path(desktop.save_page(report, "vi"))
    assert (path.parent, opened) == (tmp_path, [path])
    assert report.id in path.read_text("utf-8")
    assert (path.stat().st_mode & 0o777) == 0o600


def test_nothing_can_be_sent_where_nobody_knows_where_to(desktop: Desktop, look: Callable[[], ScanOutcome]) -> None:
    with pytest.raises(QuetsachError, match="It is not known where to send it") as refused:
        desktop.offer(look().report)
    assert refused.value.in_language("vi").startswith("Chưa biết gửi đến đâu")


def test_the_quarantine_is_deleted_for_good(desktop: Desktop, look: Callable[[], ScanOutcome], tmp_path: Path) -> None:
    assert desktop.purge() == 0
    desktop.clean(look(), {1, 2}, lambda _: None)
    assert len(list((tmp_path / "state").rglob("*.sealed"))) == 2
    assert desktop.purge() == 1
    assert not list((tmp_path / "state").rglob("*.sealed"))
    ready = desktop.readiness()
    assert ready.earlier is not None
    assert (ready.earlier.is_undoable, ready.earlier.sealed_items) == (False, 0)


def test_packs_that_cannot_be_used_are_a_state_and_no_crash(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ready = Desktop(tmp_path / "state", (tmp_path / "empty",), root).readiness()
    assert (ready.packs, ready.trouble is None, ready.packs_day) == (0, False, None)


def test_all_parts_of_the_tool_are_licensed(desktop: Desktop) -> None:
    told = desktop.licences()
    for part in ("quetsach", "boreal-python", "tuf", "securesystemslib", "cryptography"):
        assert f"\n{part} " in f"\n{told}"
    assert "Apache License" in told
