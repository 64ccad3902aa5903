"""Answers from the pages that lie written (:mod:`quetsach.web.page_writer`): no template, no query, no thread.

All pages of one state are held in memory. A newer state is taken up within a second, whole: what a visitor is given is
never of two states. What is not written, or is asked for in another way than as it lies, Django answers.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import parse_etags

from quetsach import __version__
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.web.configuration import Configuration
from quetsach.web.middleware import takes
from quetsach.web.published.offer import HEADERS, Visitor, visitor_of
from quetsach.web.server.answer import Answer

FOLDER = "pages"
CURRENT = "current"
"""The link to the state that counts."""
STATE = "pages.json"
"""What a state says of its pages; ``mark`` names the build and the settings that they were made by."""
FORMAT = "quetsach-pages/2"
PACKED: Mapping[str, str] = {"br": "br", "gzip": "gz"}
"""How a page lies packed, the smallest first, and the end of its file's name."""
MOST_BYTES = 256 << 20
"""What the pages of one state may take in memory: those of a country take a few MB."""
_LOOK_SECONDS = 0.5
_OF_CONTENT = frozenset({"content-type", "content-length", "content-encoding", "content-language"})
_logger = logging.getLogger("quetsach.web.server")

type Headers = list[tuple[str, str]]


def pages_folder(center: Configuration) -> Path | None:
    """Return where the pages of a centre lie; ``None`` for one without data."""
    return center.pages or (center.data / FOLDER if center.data else None)


def pages_mark(center: Configuration) -> str:
    """Name the build and the settings by which pages are made: those of others are not handed out."""
    shown = replace(center, secret_key="", database_url="", mail_server=None, time_stamps=None)
    manifest = center.data / "static" / "staticfiles.json" if center.data else None
    files = manifest.read_bytes() if manifest and manifest.is_file() else b""
    return hashlib.sha256(f"{__version__}\0{shown!r}\0".encode() + files).hexdigest()


def is_own_host(host: str) -> bool:
    """Say whether the centre answers under what a request names as its host, as Django does."""
    return _is_allowed(host, tuple(settings.ALLOWED_HOSTS))


@lru_cache(maxsize=1024)
def _is_allowed(host: str, allowed: tuple[str, ...]) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, allowed)


class PagesError(QuetsachError):
    """A state of the written pages cannot be used."""


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """One page in each of the forms in which it is asked for.

    Attributes:
        name: the page's route, by which answers are counted.
        tag: of its content (RFC 9110, section 8.8.3), without its being strong or weak.
        plain: as it is.
        packed: by coding, in the order of ``PACKED``; none where that makes nothing smaller.
        unchanged: to whoever has it already.
    """

    name: str
    tag: str
    plain: Answer
    packed: Mapping[str, Answer]
    unchanged: Answer

    @classmethod
    def of(cls, facts: Mapping[str, Any], content: bytes, packed: Mapping[str, bytes]) -> "WrittenPage":
        """Make a page of what its state says of it and its files."""
        tag = str(facts["tag"])
        headers: Headers = [(str(name).lower(), str(value)) for name, value in facts["headers"]]
        kept: Headers = [pair for pair in headers if pair[0] not in _OF_CONTENT]
        plain = Answer(200, [*headers, ("etag", tag), ("content-length", str(len(content)))], content)
        small = {
            coding: Answer(
                200,
                [
                    *headers,
                    ("etag", f"W/{tag}"),
                    ("content-encoding", coding),
                    ("content-length", str(len(packed[coding]))),
                ],
                packed[coding],
            )
            for coding in PACKED
            if coding in packed
        }
        return cls(str(facts["page"]), tag, plain, small, Answer(304, [*kept, ("etag", tag)]))

    def answer(self, environ: Mapping[str, Any]) -> Answer:
        """Return it in the form that the request asks for."""
        if (asked := environ.get("HTTP_IF_NONE_MATCH")) and _has(asked, self.tag):
            return self.unchanged
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        return next((small for coding, small in self.packed.items() if takes(coding, accepted)), self.plain)


