"""Deliveries that come packed: what is taken out of an archive, and which archives are refused."""

import bz2
import gzip
import io
import lzma
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import ANY

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.feeds import packed
from quetsach.feeds.layout import FeedError
from quetsach.feeds.lines import refuse_no_text

CSV = b"timestamp,address,malware\n2020-06-16 07:00:00,14.160.0.1,mirai\n" * 40


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd,
}
METHODS = {12: zipfile.ZIP_BZIP2, 14: zipfile.ZIP_LZMA}


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """Read every member to its end, in pieces of odd sizes."""
    found = {}
    for member in packed.members(io.BytesIO(content)):
        with member.open() as stream:
            pieces = list(iter(lambda: stream.read(777), b""))
        assert {len(piece) for piece in pieces[:-1]} <= {777}
        found[member.name] = b"".join(pieces)
        assert len(found[member.name]) == member.size_bytes
    return found


def refused(content: bytes) -> str:
    with pytest.raises(FeedError) as caught:
        unpacked(content)
    assert caught.value.hint
    return str(caught.value)


def zipped_by(method: int, packed_content: bytes, content: bytes) -> bytes:
    """Return a zip of one file that was packed by a method which the standard library does not write."""
    whole = zipped({"a.csv": packed_content}, zipfile.ZIP_STORED)
    directory = whole.rindex(b"PK\x01\x02")
    made = bytearray(whole)
    said = struct.pack("<LLL", zlib.crc32(content), len(packed_content), len(content))
    for at in (0, directory + 2):
        made[at + 8 : at + 10] = struct.pack("<H", method)
        made[at + 14 : at + 26] = said
    return bytes(made)


