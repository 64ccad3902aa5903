"""Tar archives that are not as packers write them."""

import io
import tarfile

import pytest
from tests.archives import tar_of
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.member import Limits

LONG = "folder/" * 40 + "name"


def _with_header(**fields: object) -> bytes:
    header = tarfile.TarInfo("member")
    for name, value in fields.items():
        setattr(header, name, value)
    return header.tobuf(tarfile.GNU_FORMAT)


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_are_read(form: int) -> None:
    assert look(tar_of({LONG: b"needle", "after": b"pin"}, form)).contents == {LONG: b"needle", "after": b"pin"}


def test_a_name_in_two_parts_is_put_together() -> None:
    name = "f" * 90 + "/" + "n" * 90
    assert list(look(tar_of({name: b"needle"}, tarfile.USTAR_FORMAT)).contents) == [name]


def test_a_member_of_a_type_that_nobody_knows_is_a_file() -> None:
    assert look(_with_header(type=b"Z", size=6) + b"needle".ljust(512, b"\0")).in_order == [b"needle"]


def test_links_and_folders_have_no_content_whatever_size_they_give() -> None:
    link = _with_header(type=tarfile.SYMTYPE, linkname="/etc/passwd", size=0)
    liar = bytearray(link)
    liar[124:135] = b"00000001000"
    liar[148:156] = b" " * 8
    liar[148:155] = b"%06o\0" % sum(liar)
    assert look(bytes(liar) + tar_of({"after": b"pin"})).contents == {"after": b"pin"}


def test_a_header_that_does_not_hold_ends_it() -> None:
    packed = bytearray(tar_of({"first": b"needle", "second": b"pin"}, tarfile.USTAR_FORMAT))
    packed[1024 + 3] ^= 1
    seen = look(bytes(packed))
    assert seen.contents == {"first": b"needle"}
    assert seen.inside.archive == "damaged"


def test_a_size_larger_than_the_archive_is_told() -> None:
    seen = look(_with_header(size=8 << 40) + b"needle")
    assert seen.in_order == [b"needle"]
    assert seen.inside.archive == "damaged"


def test_a_long_name_as_large_as_a_disk_is_passed_and_not_kept() -> None:
    seen = look(_with_header(type=tarfile.GNUTYPE_LONGNAME, size=1 << 60) + tar_of({"behind": b"pin"}))
    assert seen.in_order == []


def test_headers_without_end_are_members_and_come_to_their_limit() -> None:
    headers = _with_header(type=tarfile.XGLTYPE, size=0) * 50
    seen = look(headers, limits=Limits(members=20))
    assert seen.inside.reasons == {Reason.LIMIT}


def test_the_stored_part_of_a_sparse_member_is_looked_at() -> None:
    header = bytearray(_with_header(type=tarfile.GNUTYPE_SPARSE, size=6))
    header[482] = 1
    header[148:156] = b" " * 8
    header[148:155] = b"%06o\0" % sum(header)
    blocks = (b"\0" * 504 + b"\1").ljust(512, b"\0") + bytes(512)
    packed = bytes(header) + blocks + b"needle".ljust(512, b"\0") + tar_of({"after": b"pin"})
    assert look(packed).in_order == [b"needle", b"pin"]


def test_records_of_pax_that_do_not_hold_are_left() -> None:
    records = b"12 path=abc\n" + b"999999999 path=x\n" + b"nonsense"
    header = _with_header(type=tarfile.XHDTYPE, size=len(records))
    packed = header + records.ljust(512, b"\0") + tar_of({"other": b"needle"}, tarfile.USTAR_FORMAT)
    assert look(packed).contents == {"abc": b"needle"}


def test_a_tar_without_its_last_zeros_is_whole() -> None:
    packed = tar_of({"only": b"x" * 512}, tarfile.USTAR_FORMAT)[:1024]
    seen = look(packed)
    assert seen.contents == {"only": b"x" * 512}
    assert seen.inside.archive == ""


def test_the_standard_library_reads_the_same_names() -> None:
    packed = tar_of({LONG: b"1", "tệp.txt": b"2"})
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert list(look(packed).contents) == archive.getnames()
