"""Files of which a scanner takes one for all: what opens them goes by another mark, or passes over what hides it."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import pytest
from tests.archives import compound_of, iso_of, onenote_of, rar5_of, rar_of, seven_zip_of, tar_of, zip_of
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.kind import FileKind, kind_of

NEEDLE = b"MZ\x90\0" + b"needle" * 99
PACKED = {"worm.exe": NEEDLE}
PICTURE = b"\xff\xd8\xff\xe0" + bytes(999)
FRONTS = {
    "picture": PICTURE,
    "script": b"#!/bin/sh\nexit\n",
    "program": b"\x7fELF" + bytes(200),
    "rtf": b"{\\rtf1 x}",
    "compound": compound_of({"a": b"x" * 99}),
    "gzip": gzip.compress(b"x"),
    "gzip of another method": b"\x1f\x8b\0" + bytes(99),
    "bzip2 in name": b"BZhello",
    "library": b"!<arch>\nx",
    "frame to be skipped": b"\x50\x2a\x4d\x18" + bytes(4) + b"x",
    "tar": tar_of({"a": b"x"}),
    "zip": zip_of({"a": b"x"}),
    "seven zip": seven_zip_of({"a": b"x"}),
}


def _commented(packed: bytes) -> bytes:
    file = io.BytesIO(packed)
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"a comment"
    return file.getvalue()


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("behind", [b"", b"junk"])
def test_a_zip_is_found_behind_whatever_stands_before_it(front: str, behind: bytes) -> None:
    assert NEEDLE in look(FRONTS[front] + zip_of(PACKED) + behind).in_order
    assert NEEDLE in look(FRONTS[front] + _commented(zip_of(PACKED)) + behind).in_order


@pytest.mark.parametrize("packed", [seven_zip_of(PACKED), rar_of(PACKED), rar5_of(PACKED)])
@pytest.mark.parametrize("front", [PICTURE, FRONTS["program"], b"%PDF-1.4\n", b"MZ" + bytes(99)])
def test_seven_zip_and_rar_are_found_behind_other_files_and_behind_decoys(packed: bytes, front: bytes) -> None:
    decoys = b"7z\xbc\xaf\x27\x1c" + bytes(40) + b"Rar!\x1a\x07\0" + bytes(40) + b"Rar!\x1a\x07\1\0" + bytes(40)
    for file in (front + packed, front + decoys + packed, front + 1_000 * decoys + packed):
        seen = look(file)
        assert NEEDLE in seen.in_order
        assert seen.inside.reasons == set()


@pytest.mark.parametrize("packed", [seven_zip_of(PACKED), rar_of(PACKED), rar5_of(PACKED)])
@pytest.mark.parametrize("front", [front for front in FRONTS if front != "seven zip"])
def test_seven_zip_and_rar_are_found_behind_an_archive_of_another_kind(packed: bytes, front: str) -> None:
    assert NEEDLE in look(FRONTS[front] + packed).in_order


@pytest.mark.parametrize("packed", [seven_zip_of(PACKED), rar_of(PACKED), rar5_of(PACKED)])
@pytest.mark.parametrize("large", [b"", bytes(3 << 20)])
@pytest.mark.parametrize("front", [b"", PICTURE, b"MZ" + bytes(99)])
def test_what_stands_in_a_member_of_an_archive_is_looked_at_once(packed: bytes, large: bytes, front: bytes) -> None:
    members = {"in": front + packed, "large": large}
    for outer in (tar_of(members), zip_of(members, zipfile.ZIP_STORED), gzip.compress(tar_of(members))):
        seen = look(outer)
        assert seen.in_order.count(NEEDLE) == 1
        assert seen.inside.reasons == set()


LARGE = {"gzip": gzip.compress(bytes(3 << 20), 0), "tar": tar_of({"a": bytes(3 << 20)})}


@pytest.mark.parametrize("front", LARGE)
def test_what_may_stand_behind_a_large_archive_in_an_archive_is_told_of(front: str) -> None:
    assert look(zip_of({"in": LARGE[front]})).inside.reasons == set()
    assert look(zip_of({"in": LARGE[front] + zip_of(PACKED)})).inside.reasons == {Reason.LIMIT}
    assert look(zip_of({"in": LARGE[front] + zip_of(PACKED) + bytes(60_000)})).inside.reasons == {Reason.LIMIT}
    before = tar_of({"a": b"x"}) + seven_zip_of(PACKED) + bytes(3 << 20)
    assert look(zip_of({"in": before})).inside.reasons == {Reason.LIMIT}


def test_a_zip_that_is_the_last_member_of_a_large_tar_is_not_told_of_besides() -> None:
    seen = look(gzip.compress(tar_of({"large": bytes(3 << 20), "last.jar": zip_of(PACKED)})))
    assert NEEDLE in seen.in_order
    assert seen.inside.reasons == set()


def test_no_number_of_decoys_in_its_comment_hides_a_zip() -> None:
    file = io.BytesIO(zip_of(PACKED))
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = (b"PK\5\6" + bytes(14) + b"\xff\xff\0\0") * 1_000
    assert NEEDLE in look(PICTURE + file.getvalue()).in_order


@pytest.mark.parametrize("is_extra", [False, True])
def test_a_member_within_the_name_or_the_extra_field_of_another_is_looked_at(is_extra: bool) -> None:
    hidden = zip_of(PACKED, zipfile.ZIP_STORED).partition(b"PK\1\2")[0]
    name, extra = (b"a", struct.pack("<HH", 0xCAFE, len(hidden)) + hidden) if is_extra else (hidden, b"")
    head = struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(b"x"), 1, 1, len(name), len(extra))
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 0, zlib.crc32(b"x"), 1, 1, len(name), 0, 0, 0, 0, 0, 0
    )
    local, listed = head + name + extra + b"x", entry + name
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(listed), len(local), 0)
    assert NEEDLE in look(local + listed + end).in_order


def test_a_script_that_unpacks_itself_is_looked_into() -> None:
    assert NEEDLE in look(b"#!/bin/sh\ntail -n +3 $0 | tar xz\n" + gzip.compress(tar_of(PACKED))).in_order


@pytest.mark.parametrize("first", [b"MZ", b"\xff\xd8\xff", b"text", b"\x1f\x8b\x08\0", b"{\\rtf1}"])
def test_a_disc_image_is_known_whatever_its_first_bytes_say(first: bytes) -> None:
    disc = iso_of(PACKED)
    assert NEEDLE in look(first + disc[len(first) :]).in_order


def test_every_zip_of_several_in_a_row_is_looked_into() -> None:
    clean = zip_of({"letter.txt": b"hello"})
    for packed in (zip_of(PACKED) + clean, clean + zip_of(PACKED), clean + zip_of(PACKED) + clean):
        assert NEEDLE in look(packed).in_order
    assert look(zip_of({"a": b"x", "b": zip_of({"c": b"y"}, zipfile.ZIP_STORED)})).in_order.count(b"y") == 1


def test_tar_of_before_posix_is_looked_into() -> None:
    packed = bytearray(tar_of({"a.zip": zip_of(PACKED)}, tarfile.USTAR_FORMAT))
    packed[257:265], packed[148:156] = bytes(8), b" " * 8
    packed[148:156] = b"%06o\0 " % sum(packed[:512])
    assert kind_of(bytes(packed[:512])) is FileKind.TAR
    assert NEEDLE in look(bytes(packed)).in_order


def _package(content: bytes) -> bytes:
    path = b"C:\\a\0"
    return b"\2\0a\0" + path + b"\0\0\3\0" + struct.pack("<I", 5) + path + struct.pack("<I", len(content)) + content


@pytest.mark.parametrize("after", [b"", b"\5\0\0\0C\0:\0"])
def test_the_file_of_a_package_is_looked_at_as_it_is(after: bytes) -> None:
    stream = _package(NEEDLE) + after
    assert NEEDLE in look(compound_of({"\1Ole10Native": struct.pack("<I", len(stream)) + stream})).in_order
    head = b"\1\5\0\0\2\0\0\0" + struct.pack("<I8s", 8, b"Package\0") + bytes(8)
    for data in (stream, compound_of({"\1Ole10Native": struct.pack("<I", len(stream)) + stream})):
        digits = (head + struct.pack("<I", len(data)) + data).hex().encode()
        assert NEEDLE in look(b"{\\rtf1{\\object{\\*\\objdata " + digits + b"}}}").in_order


DIGITS = NEEDLE.hex().encode()


@pytest.mark.parametrize(
    "data",
    [
        b"objdata0 " + DIGITS,
        b"objdata-1 " + DIGITS,
        b"objdata \\bin%d " % len(NEEDLE) + NEEDLE,
        b"objdata " + DIGITS[:8] + b"\\bin%d " % len(NEEDLE[4:]) + NEEDLE[4:],
        b"objdata " + DIGITS[:9] + b"\\" + b"a" * 70_000 + b"12 " + DIGITS[9:],
        b"objdata " + DIGITS[:9] + b"{" * 70_000 + b"}" * 70_000 + DIGITS[9:],
        b"objdata " + DIGITS[:9] + b" " * 65_500 + b"{\\*\\foo z}" * 20 + DIGITS[9:],
        b"datastore " + DIGITS,
    ],
)
@pytest.mark.parametrize("front", [b"", b"\r\n "])
def test_words_of_rtf_hide_no_digits(data: bytes, front: bytes) -> None:
    assert NEEDLE in look(front + b"{\\rtf1{\\object{\\*\\" + data + b"}}}").in_order


def test_digits_that_only_some_readers_of_rtf_take_are_damage() -> None:
    seen = look(b"{\\rtf1{\\object{\\*\\objdata " + DIGITS[:9] + b"{\\*\\foo 1}" + DIGITS[9:] + b"}}}")
    assert (seen.in_order, seen.inside.reasons) == ([NEEDLE], {Reason.DAMAGED})


def test_a_file_of_onenote_within_the_bytes_of_another_is_looked_at() -> None:
    packed = onenote_of({"a": zip_of(PACKED)})
    at = packed.find(bytes.fromhex("e716e3bd65261145a4c48d4d0b7a9eac"))
    decoy = packed[at : at + 16] + struct.pack("<Q12x", len(packed) - at)
    assert NEEDLE in look(packed[:at] + decoy + packed[at:]).in_order


@pytest.mark.parametrize("mode", [0, 0o020644, 0o040755, 0o010644])
def test_a_file_that_calls_itself_a_device_or_a_folder_is_looked_at(mode: int) -> None:
    assert NEEDLE in look(rar_of(PACKED, mode=mode)).in_order
    assert NEEDLE in look(rar5_of(PACKED, mode=mode)).in_order
    assert NEEDLE in look(_seven_zip_with(mode)).in_order


def test_a_link_whose_content_is_not_given_is_told_of() -> None:
    assert look(rar_of(PACKED, mode=0o120777)).inside.reasons == {Reason.NOT_OPENED}
    assert look(_seven_zip_with(0o120777)).inside.reasons == {Reason.NOT_OPENED}


def _seven_zip_with(mode: int) -> bytes:
    packed = bytearray(seven_zip_of(PACKED, "-mhc=off"))
    start = 32 + int.from_bytes(packed[12:20], "little")
    at = packed.rfind(b"\x20\x80") + 2  # attributes: an archive bit, "these are of Unix", and the mode
    assert at > start
    packed[at : at + 2] = mode.to_bytes(2, "little")
    packed[28:32] = zlib.crc32(packed[start:]).to_bytes(4, "little")
    packed[8:12] = zlib.crc32(packed[12:32]).to_bytes(4, "little")
    return bytes(packed)


def test_where_one_list_of_a_disc_does_not_hold_the_other_is_read() -> None:
    disc = bytearray(iso_of({"aaa.txt": b"letter", **PACKED}))
    at = disc.find(b"AAA.TXT;1") - 33
    disc[at + 2 : at + 10] = struct.pack("<I", 0xFFFFFF) + struct.pack(">I", 0xFFFFFF)  # where its content begins
    seen = look(bytes(disc))
    assert NEEDLE in seen.in_order
    assert seen.inside.reasons == {Reason.DAMAGED}


def test_what_only_one_of_the_lists_of_a_disc_names_is_looked_at() -> None:
    disc = iso_of(PACKED)
    mode = struct.pack("<I", 0o100644) + struct.pack(">I", 0o100644)
    hidden = disc.replace(mode, struct.pack("<I", 0o020644) + struct.pack(">I", 0o020644))
    assert hidden != disc
    assert look(hidden).in_order == look(disc).in_order == [NEEDLE]


@pytest.mark.parametrize(("at", "value"), [(10, b"\0\0"), (10, b"\x0c\0"), (20, bytes(8)), (20, b"\1\0\0\0\1\0\0\0")])
def test_where_the_directory_of_a_zip_contradicts_the_header_of_a_member_both_are_believed(
    at: int, value: bytes
) -> None:
    packed = bytearray(zip_of(PACKED))
    entry = packed.find(b"PK\1\2")
    packed[entry + at : entry + at + len(value)] = value
    assert NEEDLE in look(bytes(packed)).in_order
    assert len(look(zip_of(PACKED)).in_order) == 1
