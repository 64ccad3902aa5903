"""Removal of lines from text files, and putting them back.

The original is sealed as a whole first. The new text replaces the file in one step, with the same owner, mode,
attributes and flags; its time of change is the real one, so that services notice. A file in which nothing but blank
lines would be left is removed as a whole, as its own quarantine.
"""

import errno
import os
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from quetsach.endpoint.act.file import decide_return, file_anchor, look_at_file, put_back, remove_file
from quetsach.endpoint.act.line_edit import reinsert_lines, remove_lines
from quetsach.endpoint.act.replacement import Replacement, clear, lock_again, replace_file, state_of
from quetsach.endpoint.act.shape import (
    ChangedError,
    Facts,
    GoneError,
    Workplace,
    parent_facts,
    restore_times,
    straight_way,
    times_to_restore,
)
from quetsach.endpoint.disk import write_all
from quetsach.endpoint.errors import EndpointError
from quetsach.endpoint.host.change import FileState
from quetsach.endpoint.host.port import Folder
from quetsach.endpoint.keep.quarantine import seal
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Outcome, RemoveLines, Step

MAX_TEXT_BYTES = 16 << 20
"""Larger files are not edited: no table of jobs, keys or start-up commands is."""


@dataclass(frozen=True, slots=True)
class LinesAct:
    """Edits a text file by replacing it, with the original sealed."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the file's state, its hash before and after, and whether it goes as a whole."""
        facts = look_at_file(where, file_anchor(step))
        content = _read(where, file_anchor(step).path)
        if _hash(content) != facts["sha256"]:
            raise ChangedError("the file changed while it was read")
        edited = _edit(content, step)
        return facts | {"edited_sha256": _hash(edited), "whole": not edited.strip()}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Seal the original, then replace it, or remove it when nothing is left of it."""
        if before["whole"]:
            return remove_file(where, step, before)
        path, state = file_anchor(step).path, FileState.from_json(before["file"])
        with straight_way(where, path) as (folder, name):
            with folder.unlocked(FileState.from_json(before["parent"])):
                content = _content(folder, name)
                if content is None:
                    raise GoneError("the file was removed by someone else")
                if _hash(content) == before["sha256"]:
                    _seal(where, step, folder, name, before)
                    edited = _replacement(_edit(content, step), state, before["sha256"], with_times=False)
                    replace_file(where.files, folder, name, where.session.temporary_name(step.number), edited)
                elif _hash(content) != before["edited_sha256"]:
                    raise ChangedError("the file was changed meanwhile")
                lock_again(where.files, folder, name, state)
                clear(folder, where.session.temporary_name(step.number))
            return {"parent_mtime_ns": parent_facts(folder)["mtime_ns"]}

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide: the very file again, the lines into what it has become, or the original beside it."""
        before = progress.before or {}
        path = file_anchor(progress.step).path
        sealed = where.sealed(progress.step.number)
        with straight_way(where, path) as (folder, name):
            current = None if before["whole"] else _text(folder, name)
            if current is None:
                return decide_return(where, progress)
            facts: dict[str, Any] = {"parent": parent_facts(folder), "times": None, "name": ""}
            now = state_of(where.files, folder, name)
            if _hash(current) == before["edited_sha256"] and _same_owner(now, sealed.record.state):
                return facts | {
                    "how": "replace",
                    "sha256": before["sha256"],
                    "times": times_to_restore(folder, progress),
                }
            if _hash(current) == before["sha256"]:
                return facts | {"how": "nothing"}
            merged = reinsert_lines(current, sealed.content(MAX_TEXT_BYTES), _numbers(progress.step))
            if merged is None:
                return decide_return(where, progress)
            return facts | {"how": "reinsert", "sha256": _hash(merged), "from": _hash(current), "file": now.as_json()}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Carry the decision out."""
        match decision["how"]:
            case "nothing":
                return Outcome.KEPT, "the lines are there again already"
            case "replace" | "reinsert":
                return self._write_back(where, progress, decision)
            case _:
                return put_back(where, progress, decision)

    def _write_back(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        before, number = progress.before or {}, progress.step.number
        sealed = where.sealed(number)
        is_exact = decision["how"] == "replace"
        state = sealed.record.state if is_exact else FileState.from_json(decision["file"])
        expected = before["edited_sha256"] if is_exact else decision["from"]
        parent = FileState.from_json(decision["parent"])
        way = straight_way(where, file_anchor(progress.step).path)
        with way as (folder, name), folder.unlocked(parent):
            current = _content(folder, name)
            if current is None:
                raise GoneError("the file was removed meanwhile")
            if _hash(current) == expected:
                original = sealed.content(MAX_TEXT_BYTES)
                content = original if is_exact else reinsert_lines(current, original, _numbers(progress.step))
                if content is None:
                    raise ChangedError("the file was changed meanwhile")
                new = _replacement(content, state, expected, with_times=is_exact)
                replace_file(where.files, folder, name, where.session.temporary_name(number), new)
            elif _hash(current) != decision["sha256"]:
                raise ChangedError("the file was changed meanwhile")
            lock_again(where.files, folder, name, state)
            clear(folder, where.session.temporary_name(number))
            restore_times(folder, decision["times"])
        return (Outcome.RESTORED if is_exact else Outcome.REINSERTED), ""


def _edit(content: bytes, step: Step) -> bytes:
    assert isinstance(step.target, RemoveLines)  # noqa: S101  (the table of acts decides)
    edited = remove_lines(content, {line.number: line.line for line in step.target.lines})
    if edited is None:
        raise ChangedError("the line is not where the scan saw it")
    return edited


def _numbers(step: Step) -> frozenset[int]:
    assert isinstance(step.target, RemoveLines)  # noqa: S101
    return frozenset(line.number for line in step.target.lines)


def _seal(where: Workplace, step: Step, folder: Folder, name: bytes, before: Facts) -> None:
    record = where.record(step, folder.join(name), FileState.from_json(before["file"]), before["sha256"])
    fd = folder.open_read(name)
    try:
        seal(fd, record, where.session.container(step.number), where.session.key)
    finally:
        os.close(fd)


def _replacement(content: bytes, state: FileState, former_sha256: str, *, with_times: bool) -> Replacement:
    return Replacement(lambda fd: write_all(fd, content), state, former_sha256, with_times)


def _same_owner(now: FileState, then: FileState) -> bool:
    return (now.mode, now.uid, now.gid, now.xattrs) == (then.mode, then.uid, then.gid, dict(then.xattrs))


def _read(where: Workplace, path: bytes) -> bytes:
    try:
        return where.host.tree.read(path, MAX_TEXT_BYTES)
    except OSError as error:
        if error.errno is None:
            raise
        raise EndpointError(f"the file cannot be edited: {error.strerror}") from error


def _content(folder: Folder, name: bytes) -> bytes | None:
    """Return the content of a text file; ``None`` when its name is gone."""
    try:
        fd = folder.open_read(name)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        content = file.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        raise ChangedError("the file has become too large to be edited")
    return content


def _text(folder: Folder, name: bytes) -> bytes | None:
    """Return the content of a text file; ``None`` when the name is gone or means something else by now."""
    try:
        return _content(folder, name)
    except ChangedError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EINVAL):
            return None
        raise


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()
