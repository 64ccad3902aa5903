"""Edits of a running registry and their inverse leave it as it was, whatever names, types and keys are in it."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fake_host import FakeTree
from tests.fake_registry_calls import FakeRegistryCalls

from quetsach.endpoint.act.hive import still_ours
from quetsach.endpoint.host.nt.registry import NtRegistry
from quetsach.endpoint.host.registry import (
    DeleteKey,
    DeleteValue,
    KeyContent,
    PutKey,
    RegistryEdit,
    RegistryValue,
    SetValue,
    inverse,
    is_made,
)
from quetsach.endpoint.plan.step import edits_as_json, edits_from_json
from quetsach.endpoint.plan.windows import settled

NAMES = st.sampled_from(["", "Chạy", "chạy", "x\0y", "\0", "\udc00", "a" * 40, "None"])
TYPES = st.sampled_from([0, 1, 2, 3, 4, 7, 0x1234, 0xFFFF_FFFF])
VALUES = st.builds(RegistryValue, NAMES, TYPES, st.binary(max_size=9))
KEY_NAMES = st.sampled_from(["A", "Bé", "c\0d", "D d"])
KEYS = st.lists(KEY_NAMES, min_size=1, max_size=3).map(lambda names: "\\".join(("HKLM", "SOFTWARE", *names)))
GUARDS = st.sampled_from([b"", b"\1\0\4\x80 one", b"\1\0\x14\x80 watched"])
CONTENTS = st.recursive(
    st.builds(
        KeyContent,
        st.lists(VALUES, max_size=3, unique_by=lambda value: value.name.upper()).map(tuple),
        security=GUARDS,
        kind=st.sampled_from(["", "Lớp"]),
        is_volatile=st.booleans(),
    ),
    lambda below: st.builds(KeyContent, st.just(()), st.dictionaries(KEY_NAMES, below, max_size=2), GUARDS),
    max_leaves=4,
)
EDITS = st.lists(
    st.one_of(st.builds(SetValue, KEYS, VALUES), st.builds(DeleteValue, KEYS, NAMES), st.builds(DeleteKey, KEYS)),
    max_size=5,
)


@settings(max_examples=150)
@given(there=CONTENTS, wishes=EDITS)
def test_a_running_registry_is_as_it_was(there: KeyContent, wishes: list[RegistryEdit]) -> None:
    calls = FakeRegistryCalls()
    calls.put(r"\Registry\Machine\SOFTWARE", there)
    calls.make(r"\Registry\User")
    with tempfile.TemporaryDirectory() as folder:
        registry = NtRegistry(FakeTree(Path(folder)), calls)
        whole = KeyContent(there.values, there.subkeys)
        registry.make(PutKey("HKLM\\SOFTWARE", whole))
        before = _in_order(calls.top.content())
        edits = settled(wishes)
        back = edits_from_json(edits_as_json(inverse(edits, registry)))
        for edit in edits:
            registry.make(edit)
            assert is_made(edit, registry)
        for edit in still_ours(back, edits, registry):
            registry.make(edit)
            assert is_made(edit, registry)
    assert _in_order(calls.top.content()) == before
    assert not calls.open_keys


def _in_order(content: KeyContent) -> object:
    below = sorted((name, _in_order(key)) for name, key in content.subkeys.items())
    values = sorted((value.name, value.type, value.data) for value in content.values)
    return values, content.security, content.kind, content.is_volatile, below