@contextmanager
def little_memory() -> Iterator[None]:
    """See that what is held of unpacked bytes stays small."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 16 << 20  # with the dictionary of a decoder
    finally:
        tracemalloc.stop()


every_compression = pytest.mark.parametrize("compress", COMPRESSORS.values(), ids=COMPRESSORS)


@every_compression
def test_a_compressed_file_holds_one_file(compress: Callable[[bytes], bytes]) -> None:
    assert unpacked(compress(CSV)) == {"": CSV}


@every_compression
def test_a_compressed_file_in_several_pieces_is_one_file(compress: Callable[[bytes], bytes]) -> None:
    assert unpacked(compress(CSV) + compress(b"") + compress(CSV)) == {"": 2 * CSV}


@every_compression
@settings(max_examples=30, deadline=None)
@given(pieces=st.lists(st.binary(max_size=3000).map(lambda piece: piece * 20), min_size=1, max_size=4))
def test_what_was_packed_is_unpacked(compress: Callable[[bytes], bytes], pieces: list[bytes]) -> None:
    assert unpacked(b"".join(map(compress, pieces))) == {"": b"".join(pieces)}


@every_compression
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_cut_off_anywhere_it_is_refused(compress: Callable[[bytes], bytes], data: st.DataObject) -> None:
    whole = compress(CSV)
    assert refused(whole[: data.draw(st.integers(packed.HEAD_BYTES, len(whole) - 1))])
    assert refused(whole + whole[: data.draw(st.integers(1, len(whole) - 1))])


@every_compression
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_is_refused_or_harmless(compress: Callable[[bytes], bytes], data: st.DataObject) -> None:
    content = bytearray(compress(CSV))
    content[data.draw(st.integers(packed.HEAD_BYTES, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        assert unpacked(bytes(content)) == {"": CSV}
    except FeedError as error:
        assert error.hint


@pytest.mark.parametrize(("ending", "padding", "is_good"), [("gz", 5, True), ("xz", 8, True), ("xz", 5, False)])
def test_zero_bytes_behind_it_are_padding_where_there_is_such(ending: str, padding: int, *, is_good: bool) -> None:
    whole = COMPRESSORS[ending](CSV) + bytes(padding) + COMPRESSORS[ending](CSV)
    if is_good:
        assert unpacked(whole) == {"": 2 * CSV}
    else:
        assert "damaged" in refused(whole)


def test_frames_of_zstd_that_are_to_be_passed_over_are() -> None:
    note = struct.pack("<LL", 0x184D2A57, 4) + b"note"
    assert unpacked(note + zstd(CSV) + note) == {"": CSV}


def test_a_csv_whose_header_begins_like_bzip2_is_none() -> None:
    assert not packed.is_packed(b"BZh9,address,malware\n")


@pytest.mark.parametrize("ending", ["xz", "zst"])
def test_what_needs_too_much_memory_is_refused(ending: str) -> None:
    if ending == "xz":
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 512 << 20}]
        content = lzma.compress(CSV, filters=filters)
    else:
        large = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
        writer = zstandard.ZstdCompressor(compression_params=large).compressobj()
        content = writer.compress(CSV) + writer.flush()
    assert "more than 128 MiB of memory" in refused(content)


def test_a_decoder_that_gets_no_memory_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    class Starved:
        def read(self, size: int, /) -> bytes:
            raise MemoryError  # what bz2 raises where its library is given none

    monkeypatch.setattr(packed, "decompressed", lambda _source: Starved())
    assert "of memory" in refused(bz2.compress(CSV))


@every_compression
def test_a_bomb_is_refused_before_it_takes_memory(compress: Callable[[bytes], bytes]) -> None:
    bomb = compress(bytes(48 << 20))
    nested = zipped({"a.csv.gz": bomb}, zipfile.ZIP_STORED)
    for content in (bomb, nested):
        with little_memory():
            assert "unpacks to far more" in refused(content)


@pytest.mark.parametrize("method", METHODS)
def test_a_bomb_in_a_zip_is_refused_before_it_takes_memory(method: int) -> None:
    bomb = zipped({"a.csv": bytes(48 << 20)}, method)
    with little_memory():
        assert "unpacks to far more" in refused(bomb)


@pytest.mark.parametrize(("method", "compress"), [(12, bz2.compress), (93, zstd), (95, lzma.compress)])
def test_members_of_zip_packed_by_newer_methods_are_read(method: int, compress: Callable[[bytes], bytes]) -> None:
    assert unpacked(zipped_by(method, compress(CSV), CSV)) == {"a.csv": CSV}
    assert "damaged" in refused(zipped_by(method, compress(CSV), CSV[:-1] + b"X"))
    assert "damaged" in refused(zipped_by(method, compress(CSV)[:-8], CSV))


def test_lzma_in_a_zip_with_a_large_dictionary_is_refused() -> None:
    content = bytearray(zipped({"a.csv": CSV}, zipfile.ZIP_LZMA))
    at = content.index(b"a.csv") + len("a.csv") + 5
    content[at : at + 4] = struct.pack("<L", 1 << 30)
    assert "more than 128 MiB of memory" in refused(bytes(content))


@pytest.mark.parametrize("ending", COMPRESSORS)
def test_a_zip_may_hold_compressed_files_but_no_archive(ending: str) -> None:
    files = {f"a.csv.{ending}": COMPRESSORS[ending](CSV), "b.csv": CSV}
    assert unpacked(zipped(files)) == {f"a.csv.{ending}": CSV, "b.csv": CSV}
    assert "damaged" in refused(zipped({f"a.csv.{ending}": COMPRESSORS[ending](CSV)[:-9]}))
    assert "a.zip, which is no file of data" in refused(zipped({"a.zip": zipped({"a.csv": CSV})}))


@pytest.mark.parametrize("ending", COMPRESSORS)
def test_what_is_compressed_twice_is_no_text(ending: str) -> None:
    compress = COMPRESSORS[ending]
    [content] = unpacked(compress(compress(CSV))).values()
    with pytest.raises(FeedError, match="is compressed with"):
        refuse_no_text(content)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, *METHODS])
def test_zip_holds_one_file_or_many(method: int) -> None:
    content = zipped({"a.csv": CSV, "2020/06/b.CSV": CSV + CSV}, method)
    assert unpacked(content) == {"a.csv": CSV, "b.CSV": CSV + CSV}


def test_folders_of_an_archive_are_passed_over() -> None:
    assert unpacked(zipped({"x/": b"", "x/a.csv": CSV})) == {"a.csv": CSV}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("whole", [gzip.compress(CSV), zipped({"a.csv": CSV})], ids=["gzip", "zip"])
def test_what_was_cut_off_is_refused(whole: bytes, share: float) -> None:
    assert "damaged or cut off" in refused(whole[: int(len(whole) * share)])


def test_a_wrong_checksum_is_refused() -> None:
    content = bytearray(zipped({"a.csv": CSV}, zipfile.ZIP_STORED))
    content[content.index(b"mirai")] ^= 1
    assert "damaged" in refused(bytes(content))


@every_compression
def test_bytes_after_the_end_are_refused(compress: Callable[[bytes], bytes]) -> None:
    assert "damaged" in refused(compress(CSV) + b"more")


def test_what_unpacks_to_too_much_is_refused() -> None:
    zeros = bytes(4 << 20)
    assert "unpacks to far more" in refused(gzip.compress(zeros))
    assert "unpacks to far more" in refused(zipped({"a.csv": zeros}))


def test_many_files_together_may_not_unpack_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "MAX_UNPACKED_BYTES", 3 * len(CSV) - 1)
    assert len(unpacked(zipped({"a.csv": CSV, "b.csv": CSV}))) == 2
    assert "unpacks to far more" in refused(zipped({f"{n}.csv": CSV for n in range(3)}))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "has no file of data"),
        ({"a.csv": CSV, "a.exe": b"MZ"}, "a.exe, which is no file of data"),
        ({"a.zip": b"PK"}, "a.zip, which is no file of data"),
        ({"a\n.csv": CSV}, "unreadable name"),
        ({"a" * 300 + ".csv": CSV}, "unreadable name"),
        ({f"{n}.csv": b"" for n in range(packed.MAX_MEMBERS + 1)}, "lists 1,001 files"),
        ({f"{n}{'x' * 150}.csv": b"" for n in range(6000)}, "lists too many files"),
    ],
)
def test_what_no_feed_would_send_is_refused(files: dict[str, bytes], said: str) -> None:
    assert said in refused(zipped(files))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for _ in range(2):
            archive.writestr("a.csv", CSV)
    assert "two files a.csv" in refused(made.getvalue())


def test_unusual_packing_is_refused() -> None:
    assert "unusual" in refused(zipped_by(97, CSV, CSV))


def test_a_member_with_a_password_is_refused() -> None:
    content = bytearray(zipped({"a.csv": CSV}))
    for at in (6, content.rindex(b"PK\x01\x02") + 8):
        content[at] |= 1
    assert "encrypted" in refused(bytes(content))


def test_a_name_leads_nowhere(tmp_path: Path) -> None:
    assert unpacked(zipped({"../../etc/a.csv": CSV, f"{tmp_path}/b.csv": CSV})) == {"a.csv": CSV, "b.csv": ANY}
    assert not list(tmp_path.iterdir())


def test_two_files_in_one_place_are_no_archive() -> None:
    whole = zipped({"a.csv": CSV, "b.csv": CSV[:80]})
    second = whole.rindex(b"PK\x01\x02")  # the entry of b.csv in the directory, and where it says that file lies
    with pytest.raises(FeedError, match="damaged"):
        unpacked(whole[: second + 42] + bytes(4) + whole[second + 46 :])


@settings(max_examples=300, deadline=None)
@given(
    st.data(),
    st.sampled_from(
        [zipped({"a.csv": CSV, "b.csv": CSV[:80]}, method) for method in (zipfile.ZIP_DEFLATED, *METHODS)]
        + [compress(CSV) for compress in COMPRESSORS.values()]
    ),
)
def test_damage_anywhere_is_refused_or_harmless(data: st.DataObject, whole: bytes) -> None:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpacked(bytes(content))
    except FeedError as error:
        assert error.hint
