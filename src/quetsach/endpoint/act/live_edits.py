"""Edits of the running registry: what takes each back is in the journal first, and each is read again after it.

There is no file of which a copy could be sealed, so an edit that could not be taken back is not made. What changed
since it was recorded is left alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from quetsach.endpoint.act.hive import recorded, registry_now
from quetsach.endpoint.act.returning import is_left_of, still_ours
from quetsach.endpoint.act.shape import ChangedError, Facts, GoneError, Workplace
from quetsach.endpoint.errors import EndpointError
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
from quetsach.endpoint.plan.edit_form import edits_as_json, edits_from_json
from quetsach.endpoint.plan.step import Outcome


def is_loaded(where: Workplace, edits: Sequence[RegistryEdit]) -> bool:
    """Return whether the keys of edits are in a registry that runs now, not in a hive file."""
    registry = where.host.registry
    return where.host.is_live and registry is not None and registry.hive_path(edits[0].key) is None


def record(where: Workplace, edits: Sequence[RegistryEdit]) -> dict[str, Any]:
    """Return what takes edits back.

    Raises:
        GoneError: all is as it was to be already.
        EndpointError: something is too large to be recorded, or cannot be read.
    """
    registry = registry_now(where)
    if all(is_made(edit, registry) for edit in edits):
        raise GoneError("the registry is already as it was to be")
    back, left = recorded(edits, registry)
    if left:
        raise EndpointError("what would go is too large to be recorded, or cannot be read, so it could not come back")
    return {"inverse": back}


def make_all(where: Workplace, edits: Sequence[RegistryEdit], before: Facts) -> dict[str, Any]:
    """Make the edits that are still missing; ``restart`` tells that one is only in force after a restart."""
    registry, back = registry_now(where), edits_from_json(before["inverse"])
    needs_restart = False
    for edit in edits:
        if is_made(edit, registry):
            continue
        if not all(_is_recorded(one, back) for one in inverse((edit,), registry)):
            raise ChangedError("the registry was changed meanwhile")
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


def decide(where: Workplace, edits: Sequence[RegistryEdit], before: Facts) -> dict[str, Any]:
    """Decide which edits to take back: those that overwrite nothing newer."""
    registry, back = registry_now(where), edits_from_json(before["inverse"])
    ours = still_ours(back, edits, registry)
    newer = len(back) - len(ours)
    note = f"{newer} of {len(back)} were changed since, so the newer ones were kept" if newer else ""
    if left := int(before.get("unrecorded", 0)):
        note = "; ".join(filter(None, (note, f"{left} were too large to be recorded one by one")))
    return {"how": "live", "back": edits_as_json(ours), "note": note}


def take_back(where: Workplace, decision: Facts) -> tuple[Outcome, str]:
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
