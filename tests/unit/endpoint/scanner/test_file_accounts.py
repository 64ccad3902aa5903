"""Each file of a scan is accounted for: read, known, skipped or failed."""

import io
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.archives import encrypted_zip_of, zip_of

from quetsach.endpoint import StateError
from quetsach.endpoint.engine.boreal import BorealEngine
from quetsach.endpoint.host.posix.folder import PosixTree
from quetsach.endpoint.scan_issue import Reason, ScanIssue
from quetsach.endpoint.scanner import files as module
from quetsach.endpoint.scanner.cache import Cache, Totals
from quetsach.endpoint.scanner.control import Control
from quetsach.endpoint.scanner.file_result import FileResult
from quetsach.endpoint.scanner.files import FileScan, Listing, Passed
from quetsach.endpoint.scanner.recognise import Recogniser, Signatures
from quetsach.endpoint.scanner.walk import Candidate, walk
from quetsach.endpoint.scanner.worker_pool import WorkerPool

SIGNATURES = Signatures({"sewing": 'rule needle { strings: $a = "needle" condition: $a }'}, names=frozenset({"pin"}))


class _Scan:
    """One scan of a folder."""

    def __init__(self, root: Path, cache: Cache | None = None, control: Control | None = None) -> None:
        self.root = root
        self.tree = PosixTree(root)
        self.troubles: list[ScanIssue] = []
        self.passed: list[Passed] = []
        self.text = io.StringIO()
        recogniser = Recogniser(BorealEngine(), SIGNATURES)
        self.crew = WorkerPool(self.tree, recogniser=recogniser, signatures=SIGNATURES)
        self.files = FileScan(
            self.tree,
            self.crew,
            recogniser,
            control or Control(),
            self.troubles.append,
            self.passed.append,
            cache,
            Listing(self.text),
        )

    def look(self, found: Iterator[Candidate | ScanIssue] | None = None, *, is_whole: bool = True) -> list[FileResult]:
        with closing(self.crew):
            looks = list(self.files.look(found or walk(self.tree, b"/", avoid={})))
            self.files.keep(is_whole=is_whole)
        return looks

    @property
    def states(self) -> dict[str, str]:
        lines = map(json.loads, self.text.getvalue().splitlines())
        return {line["path"]: line.get("reason") or line["state"] for line in lines}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


@pytest.fixture
def cached(tmp_path: Path) -> Iterator[object]:
    """A scan of the folder with what the former one saw."""

    def scan(control: Control | None = None) -> _Scan:
        cache = Cache(tmp_path / "seen" / "name", bytes(32), lambda _: True)
        cache.load()
        return _Scan(tmp_path / "tree", cache, control)

    return scan  # type: ignore[return-value]


def test_a_file_that_showed_nothing_is_not_read_again(folder: Path, cached: type[_Scan]) -> None:
    (folder / "file").write_bytes(b"hay")
    cached().look()
    again = cached()
    again.look()
    assert again.states == {"/file": "cached"}
    assert (again.files.files, again.files.cached, again.files.bytes_read, again.files.size_bytes) == (1, 1, 0, 3)


def test_a_file_written_to_since_is_read_again_though_its_time_was_set_back(folder: Path, cached: type[_Scan]) -> None:
    path = folder / "file"
    path.write_bytes(b"harmless")
    state = path.stat()
    cached().look()
    path.write_bytes(b"a needle")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    [look] = cached().look()
    assert look.hits


def test_a_file_in_the_place_of_another_is_read(folder: Path, cached: type[_Scan]) -> None:
    (folder / "file").write_bytes(b"harmless")
    state = (folder / "file").stat()
    cached().look()
    (folder / "new").write_bytes(b"a needle")
    os.utime(folder / "new", ns=(state.st_atime_ns, state.st_mtime_ns))
    (folder / "new").rename(folder / "file")
    [look] = cached().look()
    assert look.hits


def test_a_finding_is_found_again(folder: Path, cached: type[_Scan]) -> None:
    (folder / "file").write_bytes(b"a needle")
    assert len(cached().look()) == 1
    assert len(cached().look()) == 1


def test_a_known_file_under_a_name_that_a_pack_knows_is_told(folder: Path, cached: type[_Scan]) -> None:
    (folder / "file").write_bytes(b"hay")
    cached().look()
    (folder / "pin").hardlink_to(folder / "file")
    cached().look()
    assert [look.path for look in cached().look()] == [b"/pin"]


def test_what_could_not_be_looked_at_is_told_again(folder: Path, cached: type[_Scan]) -> None:
    os.mkfifo(folder / "pipe")
    cached().look()
    again = cached()
    again.look()
    assert again.states == {"/pipe": "special"}
    assert again.troubles == [ScanIssue(b"/pipe", Reason.SPECIAL)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (lambda: encrypted_zip_of({"pin": b"needle"}), Reason.ENCRYPTED),
        (lambda: zip_of({"hay": bytes(1000)})[:-40], Reason.DAMAGED),
    ],
)
def test_an_archive_that_does_not_open_is_read_once_and_told_each_time(
    folder: Path, cached: type[_Scan], content: Callable[[], bytes], reason: Reason
) -> None:
    (folder / "file").write_bytes(content())
    cached().look()
    again = cached()
    again.look()
    assert (again.files.cached, again.troubles) == (1, [ScanIssue(b"/file", reason)])


