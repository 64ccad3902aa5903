"""Where a program is believed rather than the rule, what runs of it is left alone too: ending it has no undo."""

import hashlib
from pathlib import Path

import pytest
from tests.infection import file_anchor, finding, write

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import LinuxHost
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.plan.plan import Plan, make_plan
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import KillProcess

TOOL = b"/usr/bin/tool"


def _plan(root: Path, process: ProcessAnchor, *, packaged: bool) -> Plan:
    write(root, TOOL, b"content")
    if packaged:
        line = f"{hashlib.md5(b'content').hexdigest()}  usr/bin/tool\n"
        write(root, b"/var/lib/dpkg/info/tool.md5sums", line.encode())
    host = LinuxHost(PosixTree(root), LinuxProcesses(), None)
    found = [
        finding(process, ArtefactKind.PROCESS, Action.KILL),
        finding(file_anchor(root, TOOL), ArtefactKind.FILE, Action.QUARANTINE),
    ]
    return make_plan(found, host, root / "state")


def test_a_process_of_an_intact_packaged_program_is_not_ended(tmp_path: Path) -> None:
    plan = _plan(tmp_path, ProcessAnchor(4_000_000, 1, TOOL, deleted=False), packaged=True)
    assert plan.steps == ()
    assert [held.hold for held in plan.held] == [SkipReason.PACKAGE, SkipReason.PACKAGE]


@pytest.mark.parametrize(
    ("process", "packaged"),
    [
        (ProcessAnchor(4_000_000, 1, TOOL, deleted=False), False),
        (ProcessAnchor(4_000_000, 1, TOOL, deleted=True), True),
        (ProcessAnchor(4_000_000, 1, b"/tmp/other", deleted=False), True),
    ],
    ids=["not of a package", "an image that was deleted", "another program"],
)
def test_another_process_is_ended(tmp_path: Path, process: ProcessAnchor, packaged: bool) -> None:
    assert KillProcess(process) in [step.target for step in _plan(tmp_path, process, packaged=packaged).steps]
