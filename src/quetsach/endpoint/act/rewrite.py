"""Acts that give a file other content: lines taken out, an end cut off, a hive edited. And putting the original back.

The original is sealed as a whole first. The new file replaces it in one step, with the same owner, mode, attributes and
flags; its time of change is the real one, so that services notice. A file of which nothing would be left is removed as
a whole, as its own quarantine.
"""

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from quetsach.core.text import Text
from quetsach.endpoint import EndpointError
from quetsach.endpoint.act.act import (
    ChangedError,
    Facts,
    GoneError,
    Replacement,
    Workplace,
    clear,
    lock_replaced,
    parent_facts,
    replace_file,
    restore_times,
    settle,
    straight_way,
    times_to_restore,
)
from quetsach.endpoint.act.file import decide_return, file_anchor, look_at_file, note_of, put_back, remove_file
from quetsach.endpoint.host.disk import fstat, hash_file, parts_of, read_at, write_all
from quetsach.endpoint.host.files import TIME_MADE, FileState
from quetsach.endpoint.host.port import Folder
from quetsach.endpoint.plan.protection import is_protected_path
from quetsach.endpoint.plan.step import Outcome, RemoveLines, Step, TruncateFile
from quetsach.endpoint.store.quarantine import seal
from quetsach.endpoint.store.session import Progress


