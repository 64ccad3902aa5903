"""Writes an edited copy of a hive: all edits or none, cell by cell, and read again before it is called done."""

import os
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from quetsach.core.text import Text
from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.disk import Own, open_own, parts_of, sync, write_all
from quetsach.endpoint.host.hive import (
    INLINE,
    KEY_FIELDS,
    NONE,
    SEGMENT_BYTES,
    VALUE_HEAD,
    Hive,
    Key,
    Leaf,
    hint,
    key_record,
    list_record,
    ordered,
    value_record,
)
from quetsach.endpoint.host.hive_cells import Space
from quetsach.endpoint.host.hive_draft import MOST_VALUES, Draft, Node
from quetsach.endpoint.host.registry import RegistryEdit, RegistryValue

# Writes the keys of a draft into a copy of their hive, cell by cell, and touches nothing else.
#
# Values that stay are not written again: whatever their neighbours are, malware cannot stand in the way of an edit.
# What goes, goes with all its cells.

_TIME, _SUBKEYS, _SUBKEY_LIST, _VALUES, _SECURITY, _CLASS = 4, 20, 28, 36, 44, 48
_LONGEST_SUBKEY, _LONGEST_NAME, _LONGEST_DATA = 52, 60, 64
_CLASS_LENGTH = 74
_REFERENCES = 12  # in a security record
_IN_LIST = 500
"""Windows makes an index of lists from 507 keys on."""

_SEGMENTS_MINOR = 4
_HASHES_MINOR = 5
_MOST_LISTED = 1_000_000


