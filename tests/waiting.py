"""Waiting in tests: for what is to be so, never for a number of seconds, which a busy machine takes longer for."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 400
"""So long whatever is waited for may take beside other tests: what takes longer hangs. Less than a test may take."""


def until(is_so: Callable[[], object], between: Callable[[], object] = lambda: None, *, every: float = 0.02) -> None:
    """Wait until something is so.

    Args:
        is_so: is asked again and again.
        between: is done each time that it is not so yet.
        every: so many seconds.

    Raises:
        AssertionError: if it is still not so when every patience is over.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, f"still not so after {PATIENCE_SECONDS} s"
        between()
        time.sleep(every)
