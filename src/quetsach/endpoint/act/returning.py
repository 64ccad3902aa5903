"""Which edits of the registry may be taken back in a hive that was changed since: those that are still ours."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

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
    is_part,
)

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
