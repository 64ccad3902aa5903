"""Every format is looked into: plain, nested, cut short, locked; and a second reader sees the same members."""

import gzip
import io
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.archives import (
    COMPRESSIONS,
    CONTAINERS,
    PASSWORD,
    cab_of,
    compress_of,
    encrypted_zip_of,
    legacy_lz4_of,
    rar5_of,
    rar_of,
    seven_zip_of,
    skippable,
    tar_of,
    zip_of,
)
from tests.unit.endpoint.scanner.archive.seen import Seen, look

from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.find import FORMATS, UNOPENED, render_formats
from quetsach.endpoint.scanner.archive.inside import scan_archive
from quetsach.endpoint.scanner.archive.member import InMemory, OpenFile
from quetsach.endpoint.scanner.kind import FileKind, kind_of
from quetsach.endpoint.scanner.recognise import Recogniser, signatures_of
from quetsach.packs.load import load_pack
from quetsach.packs.specimen import load_specimen

MEMBERS = {"a.txt": b"some text, again and again\n" * 999, "b.bin": bytes(range(256)) * 300, "empty": b""}
EICAR = Path(__file__).parents[5] / "packs" / "eicar"

LIBRARY = b"!<arch>\n/               -1                      0       4         `\n\0\0\0\0"
"""A library of Microsoft's linker; that of others starts alike."""

PROGRAM = (
    b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + b"\0\0\1\0" + bytes(12) + b"\0\0\0\0"
    b".text\0\0\0" + b"\0" * 8 + (512).to_bytes(4, "little") + (512).to_bytes(4, "little") + bytes(16)
).ljust(1024, b"\x90")
"""A program of one section, behind which something may be carried."""

every_container = pytest.mark.parametrize("form", CONTAINERS)
every_compression = pytest.mark.parametrize("form", COMPRESSIONS)


@every_container
def test_all_members_are_looked_at(form: str) -> None:
    seen = look(CONTAINERS[form](MEMBERS))
    assert {name: seen.contents[name] for name in MEMBERS} == MEMBERS
    assert (seen.inside.archive, seen.inside.reasons) == ("", set())


@every_compression
def test_the_one_member_has_the_name_without_the_ending(form: str) -> None:
    seen = look(COMPRESSIONS[form](b"content"), name=b"notes.txt." + form.encode())
    assert seen.contents == {"notes.txt": b"content"}
    assert seen.inside.reasons == set()


@every_compression
def test_a_compressed_tar_is_looked_at_as_it_comes(form: str) -> None:
    packed = COMPRESSIONS[form](tar_of({"large": bytes(3 << 20), **MEMBERS}))
    seen = look(packed, name=b"all.tar")
    assert {name: seen.contents[name] for name in MEMBERS} == MEMBERS
    assert seen.inside.reasons == set()


@every_container
def test_the_test_file_is_found_in_it_and_one_archive_further_in(form: str, tmp_path: Path) -> None:
    load_specimen(EICAR).build(tmp_path)
    members = {"eicar.com": (tmp_path / "srv" / "downloads" / "eicar.com").read_bytes()}
    inner = CONTAINERS[form](members)
    recogniser = Recogniser(BorealEngine(), signatures_of([load_pack(EICAR)]))
    for packed, names in ((inner, ()), (zip_of({"in": inner}), ("in",)), (CONTAINERS[form]({"in": inner}), ("in",))):
        inside = scan_archive(InMemory(packed), kind_of(packed[:4096]), recogniser.recognise)
        (found,) = inside.members
        assert found.names[-1] == b"eicar.com"
        assert set(names) <= {name.decode() for name in found.names}
        assert [hit.rule for hit in found.hits] == ["eicar_test_file"]


@every_container
def test_what_is_left_of_one_that_was_cut_is_looked_at_and_the_damage_told(form: str) -> None:
    packed = CONTAINERS[form]({"first": b"needle" * 99, "noise": _noise(60_000)})
    seen = look(packed[:-10_000])
    assert seen.inside.archive == "damaged"
    assert seen.inside.reasons == {Reason.DAMAGED}
    if form.startswith(("zip", "tar", "cab", "deb", "cpio", "rar", "rpm")):  # 7z has its directory last, ISO rounds up
        assert seen.contents["first"] == b"needle" * 99


@every_compression
def test_a_stream_that_breaks_off_is_looked_at_as_far_as_it_came(form: str) -> None:
    packed = COMPRESSIONS[form](b"needle" + _noise(1_200_000))  # bzip2 gives out blocks of 900,000 bytes
    seen = look(packed[:-1000])
    assert seen.inside.archive == "damaged"
    assert seen.inside.members[0].size_bytes > 0


