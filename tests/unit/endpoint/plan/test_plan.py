"""A plan is ordered, joins what belongs together, and leaves alone what must not be touched."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from tests.infection import at, file_anchor, finding, line_anchor, write
from tests.report_samples import sample_scan

from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import LocalText
from quetsach.endpoint import MassBrakeError
from quetsach.endpoint.act.result import CleanResult, StepResult
from quetsach.endpoint.artefact import FileAnchor, Finding, MemberAnchor, ProcessAnchor
from quetsach.endpoint.host.posix.linux import Systemd, live_host, mounted_host
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.tree import Mount
from quetsach.endpoint.plan import protection
from quetsach.endpoint.plan.plan import (
    MAX_CUTS,
    MAX_FILES,
    MAX_FILES_OF_A_SIGN,
    MAX_PROGRAMS,
    Plan,
    check_brake,
    left_to,
    make_plan,
)
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import (
    KillProcess,
    Outcome,
    QuarantineFile,
    RemoveLines,
    RemoveLink,
    Step,
    StopUnit,
    TruncateFile,
)
from quetsach.endpoint.report import build_clean, build_plan
from quetsach.endpoint.report.document import FindingOutcome

WHY = LocalText("vì thử", "for a test")


def _file(root: Path, path: bytes, content: bytes = b"bad") -> Finding:
    write(root, path, content)
    return finding(file_anchor(root, path), ArtefactKind.FILE, Action.QUARANTINE)


def _line(root: Path, path: bytes, number: int) -> Finding:
    return finding(line_anchor(root, path, number), ArtefactKind.CRON_ENTRY, Action.REMOVE_LINE)


def _plan(root: Path, *findings: Finding) -> Plan:
    return make_plan(findings, mounted_host(root), root / "state")


def _holds(plan: Plan) -> list[SkipReason]:
    return [held.hold for held in plan.held]


def test_two_findings_about_one_file_are_one_step(tmp_path: Path) -> None:
    first = _file(tmp_path, b"/opt/x")
    plan = _plan(tmp_path, first, replace(first, id="0" * 16))
    assert [step.findings for step in plan.steps] == [(first.id, "0" * 16)]


def test_lines_of_one_file_are_one_step(tmp_path: Path) -> None:
    write(tmp_path, b"/etc/crontab", b"a\nb\nc\n")
    (step,) = _plan(tmp_path, _line(tmp_path, b"/etc/crontab", 3), _line(tmp_path, b"/etc/crontab", 1)).steps
    assert isinstance(step.target, RemoveLines)
    assert [line.number for line in step.target.lines] == [1, 3]


def test_a_script_that_cron_runs_is_not_broken_and_a_table_of_cron_is_no_script(tmp_path: Path) -> None:
    script = b"if [ -x /tmp/x ]; then\n  /tmp/x\nfi\n"
    write(tmp_path, b"/etc/cron.daily/x", b"#!/bin/sh\n" + script)
    write(tmp_path, b"/etc/crontab", script)
    plan = _plan(tmp_path, _line(tmp_path, b"/etc/cron.daily/x", 2), _line(tmp_path, b"/etc/crontab", 1))
    assert _holds(plan) == [SkipReason.ENTANGLED]
    assert [step.subject for step in plan.steps] == [b"/etc/crontab"]


def test_a_line_that_holds_a_script_together_is_left_and_said(tmp_path: Path) -> None:
    write(tmp_path, b"/etc/profile", b"if [ -x /tmp/x ]; then\n  /tmp/x &\nfi\n/tmp/x\n")
    lines = [line_anchor(tmp_path, b"/etc/profile", number) for number in (1, 2, 4)]
    plan = _plan(tmp_path, *(finding(line, ArtefactKind.PROFILE_LINE, Action.REMOVE_LINE) for line in lines))
    assert _holds(plan) == [SkipReason.ENTANGLED, SkipReason.ENTANGLED]
    assert [line.number for step in plan.steps for line in step.target.lines] == [4]


def test_a_file_that_goes_as_a_whole_is_not_edited_too(tmp_path: Path) -> None:
    whole = _file(tmp_path, b"/etc/cron.d/x", b"evil\n")
    line = _line(tmp_path, b"/etc/cron.d/x", 1)
    (step,) = _plan(tmp_path, line, whole).steps
    assert isinstance(step.target, QuarantineFile)
    assert set(step.findings) == {whole.id, line.id}


def test_what_lies_in_an_archive_is_left_unless_the_archive_goes(tmp_path: Path) -> None:
    archive = _file(tmp_path, b"/srv/a.zip")
    member = finding(MemberAnchor(archive.artefact.anchor, (b"x",)), ArtefactKind.FILE, Action.QUARANTINE)
    assert _holds(_plan(tmp_path, member)) == [SkipReason.MEMBER]
    both = _plan(tmp_path, member, archive)
    assert _holds(both) == []
    assert both.findings == {archive.id, member.id}


@pytest.mark.parametrize("belongs_to", [(), ("windows",)])
@pytest.mark.parametrize("action", [Action.REPORT, Action.QUARANTINE])
def test_an_archive_is_sealed_for_what_the_recipe_would_remove_whosever_it_is(
    tmp_path: Path, action: Action, belongs_to: tuple[str, ...]
) -> None:
    archive = _file(tmp_path, b"/srv/a.zip").artefact.anchor
    assert isinstance(archive, FileAnchor)
    member = replace(finding(MemberAnchor(archive, (b"x",)), ArtefactKind.FILE, action), belongs_to=belongs_to)
    plain = _plan(tmp_path, member)
    whole = make_plan([member], mounted_host(tmp_path), tmp_path / "state", with_archives=True)
    left = SkipReason.FOREIGN if belongs_to else SkipReason.REPORT_ONLY
    removes = action is not Action.REPORT
    assert (plain.steps, _holds(plain)) == ((), [SkipReason.MEMBER if removes else left])
    assert ([step.subject for step in whole.steps], _holds(whole)) == (
        ([b"/srv/a.zip"], []) if removes else ([], [left])
    )


def test_what_is_only_reported_goes_with_an_archive_that_goes(tmp_path: Path) -> None:
    archive = _file(tmp_path, b"/srv/a.zip")
    member = finding(MemberAnchor(archive.artefact.anchor, (b"x",)), ArtefactKind.FILE, Action.REPORT)
    plan = _plan(tmp_path, member, archive)
    assert (plan.findings, plan.held) == ({archive.id, member.id}, ())


def test_what_is_of_another_system_is_not_acted_on_whatever_its_recipe_says(tmp_path: Path) -> None:
    plan = _plan(tmp_path, replace(_file(tmp_path, b"/opt/x"), belongs_to=("windows",)))
    assert (plan.steps, _holds(plan)) == ((), [SkipReason.FOREIGN])


def test_files_go_before_lines_and_links_before_processes(tmp_path: Path) -> None:
    write(tmp_path, b"/etc/crontab", b"evil\n")
    write(tmp_path, b"/etc/systemd/system/a.service", b"[Service]\n")
    link = at(tmp_path, b"/etc/systemd/system/multi-user.target.wants/a.service")
    link.parent.mkdir()
    link.symlink_to("../a.service")
    unit = finding(
        file_anchor(tmp_path, b"/etc/systemd/system/a.service"), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT
    )
    plan = _plan(tmp_path, _line(tmp_path, b"/etc/crontab", 1), unit, _file(tmp_path, b"/opt/x"))
    assert [step.kind for step in plan.steps] == ["quarantine-file", "quarantine-file", "remove-lines", "remove-link"]
    assert [step.number for step in plan.steps] == [1, 2, 3, 4]


def test_a_unit_takes_its_drop_ins_aliases_and_instances_along(tmp_path: Path) -> None:
    folder = b"/etc/systemd/system/"
    write(tmp_path, folder + b"a@.service", b"[Service]\n")
    write(tmp_path, folder + b"a@.service.d/x.conf", b"[Service]\n")
    write(tmp_path, folder + b"other.service", b"[Service]\n")
    for name, target in ((b"t.wants/a@1.service", "../a@.service"), (b"alias@.service", "a@.service")):
        at(tmp_path, folder + name).parent.mkdir(exist_ok=True)
        at(tmp_path, folder + name).symlink_to(target)
    unit = finding(file_anchor(tmp_path, folder + b"a@.service"), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    assert {step.subject.removeprefix(folder) for step in _plan(tmp_path, unit).steps} == {
        b"a@.service",
        b"a@.service.d/x.conf",
        b"t.wants/a@1.service",
        b"alias@.service",
    }


def test_a_unit_that_took_the_name_of_another_leaves_what_belongs_to_that(tmp_path: Path) -> None:
    folder, genuine = b"/etc/systemd/system/", b"/usr/lib/systemd/system/ssh.service"
    write(tmp_path, genuine, b"[Service]\n")
    write(tmp_path, folder + b"ssh.service", b"[Service]\n# evil\n")
    write(tmp_path, folder + b"ssh.service.d/limits.conf", b"[Service]\n")
    for name, target in ((b"a.wants/ssh.service", genuine), (b"b.wants/ssh.service", folder + b"ssh.service")):
        at(tmp_path, folder + name).parent.mkdir()
        at(tmp_path, folder + name).symlink_to(os.fsdecode(target))
    unit = finding(file_anchor(tmp_path, folder + b"ssh.service"), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    assert [step.subject for step in _plan(tmp_path, unit).steps] == [
        folder + b"ssh.service",
        folder + b"b.wants/ssh.service",
    ]


def test_a_user_s_unit_takes_nothing_along_that_all_users_have(tmp_path: Path) -> None:
    own, all_users = b"/home/an/.config/systemd/user/", b"/etc/systemd/user/"
    write(tmp_path, own + b"audio.service", b"[Service]\n# evil\n")
    write(tmp_path, own + b"audio.service.d/x.conf", b"[Service]\n")
    write(tmp_path, all_users + b"audio.service.d/site.conf", b"[Service]\n")
    at(tmp_path, all_users + b"default.target.wants").mkdir()
    at(tmp_path, all_users + b"default.target.wants/audio.service").symlink_to("/opt/audio/audio.service")
    unit = finding(file_anchor(tmp_path, own + b"audio.service"), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    assert [step.subject for step in _plan(tmp_path, unit).steps] == [
        own + b"audio.service",
        own + b"audio.service.d/x.conf",
    ]


def test_a_drop_in_that_would_take_hours_to_read_is_left(tmp_path: Path) -> None:
    folder = b"/home/an/.config/systemd/user/"
    write(tmp_path, folder + b"a.service", b"[Service]\n")
    write(tmp_path, folder + b"a.service.d/x.conf", b"")
    os.truncate(at(tmp_path, folder + b"a.service.d/x.conf"), 1 << 42)
    unit = finding(file_anchor(tmp_path, folder + b"a.service"), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    assert [step.subject for step in _plan(tmp_path, unit).steps] == [folder + b"a.service"]


def test_a_drop_in_leaves_the_unit_it_was_slipped_under(tmp_path: Path) -> None:
    path = b"/etc/systemd/system/ssh.service.d/x.conf"
    write(tmp_path, path, b"[Service]\n")
    write(tmp_path, b"/etc/systemd/system/ssh.service", b"[Service]\n")
    drop_in = finding(file_anchor(tmp_path, path), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    assert [step.subject for step in _plan(tmp_path, drop_in).steps] == [path]


def _stopped(root: Path, name: bytes) -> list[bytes]:
    """Return the units that the plan for a unit file of a running system stops."""
    write(root, b"/etc/systemd/system/" + name, b"[Service]\n")
    unit = finding(file_anchor(root, b"/etc/systemd/system/" + name), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    host = replace(mounted_host(root), services=Systemd("systemctl"))
    steps = make_plan([unit], host, root / "state").steps
    assert any(isinstance(step.target, QuarantineFile) for step in steps)
    return [step.target.unit for step in steps if isinstance(step.target, StopUnit)]


def test_a_unit_that_runs_something_is_stopped(tmp_path: Path) -> None:
    assert _stopped(tmp_path, b"x@1.service") == [b"x@1.service"]


@pytest.mark.parametrize(
    "name",
    [
        *(b"*.service", b"[a-z]*.service", b"ss?.service", b"a b.service"),
        *(b"-.slice", b"system.slice", b"home.mount", b"graphical.target", b"service"),
        *(b"dbus.service", b"systemd-logind.service", b"ssh.service", b"user@1000.service"),
    ],
)
def test_the_name_of_a_unit_file_stops_nothing_but_that_unit_and_none_that_the_system_needs(
    tmp_path: Path, name: bytes
) -> None:
    assert _stopped(tmp_path, name) == []


def test_a_finding_of_which_only_some_steps_are_chosen_is_not_called_removed(tmp_path: Path) -> None:
    path = b"/etc/systemd/system/a.service"
    write(tmp_path, path, b"[Service]\n")
    write(tmp_path, path + b".d/x.conf", b"[Service]\n")
    unit = finding(file_anchor(tmp_path, path), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    other = _file(tmp_path, b"/opt/x")
    plan = _plan(tmp_path, unit, other)
    first = next(step.number for step in plan.steps if unit.id in step.findings)
    (last,) = (step.number for step in plan.steps if other.id in step.findings)
    part = left_to(plan, {first, last}, (unit, other))
    assert (len(plan.steps), part.findings) == (3, {unit.id, other.id})
    assert [(one.finding, one.hold) for one in part.held] == [(unit, SkipReason.NOT_CHOSEN)]
    assert [one.finding for one in left_to(part, {last}, (unit, other)).held] == [unit]
    scan = replace(sample_scan(), findings=(unit, other))
    done = tuple(StepResult(step, Outcome.DONE) for step in part.steps)
    result = CleanResult("s", "/", scan.started, done, part.held, (), (), restart_needed=False)
    report = build_clean(scan, result, report_id=uuid4(), now=scan.finished)
    assert [one.outcome for one in report.findings] == [FindingOutcome.LEFT, FindingOutcome.REMOVED]
    planned = build_plan(scan, part, report_id=uuid4(), now=scan.finished, exit_code=10)
    assert [one.outcome for one in planned.findings] == [FindingOutcome.LEFT, FindingOutcome.PLANNED]


def test_drop_ins_behind_a_link_are_someone_s_and_only_the_link_goes(tmp_path: Path) -> None:
    folder = b"/etc/systemd/system/"
    write(tmp_path, folder + b"x.service", b"[Service]\n")
    write(tmp_path, b"/etc/ssh/sshd_config.d/mine.conf", b"Port 22\n")
    at(tmp_path, folder + b"x.service.d").symlink_to("/etc/ssh/sshd_config.d")
    unit = finding(file_anchor(tmp_path, folder + b"x.service"), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT)
    steps = [(step.kind, step.subject) for step in _plan(tmp_path, unit).steps]
    assert steps == [("quarantine-file", folder + b"x.service"), ("remove-link", folder + b"x.service.d")]


def test_a_finding_that_the_pack_only_reports_is_left_alone(tmp_path: Path) -> None:
    plan = _plan(tmp_path, replace(_file(tmp_path, b"/opt/x"), action=Action.REPORT))
    assert (plan.steps, _holds(plan)) == ((), [SkipReason.REPORT_ONLY])


@pytest.mark.parametrize(
    "path",
    [
        b"/boot/vmlinuz-6.12",
        b"/usr/bin/bash",
        b"/bin/sh",
        b"/usr/lib/x86_64-linux-gnu/libc.so.6",
        b"/usr/lib64/ld-linux-x86-64.so.2",
        b"/usr/lib/systemd/systemd",
        b"/etc/passwd",
    ],
)
def test_the_foundations_of_a_system_are_left_alone(tmp_path: Path, path: bytes) -> None:
    plan = _plan(tmp_path, _file(tmp_path, path))
    assert (plan.steps, _holds(plan)) == ((), [SkipReason.SYSTEM])


@pytest.mark.parametrize(
    "path", [b"/usr/bin/kworkerds", b"/usr/lib/systemd/system/x.service", b"/usr/lib/libhide.so", b"/etc/ld.so.preload"]
)
def test_what_malware_adds_beside_them_is_not(tmp_path: Path, path: bytes) -> None:
    assert len(_plan(tmp_path, _file(tmp_path, path)).steps) == 1


def test_a_foundation_reached_through_a_link_is_left_alone(tmp_path: Path) -> None:
    anchor = _file(tmp_path, b"/usr/bin/bash").artefact.anchor
    at(tmp_path, b"/opt").symlink_to("usr/bin")
    moved = finding(replace(anchor, path=b"/opt/bash"), ArtefactKind.FILE, Action.QUARANTINE)
    assert _holds(_plan(tmp_path, moved)) == [SkipReason.SYSTEM]


def test_a_foundation_reached_through_another_mount_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = os.fsencode(tmp_path)
    mounts = (Mount(b"8:1", b"", b""), Mount(b"8:1", top + b"/etc", top + b"/opt/x"))
    monkeypatch.setattr(protection, "mounts_now", lambda: mounts)
    assert _holds(_plan(tmp_path, _file(tmp_path, b"/opt/x/passwd"))) == [SkipReason.SYSTEM]


def test_an_intact_file_of_a_package_is_left_alone_through_another_mount(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = os.fsencode(tmp_path)
    _install(tmp_path, "usr/bin/tool", b"bad")
    write(tmp_path, b"/usr/bin/tool", b"bad")
    mounts = (Mount(b"8:1", b"", b""), Mount(b"8:1", top + b"/usr", top + b"/opt/x"))
    monkeypatch.setattr(protection, "mounts_now", lambda: mounts)
    assert _holds(_plan(tmp_path, _file(tmp_path, b"/opt/x/bin/tool"))) == [SkipReason.PACKAGE]


def test_a_part_of_the_running_system_given_as_a_root_keeps_what_that_needs(tmp_path: Path) -> None:
    shadow = file_anchor(Path("/etc"), b"/passwd")
    plan = make_plan([finding(shadow, ArtefactKind.FILE, Action.QUARANTINE)], mounted_host(Path("/etc")), tmp_path)
    assert (plan.steps, _holds(plan)) == ((), [SkipReason.SYSTEM])


def _install(root: Path, listed: str, content: bytes) -> None:
    md5 = hashlib.md5(content).hexdigest()
    write(root, b"/var/lib/dpkg/info/tool.md5sums", f"{'0' * 32}  usr/other\n{md5}  {listed}\n".encode())


@pytest.mark.parametrize("listed", ["usr/bin/tool", "bin/tool"])
def test_an_intact_file_of_a_package_is_left_alone(tmp_path: Path, listed: str) -> None:
    _install(tmp_path, listed, b"good")
    plan = _plan(tmp_path, _file(tmp_path, b"/usr/bin/tool", b"good"))
    assert [(held.hold, held.package) for held in plan.held] == [(SkipReason.PACKAGE, "tool")]


def test_an_altered_file_of_a_package_is_acted_on_and_the_package_named(tmp_path: Path) -> None:
    _install(tmp_path, "usr/bin/tool", b"good")
    (step,) = _plan(tmp_path, _file(tmp_path, b"/usr/bin/tool", b"infected")).steps
    assert step.package == "tool"


def test_the_name_of_a_package_cannot_deceive_a_terminal(tmp_path: Path) -> None:
    found = _file(tmp_path, b"/opt/x")
    digest = hashlib.md5(b"bad", usedforsecurity=False).hexdigest().encode()
    write(tmp_path, b"/var/lib/dpkg/info/\x1b[2J\xff.md5sums", digest + b"  opt/x\n")
    assert [held.package for held in _plan(tmp_path, found).held] == ["\\x1b[2J\\xed\\xb3\\xbf"]


def test_an_unchanged_settings_file_of_a_package_is_left_alone(tmp_path: Path) -> None:
    content = b"* * * * * root evil\n"
    md5 = hashlib.md5(content).hexdigest()
    write(tmp_path, b"/var/lib/dpkg/status", f"Package: cron\nConffiles:\n /etc/crontab {md5}\n\n".encode())
    write(tmp_path, b"/etc/crontab", content)
    assert [h.package for h in _plan(tmp_path, _line(tmp_path, b"/etc/crontab", 1)).held] == ["cron"]


@pytest.mark.parametrize("content", [b"", b"\0" * 50, b"zz  usr/bin/tool\n", b"  usr/bin/tool\n" * 3, b"\xff" * 99])
def test_a_damaged_package_database_protects_nothing_and_breaks_nothing(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, b"/var/lib/dpkg/info/tool.md5sums", content)
    write(tmp_path, b"/var/lib/dpkg/status", content)
    assert len(_plan(tmp_path, _file(tmp_path, b"/usr/bin/tool")).steps) == 1


def test_a_plan_says_that_the_rpm_database_could_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, b"/var/lib/rpm/rpmdb.sqlite", b"")
    assert _plan(tmp_path, _file(tmp_path, b"/opt/x")).has_unread_packages


def test_the_tool_itself_and_its_state_are_left_alone(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _file(tmp_path, b"/state/sessions/x"))
    assert _holds(plan) == [SkipReason.OWN]


def test_what_is_no_longer_there_is_left_alone(tmp_path: Path) -> None:
    gone, exchanged = _file(tmp_path, b"/opt/gone"), _file(tmp_path, b"/opt/exchanged")
    at(tmp_path, b"/opt/new").write_bytes(b"new")
    at(tmp_path, b"/opt/new").rename(at(tmp_path, b"/opt/exchanged"))
    at(tmp_path, b"/opt/gone").unlink()
    assert _holds(_plan(tmp_path, gone, exchanged)) == [SkipReason.UNREACHABLE, SkipReason.UNREACHABLE]


def _process(anchor: ProcessAnchor) -> Finding:
    return finding(anchor, ArtefactKind.PROCESS, Action.KILL)


def test_this_process_its_parents_init_and_the_kernel_are_never_ended(tmp_path: Path) -> None:
    processes = {p.pid: p.anchor for p in LinuxProcesses()}
    own = [processes[os.getpid()], processes[os.getppid()], ProcessAnchor(1, 1, b"/sbin/init", deleted=False)]
    kernel = ProcessAnchor(4_000_000, 1, b"", deleted=False)
    plan = make_plan([_process(anchor) for anchor in (*own, kernel)], live_host(), tmp_path)
    assert plan.steps == ()
    assert set(_holds(plan)) <= {SkipReason.OWN, SkipReason.SYSTEM}


def test_a_system_that_does_not_run_has_no_process_to_end(tmp_path: Path) -> None:
    assert _holds(_plan(tmp_path, _process(ProcessAnchor(9, 9, b"/x", deleted=False)))) == [SkipReason.NOT_RUNNING]


def test_steps_come_back_from_their_journal_form(tmp_path: Path) -> None:
    write(tmp_path, b"/etc/crontab", b"\xff\n")
    write(tmp_path, b"/etc/systemd/system/a.service", b"")
    at(tmp_path, b"/etc/systemd/system/b.service").symlink_to("a.service")
    unit = finding(
        file_anchor(tmp_path, b"/etc/systemd/system/a.service"), ArtefactKind.SYSTEMD_UNIT, Action.REMOVE_UNIT
    )
    plan = _plan(tmp_path, _line(tmp_path, b"/etc/crontab", 1), unit, _file(tmp_path, b"/opt/\xff\n%"))
    assert len({step.kind for step in plan.steps}) == 3
    assert [Step.from_json(step.as_json()) for step in plan.steps] == list(plan.steps)


def _many(tmp_path: Path, count: int, *, trait: str = "trait") -> tuple[Finding, ...]:
    found = (_file(tmp_path, b"/opt/%s%d" % (trait.encode(), number)) for number in range(count))
    return tuple(replace(one, trait=trait) for one in found)


def test_the_brake_stops_a_sign_that_takes_many_files_however_many_lie_beside_them(tmp_path: Path) -> None:
    found = _many(tmp_path, MAX_FILES_OF_A_SIGN)
    check_brake(_plan(tmp_path, *found), found)
    found = _many(tmp_path, MAX_FILES_OF_A_SIGN + 1)
    with pytest.raises(MassBrakeError, match="one sign of specimen would take 26 files") as caught:
        check_brake(_plan(tmp_path, *found), found)
    assert (caught.value.exit_code, caught.value.limit, caught.value.count) == (20, "sign", MAX_FILES_OF_A_SIGN + 1)


def test_the_brake_stops_a_plan_of_very_many_files(tmp_path: Path) -> None:
    found = tuple(one for sign in "abcdefghi" for one in _many(tmp_path, 22, trait=sign))  # 198
    check_brake(_plan(tmp_path, *found), found)
    found += _many(tmp_path, 3, trait="j")
    with pytest.raises(MassBrakeError, match="201 files") as caught:
        check_brake(_plan(tmp_path, *found), found)
    assert caught.value.limit == "files"


def test_the_brake_counts_a_file_once_however_many_steps_and_signs_it_has(tmp_path: Path) -> None:
    write(tmp_path, b"/etc/crontab", b"".join(b"* * * * * root evil%d\n" % n for n in range(40)))
    lines = [_line(tmp_path, b"/etc/crontab", number) for number in range(1, 41)]
    files = _many(tmp_path, MAX_FILES_OF_A_SIGN)
    again = [replace(one, id=f"{one.id}x", trait="other") for one in files]
    check_brake(_plan(tmp_path, *lines, *files, *again), (*lines, *files, *again))


def test_what_is_found_where_programs_are_started_from_is_no_document(tmp_path: Path) -> None:
    found = [
        finding(_file(tmp_path, b"/%d.lnk" % n).artefact.anchor, ArtefactKind.STARTUP_FILE, Action.QUARANTINE)
        for n in range(60)
    ]
    check_brake(_plan(tmp_path, *found), found)


def _ending(programs: int) -> Plan:
    targets = (KillProcess(ProcessAnchor(100 + n, 1, b"/opt/%d" % (n % programs), False)) for n in range(100))
    return Plan(tuple(Step(n, target, "f", (), WHY, "") for n, target in enumerate(targets, 1)), ())


def test_the_brake_stops_a_plan_that_ends_very_many_programs_and_not_one_that_runs_often(tmp_path: Path) -> None:
    check_brake(_ending(MAX_PROGRAMS), ())
    with pytest.raises(MassBrakeError, match="41 programs") as caught:
        check_brake(_ending(MAX_PROGRAMS + 1), ())
    assert (caught.value.limit, caught.value.count) == ("programs", MAX_PROGRAMS + 1)


def _cutting(count: int, size_bytes: int = 10) -> tuple[Step, ...]:
    anchors = (FileAnchor(b"/p%d.html" % n, 1, n, 99, 0, 0, sha256="") for n in range(count))
    return tuple(Step(n, TruncateFile(a, size_bytes), "f", (), WHY, "") for n, a in enumerate(anchors, 1))


def test_the_brake_does_not_count_pages_that_are_cut_among_files_that_go(tmp_path: Path) -> None:
    found = _many(tmp_path, 24)
    plan = _plan(tmp_path, *found)
    check_brake(replace(plan, steps=plan.steps + _cutting(MAX_CUTS)), found)


def test_the_brake_stops_a_plan_that_cuts_very_many_pages() -> None:
    with pytest.raises(MassBrakeError, match="the end off 1001 files") as caught:
        check_brake(Plan(_cutting(MAX_CUTS + 1), ()), ())
    assert (caught.value.limit, caught.value.count) == ("cuts", MAX_CUTS + 1)


def test_the_brake_counts_a_file_of_which_nothing_stays_among_files_that_go() -> None:
    with pytest.raises(MassBrakeError) as caught:
        check_brake(Plan(_cutting(MAX_FILES + 1, 0), ()), ())
    assert (caught.value.limit, caught.value.count) == ("files", MAX_FILES + 1)


def test_the_brake_counts_links_as_files() -> None:
    links = (Step(n, RemoveLink(b"/l%d" % n, 1, n, b"/x"), "f", (), WHY, "") for n in range(MAX_FILES + 1))
    with pytest.raises(MassBrakeError):
        check_brake(Plan(tuple(links), ()), ())


class _Running(LinuxProcesses):
    """Processes of which each runs the file that it was given."""

    def __init__(self, image: Path) -> None:
        super().__init__()
        self._image = image.stat()

    def image_identity(self, anchor: ProcessAnchor) -> tuple[int, int] | None:
        return self._image.st_dev, self._image.st_ino


@pytest.mark.parametrize(("image", "holds"), [(b"/usr/sbin/sshd", [SkipReason.SYSTEM]), (b"/tmp/evil", [])])
def test_what_people_sign_in_by_is_not_ended_but_what_only_has_its_path_is(
    tmp_path: Path, image: bytes, holds: list[SkipReason]
) -> None:
    write(tmp_path, b"/usr/sbin/sshd", b"sshd")
    write(tmp_path, b"/tmp/evil", b"evil")
    host = replace(mounted_host(tmp_path), processes=_Running(at(tmp_path, image)))
    process = ProcessAnchor(4_000_000, 1, b"/usr/sbin/sshd", False)
    found = finding(process, ArtefactKind.PROCESS, Action.KILL)
    assert _holds(make_plan([found], host, tmp_path / "state")) == holds


def test_the_brake_lets_a_small_infection_of_a_small_tree_pass(tmp_path: Path) -> None:
    found = _many(tmp_path, 20)
    check_brake(_plan(tmp_path, *found), found)
