"""Who can write where malware lies tries to lead a clean-up or an undo astray."""

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.infection import APPENDED, OWN, at, file_anchor, finding, line_anchor, with_fields, write
from tests.snapshot import snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.act import file as file_acts
from quetsach.endpoint.act import rewrite
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import undo
from quetsach.endpoint.artefact import Finding
from quetsach.endpoint.host.files import FileState
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.plan.plan import Plan, make_plan
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.store.quarantine import Sealed, seal
from quetsach.endpoint.store.session import Session
from quetsach.endpoint.store.state import State

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SECRET = b"root:x:0:0\n* * * * * evil\n"


class Place:
    """A root with a folder in which malware lies, a victim's file elsewhere in it, and one outside."""

    def __init__(self, folder: Path) -> None:
        self.root, self.state, self.outside = folder / "root", State.open(folder / "state"), folder / "outside"
        write(self.root, b"/tmp/x/evil", b"evil")
        write(self.root, b"/tmp/x/table", b"* * * * * evil\nmine\n")
        write(self.root, b"/tmp/x/page", OWN + APPENDED)
        for name in (b"evil", b"table", b"page"):
            write(self.root, b"/victim/" + name, SECRET)
        self.outside.mkdir()
        for name in ("evil", "table", "page"):
            (self.outside / name).write_bytes(SECRET)
        self.host = mounted_host(self.root)

    def findings(self) -> tuple[Finding, ...]:
        page = finding(file_anchor(self.root, b"/tmp/x/page"), ArtefactKind.FILE, Action.TRUNCATE)
        return (
            finding(file_anchor(self.root, b"/tmp/x/evil"), ArtefactKind.FILE, Action.QUARANTINE),
            finding(line_anchor(self.root, b"/tmp/x/table", 1), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE),
            with_fields(page, cut=str(len(OWN))),
        )

    def plan(self, *findings: Finding) -> Plan:
        return make_plan(findings or self.findings(), self.host, self.state.folder)

    def clean(self, plan: Plan) -> CleanResult:
        return clean(plan, self.host, self.state, look_again=lambda: (), packs=(), now=NOW)

    def undo(self, result: CleanResult) -> list[Outcome]:
        return [step.outcome for step in undo(self.state, self.host, result.session, now=NOW).steps]

    def exchange(self, target: str) -> None:
        """Put a link in the place of the malware's folder."""
        (self.root / "tmp/x").rename(self.root / "tmp/away")
        (self.root / "tmp/x").symlink_to(target)

    def victims(self) -> tuple[object, object]:
        return snapshot(self.root / "victim"), snapshot(self.outside)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(params=["/victim", "../victim", "outside"])
def target(request: pytest.FixtureRequest, place: Place) -> str:
    """Where a link leads: inside the root, or out of it."""
    return str(place.outside) if request.param == "outside" else request.param


def test_a_folder_that_became_a_link_after_the_plan_is_not_followed(place: Place, target: str) -> None:
    plan, before = place.plan(), place.victims()
    place.exchange(target)
    assert {step.outcome for step in place.clean(plan).steps} <= {Outcome.CHANGED, Outcome.GONE}
    assert place.victims() == before


@pytest.mark.parametrize("module", [file_acts, rewrite])
def test_a_folder_that_becomes_a_link_in_the_middle_of_an_act_is_not_followed(
    place: Place, target: str, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    plan, before = place.plan(), place.victims()
    number = 0 if module is file_acts else 1

    def exchanging(*arguments: Any) -> None:
        seal(*arguments)
        if not (place.root / "tmp/x").is_symlink():
            place.exchange(target)

    monkeypatch.setattr(module, "seal", exchanging)
    result = place.clean(plan)
    assert result.steps[number].outcome is Outcome.DONE  # in the folder that was open, wherever it is now
    assert place.victims() == before


def test_a_text_that_is_deleted_the_moment_it_was_cleaned_can_be_undone(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = line_anchor(place.root, b"/tmp/x/table", 1)
    before = snapshot(place.root / "tmp/x")
    replace_file = rewrite.replace_file

    def deleting(files: Any, folder: Any, name: bytes, temporary: bytes, new: Any) -> None:
        replace_file(files, folder, name, temporary, new)
        folder.remove(name)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))

    with monkeypatch.context() as patch:
        patch.setattr(rewrite, "replace_file", deleting)
        result = place.clean(place.plan(finding(table, ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE)))
    assert [step.outcome for step in result.steps] == [Outcome.GONE]
    assert place.undo(result) == [Outcome.RESTORED]
    assert (place.root / "tmp/x/table").read_bytes() == b"* * * * * evil\nmine\n"
    assert set(before) == set(snapshot(place.root / "tmp/x"))


