"""What was seen before: true, unforgeable, bounded."""

import os
from pathlib import Path

import pytest

from quetsach.endpoint import StateError
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner import cache as module
from quetsach.endpoint.scanner.cache import Cache, Totals, key_for
from quetsach.endpoint.scanner.walk import Candidate

KEY = key_for(bytes(32), b"packs")
FILE = Candidate(b"/file", 1, 2, 3, 4, 5, is_lasting=True)


def _cache(path: Path, key: bytes = KEY, *, lasts: bool = True) -> Cache:
    return Cache(path / "seen" / "name", key, lambda _: lasts)


def _loaded(path: Path, key: bytes = KEY) -> Cache:
    cache = _cache(path, key)
    cache.load()
    return cache


def _saved(path: Path, *candidates: Candidate, totals: Totals | None = None) -> None:
    cache = _loaded(path)
    for candidate in candidates:
        cache.add(candidate)
    cache.save(totals)


def test_a_file_that_was_added_is_known_to_the_next_scan(tmp_path: Path) -> None:
    _saved(tmp_path, FILE)
    assert _loaded(tmp_path).seen(FILE) == ()


def test_another_path_of_the_same_file_is_known_too(tmp_path: Path) -> None:
    _saved(tmp_path, FILE)
    assert _loaded(tmp_path).seen(FILE._replace(path=b"/link")) == ()


@pytest.mark.parametrize("field", ["device", "inode", "size_bytes", "mtime_ns", "ctime_ns"])
def test_a_file_of_which_one_thing_differs_is_not_known(tmp_path: Path, field: str) -> None:
    _saved(tmp_path, FILE)
    assert _loaded(tmp_path).seen(FILE._replace(**{field: 9})) is None


@pytest.mark.parametrize("reasons", [[Reason.LIMIT], [Reason.NOT_OPENED, Reason.ENCRYPTED], [Reason.DAMAGED]])
def test_what_could_not_be_opened_inside_is_told_again(tmp_path: Path, reasons: list[Reason]) -> None:
    cache = _cache(tmp_path)
    cache.add(FILE, reasons)
    cache.save()
    assert _loaded(tmp_path).seen(FILE) == tuple(reasons)


@pytest.mark.parametrize("reason", [Reason.TIMED_OUT, Reason.CRASHED])
def test_a_file_that_may_be_looked_at_another_time_is_read_again(tmp_path: Path, reason: Reason) -> None:
    cache = _cache(tmp_path)
    cache.add(FILE, [Reason.LIMIT, reason])
    cache.save(Totals(1, 1))
    assert _loaded(tmp_path).seen(FILE) is None


def test_times_before_1970_are_times(tmp_path: Path) -> None:
    old = FILE._replace(mtime_ns=-1, ctime_ns=-(1 << 62))
    _saved(tmp_path, old)
    assert _loaded(tmp_path).seen(old) == ()


def test_what_was_seen_with_other_packs_is_worth_nothing(tmp_path: Path) -> None:
    _saved(tmp_path, FILE)
    with pytest.raises(StateError, match="someone else"):
        _loaded(tmp_path, key_for(bytes(32), b"newer packs"))


def test_grounds_cannot_run_into_each_other() -> None:
    assert key_for(bytes(32), b"a", b"b") != key_for(bytes(32), b"ab")


@pytest.mark.parametrize("position", [0, 9, 20, 24, 31, 32, 60])
def test_a_file_of_which_one_bit_was_changed_is_refused(tmp_path: Path, position: int) -> None:
    _saved(tmp_path, FILE)
    path = tmp_path / "seen" / "name"
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    cache = _cache(tmp_path)
    with pytest.raises(StateError, match="damaged"):
        cache.load()
    assert cache.seen(FILE) is None


@pytest.mark.parametrize("length", [0, 1, 23, 24, 55, 56, 63])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    _saved(tmp_path, FILE)
    os.truncate(tmp_path / "seen" / "name", length)
    with pytest.raises(StateError, match="damaged"):
        _loaded(tmp_path)


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    _saved(tmp_path, FILE)
    path = tmp_path / "seen" / "name"
    path.rename(tmp_path / "other")
    path.symlink_to(tmp_path / "other")
    with pytest.raises(StateError):
        _loaded(tmp_path)


