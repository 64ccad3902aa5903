"""Letting a folder be seen again, and hiding it as it was. What is in it is not touched."""

import base64
import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from quetsach.endpoint.act.shape import ChangedError, Facts, GoneError, Workplace, straight_way
from quetsach.endpoint.errors import JournalError
from quetsach.endpoint.host.file_state import FileState
from quetsach.endpoint.host.folder import Folder
from quetsach.endpoint.host.folder_marks import FolderMarks, marks_of
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Outcome, Step, UnhideFolder

_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


@dataclass(frozen=True, slots=True)
class UnhideAct:
    """Takes two marks from a folder; what it was marked with is in the journal, to the byte."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the marks of the folder, which still is the one that the scan saw."""
        with _folder(where, step) as folder:
            marks = folder.marks()
            if marks is None or not marks.is_hidden:
                raise GoneError("the folder is not hidden any more")
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
                raise ChangedError("the folder was marked otherwise meanwhile")
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
                raise ChangedError("the folder was marked otherwise meanwhile")
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
        raise ChangedError("the folder is not the one that the scan saw")


def _as_json(marks: FolderMarks) -> list[Any]:
    return [marks.name, base64.b64encode(marks.raw).decode()]


def _from_json(value: list[Any]) -> FolderMarks:
    name, raw = value
    marks = marks_of(str(name), base64.b64decode(raw))
    if marks is None:
        raise JournalError("the journal holds no marks of a folder")
    return marks
