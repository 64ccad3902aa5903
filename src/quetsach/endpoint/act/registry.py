"""Edits of the registry, by where it is: in a hive file, or in a Windows that runs. Each takes back what the other did.

An account may have signed in, or its Windows have been started, between a plan, its acts and their undoing: each looks
anew. An account that signed out since the plan was made needs a new plan, for its hive file was not looked at.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.endpoint.act import live_edits
from quetsach.endpoint.act.hive import HiveAct, edits_of, make_copy, registry_now, write_copy
from quetsach.endpoint.act.replacement import Replacement, clear, replace_file
from quetsach.endpoint.act.shape import Facts, Workplace, straight_way
from quetsach.endpoint.errors import EndpointError, RegistryError
from quetsach.endpoint.host.disk import hash_file
from quetsach.endpoint.host.registry import RegistryEdit, is_made
from quetsach.endpoint.keep.session import Progress
from quetsach.endpoint.plan.edit_form import edits_from_json
from quetsach.endpoint.plan.step import Outcome, Step, file_of

_HIVE = HiveAct()


@dataclass(frozen=True, slots=True)
class RegistryAct:
    """Edits keys of one hive, or of one key that is loaded."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return what takes the edits back, and of a hive file its state and the hash of its edited copy."""
        if live_edits.is_loaded(where, edits_of(step)):
            return {"live": True, **live_edits.record(where, edits_of(step))}
        if file_of(step.target) is None:
            raise EndpointError("the account signed out, or its Windows does not run", hint="scan again")
        return _HIVE.look(where, step)

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Make the edits that are still missing."""
        if not before.get("live"):
            return _HIVE.do(where, step, before)
        if not live_edits.is_loaded(where, edits_of(step)):
            raise EndpointError("the account signed out meanwhile", hint="scan again")
        return live_edits.make_all(where, edits_of(step), before)

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide how to take the edits back, by where the keys are now."""
        edits, before = edits_of(progress.step), progress.before or {}
        if live_edits.is_loaded(where, edits):
            return live_edits.decide(where, edits, before)
        if before.get("live"):
            return {**live_edits.decide(where, edits, before), "how": "hive"}
        return _HIVE.look_back(where, progress)

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Carry the decision out."""
        match decision["how"]:
            case "live":
                return live_edits.take_back(where, decision)
            case "hive":
                return take_back_in_hives(where, progress.step.number, decision)
            case _:
                return _HIVE.undo(where, progress, decision)


def take_back_in_hives(where: Workplace, number: int, decision: Facts) -> tuple[Outcome, str]:
    """Take back in hive files what was done while Windows ran; each hive is exchanged in one step."""
    registry, back, note = registry_now(where), edits_from_json(decision["back"]), str(decision["note"])
    if not back:
        return Outcome.KEPT, note or "there was nothing to take back"
    missing: dict[bytes, list[RegistryEdit]] = {}
    for edit in back:
        if not is_made(edit, registry):
            path = registry.hive_path(edit.key)
            if path is None:
                raise RegistryError("the hive is not on this disk", where=edit.key)
            missing.setdefault(path, []).append(edit)
    for path, edits in missing.items():
        _edit_hive(where, number, path, edits)
    return (Outcome.REINSERTED if note else Outcome.RESTORED), note


def _edit_hive(where: Workplace, number: int, path: bytes, edits: Sequence[RegistryEdit]) -> None:
    copy, temporary = where.session.prepared(number), where.session.temporary_name(number)
    real = where.host.tree.resolve(path)
    try:
        with straight_way(where, real) as (folder, name):
            fd = folder.open_read(name)
            try:
                state, former = where.files.state(fd), hash_file(fd)
            finally:
                os.close(fd)  # not every file system of Windows replaces what is open
            made = make_copy(registry_now(where), edits, copy)
            new = Replacement(lambda target: write_copy(copy, target), state, former, made, with_times=False)
            replace_file(where.files, folder, name, temporary, new)
            clear(folder, temporary)
    finally:
        copy.unlink(missing_ok=True)
        registry_now(where)