def test_the_next_scan_knows_how_much_there_is(folder: Path, cached: type[_Scan]) -> None:
    (folder / "file").write_bytes(b"hay")
    cached().look()
    cache = cached().files.cache
    assert cache is not None
    assert cache.totals == Totals(1, 3)


def test_a_scan_that_is_ended_says_where_and_the_next_one_goes_on(folder: Path, cached: type[_Scan]) -> None:
    for number in range(10):
        (folder / f"{number}").touch()
    control = Control()
    first = cached(control)  # type: ignore[arg-type]

    def ending() -> Iterator[Candidate | ScanIssue]:
        for number, item in enumerate(walk(first.tree, b"/", avoid={})):
            if number == 6:
                control.end()
            yield item

    first.look(ending(), is_whole=False)
    assert [trouble.reason for trouble in first.troubles] == [Reason.NOT_REACHED]
    assert first.files.files == 6
    second = cached()
    second.look()
    assert (second.files.files, second.files.cached) == (10, 6)


def test_what_was_seen_is_kept_while_the_scan_goes_on(
    folder: Path, cached: type[_Scan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_TELL_SECONDS", 0)
    monkeypatch.setattr(module, "CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr(module, "_DEAREST_CHECKPOINTS", 0)
    for number in range(200):
        (folder / f"{number}").touch()
    cut_off = cached()
    looks = cut_off.files.look(walk(cut_off.tree, b"/", avoid={}))
    assert list(looks) == []  # and then the machine loses its power
    cut_off.crew.close()
    again = cached()
    again.look()
    assert again.files.cached == 192  # kept before the 193rd


def test_a_state_that_cannot_be_written_ends_nothing(
    folder: Path, cached: type[_Scan], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()

    def refuse(*_: object) -> None:
        raise StateError("no")

    monkeypatch.setattr(Cache, "save", refuse)
    scan = cached()
    scan.look()
    assert scan.files.files == 1
    assert isinstance(scan.files.unkept, StateError)


def test_a_file_exchanged_before_it_was_read_is_tried_once_more(folder: Path) -> None:
    (folder / "file").write_bytes(b"hay")
    scan = _Scan(folder)

    def exchanged() -> Iterator[Candidate | ScanIssue]:
        [item] = walk(scan.tree, b"/", avoid={})
        (folder / "new").write_bytes(b"a needle")
        (folder / "new").rename(folder / "file")
        yield item

    [look] = scan.look(exchanged())
    assert look.hits
    assert scan.troubles == []


def test_a_file_renamed_before_it_was_read_is_looked_at_under_its_new_name(folder: Path) -> None:
    (folder / "file").write_bytes(b"a needle")
    (folder / "other").write_bytes(b"hay")
    scan = _Scan(folder)

    def renamed() -> Iterator[Candidate | ScanIssue]:
        for item in list(walk(scan.tree, b"/", avoid={})):
            if item.path == b"/file":
                (folder / "file").rename(folder / "new")
            yield item

    [look] = scan.look(renamed())
    assert (look.path, scan.files.files, scan.troubles) == (b"/new", 2, [])


def test_of_files_that_change_places_both_are_looked_at(folder: Path) -> None:
    (folder / "file").write_bytes(b"a needle")
    scan = _Scan(folder)

    def exchanged() -> Iterator[Candidate | ScanIssue]:
        [item] = walk(scan.tree, b"/", avoid={})
        (folder / "file").rename(folder / "new")
        (folder / "file").write_bytes(b"hay")
        yield item

    [look] = scan.look(exchanged())
    assert (look.path, scan.files.files, scan.troubles) == (b"/new", 2, [])


def test_a_file_deleted_before_it_was_read_is_told_as_vanished(folder: Path) -> None:
    (folder / "file").write_bytes(b"hay")
    scan = _Scan(folder)

    def deleted() -> Iterator[Candidate | ScanIssue]:
        for item in list(walk(scan.tree, b"/", avoid={})):
            (folder / "file").unlink()
            yield item

    assert scan.look(deleted()) == []
    assert scan.troubles == [ScanIssue(b"/file", Reason.VANISHED)]


def test_a_file_exchanged_before_it_was_read_is_tried_again_also_where_names_are_remembered(folder: Path) -> None:
    (folder / "file").write_bytes(b"hay")
    scan = _Scan(folder)

    def exchanged() -> Iterator[Candidate | ScanIssue]:
        [item] = walk(scan.tree, b"/", avoid={})
        (folder / "new").write_bytes(b"a needle")
        (folder / "new").rename(folder / "file")
        yield item

    with closing(scan.crew):
        [look] = scan.files.look(exchanged(), remember=True)
    assert look.hits


def test_progress_is_told_from_the_first_file_on(folder: Path) -> None:
    (folder / "file").write_bytes(b"hay")
    scan = _Scan(folder)
    scan.look()
    assert scan.passed == [Passed(1, 3, b"/file")]


def test_names_that_are_no_text_are_listed(folder: Path) -> None:
    (folder / os.fsdecode(b"\xff\n")).touch()
    scan = _Scan(folder)
    scan.look()
    assert scan.states == {"/\\xff\\n": "scanned"}
