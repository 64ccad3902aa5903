"""Nothing is acted on that changed since the scan, and nothing newer is overwritten by undo."""

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.infection import LINK, OLD_NS, UNIT, at, file_anchor, finding, line_anchor, write
from tests.snapshot import nothing_left_open, snapshot

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint import JournalError, QuarantineError, StateError
from quetsach.endpoint.act import file
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.act.result import CleanResult
from quetsach.endpoint.act.undo import UndoResult, undo, unfinished
from quetsach.endpoint.artefact import Finding, LineAnchor
from quetsach.endpoint.host.posix.linux import mounted_host
from quetsach.endpoint.plan.plan import Plan, make_plan
from quetsach.endpoint.plan.step import Outcome, RemoveLink
from quetsach.endpoint.store.journal import MAGIC, MAX_RECORD_BYTES
from quetsach.endpoint.store.session import Session, purge, steps_of, summaries
from quetsach.endpoint.store.state import State, machine_of, root_of
from quetsach.packs.specimen import set_immutable

NOW = datetime(2026, 11, 25, tzinfo=UTC)


class Machine:
    """A tree below a folder and the tool's state beside it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        self.host = mounted_host(self.root)
        self.state = State.open(folder / "state")

    def at(self, path: bytes) -> Path:
        return at(self.root, path)

    def write(self, path: bytes, content: bytes) -> None:
        write(self.root, path, content)

    def file(self, path: bytes) -> Finding:
        return finding(file_anchor(self.root, path), ArtefactKind.FILE, Action.QUARANTINE)

    def line(self, path: bytes, number: int) -> Finding:
        return finding(line_anchor(self.root, path, number), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE)

    def plan(self, *findings: Finding) -> Plan:
        return make_plan(findings, self.host, self.state.folder)

    def clean(self, plan: Plan, remaining: tuple[Finding, ...] = ()) -> CleanResult:
        return clean(plan, self.host, self.state, look_again=lambda: remaining, packs=("f 1",), now=NOW)

    def undo(self, session: str, *items: int) -> UndoResult:
        return undo(self.state, self.host, session, now=NOW, items=items)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    with nothing_left_open():
        yield made


def _outcomes(result: CleanResult | UndoResult) -> list[Outcome]:
    return [step.outcome for step in result.steps]


def _change_content(there: Path) -> None:
    there.write_bytes(b"BAD")
    os.utime(there, ns=(OLD_NS + 1, OLD_NS))


def _swap_link(there: Path) -> None:
    there.unlink()
    there.symlink_to("/etc/passwd")


def _swap_folder_for_link(there: Path) -> None:
    there.parent.rename(there.parent.with_name("moved"))
    there.parent.symlink_to("moved")


def _add_hard_link(there: Path) -> None:
    there.with_name("other").hardlink_to(there)


def _swap_same_looking_file(there: Path) -> None:
    there.with_name("new").write_bytes(b"bad")
    os.utime(there.with_name("new"), ns=(OLD_NS + 1, OLD_NS))
    there.with_name("new").rename(there)


@pytest.mark.parametrize(
    "attack", [_change_content, _swap_link, _swap_folder_for_link, _add_hard_link, _swap_same_looking_file]
)
def test_a_file_that_changed_after_the_scan_is_left_alone(machine: Machine, attack: object) -> None:
    machine.write(b"/opt/x/bad", b"bad")
    machine.write(b"/etc/passwd", b"root\n")
    plan = machine.plan(machine.file(b"/opt/x/bad"))
    attack(machine.at(b"/opt/x/bad"))
    before = snapshot(machine.root)
    result = machine.clean(plan)
    assert (_outcomes(result), result.exit_code) == ([Outcome.CHANGED], 14)
    assert snapshot(machine.root) == before


def test_what_this_user_could_not_put_back_as_it_was_is_not_removed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write(b"/opt/x", b"bad")
    plan = machine.plan(machine.file(b"/opt/x"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: machine.at(b"/opt/x").stat().st_uid + 4242)
        result = machine.clean(plan)
    assert (_outcomes(result), machine.at(b"/opt/x").exists()) == ([Outcome.FAILED], True)
    assert "only an administrator could put it back" in result.steps[0].note


def test_a_file_that_vanished_is_no_failure(machine: Machine) -> None:
    machine.write(b"/opt/bad", b"bad")
    plan = machine.plan(machine.file(b"/opt/bad"))
    machine.at(b"/opt/bad").unlink()
    assert _outcomes(machine.clean(plan)) == [Outcome.GONE]


@pytest.mark.parametrize("content", [b"a\nEVIL\n", b"new\na\nevil\n"])
def test_a_text_that_changed_after_the_scan_is_left_alone(machine: Machine, content: bytes) -> None:
    machine.write(b"/etc/crontab", b"a\nevil\n")
    plan = machine.plan(machine.line(b"/etc/crontab", 2))
    machine.write(b"/etc/crontab", content)
    assert _outcomes(machine.clean(plan)) == [Outcome.CHANGED]
    assert machine.at(b"/etc/crontab").read_bytes() == content


def test_one_step_that_cannot_be_done_does_not_stop_the_others(machine: Machine) -> None:
    machine.write(b"/opt/one", b"bad")
    machine.write(b"/opt/two", b"bad")
    plan = machine.plan(machine.file(b"/opt/one"), machine.file(b"/opt/two"))
    _change_content(machine.at(b"/opt/one"))
    result = machine.clean(plan)
    assert (_outcomes(result), result.exit_code) == ([Outcome.CHANGED, Outcome.DONE], 13)


def test_no_room_for_the_sealed_copy_means_that_nothing_is_removed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write(b"/opt/bad", b"bad")
    set_immutable(machine.at(b"/opt/bad"), on=True)
    plan = machine.plan(machine.file(b"/opt/bad"))
    before = snapshot(machine.root)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("quetsach.endpoint.store.quarantine.write_all", full)
        result = machine.clean(plan)
    assert (_outcomes(result), result.steps[0].note) == ([Outcome.FAILED], "No space left on device")
    assert snapshot(machine.root) == before
    set_immutable(machine.at(b"/opt/bad"), on=False)


def test_undo_makes_no_copy_of_a_file_that_could_not_be_removed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write(b"/opt/x", b"bad")
    unlink = os.unlink

    def busy(path: object, *, dir_fd: int | None = None) -> None:
        if path == b"x":
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))  # as for a file that something is mounted on
        unlink(path, dir_fd=dir_fd)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", busy)
        result = machine.clean(machine.plan(machine.file(b"/opt/x")))
    assert (_outcomes(result), result.exit_code) == ([Outcome.FAILED], 14)
    assert _outcomes(machine.undo(result.session)) == [Outcome.KEPT]
    assert [path.name for path in machine.at(b"/opt").iterdir()] == ["x"]


def test_a_second_name_that_cannot_be_linked_to_the_first_gets_a_copy(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write(b"/opt/x", b"bad")
    machine.at(b"/opt/y").hardlink_to(machine.at(b"/opt/x"))
    set_immutable(machine.at(b"/opt/x"), on=True)
    result = machine.clean(machine.plan(machine.file(b"/opt/x"), machine.file(b"/opt/y")))
    link = os.link

    def across_mounts(source: str, target: bytes, **how: Any) -> None:
        if Path(source).stat().st_nlink:  # a file that has a name
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        link(source, target, **how)

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", across_mounts)
        assert _outcomes(machine.undo(result.session)) == [Outcome.RESTORED, Outcome.RESTORED]
    for path in (machine.at(b"/opt/x"), machine.at(b"/opt/y")):
        with pytest.raises(PermissionError):
            path.unlink()
        set_immutable(path, on=False)
        assert path.read_bytes() == b"bad"


def test_sessions_of_one_second_are_listed_in_their_order(machine: Machine) -> None:
    sessions = []
    for microsecond in range(6):
        machine.write(b"/opt/x", b"bad")
        now = NOW.replace(microsecond=microsecond)
        plan = machine.plan(machine.file(b"/opt/x"))
        done = clean(plan, machine.host, machine.state, look_again=lambda: (), packs=(), now=now)
        sessions.append(done.session)
    assert [summary.session for summary in summaries(machine.state)] == sessions


def test_what_is_written_while_a_file_is_edited_is_not_lost(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write(b"/etc/crontab", b"a\nevil\n")
    there = machine.at(b"/etc/crontab")
    plan = machine.plan(machine.line(b"/etc/crontab", 2))

    def write_meanwhile(fd: int, data: bytes) -> None:
        os.write(fd, data)
        there.write_bytes(b"a\nevil\nmine\n")

    monkeypatch.setattr("quetsach.endpoint.act.rewrite.write_all", write_meanwhile)
    assert _outcomes(machine.clean(plan)) == [Outcome.CHANGED]
    assert there.read_bytes() == b"a\nevil\nmine\n"
    assert [p.name for p in there.parent.iterdir()] == ["crontab"]


def test_other_names_that_keep_a_file_alive_are_told(machine: Machine) -> None:
    machine.write(b"/opt/one", b"bad")
    for name in (b"/opt/two", b"/opt/three"):
        machine.at(name).hardlink_to(machine.at(b"/opt/one"))
    result = machine.clean(machine.plan(machine.file(b"/opt/one"), machine.file(b"/opt/two")))
    assert _outcomes(result) == [Outcome.DONE, Outcome.DONE]
    assert all("1 more name(s)" in step.note for step in result.steps)


def test_a_text_that_became_a_link_stays_and_the_old_is_put_beside_it(machine: Machine) -> None:
    machine.write(b"/etc/crontab", b"a\nevil\nb\n")
    result = machine.clean(machine.plan(machine.line(b"/etc/crontab", 2)))
    machine.at(b"/etc/crontab").unlink()
    machine.at(b"/etc/crontab").symlink_to("/etc/shadow")
    assert _outcomes(machine.undo(result.session)) == [Outcome.BESIDE]
    assert machine.at(b"/etc/crontab").is_symlink()
    assert machine.at(b"/etc/crontab.quetsach-restored").read_bytes() == b"a\nevil\nb\n"


def test_a_file_with_only_the_malware_s_line_goes_as_a_whole(machine: Machine) -> None:
    machine.write(b"/etc/ld.so.preload", b"evil.so\n\n")
    machine.write(b"/etc/rc.local", b"#!/bin/sh\nevil\n")
    before = snapshot(machine.root)
    result = machine.clean(machine.plan(machine.line(b"/etc/ld.so.preload", 1), machine.line(b"/etc/rc.local", 2)))
    assert not machine.at(b"/etc/ld.so.preload").exists()
    assert machine.at(b"/etc/rc.local").read_bytes() == b"#!/bin/sh\n"
    machine.undo(result.session)
    assert snapshot(machine.root) == before


def test_an_edited_file_keeps_owner_mode_attributes_and_lock(machine: Machine) -> None:
    machine.write(b"/etc/crontab", b"a\nevil\n")
    there = machine.at(b"/etc/crontab")
    os.setxattr(there, b"user.note", b"v")
    there.chmod(0o604)
    assert set_immutable(there, on=True)
    machine.clean(machine.plan(machine.line(b"/etc/crontab", 2)))
    with pytest.raises(PermissionError):
        there.write_bytes(b"x")
    assert (there.stat().st_mode & 0o7777, os.getxattr(there, b"user.note")) == (0o604, b"v")
    set_immutable(there, on=False)


def test_what_a_second_look_still_sees_is_no_clean_machine(machine: Machine) -> None:
    machine.write(b"/opt/bad", b"bad")
    found = machine.file(b"/opt/bad")
    assert machine.clean(machine.plan(found), remaining=(found,)).exit_code == 13


def test_a_program_of_the_search_path_is_dangling_by_its_bare_name(machine: Machine) -> None:
    machine.write(b"/usr/bin/kworkerds", b"bad")
    machine.write(b"/etc/crontab", b"@reboot root kworkerds\n")
    result = machine.clean(machine.plan(machine.file(b"/usr/bin/kworkerds")))
    assert [artefact.anchor.file.path for artefact in result.dangling] == [b"/etc/crontab"]


def test_a_second_look_that_saw_less_than_the_first_calls_nothing_clean(machine: Machine) -> None:
    machine.write(b"/opt/bad", b"bad")
    plan = machine.plan(machine.file(b"/opt/bad"))
    result = clean(plan, machine.host, machine.state, look_again=lambda: None, packs=(), now=NOW)
    assert (_outcomes(result), result.exit_code) == ([Outcome.DONE], 13)


def test_a_text_of_the_system_that_goes_with_its_last_line_leaves_nothing_dangling(machine: Machine) -> None:
    machine.write(b"/etc/rc.local", b"evil\n")
    machine.write(b"/etc/crontab", b"@reboot root /etc/rc.local\n")
    assert machine.clean(machine.plan(machine.line(b"/etc/rc.local", 1))).exit_code == 11


def test_a_start_up_item_that_names_a_removed_file_is_dangling(machine: Machine) -> None:
    machine.write(b"/opt/bad", b"bad")
    machine.write(b"/etc/crontab", b"@reboot root /opt/bad\n")
    result = machine.clean(machine.plan(machine.file(b"/opt/bad")))
    assert [artefact.anchor.file.path for artefact in result.dangling] == [b"/etc/crontab"]
    assert result.exit_code == 13


def test_a_session_cut_short_and_then_deleted_for_good_is_not_finished(machine: Machine) -> None:
    machine.write(b"/opt/bad", b"bad")
    plan = machine.plan(machine.file(b"/opt/bad"))
    root, identity = root_of(machine.host), machine_of(machine.host)
    with Session.create(
        machine.state, plan.steps, root=root, is_live=False, packs=(), now=NOW, machine=identity
    ) as session:
        name = session.identifier
    assert unfinished(machine.state, machine.host) == (name,)
    purge(machine.state, name)
    assert unfinished(machine.state, machine.host) == ()


def test_undo_of_one_item_leaves_the_others_removed(machine: Machine) -> None:
    machine.write(b"/opt/one", b"1")
    machine.write(b"/opt/two", b"2")
    result = machine.clean(machine.plan(machine.file(b"/opt/one"), machine.file(b"/opt/two")))
    assert _outcomes(machine.undo(result.session, 2)) == [Outcome.RESTORED]
    assert [p.name for p in machine.at(b"/opt").iterdir()] == ["two"]
    assert _outcomes(machine.undo(result.session)) == [Outcome.RESTORED]
    assert _outcomes(machine.undo(result.session)) == []


def test_something_newer_with_the_name_stays_and_the_old_is_put_beside_it(machine: Machine) -> None:
    machine.write(b"/opt/x", b"old")
    result = machine.clean(machine.plan(machine.file(b"/opt/x")))
    machine.at(b"/opt/x").write_bytes(b"newer")
    undone = machine.undo(result.session)
    assert (_outcomes(undone), undone.steps[0].note) == ([Outcome.BESIDE], "/opt/x.quetsach-restored")
    assert machine.at(b"/opt/x").read_bytes() == b"newer"
    assert machine.at(b"/opt/x.quetsach-restored").read_bytes() == b"old"


def test_something_that_takes_the_name_while_undo_is_at_it_stays(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.write(b"/opt/x", b"old")
    result = machine.clean(machine.plan(machine.file(b"/opt/x")))
    monkeypatch.setattr(file, "_call_off", lambda *_: machine.at(b"/opt/x").write_bytes(b"newer"))
    assert _outcomes(machine.undo(result.session)) == [Outcome.FAILED]
    assert machine.at(b"/opt/x").read_bytes() == b"newer"
    monkeypatch.undo()
    assert _outcomes(machine.undo(result.session)) == [Outcome.BESIDE]
    assert machine.at(b"/opt/x").read_bytes() == b"newer"


@pytest.mark.parametrize("has_newer", [False, True])
def test_a_link_comes_back_under_its_name_or_beside_something_newer(machine: Machine, *, has_newer: bool) -> None:
    machine.write(UNIT, b"[Service]\nExecStart=/opt/x\n")
    link = machine.at(LINK)
    link.parent.mkdir()
    link.symlink_to(os.fsdecode(UNIT))
    os.utime(link.parent, ns=(OLD_NS, OLD_NS))
    before = snapshot(machine.root)
    unit = finding(file_anchor(machine.root, UNIT), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    result = machine.clean(machine.plan(unit))
    assert set(_outcomes(result)) == {Outcome.DONE}
    assert not link.is_symlink()
    if has_newer:
        link.symlink_to("newer")
    undone = {type(step.step.target): (step.outcome, step.note) for step in machine.undo(result.session).steps}
    if has_newer:
        assert undone[RemoveLink] == (Outcome.BESIDE, os.fsdecode(LINK) + ".quetsach-restored")
        assert link.readlink() == Path("newer")
        assert link.with_name(link.name + ".quetsach-restored").readlink() == Path(os.fsdecode(UNIT))
    else:
        assert undone[RemoveLink] == (Outcome.RESTORED, "")
        assert snapshot(machine.root) == before


def test_a_name_of_full_length_still_finds_a_place_beside(machine: Machine) -> None:
    path = b"/opt/" + b"n" * 255
    machine.write(path, b"old")
    result = machine.clean(machine.plan(machine.file(path)))
    machine.at(path).write_bytes(b"newer")
    assert _outcomes(machine.undo(result.session)) == [Outcome.BESIDE]
    assert len(list(machine.at(b"/opt").iterdir())) == 2


def test_lines_go_back_into_a_file_that_was_changed_since(machine: Machine) -> None:
    machine.write(b"/etc/crontab", b"a\nevil\nb\n")
    result = machine.clean(machine.plan(machine.line(b"/etc/crontab", 2)))
    machine.at(b"/etc/crontab").write_bytes(b"a\nb\nmine\n")
    machine.at(b"/etc/crontab").chmod(0o600)
    assert _outcomes(machine.undo(result.session)) == [Outcome.REINSERTED]
    assert machine.at(b"/etc/crontab").read_bytes() == b"a\nevil\nb\nmine\n"
    assert machine.at(b"/etc/crontab").stat().st_mode & 0o7777 == 0o600


def test_a_file_that_was_rewritten_since_stays_and_the_old_is_put_beside_it(machine: Machine) -> None:
    machine.write(b"/etc/crontab", b"a\nevil\nb\n")
    result = machine.clean(machine.plan(machine.line(b"/etc/crontab", 2)))
    machine.at(b"/etc/crontab").write_bytes(b"quite\ndifferent\n")
    assert _outcomes(machine.undo(result.session)) == [Outcome.BESIDE]
    assert machine.at(b"/etc/crontab").read_bytes() == b"quite\ndifferent\n"
    assert machine.at(b"/etc/crontab.quetsach-restored").read_bytes() == b"a\nevil\nb\n"


def test_undo_does_not_follow_a_folder_that_became_a_link(machine: Machine) -> None:
    machine.write(b"/home/u/.cache/x", b"bad")
    machine.write(b"/etc/cron.d/keep", b"")
    result = machine.clean(machine.plan(machine.file(b"/home/u/.cache/x")))
    machine.at(b"/home/u/.cache").rmdir()
    machine.at(b"/home/u/.cache").symlink_to("/etc/cron.d")
    undone = machine.undo(result.session)
    assert (_outcomes(undone), undone.exit_code) == ([Outcome.FAILED], 14)
    assert "became a link" in undone.steps[0].note
    assert [p.name for p in machine.at(b"/etc/cron.d").iterdir()] == ["keep"]


def test_undo_can_be_tried_again_after_what_hindered_it_is_gone(machine: Machine) -> None:
    machine.write(b"/opt/d/x", b"bad")
    before = snapshot(machine.root)
    result = machine.clean(machine.plan(machine.file(b"/opt/d/x")))
    machine.at(b"/opt/d").rename(machine.at(b"/opt/away"))
    assert _outcomes(machine.undo(result.session)) == [Outcome.FAILED]
    machine.at(b"/opt/away").rename(machine.at(b"/opt/d"))
    assert _outcomes(machine.undo(result.session)) == [Outcome.RESTORED]
    assert snapshot(machine.root).keys() == before.keys()


def test_times_of_a_folder_that_was_changed_since_are_not_set_back(machine: Machine) -> None:
    machine.write(b"/opt/x", b"bad")
    os.utime(machine.at(b"/opt"), ns=(OLD_NS, OLD_NS))
    result = machine.clean(machine.plan(machine.file(b"/opt/x")))
    machine.at(b"/opt/mine").write_bytes(b"")
    machine.undo(result.session)
    assert machine.at(b"/opt").stat().st_mtime_ns > OLD_NS


def test_a_forged_journal_moves_nothing(machine: Machine) -> None:
    machine.write(b"/opt/x", b"bad")
    machine.write(b"/opt/y", b"bad")
    result = machine.clean(machine.plan(machine.file(b"/opt/x"), machine.file(b"/opt/y")))
    journal = machine.state.folder / "sessions" / result.session / "journal"
    journal.write_bytes(journal.read_bytes().replace(b"/opt/x", b"/etc/x"))
    with pytest.raises(JournalError, match="damaged or changed"):
        machine.undo(result.session)
    assert list(machine.at(b"/opt").iterdir()) == []
    assert [s.condition for s in summaries(machine.state)] == ["damaged"]


def test_a_journal_of_another_session_is_refused(machine: Machine) -> None:
    machine.write(b"/opt/x", b"bad")
    result = machine.clean(machine.plan(machine.file(b"/opt/x")))
    sessions = machine.state.folder / "sessions"
    (sessions / "20200101T000000Z-000000").mkdir()
    (sessions / result.session / "journal").rename(sessions / "20200101T000000Z-000000" / "journal")
    with pytest.raises(JournalError, match="another version"):
        machine.undo("20200101T000000Z-000000")


def test_a_sealed_file_that_was_exchanged_is_not_put_back(machine: Machine) -> None:
    machine.write(b"/opt/x", b"one")
    machine.write(b"/opt/y", b"two")
    result = machine.clean(machine.plan(machine.file(b"/opt/x"), machine.file(b"/opt/y")))
    folder = machine.state.folder / "sessions" / result.session
    (folder / "00001.sealed").write_bytes((folder / "00002.sealed").read_bytes())
    undone = machine.undo(result.session)
    assert sorted(_outcomes(undone)) == [Outcome.FAILED, Outcome.RESTORED]
    assert [p.name for p in machine.at(b"/opt").iterdir()] == ["y"]


@pytest.mark.parametrize("name", ["../../etc", "nothing", "."])
def test_a_session_that_is_not_there_is_named(machine: Machine, name: str) -> None:
    with pytest.raises(StateError, match="no session"):
        machine.undo(name)


def test_an_item_that_is_not_there_is_named(machine: Machine) -> None:
    machine.write(b"/opt/x", b"bad")
    result = machine.clean(machine.plan(machine.file(b"/opt/x")))
    with pytest.raises(StateError, match="no item 9"):
        machine.undo(result.session, 9)


def test_what_was_deleted_for_good_cannot_be_undone(machine: Machine) -> None:
    machine.write(b"/opt/x", b"bad")
    result = machine.clean(machine.plan(machine.file(b"/opt/x")))
    (held,) = summaries(machine.state)
    assert (held.items, held.condition) == (1, "finished")
    purge(machine.state, result.session)
    (held,) = summaries(machine.state)
    assert (held.items, held.condition) == (0, "purged")
    assert [p.outcome for p in steps_of(machine.state, result.session)] == [Outcome.DONE]
    with pytest.raises(QuarantineError, match="for good"):
        machine.undo(result.session)


def test_files_full_of_the_malware_s_lines_do_not_keep_a_clean_up_from_beginning(machine: Machine) -> None:
    line = b'"' * 3_000
    paths = [b"/home/u/.%d" % number for number in range(3)]
    findings = []
    for path in paths:
        machine.write(path, b"mine\n" + (line + b"\n") * 700)
        file = file_anchor(machine.root, path)
        anchors = (LineAnchor(file, number, line) for number in range(2, 702))
        findings += [finding(anchor, ArtefactKind.PROFILE_LINE, Action.REMOVE_LINE) for anchor in anchors]
    plan = machine.plan(*findings)
    assert len(str([step.as_json() for step in plan.steps])) > MAX_RECORD_BYTES
    result = machine.clean(plan)
    assert {machine.at(path).read_bytes() for path in paths} == {b"mine\n"}
    assert set(_outcomes(machine.undo(result.session))) == {Outcome.RESTORED}


def test_a_session_whose_plan_was_not_all_written_never_began(machine: Machine) -> None:
    machine.write(b"/opt/x", b"bad")
    machine.write(b"/opt/y", b"bad")
    result = machine.clean(machine.plan(machine.file(b"/opt/x"), machine.file(b"/opt/y")))
    journal = machine.state.session_folder(result.session) / "journal"
    ends = _record_ends(journal.read_bytes())
    journal.write_bytes(journal.read_bytes()[: ends[1]])
    assert Session.open(machine.state, result.session) is None
    journal.write_bytes(journal.read_bytes()[: ends[0]])
    assert summaries(machine.state) == ()


def _record_ends(data: bytes) -> list[int]:
    ends, position = [], len(MAGIC)
    while position < len(data):
        position += 8 + 32 + int.from_bytes(data[position : position + 4], "little")
        ends.append(position)
    return ends
