"""One look at one file."""

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from quetsach.core.pack import FileHash
from quetsach.endpoint import MatchTimeoutError
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.host.disk import LARGEST_BYTES
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner.file_result import Archives, FileResult, scan_file
from quetsach.endpoint.scanner.kind import FileKind
from quetsach.endpoint.scanner.recognise import Recogniser, Signatures
from quetsach.endpoint.scanner.walk import Candidate

SIGNATURES = Signatures({"sewing": 'rule needle { strings: $a = "needle" condition: $a }'}, names=frozenset({"pin.so"}))
RECOGNISER = Recogniser(BorealEngine(), SIGNATURES)


def _candidate(path: Path) -> Candidate:
    state = path.lstat()
    return Candidate(b"/" + os.fsencode(path.name), state.st_dev, state.st_ino, state.st_size)


@pytest.mark.parametrize("before", [0, 100_000, 9 << 20], ids=["small", "middle", "mapped"])
def test_a_match_is_anchored_by_the_content_that_matched(tmp_path: Path, before: int) -> None:
    path = tmp_path / "file"
    content = bytes(before) + b"needle"
    path.write_bytes(content)
    look = scan_file(PosixTree(tmp_path), _candidate(path), RECOGNISER)
    assert isinstance(look, FileResult)
    assert look.hits == (Hit("sewing", "needle", ""),)
    assert look.anchor is not None
    assert look.anchor.sha256 == hashlib.sha256(content).hexdigest()
    assert (look.anchor.inode, look.anchor.mtime_ns) == (path.stat().st_ino, path.stat().st_mtime_ns)


def test_what_does_not_match_is_not_hashed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hay")
    assert scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), RECOGNISER) == FileResult(b"/file", 3)


def test_a_file_that_grew_since_the_walk_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    candidate = _candidate(path)
    path.write_bytes(b"a needle")
    look = scan_file(PosixTree(tmp_path), candidate, RECOGNISER)
    assert isinstance(look, FileResult)
    assert look.hits


def test_a_file_that_grew_so_large_that_it_would_be_mapped_here_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a needle")
    candidate = _candidate(path)
    os.truncate(path, 9 << 20)
    assert scan_file(PosixTree(tmp_path), candidate, RECOGNISER) == ScanIssue(b"/file", Reason.CHANGED)


def test_a_file_exchanged_since_the_walk_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    candidate = _candidate(path)
    path.rename(tmp_path / "kept")
    path.write_bytes(b"other")
    assert scan_file(PosixTree(tmp_path), candidate, RECOGNISER) == ScanIssue(b"/file", Reason.CHANGED)


def test_a_file_exchanged_for_a_link_is_not_followed_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_bytes(b"needle")
    (root / "file").touch()
    candidate = _candidate(root / "file")
    (root / "file").unlink()
    (root / "file").symlink_to(tmp_path / "secret")
    assert scan_file(PosixTree(root), candidate, RECOGNISER) == ScanIssue(b"/file", Reason.VANISHED)


def test_a_file_gone_since_the_walk_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    candidate = _candidate(tmp_path / "file")
    (tmp_path / "file").unlink()
    assert scan_file(PosixTree(tmp_path), candidate, RECOGNISER) == ScanIssue(b"/file", Reason.VANISHED)


def test_a_file_larger_than_the_bound_is_said_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    assert scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), RECOGNISER) == ScanIssue(
        b"/file", Reason.TOO_LARGE
    )


def test_a_sparse_file_is_matched_like_another(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(64 << 20)
        file.seek(40 << 20)
        file.write(b"needle")
    look = scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), RECOGNISER)
    assert isinstance(look, FileResult)
    assert look.hits


def test_a_file_written_to_while_it_is_matched_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"needle")

    class Writing(Recogniser):
        def recognise(self, content: bytes, kind: FileKind) -> tuple[Hit, ...]:
            path.write_bytes(b"longer than before")
            return super().recognise(content, kind)

    recogniser = Writing(BorealEngine(), SIGNATURES)
    assert scan_file(PosixTree(tmp_path), _candidate(path), recogniser) == ScanIssue(b"/file", Reason.CHANGED)


def test_matching_that_takes_too_long_is_said(tmp_path: Path) -> None:
    class Slow(Recogniser):
        def recognise(self, content: bytes, kind: FileKind) -> tuple[Hit, ...]:
            raise MatchTimeoutError("slow")

    (tmp_path / "file").touch()
    assert scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), Slow(BorealEngine(), SIGNATURES)) == ScanIssue(
        b"/file", Reason.TIMED_OUT
    )


def test_a_file_with_a_name_that_a_pack_knows_is_anchored_whatever_it_holds(tmp_path: Path) -> None:
    (tmp_path / "Pin.so").write_bytes(b"hay")
    look = scan_file(PosixTree(tmp_path), _candidate(tmp_path / "Pin.so"), RECOGNISER)
    assert isinstance(look, FileResult)
    assert look.anchor is not None
    assert look.hits == ()


def test_a_program_that_runs_as_its_owner_is_anchored_whatever_it_holds(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hay")
    (tmp_path / "file").chmod(0o4755)
    look = scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), RECOGNISER)
    assert isinstance(look, FileResult)
    assert look.anchor is not None
    assert look.mode & 0o4000


@pytest.mark.parametrize("size", [100, 9 << 20], ids=["small", "mapped"])
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_a_file_is_known_by_size_and_hash(tmp_path: Path, size: int, algorithm: str) -> None:
    content = b"h" * size
    (tmp_path / "file").write_bytes(content)
    digest = hashlib.new(algorithm, content).hexdigest()
    recogniser = Recogniser(BorealEngine(), Signatures({}, (FileHash(algorithm, digest, size),)))
    look = scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), recogniser)
    assert isinstance(look, FileResult)
    assert look.hits == (Hit("", "", "", digest=f"{size}:{digest}"),)


def test_another_file_of_the_same_size_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"h" * 100)
    recogniser = Recogniser(BorealEngine(), Signatures({}, (FileHash("md5", "0" * 32, 100),)))
    assert scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), recogniser) == FileResult(b"/file", 100)


def test_an_archive_is_left_to_a_worker_or_left_alone_where_that_is_asked_for(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "file", "w") as archive:
        archive.writestr("member", b"a needle")
    opened, left, postponed = (
        scan_file(PosixTree(tmp_path), _candidate(tmp_path / "file"), RECOGNISER, archives=archives)
        for archives in (Archives.OPEN, Archives.LEAVE, Archives.POSTPONE)
    )
    assert isinstance(opened, FileResult)
    assert [member.names for member in opened.members] == [(b"member",)]
    assert isinstance(left, FileResult)
    assert (left.members, len(left.hits)) == ((), 1)
    assert isinstance(postponed, FileResult)
    assert (postponed.is_postponed, postponed.hits) == (True, ())
