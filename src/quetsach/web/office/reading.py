"""What a page asks again and again while it is put together is asked once.

A page asks many times what its person may do, where a unit stands and how a campaign goes: every rule asks for itself,
and rightly. While a page is only read none of it changes, so the first answer is kept until the page is there, and not
a moment longer. Requests that write keep nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

_kept: ContextVar[dict[Any, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def page_read() -> Iterator[None]:
    """Keep the answers of functions marked by ``kept_while_read`` until the end of the block."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def kept_while_read[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Let a function that only reads answer the same question once in a page.

    Its arguments must be hashable. Whoever gets the answer must not change it: the next one gets the same object.
    """

    @wraps(function)
    def answer(*args: P.args, **named: P.kwargs) -> R:
        kept = _kept.get()
        if kept is None:
            return function(*args, **named)
        key = function, args, tuple(sorted(named.items()))
        if key not in kept:
            kept[key] = function(*args, **named)
        found: R = kept[key]
        return found

    return answer
