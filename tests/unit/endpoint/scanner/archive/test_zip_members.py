"""Zip archives that are not as packers write them."""

import io
import struct
import zipfile

import pytest
from tests.archives import zip_of
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint.scan_issue import Reason

_DIRECTORY_ENTRY = b"PK\1\2"
_LOCAL_HEADER = b"PK\3\4"
_END = b"PK\5\6"


def _patched(packed: bytes, magic: bytes, offset: int, form: str, value: int) -> bytes:
    at = packed.rindex(magic) + offset
    return packed[:at] + struct.pack(form, value) + packed[at + struct.calcsize(form) :]


def test_members_of_a_zip_without_directory_are_found_by_their_own_headers() -> None:
    packed = zip_of({"first": b"needle", "second": b"pin"})
    seen = look(packed[: packed.index(_DIRECTORY_ENTRY)])
    assert seen.contents == {"first": b"needle", "second": b"pin"}
    assert seen.inside.archive == "damaged"


def test_members_written_to_a_pipe_are_found_without_directory_too() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("piped", b"needle" * 9)
    packed = pipe.getvalue()
    assert look(packed).contents == {"piped": b"needle" * 9}
    assert look(packed[: packed.index(_DIRECTORY_ENTRY)]).contents == {"piped": b"needle" * 9}


def test_members_that_a_directory_does_not_hold_on_to_are_found() -> None:
    packed = zip_of({"first": b"needle", "second": b"pin"})
    second = packed.rindex(_DIRECTORY_ENTRY)
    seen = look(packed[:second] + b"XX" + packed[second + 2 :])
    assert set(seen.in_order) == {b"needle", b"pin"}
    assert seen.inside.archive == "damaged"


@pytest.mark.parametrize("stated", [0, 5, 7, 4_000_000_000])
def test_a_size_that_lies_is_told_and_the_content_looked_at(stated: int) -> None:
    seen = look(_patched(zip_of({"liar": b"needle"}), _DIRECTORY_ENTRY, 24, "<I", stated))
    assert seen.in_order == [b"needle"] * 2  # as the directory says, and as its own header does
    assert seen.inside.archive == "damaged"


def test_packed_bytes_that_go_beyond_the_end_are_told() -> None:
    seen = look(_patched(zip_of({"liar": b"needle"}, zipfile.ZIP_STORED), _DIRECTORY_ENTRY, 20, "<I", 4_000_000_000))
    assert seen.in_order[0].startswith(b"needle")
    assert seen.inside.archive == "damaged"


def test_a_member_whose_header_is_not_there_is_told_and_the_others_are_looked_at() -> None:
    packed = zip_of({"lost": b"needle", "kept": b"pin"})
    seen = look(b"none" + packed[4:])
    assert seen.contents == {"kept": b"pin"}
    assert seen.inside.archive == "damaged"


def test_a_count_that_lies_changes_nothing() -> None:
    packed = zip_of({"first": b"needle"})
    assert look(_patched(packed, _END, 10, "<H", 65_535)).contents == {"first": b"needle"}


def test_an_archive_behind_other_bytes_and_with_a_comment_is_read() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("commented", b"needle")
        archive.comment = b"PK\5\6 is not the end, this is: " + b"x" * 999
    seen = look(content.getvalue())
    assert seen.contents == {"commented": b"needle"}
    assert seen.inside.archive == ""
    assert look(b"\x7fELF" + bytes(9_999) + zip_of({"appended": b"needle"})).contents == {"appended": b"needle"}


def test_sizes_of_64_bits_are_read() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive, archive.open("large", "w", force_zip64=True) as member:
        member.write(b"needle")
    packed = content.getvalue()
    extra = struct.pack("<HHQQQ", 1, 24, 6, 6, 0)
    entry = packed.index(_DIRECTORY_ENTRY)
    head = packed[entry : entry + 46 + 5]
    head = head[:20] + b"\xff" * 8 + head[28:30] + struct.pack("<H", len(extra)) + head[32:42] + b"\xff" * 4 + head[46:]
    directory = head + extra
    end_64 = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(directory), entry)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, entry + len(directory), 1)
    end = struct.pack("<4sHHHHIIH", _END, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert look(packed[:entry] + directory + end_64 + locator + end).contents == {"large": b"needle"}


def test_a_method_that_is_not_opened_is_told_of() -> None:
    packed = _patched(zip_of({"deflate64": b"needle"}), _DIRECTORY_ENTRY, 10, "<H", 9)
    assert look(packed).inside.reasons == {Reason.NOT_OPENED}


def test_a_directory_larger_than_what_is_read_of_it_at_once_is_read() -> None:
    members = {f"{number:04}{'x' * 1_500}": str(number).encode() for number in range(900)}
    seen = look(zip_of(members, zipfile.ZIP_STORED))
    assert seen.in_order == list(members.values())
    assert seen.inside.reasons == set()


@pytest.mark.parametrize("stated", [1 << 63, (1 << 64) - 1])
def test_sizes_beyond_all_numbers_hide_no_other_member(stated: int) -> None:
    packed = zip_of({"a": b"needle"}, zipfile.ZIP_STORED)
    members, directory, end = packed.partition(b"PK\1\2")[0], packed[packed.index(b"PK\1\2") : -22], packed[-22:]
    extra = struct.pack("<HHQ", 1, 8, stated)
    entry = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 45, 45, 0, 0, 0, 0, 0, 0xFFFFFFFF, 0, 1, 12, 0, 0, 0, 0, 0)
    listed = directory + entry + b"b" + extra
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, len(listed), len(members), 0)
    assert look(members + listed + end).contents["a"] == b"needle"


def test_folders_are_no_members_to_look_at() -> None:
    assert look(zip_of({"folder/": b"", "folder/file": b"pin"})).in_order == [b"pin"]


def test_an_empty_archive_has_nothing_to_tell() -> None:
    assert look(zip_of({})).inside.reasons == set()


def test_names_are_kept_as_the_bytes_they_are() -> None:
    packed = zip_of({"name": b"pin"}).replace(b"name", b"../\xff")
    (member,) = look(packed).inside.members
    assert member.names == (b"../\xff",)


def test_a_member_that_only_the_directory_calls_locked_is_read() -> None:
    packed = _patched(zip_of({"open": b"needle"}), _DIRECTORY_ENTRY, 8, "<H", 1)
    assert look(packed).contents == {"open": b"needle"}
