"""Writes an edited copy of a hive: all edits or none, and read again before it is called done.

The library hivex writes, in a process of its own (``hive_worker``). What it is not trusted with is refused: names that
are no plain text, data over 16,344 bytes (Windows keeps those in segments, hivex does not). Afterwards the copy is read
by our own reader: every edited key must be as it was to be, every other key as it was, and lists of keys in the order
and with the hashes by which Windows searches them (those of names beyond ASCII hivex gets wrong; they are mended).
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.hive_draft import Act, Draft
from quetsach.endpoint.host.hive_worker import NO_LIBRARY
from quetsach.endpoint.host.registry import RegistryEdit

DIRTY_HINT = (
    "start Windows from this disk once and shut it down with: shutdown /s /t 0 (not with fast start-up, "
    "which the switch /hybrid or the Start menu uses); then try again"
)
"""What helps when a hive was not closed cleanly."""

WORKER = (sys.executable, "-P", "-m", "quetsach.endpoint.host.hive_worker")

_PATIENCE_SECONDS = 180


def edit_hive(source: int, target: Path, edits: Sequence[RegistryEdit], *, command: Sequence[str] = WORKER) -> None:
    """Write a copy of a hive with edits made to a new file, on disk when this returns. The source is not changed.

    Args:
        source: open descriptor of the hive.
        target: a path of our own where nothing is yet; it is removed again when the edits fail.
        edits: in order; keys are paths from the root of the hive.
        command: how the writing process is started.

    Raises:
        RegistryError: the hive was not closed cleanly, is damaged, holds in an edited key what cannot be written
            exactly, the library is missing or failed, or the copy is not what it was to be.
        OSError: the target cannot be written.
    """
    before = Hive(os.dup(source))
    if not before.is_clean:
        raise RegistryError("the hive was not closed cleanly, so its newest entries are in its logs", hint=DIRTY_HINT)
    draft = Draft(before)
    for edit in edits:
        draft.take(edit)
    made = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _write(source, made, before.size_bytes, draft.acts(), command)
        draft.mend(made)
        os.fsync(made)
        draft.check(Hive(os.dup(made)))
    except BaseException:
        target.unlink()
        raise
    finally:
        os.close(made)


def _write(source: int, target: int, size: int, acts: Sequence[Act], command: Sequence[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603  (our own program)
            (*command, str(source), str(target), str(size)),
            input=json.dumps(acts).encode(),
            capture_output=True,
            pass_fds=(source, target),
            timeout=_PATIENCE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise RegistryError("the process that edits hives did not end, or was not to be started") from None
    try:
        wrong = json.loads(done.stdout[:10_000]) if done.returncode == 0 else ""
    except ValueError:
        wrong = None
    if done.returncode != 0 or not isinstance(wrong, str):
        raise RegistryError("the process that edits hives broke on this one; the hive is damaged")
    if wrong == NO_LIBRARY:
        raise RegistryError("the library that edits hives is missing", hint="as root: apt install libhivex0")
    if wrong:
        raise RegistryError(wrong)
