"""No bytes make the reader of signatures fail, and no change of a signature is believed."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signed_files import INDIRECT, SHA256, Publisher, indirect, publisher, signed

from quetsach.endpoint.host.authenticode import DerError, Signed, file_digests, read_element, read_signed

MICROSOFT: Publisher = publisher("Microsoft Windows")
SIGNATURE = signed(INDIRECT, indirect(bytes(32), SHA256), MICROSOFT)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_signature_are_refused(content: bytes) -> None:
    with pytest.raises(DerError):
        read_signed(content, (MICROSOFT.root,))


@settings(max_examples=1500)
@given(st.integers(0, len(SIGNATURE) - 1), st.integers(1, 255))
def test_a_changed_signature_never_vouches_for_another_file(where: int, change: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[where] ^= change
    with contextlib.suppress(DerError):
        assert read_signed(bytes(changed), (MICROSOFT.root,)) == Signed(frozenset({bytes(32)}), "Microsoft Windows")


@given(st.binary(max_size=400).map(lambda some: b"MZ" + some))
def test_every_file_has_its_hashes(content: bytes) -> None:
    assert [len(digest) for digest in file_digests(content)] == [20, 32]


@given(st.binary(max_size=60))
def test_an_element_ends_within_what_was_read(content: bytes) -> None:
    with contextlib.suppress(DerError):
        element = read_element(content)
        assert 0 < element.inside <= element.end <= len(content)
