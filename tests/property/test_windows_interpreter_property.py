"""Command lines of Windows are what malware wrote: none breaks the reader, and none makes it slow."""

import time

from hypothesis import example, given
from hypothesis import strategies as st

from quetsach.endpoint.collect.windows.commands import given_to_run

PROGRAMS = (
    *("powershell", "pwsh", "cmd", "wscript", "mshta", "rundll32", "regsvr32", "msiexec", "python", "node", "java"),
    *("conhost", "php", "autoit3"),
)
PIECES = st.sampled_from(
    [
        *('"', "\\", " ", "\t", '\\\\"', ";", ",", "javascript:", "JABhAD0AMQA=", "a.js"),
        *("/c", "-e", "-enc", "-f", "-jar", "-cp"),
    ]
)
LINES = st.text(st.characters(exclude_categories=())) | st.lists(PIECES | st.sampled_from(PROGRAMS)).map("".join)


@given(st.sampled_from(PROGRAMS), LINES)
def test_any_command_line_is_read(program: str, line: str) -> None:
    for found in given_to_run(program, f"{program} {line}"):
        assert found.text.strip()


@example("pwsh", "\\")
@given(st.sampled_from(PROGRAMS), st.lists(PIECES, min_size=1, max_size=3).map("".join))
def test_the_longest_command_line_takes_little_time(program: str, piece: str) -> None:
    line = f"{program} {piece * (40_000 // len(piece))}"
    began = time.process_time()
    given_to_run(program, line)
    assert time.process_time() - began < 2, "a line is read once: what is slower was read again from many places"