@pytest.mark.parametrize(
    "packed",
    [
        encrypted_zip_of(MEMBERS),
        encrypted_zip_of(MEMBERS, "-mem=AES256"),
        seven_zip_of(MEMBERS, f"-p{PASSWORD}"),
        seven_zip_of(MEMBERS, f"-p{PASSWORD}", "-mhe=on"),
        rar_of(MEMBERS, 0x8004),
    ],
    ids=["zip", "zip-aes", "7z", "7z-names-too", "rar"],
)
def test_one_with_a_password_is_told_as_such(packed: bytes) -> None:
    seen = look(packed)
    assert seen.inside.archive == "encrypted"
    assert seen.inside.reasons == {Reason.ENCRYPTED}


def test_an_open_member_beside_a_locked_one_is_looked_at(tmp_path: Path) -> None:
    archive = tmp_path / "mixed.7z"
    for name, options in (("open", ()), ("locked", (f"-p{PASSWORD}",))):
        (tmp_path / name).write_bytes(b"needle")
        command = ["7z", "a", "-bd", "-y", *options, archive, name]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    seen = look(archive.read_bytes())
    assert [found.names for found in seen.inside.members] == [(b"open",)]
    assert seen.inside.archive == "encrypted"


@pytest.mark.parametrize("form", ["7z", "cab", "rar", "zip", "tar", "iso", "cpio"])
def test_seven_zip_lists_the_same_members(form: str, tmp_path: Path) -> None:
    packed = CONTAINERS[form](MEMBERS)
    path = tmp_path / "archive"
    path.write_bytes(packed)
    listed = subprocess.run(["7z", "l", "-slt", "-ba", path], check=True, capture_output=True, text=True).stdout
    names = {line.removeprefix("Path = ") for line in listed.splitlines() if line.startswith("Path = ")}
    assert set(look(packed).contents) == names - {"."}


def test_the_standard_library_lists_the_same_members() -> None:
    packed = CONTAINERS["zip"](MEMBERS)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert list(look(packed).contents) == archive.namelist()
    packed = CONTAINERS["tar"](MEMBERS)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        assert list(look(packed).contents) == archive.getnames()