class Writer:
    """Writes one draft. Reads from the hive as it was, so that the order of writing does not matter."""

    def __init__(self, hive: Hive, space: Space, changed: int) -> None:
        """Take the hive as it was and the room in its copy; ``changed`` is the time, in 100 ns since 1601."""
        self._hive = hive
        self._space = space
        self._changed = changed
        self._references: Counter[int] = Counter()
        """How many keys more or less have a security record."""

    def write(self, root: Node, *, wipes: bool) -> bool:
        """Write what is to be edited, and return whether there was anything.

        Args:
            root: of the draft.
            wipes: whether the cells of what goes are freed and overwritten.

        Raises:
            RegistryError: a record that has to be edited is damaged.
        """
        if wipes:
            most = self._hive.size_bytes // 8
            dropped = list(islice(self._dropped(root), most))
            if len(dropped) == most:
                raise RegistryError(Text("keys of the hive share what they hold; the hive is damaged"))
            self._space.free(dropped)
        pending = [(root, key, bytearray(self._record(key))) for key in [self._hive.root.offset]]
        is_edited = False
        while pending:
            node, offset, record = pending.pop()
            made = [(child, self._make(child, offset, record)) for child in node.made()]
            values, keys = self._put_values(node, record), self._put_subkeys(node, made, record)
            if values or keys or node.key is None:
                is_edited = True
                struct.pack_into("<Q", record, _TIME, self._changed)
                self._space.patch(offset, bytes(record[: KEY_FIELDS.size]))
            pending += [(child, *place) for child, place in made]
            pending += [(child, key.offset, bytearray(self._record(key.offset))) for child, key in node.kept()]
        for security, change in self._references.items():
            self._refer(security, change)
        return is_edited

    def _make(self, node: Node, parent: int, above: bytearray) -> tuple[int, bytearray]:
        security = _word(above, _SECURITY)
        self._references[security] += 1
        record = key_record(node.name, parent, security, self._changed)
        _raise(above, _LONGEST_SUBKEY, _length(node.name), "<H")
        return self._space.store(bytes(record)), record

    def _put_values(self, node: Node, record: bytearray) -> bool:
        if node.slots is None or [offset for offset, _ in node.slots] == self._stored(node):
            return False
        offsets = []
        for offset, value in node.slots:
            if offset is None and value is not None:
                offset = self._store(value)  # noqa: PLW2901
                _raise(record, _LONGEST_NAME, _length(value.name), "<I")
                _raise(record, _LONGEST_DATA, len(value.data), "<I")
            offsets.append(offset)
        listed = self._space.store(struct.pack(f"<{len(offsets)}I", *offsets)) if offsets else NONE
        struct.pack_into("<II", record, _VALUES, len(offsets), listed)
        return True

    def _store(self, value: RegistryValue) -> int:
        data, store = value.data, self._space.store
        if len(data) <= 4:
            place = 0
        elif len(data) <= SEGMENT_BYTES or self._space.minor < _SEGMENTS_MINOR:
            place = store(data)
        else:
            parts = [store(data[start : start + SEGMENT_BYTES]) for start in range(0, len(data), SEGMENT_BYTES)]
            place = store(struct.pack("<2sHI4x", b"db", len(parts), store(struct.pack(f"<{len(parts)}I", *parts))))
        return store(value_record(value, place))

    def _put_subkeys(self, node: Node, made: list[tuple[Node, tuple[int, bytearray]]], record: bytearray) -> bool:
        if not made and not node.gone:
            return False
        leaves = self._leaves(node.key)
        gone = {key.offset for key in node.gone}
        if made:
            names = [(self._hive.key_at(at).name, at) for leaf in leaves for at in leaf.keys if at not in gone]
            names += [(child.name, at) for child, (at, _) in made]
            leaves = self._sorted(leaves, names)
        else:
            leaves = [_without(leaf, gone) for leaf in leaves]
        offsets = [leaf.offset or self._space.store(_listed(leaf)) for leaf in leaves if leaf.keys]
        listed = offsets[0] if offsets else NONE
        if len(offsets) > 1:
            listed = self._space.store(list_record(b"ri", offsets, len(offsets)))
        struct.pack_into("<I", record, _SUBKEYS, sum(len(leaf.keys) for leaf in leaves))
        struct.pack_into("<I", record, _SUBKEY_LIST, listed)
        return True

    def _sorted(self, leaves: list[Leaf], names: list[tuple[str, int]]) -> list[Leaf]:
        kind = leaves[0].kind if leaves else b"lh" if self._space.minor >= _HASHES_MINOR else b"lf"
        names.sort(key=lambda entry: ordered(entry[0]))
        found = []
        for start in range(0, len(names), _IN_LIST):
            part = names[start : start + _IN_LIST]
            found.append(Leaf(0, kind, tuple(at for _, at in part), tuple(hint(kind, name) for name, _ in part)))
        return found

    def _refer(self, security: int, change: int) -> None:
        """Count keys that have a security record; one that no key has any more stays, it says nothing of them."""
        record = self._hive.cells.cell(security, 20, 20)
        if record[:2] == b"sk":
            count = max(1, min(_word(record, _REFERENCES) + change, NONE))
            self._space.patch(security, struct.pack("<I", count), at=_REFERENCES)
        elif change > 0:
            raise RegistryError(Text("what a key that is to be made would be guarded by is damaged"))

    def _dropped(self, root: Node) -> Iterator[int]:
        """Yield the cells that are not needed any more."""
        pending = [root]
        while pending:
            node = pending.pop()
            if node.key is None:
                continue
            if node.slots is not None:
                kept = [offset for offset, _ in node.slots]
                if kept != self._stored(node):
                    yield node.key.value_list
                for offset in set(self._stored(node)).difference(kept):
                    yield from self._value_cells(offset)
            if node.gone or node.made():
                leaves, gone = self._leaves(node.key), {key.offset for key in node.gone}
                yield from (leaf.offset for leaf in leaves if node.made() or not gone.isdisjoint(leaf.keys))
                if [leaf.offset for leaf in leaves] != [node.key.subkey_list]:
                    yield node.key.subkey_list
            for key in node.gone:
                yield from self._key_cells(key)
            pending += [child for child, _ in node.kept()]

    def _key_cells(self, top: Key) -> Iterator[int]:
        """Yield all cells of a key and what is below it, as far as they can be read; count the records it guards."""
        pending = [top]
        while pending:
            key = pending.pop()
            record = self._record(key.offset)
            self._references[_word(record, _SECURITY)] -= 1
            yield from (key.offset, key.value_list, key.subkey_list)
            if record[_CLASS_LENGTH : _CLASS_LENGTH + 2] != b"\0\0":
                yield _word(record, _CLASS)
            with suppress(RegistryError):
                for offset in self._hive.value_offsets(key, MOST_VALUES):
                    yield from self._value_cells(offset)
            yield from (leaf.offset for leaf in self._leaves(key))
            pending += self._hive.subkeys(key)

    def _value_cells(self, offset: int) -> Iterator[int]:
        yield offset
        try:
            _, _, size, place, *_ = VALUE_HEAD.unpack(self._hive.cells.cell(offset, VALUE_HEAD.size, VALUE_HEAD.size))
            if not size or size & INLINE:
                return
            yield place
            head = self._hive.cells.cell(place, 4, 8)
            if size > SEGMENT_BYTES and head[:2] == b"db":
                count, listed = struct.unpack_from("<HI", head, 2)
                cell = self._hive.cells.cell(listed, 4 * count, 4 * count)
                yield from (listed, *struct.unpack(f"<{count}I", cell))
        except (RegistryError, struct.error):
            return  # what cannot be read cannot be told apart from what others hold

    def _stored(self, node: Node) -> list[int]:
        """Return where the values of a key lie as it was."""
        return [] if node.key is None else list(dict.fromkeys(self._hive.value_offsets(node.key, MOST_VALUES)))

    def _leaves(self, key: Key | None) -> list[Leaf]:
        found: list[Leaf] = []
        total = 0
        for leaf in self._hive.leaves(key) if key is not None else ():
            total += len(leaf.keys)
            if total > _MOST_LISTED:
                raise RegistryError(Text("a key has more subkeys than are edited"))
            found.append(leaf)
        return found

    def _record(self, offset: int) -> bytes:
        return self._hive.cells.cell(offset, KEY_FIELDS.size, KEY_FIELDS.size)


