"""The pieces in which memory is matched hold all of it, and no string that is not there."""

from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.scanner.memory import windows_of

RUNS = st.lists(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=8), max_size=8)


@given(RUNS, st.integers(20, 100), st.integers(1, 20), st.data())
def test_what_is_no_longer_than_the_overlap_lies_whole_in_a_window(
    runs: list[list[bytes]], window: int, overlap: int, data: st.DataObject
) -> None:
    windows = list(windows_of(runs, window_bytes=window, overlap_bytes=overlap))
    assert sum(map(len, windows)) >= sum(len(part) for run in runs for part in run)
    for run in runs:
        whole = b"".join(run)
        start = data.draw(st.integers(0, len(whole) - 1))
        assert any(whole[start : start + overlap] in window for window in windows)


@given(RUNS, st.integers(20, 100))
def test_a_window_is_no_larger_than_asked_by_more_than_one_part(runs: list[list[bytes]], window: int) -> None:
    gaps = 64 * len(runs)
    assert all(len(w) < window + 40 + gaps for w in windows_of(runs, window_bytes=window, overlap_bytes=10))


@given(st.binary(min_size=1, max_size=20), st.binary(min_size=1, max_size=20))
def test_what_does_not_lie_together_is_not_joined(first: bytes, second: bytes) -> None:
    [window] = windows_of([[first], [second]])
    assert window == first + bytes(64) + second
