"""Edits of the registry, by where it is: in a hive file, or in a Windows that runs. Each takes back what the other did.

An account may have signed in, or its Windows have been started, between a plan, its acts and their undoing: each looks
anew. An account that signed out since the plan was made needs a new plan, for its hive file was not looked at.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from quetsach.core.text import Text
from quetsach.endpoint import EndpointError, RegistryError
from quetsach.endpoint.act.act import (
    ChangedError,
    Facts,
    GoneError,
    Replacement,
    Workplace,
    clear,
    replace_file,
    straight_way,
)
from quetsach.endpoint.act.hive import (
    HiveAct,
    edits_of,
    is_left_of,
    make_copy,
    recorded,
    registry_now,
    still_ours,
    write_copy,
)
from quetsach.endpoint.host.disk import hash_file
from quetsach.endpoint.host.registry import (
    KeyContent,
    PutKey,
    Registry,
    RegistryEdit,
    SetValue,
    folded,
    inverse,
    is_made,
)
from quetsach.endpoint.plan.step import Outcome, Step, edits_as_json, edits_from_json, file_of
from quetsach.endpoint.store.session import Progress

_HIVE = HiveAct()


@dataclass(frozen=True, slots=True)
class RegistryAct:
    """Edits keys of one hive, or of one key that is loaded."""

    def look(self, where: Workplace, step: Step) -> Facts:
        """Return what takes the edits back, and of a hive file its state and the hash of its edited copy."""
        if is_loaded(where, edits_of(step)):
            return {"live": True, **record_edits(where, edits_of(step))}
        if file_of(step.target) is None:
            raise EndpointError(Text("the account signed out, or its Windows does not run"), hint=Text("scan again"))
        return _HIVE.look(where, step)

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Make the edits that are still missing."""
        if not before.get("live"):
            return _HIVE.do(where, step, before)
        if not is_loaded(where, edits_of(step)):
            raise EndpointError(Text("the account signed out meanwhile"), hint=Text("scan again"))
        return make_edits(where, edits_of(step), before)

    def look_back(self, where: Workplace, progress: Progress) -> Facts:
        """Decide how to take the edits back, by where the keys are now."""
        edits, before = edits_of(progress.step), progress.before or {}
        if is_loaded(where, edits):
            return decide_taking_back(where, edits, before)
        if before.get("live"):
            return {**decide_taking_back(where, edits, before), "how": "hive"}
        return _HIVE.look_back(where, progress)

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Carry the decision out."""
        match decision["how"]:
            case "live":
                return take_back_edits(where, decision)
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
                raise RegistryError(Text("the hive is not on this disk"), where=edit.key)
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


# Edits of the running registry: what takes each back is in the journal first, and each is read again after it.
#
# There is no file of which a copy could be sealed, so an edit that could not be taken back is not made. What changed
# since it was recorded is left alone.


def is_loaded(where: Workplace, edits: Sequence[RegistryEdit]) -> bool:
    """Return whether the keys of edits are in a registry that runs now, not in a hive file."""
    registry = where.host.registry
    return where.host.is_live and registry is not None and registry.hive_path(edits[0].key) is None


def record_edits(where: Workplace, edits: Sequence[RegistryEdit]) -> dict[str, Any]:
    """Return what takes edits back.

    Raises:
        GoneError: all is as it was to be already.
        EndpointError: something is too large to be recorded, or cannot be read.
    """
    registry = registry_now(where)
    if all(is_made(edit, registry) for edit in edits):
        raise GoneError(Text("the registry is already as it was to be"))
    back, left = recorded(edits, registry)
    if left:
        raise EndpointError(
            Text("what would go is too large to be recorded, or cannot be read, so it could not come back")
        )
    return {"inverse": back}


def make_edits(where: Workplace, edits: Sequence[RegistryEdit], before: Facts) -> dict[str, Any]:
    """Make the edits that are still missing; ``restart`` tells that one is only in force after a restart."""
    registry, back = registry_now(where), edits_from_json(before["inverse"])
    needs_restart = False
    for edit in edits:
        if is_made(edit, registry):
            continue
        if not all(_is_recorded(one, back) for one in inverse((edit,), registry)):
            raise ChangedError(Text("the registry was changed meanwhile"))
        needs_restart |= registry.make(edit)
    return {"restart": True} if needs_restart else {}


def _is_recorded(undoing: RegistryEdit, back: Iterable[RegistryEdit]) -> bool:
    """Return whether nothing would be lost that is not recorded; less may be there after an act that was cut short."""
    match undoing:
        case PutKey(key, content):
            former = (one.content for one in back if isinstance(one, PutKey) and one.key == key)
            return any(is_left_of(key, content, whole) for whole in former)
        case SetValue():
            return undoing in back
    return True


def decide_taking_back(where: Workplace, edits: Sequence[RegistryEdit], before: Facts) -> dict[str, Any]:
    """Decide which edits to take back: those that overwrite nothing newer."""
    registry, back = registry_now(where), edits_from_json(before["inverse"])
    ours = still_ours(back, edits, registry)
    newer = len(back) - len(ours)
    note = f"{newer} of {len(back)} were changed since, so the newer ones were kept" if newer else ""
    if left := int(before.get("unrecorded", 0)):
        note = "; ".join(filter(None, (note, f"{left} were too large to be recorded one by one")))
    return {"how": "live", "back": edits_as_json(ours), "note": note}


def take_back_edits(where: Workplace, decision: Facts) -> tuple[Outcome, str]:
    """Make the edits of a decision that are still missing."""
    registry, back = registry_now(where), edits_from_json(decision["back"])
    note = str(decision["note"])
    if not back:
        return Outcome.KEPT, note or "there was nothing to take back"
    waits = [registry.make(edit) for edit in back if not is_made(edit, registry)]
    notes = [note] if note else []
    if any(waits):
        notes.append("it runs again after the next start of Windows")
    if _differ_in_guard(back, registry):
        notes.append("some keys have other permissions than before")
    return (Outcome.REINSERTED if note else Outcome.RESTORED), "; ".join(notes)


def _differ_in_guard(back: Iterable[RegistryEdit], registry: Registry) -> bool:
    """Return whether a key that was put back has another security descriptor than was recorded."""
    for edit in back:
        if isinstance(edit, PutKey):
            there = registry.content(edit.key)
            if there is None or any(wanted and wanted != found for wanted, found in _guards(edit.content, there)):
                return True
    return False


def _guards(wanted: KeyContent, there: KeyContent) -> Iterator[tuple[bytes, bytes]]:
    yield wanted.security, there.security
    found = {folded(name): content for name, content in there.subkeys.items()}
    for name, below in wanted.subkeys.items():
        if folded(name) in found:
            yield from _guards(below, found[folded(name)])