class RewriteAct(ABC):
    """What all of them share; a kind says what the new content is, and how the old goes into a file changed since."""

    @abstractmethod
    def prepare(self, where: Workplace, step: Step, source: int) -> Facts:
        """Return ``edited_sha256``, the hash of the new content, and ``whole``, whether nothing is left of the file."""

    @abstractmethod
    def write(self, where: Workplace, step: Step, source: int, target: int) -> None:
        """Write the new content of an open file into an empty one."""

    @abstractmethod
    def prepare_return(self, where: Workplace, progress: Progress, source: int) -> Facts | None:
        """Decide what a file changed since gets back: ``sha256`` is its hash then; ``None`` if that is not possible.

        Or ``how`` is ``kept`` when nothing of it is put back; ``note`` says why, or what is not.
        """

    @abstractmethod
    def write_return(self, where: Workplace, progress: Progress, source: int, target: int) -> None:
        """Write a file changed since, with what was taken put back, into an empty one."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the file's state, its hash before and after, and whether it goes as a whole."""
        anchor = file_anchor(step)
        facts = look_at_file(where, anchor)
        with straight_way(where, anchor.path) as (folder, name):
            fd = folder.open_read(name)
            try:
                more = self.prepare(where, step, fd)
                if hash_file(fd) != facts["sha256"]:
                    raise ChangedError(Text("the file changed while it was read"))
            finally:
                os.close(fd)
        return {**facts, **more}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Seal the original, then replace it, or remove it when nothing is left of it."""
        if before["whole"]:
            return remove_file(where, step, before)
        temporary, state = where.session.temporary_name(step.number), FileState.from_json(before["file"])
        with straight_way(where, file_anchor(step).path) as (folder, name):
            with folder.unlocked(FileState.from_json(before["parent"])):
                settle(folder, temporary, name, before["sha256"])
                fd = _open(folder, name)
                if fd is None:
                    raise GoneError(Text("the file was removed by someone else"))
                try:
                    found = hash_file(fd)
                    if found == before["sha256"]:
                        self.seal_all(where, step, fd, before)
                        new = Replacement(
                            lambda target: self.write(where, step, fd, target),
                            state,
                            before["sha256"],
                            before["edited_sha256"],
                            with_times=False,
                        )
                        replace_file(where.files, folder, name, temporary, new)
                    elif found == before["edited_sha256"]:
                        lock_replaced(where.files, fd, state)
                    else:
                        raise ChangedError(Text("the file was changed meanwhile"))
                finally:
                    os.close(fd)
                clear(folder, temporary)
            return {"parent_mtime_ns": parent_facts(folder)["mtime_ns"], **note_of(state.links - 1)}

    def seal_all(self, where: Workplace, step: Step, source: int, before: Facts) -> None:
        """Seal the original, and whatever else of this kind of step must be safe first."""
        record = where.record(step, file_anchor(step).path, FileState.from_json(before["file"]), before["sha256"])
        seal(source, record, where.session.container(step.number), where.session.key)

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide: the very file again, what was taken into what it has become, or the original beside it."""
        before = progress.before or {}
        sealed = where.sealed(progress.step.number)
        with straight_way(where, file_anchor(progress.step).path) as (folder, name):
            fd = None if before["whole"] else _open(folder, name)
            if fd is None:
                return decide_return(where, progress)
            try:
                facts: dict[str, Any] = {"parent": parent_facts(folder), "times": None, "name": ""}
                now, found = where.files.state(fd), hash_file(fd)
                if found == before["edited_sha256"] and _same_owner(now, sealed.record.state):
                    times = times_to_restore(folder, progress)
                    return facts | {"how": "replace", "sha256": before["sha256"], "times": times}
                if found == before["sha256"]:
                    return facts | {"how": "nothing"}
                is_ours = progress.outcome is Outcome.DONE  # else nothing may have been taken from what is there
                merged = self.prepare_return(where, progress, fd) if is_ours else None
            finally:
                os.close(fd)
            if merged is None:
                return decide_return(where, progress)
            return {**facts, "how": "reinsert", "from": found, "file": now.as_json(), **merged}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Carry the decision out."""
        match decision["how"]:
            case "nothing":
                return Outcome.KEPT, "what was taken is there again already"
            case "kept":
                return Outcome.KEPT, str(decision["note"])
            case "replace" | "reinsert":
                return self._write_back(where, progress, decision)
            case _:
                return put_back(where, progress, decision)

    def _write_back(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        before, number = progress.before or {}, progress.step.number
        sealed, temporary = where.sealed(number), where.session.temporary_name(number)
        is_exact = decision["how"] == "replace"
        state = sealed.record.state if is_exact else FileState.from_json(decision["file"])
        expected = before["edited_sha256"] if is_exact else decision["from"]
        way = straight_way(where, file_anchor(progress.step).path)
        with way as (folder, name), folder.unlocked(FileState.from_json(decision["parent"])):
            settle(folder, temporary, name, expected)
            fd = _open(folder, name)
            if fd is None:
                raise GoneError(Text("the file was removed meanwhile"))
            try:

                def write(target: int) -> None:
                    if is_exact:
                        sealed.write_to(target)
                    else:
                        self.write_return(where, progress, fd, target)

                found = hash_file(fd)
                if found == expected:
                    new = Replacement(write, state, expected, decision["sha256"], with_times=is_exact)
                    replace_file(where.files, folder, name, temporary, new)
                elif found == decision["sha256"]:
                    lock_replaced(where.files, fd, state)
                else:
                    raise ChangedError(Text("the file was changed meanwhile"))
            finally:
                os.close(fd)
            clear(folder, temporary)
            restore_times(folder, decision)
        return (Outcome.RESTORED if is_exact else Outcome.REINSERTED), str(decision.get("note", ""))


def _open(folder: Folder, name: bytes) -> int | None:
    """Open a file; ``None`` when its name is gone or means something that is no file by now."""
    try:
        return folder.open_read(name)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP, errno.EINVAL):
            return None
        raise


def _same_owner(now: FileState, then: FileState) -> bool:
    """Return whether owner, mode and attributes are the same; when a file was made is for the file system to keep."""
    return _of_owner(now) == _of_owner(then)


def _of_owner(state: FileState) -> tuple[object, ...]:
    return state.mode, state.uid, state.gid, {k: v for k, v in state.xattrs.items() if k != TIME_MADE}


# Cutting off what a file infector appended to a text, such as a script behind the end of a page.


class TruncateAct(RewriteAct):
    """Keeps the beginning of a file; one that would be empty goes as a whole."""

    def prepare(self, where: Workplace, step: Step, source: int) -> Facts:  # noqa: ARG002  (one shape for all)
        """Return the hash of what stays."""
        size = _size(step)
        if fstat(source).st_size < size:
            raise ChangedError(Text("the file is shorter than where it was to be cut"))
        kept = sha256()
        for part in parts_of(source, size):
            kept.update(part)
        return {"edited_sha256": kept.hexdigest(), "whole": size == 0}

    def write(self, where: Workplace, step: Step, source: int, target: int) -> None:  # noqa: ARG002
        """Write what stays."""
        for part in parts_of(source, _size(step)):
            write_all(target, part)

    def prepare_return(self, where: Workplace, progress: Progress, source: int) -> Facts | None:  # noqa: ARG002
        """Say that it cannot be: the end of one text is not put behind another; the original goes beside it."""
        return None

    def write_return(self, where: Workplace, progress: Progress, source: int, target: int) -> None:  # noqa: ARG002
        """Refuse: ``prepare_return`` never decides for it."""
        raise ChangedError(Text("the file was changed meanwhile"))


def _size(step: Step) -> int:
    assert isinstance(step.target, TruncateFile)  # noqa: S101  (the table of acts decides)
    return step.target.size_bytes


# Removing lines from a text and putting them back: bytes in, bytes out.
#
# A line ends after its newline; the last one need not have one. Numbers count from 1.


def split_lines(content: bytes) -> list[bytes]:
    """Return the lines with their ends; joined they are the content again."""
    parts = content.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def remove_lines(content: bytes, lines: Mapping[int, bytes]) -> bytes | None:
    """Return the content without the numbered lines; ``None`` when one of them is not the line that is given.

    Args:
        content: the whole text.
        lines: number -> the line as it must be, without its end.
    """
    found = split_lines(content)
    for number, expected in lines.items():
        if not 1 <= number <= len(found) or found[number - 1].rstrip(b"\r\n") != expected.rstrip(b"\r\n"):
            return None
    return b"".join(line for number, line in enumerate(found, 1) if number not in lines)


def reinsert_lines(current: bytes, original: bytes, removed: Collection[int]) -> bytes | None:
    """Put removed lines back into a text that was changed since they were removed.

    It is done only where their place is beyond doubt: when everything before them, or everything after them, is as it
    was. Otherwise the answer is ``None``.

    Args:
        current: the text as it is now.
        original: the text from before the removal.
        removed: numbers in ``original`` of the lines that were removed.
    """
    before = split_lines(original)
    kept = [line for number, line in enumerate(before, 1) if number not in removed]
    now = split_lines(current)
    same_start = _shared_start(kept, now)
    same_end = min(_shared_start(kept[::-1], now[::-1]), len(now) - same_start)
    result: list[list[bytes]] = [[] for _ in range(len(now) + 1)]
    position = 0
    for number, line in enumerate(before, 1):
        if number not in removed:
            position += 1
        elif position <= same_start:
            result[position].append(line)
        elif len(kept) - position <= same_end:
            result[len(now) - (len(kept) - position)].append(line)
        else:
            return None
    joined: list[bytes] = []
    for inserted, line in zip(result, [*now, b""], strict=True):
        for part in (*inserted, line):
            if part and joined and not joined[-1].endswith(b"\n"):
                joined.append(b"\n")
            joined.append(part)
    return b"".join(joined)


def _shared_start(left: list[bytes], right: list[bytes]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count


# Removal of lines from text files, and putting them back.

MAX_TEXT_BYTES = 16 << 20
"""Larger files are not edited: no table of jobs, keys or start-up commands is."""


class LinesAct(RewriteAct):
    """Takes lines out of a text file; a file in which nothing but blank lines would be left goes as a whole."""

    def prepare(self, where: Workplace, step: Step, source: int) -> Facts:
        """Return the hash of the text without the lines."""
        edited = _edit(_content(source), step)
        is_needed = is_protected_path(step.subject, where.host.platform)  # an empty table of hosts, but never none
        return {"edited_sha256": sha256(edited).hexdigest(), "whole": not edited.strip() and not is_needed}

    def write(self, where: Workplace, step: Step, source: int, target: int) -> None:  # noqa: ARG002  (one shape for all)
        """Write the text without the lines."""
        write_all(target, _edit(_content(source), step))

    def prepare_return(self, where: Workplace, progress: Progress, source: int) -> Facts | None:
        """Return the hash of the text as it is now with the lines in it, if their place is beyond doubt."""
        merged = _merge(where, progress, source)
        return None if merged is None else {"sha256": sha256(merged).hexdigest()}

    def write_return(self, where: Workplace, progress: Progress, source: int, target: int) -> None:
        """Write the text as it is now with the lines in it."""
        merged = _merge(where, progress, source)
        if merged is None:
            raise ChangedError(Text("the file was changed meanwhile"))
        write_all(target, merged)


def _lines(step: Step) -> dict[int, bytes]:
    assert isinstance(step.target, RemoveLines)  # noqa: S101  (the table of acts decides)
    return {line.number: line.line for line in step.target.lines}


def _edit(content: bytes, step: Step) -> bytes:
    edited = remove_lines(content, _lines(step))
    if edited is None:
        raise ChangedError(Text("the line is not where the scan saw it"))
    return edited


def _merge(where: Workplace, progress: Progress, source: int) -> bytes | None:
    if fstat(source).st_size > MAX_TEXT_BYTES:
        return None
    original = where.sealed(progress.step.number).content(MAX_TEXT_BYTES)
    return reinsert_lines(_content(source), original, _lines(progress.step).keys())


def _content(source: int) -> bytes:
    content = b""
    while part := read_at(source, MAX_TEXT_BYTES + 1 - len(content), len(content)):
        content += part
    if len(content) > MAX_TEXT_BYTES:
        raise EndpointError(Text("the file is too large to be edited"))
    return content