def _without(leaf: Leaf, gone: set[int]) -> Leaf:
    """Return a list without some keys; without a place of its own when it is another."""
    if gone.isdisjoint(leaf.keys):
        return leaf
    kept = [entry for entry in zip(leaf.keys, leaf.hints, strict=True) if entry[0] not in gone]
    return Leaf(0, leaf.kind, tuple(at for at, _ in kept), tuple(below for _, below in kept))


def _listed(leaf: Leaf) -> bytes:
    pairs = zip(leaf.keys, leaf.hints, strict=True)
    return list_record(leaf.kind, [word for pair in pairs for word in pair if word is not None], len(leaf.keys))


def _length(name: str) -> int:
    return len(name.encode("utf-16-le", "surrogatepass"))


def _word(record: bytes | bytearray, at: int) -> int:
    return int.from_bytes(record[at : at + 4], "little")


def _raise(record: bytearray, at: int, length: int, form: str) -> None:
    """Raise what programs size their buffers by."""
    (known,) = struct.unpack_from(form, record, at)
    struct.pack_into(form, record, at, max(known, length))


# Writes an edited copy of a hive: all edits or none, and read again before it is called done.
#
# Every edited key of the copy must be as it was to be, every other key as it was, and lists of keys that were made in
# the order and with the hashes by which Windows searches them.

DIRTY_HINT = Text(
    "start Windows from this disk once and shut it down with: shutdown /s /t 0 (not with fast start-up, "
    "which the switch /hybrid or the Start menu uses); then try again"
)
"""What helps when a hive was not closed cleanly."""

_EPOCH_SECONDS = 11_644_473_600  # 1601 to 1970


def edit_hive(source: int, target: Path, edits: Sequence[RegistryEdit], *, now: float) -> None:
    """Write a copy of a hive with edits made to a new file, on disk when this returns. The source is not changed.

    Args:
        source: open descriptor of the hive.
        target: a path of our own where nothing is yet; it is removed again when the edits fail.
        edits: in order; keys are paths from the root of the hive.
        now: seconds since 1970, the time of change that the edited keys get.

    Raises:
        RegistryError: the hive was not closed cleanly, is damaged where it is to be edited, or the copy is not what it
            was to be.
        OSError: the target cannot be written.
    """
    before = Hive(os.dup(source))
    if not before.is_clean:
        raise RegistryError(
            Text("the hive was not closed cleanly, so its newest entries are in its logs"), hint=DIRTY_HINT
        )
    draft = Draft(before)
    for edit in edits:
        draft.take(edit)
    changed = int((now + _EPOCH_SECONDS) * 10_000_000)
    made = open_own(target, Own.NEW)
    try:
        try:
            _write_wiped(before, draft, source, made, changed)
        finally:
            os.close(made)
    except BaseException:
        target.unlink()
        raise


def _write_wiped(before: Hive, draft: Draft, source: int, made: int, changed: int) -> None:
    """Write the edited hive, what goes overwritten with zeros if that can be, and put it on disk."""
    try:
        _write(before, draft, source, made, changed, wipes=True)
    except RegistryError:  # a hive can be made so that what goes shares cells with what stays: then they are left
        os.ftruncate(made, 0)
        os.lseek(made, 0, os.SEEK_SET)
        _write(before, draft, source, made, changed, wipes=False)
    sync(made)


def _write(before: Hive, draft: Draft, source: int, made: int, changed: int, *, wipes: bool) -> None:
    for part in parts_of(source, before.size_bytes):
        write_all(made, part)
    space = Space(made)
    if Writer(before, space, changed).write(draft.root, wipes=wipes):
        space.finish(changed)
    draft.check(Hive(os.dup(made)))
