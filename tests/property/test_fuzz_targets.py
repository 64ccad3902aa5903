"""Every target of the fuzzer holds on its seeds, on cuts of them, and on what Hypothesis makes of them."""

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzz.targets import TARGETS

from quetsach.core.errors import QuetsachError


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_reader_returns_or_refuses(name: str) -> None:
    target = TARGETS[name]
    some = st.sampled_from(target.seeds)
    cut = st.builds(lambda seed, at, noise: seed[: at % (len(seed) + 1)] + noise, some, st.integers(0), st.binary())

    @settings(max_examples=60)
    @given(st.one_of(some, cut, st.binary(max_size=200)))
    def read(content: bytes) -> None:
        with contextlib.suppress(QuetsachError):
            target.read(content)

    read()


def test_only_the_archives_need_the_programs_that_make_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    code = "from tests.fuzz.targets import TARGETS; TARGETS['archive'].seeds"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip().endswith("7z is not installed: tests/requirements.py says which package has it")
