"""What stands around the readers: a file on disk, errors while it is read, a machine without libarchive."""

import gzip
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.archives import CONTAINERS, encrypted_zip_of, lzip_of, onenote_of, tar_of, zip_of
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint import EngineError, MatchTimeoutError
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.archive import inside, library
from quetsach.endpoint.scanner.archive.inside import scan_archive
from quetsach.endpoint.scanner.archive.member import Budget, InMemory, Member, Source
from quetsach.endpoint.scanner.file_result import FileResult, scan_file
from quetsach.endpoint.scanner.kind import FileKind, kind_of
from quetsach.endpoint.scanner.recognise import Recogniser, Signatures
from quetsach.endpoint.scanner.walk import Candidate

RECOGNISER = Recogniser(
    BorealEngine(), Signatures({"sewing": 'rule needle { strings: $a = "needle" condition: $a at 0 }'})
)


@pytest.fixture
def without_library(monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setitem(library._PLACES, "linux", "libarchive-that-is-not-there.so")
    library._library.cache_clear()
    yield
    library._library.cache_clear()


@pytest.mark.usefixtures("without_library")
@pytest.mark.parametrize("form", ["7z", "cab", "iso", "rar", "cpio", "deb"])
def test_without_libarchive_its_formats_are_told_as_not_opened(form: str) -> None:
    packed = CONTAINERS[form]({"file": b"needle"})
    assert look(packed).inside.reasons == {Reason.NOT_OPENED}
    assert look(zip_of({"in": packed, "other": b"pin"})).in_order == [packed, b"pin"]


@pytest.mark.usefixtures("without_library")
@pytest.mark.parametrize("form", ["zip", "zip-bzip2", "zip-lzma", "tar", "tar.gz"])
def test_without_libarchive_the_commonest_formats_are_opened(form: str) -> None:
    seen = look(CONTAINERS[form]({"file": b"needle"}))
    assert b"needle" in seen.in_order
    assert seen.inside.reasons == set()


def test_a_reader_that_fails_costs_no_other_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_source: Source, _budget: Budget) -> Iterator[Member]:
        raise OverflowError

    monkeypatch.setitem(inside._READERS, FileKind.ONENOTE, fails)  # type: ignore[index]
    seen = look(tar_of({"a": onenote_of({"in": b"pin"}), "b": b"needle"}))
    assert seen.in_order[1:] == [b"needle"]
    assert (seen.inside.archive, seen.inside.reasons) == ("damaged", {Reason.DAMAGED})


def test_a_member_at_which_its_reader_fails_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_flow: object, _kind: object, name: bytes, _budget: Budget) -> Iterator[Member]:
        yield Member(name, (struct.pack("B", size) for size in (1, 256)))

    monkeypatch.setattr(inside, "unpacked", fails)
    seen = look(tar_of({"a": gzip.compress(b"pin"), "b": b"needle"}))
    assert seen.in_order[-1] == b"needle"
    assert seen.inside.reasons == {Reason.DAMAGED}


def _look_at(folder: Path, content: bytes, recogniser: Recogniser = RECOGNISER) -> FileResult | ScanIssue:
    path = folder / "archive"
    path.write_bytes(content)
    state = path.stat()
    return scan_file(PosixTree(folder), Candidate(b"/archive", state.st_dev, state.st_ino, state.st_size), recogniser)


def test_a_file_with_a_member_that_matched_is_anchored_with_it(tmp_path: Path) -> None:
    seen = _look_at(tmp_path, zip_of({"hay": b"hay", "pin": b"needle"}))
    assert isinstance(seen, FileResult)
    assert seen.anchor
    assert seen.hits == ()
    assert [(member.names, member.size_bytes) for member in seen.members] == [((b"pin",), 6)]


def test_what_was_not_looked_at_inside_is_told_by_the_path_of_the_file(tmp_path: Path) -> None:
    seen = _look_at(tmp_path, encrypted_zip_of({"pin": b"needle"}))
    assert isinstance(seen, FileResult)
    assert seen.troubles == (ScanIssue(b"/archive", Reason.ENCRYPTED),)


@pytest.mark.parametrize(("pattern", "state"), [("^encrypted$", "encrypted"), ("^bomb$", ""), ("crypt", "encrypted")])
def test_an_archive_is_anchored_for_its_state_where_a_pack_asks_for_that(
    tmp_path: Path, pattern: str, state: str
) -> None:
    asking = Recogniser(BorealEngine(), Signatures({}, archives=frozenset({pattern})))
    seen = _look_at(tmp_path, encrypted_zip_of({"pin": b"needle"}), asking)
    assert isinstance(seen, FileResult)
    assert (seen.archive, bool(seen.anchor)) == (state, bool(state))


def test_an_archive_with_nothing_to_tell_has_no_anchor(tmp_path: Path) -> None:
    seen = _look_at(tmp_path, zip_of({"hay": b"hay"}))
    assert isinstance(seen, FileResult)
    assert (seen.anchor, seen.archive, seen.troubles) == (None, "", ())


@pytest.mark.parametrize(("error", "reason"), [(MatchTimeoutError, Reason.TIMED_OUT), (EngineError, Reason.CRASHED)])
def test_a_member_that_breaks_the_matcher_costs_that_member(
    error: Callable[[str], EngineError], reason: Reason
) -> None:
    def recognise(content: bytes, _kind: FileKind) -> tuple[Hit, ...]:
        if content == b"breaks":
            raise error("x")
        return (Hit("sewing", "needle", ""),) if content == b"needle" else ()

    packed = zip_of({"first": b"breaks", "second": b"needle"})
    inside = scan_archive(InMemory(packed), FileKind.ZIP, recognise)
    assert [member.names for member in inside.members] == [(b"second",)]
    assert inside.reasons == {reason}


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz", "7z", "cpio"])
def test_a_disk_that_fails_is_told_of(form: str) -> None:
    class FailingDisk(InMemory):
        def read(self, offset: int, size_bytes: int) -> bytes:
            if offset > 4_096 or offset + size_bytes > 40_000:
                raise OSError(5, "the disk fails")
            return super().read(offset, size_bytes)

    packed = CONTAINERS[form]({str(number): os.urandom(9_000) for number in range(9)})
    kind = kind_of(packed[:4096])
    with pytest.raises(OSError, match="the disk fails"):
        scan_archive(FailingDisk(packed), kind, lambda _content, _kind: ())


@pytest.mark.parametrize("start", [b"\xef\xef", b"MZ\xef", b"MZ\0", b"xx"])
def test_of_other_files_only_the_start_and_the_end_are_searched(start: bytes) -> None:
    content = start + start[-1:] * (20 << 20)
    source = InMemory(content)
    kinds = {b"MZ": FileKind.PE, b"xx": FileKind.TEXT}
    scan_archive(source, kinds.get(content[:2], FileKind.OTHER), lambda _content, _kind: ())
    assert source.bytes_read < 5 << 20


def test_lzip_of_a_tar_is_named_by_its_file() -> None:
    assert look(lzip_of(b"x"), name=b"a.tar.lz").inside.members[0].names == (b"a.tar",)
