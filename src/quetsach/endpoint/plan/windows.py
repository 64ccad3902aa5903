"""What acting on a finding of Windows means: edits of hives, lists of Winsock, and the file of a task."""

import itertools
import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from quetsach.core.pack import Action
from quetsach.endpoint import RegistryError
from quetsach.endpoint.artefact import FileAnchor, Finding, RegistryAnchor
from quetsach.endpoint.collect.factory_defaults import Factory
from quetsach.endpoint.host.port import Host
from quetsach.endpoint.host.registry import (
    BINARY,
    DWORD,
    EXPAND_SZ,
    MULTI_SZ,
    QWORD,
    SZ,
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    Registry,
    RegistryEdit,
    RegistryValue,
    SetValue,
    folded,
)
from quetsach.endpoint.plan.protection import SkipReason, is_protected_key
from quetsach.endpoint.plan.step import RemoveTask

# Taking a library out of the lists that Winsock loads libraries by: the rest closes up, or no program has a network.
#
# The entries of a list are keys that are numbered from 1 without a gap, and a value beside them counts them. Sources:
# Microsoft Learn, "WSCDeinstallProvider"; the registry of every Windows below ``Services\WinSock2\Parameters``.

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


# What acting on a finding of Windows means: edits of hives, and the file of a task.
#
# Sources: Microsoft Learn, "HKLM\SYSTEM\CurrentControlSet\Services Registry Tree", "Svchost groups"; MS-TSCH for tasks;
# the keys of the task cache as "Tarrasch" of Microsoft's report of 2022-04-12 abuses them.

_GROUPS = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Svchost"
_CACHE = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache"
_TASKS = b"/windows/system32/tasks/"
_LISTS = ("Tasks", "Plain", "Logon", "Boot", "Maintenance")
_SERVICES = "\\SERVICES\\"
_SEPARATORS = (",", ";", " ")
_GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")
_VARIABLE = re.compile(r"%[A-Za-z()]+%")
_REGISTRY_ACTIONS = frozenset(
    {Action.REMOVE_VALUE, Action.REMOVE_ENTRY, Action.RESTORE_DEFAULT, Action.REMOVE_KEY, Action.REMOVE_SERVICE}
)

_TAKES_PROVIDER = frozenset({Action.REMOVE_VALUE, Action.REMOVE_KEY})


@dataclass(frozen=True, slots=True)
class TakeEntry:
    """Take one entry out of a value that holds a list; several of them become one edit."""

    key: str
    value: RegistryValue
    entry: str


type Wish = RegistryEdit | TakeEntry | TakeProvider


@dataclass(frozen=True, slots=True)
class HiveEditRequest:
    """What is wished of one hive (``None`` on a running system)."""

    hive: bytes | None
    wish: Wish


def windows_skip_reason(finding: Finding, host: Host) -> SkipReason | None:
    """Return why a finding cannot be acted on, though it may: its value is another by now, or a default is unknown."""
    anchor, registry = finding.artefact.anchor, host.registry
    if not isinstance(anchor, RegistryAnchor) or finding.action not in _REGISTRY_ACTIONS:
        return None
    if registry is None:
        return SkipReason.UNREACHABLE
    try:
        wishes = list(_edit_requests(finding, anchor, host, registry))
    except RegistryError:
        return SkipReason.UNREACHABLE
    if finding.action is Action.RESTORE_DEFAULT:
        return None if wishes else SkipReason.INCOMPLETE
    return None if wishes else SkipReason.UNREACHABLE


def registry_edit_requests(finding: Finding, host: Host, registry: Registry) -> Iterator[HiveEditRequest]:
    """Yield what a finding that ``windows_skip_reason`` lets pass asks of the registry of a machine."""
    anchor = finding.artefact.anchor
    if finding.action is Action.REMOVE_TASK and task_of(finding, host) is not None:
        return
    if finding.action is Action.REMOVE_TASK:
        with suppress(RegistryError):  # a hive that cannot be read keeps what it has of the task; its file goes
            yield from [HiveEditRequest(registry.hive_path(wish.key), wish) for wish in _task(finding, registry)]
    elif isinstance(anchor, RegistryAnchor):
        for wish in _edit_requests(finding, anchor, host, registry):
            yield HiveEditRequest(registry.hive_path(wish.key), wish)


def task_of(finding: Finding, host: Host) -> RemoveTask | None:
    """Return what removes a task from a running Windows as a whole; ``None`` on a disk, and for a job of AT."""
    tree = _tree_key(finding)
    if tree is None or not host.is_live or host.registry is None:
        return None
    file = finding.artefact.anchor if isinstance(finding.artefact.anchor, FileAnchor) else None
    try:
        edits = settled(_task(finding, host.registry))
    except RegistryError:
        edits = ()
    return RemoveTask(file, tree[len(f"{_CACHE}\\Tree") :], edits)


