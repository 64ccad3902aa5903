"""Writes an edited copy of a hive: all edits or none, and read again before it is called done.

Every edited key of the copy must be as it was to be, every other key as it was, and lists of keys that were made in the
order and with the hashes by which Windows searches them.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.disk import Own, open_own, parts_of, sync, write_all
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.hive_draft import Draft
from quetsach.endpoint.host.hive_space import Space
from quetsach.endpoint.host.hive_writer import Writer
from quetsach.endpoint.host.registry import RegistryEdit

DIRTY_HINT = (
    "start Windows from this disk once and shut it down with: shutdown /s /t 0 (not with fast start-up, "
    "which the switch /hybrid or the Start menu uses); then try again"
)
"""What helps when a hive was not closed cleanly."""

_EPOCH_SECONDS = 11_644_473_600  # 1601 to 1970


def edit_hive(source: int, target: Path, edits: Sequence[RegistryEdit], *, now: float) -> None:
    """Write a copy of a hive with edits made to a new file, on disk when this returns. The source is not changed.

    Args:
        source: open descriptor of the hive.
        target: a path of our own where nothing is yet; it is removed again when the edits fail.
        edits: in order; keys are paths from the root of the hive.
        now: seconds since 1970, the time of change that the edited keys get.

    Raises:
        RegistryError: the hive was not closed cleanly, is damaged where it is to be edited, or the copy is not what it
            was to be.
        OSError: the target cannot be written.
    """
    before = Hive(os.dup(source))
    if not before.is_clean:
        raise RegistryError("the hive was not closed cleanly, so its newest entries are in its logs", hint=DIRTY_HINT)
    draft = Draft(before)
    for edit in edits:
        draft.take(edit)
    changed = int((now + _EPOCH_SECONDS) * 10_000_000)
    made = open_own(target, Own.NEW)
    try:
        try:
            _write_wiped(before, draft, source, made, changed)
        finally:
            os.close(made)
    except BaseException:
        target.unlink()
        raise


def _write_wiped(before: Hive, draft: Draft, source: int, made: int, changed: int) -> None:
    """Write the edited hive, what goes overwritten with zeros if that can be, and put it on disk."""
    try:
        _write(before, draft, source, made, changed, wipes=True)
    except RegistryError:  # a hive can be made so that what goes shares cells with what stays: then they are left
        os.ftruncate(made, 0)
        os.lseek(made, 0, os.SEEK_SET)
        _write(before, draft, source, made, changed, wipes=False)
    sync(made)


def _write(before: Hive, draft: Draft, source: int, made: int, changed: int, *, wipes: bool) -> None:
    for part in parts_of(source, before.size_bytes):
        write_all(made, part)
    space = Space(made)
    if Writer(before, space, changed).write(draft.root, wipes=wipes):
        space.finish(changed)
    draft.check(Hive(os.dup(made)))
