"""Removal of symbolic links, and making them again."""

import stat
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from quetsach.endpoint.act.file import free_name, has_name
from quetsach.endpoint.act.shape import (
    ChangedError,
    Facts,
    Workplace,
    check_reversible,
    parent_facts,
    restore_times,
    straight_way,
    times_to_restore,
)
from quetsach.endpoint.artefact import printable
from quetsach.endpoint.host.file_state import FileState
from quetsach.endpoint.host.folder import Folder
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Outcome, RemoveLink, Step, freeze


@dataclass(frozen=True, slots=True)
class LinkAct:
    """Removes a link; its target, owner and times are in the journal."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the link's state and its folder's."""
        target = _target(step)
        with straight_way(where, target.path) as (folder, name):
            found = folder.lstat(name)
            if (found.st_dev, found.st_ino) != (target.device, target.inode) or not _leads_to(folder, name, target):
                raise ChangedError("the link is not the one that was planned")
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