def _has(asked: str, tag: str) -> bool:
    tags = parse_etags(asked)
    return tags == ["*"] or tag in [one.removeprefix("W/") for one in tags]


type Pages = Mapping[str, Mapping[str, WrittenPage]]
"""Pages by their path and the kind of computer that they are for; the one for all has no kind."""


def _visitor(environ: Mapping[str, Any]) -> Visitor:
    return visitor_of({name: environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in HEADERS})


def read_state(folder: Path) -> tuple[str, Pages]:
    """Return the mark of a state and its pages.

    Raises:
        PagesError: it is damaged, of another build's form, or too large.
        OSError: a file of it cannot be read.
    """
    room = MOST_BYTES
    try:
        with (folder / STATE).open("rb") as file:
            state = json.loads(file.read(room))
        if state["format"] != FORMAT:
            raise PagesError(Text("the written pages are of another build"), where=str(folder))
        pages: dict[str, dict[str, WrittenPage]] = {}
        for facts in state["pages"]:
            path = folder / facts["file"]
            plain = path.read_bytes()
            ends = PACKED if facts["packed"] else {}
            packed = {coding: path.with_name(f"{path.name}.{end}").read_bytes() for coding, end in ends.items()}
            room -= len(plain) + sum(map(len, packed.values()))
            if room < 0:
                raise PagesError(Text("the written pages take too much memory"), where=str(folder))
            pages.setdefault(facts["path"], {})[facts["for"]] = WrittenPage.of(facts, plain, packed)
        return str(state["mark"]), pages
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PagesError(Text("the written pages are damaged"), where=str(folder)) from error


class WrittenPages:
    """The pages of the newest state, for one process that serves.

    Args:
        folder: where states lie; ``None`` where no pages are written.
        mark: of the build and settings of this process: pages of another are not its own.
        is_ours: whether the centre answers under what a request names as its host.
        is_https: whether visitors reach the centre by HTTPS, as its proxy says of each request.
        count: told of each answer the page's name and the status.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        mark: str,
        is_ours: Callable[[str], bool],
        is_https: bool = False,
        count: Callable[[str, int], None] = lambda _page, _status: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._current = folder / CURRENT if folder else None
        self._mark, self._is_ours, self._is_https, self._count, self._clock = mark, is_ours, is_https, count, clock
        self._looked_at = float("-inf")
        self._state = ""
        self._pages: Pages = {}

    def answer(self, environ: Mapping[str, Any]) -> Answer | None:
        """Return the answer to a request that a written page answers as Django would; else ``None``."""
        if self._current is None or environ["QUERY_STRING"] or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        if self._clock() - self._looked_at >= _LOOK_SECONDS:
            self._look(self._current)
        found = self._pages.get(environ["PATH_INFO"])
        if not found or environ.get("CONTENT_LENGTH", "0") != "0" or not self._is_ours(environ.get("HTTP_HOST", "")):
            return None
        if self._is_https and environ.get("HTTP_X_FORWARDED_PROTO") != "https":
            return None
        if "HTTP_RANGE" in environ or ("HTTP_IF_MODIFIED_SINCE" in environ and "HTTP_IF_NONE_MATCH" not in environ):
            return None
        page = found.get("") or found.get(_visitor(environ))
        if page is None:
            return None
        answer = page.answer(environ)
        self._count(page.name, answer.status)
        return answer

    def _look(self, current: Path) -> None:
        """Take up the newest state. One that cannot be used is told once, and pages are made for each visitor."""
        self._looked_at = self._clock()
        try:
            state = str(current.readlink())
        except OSError:
            self._state, self._pages = "", {}
            return
        if state == self._state:
            return
        try:
            mark, pages = read_state(current.parent / state)
        except FileNotFoundError:  # a newer one has just taken its place, and this one is thrown away
            self._looked_at = float("-inf")
        except (PagesError, OSError) as error:
            _logger.warning("written pages: %s", error)
            self._state, self._pages = state, {}
        else:
            self._state, self._pages = state, pages if mark == self._mark else {}
