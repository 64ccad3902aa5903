"""What the first bytes of a file tell."""

import bz2
import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from quetsach.core.rule_text import FileType
from quetsach.endpoint.scanner.kind import HEAD_BYTES, FileKind, kind_of

HEADS = {
    b"\x7fELF\x02\x01\x01": FileKind.ELF,
    b"MZ\x90\0\x03\0\0\0": FileKind.PE,
    b"\xcf\xfa\xed\xfe\x07\0\0\x01": FileKind.MACHO,
    b"\xca\xfe\xba\xbe\0\0\0\x02": FileKind.MACHO,
    b"\xca\xfe\xba\xbe\0\0\0\x41": FileKind.OTHER,
    b"#!/bin/sh\n": FileKind.SCRIPT,
    b"<?php echo 1;": FileKind.SCRIPT,
    "Kính gửi".encode(): FileKind.TEXT,
    "Kính gửi".encode("utf-16"): FileKind.TEXT,
    b"MZ is how this text begins\n": FileKind.TEXT,
    b"%PDF-1.7": FileKind.DOCUMENT,
    b"{\\rt\\object": FileKind.RTF,
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0": FileKind.OLE,
    b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F\x9b": FileKind.LNK,
    b"7z\xbc\xaf\x27\x1c\0\x04": FileKind.SEVEN_ZIP,
    b"Rar!\x1a\x07\x01\0": FileKind.RAR,
    b"MSCF\0\0\0\0": FileKind.CAB,
    b"\x1f\x8b\x08": FileKind.GZIP,
    b"\x28\xb5\x2f\xfd\x04": FileKind.ZSTD,
    b"\x53\x2a\x4d\x18\4\0\0\0skip": FileKind.ZSTD,
    b"\x5d\0\0\x80\0" + b"\xff" * 8 + b"\0abcd": FileKind.LZMA,
    b"\x5d\0\0\x80\0" + b"\xff" * 8 + b"\1abcd": FileKind.OTHER,
    b"\x1c\x1a-lh5-": FileKind.LHA,
    b"\0\0\0\x18ftypmp42": FileKind.MEDIA,
    b"\x89PNG\r\n\x1a\n": FileKind.MEDIA,
    b"\0\1\2\3": FileKind.OTHER,
    b"P": FileKind.TEXT,
    b"": FileKind.OTHER,
}


LETTERS = [*(b"GIF8 ID3 BZh LZIP OggS fLaC ITSF hsqs xar! !BDN conectix".split()), b": -lh5-", b"1234567**ACE**"]


@pytest.mark.parametrize("mark", LETTERS)
def test_a_text_that_begins_with_the_letters_of_a_mark_is_a_text(mark: bytes) -> None:
    assert kind_of(mark + b"=1\nset -e\n/usr/networks &\n") is FileKind.TEXT
    assert kind_of(mark.ljust(600, b"\x01")) is not FileKind.TEXT


@pytest.mark.parametrize("level", range(1, 10))
def test_what_bzip2_packed_is_no_text_however_short_it_is(level: int) -> None:
    assert {kind_of(bz2.compress(b"%d" % n, level)) for n in range(99)} == {FileKind.BZIP2}
    assert kind_of(bz2.compress(b"", level)) is FileKind.BZIP2


@pytest.mark.parametrize(("head", "kind"), HEADS.items(), ids=[repr(h[:12]) for h in HEADS])
def test_a_head_tells_its_kind(head: bytes, kind: FileKind) -> None:
    assert kind_of(head) is kind


def test_a_tar_is_known_by_its_mark_at_257() -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO())
    assert kind_of(raw.getvalue()[:HEAD_BYTES]) is FileKind.TAR


def test_a_zip_is_an_archive_and_may_be_a_document() -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("a", b"")
    kind = kind_of(raw.getvalue())
    assert kind is FileKind.ZIP
    assert kind.types == {FileType.ARCHIVE, FileType.DOCUMENT}


def test_a_script_is_a_text_too() -> None:
    assert FileType.TEXT in FileKind.SCRIPT.types


def test_every_kind_has_a_type() -> None:
    assert all(kind.types for kind in FileKind)


@pytest.mark.parametrize(("name", "kind"), [("gzip", FileKind.GZIP), ("bzip2", FileKind.BZIP2), ("xz", FileKind.XZ)])
def test_what_the_packers_of_this_system_write_is_known(name: str, kind: FileKind) -> None:
    assert kind_of(subprocess.run([name, "-c"], input=b"x", capture_output=True, check=True).stdout) is kind


def test_the_interpreter_is_an_elf_file() -> None:
    assert kind_of(Path(os.path.realpath("/proc/self/exe")).read_bytes()[:HEAD_BYTES]) is FileKind.ELF
