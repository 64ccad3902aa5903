"""Databases of rpm from hostile disks: no bytes make a reader fail but in its own way, and SQLite agrees with ours."""

import os
import tempfile
from collections.abc import Callable, Iterator

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.rpm_formats import HEADER, SAMPLES, berkeley, database, header

from quetsach.endpoint.host.packages import files_of
from quetsach.endpoint.host.rpm_formats import RpmDatabaseError, berkeley_headers, sqlite_headers

NAMES = frozenset({b"usr/bin/x"})
LAST = frozenset({b"x"})


def read(content: bytes, reader: Callable[[int], Iterator[bytes]]) -> list[bytes]:
    """Return what a reader finds in a file of this content."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        return list(reader(file.fileno()))


def test_the_samples_hold_their_headers() -> None:
    assert read(*SAMPLES["sqlite"]) == [HEADER, bytes(3_000)]
    assert read(*SAMPLES["ndb"]) == [HEADER, HEADER]
    assert read(*SAMPLES["berkeley"]) == [HEADER + bytes(600)]
    assert read(berkeley(HEADER, ">"), berkeley_headers) == [HEADER]
    [found] = files_of(HEADER, NAMES, LAST)
    assert (found.package, found.path, found.algorithm, found.digest) == ("tool", b"usr/bin/x", "sha256", "0" * 64)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 20_000).map(os.urandom), max_size=40),
    st.sampled_from([512, 1024, 4096, 65536]),
)
def test_our_reader_sees_what_sqlite_wrote(blobs: list[bytes], page_size: int) -> None:
    assert read(database(blobs, page_size), sqlite_headers) == blobs


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.integers(0, 8_191), st.binary(min_size=1, max_size=4)), max_size=8),
    st.integers(0, 16_384),
)
@example("sqlite", [(459, b"\x00\x00\x85")], 0)
def test_damage_ends_a_reader_in_its_own_way(form: str, patches: list[tuple[int, bytes]], size: int) -> None:
    content, reader = SAMPLES[form]
    damaged = bytearray(content)
    for position, patch in patches:
        start = position % len(damaged)
        damaged[start : start + len(patch)] = patch
    try:
        found = read(bytes(damaged[: size or None]), reader)
    except RpmDatabaseError:
        return
    for blob in found:
        try:
            list(files_of(blob, NAMES, LAST))
        except RpmDatabaseError:
            continue


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=80),
        st.lists(
            st.tuples(
                st.sampled_from([1000, 1035, 1116, 1117, 1118, 5011, 63]),
                st.integers(0, 10),
                st.sampled_from([0, 1, 2, 3, 1 << 20, (1 << 32) - 1]),
                st.sampled_from([b"", b"x\0", b"x\0x\0", b"/usr/bin/\0", bytes(8), b"\xff" * 8]),
            ),
            max_size=7,
        ).map(lambda tags: header(*tags)),
    )
)
@example(header((1117, 8, 1, b"x\0"), (1116, 4, 1, b"\xff" * 4), (1118, 8, 1, b"/usr/bin/\0")))
@example(header((1117, 8, 1, b"x\0")))
@example(header((1117, 8, 1, b"x\0"), (5011, 4, 1, b"\xff" * 4), (1116, 4, 1, bytes(4)), (1118, 8, 1, b"/usr/bin/\0")))
def test_damaged_headers_end_in_their_own_way(blob: bytes) -> None:
    try:
        for file in files_of(blob, NAMES, LAST):
            assert file.path in NAMES
    except RpmDatabaseError:
        return
