"""Edits of a hive gathered: into acts of the process that writes, and into what the written copy must then hold."""

import base64
import os
from collections.abc import Mapping, Sequence
from typing import Any

from quetsach.endpoint.errors import RegistryError
from quetsach.endpoint.host.hive import SEGMENT_BYTES, Hive, Key
from quetsach.endpoint.host.hive_cells import HEADER_BYTES
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

type Act = list[Any]
"""One act of the worker, see ``hive_worker.carry_out``."""


class _Node:
    """A key while edits are gathered. ``node`` is what the worker calls it; ``key`` is ``None`` for a new one."""

    def __init__(self, hive: Hive, name: str, key: Key | None, node: int) -> None:
        self.name = name
        self.key = key
        self.node = node
        self.values: list[RegistryValue] | None = None
        """The values it is to have; ``None`` while they are not edited."""
        self.below: dict[str, _Node | None] = {}
        """The subkeys that edits reach, by folded name; ``None`` for one that is not there or goes."""
        self._hive = hive

    def wanted_values(self) -> list[RegistryValue]:
        """Return the values as edited so far, for further edits."""
        if self.values is None:
            self.values = [] if self.key is None else list(_whole(self._hive, self.key))
        return self.values

    def child(self, name: str) -> "_Node | None":
        """Return a subkey, as edited so far."""
        if folded(name) not in self.below:
            found = None if self.key is None else self._hive.child(self.key, name)
            self.below[folded(name)] = (
                None if found is None else _Node(self._hive, found.name, found, found.offset + HEADER_BYTES)
            )
        return self.below[folded(name)]

    def has_new(self) -> bool:
        """Return whether a subkey is made."""
        return any(node is not None and node.key is None for node in self.below.values())

    def names(self) -> list[str]:
        """Return the names of all subkeys, as edited so far."""
        there = [] if self.key is None else [below.name for below in self._hive.subkeys(self.key)]
        added = [node.name for node in self.below.values() if node is not None and node.key is None]
        return [name for name in there if self.child(name) is not None] + added


