"""A hostile disk does not hold a collector up, and what was left out is said."""

from pathlib import Path

import pytest
from tests.machine import Machine

from quetsach.endpoint.artefact import Artefact
from quetsach.endpoint.collect import reading, text
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.scan_issue import Reason, ScanIssue


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def _troubles(machine: Machine, name: str) -> list[ScanIssue]:
    return [item for item in machine.collect(name) if isinstance(item, ScanIssue)]


def test_a_line_that_names_more_files_than_anyone_needs_is_read_in_part(machine: Machine) -> None:
    names = " ".join(f"/x/{number}" for number in range(reading.MOST_NAMED_IN_FILE + 1))
    machine.write("/etc/crontab", f"* * * * * root {names}\n* * * * * root /last\n")
    first, last, trouble = machine.collect("cron-system")
    assert isinstance(first, Artefact)
    assert isinstance(last, Artefact)
    assert len(first.refers_to) == reading.MOST_NAMED_IN_FILE
    assert last.refers_to == ()
    assert trouble == ScanIssue(b"/etc/crontab", Reason.OVERFULL)


def test_a_command_too_long_to_be_read_whole_is_said(machine: Machine) -> None:
    machine.write("/etc/crontab", b"* * * * * root " + b"a" * 70_000)
    assert _troubles(machine, "cron-system") == [ScanIssue(b"/etc/crontab", Reason.OVERFULL)]


@pytest.mark.parametrize(
    ("limit", "value", "place"),
    [
        ("MOST_FILES", 2, b"/etc/cron.d/1"),
        ("MOST_TEXT_BYTES", 20, b"/etc/cron.d/1"),
        ("MOST_NAMED", 2, b"/etc/cron.d/2"),
        ("MOST_ARTEFACTS", 2, b"/etc/cron.d/1"),
        ("MOST_NAMES", 2, b"/etc/cron.d"),
    ],
)
def test_whatever_limit_ends_a_collector_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, place: bytes
) -> None:
    for number in range(4):
        machine.write(f"/etc/cron.d/{number}", f"@reboot root /{number}\n")
    for module in (reading, text):
        if hasattr(module, limit):
            monkeypatch.setattr(module, limit, value)
    monkeypatch.setattr("quetsach.endpoint.collect.MOST_ARTEFACTS", reading.MOST_ARTEFACTS)
    assert ScanIssue(place, Reason.OVERFULL) in _troubles(machine, "cron-system")


def test_a_folder_that_cannot_be_read_is_said(machine: Machine) -> None:
    machine.link("/etc/cron.d", "cron.d")
    assert _troubles(machine, "cron-system") == [ScanIssue(b"/etc/cron.d", Reason.CHANGED)]


def test_where_a_path_leads_is_asked_once_a_scan(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write("/etc/crontab", "* * * * * root /x\n" * 500)
    asked: list[bytes] = []
    resolve = reading.resolve_files

    def counted(tree: object, paths: tuple[bytes, ...]) -> tuple[bytes, ...]:
        asked.extend(paths)
        return resolve(tree, paths)

    monkeypatch.setattr(reading, "resolve_files", counted)
    assert len(machine.artefacts("cron-system")) == 500
    assert asked == [b"/x"]


def test_a_file_that_starts_and_is_larger_than_what_is_hashed_is_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE_BYTES", 3)
    machine.write("/etc/systemd/system-generators/x", b"\x7fELF")
    assert _troubles(machine, "systemd-generator") == [ScanIssue(b"/etc/systemd/system-generators/x", Reason.OVERFULL)]


@pytest.mark.parametrize(("limit", "value"), [("MOST_HASHED_BYTES", 20), ("MOST_TEXT_BYTES", 20), ("MOST_FILES", 2)])
def test_what_a_folder_of_scripts_may_cost_is_bounded_and_said(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(reading, limit, value)
    for number in range(4):
        machine.write(f"/etc/grub.d/{number}", "#!/bin/sh\n/x\n")
    place = b"/etc/grub.d" if limit == "MOST_FILES" else b"/etc/grub.d/1"
    assert ScanIssue(place, Reason.OVERFULL) in _troubles(machine, "script-folder")


def test_homes_are_asked_once_what_they_have(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.write("/etc/passwd", "".join(f"u{n}:x:{n}:{n}::/home/u{n}:/bin/sh\n" for n in range(1_000)))
    machine.write("/home/u7/.bashrc", "/x\n")
    asked: list[bytes] = []
    read = reading.read_text

    def counted(tree: Tree, path: bytes) -> object:
        asked.append(path)
        return read(tree, path)

    monkeypatch.setattr(reading, "read_text", counted)
    assert [a.fields["user"] for a in machine.artefacts("shell-profile")] == ["u7"]
    assert [path for path in asked if path.startswith(b"/home")] == [b"/home/u7/.bashrc"]
