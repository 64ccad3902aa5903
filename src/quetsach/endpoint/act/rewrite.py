"""Acts that give a file other content: lines taken out, an end cut off, a hive edited. And putting the original back.

The original is sealed as a whole first. The new file replaces it in one step, with the same owner, mode, attributes and
flags; its time of change is the real one, so that services notice. A file of which nothing would be left is removed as
a whole, as its own quarantine.
"""

import errno
import os
from abc import ABC, abstractmethod
from typing import Any

from quetsach.endpoint.act.file import decide_return, file_anchor, look_at_file, note_of, put_back, remove_file
from quetsach.endpoint.act.replacement import Replacement, clear, lock_replaced, replace_file, settle
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
from quetsach.endpoint.host.disk import hash_file
from quetsach.endpoint.host.file_state import TIME_MADE, FileState
from quetsach.endpoint.host.port import Folder
from quetsach.endpoint.keep.quarantine import seal
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Outcome, Step


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
                    raise ChangedError("the file changed while it was read")
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
                    raise GoneError("the file was removed by someone else")
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
                        raise ChangedError("the file was changed meanwhile")
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
                raise GoneError("the file was removed meanwhile")
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
                    raise ChangedError("the file was changed meanwhile")
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