def test_a_file_that_can_change_without_a_trace_is_not_added(tmp_path: Path) -> None:
    cache = _cache(tmp_path, lasts=False)
    cache.add(cache.marked(FILE))
    cache.save(Totals(1, 3))
    assert _loaded(tmp_path).seen(FILE) is None


@pytest.mark.parametrize("mtime_ns", [1 << 63, -(1 << 63), 10**23, -(10**23)])
def test_a_file_with_impossible_times_is_read_every_time(tmp_path: Path, mtime_ns: int) -> None:
    cache = _cache(tmp_path)
    odd = FILE._replace(mtime_ns=mtime_ns)
    cache.add(cache.marked(odd))
    cache.save(Totals(1, 3))
    assert _loaded(tmp_path).seen(odd) is None


def test_a_whole_scan_forgets_what_it_did_not_meet(tmp_path: Path) -> None:
    other = FILE._replace(inode=9)
    _saved(tmp_path, FILE, other)
    cache = _loaded(tmp_path)
    assert cache.seen(FILE) == ()
    cache.save(Totals(1, 3))
    assert _loaded(tmp_path).seen(FILE) == ()
    assert _loaded(tmp_path).seen(other) is None


def test_a_scan_of_a_part_forgets_nothing(tmp_path: Path) -> None:
    _saved(tmp_path, FILE, totals=Totals(7, 8))
    _saved(tmp_path, FILE._replace(inode=9))
    assert _loaded(tmp_path).seen(FILE) == ()
    assert _loaded(tmp_path).seen(FILE._replace(inode=9)) == ()
    assert _loaded(tmp_path).totals == Totals(7, 8)


def test_a_scan_that_saw_nothing_new_writes_nothing(tmp_path: Path) -> None:
    _saved(tmp_path, FILE, totals=Totals(1, 3))
    before = (tmp_path / "seen" / "name").stat().st_ino
    cache = _loaded(tmp_path)
    cache.seen(FILE)
    cache.save(Totals(1, 3))
    assert (tmp_path / "seen" / "name").stat().st_ino == before


def test_many_files_are_told_apart(tmp_path: Path) -> None:
    files = [FILE._replace(inode=number) for number in range(3_000)]
    _saved(tmp_path, *files)
    cache = _loaded(tmp_path)
    assert all(cache.seen(file) == () for file in files)
    assert not any(cache.seen(FILE._replace(inode=number)) == () for number in range(3_000, 6_000))


def test_no_more_than_a_bounded_number_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ENTRIES", 10)
    files = [FILE._replace(inode=number) for number in range(20)]
    _saved(tmp_path, *files)
    known = _loaded(tmp_path)
    assert sum(known.seen(file) == () for file in files) == 10
    monkeypatch.setattr(module, "MOST_ENTRIES", 9)
    with pytest.raises(StateError):
        _loaded(tmp_path)


def test_only_the_newest_few_are_kept(tmp_path: Path) -> None:
    for number in range(6):
        cache = Cache(tmp_path / "seen" / f"{number}", KEY, lambda _: True)
        cache.add(FILE)
        cache.save()
        os.utime(tmp_path / "seen" / f"{number}", ns=(number, number))
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == ["2", "3", "4", "5"]


def test_a_disk_without_room_is_an_error_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _saved(tmp_path, FILE)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_all", full)
    with pytest.raises(StateError, match="No space left"):
        _saved(tmp_path, FILE._replace(inode=9))
    assert [path.name for path in (tmp_path / "seen").iterdir()] == ["name"]
    assert _loaded(tmp_path).seen(FILE) == ()


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    _saved(tmp_path, FILE)
    assert (tmp_path / "seen").stat().st_mode & 0o077 == 0
    assert (tmp_path / "seen" / "name").stat().st_mode & 0o077 == 0
