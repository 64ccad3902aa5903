"""Content is known by the hash of the whole, with a size or without, or of a section of a program."""

import hashlib

import pytest

from quetsach.endpoint.scanner.archive.member import InMemory
from quetsach.endpoint.scanner.kind import FileKind
from quetsach.endpoint.scanner.recognise import KnownHashes, sections_of
from quetsach.packs.specimen.program import build_pe

CONTENT = b"a harmless sample " * 10
SECTION = b"a harmless section ".ljust(512, b"\0")
PROGRAM = build_pe(sections={".one": SECTION, ".two": bytes(1024)})


def _hash(algorithm: str, content: bytes) -> str:
    return hashlib.new(algorithm, content).hexdigest()


def _found(entry: str, content: bytes, kind: FileKind = FileKind.OTHER) -> list[str]:
    return list(KnownHashes([entry]).found_in(InMemory(content), kind))


class _Counting(InMemory):
    """Satisfies ``Source``; ``bytes_read`` says what was asked of it."""


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize("size", [str(len(CONTENT)), "*"])
def test_a_file_is_known_by_its_hash(algorithm: str, size: str) -> None:
    entry = f"{size}:{_hash(algorithm, CONTENT)}"
    assert _found(entry, CONTENT) == [entry]
    assert _found(entry, CONTENT[:-1] + b"x") == []


def test_content_of_another_size_is_not_read() -> None:
    source = _Counting(CONTENT)
    assert list(KnownHashes([f"{len(CONTENT) + 1}:{_hash('md5', CONTENT)}"]).found_in(source, FileKind.OTHER)) == []
    assert source.bytes_read == 0


def test_nothing_is_ever_known_by_the_hash_of_nothing() -> None:
    assert _found(f"*:{_hash('md5', b'')}", b"") == []


def test_a_section_of_a_program_is_known_by_its_hash() -> None:
    entry = f"section:512:{_hash('sha256', SECTION)}"
    assert _found(entry, PROGRAM, FileKind.PE) == [entry]
    assert _found(entry, SECTION, FileKind.OTHER) == []


def test_sections_that_overlap_do_not_make_more_work_than_the_file_has_bytes() -> None:
    program = bytearray(PROGRAM)
    at = int.from_bytes(program[60:64], "little")
    program[at + 6 : at + 8] = (0xFFFF).to_bytes(2, "little")
    source = _Counting(bytes(program))
    list(KnownHashes([f"section:512:{'0' * 64}"]).found_in(source, FileKind.PE))
    assert source.bytes_read <= 2 * len(program) + 96 * 40


@pytest.mark.parametrize("cut", [0, 2, 64, 100, 200, 300])
def test_a_program_that_is_cut_off_has_the_sections_that_can_be_read(cut: int) -> None:
    whole = list(sections_of(InMemory(PROGRAM)))
    found = list(sections_of(InMemory(PROGRAM[:cut])))
    assert found == whole[: len(found)]
