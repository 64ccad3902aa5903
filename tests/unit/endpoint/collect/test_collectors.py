"""Collectors on a small system made for the test."""

import os
from pathlib import Path

import pytest
from tests.machine import KEY, Machine

from quetsach.core.pack import ArtefactKind
from quetsach.endpoint.artefact import Artefact, FileAnchor, LineAnchor, ProcessAnchor
from quetsach.endpoint.collect import running, text
from quetsach.endpoint.collect.accounts import User, parse_passwd, users_of
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.scan_issue import Reason, ScanIssue

CRON = ("cron-system", "cron-user", "anacron", "cron-script", "at-job")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _lines(found: list[Artefact]) -> list[tuple[bytes, int]]:
    anchors = [artefact.anchor for artefact in found]
    return [(anchor.file.path, anchor.number) for anchor in anchors if isinstance(anchor, LineAnchor)]


def test_users_are_those_with_a_home_and_always_root(machine: Machine) -> None:
    assert users_of(machine.host.tree) == (User(b"root", b"/root"), User(b"lan", b"/home/lan"))
    machine.write("/etc/passwd", "")
    assert users_of(machine.host.tree) == (User(b"root", b"/root"),)


def test_a_home_with_a_null_byte_is_nobodys() -> None:
    assert list(parse_passwd(b"x:x:1:1::/ho\0me:/bin/sh\n")) == []


def test_cron_tables_of_system_users_and_anacron_are_read_line_by_line(machine: Machine) -> None:
    machine.write("/etc/crontab", "# c\n* * * * * root /a\n")
    machine.write("/etc/cron.d/x", "@reboot lan ~/b\n")
    machine.write("/var/spool/cron/crontabs/lan", "\n\n* * * * * ~/c\n")
    machine.write("/etc/anacrontab", "1 5 job /d\n")
    machine.write("/etc/cron.daily/e", "#!/bin/sh\n/e\n")
    machine.write("/var/spool/cron/atjobs/a0000", "#!/bin/sh\n/f\n")
    found = machine.artefacts(*CRON)
    assert [(a.fields["path"], a.fields["user"], a.refers_to) for a in found] == [
        ("/etc/crontab", "root", (b"/a",)),
        ("/etc/cron.d/x", "lan", (b"/home/lan/b",)),
        ("/var/spool/cron/crontabs/lan", "lan", (b"/home/lan/c",)),
        ("/etc/anacrontab", "root", (b"/d",)),
        ("/etc/cron.daily/e", "root", (b"/e",)),
        ("/var/spool/cron/atjobs/a0000", "root", (b"/f",)),
    ]
    assert [a.fields["schedule"] for a in found] == ["* * * * *", "@reboot", "* * * * *", "1", "@daily", "at"]
    assert [a.anchor.number for a in found if isinstance(a.anchor, LineAnchor)] == [2, 1, 3, 1, 2, 2]


def test_a_line_is_anchored_with_its_bytes(machine: Machine) -> None:
    machine.write("/etc/crontab", b"* * * * * root /\xff\t x \r\n")
    [artefact] = machine.artefacts(*CRON)
    assert isinstance(artefact.anchor, LineAnchor)
    assert artefact.anchor.line == b"* * * * * root /\xff\t x \r"
    assert artefact.anchor.file.path == b"/etc/crontab"
    assert artefact.fields["command"] == r"/\xff\t x"


def test_every_line_of_the_preload_file_names_its_libraries(machine: Machine) -> None:
    machine.write("/etc/ld.so.preload", "# none\n/lib/a.so:/lib/b.so  /lib/c.so # d\n\n")
    [artefact] = machine.artefacts("preload")
    assert artefact.refers_to == (b"/lib/a.so", b"/lib/b.so", b"/lib/c.so")


def test_keys_of_every_account_and_of_the_configured_place_are_read(machine: Machine) -> None:
    machine.write("/root/.ssh/authorized_keys", f"{KEY} one\n")
    machine.write("/home/lan/.ssh/authorized_keys2", f"{KEY} two\n")
    machine.write("/etc/ssh/sshd_config", "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u\n")
    machine.write("/etc/ssh/keys/lan", f"{KEY} three\n")
    found = machine.artefacts("authorized-keys")
    assert [(a.fields["user"], a.fields["comment"]) for a in found] == [
        ("root", "one"),
        ("lan", "two"),
        ("lan", "three"),
    ]


def test_a_key_that_is_bound_to_a_command_refers_to_its_files(machine: Machine) -> None:
    machine.write("/root/.ssh/authorized_keys", f'command="~/x" {KEY} c\n')
    [artefact] = machine.artefacts("authorized-keys")
    assert artefact.refers_to == (b"/root/x",)


def test_lines_run_at_the_start_are_read(machine: Machine) -> None:
    machine.write("/etc/rc.local", "#!/bin/sh\n/a &\nexit 0\n")
    machine.write("/etc/init.d/b", "/b\n")
    assert _lines(machine.artefacts("rc-local")) == [
        (b"/etc/rc.local", 2),
        (b"/etc/rc.local", 3),
        (b"/etc/init.d/b", 1),
    ]


def test_a_file_that_two_names_lead_to_is_read_once(machine: Machine) -> None:
    machine.write("/etc/rc.d/rc.local", "/a\n")
    machine.link("/etc/rc.local", "rc.d/rc.local")
    assert _lines(machine.artefacts("rc-local")) == [(b"/etc/rc.d/rc.local", 1)]


