"""Removing what starts programs on a running Windows: scheduled tasks and event subscriptions."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from quetsach.core.text import Text
from quetsach.endpoint import EndpointError
from quetsach.endpoint.act import registry
from quetsach.endpoint.act.act import Facts, GoneError, Workplace, straight_way
from quetsach.endpoint.act.file import (
    decide_return,
    file_anchor,
    look_at_file,
    open_recorded,
    put_back,
    remove_file,
)
from quetsach.endpoint.act.registry import take_back_in_hives
from quetsach.endpoint.host.files import FileState
from quetsach.endpoint.host.port import StoredObject, Subscription, Subscriptions
from quetsach.endpoint.plan.step import Outcome, RemoveSubscription, RemoveTask, Step
from quetsach.endpoint.store.quarantine import seal
from quetsach.endpoint.store.session import Progress

# Removing a scheduled task of a running Windows: file, registry and what the scheduler keeps in memory, together.
#
# The file is sealed and what the registry keeps is recorded first; then the scheduler is asked to delete the task, and
# what it leaves is removed. Undo puts back the very file and the very keys, on a running Windows or on its disk.


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
            facts |= registry.record_edits(where, target.edits) if target.edits else {}
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
        after |= registry.make_edits(where, target.edits, before)
        return after | ({"restart": True} if runs_on else {})

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide where the file goes and which keys come back."""
        target, before = _target(progress.step), progress.before or {}
        file = None
        if target.file is not None and where.session.container(progress.step.number).exists():
            file = decide_return(where, progress)
        keys = registry.decide_taking_back(where, target.edits, before)
        is_live = not target.edits or registry.is_loaded(where, target.edits)
        return {"file": file, "registry": {**keys, "how": "live" if is_live else "hive"}}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Put file and keys back."""
        keys = decision["registry"]
        if keys["how"] == "hive":
            outcome, note = take_back_in_hives(where, progress.step.number, keys)
        else:
            outcome, note = registry.take_back_edits(where, keys)
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
    if not where.host.is_live or (target.edits and not registry.is_loaded(where, target.edits)):
        raise EndpointError(Text("this Windows does not run"), hint=Text("scan again"))


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


# Removing an event subscription of a running Windows: binding, consumer and filter, each recorded as text first.
#
# Windows keeps who made an object and gives it anew on undo; all else comes back.

_MOST_CHARACTERS = 1 << 20


@dataclass(frozen=True, slots=True)
class SubscriptionAct:
    """Removes one subscription."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return the objects that it consists of, as text."""
        found = _subscriptions(where).read(_subscription(step))
        if not found:
            raise GoneError(Text("Windows has no such subscription any more"))
        if sum(len(one.text) for one in found) > _MOST_CHARACTERS:
            raise EndpointError(
                Text("what would go is too large to be recorded, or cannot be read, so it could not come back")
            )
        return {"live": True, "objects": [asdict(one) for one in found]}

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Remove what is left of it, the binding first, and ask again."""
        subscriptions = _subscriptions(where)
        for stored in reversed(_objects(before)):
            subscriptions.remove(stored)
        if subscriptions.read(_subscription(step)):
            raise EndpointError(Text("Windows still has the subscription"))
        return {}

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide which objects come back: those whose names nothing newer has."""
        there = {(one.namespace, one.path) for one in _subscriptions(where).read(_subscription(progress.step))}
        back = [one for one in _objects(progress.before or {}) if (one.namespace, one.path) not in there]
        return {"objects": [asdict(one) for one in back], "newer": len(there)}

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:  # noqa: ARG002
        """Put the objects back, and ask again."""
        subscriptions, back = _subscriptions(where), _objects(decision)
        if not back:
            return Outcome.KEPT, "there was nothing to take back"
        for stored in back:
            if not subscriptions.holds(stored):
                subscriptions.put(stored)
            if not subscriptions.holds(stored):
                raise EndpointError(Text("Windows did not take an object of the subscription back"))
        return (Outcome.REINSERTED if decision["newer"] else Outcome.RESTORED), ""


def _subscription(step: Step) -> Subscription:
    assert isinstance(step.target, RemoveSubscription)  # noqa: S101  (the table of acts decides)
    return step.target.subscription


def _subscriptions(where: Workplace) -> Subscriptions:
    if where.host.subscriptions is None:
        raise EndpointError(Text("this Windows does not run"), hint=Text("start it, and try again there"))
    return where.host.subscriptions


def _objects(facts: Mapping[str, Any]) -> list[StoredObject]:
    return [StoredObject(**one) for one in facts.get("objects", ())]
