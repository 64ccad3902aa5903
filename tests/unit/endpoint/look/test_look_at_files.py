"""One look at one file."""

import hashlib
import os
from pathlib import Path

import pytest

from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.engine.port import Hit
from quetsach.endpoint.errors import MatchTimeoutError
from quetsach.endpoint.host.tree import Tree
from quetsach.endpoint.look.look import LARGEST_BYTES, Look, look_at
from quetsach.endpoint.look.walk import Candidate
from quetsach.endpoint.trouble import Reason, Trouble

MATCHER = BorealEngine().compile({"sewing": 'rule needle { strings: $a = "needle" condition: $a }'})


def _candidate(path: Path) -> Candidate:
    state = path.lstat()
    return Candidate(b"/" + os.fsencode(path.name), state.st_dev, state.st_ino, state.st_size)


@pytest.mark.parametrize("before", [0, 100_000, 9 << 20], ids=["small", "middle", "mapped"])
def test_a_match_is_anchored_by_the_content_that_matched(tmp_path: Path, before: int) -> None:
    path = tmp_path / "file"
    content = bytes(before) + b"needle"
    path.write_bytes(content)
    look = look_at(Tree(tmp_path), _candidate(path), MATCHER)
    assert isinstance(look, Look)
    assert look.hits == (Hit("sewing", "needle", ""),)
    assert look.anchor is not None
    assert look.anchor.sha256 == hashlib.sha256(content).hexdigest()
    assert (look.anchor.inode, look.anchor.mtime_ns) == (path.stat().st_ino, path.stat().st_mtime_ns)


def test_what_does_not_match_is_not_hashed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"hay")
    assert look_at(Tree(tmp_path), _candidate(tmp_path / "file"), MATCHER) == Look(b"/file", 3)


def test_a_file_that_grew_since_the_walk_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    candidate = _candidate(path)
    path.write_bytes(b"a needle")
    look = look_at(Tree(tmp_path), candidate, MATCHER)
    assert isinstance(look, Look)
    assert look.hits


def test_a_file_that_grew_so_large_that_it_would_be_mapped_here_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a needle")
    candidate = _candidate(path)
    os.truncate(path, 9 << 20)
    assert look_at(Tree(tmp_path), candidate, MATCHER) == Trouble(b"/file", Reason.CHANGED)


def test_a_file_exchanged_since_the_walk_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    candidate = _candidate(path)
    path.rename(tmp_path / "kept")
    path.write_bytes(b"other")
    assert look_at(Tree(tmp_path), candidate, MATCHER) == Trouble(b"/file", Reason.CHANGED)


def test_a_file_exchanged_for_a_link_is_not_followed_out(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_bytes(b"needle")
    (root / "file").touch()
    candidate = _candidate(root / "file")
    (root / "file").unlink()
    (root / "file").symlink_to(tmp_path / "secret")
    assert look_at(Tree(root), candidate, MATCHER) == Trouble(b"/file", Reason.VANISHED)


def test_a_file_gone_since_the_walk_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    candidate = _candidate(tmp_path / "file")
    (tmp_path / "file").unlink()
    assert look_at(Tree(tmp_path), candidate, MATCHER) == Trouble(b"/file", Reason.VANISHED)


def test_a_file_larger_than_the_bound_is_said_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    assert look_at(Tree(tmp_path), _candidate(tmp_path / "file"), MATCHER) == Trouble(b"/file", Reason.TOO_LARGE)


def test_a_sparse_file_is_matched_like_another(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(64 << 20)
        file.seek(40 << 20)
        file.write(b"needle")
    look = look_at(Tree(tmp_path), _candidate(tmp_path / "file"), MATCHER)
    assert isinstance(look, Look)
    assert look.hits


def test_a_file_written_to_while_it_is_matched_is_said(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"needle")

    class Writing:
        def match(self, content: bytes) -> tuple[Hit, ...]:
            path.write_bytes(b"longer than before")
            return MATCHER.match(content)

        def match_open_file(self, descriptor: int, size_bytes: int) -> tuple[Hit, ...]:
            return MATCHER.match_open_file(descriptor, size_bytes)

    assert look_at(Tree(tmp_path), _candidate(path), Writing()) == Trouble(b"/file", Reason.CHANGED)


def test_matching_that_takes_too_long_is_said(tmp_path: Path) -> None:
    class Slow:
        def match(self, content: bytes) -> tuple[Hit, ...]:
            raise MatchTimeoutError("slow")

        match_open_file = match  # type: ignore[assignment]

    (tmp_path / "file").touch()
    assert look_at(Tree(tmp_path), _candidate(tmp_path / "file"), Slow()) == Trouble(b"/file", Reason.TIMED_OUT)