def test_undo_of_an_act_that_failed_puts_no_line_in_that_was_never_taken_out(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = line_anchor(place.root, b"/tmp/x/table", 1)

    def failing(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(rewrite, "replace_file", failing)
        result = place.clean(place.plan(finding(table, ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE)))
    assert [step.outcome for step in result.steps] == [Outcome.FAILED]
    (place.root / "tmp/x/table").write_bytes(newer := b"* * * * * evil\nmine\nnew\n")
    assert place.undo(result) == [Outcome.BESIDE]
    assert (place.root / "tmp/x/table").read_bytes() == newer


def test_undo_writes_through_no_link(place: Place, target: str) -> None:
    result, before = place.clean(place.plan()), place.victims()
    place.exchange(target)
    assert set(place.undo(result)) == {Outcome.FAILED}
    assert place.victims() == before


def test_a_link_waiting_under_the_name_of_the_new_file_is_not_written_through(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place.victims()
    monkeypatch.setattr(Session, "temporary_name", lambda *_: b".trap")
    (place.root / "tmp/x/.trap").symlink_to(place.outside / "evil")
    result = place.clean(place.plan())
    assert {step.outcome for step in result.steps} == {Outcome.DONE}
    (place.root / "tmp/x/.trap").symlink_to(place.outside / "evil")
    assert set(place.undo(result)) == {Outcome.RESTORED}
    assert place.victims() == before


@pytest.mark.parametrize("name", [b"evil", b"table", b"page"])
def test_a_hard_link_to_someone_s_file_leaves_that_file_as_it_is(place: Place, name: bytes) -> None:
    victim, trap = at(place.root, b"/victim/" + name), at(place.root, b"/tmp/x/" + name)
    trap.unlink()
    trap.hardlink_to(victim)
    content, mode = victim.read_bytes(), victim.stat().st_mode
    act: Callable[[], Finding] = {
        b"evil": lambda: finding(file_anchor(place.root, b"/tmp/x/evil"), ArtefactKind.FILE, Action.QUARANTINE),
        b"table": lambda: finding(
            line_anchor(place.root, b"/tmp/x/table", 2), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE
        ),
        b"page": lambda: with_fields(
            finding(file_anchor(place.root, b"/tmp/x/page"), ArtefactKind.FILE, Action.TRUNCATE), cut="3"
        ),
    }[name]
    result = place.clean(place.plan(act()))
    assert result.steps[0].outcome is Outcome.DONE
    assert (victim.read_bytes(), victim.stat().st_mode) == (content, mode)
    place.undo(result)
    assert (victim.read_bytes(), trap.read_bytes()) == (content, content)


@pytest.mark.parametrize(
    "name", [b"\n", b"\xff\xfe", "\u202egnp.exe".encode(), b"-rf", b"...", b" ", b"%2e%2e%2f", b"\x1b[2J", b"x" * 255]
)
def test_hostile_names_are_removed_and_come_back(place: Place, name: bytes) -> None:
    path = b"/tmp/" + name
    write(place.root, path, b"evil")
    before = snapshot(place.root)
    result = place.clean(place.plan(finding(file_anchor(place.root, path), ArtefactKind.FILE, Action.QUARANTINE)))
    assert result.steps[0].outcome is Outcome.DONE
    assert not at(place.root, path).exists()
    assert place.undo(result) == [Outcome.RESTORED]
    assert snapshot(place.root) == before


@pytest.mark.parametrize("path", [b"/../outside/evil", b"/tmp/x/../../victim/evil", b"/tmp//x/evil", b"tmp/x/evil"])
def test_a_sealed_file_that_names_a_way_out_goes_nowhere(place: Place, path: bytes) -> None:
    result = place.clean(place.plan(place.findings()[0]))
    container = place.state.session_folder(result.session) / "00001.sealed"
    sealed = Sealed.open(container, place.state.key)
    fd = os.open(place.root.parent / "again", os.O_RDWR | os.O_CREAT)
    sealed.write_to(fd)
    before = snapshot(place.root), place.victims()
    seal(fd, replace(sealed.record, path=path), container, place.state.key)
    os.close(fd)
    assert place.undo(result) == [Outcome.FAILED]
    assert (snapshot(place.root), place.victims()) == before


@pytest.mark.parametrize("name", [b"evil", b"page"])
def test_a_file_put_under_the_name_while_it_is_given_is_left_and_the_undo_says_so(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: bytes
) -> None:
    result = place.clean(place.plan())
    victim = place.root / "tmp/x/victim"
    victim.write_bytes(SECRET)
    victim.chmod(0o600)
    before = FileState.of(victim.lstat())
    link, rename = os.link, os.rename

    def exchanging(source: Any, target: bytes, **how: Any) -> None:
        link(source, target, **how)
        if target == name or (name == b"page" and target.startswith(b".")):
            rename(victim, place.root / "tmp/x" / os.fsdecode(name if target == name else target))

    monkeypatch.setattr(os, "link", exchanging)
    number = next(step.step.number for step in result.steps if step.step.subject.endswith(name))
    (step,) = undo(place.state, place.host, result.session, now=NOW, items=[number]).steps
    assert (step.outcome, "another file was put under the name" in step.note) == (Outcome.FAILED, True)
    there = place.root / "tmp/x" / os.fsdecode(name)
    assert there.read_bytes() == SECRET
    assert replace(FileState.of(there.lstat()), atime_ns=before.atime_ns) == before
