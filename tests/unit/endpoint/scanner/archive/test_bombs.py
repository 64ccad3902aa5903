"""What unpacks to far too much is told as a bomb; what is only large comes to a limit; nothing is unpacked for long."""

import bz2
import gzip
import itertools
import lzma
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from tests.archives import COMPRESSIONS, CONTAINERS, seven_zip_of, tar_of, zip_of
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.inside import LIMITS
from quetsach.endpoint.scanner.archive.member import Limits
from quetsach.packs.specimen import load_specimen

SMALL = Limits(bomb_bytes=1 << 20, held_bytes=256 << 10)
BOMBS = load_specimen(Path(__file__).parents[5] / "packs" / "archive-bomb")
ZEROS = {"zeros": bytes(3 << 20)}
LARGE_DICTIONARY = {"id": lzma.FILTER_LZMA2, "dict_size": 128 << 20, "mode": lzma.MODE_FAST, "mf": lzma.MF_HC3}
PACKED = ["zip", "zip-bzip2", "zip-lzma", "tar.gz", "7z", "7z-ppmd", "7z-bzip2", "cab", "rpm"]


@pytest.mark.parametrize("form", PACKED)
def test_zeros_in_a_container_are_a_bomb(form: str) -> None:
    assert look(CONTAINERS[form](ZEROS), limits=SMALL).inside.archive == "bomb"


@pytest.mark.parametrize("form", set(COMPRESSIONS) - {"lz4"})  # which makes nothing smaller than 255 to 1
def test_a_stream_of_zeros_is_a_bomb(form: str) -> None:
    assert look(COMPRESSIONS[form](ZEROS["zeros"]), limits=SMALL).inside.archive == "bomb"


def test_zeros_in_a_compressed_tar_are_a_bomb() -> None:
    assert look(bz2.compress(tar_of(ZEROS)), limits=SMALL).inside.archive == "bomb"


def test_what_multiplies_from_level_to_level_is_a_bomb() -> None:
    content = bytes(1 << 10)
    for _ in range(6):
        content = zip_of({str(number): content for number in range(16)})
    assert look(content, limits=replace(SMALL, told=1_000_000)).inside.archive == "bomb"


def test_entries_that_share_their_packed_bytes_are_a_bomb_before_much_is_unpacked() -> None:
    seen = look(BOMBS.overlapping(1 << 20, 200))
    assert seen.inside.archive == "bomb"
    assert len(seen.in_order) < 30


def test_zeros_that_are_not_many_are_no_bomb() -> None:
    seen = look(zip_of(ZEROS))
    assert seen.in_order == [ZEROS["zeros"]]
    assert (seen.inside.archive, seen.inside.reasons) == ("", set())


def test_much_that_packs_as_files_do_is_no_bomb() -> None:
    lines = b"".join(b"%d %x\n" % (number, number * number) for number in range(200_000))
    seen = look(gzip.compress(lines), limits=SMALL)
    assert seen.inside.archive == ""
    assert seen.inside.reasons == {Reason.LIMIT}


def test_of_a_large_member_the_first_bytes_are_looked_at_and_the_next_member_too() -> None:
    seen = look(zip_of({"large": bytes(range(256)) * 4_000, "next": b"pin"}, zipfile.ZIP_STORED), limits=SMALL)
    assert [len(content) for content in seen.in_order] == [192 << 10, 3]
    assert seen.inside.reasons == {Reason.LIMIT}


def test_archives_are_entered_so_deep_and_no_deeper() -> None:
    content = b"needle"
    for level in range(20):
        content = zip_of({str(level): content})
    seen = look(content)
    assert len(seen.in_order) == LIMITS.depth
    assert seen.inside.reasons == {Reason.LIMIT}


def test_members_are_looked_at_up_to_a_number() -> None:
    seen = look(tar_of({str(number): b"x" for number in range(50)}), limits=Limits(members=20))
    assert len(seen.in_order) == 20
    assert seen.inside.reasons == {Reason.LIMIT}


def test_so_many_that_showed_something_are_told() -> None:
    seen = look(tar_of({str(number): b"x" for number in range(50)}), limits=Limits(told=20))
    assert len(seen.inside.members) == 20
    assert seen.inside.reasons == {Reason.LIMIT}


def test_all_output_together_has_a_limit_that_grows_with_the_file() -> None:
    members = {str(number): _noise(20_000, number) for number in range(50)}
    packed = zip_of(members)
    assert look(packed, limits=Limits(output_bytes=0, output_ratio=0)).inside.reasons == {Reason.LIMIT}
    assert look(packed, limits=Limits(output_bytes=0, output_ratio=2)).inside.reasons == set()


@pytest.mark.parametrize("form", ["zip", "7z", "tar", "iso"])
def test_time_has_a_limit(form: str) -> None:
    seconds = itertools.count()
    members = {str(number): b"x" * 99 for number in range(100)}
    seen = look(CONTAINERS[form](members), limits=Limits(seconds=3), clock=lambda: next(seconds))
    assert 0 < len(seen.in_order) < 100
    assert seen.inside.reasons == {Reason.LIMIT}


@pytest.mark.parametrize(
    ("option", "small", "large"),
    [
        ("-m0=PPMd", "030401050600000100", "030401050600000040"),
        ("-m0=LZMA", "030101055d00100000", "030101055d00000040"),
        ("-m0=LZMA2", "21210100", "21210124"),
    ],
    ids=["PPMd", "LZMA", "LZMA2"],
)
def test_a_member_of_7z_that_wants_a_gibibyte_of_memory_comes_to_a_limit(option: str, small: str, large: str) -> None:
    packed = seven_zip_of({"file": b"x"}, option)
    size = int.from_bytes(packed[20:28], "little")
    header = packed[-size:].replace(bytes.fromhex(small), bytes.fromhex(large))
    assert header != packed[-size:]
    start = packed[12:28] + zlib.crc32(header).to_bytes(4, "little")
    packed = packed[:8] + zlib.crc32(start).to_bytes(4, "little") + start + packed[32:-size] + header
    assert look(packed).inside.reasons == {Reason.LIMIT}


def test_a_dictionary_of_xz_that_is_too_large_comes_to_a_limit() -> None:
    packed = lzma.compress(b"needle", filters=[LARGE_DICTIONARY])
    assert look(packed).inside.reasons == {Reason.LIMIT}


def _noise(size: int, seed: int) -> bytes:
    return b"".join(hash((seed, number)).to_bytes(8, signed=True) for number in range(size // 8))


def test_a_bomb_is_told_within_the_memory_of_a_worker(tmp_path: Path) -> None:
    (tmp_path / "bomb.zip").write_bytes(BOMBS.nested(64 << 20, 5))
    command = [sys.executable, "-c", _IN_A_PROCESS_OF_ITS_OWN, tmp_path / "bomb.zip"]
    told, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert told == "bomb"
    assert int(peak) < 100 << 10  # of the 150 MB of a worker, the engine and a file of 8 MiB have the rest


_IN_A_PROCESS_OF_ITS_OWN = """
import sys
from quetsach.endpoint.scanner.archive.inside import scan_archive
from quetsach.endpoint.scanner.archive.member import InMemory
from quetsach.endpoint.scanner.kind import FileKind
content = open(sys.argv[1], "rb").read()
print(scan_archive(InMemory(content), FileKind.ZIP, lambda content, kind: ()).archive)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
