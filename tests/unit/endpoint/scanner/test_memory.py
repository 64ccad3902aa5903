"""Rules are looked for in the memory of processes."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from quetsach.core.pack import Action, ArtefactKind, Pack, Trait
from quetsach.core.text import LocalText
from quetsach.endpoint import ScanError
from quetsach.endpoint.artefact import ProcessAnchor
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.posix.processes import LinuxProcesses
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.memory import MemoryReader, MemoryResult, memory_rules

RULE = (
    'rule bad { meta: author = "A" strings: $a = "worm code" condition: $a and filesize < 1MB and uint16(0) == 0x457f }'
)
TEXT = LocalText("vì", "why")
PROCESS = Trait("process", ArtefactKind.PROCESS, Action.KILL, TEXT, rule="bad", memory=True)


def _pack(trait: Trait, rules: str = RULE) -> Pack:
    return Pack(
        family="worm", version="2026.01.01", name=TEXT, platforms=frozenset({"linux"}), severity="high", aliases=(),
        references=(), author="a", licence="l", rules=rules, traits=(trait,), guidance=TEXT, digest="",
    )  # fmt: skip


@contextlib.contextmanager
def _running(program: str, *arguments: str, python: str = sys.executable) -> Iterator[ProcessAnchor]:
    """Run a program as a grandchild: the children of the scanning process are its workers."""
    program = f"import os, sys; {program}; print(os.getpid(), flush=True); sys.stdin.read()"
    command = ["sh", "-c", '"$@"; true', "sh", python, "-c", program, "de", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        found = LinuxProcesses().read(int(process.stdout.readline()))
        assert found is not None
        yield found.anchor
        os.kill(found.pid, signal.SIGKILL)


HOLDING = 'held = "wo" "rm " + "co" + sys.argv[1]'


@pytest.fixture
def reader() -> Iterator[MemoryReader]:
    """A reader with the rules of a pack."""
    with contextlib.closing(MemoryReader(memory_rules([_pack(PROCESS)]))) as reader:
        yield reader


def test_a_rule_for_files_is_found_in_memory_without_size_and_header(reader: MemoryReader) -> None:
    with _running(HOLDING) as anchor:
        look = reader.look(anchor)
    assert isinstance(look, MemoryResult)
    assert look.hits == (Hit("worm", "bad", "A", in_memory=True),)
    assert look.size_bytes > 1 << 20
    assert not look.is_cut_short


def test_a_process_without_it_shows_nothing(reader: MemoryReader) -> None:
    with _running("pass") as anchor:
        look = reader.look(anchor)
    assert isinstance(look, MemoryResult)
    assert look.hits == ()


def test_this_tool_which_holds_the_rules_is_left_out(reader: MemoryReader) -> None:
    own = LinuxProcesses().read(os.getpid())
    assert own is not None
    assert reader.look(own.anchor) == MemoryResult()


def test_what_looks_like_another_run_of_this_tool_is_left_out_and_told(reader: MemoryReader) -> None:
    with _running(HOLDING, "quetsach") as anchor:
        assert reader.look(anchor) == ScanIssue(anchor.executable, Reason.OWN)


def test_another_program_that_only_takes_its_name_is_not(reader: MemoryReader, tmp_path: Path) -> None:
    other = shutil.copy(os.path.realpath(sys.executable), tmp_path / "python")
    with _running(HOLDING, "quetsach", python=str(other)) as anchor:
        look = reader.look(anchor)
    assert isinstance(look, MemoryResult)
    assert look.hits


def test_a_process_that_has_ended_shows_nothing(reader: MemoryReader) -> None:
    with _running(HOLDING) as anchor:
        pass
    assert reader.look(anchor) == MemoryResult()
    with _running(HOLDING) as anchor:
        assert reader.look(replace(anchor, start_ticks=1)) == MemoryResult()


def test_without_rules_for_memory_nothing_is_started() -> None:
    assert memory_rules([_pack(replace(PROCESS, memory=False))]) == {}
    reader = MemoryReader({}, ["/does/not/exist"])
    assert reader.look(ProcessAnchor(1, 1, b"/x", deleted=False)) == MemoryResult()


def test_a_family_whose_rule_has_no_variant_has_no_rules_for_memory() -> None:
    assert memory_rules([_pack(PROCESS, "rule bad { condition: filesize < 5 }")]) == {}


DYING = """
import os
from quetsach.endpoint.host.live import starter
orders, answers = starter()
orders.recv()
answers.send(None)
orders.recv()
{end}
"""


def test_a_crash_costs_the_process_that_was_read_and_the_next_is_looked_into() -> None:
    command = [sys.executable, "-c", DYING.format(end="os.kill(os.getpid(), 11)")]
    anchor = ProcessAnchor(1, 1, b"/x", deleted=False)
    with contextlib.closing(MemoryReader({"x": RULE}, command)) as reader:
        assert [reader.look(anchor), reader.look(anchor)] == [ScanIssue(b"/x", Reason.CRASHED)] * 2


def test_a_hang_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quetsach.endpoint.scanner.memory._PATIENCE_SECONDS", 0.05)
    command = [sys.executable, "-c", DYING.format(end="orders.recv()")]
    with contextlib.closing(MemoryReader({"x": RULE}, command)) as reader:
        assert reader.look(ProcessAnchor(1, 1, b"/x", deleted=False)) == ScanIssue(b"/x", Reason.TIMED_OUT)


@pytest.mark.parametrize("command", [["/does/not/exist"], [sys.executable, "-c", ""]])
def test_a_reader_that_does_not_start_is_said(command: list[str]) -> None:
    with pytest.raises(ScanError, match="reader of memory"):
        MemoryReader({"x": RULE}, command).look(ProcessAnchor(1, 1, b"/x", deleted=False))
