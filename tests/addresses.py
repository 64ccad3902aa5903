"""Every address of the centre, as its own table of addresses has it, filled in and called."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import translation

FINE = {200, 302, 400, 403, 404, 405}
"""What an address may answer to whoever calls it."""
_PART = re.compile(r"<(?:(\w+):)?(\w+)>")


def addresses(prefix: str, values: Callable[[str, str], Sequence[str]], *, without: tuple[str, ...] = ()) -> list[str]:
    """Return the addresses (Vietnamese, from the root) that begin with ``prefix`` and with nothing of ``without``.

    ``values`` gives for kind and name of a part, such as ``slug`` and ``key``, what is to stand there.
    """
    with translation.override("vi"):
        routes = set(_routes(get_resolver().url_patterns, "/"))
    wanted = (route for route in routes if route.startswith(prefix) and not route.startswith(without))
    return sorted(address for route in wanted for address in _filled(route, values))


def answers(client: Client, method: str, paths: Iterable[str]) -> Iterator[tuple[str, int, bytes]]:
    """Call addresses with ``get`` or ``post`` and yield each with status and whole content."""
    for path in paths:
        answer = getattr(client, method)(path)
        yield path, answer.status_code, b"".join(answer.streaming_content) if answer.streaming else answer.content


def _routes(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, route)
        else:
            yield route


def _filled(route: str, values: Callable[[str, str], Sequence[str]]) -> Iterator[str]:
    parts = _PART.findall(route)
    template = _PART.sub("{}", route)
    for chosen in itertools.product(*(values(kind or "str", name) for kind, name in parts)):
        yield template.format(*chosen)
