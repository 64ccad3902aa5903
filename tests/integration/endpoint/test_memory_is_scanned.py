"""What a process holds only in memory is found by a scan, and only where a pack asks for it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from quetsach.core.pack import Action, ArtefactKind, Pack, Trait
from quetsach.core.text import LocalText
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.host.posix.linux import live_host
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.host.process import Process
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.scan import Scope, scan

TEXT = LocalText("vì", "why")
TRAIT = Trait("unpacked", ArtefactKind.PROCESS, Action.KILL, TEXT, rule="unpacked", memory=True)
PACK = Pack(
    family="worm", version="2026.01.01", name=TEXT, platforms=frozenset({"linux"}), severity="high", aliases=(),
    references=(), author="a", licence="l", traits=(TRAIT,), guidance=TEXT, digest="",
    rules="rule unpacked { strings: $a = { 77 6f 72 6d 20 63 6f 64 65 } condition: uint16(0) == 0x457f and $a }",
)  # fmt: skip
PROGRAM = "import os, sys; held = 'wo' + 'rm ' + sys.argv[1]; print(os.getpid(), flush=True); sys.stdin.read()"


class _Only(LinuxProcesses):
    """The processes of this machine, of which one is there."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid = pid

    def __iter__(self) -> Iterator[Process]:
        process = self.read(self._pid)
        if process is not None:
            yield process


@pytest.fixture
def pid() -> Iterator[int]:
    """A process that put a text together in its memory; a grandchild, as children are the scan's own workers."""
    command = ["sh", "-c", '"$@"; true', "sh", sys.executable, "-c", PROGRAM, "code"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        pid = int(shell.stdout.readline())
        yield pid
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("memory", [True, False])
def test_a_process_is_known_by_what_it_unpacked(pid: int, tmp_path: Path, *, memory: bool) -> None:
    host = replace(live_host(), tree=PosixTree(tmp_path), processes=_Only(pid))
    pack = replace(PACK, traits=(replace(TRAIT, memory=memory),))
    found = scan(host, [pack], scope=Scope.QUICK, now=datetime(2026, 11, 25, tzinfo=UTC))
    anchors = [finding.artefact.anchor for finding in found.findings]
    assert [anchor.pid for anchor in anchors if isinstance(anchor, ProcessAnchor)] == ([pid] if memory else [])
    assert [finding.evidence for finding in found.findings] == ["unpacked, in memory"] * memory


def test_memory_that_was_not_reached_when_the_scan_ended_is_said(pid: int, tmp_path: Path) -> None:
    control = Control()
    control.end()
    host = replace(live_host(), tree=PosixTree(tmp_path), processes=_Only(pid))
    found = scan(host, [PACK], scope=Scope.QUICK, now=datetime(2026, 11, 25, tzinfo=UTC), control=control)
    assert found.findings == ()
    assert any(trouble.reason is Reason.NOT_REACHED and b"python" in trouble.path for trouble in found.failures)
