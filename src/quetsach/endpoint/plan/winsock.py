r"""Taking a library out of the lists that Winsock loads libraries by: the rest closes up, or no program has a network.

The entries of a list are keys that are numbered from 1 without a gap, and a value beside them counts them.
Sources: Microsoft Learn, "WSCDeinstallProvider"; the registry of every Windows below ``Services\WinSock2\Parameters``.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from quetsach.endpoint.host.registry import (
    DWORD,
    DeleteKey,
    DeleteValue,
    Registry,
    RegistryEdit,
    RegistryValue,
    SetValue,
    folded,
)

_ENTRY = re.compile(
    r"(HKLM\\SYSTEM\\(?:CURRENTCONTROLSET|CONTROLSET\d{3})\\SERVICES\\WINSOCK2\\PARAMETERS"
    r"\\(?:PROTOCOL_CATALOG9|NAMESPACE_CATALOG5))\\CATALOG_ENTRIES(64)?\\(\d{12})"
)
_COUNT = "Num_Catalog_Entries"
_MOST = 500


@dataclass(frozen=True, slots=True)
class TakeProvider:
    """Take one entry out of a list of Winsock: ``number`` of those below ``entries_key``, whose content is ``entries``.

    Several of them become one set of edits. ``key`` is that of the list with its count.
    """

    key: str
    entries_key: str
    number: int
    entries: tuple[tuple[RegistryValue, ...], ...]


def is_provider(key: str) -> bool:
    """Return whether a key is an entry of a list of Winsock."""
    return _ENTRY.fullmatch(folded(key)) is not None


def provider_of(key: str, registry: Registry) -> TakeProvider | None:
    """Return what takes an entry out of its list; ``None`` when the list is not as Windows keeps it."""
    entries_key, _, number = key.rpartition("\\")
    above = entries_key.rpartition("\\")[0]
    numbers = sorted(registry.subkeys(entries_key))
    keys = [f"{entries_key}\\{name}" for name in numbers]
    is_whole = numbers == [_number(place) for place in range(1, len(numbers) + 1)] and len(numbers) <= _MOST
    count = registry.value(above, _count_of(entries_key))
    if not is_whole or number not in numbers or count is None or any(map(registry.subkeys, keys)):
        return None
    if (count.type, int.from_bytes(count.data[:4], "little")) != (DWORD, len(numbers)):
        return None
    return TakeProvider(above, entries_key, int(number), tuple(map(registry.values, keys)))


def without_providers(entries: TakeProvider, numbers: Collection[int]) -> Iterator[RegistryEdit]:
    """Yield the edits that take these entries out of their list; nothing when none would be left."""
    left = [values for number, values in enumerate(entries.entries, 1) if number not in numbers]
    if not left:
        return
    for number, (new, old) in enumerate(zip(left, entries.entries, strict=False), 1):
        key = f"{entries.entries_key}\\{_number(number)}"
        for value in new:
            if value not in old:
                yield SetValue(key, value)
        kept = {folded(value.name) for value in new}
        yield from (DeleteValue(key, value.name) for value in old if folded(value.name) not in kept)
    for number in range(len(left) + 1, len(entries.entries) + 1):
        yield DeleteKey(f"{entries.entries_key}\\{_number(number)}")
    count = RegistryValue(_count_of(entries.entries_key), DWORD, len(left).to_bytes(4, "little"))
    yield SetValue(entries.key, count)


def _number(place: int) -> str:
    return f"{place:012}"


def _count_of(entries_key: str) -> str:
    return _COUNT + ("64" if entries_key.endswith("64") else "")