class Draft:
    """The edits gathered into acts of the worker, and into what the copy must then hold."""

    def __init__(self, hive: Hive) -> None:
        self._hive = hive
        self._root = _Node(hive, "", hive.root, hive.root.offset + HEADER_BYTES)
        self._acts: list[Act] = []
        self._made = 0

    def take(self, edit: RegistryEdit) -> None:
        """Gather one edit, on top of those before it.

        Raises:
            RegistryError: a key that it needs cannot be read whole, or a name not be written.
        """
        match edit:
            case SetValue(key, value):
                node = self._at(key)
                _without(node.wanted_values(), value.name, instead=value)
            case DeleteValue(key, name):
                found = self._find(key)
                if found is not None and self._has_value(found, name):
                    _without(found.wanted_values(), name)
            case DeleteKey(key):
                self._delete(key)
            case PutKey(key, content):
                self._put(self._at(key), content)

    def acts(self) -> list[Act]:
        """Return the acts: keys are made and deleted in the order of the edits, then values set."""
        acts = list(self._acts)
        pending = [self._root]
        while pending:
            node = pending.pop()
            if node.values is not None:
                acts.append(["values", node.node, [_written(value) for value in node.values]])
            pending.extend(below for below in node.below.values() if below is not None)
        return acts

    def mend(self, descriptor: int) -> None:
        """Put right the hashes of the names of keys that were made."""
        after = Hive(os.dup(descriptor))
        pending: list[tuple[_Node, Key]] = [(self._root, after.root)]
        while pending:
            node, key = pending.pop()
            if node.has_new():
                for place, wanted in after.wrong_hashes(key):
                    os.pwrite(descriptor, wanted, place)
            below = [(child, after.child(key, child.name)) for child in node.below.values() if child is not None]
            pending.extend((child, found) for child, found in below if found is not None)

    def check(self, after: Hive) -> None:
        """Compare the written copy with what it was to be.

        Raises:
            RegistryError: it differs anywhere.
        """
        if not after.is_clean or after.root.offset != self._hive.root.offset:
            raise _differs()
        pending: list[tuple[_Node | None, Key | None, Key]] = [(self._root, self._hive.root, after.root)]
        while pending:
            node, old, new = pending.pop()
            wanted = node.values if node is not None and node.values is not None else _values(self._hive, old)
            if sorted(map(_frozen, wanted)) != sorted(map(_frozen, after.values(new))):
                raise _differs()
            expected = self._expected_below(node, old)
            found = {folded(key.name): key for key in after.subkeys(new)}
            if expected.keys() != found.keys():
                raise _differs()
            if node is not None and node.has_new() and not after.is_searchable(new):
                raise RegistryError("Windows would not find a key again that was to be made")
            for name, (below, before) in expected.items():
                if (below.name if below else before.name if before else "") != found[name].name:
                    raise _differs()
                pending.append((below, before, found[name]))
        if (after.damaged, after.limited) > (self._hive.damaged, self._hive.limited):
            raise _differs()

    def _expected_below(self, node: _Node | None, old: Key | None) -> Mapping[str, tuple[_Node | None, Key | None]]:
        there: dict[str, tuple[_Node | None, Key | None]] = {}
        if old is not None:
            there = {folded(key.name): (None, key) for key in self._hive.subkeys(old)}
        for name, below in node.below.items() if node is not None else ():
            there.pop(name, None)
            if below is not None:
                there[name] = (below, below.key)
        return there

    def _find(self, path: str) -> _Node | None:
        node: _Node | None = self._root
        for name in path.split("\\") if path else ():
            node = node.child(name) if node is not None else None
        return node

    def _at(self, path: str) -> _Node:
        """Return the node of a key, which is made when it is not there."""
        node = self._root
        for name in path.split("\\") if path else ():
            node = node.child(name) or self._make(node, name)
        return node

    def _make(self, parent: _Node, name: str) -> _Node:
        self._made += 1
        node = _Node(self._hive, _writable(name), None, -self._made)
        if not name:
            raise RegistryError("a key without a name cannot be made")
        self._acts.append(["add", parent.node, name])
        parent.below[folded(name)] = node
        return node

    def _delete(self, path: str) -> None:
        above, _, name = path.rpartition("\\")
        parent = self._find(above) if name else None
        node = parent.child(name) if parent is not None else None
        if parent is None or node is None:
            if not name:
                raise RegistryError("the root of a hive cannot be deleted")
            return
        self._acts.append(["delete", node.node])
        parent.below[folded(name)] = None

    def _put(self, node: _Node, content: KeyContent) -> None:
        node.values = list(content.values)
        wanted = {folded(name) for name in content.subkeys}
        for name in node.names():
            below = node.child(name)
            if folded(name) not in wanted and below is not None:
                self._acts.append(["delete", below.node])
                node.below[folded(name)] = None
        for name, subcontent in content.subkeys.items():
            self._put(node.child(name) or self._make(node, name), subcontent)

    def _has_value(self, node: _Node, name: str) -> bool:
        values = node.values if node.values is not None else _values(self._hive, node.key)
        return any(folded(value.name) == folded(name) for value in values)


def _without(values: list[RegistryValue], name: str, *, instead: RegistryValue | None = None) -> None:
    """Take the first value of a name out of a list, or put another one in its place or at the end."""
    place = next((at for at, value in enumerate(values) if folded(value.name) == folded(name)), len(values))
    values[place : place + 1] = [] if instead is None else [instead]


def _values(hive: Hive, key: Key | None) -> Sequence[RegistryValue]:
    return () if key is None else hive.values(key)


def _whole(hive: Hive, key: Key) -> tuple[RegistryValue, ...]:
    """Return the values of a key that is edited: hivex writes all of them anew."""
    values = hive.values(key)
    if len(values) != key.value_count:
        raise RegistryError("a key that is to be edited holds what cannot be read")
    return values


def _frozen(value: RegistryValue) -> tuple[str, int, str]:
    return value.name, value.type, base64.b64encode(value.data).decode()


def _written(value: RegistryValue) -> tuple[str, int, str]:
    """Return a value for the worker.

    Raises:
        RegistryError: hivex would not write it as Windows keeps it.
    """
    if len(value.data) > SEGMENT_BYTES:
        raise RegistryError("a key that is to be edited holds a value too large to be written")
    _writable(value.name)
    return _frozen(value)


def _writable(name: str) -> str:
    """Return a name that hivex writes as it is.

    Raises:
        RegistryError: it is no plain text.
    """
    if "\0" in name or any("\ud800" <= c <= "\udfff" for c in name):
        raise RegistryError("a name that is no plain text cannot be written")
    return name


def _differs() -> RegistryError:
    return RegistryError("the edited hive was not what it was to be, so it is not used")
