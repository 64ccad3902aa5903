"""Edits of a hive gathered: what each key that they reach is to hold, and whether a copy holds that and all else."""

from collections.abc import Iterator, Mapping

from quetsach.core.text import Text
from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.hive import Hive, Key
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
    folded,
)

_KEY_NAME_LENGTH, _VALUE_NAME_LENGTH = 255, 16_383
"""Microsoft Learn, "Registry element size limits"."""

MOST_VALUES = 1_000_000
"""So many values of a key are edited; fewer are looked at (``hive.MAX_VALUES``)."""

type Slot = tuple[int | None, RegistryValue | None]
"""A value of a key: where it is stored (``None``: it is new), and what it is (``None``: it cannot be read)."""


class Node:
    """A key while edits are gathered; ``key`` is ``None`` for one that is to be made."""

    def __init__(self, name: str, key: Key | None) -> None:
        self.name = name
        self.key = key
        self.slots: list[Slot] | None = None
        """The values it is to have; ``None`` while they are not edited."""
        self.below: dict[str, Node | None] = {}
        """The subkeys that edits reach, by the name that is there or else folded; ``None`` for one that goes."""
        self.gone: list[Key] = []
        """The subkeys that go."""

    def made(self) -> list["Node"]:
        """Return the subkeys that are to be made."""
        return [node for node in self.below.values() if node is not None and node.key is None]

    def kept(self) -> list[tuple["Node", Key]]:
        """Return the subkeys that edits reach and that stay."""
        return [(node, node.key) for node in self.below.values() if node is not None and node.key is not None]


