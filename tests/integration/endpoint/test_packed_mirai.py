"""A Mirai that is packed shows its hidden words only in memory: it is ended, its file goes, honest programs run on."""

import contextlib
import os
import platform
import signal
import struct
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.waiting import until

from quetsach.cli.trial.specimen import running_host
from quetsach.endpoint.act.clean import clean
from quetsach.endpoint.artefact import Finding, ProcessAnchor
from quetsach.endpoint.host.posix.linux import LinuxHost
from quetsach.endpoint.plan.plan import make_plan
from quetsach.endpoint.scanner.scan import Scope, scan
from quetsach.endpoint.store.state import State
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import innocent, load_specimen

SHELF = Path(__file__).parents[3] / "packs"
MIRAI = load_pack(SHELF / "mirai-gafgyt")
HIDDEN = load_specimen(SHELF / "mirai-gafgyt").MIRAI_STRINGS
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PACKED, SCANNER, PLAIN = "tmp/.k7x", "usr/local/bin/scanner", "var/tmp/.cache"

pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the program is x86-64 code")


def _unpacking(words: bytes) -> bytes:
    """Return a program that keeps words so that no rule sees them, unpacks them in memory and sleeps.

    Each byte is combined with its distance from the end, as one key for all is what Mirai's own table has.
    """
    kept = bytes(byte ^ ((len(words) - at) & 0xFF) for at, byte in enumerate(words))
    code = (
        b"\xb9" + struct.pack("<I", len(words))  # mov ecx, length
        + b"\x30\x0e\x48\xff\xc6\xe2\xf9"  # again: xor [rsi], cl; inc rsi; loop again
        + b"\xb8\x25\0\0\0\xbf\x58\x02\0\0\x0f\x05"  # alarm(600), which ends it in any case
        + b"\xb8\x22\0\0\0\x0f\x05\xeb\xf7"  # pause(), for ever
    )  # fmt: skip
    code = b"\x48\x8d\x35" + struct.pack("<i", len(code)) + code  # lea rsi, what is behind the code
    size = 64 + 56 + len(code) + len(kept)
    identity = b"\x7fELF\2\1\1".ljust(16, b"\0")
    head = identity + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 7, 0, 0x400000, 0x400000, size, size, 0x1000)  # may write to itself
    return head + segment + code + kept


@pytest.fixture
def host(tmp_path: Path) -> Iterator[LinuxHost]:
    """A packed Mirai in /tmp, another scanner that holds the same words, and a program in /var/tmp with other words.

    They are started by a shell: children of a scan are its own workers.
    """
    root = tmp_path / "disk"
    root.mkdir()
    programs = {PACKED: HIDDEN, SCANNER: HIDDEN, PLAIN: b"an honest program unpacks itself, too" * 20}
    innocent.plant(root, {path: _unpacking(words) for path, words in programs.items()})
    with contextlib.ExitStack() as at_end:
        for path in programs:
            (root / path).chmod(0o755)
            shell = subprocess.Popen(["sh", "-c", '"$0"; true', root / path], cwd="/", start_new_session=True)
            at_end.callback(shell.wait)
            at_end.callback(os.killpg, shell.pid, signal.SIGKILL)
        system = running_host(root)
        until(lambda: len(_running(system)) == len(programs))
        until(lambda: all(_is_unpacked(pid) for pid in _running(system).values()))
        yield system


def _is_unpacked(pid: int) -> bool:
    """Say whether a program sleeps, which it does when all its words are unpacked."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] == "S"


def _running(host: LinuxHost) -> dict[str, int]:
    processes = ((os.fsdecode(one.executable), one.pid) for one in host.processes or ())
    return {path[1:]: pid for path, pid in processes if path[1:] in {PACKED, SCANNER, PLAIN}}


def _found(host: LinuxHost) -> tuple[Finding, ...]:
    return scan(host, [MIRAI], scope=Scope.FULL, now=NOW).findings


def test_it_is_known_by_its_memory_and_ended_with_its_file(host: LinuxHost, tmp_path: Path) -> None:
    running = _running(host)
    found = _found(host)
    anchors = [finding.artefact.anchor for finding in found]
    assert {finding.trait for finding in found} == {"packed-mirai-in-passing", "packed-program"}
    assert [anchor.pid for anchor in anchors if isinstance(anchor, ProcessAnchor)] == [running[PACKED]]
    state = State.open(tmp_path / "state")
    with state.lock():
        plan = make_plan(found, host, state.folder)
        result = clean(plan, host, state, look_again=lambda: _found(host), packs=(), now=NOW)
    assert result.remaining == ()
    assert _running(host) == {path: running[path] for path in (SCANNER, PLAIN)}
    assert [(tmp_path / "disk" / path).exists() for path in (PACKED, SCANNER, PLAIN)] == [False, True, True]


def test_the_file_of_one_that_does_not_run_shows_nothing(tmp_path: Path) -> None:
    innocent.plant(tmp_path, {PACKED: _unpacking(HIDDEN)})
    assert _found(running_host(tmp_path)) == ()