@pytest.mark.parametrize("form", ["zip", "tar", "7z", "cab", "iso"])
def test_a_file_too_large_for_memory_is_read_where_it_lies(form: str, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    path.write_bytes(CONTAINERS[form](MEMBERS))
    seen = Seen()
    with path.open("rb") as file:
        source = OpenFile(file.fileno(), path.stat().st_size)
        scan_archive(source, kind_of(path.read_bytes()[:4096]), seen.recognise)
        assert file.tell() == 0
    assert sorted(seen.in_order) == sorted(MEMBERS.values())


UNOPENED_HEADS = {
    FileKind.XAR: b"xar!\0\x1c\0\1",
    FileKind.LHA: b"\x21\x6a-lh5-\x10",
    FileKind.ARJ: b"\x60\xea\x2c\0\x22\x0b\1\x0b\x10\0\2",
    FileKind.ACE: b"\x11\x22\x31\0\0\0\x90**ACE**\x14",
    FileKind.CHM: b"ITSF\3\0\0\0",
    FileKind.WIM: b"MSWIM\0\0\0\xd0",
    FileKind.SZDD: b"SZDD\x88\xf0\x27\x33A",
    FileKind.SQUASHFS: b"hsqs\1\0",
    FileKind.TNEF: b"\x78\x9f\x3e\x22\1\0",
    FileKind.VHD: b"conectix\0\0\0\2",
    FileKind.PST: b"!BDN",
    FileKind.DMG: bytes(900) + b"koly" + bytes(99),
    FileKind.INSTALLER: PROGRAM + b"\0\0\0\0\xef\xbe\xad\xdeNullsoftInst",
}


def test_every_kind_is_looked_into_or_plain() -> None:
    plain = {"elf", "pe", "macho", "script", "text", "document", "lnk", "media", "other"}
    assert set(FORMATS) | {FileKind(kind) for kind in plain} == set(FileKind)
    assert set(UNOPENED_HEADS) == UNOPENED


@pytest.mark.parametrize("kind", UNOPENED_HEADS)
def test_a_format_that_is_not_opened_is_told_of_here_and_in_an_archive(kind: FileKind) -> None:
    content = UNOPENED_HEADS[kind]
    content = content.ljust(1412, b"\0") if kind is not FileKind.DMG else bytes(508) + content[-103:].ljust(512, b"\0")
    assert look(content).inside.reasons == {Reason.NOT_OPENED}
    assert look(zip_of({"in": content})).inside.reasons == {Reason.NOT_OPENED}


def test_the_reference_lists_every_format() -> None:
    page = (Path(__file__).parents[5] / "docs" / "reference" / "archives.md").read_text("utf-8")
    assert render_formats() in page


@pytest.mark.parametrize("folders", [["a"], ["a", "b/c", "d"]])
def test_folders_of_rar_5_end_nothing(folders: list[str]) -> None:
    seen = look(rar5_of(MEMBERS, folders))
    assert seen.contents == MEMBERS
    assert (seen.inside.archive, seen.inside.reasons) == ("", set())


def test_what_libarchive_does_not_take_for_what_it_is_is_not_passed_off_as_unpacked() -> None:
    seen = look(b"LZIP\1\xff" + b"needle" * 99)
    assert seen.in_order == []
    assert seen.inside.reasons <= {Reason.NOT_OPENED, Reason.DAMAGED}
    assert seen.inside.reasons


@pytest.mark.parametrize("form", ["zst", "lz4"])
@pytest.mark.parametrize("before", [skippable(), skippable(0) * 99 + skippable(70_000, 15)], ids=["one", "many"])
def test_frames_to_be_skipped_hide_nothing_that_stands_behind_them(form: str, before: bytes) -> None:
    packed = before + COMPRESSIONS[form](b"needle")
    assert look(packed).in_order == [b"needle"]
    assert look(zip_of({"in": packed})).in_order == [packed, b"needle"]


@pytest.mark.parametrize("before", [b"", skippable(), skippable(0) * 99])
def test_the_older_form_of_lz4_is_looked_at(before: bytes) -> None:
    assert look(before + legacy_lz4_of(b"needle" * 99)).in_order == [b"needle" * 99]


def test_what_nothing_here_knows_behind_frames_to_be_skipped_is_told_of() -> None:
    for behind in (b"what no unpacker knows", gzip.compress(b"needle")):
        assert look(skippable() + behind).inside.reasons == {Reason.NOT_OPENED}


def test_what_compress_packed_is_looked_at() -> None:
    assert look(compress_of(b"needle" * 9), name=b"notes.tar.Z").contents == {"notes.tar": b"needle" * 9}


@pytest.mark.parametrize(
    "content",
    [
        *(
            b"\x1f\x8bnot gzip",
            b"BZhello",
            b"\x1f\x9dxyz",
            b"\xc7\x71 no cpio",
            b"\x71\xc7 no cpio",
            b"LZIPPED",
            LIBRARY,
        ),
        *(b"\x60\xeano arj", b"PS-lhasa", skippable(), skippable(99)[:20]),
        *(b"\x5d\0\0\x80\0" + bytes(40), b"From here on: nothing\n", b"Note: a text\nAnother: one\n\nand so on\n"),
    ],
)
def test_a_file_that_only_starts_like_an_archive_is_none(content: bytes) -> None:
    assert look(content).inside.reasons == set()


def test_a_program_that_unpacks_itself_is_looked_into() -> None:
    members = {"inside": b"needle"}
    settings = b";!@Install@!UTF-8!\nTitle=x\n;!@InstallEnd@!"
    for packed in (zip_of(members), cab_of(members), settings + seven_zip_of(members), rar_of(members)):
        assert look(PROGRAM + packed).contents == {"inside": b"needle"}
    assert look(b"#!/bin/sh\nexec unzip $0\n" + zip_of(members)).contents == {"inside": b"needle"}


def test_what_a_program_carries_is_found_however_far_behind_its_header_lies() -> None:
    header = PROGRAM[64:128].replace(struct.pack("<II", 512, 512), struct.pack("<II", 512, 8704))
    far = (PROGRAM[:60] + struct.pack("<I", 8192)).ljust(8192, b"\0") + header
    assert look(far.ljust(9216, b"\x90") + b"zlb\x1a" + bytes(99)).inside.reasons == {Reason.NOT_OPENED}


def _noise(size: int) -> bytes:
    """Return bytes that no packer makes smaller."""
    return b"".join(hash((1, number)).to_bytes(8, signed=True) for number in range(size // 8))


def test_a_disc_with_a_list_of_udf_too_is_told_of() -> None:
    disc = subprocess.run(
        ["genisoimage", "-quiet", "-udf", "-J", "-o", "/dev/stdout", EICAR / "recipe.toml"],
        check=True,
        capture_output=True,
    ).stdout
    seen = look(disc)
    assert seen.in_order == [(EICAR / "recipe.toml").read_bytes()]
    assert seen.inside.reasons == {Reason.NOT_OPENED}
    assert look(disc[:32_769] + b"BEA01" + disc[32_774:]).inside.reasons == {Reason.NOT_OPENED}


def test_thousands_of_streams_in_a_row_are_one_member() -> None:
    assert look(gzip.compress(b"needle") * 5_000 + bytes(999) + b"no stream").in_order == [b"needle" * 5_000]


def test_a_program_that_only_seems_to_carry_an_archive_is_not_damaged() -> None:
    assert look(b"\0" * 32_769 + b"CD001" + bytes(9_999)).inside.reasons == set()
    assert look(b"\x7fELF" + bytes(99) + b"PK\5\6" + b"x" * 18).inside.reasons == set()


def test_after_a_fatal_error_libarchive_is_asked_nothing_more() -> None:
    packed = bytearray(cab_of({"first": b"needle" * 99, "second": b"pin"}, is_packed=False))
    (block,) = struct.unpack_from("<I", packed, 36)
    struct.pack_into("<IHH", packed, block, 1, 597, 0x9000)  # larger than a block may be; it crashed on the second file
    assert look(bytes(packed)).inside.reasons == {Reason.DAMAGED}
