"""Lines are removed exactly, and put back only where their place is beyond doubt."""

import pytest

from quetsach.endpoint.act.rewrite import reinsert_lines, remove_lines, split_lines


def test_only_newlines_end_lines() -> None:
    assert split_lines(b"a\rb\x0bc\r\n\nd") == [b"a\rb\x0bc\r\n", b"\n", b"d"]


@pytest.mark.parametrize(
    ("content", "lines", "expected"),
    [
        (b"a\nevil\nb\n", {2: b"evil"}, b"a\nb\n"),
        (b"a\r\nevil\r\nb", {2: b"evil"}, b"a\r\nb"),
        (b"a\nevil", {2: b"evil"}, b"a\n"),
        (b"evil\nevil\n", {1: b"evil", 2: b"evil"}, b""),
        (b"a\n\xff\0\n", {2: b"\xff\0"}, b"a\n"),
    ],
)
def test_lines_are_removed(content: bytes, lines: dict[int, bytes], expected: bytes) -> None:
    assert remove_lines(content, lines) == expected


@pytest.mark.parametrize("lines", [{1: b"evil"}, {3: b"evil"}, {0: b"a"}, {-1: b"evil"}])
def test_a_line_that_is_not_where_it_was_seen_is_not_removed(lines: dict[int, bytes]) -> None:
    assert remove_lines(b"a\nevil\n", lines) is None


ORIGINAL = b"one\nevil\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (b"one\ntwo\nthree\nnew\n", b"one\nevil\ntwo\nthree\nnew\n"),
        (b"new\none\ntwo\nthree\n", b"new\none\nevil\ntwo\nthree\n"),
        (b"one\nTWO\nthree\n", b"one\nevil\nTWO\nthree\n"),
        (b"ONE\ntwo\nthree\n", b"ONE\nevil\ntwo\nthree\n"),
        (b"one\ntwo\nthree", b"one\nevil\ntwo\nthree"),
    ],
)
def test_lines_go_back_into_a_file_that_was_changed_elsewhere(current: bytes, expected: bytes) -> None:
    assert reinsert_lines(current, ORIGINAL, {2}) == expected


def test_lines_whose_place_is_in_doubt_are_not_put_back() -> None:
    assert reinsert_lines(b"ONE\nTWO\nthree\n", ORIGINAL, {2}) is None


def test_a_last_line_without_an_end_gets_one_before_lines_that_follow() -> None:
    assert reinsert_lines(b"a\nb", b"a\nb\nevil", {3}) == b"a\nb\nevil"
