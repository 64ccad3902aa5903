"""Removing a scheduled task of a running Windows: file, registry and what the scheduler keeps in memory, together.

The file is sealed and what the registry keeps is recorded first; then the scheduler is asked to delete the task, and
what it leaves is removed. Undo puts back the very file and the very keys, on a running Windows or on its disk.
"""

import os
from dataclasses import dataclass
from typing import Any

from quetsach.endpoint.act import live_edits
from quetsach.endpoint.act.file import (
    decide_return,
    file_anchor,
    look_at_file,
    open_recorded,
    put_back,
    remove_file,
)
from quetsach.endpoint.act.registry import take_back_in_hives
from quetsach.endpoint.act.shape import Facts, GoneError, Workplace, straight_way
from quetsach.endpoint.errors import EndpointError
from quetsach.endpoint.host.file_state import FileState
from quetsach.endpoint.keep.quarantine import seal
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.step import Outcome, RemoveTask, Step


@dataclass(frozen=True, slots=True)
class TaskAct:
    """Removes one task."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the state of the file, if there is one, and what takes the edits of the registry back."""
        target = _target(step)
        _require_loaded(where, target)
        facts: dict[str, Any] = {"live": True, "inverse": []}
        if target.file is not None:
            facts |= look_at_file(where, target.file)
        try:
            facts |= live_edits.record(where, target.edits) if target.edits else {}
        except GoneError:
            if target.file is None:
                raise
        return facts

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Seal, have the scheduler forget the task, and remove what is left of it."""
        target = _target(step)
        _require_loaded(where, target)
        if target.file is not None:
            _seal(where, step, before)
        tasks = where.host.tasks
        runs_on = tasks is None or tasks.forget(target.name)
        after: dict[str, Any] = dict(remove_file(where, step, before)) if target.file is not None else {}
        after |= live_edits.make_all(where, target.edits, before)
        return after | ({"restart": True} if runs_on else {})

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide where the file goes and which keys come back."""
        target, before = _target(progress.step), progress.before or {}
        file = None
        if target.file is not None and where.session.container(progress.step.number).exists():
            file = decide_return(where, progress)
        keys = live_edits.decide(where, target.edits, before)
        is_live = not target.edits or live_edits.is_loaded(where, target.edits)
        return {"file": file, "registry": {**keys, "how": "live" if is_live else "hive"}}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Put file and keys back."""
        keys = decision["registry"]
        if keys["how"] == "hive":
            outcome, note = take_back_in_hives(where, progress.step.number, keys)
        else:
            outcome, note = live_edits.take_back(where, keys)
        notes = [note] if keys["back"] or keys["note"] else []
        if decision["file"] is not None:
            outcome_of_keys, (outcome, note) = outcome, put_back(where, progress, decision["file"])
            notes.append(note)
            if outcome is Outcome.RESTORED and outcome_of_keys is Outcome.REINSERTED:
                outcome = outcome_of_keys
        if where.host.is_live:
            notes.append("the task runs again after the next start of Windows")
        return outcome, "; ".join(filter(None, notes))


def _target(step: Step) -> RemoveTask:
    assert isinstance(step.target, RemoveTask)  # noqa: S101  (the table of acts decides)
    return step.target


def _require_loaded(where: Workplace, target: RemoveTask) -> None:
    if not where.host.is_live or (target.edits and not live_edits.is_loaded(where, target.edits)):
        raise EndpointError("this Windows does not run", hint="scan again")


def _seal(where: Workplace, step: Step, before: Facts) -> None:
    """Seal the file while it is there; one that is gone already was sealed, or ``remove_file`` says so."""
    anchor, state = file_anchor(step), FileState.from_json(before["file"])
    with straight_way(where, anchor.path) as (folder, name):
        fd = open_recorded(folder, name, state)
        if fd is None:
            return
        try:
            record = where.record(step, anchor.path, state, before["sha256"])
            seal(fd, record, where.session.container(step.number), where.session.key)
        finally:
            os.close(fd)
