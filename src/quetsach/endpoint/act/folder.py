"""Acts on entries of folders: symbolic links removed and made again, hidden folders shown and hidden again."""

import base64
import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from quetsach.core.text import Text
from quetsach.endpoint import JournalError
from quetsach.endpoint.act.act import (
    ChangedError,
    Facts,
    GoneError,
    Workplace,
    check_reversible,
    parent_facts,
    restore_times,
    straight_way,
    times_to_restore,
)
from quetsach.endpoint.act.file import free_name, has_name
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.files import FileState, Folder, FolderMarks, marks_of
from quetsach.endpoint.plan.step import Outcome, RemoveLink, Step, UnhideFolder, freeze
from quetsach.endpoint.store.session import Progress

# Removal of symbolic links, and making them again.


@dataclass(frozen=True, slots=True)
class LinkAct:
    """Removes a link; its target, owner and times are in the journal."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the link's state and its folder's."""
        target = _target(step)
        with straight_way(where, target.path) as (folder, name):
            found = folder.lstat(name)
            if (found.st_dev, found.st_ino) != (target.device, target.inode) or not _leads_to(folder, name, target):
                raise ChangedError(Text("the link is not the one that was planned"))
            check_reversible(where, FileState.of(found))
            return {"link": FileState.of(found).as_json(), "parent": parent_facts(folder)}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Remove the link if it is still there."""
        target, state = _target(step), FileState.from_json(before["link"])
        with straight_way(where, target.path) as (folder, name):
            with folder.unlocked(FileState.from_json(before["parent"])):
                if _leads_to(folder, name, target) and state.is_same_file(folder.lstat(name)):
                    folder.remove(name)
            return {"parent_mtime_ns": parent_facts(folder)["mtime_ns"]}

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide between the link's own name and one beside it."""
        target = _target(progress.step)
        with straight_way(where, target.path) as (folder, name):
            taken = has_name(folder, name)
            chosen = free_name(folder, name) if taken else name
            times = None if taken else times_to_restore(folder, progress)
            return {"how": "beside" if taken else "exact", "name": freeze(chosen), "times": times} | {
                "parent": parent_facts(folder)
            }

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Make the link again, with its owner and times."""
        target, name = _target(progress.step), unquote_to_bytes(decision["name"])
        state = FileState.from_json((progress.before or {})["link"])
        with straight_way(where, target.path) as (folder, _):
            with folder.unlocked(FileState.from_json(decision["parent"])):
                folder.symlink(name, target.target, state)
                restore_times(folder, decision)
            if decision["how"] == "beside":
                return Outcome.BESIDE, printable(folder.join(name))
        return Outcome.RESTORED, ""


def _target(step: Step) -> RemoveLink:
    assert isinstance(step.target, RemoveLink)  # noqa: S101  (the table of acts decides)
    return step.target


def _leads_to(folder: Folder, name: bytes, target: RemoveLink) -> bool:
    """Return whether the name is a link with the recorded target."""
    try:
        return stat.S_ISLNK(folder.lstat(name).st_mode) and folder.readlink(name) == target.target
    except FileNotFoundError:
        return False


# Letting a folder be seen again, and hiding it as it was. What is in it is not touched.

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


@dataclass(frozen=True, slots=True)
class UnhideAct:
    """Takes two marks from a folder; what it was marked with is in the journal, to the byte."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the marks of the folder, which still is the one that the scan saw."""
        with _folder(where, step) as folder:
            marks = folder.marks()
            if marks is None or not marks.is_hidden:
                raise GoneError(Text("the folder is not hidden any more"))
            return {"marks": _as_json(marks)}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Take the marks, unless a run before a crash already did."""
        wanted = _from_json(before["marks"])
        with _folder(where, step) as folder:
            now = folder.marks()
            if now == wanted:
                folder.set_marks(wanted.shown())
                now = folder.marks()
            if now != wanted.shown():
                raise ChangedError(Text("the folder was marked otherwise meanwhile"))
        return {}

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide: the former marks, if the folder still has those that it was given."""
        former = _from_json((progress.before or {})["marks"])
        try:
            with _folder(where, progress.step) as folder:
                is_ours = folder.marks() == former.shown()
                return {"how": "exact"} if is_ours else {"how": "kept", "note": "the folder was marked otherwise since"}
        except (OSError, ChangedError) as error:
            if isinstance(error, OSError) and error.errno not in _NOT_THERE:
                raise
            return {"how": "kept", "note": "the folder is not there any more"}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Carry the decision out."""
        if decision["how"] == "kept":
            return Outcome.KEPT, str(decision["note"])
        former = _from_json((progress.before or {})["marks"])
        with _folder(where, progress.step) as folder:
            if folder.marks() == former.shown():
                folder.set_marks(former)
            if folder.marks() != former:
                raise ChangedError(Text("the folder was marked otherwise meanwhile"))
        return Outcome.RESTORED, ""


@contextmanager
def _folder(where: Workplace, step: Step) -> Iterator[Folder]:
    """Open the very folder of a step."""
    target = step.target
    assert isinstance(target, UnhideFolder)  # noqa: S101  (the table of acts decides)
    with straight_way(where, target.path) as (above, name):
        _require_same(FileState.of(above.lstat(name)), target)
        with above.folder(name) as folder:
            _require_same(folder.state(), target)  # not that of the name: it may lead elsewhere by now
            yield folder


def _require_same(found: FileState, target: UnhideFolder) -> None:
    if (found.device, found.inode) != (target.device, target.inode):
        raise ChangedError(Text("the folder is not the one that the scan saw"))


def _as_json(marks: FolderMarks) -> list[Any]:
    return [marks.name, base64.b64encode(marks.raw).decode()]


def _from_json(value: list[Any]) -> FolderMarks:
    name, raw = value
    marks = marks_of(str(name), base64.b64decode(raw))
    if marks is None:
        raise JournalError(Text("the journal holds no marks of a folder"))
    return marks