def test_lines_run_at_sign_in_are_read_for_the_system_and_every_account(machine: Machine) -> None:
    machine.write("/etc/profile", "/a\n")
    machine.write("/etc/profile.d/b.sh", "/b\n")
    machine.write("/root/.bashrc", "/c\n")
    machine.write("/home/lan/.profile", "~/d\n")
    found = machine.artefacts("shell-profile")
    assert sorted(artefact.refers_to for artefact in found) == [(b"/a",), (b"/b",), (b"/c",), (b"/home/lan/d",)]


def test_units_of_system_and_users_are_read_with_the_files_they_start(machine: Machine) -> None:
    machine.write("/etc/systemd/system/a.service", "[Service]\nExecStart=-/a/b --x\nExecStopPost=+/c\n")
    machine.write("/home/lan/.config/systemd/user/d.service", "[Service]\nExecStart=~/d\n")
    system, user = machine.artefacts("systemd-unit")
    assert (system.fields["name"], system.fields["exec"], system.refers_to) == (
        "a.service",
        "/a/b --x; /c",
        (b"/a/b", b"/c"),
    )
    assert (user.fields["user"], user.refers_to) == ("lan", (b"/home/lan/d",))
    assert isinstance(system.anchor, FileAnchor)


@pytest.mark.parametrize(("setting", "unit"), [("", "x.service"), ("Unit=y.service\n", "y.service")])
def test_a_timer_refers_to_the_file_of_its_service(machine: Machine, setting: str, unit: str) -> None:
    machine.write("/etc/systemd/system/x.timer", f"[Timer]\n{setting}")
    machine.write(f"/usr/lib/systemd/system/{unit}", "[Service]\n")
    timer = machine.artefacts("systemd-unit")[0]
    assert timer.fields["starts"] == unit
    assert timer.refers_to == (b"/usr/lib/systemd/system/" + unit.encode(),)


def test_a_unit_linked_from_elsewhere_is_looked_at_where_it_lies(machine: Machine) -> None:
    machine.write("/opt/x.service", "[Service]\nExecStart=/x\n")
    machine.link("/etc/systemd/system/multi-user.target.wants/x.service", "/opt/x.service")
    [artefact] = machine.artefacts("systemd-unit")
    assert isinstance(artefact.anchor, FileAnchor)
    assert artefact.anchor.path == b"/opt/x.service"


def test_drop_ins_say_which_unit_they_change(machine: Machine) -> None:
    machine.write("/etc/systemd/system/ssh.service.d/x.conf", "[Service]\nExecStartPre=/x\n")
    [artefact] = machine.artefacts("systemd-unit")
    assert (artefact.fields["drop_in"], artefact.fields["type"], artefact.refers_to) == (
        "ssh.service",
        "service",
        (b"/x",),
    )


def test_masked_units_and_merged_folders_are_not_counted_twice(machine: Machine) -> None:
    machine.write("/dev/null", "")
    machine.link("/etc/systemd/system/masked.service", "/dev/null")
    machine.write("/usr/lib/systemd/system/a.service", "[Service]\n")
    machine.link("/lib", "usr/lib")
    names = [artefact.fields["name"] for artefact in machine.artefacts("systemd-unit")]
    assert names.count("a.service") == 1


def test_a_table_that_cannot_be_read_is_said(machine: Machine) -> None:
    os.mkfifo(machine.write("/etc/cron.d/x", "").with_name("pipe"))
    assert list(machine.collect(*CRON)) == [ScanIssue(b"/etc/cron.d/pipe", Reason.SPECIAL)]


def test_a_table_padded_beyond_reading_is_said(machine: Machine) -> None:
    machine.write("/etc/crontab", b"\n" * (text.MOST_LINES + 1))
    with (machine.root / "etc/anacrontab").open("wb") as file:
        file.truncate(text.TEXT_LIMIT_BYTES + 1)
    assert list(machine.collect(*CRON)) == [
        ScanIssue(b"/etc/crontab", Reason.OVERFULL),
        ScanIssue(b"/etc/anacrontab", Reason.OVERFULL),
    ]


def test_a_link_out_of_the_root_reads_nothing(machine: Machine) -> None:
    machine.link("/etc/crontab", "../../../../../../../../etc/hostname-of-nobody")
    machine.link("/etc/cron.d/x", "/proc/self/environ")
    assert list(machine.collect(*CRON)) == []


def _process(executable: bytes, *arguments: bytes) -> Process:
    return Process(ProcessAnchor(9, 9, executable, deleted=False), 1, 0, arguments, b"/home/lan", b"x")


@pytest.mark.parametrize(
    ("process_", "expected"),
    [
        (_process(b"/bin/sh", b"sh", b"/x"), (b"/x",)),
        (_process(b"/bin/bash", b"-bash"), ()),
        (_process(b"/usr/bin/python3.13", b"python3", b"-u", b"run.py", b"/arg"), (b"/home/lan/run.py",)),
        (_process(b"/bin/dash", b"sh", b"-c", b"/x/y; true"), (b"/x/y",)),
        (_process(b"/usr/bin/vim", b"vim", b"/x"), ()),
        (_process(b"/usr/bin/cat", b"sh", b"/x"), ()),
    ],
)
def test_only_what_runs_a_script_refers_to_it(process_: Process, expected: tuple[bytes, ...]) -> None:
    named = tuple(path for path in running.script_of(process_) if b"bin/" not in path)
    assert named == expected


def test_a_mounted_disk_has_no_processes(machine: Machine) -> None:
    assert list(running.read_processes(machine.host)) == []


def test_every_kind_of_line_has_its_own_kind_of_artefact(machine: Machine) -> None:
    machine.write("/etc/rc.local", "/a\n")
    machine.write("/etc/profile", "/a\n")
    kinds = [artefact.kind for artefact in machine.artefacts("rc-local", "shell-profile")]
    assert kinds == [ArtefactKind.RC_LOCAL_LINE, ArtefactKind.PROFILE_LINE]