class Draft:
    """The edits gathered, as a tree of the keys that they reach."""

    def __init__(self, hive: Hive) -> None:
        self._hive = hive
        self.root = Node("", hive.root)
        self._left = hive.size_bytes

    def take(self, edit: RegistryEdit) -> None:
        """Gather one edit, on top of those before it.

        Raises:
            RegistryError: a key that it needs cannot be read, or what it makes is nothing that Windows could hold.
        """
        match edit:
            case SetValue(key, value):
                slots = self._slots(self._at(key))
                at = _place(slots, value.name)
                if at == len(slots) or slots[at][1] != value:
                    slots[at : at + 1] = [(None, _possible(value))]
            case DeleteValue(key, name):
                node = self._find(key)
                if node is not None:
                    slots = self._slots(node)
                    at = _place(slots, name)
                    del slots[at : at + 1]
            case DeleteKey(key):
                self._delete(key)
            case PutKey(key, content):
                self._put(self._at(key), content)

    def check(self, after: Hive) -> None:
        """Compare a written copy with what it was to be.

        Raises:
            RegistryError: it differs anywhere.
        """
        self._left = self._hive.size_bytes + after.size_bytes
        if not after.is_clean or after.root.offset != self._hive.root.offset:
            raise _differs()
        pending: list[tuple[Node | None, Key | None, Key]] = [(self.root, self._hive.root, after.root)]
        while pending:
            node, old, new = pending.pop()
            if node is not None and node.slots is not None:
                wanted = [value for _, value in node.slots if value is not None]
                values = [value for value in all_values(after, new).values() if value is not None]
            else:
                wanted, values = self._values(self._hive, old), self._values(after, new)
            if wanted != values and sorted(map(_frozen, wanted)) != sorted(map(_frozen, values)):
                raise _differs()
            expected = self._expected_below(node, old)
            found = {key.name: key for key in after.subkeys(new)}
            if expected.keys() != found.keys():
                raise _differs()
            if node is not None and node.made() and not after.is_searchable(new):
                raise RegistryError(Text("Windows would not find a key again that was to be made"))
            for name, (below, before) in expected.items():
                pending.append((below, before, found[name]))
        if after.damaged > self._hive.damaged or after.limited > self._hive.limited:
            raise _differs()

    def _expected_below(self, node: Node | None, old: Key | None) -> Mapping[str, tuple[Node | None, Key | None]]:
        there: dict[str, tuple[Node | None, Key | None]] = {}
        if old is not None:
            there = {key.name: (None, key) for key in self._hive.subkeys(old)}
        for name, below in node.below.items() if node is not None else ():
            there.pop(name, None)
            if below is not None:
                there[below.name] = (below, below.key)
        return there

    def _values(self, hive: Hive, key: Key | None) -> list[RegistryValue]:
        """Return the values of a key as far as they are read, before as after."""
        try:
            values = [] if key is None else list(hive.values(key))
        except RegistryError:
            return []
        self._spend(sum(20 + len(value.data) for value in values) + 76)
        return values

    def _spend(self, count_bytes: int) -> None:
        """Count what was read: a hive whose keys share what they hold would be read without an end."""
        self._left -= count_bytes
        if self._left < 0:
            raise RegistryError(Text("keys of the hive share what they hold; the hive is damaged"))

    def _slots(self, node: Node) -> list[Slot]:
        """Return the values as edited so far, for further edits."""
        if node.slots is None:
            stored = {} if node.key is None else all_values(self._hive, node.key)
            self._spend(sum(len(value.data) for value in stored.values() if value is not None))
            node.slots = list(stored.items())
        return node.slots

    def _child(self, node: Node, name: str) -> Node | None:
        """Return a subkey, as edited so far."""
        place = self._place(node, name)
        if place not in node.below:
            found = None if node.key is None else self._hive.child(node.key, name)
            node.below[place] = None if found is None else Node(found.name, found)
        return node.below[place]

    def _place(self, node: Node, name: str) -> str:
        """Return by what ``Node.below`` has a subkey."""
        found = None if node.key is None else self._hive.child(node.key, name)
        return folded(name) if found is None else found.name

    def _find(self, path: str) -> Node | None:
        node: Node | None = self.root
        for name in path.split("\\") if path else ():
            node = self._child(node, name) if node is not None else None
        return node

    def _at(self, path: str) -> Node:
        """Return the node of a key, which is made when it is not there."""
        node = self.root
        for name in path.split("\\") if path else ():
            node = self._child(node, name) or self._make(node, name)
        return node

    def _make(self, parent: Node, name: str) -> Node:
        if not 0 < len(name.encode("utf-16-le", "surrogatepass")) <= 2 * _KEY_NAME_LENGTH:
            raise RegistryError(Text("a key of such a name cannot be made"))
        node = parent.below[self._place(parent, name)] = Node(name, None)
        node.slots = []
        return node

    def _delete(self, path: str) -> None:
        above, _, name = path.rpartition("\\")
        if not name:
            raise RegistryError(Text("the root of a hive cannot be deleted"))
        parent = self._find(above)
        node = self._child(parent, name) if parent is not None else None
        if parent is not None and node is not None:
            self._remove(parent, node)

    def _remove(self, parent: Node, node: Node) -> None:
        parent.below[self._place(parent, node.name)] = None
        if node.key is not None:
            parent.gone.append(node.key)

    def _put(self, node: Node, content: KeyContent) -> None:
        stored = {value: offset for offset, value in self._slots(node) if value is not None}
        node.slots = [(stored.pop(value, None), _possible(value)) for value in content.values]
        wanted = {folded(name) for name in content.subkeys}
        for name in list(self._names(node)):
            below = self._child(node, name)
            if folded(name) not in wanted and below is not None:
                self._remove(node, below)
        for name, subcontent in content.subkeys.items():
            self._put(self._child(node, name) or self._make(node, name), subcontent)

    def _names(self, node: Node) -> Iterator[str]:
        """Yield the names of the subkeys of a key, those that go by now included."""
        if node.key is not None:
            yield from (below.name for below in self._hive.subkeys(node.key))
        yield from (below.name for below in node.made())


def all_values(hive: Hive, key: Key) -> dict[int, RegistryValue | None]:
    """Return all values of a key, however many were put there to be in the way.

    Raises:
        RegistryError: they cannot all lie in the hive, unless they share what they hold.
    """
    if key.value_count > MOST_VALUES:
        raise RegistryError(Text("a key has more values than are edited"))
    found = hive.stored_values(key, MOST_VALUES, hive.size_bytes)
    if len(found) < len(set(hive.value_offsets(key, MOST_VALUES))):
        raise RegistryError(Text("keys of the hive share what they hold; the hive is damaged"))
    return found


def _place(slots: list[Slot], name: str) -> int:
    """Return where a value of a name stands: the one written so, or else one that compares equal, or the end."""
    names = [None if value is None else value.name for _, value in slots]
    if name in names:
        return names.index(name)
    wanted = folded(name)
    return next((at for at, other in enumerate(names) if other is not None and folded(other) == wanted), len(names))


def _possible(value: RegistryValue) -> RegistryValue:
    if len(value.name.encode("utf-16-le", "surrogatepass")) > 2 * _VALUE_NAME_LENGTH:
        raise RegistryError(Text("a value of such a name cannot be made"))
    return value


def _frozen(value: RegistryValue) -> tuple[str, int, bytes]:
    return value.name, value.type, value.data


def _differs() -> RegistryError:
    return RegistryError(Text("the edited hive was not what it was to be, so it is not used"))
