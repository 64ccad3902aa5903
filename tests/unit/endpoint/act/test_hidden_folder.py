"""Folders that are let be seen again: marks of the folder, and nothing else; undone to the byte."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection import finding
from tests.infection_of_windows import folder_anchor
from tests.snapshot import snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import UndoResult, undo
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.offline.windows import mounted_windows
from quetsach.endpoint.plan.plan import check_brake, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import Outcome, Step, UnhideFolder
from quetsach.endpoint.store.state import State
from quetsach.packs.specimen.windows import OLD_NS, plant

NOW = datetime(2026, 11, 25, tzinfo=UTC)
MARK = "user.DOSATTRIB"


class Stick:
    """A drive with a folder that was hidden, and the tool's state beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        plant(self.root, files={"Ảnh/một.jpg": b"mine"})
        self.folder = self.root / "Ảnh"
        os.setxattr(self.folder, MARK, b"0x16")
        for path in (self.folder, self.root):
            os.utime(path, ns=(OLD_NS, OLD_NS))
        self.host = mounted_windows(self.root)
        self.state = State.open(folder / "state")

    @property
    def mark(self) -> bytes:
        return os.getxattr(self.folder, MARK)

    def found(self, path: bytes = "/Ảnh".encode()) -> Finding:
        return finding(folder_anchor(self.root, path), ArtefactKind.HIDDEN_FOLDER, Action.UNHIDE)

    def clean(self, found: Finding) -> CleanResult:
        plan = make_plan((found,), self.host, self.state.folder)
        return clean(plan, self.host, self.state, look_again=lambda: (), packs=(), now=NOW)

    def undo(self, result: CleanResult) -> UndoResult:
        return undo(self.state, self.host, result.session, now=NOW)


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    return Stick(tmp_path)


def test_only_the_two_marks_are_taken_and_undo_brings_them_back(stick: Stick) -> None:
    before = snapshot(stick.root)
    result = stick.clean(stick.found())
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    assert stick.mark == b"0x10"
    os.setxattr(stick.folder, MARK, b"0x16")
    assert snapshot(stick.root) == before
    os.setxattr(stick.folder, MARK, b"0x10")
    assert [step.outcome for step in stick.undo(result).steps] == [Outcome.RESTORED]
    assert snapshot(stick.root) == before


def test_what_the_owner_put_into_the_folder_since_stays(stick: Stick) -> None:
    result = stick.clean(stick.found())
    (stick.folder / "hai.jpg").write_bytes(b"new")
    assert [step.outcome for step in stick.undo(result).steps] == [Outcome.RESTORED]
    assert stick.mark == b"0x16"
    assert (stick.folder / "hai.jpg").read_bytes() == b"new"


def test_marks_that_the_owner_gave_since_are_kept(stick: Stick) -> None:
    result = stick.clean(stick.found())
    os.setxattr(stick.folder, MARK, b"0x11")
    assert [step.outcome for step in stick.undo(result).steps] == [Outcome.KEPT]
    assert stick.mark == b"0x11"


def test_undo_hides_no_other_folder_that_took_the_name(stick: Stick) -> None:
    result = stick.clean(stick.found())
    stick.folder.rename(stick.root / "Ảnh cũ")
    stick.folder.mkdir()
    os.setxattr(stick.folder, MARK, b"0x10")
    assert [step.outcome for step in stick.undo(result).steps] == [Outcome.KEPT]
    assert stick.mark == b"0x10"


def test_undo_of_a_folder_that_is_gone_keeps_things_as_they_are(stick: Stick) -> None:
    result = stick.clean(stick.found())
    shutil.rmtree(stick.folder)
    assert [step.outcome for step in stick.undo(result).steps] == [Outcome.KEPT]


def test_a_folder_that_became_a_link_is_left(stick: Stick) -> None:
    found = stick.found()
    plan = make_plan((found,), stick.host, stick.state.folder)
    stick.folder.rename(stick.root / "khác")
    stick.folder.symlink_to("khác")
    result = clean(plan, stick.host, stick.state, look_again=lambda: (), packs=(), now=NOW)
    assert [step.outcome for step in result.steps] == [Outcome.CHANGED]
    assert os.getxattr(stick.root / "khác", MARK) == b"0x16"


def test_a_folder_that_is_shown_again_by_itself_is_no_failure(stick: Stick) -> None:
    found = stick.found()
    os.setxattr(stick.folder, MARK, b"0x10")
    assert [step.outcome for step in stick.clean(found).steps] == [Outcome.GONE]


@pytest.mark.parametrize("folder", ["Recovery", "System Volume Information", "Boot"])
def test_the_folders_of_windows_itself_are_held_whatever_a_rule_says(stick: Stick, folder: str) -> None:
    (stick.root / folder).mkdir()
    os.setxattr(stick.root / folder, MARK, b"0x6")
    plan = make_plan((stick.found(f"/{folder}".encode()),), stick.host, stick.state.folder)
    assert [held.hold for held in plan.held] == [SkipReason.SYSTEM]


def test_the_step_reads_back_from_the_journal_as_it_was(stick: Stick) -> None:
    (step,) = make_plan((stick.found(),), stick.host, stick.state.folder).steps
    assert isinstance(step.target, UnhideFolder)
    assert Step.from_json(step.as_json()) == step


def test_showing_many_folders_is_no_reason_to_brake(stick: Stick) -> None:
    for number in range(300):
        (stick.root / f"thư mục {number}").mkdir()
    found = [stick.found(f"/thư mục {number}".encode()) for number in range(300)]
    plan = make_plan(found, stick.host, stick.state.folder)
    check_brake(plan, found)
    assert len(plan.steps) == 300
