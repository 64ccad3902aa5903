"""What is packed is what is looked at, whatever the format and the nesting; what is broken is refused, never raised."""

import io
import zipfile
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.archives import COMPRESSIONS, CONTAINERS, Members
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint.scanner.archive import inside as looking
from quetsach.endpoint.scanner.archive.member import Flow, InMemory, Limits, SourceFlow
from quetsach.endpoint.scanner.kind import FileKind

HERE = {name: form for name, form in CONTAINERS.items() if not name.startswith(("7z", "iso"))}
"""Formats that are built in this process: others start a program each time."""
TINY = Limits(members=200, held_bytes=64 << 10, output_bytes=1 << 20, bomb_bytes=256 << 10, seconds=5)

names = st.text("abcxyz", min_size=1, max_size=8)
contents = st.binary(max_size=400).map(lambda noise: b"." + noise)  # no archive by chance
members = st.dictionaries(names, contents, min_size=1, max_size=5)
steps = st.lists(st.tuples(st.sampled_from("rps"), st.integers(0, 30)))
forms = st.sampled_from(sorted(HERE))


@settings(max_examples=150)
@given(forms, members)
def test_members_come_out_as_they_went_in(form: str, packed: Members) -> None:
    seen = look(HERE[form](packed))
    assert {name: seen.contents[name] for name in packed} == dict(packed)
    assert seen.inside.reasons == set()


@settings(max_examples=80)
@given(st.lists(forms, min_size=1, max_size=3), st.sampled_from(sorted(COMPRESSIONS)), st.binary(min_size=1))
def test_what_is_nested_comes_out_with_the_way_to_it(levels: list[str], compression: str, content: bytes) -> None:
    packed = COMPRESSIONS[compression](b"needle" + content)
    for form in levels:
        packed = HERE[form]({"in": packed})
    seen = look(packed)
    assert b"needle" + content in seen.in_order
    found = seen.inside.members[seen.in_order.index(b"needle" + content)]
    assert found.names.count(b"in") >= len(levels)


@settings(max_examples=200)
@given(st.data())
def test_damage_is_told_and_never_raised(data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(SEEDS))
    content = bytearray(seed[: data.draw(st.integers(0, len(seed)))] if data.draw(st.booleans()) else seed)
    for at, byte in data.draw(st.lists(st.tuples(st.integers(0, max(0, len(content) - 1)), st.integers(0, 255)))):
        content[at : at + 1] = bytes([byte])
    kind = data.draw(st.sampled_from(FileKind))
    with mock.patch.object(looking, "SLIPS", ()):
        inside = looking.scan_archive(InMemory(bytes(content)), kind, lambda _content, _kind: (), limits=TINY)
    assert inside.archive in {"", "bomb", "encrypted", "damaged"}


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=9), steps)
def test_a_flow_gives_what_its_pieces_hold(pieces: list[bytes], taken: list[tuple[str, int]]) -> None:
    whole = b"".join(pieces)
    for flow in (Flow(iter(pieces)), SourceFlow(InMemory(whole), piece_bytes=7)):
        at = 0
        for step, size in taken:
            if step == "p":
                assert flow.peek(size) == whole[at : at + size]
                continue
            if step == "r":
                assert flow.read(size) == whole[at : at + size]
            else:
                flow.skip(size)
            at += size
        assert b"".join(iter(flow.next_piece, b"")) == whole[at:]


@given(members)
def test_zip_members_are_those_of_the_standard_library(packed: Members) -> None:
    content = HERE["zip"](packed)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert look(content).contents == {name: archive.read(name) for name in archive.namelist()}


SEEDS = [
    *(form({"a.txt": b"some text " * 99, "b": bytes(3_000)}) for form in HERE.values()),
    *(form(bytes(3_000)) for form in COMPRESSIONS.values()),
]
