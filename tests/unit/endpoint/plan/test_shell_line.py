"""Lines of a shell script are taken out only where the script is as whole without them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.endpoint.plan.removable_lines import separable

WHOLE = [
    b"/tmp/x &",
    b"nohup sh -c 'cd /tmp; ./x' >/dev/null 2>&1 &  # don't",
    b"[ -x /tmp/x ] && /tmp/x",
    b"if [ -x /tmp/x ]; then /tmp/x; fi",
    b"for i in 1 2; do /tmp/x; done",
    b"( /tmp/x & )",
    b'export LD_PRELOAD="/tmp/x.so" A=${B}',
]
PARTS = [
    b"if [ -x /tmp/x ]; then",
    b"fi",
    b"else",
    b"while /tmp/x; do",
    b"for i in /tmp/x",
    b"/tmp/x && \\",
    b"/tmp/x |",
    b"/tmp/x ||",
    b"run() { /tmp/x",
    b"}",
    b"echo '/tmp/x",
    b"cat <<END >/tmp/x",
    b"a) /tmp/x",
    b";;",
    b"case $1 in",
]


@pytest.mark.parametrize("line", WHOLE)
def test_a_whole_command_is_separable(line: bytes) -> None:
    assert separable([b"# mine", line, b"export A=1"], {2}) == {2}


@pytest.mark.parametrize("line", PARTS)
def test_a_part_of_a_larger_command_is_not(line: bytes) -> None:
    assert separable([b"# mine", line, b"export A=1"], {2}) == frozenset()


@pytest.mark.parametrize("before", [b"cd / && \\", b"true ||", b"cat |", b"true &&  # go on"])
def test_a_line_that_goes_on_with_the_one_before_is_not(before: bytes) -> None:
    assert separable([before, b"", b"/tmp/x"], {3}) == frozenset()


@pytest.mark.parametrize(
    "block", [(b"if true; then", b"fi"), (b"while true; do", b"done"), (b"f() {", b"}"), (b"(", b")")]
)
def test_the_only_command_of_a_block_is_not(block: tuple[bytes, bytes]) -> None:
    assert separable([block[0], b"  /tmp/x &", b"  # note", block[1]], {2}) == frozenset()
    assert separable([block[0], b"  /tmp/x &", b"  /tmp/y", block[1]], {2, 3}) == frozenset()
    assert separable([block[0], b"  /tmp/x &", b"  mine", block[1]], {2}) == {2}


def test_a_beginning_that_stays_keeps_what_it_would_be_empty_without() -> None:
    assert separable([b"if [ -x /tmp/x ]; then", b"  /tmp/x &", b"fi"], {1, 2}) == frozenset()


def _wrapped(inner: st.SearchStrategy[list[bytes]]) -> st.SearchStrategy[list[bytes]]:
    ends = [(b"if true; then", b"fi"), (b"while true; do", b"done"), (b"f() {", b"}"), (b"(", b")"), (b"true &&", b"x")]
    wrapped = st.builds(lambda end, body: [end[0], *body, end[1]], st.sampled_from(ends), inner)
    either = st.builds(lambda one, two: [b"if true", b"then", *one, b"else", *two, b"fi"], inner, inner)
    arm = st.builds(lambda body: [b"case $1 in", b"a)", *body, b";;", b"esac"], inner)
    return st.one_of(wrapped, either, arm, st.builds(list.__add__, inner, inner))


SCRIPTS = st.recursive(
    st.sampled_from([*WHOLE, b"true", b"cd / && \\\n/tmp/x", b"# it's"]).map(bytes.splitlines), _wrapped
)


@given(SCRIPTS, st.data())
def test_a_valid_script_is_valid_without_separable_lines(lines: list[bytes], data: st.DataObject) -> None:
    if not _is_valid(lines):
        return
    wanted = data.draw(st.sets(st.integers(1, len(lines) or 1)))
    gone = separable(lines, wanted)
    assert gone <= wanted
    assert _is_valid([line for number, line in enumerate(lines, 1) if number not in gone])


@given(st.lists(st.binary(max_size=40), max_size=8), st.sets(st.integers(-1, 9)))
def test_no_text_makes_it_fail(lines: list[bytes], wanted: set[int]) -> None:
    assert separable(lines, wanted) <= wanted


def _is_valid(lines: list[bytes]) -> bool:
    sh = str(Path("/bin/sh"))
    return subprocess.run([sh, "-n"], input=b"\n".join(lines), capture_output=True, check=False).returncode == 0
