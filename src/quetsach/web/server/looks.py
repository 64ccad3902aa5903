"""Answers looks at one's own address without making a page for each: one for all who are told the same.

The look itself is made anew each time, in memory. The page of what it found is made by Django with the address's place
left open, kept for a minute under what was found, and filled in. Nothing of a visitor is kept: neither the address nor
that somebody asked.
"""

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import override

from quetsach.core.address import Address
from quetsach.web.metrics import CHECKS, count_written
from quetsach.web.middleware import is_from_us
from quetsach.web.published import selectors
from quetsach.web.published.answer import ADDRESS_PLACE, LOOK, Look
from quetsach.web.server.answer import Answer, WsgiApplication, answer_of
from quetsach.web.server.pages import is_own_host

KEPT_SECONDS = 60
"""A slip that is carried from the page to the help desk is valid for a day."""
_MOST = 2048
"""Pages that are kept: families and days, in each language, make hundreds."""
_PLACE = ADDRESS_PLACE.encode()
_OF_THIS_ANSWER = frozenset({"content-length", "date"})

type _Key = tuple[str, Look]


class Looks:
    """The looks at one's own address in one process.

    Args:
        wsgi: Django.
        look_up: looks an address up in what is published now.
        is_https: whether visitors reach the centre by HTTPS, as its proxy says of each request.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        wsgi: WsgiApplication,
        *,
        look_up: Callable[[Address | None, datetime], Look] = selectors.look_up,
        is_https: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wsgi, self._look_up, self._is_https, self._clock = wsgi, look_up, is_https, clock
        self._paths: frozenset[str] = frozenset()
        self._pages: dict[_Key, tuple[float, Answer]] = {}

    def look(self, environ: Mapping[str, Any], address: Address | None) -> Look | None:
        """Look a visitor's address up; ``None`` for a request that is no look, or is Django's to refuse."""
        if (
            environ["REQUEST_METHOD"] != "POST"
            or environ["PATH_INFO"] not in self._known_paths()
            or environ.get("CONTENT_LENGTH", "0") != "0"
            or not is_own_host(environ.get("HTTP_HOST", ""))
            or not is_from_us(environ, lambda: str(environ["HTTP_HOST"]))
            or (self._is_https and environ.get("HTTP_X_FORWARDED_PROTO") != "https")
        ):
            return None
        return self._look_up(address, datetime.now(UTC))

    def known(self, environ: Mapping[str, Any], look: Look) -> Answer | None:
        """Return the answer if its page is kept."""
        page = self._pages.get(_key(environ, look))
        if page is None or self._clock() - page[0] >= KEPT_SECONDS:
            return None
        CHECKS.labels(look.outcome.value).inc()
        count_written("check", 200)
        return _filled(page[1], look)

    def made(self, environ: dict[str, Any], look: Look) -> Answer:
        """Have Django make the page of an answer, keep it, and return the answer."""
        page = answer_of(self._wsgi, {**environ, "wsgi.input": io.BytesIO(), LOOK: look})
        CHECKS.labels(look.outcome.value).inc()
        if page.status != 200:
            return page
        if len(self._pages) >= _MOST:
            self._pages = {}
        page = replace(page, headers=[pair for pair in page.headers if pair[0].lower() not in _OF_THIS_ANSWER])
        self._pages[_key(environ, look)] = self._clock(), page
        return _filled(page, look)

    def _known_paths(self) -> frozenset[str]:
        if not self._paths:
            paths = []
            for code, _name in settings.LANGUAGES:
                with override(code):
                    paths.append(reverse("check"))
            self._paths = frozenset(paths)
        return self._paths


def _key(environ: Mapping[str, Any], look: Look) -> _Key:
    """Return what the page depends on: its path, and all that was found but for the address itself."""
    return environ["PATH_INFO"], replace(look, address=look.address and _SOME)


_SOME = Address(0)


def _filled(page: Answer, look: Look) -> Answer:
    content = page.content.replace(_PLACE, str(look.address or "").encode())
    return replace(page, headers=[*page.headers, ("content-length", str(len(content)))], content=content)
