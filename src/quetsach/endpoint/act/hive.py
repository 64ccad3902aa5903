"""Edits of the registry on a disk: a copy of the hive is edited in our own folder and takes the hive's place.

The copy is made before the step is recorded, and its hash is in the record: whatever happens afterwards, it is this
copy that is placed, or none. A hive that Windows did not close cleanly is refused.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from quetsach.core.text import Text
from quetsach.endpoint import EndpointError, RegistryError
from quetsach.endpoint.act.act import ChangedError, Facts, Workplace
from quetsach.endpoint.act.file import file_anchor
from quetsach.endpoint.act.rewrite import RewriteAct
from quetsach.endpoint.host.disk import Own, fstat, hash_file, open_own, parts_of, write_all
from quetsach.endpoint.host.hive_log import LOG_SUFFIXES
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    Registry,
    RegistryEdit,
    RegistryValue,
    SetValue,
    folded,
    inverse,
    is_part,
)
from quetsach.endpoint.plan.step import EditRegistry, Outcome, Step, edits_as_json, edits_from_json
from quetsach.endpoint.store.journal import MAX_RECORD_BYTES
from quetsach.endpoint.store.quarantine import seal
from quetsach.endpoint.store.session import Progress

# Which edits of the registry may be taken back in a hive that was changed since: those that are still ours.

_SERVICE = re.compile(r"HKLM\\SYSTEM\\(?:CURRENTCONTROLSET|CONTROLSET\d\d\d)\\SERVICES\\[^\\]+")
_OF_MANAGER = frozenset({"START", "DELETEFLAG"})
"""What the service manager writes into the key of a service that is switched off or about to be deleted."""


def still_ours(
    back: Sequence[RegistryEdit], edits: Iterable[RegistryEdit], registry: Registry
) -> tuple[RegistryEdit, ...]:
    """Return those edits of ``back`` that overwrite nothing newer.

    Args:
        back: the inverse of the edits.
        edits: what a clean-up did.
        registry: as it is now.
    """
    left: dict[tuple[str, str], RegistryValue | None] = {}
    for edit in edits:
        match edit:
            case SetValue(key, value):
                left[folded(key), folded(value.name)] = value
            case DeleteValue(key, name):
                left[folded(key), folded(name)] = None
            case PutKey(key, content):
                left |= _put(key, content)
    return tuple(edit for edit in back if _is_ours(edit, left, registry))


def is_left_of(key: str, there: KeyContent, whole: KeyContent) -> bool:
    """Return whether a key is what an act that was cut short left of another, whatever the service manager wrote."""
    if _SERVICE.fullmatch(folded(key)):
        there = replace(there, values=tuple(v for v in there.values if folded(v.name) not in _OF_MANAGER))
    return is_part(there, whole)


def _put(key: str, content: KeyContent) -> Iterator[tuple[tuple[str, str], RegistryValue | None]]:
    """Yield the values of a key that was made, and of those below it."""
    yield from (((folded(key), folded(value.name)), value) for value in content.values)
    for name, below in content.subkeys.items():
        yield from _put(f"{key}\\{name}", below)


def _is_ours(edit: RegistryEdit, left: dict[tuple[str, str], RegistryValue | None], registry: Registry) -> bool:
    match edit:
        case SetValue(key, RegistryValue(name)) | DeleteValue(key, name):
            return registry.value(key, name) == left.get((folded(key), folded(name)))
        case PutKey(key, whole):  # what stands there may be what is left of it after an act that was cut short
            there = registry.content(key)
            return there is None or is_left_of(key, there, whole)
        case DeleteKey(key):
            content = registry.content(key)
            return content is not None and all(value in left.values() for value in _values(content))


def _values(content: KeyContent) -> Iterator[RegistryValue]:
    yield from content.values
    for below in content.subkeys.values():
        yield from _values(below)


_MAX_EDITS = 10_000
_MAX_INVERSE_BYTES = MAX_RECORD_BYTES // 2


class HiveAct(RewriteAct):
    """Edits one hive file; its logs are sealed with it, though they are not changed."""

    def prepare(self, where: Workplace, step: Step, source: int) -> Facts:  # noqa: ARG002  (one shape for all)
        """Return the hash of the edited copy."""
        registry, edits = registry_now(where), edits_of(step)
        if len(edits) > _MAX_EDITS:
            raise EndpointError(Text("so many edits of one hive are no clean-up"))
        back, left = recorded(edits, registry)
        made = make_copy(registry, edits, where.session.prepared(step.number))
        return {"edited_sha256": made, "whole": False, "inverse": back, "unrecorded": left}

    def write(self, where: Workplace, step: Step, source: int, target: int) -> None:  # noqa: ARG002
        """Write the edited copy."""
        write_copy(where.session.prepared(step.number), target)

    def seal_all(self, where: Workplace, step: Step, source: int, before: Facts) -> None:
        """Seal the hive and its logs."""
        super().seal_all(where, step, source, before)
        for suffix in LOG_SUFFIXES:
            _seal_log(where, step, suffix)

    def do(self, where: Workplace, step: Step, before: Facts) -> Facts:
        """Place the edited copy."""
        try:
            after = super().do(where, step, before)
        except (OSError, EndpointError):
            where.session.prepared(step.number).unlink(missing_ok=True)
            raise
        where.session.prepared(step.number).unlink(missing_ok=True)
        registry_now(where)
        return after

    def prepare_return(self, where: Workplace, progress: Progress, source: int) -> Facts | None:
        """Decide which edits to take back in a hive changed since; what is newer than ours stays."""
        registry, step, before = registry_now(where), progress.step, progress.before or {}
        back = edits_from_json(before["inverse"])
        ours = still_ours(back, edits_of(step), registry)
        newer = len(back) - len(ours)
        notes = [f"{newer} of {len(back)} were changed since, so the newer ones were kept"] if newer else []
        if left := int(before.get("unrecorded", 0)):
            notes.append(f"{left} were too large to be recorded one by one; they are in the sealed hive")
        note = "; ".join(notes)
        if not ours:
            return None if left else {"how": "kept", "note": note or "there was nothing to take back"}
        sha256 = make_copy(registry, ours, where.session.prepared(step.number))
        if hash_file(source) == sha256:
            return {"how": "kept", "note": note}
        return {"sha256": sha256, "note": note}

    def write_return(self, where: Workplace, progress: Progress, source: int, target: int) -> None:  # noqa: ARG002
        """Write the hive as it is now with the edits taken back."""
        write_copy(where.session.prepared(progress.step.number), target)

    def undo(self, where: Workplace, progress: Progress, decision: Facts) -> tuple[Outcome, str]:
        """Carry the decision out."""
        outcome = super().undo(where, progress, decision)
        where.session.prepared(progress.step.number).unlink(missing_ok=True)
        registry_now(where)
        return outcome


def edits_of(step: Step) -> tuple[RegistryEdit, ...]:
    """Return the edits of a step that edits the registry."""
    assert isinstance(step.target, EditRegistry)  # noqa: S101  (the table of acts decides)
    return step.target.edits


def registry_now(where: Workplace) -> Registry:
    """Return the registry as it is now, whatever was read of it before."""
    if where.host.registry is None:
        raise EndpointError(Text("no Windows was found on this disk"))
    where.host.registry.forget()
    return where.host.registry


def recorded(edits: Sequence[RegistryEdit], registry: Registry) -> tuple[list[Any], int]:
    """Return what takes edits back, in the form of the journal, and how many are left out of it.

    What is too large, or cannot be read whole, must not keep itself or others from being removed: it is in the sealed
    hive, which comes back as a whole unless the hive was changed since.
    """
    found: list[list[Any]] = []
    room = _MAX_INVERSE_BYTES
    for edit in edits:
        try:
            back = edits_as_json(inverse((edit,), registry))
        except RegistryError:
            continue
        size = len(json.dumps(back))
        if size <= room:
            room -= size
            found.append(back)
    return [one for back in reversed(found) for one in back], len(edits) - len(found)


def make_copy(registry: Registry, edits: Sequence[RegistryEdit], path: Path) -> str:
    """Make an edited copy of a hive and return its hash; what a crash left of an earlier one goes first."""
    path.unlink(missing_ok=True)
    registry.write_edited(edits, path)
    fd = open_own(path, Own.READ)
    try:
        return hash_file(fd)
    finally:
        os.close(fd)


def write_copy(path: Path, target: int) -> None:
    """Write an edited copy into an empty file."""
    try:
        source = open_own(path, Own.READ)
    except FileNotFoundError as error:
        raise ChangedError(Text("the edited copy of the hive is gone")) from error
    try:
        for part in parts_of(source, fstat(source).st_size):
            write_all(target, part)
    finally:
        os.close(source)


def _seal_log(where: Workplace, step: Step, suffix: bytes) -> None:
    tree, anchor = where.host.tree, file_anchor(step)
    try:
        path = tree.resolve(anchor.path + suffix)
        fd = tree.open_read(path)
    except FileNotFoundError:
        return
    try:
        container = where.session.container(step.number, suffix.decode())
        seal(fd, where.record(step, path, where.files.state(fd), hash_file(fd)), container, where.session.key)
    finally:
        os.close(fd)
