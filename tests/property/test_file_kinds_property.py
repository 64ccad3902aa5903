"""Whatever the bytes, a file has a kind, and the kind of a text does not hang on what it is about."""

from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.host.posix.memory import regions_of
from quetsach.endpoint.scanner.kind import HEAD_BYTES, FileKind, kind_of


@given(st.binary(max_size=600))
def test_every_content_has_a_kind_with_a_type(content: bytes) -> None:
    assert kind_of(content).types


@given(st.binary(max_size=600), st.binary(max_size=600))
def test_only_the_head_decides(head: bytes, rest: bytes) -> None:
    head = head.ljust(HEAD_BYTES, b"\0")
    assert kind_of(head + rest) is kind_of(head)


@given(st.text(alphabet=st.characters(categories=("L", "N", "Zs")), min_size=1, max_size=200))
def test_words_behind_a_quotation_mark_are_text(text: str) -> None:
    assert kind_of(b'"' + text.encode()) is FileKind.TEXT


@given(st.binary(max_size=300))
def test_any_description_of_memory_is_read(content: bytes) -> None:
    head = b"1000-2000 rw-p 00000000 00:00 0 \n"
    assert next(iter(regions_of(head + content))).start == 0x1000
