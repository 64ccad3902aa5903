"""Edits of hives and their inverses, on generated trees: as the model says, and as another program reads it."""

import os
import struct
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fake_host import FakeRegistry
from tests.second_reader import Read, as_read, read_by_regipy

from quetsach.endpoint import RegistryError
from quetsach.endpoint.host.hive import Hive
from quetsach.endpoint.host.hive_writer import edit_hive
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
    inverse,
)
from quetsach.packs.specimen.hive import BINARY, DWORD, MULTI_SZ, SZ, Keys, build_hive, hive_checksum

NAMES = st.sampled_from(["a", "B", "c_d", "cd", "Ẩn", "é", "x y", "😀", "long" * 20, "a\0b", "\0", "\udc00"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
DATA = st.one_of(
    st.tuples(st.just(SZ), TEXTS.map(lambda text: (text + "\0").encode("utf-16-le"))),
    st.tuples(st.just(DWORD), st.binary(min_size=4, max_size=4)),
    st.tuples(st.just(MULTI_SZ), st.lists(TEXTS, max_size=3).map(lambda t: "\0".join([*t, ""]).encode("utf-16-le"))),
    st.tuples(st.sampled_from([BINARY, 0, 99, 0xFFFF_FFFF]), st.binary(max_size=40)),
    st.tuples(st.just(BINARY), st.sampled_from([16_344, 16_345, 16_348, 40_000]).map(lambda size: b"\1" * size)),
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("\\".join)
TREES = st.dictionaries(PATHS, st.dictionaries(NAMES | st.just(""), DATA, max_size=4), max_size=6)
VALUES = st.builds(lambda name, data: RegistryValue(name, *data), NAMES | st.just(""), DATA)
CONTENTS = st.recursive(
    st.builds(KeyContent, st.lists(VALUES, max_size=2, unique_by=lambda value: value.name).map(tuple)),
    lambda below: st.builds(KeyContent, st.just(()), st.dictionaries(NAMES, below, max_size=2)),
    max_leaves=3,
)
EDITS = st.lists(
    st.one_of(
        st.builds(SetValue, PATHS, VALUES),
        st.builds(DeleteValue, PATHS, NAMES | st.just("")),
        st.builds(DeleteKey, PATHS),
        st.builds(PutKey, PATHS, CONTENTS),
    ),
    max_size=5,
)


@settings(max_examples=40)
@given(tree=TREES, edits=EDITS)
def test_edits_do_what_the_model_says_and_their_inverse_takes_them_back(tree: Keys, edits: list[RegistryEdit]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first, second, third = (Path(folder) / name for name in ("first", "second", "third"))
        first.write_bytes(build_hive(tree))
        model = FakeRegistry()
        model.take(PutKey("H", _content(first)))
        before = _plain(_content(first))
        back = [_inside(edit) for edit in inverse([_outside(edit) for edit in edits], model)]
        for edit in edits:
            model.take(_outside(edit))
        _edit(first, second, edits)
        after = model.content("H")
        assert after is not None
        assert _plain(_content(second)) == _plain(after)
        assert read_by_regipy(second) == _as_read(after)
        _edit(second, third, back)
        assert _plain(_content(third)) == before
        for path in (second, third):
            _check_as_windows_does(path)
        assert read_by_regipy(third) == read_by_regipy(first)


HOSTILE = build_hive(
    {
        r"Run\a": {"x": (SZ, b"y\0\0\0"), "big": (BINARY, bytes(900))},
        r"Run\b\c": {"n": (DWORD, b"\1\0\0\0")},
        **{f"Services\\s{i}": {} for i in range(20)},
    }
)
NUMBERS = (0, 1, 8, 32, 136, 4096, 2**31, 2**32 - 8, 2**32 - 1)
WORDS = st.sampled_from([number.to_bytes(4, "little") for number in NUMBERS]) | st.binary(min_size=4, max_size=4)
DAMAGE = st.lists(st.tuples(st.integers(1, len(HOSTILE) // 4 - 1), WORDS), max_size=4)


@settings(max_examples=40)
@given(damage=DAMAGE)
def test_a_damaged_hive_is_edited_as_asked_or_not_at_all(damage: list[tuple[int, bytes]]) -> None:
    content = bytearray(HOSTILE)
    for word, value in damage:
        content[4 * word : 4 * word + 4] = value
    content[508:512] = hive_checksum(content).to_bytes(4, "little")
    edits = [DeleteValue(r"Run\a", "x"), DeleteKey(r"Run\b"), SetValue("New", RegistryValue("v", DWORD, b"\0\0\0\1"))]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        source.write_bytes(content)
        try:
            _edit(source, target, edits)
        except RegistryError:
            assert not target.exists()
        else:
            hive = Hive(os.open(target, os.O_RDONLY))
            made = hive.key("New")
            assert made is not None
            assert [value.name for value in hive.values(made)] == ["v"]
            assert hive.key(r"Run\b") is None
        assert source.read_bytes() == content


def _check_as_windows_does(path: Path) -> None:
    """Check what Windows checks when it loads a hive: cells fill their bins, and all counts are right."""
    content = path.read_bytes()
    (end,) = struct.unpack_from("<I", content, 40)
    cells: dict[int, bytes] = {}
    start = 0
    while start < end:
        magic, own, size = struct.unpack_from("<4sII", content, 4096 + start)
        assert (magic, own, size % 4096) == (b"hbin", start, 0)
        at = start + 32
        while at < start + size:
            (length,) = struct.unpack_from("<i", content, 4096 + at)
            assert length % 8 == 0
            assert length
            if length < 0:
                cells[at] = content[4096 + at + 4 : 4096 + at - length]
            at += abs(length)
        assert at == start + size
        start += size
    assert 4096 + end == len(content)
    hive = Hive(os.open(path, os.O_RDONLY))
    keys = [hive.root]
    for key in keys:
        keys += hive.subkeys(key)
        listed = [at for leaf in hive.leaves(key) for at in leaf.keys]
        assert key.subkey_count == len(listed) == len(hive.subkeys(key))
        assert (key.subkey_list == 0xFFFF_FFFF) == (not listed)
        assert set(listed) <= cells.keys()
        assert hive.is_searchable(key)
        longest = struct.unpack_from("<H6xII", cells[key.offset], 52)
        names = [len(below.name.encode("utf-16-le", "surrogatepass")) for below in hive.subkeys(key)]
        values = hive.values(key)
        assert max(names, default=0) <= longest[0]
        assert max((len(v.name.encode("utf-16-le", "surrogatepass")) for v in values), default=0) <= longest[1]
        assert max((len(value.data) for value in values), default=0) <= longest[2]
    (guard,) = (cell for cell in cells.values() if cell[:4] == b"sk\0\0")
    assert struct.unpack_from("<I", guard, 12) == (len(keys),)
    assert sum(cell[:2] == b"nk" for cell in cells.values()) == len(keys)
    assert sum(cell[:2] == b"vk" for cell in cells.values()) == sum(key.value_count for key in keys)


def _edit(source: Path, target: Path, edits: list[RegistryEdit]) -> None:
    descriptor = os.open(source, os.O_RDONLY)
    try:
        edit_hive(descriptor, target, edits, now=1_790_000_000)
    finally:
        os.close(descriptor)


def _content(path: Path) -> KeyContent:
    hive = Hive(os.open(path, os.O_RDONLY))
    return hive.content(hive.root)


def _outside(edit: RegistryEdit) -> RegistryEdit:
    """Return an edit of a hive as one of the model, which has the hive at the key H."""
    return type(edit)(f"H\\{edit.key}", *[getattr(edit, name) for name in edit.__slots__[1:]])


def _inside(edit: RegistryEdit) -> RegistryEdit:
    return type(edit)(edit.key.removeprefix("H\\"), *[getattr(edit, name) for name in edit.__slots__[1:]])


def _plain(content: KeyContent) -> object:
    values = sorted((value.name, value.type, value.data) for value in content.values)
    return values, {name: _plain(below) for name, below in content.subkeys.items()}


def _as_read(content: KeyContent) -> Read:
    values = {value.name: (value.type, value.data) for value in content.values}
    return as_read(values, {name: _as_read(below) for name, below in content.subkeys.items()})
