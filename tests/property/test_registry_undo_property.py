"""Edits of the registry are taken back exactly, and never over anything newer."""

from hypothesis import given
from hypothesis import strategies as st
from tests.fake_host import FakeRegistry

from quetsach.endpoint.act.hive import still_ours
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
from quetsach.endpoint.plan.windows import settled

TOP = "HKLM\\SOFTWARE"
keys = st.sampled_from([f"{TOP}\\{key}" for key in ("A", "A\\B", "A\\B\\C", "A\\D", "E")])
names = st.sampled_from(["", "x", "X", "Ờ"])
values = st.builds(RegistryValue, names, st.sampled_from([1, 3, 4, 7]), st.binary(max_size=3))
sets = st.builds(SetValue, keys, values)
contents = st.builds(
    KeyContent,
    st.lists(values, max_size=2, unique_by=lambda value: value.name.upper()).map(tuple),
    st.dictionaries(st.sampled_from(["B", "P"]), st.builds(KeyContent, st.tuples(values)), max_size=2),
)
edits_made = st.lists(st.one_of(sets, st.builds(DeleteValue, keys, names), st.builds(DeleteKey, keys)), max_size=6)


def _registry(there: list[SetValue]) -> FakeRegistry:
    registry = FakeRegistry()
    _take(registry, there)
    return registry


def _take(registry: FakeRegistry, edits: list[SetValue] | tuple[RegistryEdit, ...]) -> None:
    for edit in edits:
        registry.take(edit)


def _plain(content: KeyContent | None) -> object:
    """Return a key without the order of its values, which means nothing."""
    if content is None:
        return None
    below = {name: _plain(key) for name, key in content.subkeys.items()}
    return frozenset(content.values), tuple(sorted(below.items(), key=lambda item: item[0]))


@given(there=st.lists(sets, min_size=1, max_size=8), wishes=edits_made)
def test_a_registry_that_nobody_changed_is_as_it_was(there: list[SetValue], wishes: list[RegistryEdit]) -> None:
    registry = _registry(there)
    before = _plain(registry.content(TOP))
    edits = settled(wishes)
    back = inverse(edits, registry)
    _take(registry, edits)
    _take(registry, still_ours(back, edits, registry))
    assert _plain(registry.content(TOP)) == before


@given(there=st.lists(sets, min_size=1, max_size=8), wishes=edits_made, newer=st.lists(sets, max_size=4))
def test_what_is_newer_than_the_clean_up_stays(
    there: list[SetValue], wishes: list[RegistryEdit], newer: list[SetValue]
) -> None:
    registry = _registry(there)
    edits = settled(wishes)
    back = inverse(edits, registry)
    _take(registry, edits)
    fresh = [SetValue(edit.key, RegistryValue(edit.value.name, 1, b"newer")) for edit in newer]
    _take(registry, fresh)
    _take(registry, still_ours(back, edits, registry))
    assert all(registry.value(edit.key, edit.value.name).data == b"newer" for edit in fresh)  # type: ignore[union-attr]


@given(
    there=st.lists(sets, min_size=1, max_size=8),
    puts=st.lists(st.builds(PutKey, keys, contents), min_size=1, max_size=3),
    wishes=edits_made,
    newer=st.lists(sets, max_size=3),
)
def test_keys_that_were_made_go_again_unless_something_newer_is_in_them(
    there: list[SetValue], puts: list[PutKey], wishes: list[RegistryEdit], newer: list[SetValue]
) -> None:
    registry = _registry(there)
    before = _plain(registry.content(TOP))
    missing = [put for put in puts if not registry.exists(put.key)]  # a plan makes no key that is there
    edits = settled([*missing, *wishes])
    back = inverse(edits, registry)
    _take(registry, edits)
    fresh = [SetValue(edit.key, RegistryValue(edit.value.name, 1, b"newer")) for edit in newer]
    _take(registry, fresh)
    _take(registry, still_ours(back, edits, registry))
    assert all(registry.value(edit.key, edit.value.name).data == b"newer" for edit in fresh)  # type: ignore[union-attr]
    if not fresh:
        assert _plain(registry.content(TOP)) == before
