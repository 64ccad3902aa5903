"""A file is cut off where a rule says, and comes back as it was."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.infection import APPENDED, OWN, PAGE, at, file_anchor, finding, with_fields, write
from tests.snapshot import snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host import disk
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import Outcome, QuarantineFile, TruncateFile
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def _found(root: Path, cut: object = len(OWN)) -> Finding:
    page = finding(file_anchor(root, PAGE), ArtefactKind.FILE, Action.TRUNCATE)
    return with_fields(page, cut=str(cut))


def _clean(root: Path, *findings: Finding) -> CleanResult:
    host, state = mounted_host(root), root.parent / "state"
    plan = make_plan(findings, host, state)
    return clean(plan, host, State.open(state), look_again=lambda: (), packs=(), now=NOW)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    write(root, PAGE, OWN + APPENDED)
    return root


def test_what_was_appended_goes_and_comes_back_to_the_byte(root: Path) -> None:
    infected = snapshot(root)
    result = _clean(root, _found(root))
    assert [step.outcome for step in result.steps] == [Outcome.DONE]
    assert at(root, PAGE).read_bytes() == OWN
    assert at(root, PAGE).stat().st_mode & 0o7777 == 0o640
    undone = undo(State.open(root.parent / "state"), mounted_host(root), result.session, now=NOW)
    assert [step.outcome for step in undone.steps] == [Outcome.RESTORED]
    assert snapshot(root) == infected


def test_another_name_of_the_file_keeps_what_was_appended_and_it_is_said(root: Path) -> None:
    at(root, PAGE).with_name("other").hardlink_to(at(root, PAGE))
    (step,) = _clean(root, _found(root)).steps
    assert (step.outcome, "1 more name(s)" in step.note) == (Outcome.DONE, True)
    assert at(root, PAGE).with_name("other").read_bytes() == OWN + APPENDED


def test_a_page_that_became_endless_since_does_not_hold_undo_up(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = _clean(root, _found(root))
    os.truncate(at(root, PAGE), 1 << 43)
    monkeypatch.setattr(disk, "LARGEST_BYTES", 1 << 20)
    undone = undo(State.open(root.parent / "state"), mounted_host(root), result.session, now=NOW)
    assert [step.outcome for step in undone.steps] == [Outcome.BESIDE]


def test_a_page_that_was_edited_since_keeps_its_text_and_the_original_lies_beside_it(root: Path) -> None:
    result = _clean(root, _found(root))
    at(root, PAGE).write_bytes(b"new text")
    undone = undo(State.open(root.parent / "state"), mounted_host(root), result.session, now=NOW)
    assert [step.outcome for step in undone.steps] == [Outcome.BESIDE]
    assert at(root, PAGE).read_bytes() == b"new text"
    assert at(root, PAGE + b".quetsach-restored").read_bytes() == OWN + APPENDED


def test_a_file_of_which_nothing_is_left_goes_as_a_whole(root: Path) -> None:
    infected = snapshot(root)
    result = _clean(root, _found(root, 0))
    assert not at(root, PAGE).exists()
    undo(State.open(root.parent / "state"), mounted_host(root), result.session, now=NOW)
    assert snapshot(root) == infected


def test_a_file_that_changed_since_the_scan_is_left_alone(root: Path) -> None:
    found = _found(root)
    write(root, PAGE, OWN)
    assert [step.outcome for step in _clean(root, found).steps] == [Outcome.CHANGED]
    assert at(root, PAGE).read_bytes() == OWN


def test_of_two_places_to_cut_the_first_counts(root: Path) -> None:
    plan = make_plan([_found(root, 20), _found(root, 3)], mounted_host(root), root.parent / "state")
    assert [step.target for step in plan.steps] == [TruncateFile(file_anchor(root, PAGE), 3)]


def test_a_file_that_goes_as_a_whole_is_not_cut_too(root: Path) -> None:
    whole = replace(finding(file_anchor(root, PAGE), ArtefactKind.FILE, Action.QUARANTINE), id="0" * 16)
    (step,) = make_plan([_found(root), whole], mounted_host(root), root.parent / "state").steps
    assert isinstance(step.target, QuarantineFile)
    assert len(step.findings) == 2


@pytest.mark.parametrize("cut", ["", "-1", "٣", "end"])
def test_a_rule_that_does_not_say_where_to_cut_only_reports(root: Path, cut: str) -> None:
    plan = make_plan([_found(root, cut)], mounted_host(root), root.parent / "state")
    assert ([held.hold for held in plan.held], plan.steps) == ([SkipReason.INCOMPLETE], ())