def _edit_requests(finding: Finding, anchor: RegistryAnchor, host: Host, registry: Registry) -> Iterator[Wish]:
    """Yield what one finding asks for; nothing when the registry is not what the scan saw any more."""
    if is_provider(anchor.key) and finding.action in _TAKES_PROVIDER:
        taken = provider_of(anchor.key, registry) if _is_as_seen(anchor, registry) else None
        yield from () if taken is None else (taken,)
    elif anchor.name is None and finding.action is Action.RESTORE_DEFAULT:
        yield from Factory(host, registry).edits(anchor.key)
    elif anchor.name is not None:
        yield from _about_value(finding, anchor, anchor.name, registry)
    elif registry.exists(anchor.key):
        yield DeleteKey(anchor.key)
        if finding.action is Action.REMOVE_SERVICE:
            yield from _around_service(anchor.key, registry)


def _about_value(finding: Finding, anchor: RegistryAnchor, name: str, registry: Registry) -> Iterator[Wish]:
    value = registry.value(anchor.key, name)
    if finding.action is Action.RESTORE_DEFAULT:
        default = finding.artefact.fields.get("default")  # the empty text can be one
        if default is not None and (value is None or value.data == anchor.data):
            yield SetValue(anchor.key, _factory_value(anchor, default))
    elif value is None or not _is_as_seen(anchor, registry):
        return
    elif finding.action is Action.REMOVE_VALUE:
        yield DeleteValue(anchor.key, name)
    elif anchor.entry is not None and without_entries(value, (anchor.entry,)) is not None:
        yield TakeEntry(anchor.key, value, anchor.entry)


def _is_as_seen(anchor: RegistryAnchor, registry: Registry) -> bool:
    """Return whether a key is there, and of a value whether it is the one that the scan saw."""
    if anchor.name is None:
        return registry.exists(anchor.key)
    value = registry.value(anchor.key, anchor.name)
    return value is not None and (value.type, value.data) == (anchor.type, anchor.data)


def _around_service(key: str, registry: Registry) -> Iterator[Wish]:
    """Yield a service's places in the groups of shared processes, and the key of its legacy device."""
    above, _, name = key.rpartition("\\")
    for group in registry.values(_GROUPS):
        for entry in group.entries if group.type == MULTI_SZ else ():
            if folded(entry) == folded(name):
                yield TakeEntry(_GROUPS, group, entry)
    if folded(above).endswith(_SERVICES.rstrip("\\")):
        device = f"{above.rpartition('\\')[0]}\\Enum\\Root\\LEGACY_{name.upper()}"
        if registry.exists(device):
            yield DeleteKey(device)


def _task(finding: Finding, registry: Registry) -> Iterator[Wish]:
    """Yield the keys that the registry keeps of a task. A folder of the same name keeps its tasks."""
    tree = _tree_key(finding)
    if tree is None:
        return
    name = tree[len(f"{_CACHE}\\Tree") :]
    identifier = registry.value(tree, "Id")
    if registry.subkeys(tree):
        for value in registry.values(tree):
            yield DeleteValue(tree, value.name)
    elif registry.exists(tree):
        yield DeleteKey(tree)
    if identifier is not None and _GUID.fullmatch(identifier.text) and _is_own(identifier.text, name, registry):
        for place in _LISTS:
            if registry.exists(key := f"{_CACHE}\\{place}\\{identifier.text}"):
                yield DeleteKey(key)


def _is_own(identifier: str, name: str, registry: Registry) -> bool:
    """Return whether a record is the task's own, not that of another task whose number it was given as its own."""
    path = registry.value(f"{_CACHE}\\Tasks\\{identifier}", "Path")
    if path is None or folded(path.text) == folded(name):
        return True
    other = registry.value(f"{_CACHE}\\Tree{path.text}", "Id")
    return other is None or folded(other.text) != folded(identifier)


def _tree_key(finding: Finding) -> str | None:
    r"""Return the key of a task in the tree of tasks, which mirrors ``System32\Tasks``; ``None`` for a job of AT."""
    match finding.artefact.anchor:
        case RegistryAnchor(key, name) if folded(key).startswith(f"{folded(_CACHE)}\\TREE\\") and name is None:
            return key
        case FileAnchor(path) if path.lower().startswith(_TASKS) and b"\\" not in path:  # no name of Windows has one
            name = path[len(_TASKS) :].decode("utf-8", "surrogateescape").replace("/", "\\")
            return f"{_CACHE}\\Tree\\{name}"
    return None


def _factory_value(anchor: RegistryAnchor, default: str) -> RegistryValue:
    """Return the value of the factory, of the type that is there if that can hold it."""
    type_ = anchor.type or (DWORD if default.isdecimal() else SZ)
    name = anchor.name or ""
    match type_:
        case type_ if type_ in (DWORD, QWORD) and default.isdecimal():
            return RegistryValue(name, type_, int(default).to_bytes(4 if type_ == DWORD else 8, "little"))
        case type_ if type_ == MULTI_SZ:
            return RegistryValue(name, type_, _list_data(default.split("\n")))
        case type_ if type_ == BINARY and re.fullmatch(r"([0-9a-f]{2})+", default):
            return RegistryValue(name, type_, bytes.fromhex(default))
    is_expanded = type_ == EXPAND_SZ or _VARIABLE.search(default) is not None  # malware may have written plain text
    return RegistryValue(name, EXPAND_SZ if is_expanded else SZ, f"{default}\0".encode("utf-16-le", "replace"))


