"""The memory of earlier scans: a set of files, whatever is done with it, and nothing but that."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quetsach.endpoint import StateError
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.cache import Cache, Totals
from quetsach.endpoint.scanner.walk import Candidate

KEY = bytes(32)
numbers = st.integers(0, 3)
candidates = st.builds(
    Candidate,
    st.just(b"/x"),
    device=numbers,
    inode=st.integers(0, 2**64 - 1),
    size_bytes=numbers,
    mtime_ns=st.integers(-(2**63), 2**63 - 1),
    ctime_ns=numbers,
    is_lasting=st.just(True),
)
reasons = st.sets(st.sampled_from([Reason.LIMIT, Reason.NOT_OPENED, Reason.ENCRYPTED]))
scans = st.lists(st.tuples(st.dictionaries(candidates, reasons, max_size=6), st.booleans()), max_size=5)


def _loaded(path: Path) -> Cache:
    cache = Cache(path, KEY, lambda _: True)
    cache.load()
    return cache


@settings(max_examples=60)
@given(scans)
def test_it_knows_what_was_added_and_forgets_what_a_whole_scan_did_not_meet(
    made: list[tuple[dict[Candidate, set[Reason]], bool]],
) -> None:
    known: dict[Candidate, set[Reason]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seen" / "name"
        for files, is_whole in made:
            cache = _loaded(path)
            for file, told in files.items():
                seen = cache.seen(file)
                assert (None if seen is None else set(seen)) == known.get(file)
                if seen is None:
                    cache.add(file, told)
                files[file] = known.get(file, told)
            cache.save(Totals(len(files), 0) if is_whole else None)
            known = dict(files) if is_whole else known | files
        last = _loaded(path)
        assert all(set(last.seen(file) or ()) == told and last.seen(file) is not None for file, told in known.items())


@given(st.binary(max_size=200))
def test_what_someone_else_wrote_is_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "name"
        path.write_bytes(content)
        with pytest.raises(StateError):
            _loaded(path)