def without_entries(value: RegistryValue, entries: Iterable[str]) -> RegistryValue | None:
    """Return a list without some of its entries, however often they stand in it, the others as they are.

    ``None`` when one of them is not there. A list is a multi-string, or text with commas, semicolons or spaces.
    """
    for entry in entries:
        found = _without_entry(value, entry)
        if found is None:
            return None
        value = found
    return value


def _without_entry(value: RegistryValue, entry: str) -> RegistryValue | None:
    if value.type == MULTI_SZ:
        entries = [part for part in _text(value).split("\0") if part]
        left = [part for part in entries if _shown(part) != entry]
        return None if left == entries else replace(value, data=_list_data(left))
    if value.type not in (SZ, EXPAND_SZ):
        return None
    text = _text(value).split("\0", 1)[0]
    for around, separator in itertools.product((" ", None), _SEPARATORS):  # spaces alone, before any other white space
        parts = text.split(separator)
        left = [part for part in parts if _shown(part).strip(around) != entry.strip(around)]
        if left != parts:
            return replace(value, data=f"{separator.join(left)}\0".encode("utf-16-le", "surrogatepass"))
    return None


def _text(value: RegistryValue) -> str:
    return value.data[: len(value.data) & ~1].decode("utf-16-le", "surrogatepass")


def _shown(part: str) -> str:
    """Return a text as ``RegistryValue.text`` gives it to collectors."""
    return part.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _list_data(entries: Iterable[str]) -> bytes:
    return "".join(f"{entry}\0" for entry in (*entries, "")).encode("utf-16-le", "surrogatepass")


def size_of(wish: Wish) -> int:
    """Return roughly how many bytes a wish takes in a journal."""
    if isinstance(wish, PutKey):
        return 200 + len(wish.key) + _size_of(wish.content)
    if isinstance(wish, TakeProvider):
        return sum(200 + len(value.data) for values in wish.entries for value in values)
    value = wish.value if isinstance(wish, SetValue | TakeEntry) else None
    return 200 + len(wish.key) + (len(value.data) if value is not None else 0)


def _size_of(content: KeyContent) -> int:
    values = sum(200 + len(value.data) for value in content.values)
    return values + sum(200 + len(name) + _size_of(below) for name, below in content.subkeys.items())


def leaves_empty(wishes: Iterable[Wish]) -> bool:
    """Return whether the last of the wishes, an entry, would with the others leave a value empty that is needed."""
    taken = [wish for wish in wishes if isinstance(wish, TakeEntry)]
    key, value = taken[-1].key, taken[-1].value
    own = [wish.entry for wish in taken if (folded(wish.key), wish.value.name) == (folded(key), value.name)]
    left = without_entries(value, dict.fromkeys(own))
    is_needed = is_protected_key(RegistryAnchor(key, value.name), Action.REMOVE_VALUE)
    return is_needed and left is not None and not left.text.strip(" ,;\n")


def settled(wishes: Iterable[Wish]) -> tuple[RegistryEdit, ...]:
    """Return the edits that wishes about one hive come to: entries of one value together, nothing twice.

    What lies in a key that goes as a whole needs no edit of its own; what goes is stronger than what changes.
    """
    found = tuple(wishes)
    keys = {folded(wish.key) for wish in found if isinstance(wish, DeleteKey)}
    edits: dict[tuple[str, ...], RegistryEdit] = {}
    lists: dict[tuple[str, ...], list[TakeEntry]] = {}
    providers: dict[str, list[TakeProvider]] = {}
    for wish in found:
        if any(_is_below(folded(wish.key), key) for key in keys if key != folded(wish.key)):
            continue
        if isinstance(wish, DeleteKey):
            edits[(folded(wish.key),)] = wish
        elif folded(wish.key) in keys:
            continue
        elif isinstance(wish, TakeProvider):
            providers.setdefault(folded(wish.entries_key), []).append(wish)
        elif isinstance(wish, TakeEntry):
            lists.setdefault((folded(wish.key), folded(wish.value.name)), []).append(wish)
        elif isinstance(wish, DeleteValue):
            edits[folded(wish.key), folded(wish.name)] = wish
        else:
            name = (folded(wish.value.name),) if isinstance(wish, SetValue) else ()
            edits.setdefault((folded(wish.key), *name), wish)
    for place, taken in lists.items():
        new = without_entries(taken[0].value, dict.fromkeys(wish.entry for wish in taken))
        if place not in edits and new is not None:
            edits[place] = SetValue(taken[0].key, new)
    closed_up = [edit for all_ in providers.values() for edit in without_providers(all_[0], {w.number for w in all_})]
    return (*edits.values(), *closed_up)


def _is_below(key: str, above: str) -> bool:
    return key.startswith(f"{above}\\")
