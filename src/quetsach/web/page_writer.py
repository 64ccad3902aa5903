"""Writes the public pages as complete files: whoever asks for one costs no template, no query and no thread.

A state is a folder with all pages of one moment, each plain and packed, and what an answer says besides its content.
It is put in place by one link, so that a web server, a network of caches and the centre itself hand out the pages of
the old state or of the new one. A page is made by the same views as for a visitor, and made again when what it shows
has changed; one that stays the same is shared with the state before.
"""

import io
import json
import logging
import re
import secrets
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.urls import reverse
from django.utils.translation import override

from quetsach import storage
from quetsach.centre.other_tools import own_list_path
from quetsach.centre.publication.snapshot import figures_path
from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.packs.downloads import LIST_FILE
from quetsach.web.api.open_data.serving import FILES as OPEN_FILES
from quetsach.web.api.selectors import report_tally
from quetsach.web.metrics import UNCOUNTED
from quetsach.web.middleware import may_be_packed, packed
from quetsach.web.office.accounts.selectors import is_open
from quetsach.web.office.campaigns.selectors.outcome import public_campaigns
from quetsach.web.portal.feeds import PublicPages
from quetsach.web.portal.pictures import picture_files
from quetsach.web.portal.press import frames
from quetsach.web.published import selectors
from quetsach.web.published.offer import HEADERS, Visitor
from quetsach.web.server.answer import Answer, answer_of
from quetsach.web.server.pages import CURRENT, FORMAT, PACKED, STATE, pages_mark
from quetsach.web.server.request import BASE

WHOLE_SECONDS = 600
"""How long a page may stay as it is although something changed of which nobody thought here."""
_NAME = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{8}")
"""Of a state; nothing else in the folder is touched."""
_FILES = "files"
"""Where what is no page lies, and what may stand in a frame: its headers are its own, the centre alone hands it out."""
_TRIES = 3
_BEST, _BEST_BROTLI = 9, 11
_OF_THIS_ANSWER = frozenset({"etag", "content-length", "content-encoding", "date"})
_CHANGING: Mapping[str, Callable[[datetime], object]] = {
    "home": lambda _now: report_tally(),
    "figures": lambda _now: report_tally(),
    "account-check": is_open,
    "campaign": public_campaigns,
    "campaign-of": public_campaigns,
}
"""What single pages show besides what all of them may show, by route."""
AGENTS: Mapping[str, str] = {
    Visitor.WINDOWS: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    Visitor.OLD_WINDOWS: "Mozilla/5.0 (Windows NT 6.1)",
    Visitor.LINUX: "Mozilla/5.0 (X11; Linux x86_64)",
    Visitor.OTHER_LINUX: "Mozilla/5.0 (X11; Linux aarch64)",
    Visitor.MAC: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
    Visitor.PHONE: "Mozilla/5.0 (Linux; Android 14) Mobile",
    Visitor.CHROMEBOOK: "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)",
    Visitor.UNKNOWN: "",
}
"""A browser on each kind of computer, by its ``User-Agent``."""
_logger = logging.getLogger("quetsach.web.pages")


class WriterError(QuetsachError):
    """The pages cannot be written."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it lies in the newest state."""

    name: str
    file: str
    headers: tuple[tuple[str, str], ...]
    tag: str
    content: bytes

    @property
    def is_packed(self) -> bool:
        """Whether it lies packed, too."""
        return may_be_packed(dict(self.headers).get("content-type", ""), self.content)

    def packed_file(self, coding: str) -> str:
        """Where, with one of the codings of ``PACKED``."""
        return f"{self.file}.{PACKED[coding]}"

    def is_as(self, other: "_Page | None") -> bool:
        """Whether nothing of an answer would differ."""
        return other is not None and (self.tag, self.headers) == (other.tag, other.headers)


type _Key = tuple[str, str]
"""The path of a page, and the kind of computer that it is for; empty for all."""


class PageWriter:
    """Keeps the written pages of one centre up to date, within one process.

    Args:
        folder: where the states lie; made if it is not there.
        clock: seconds that never go back.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._django = WSGIHandler()
        self._mark = pages_mark(settings.CENTER)
        self._shown: dict[str, _Shown] = {}
        self._pages: dict[_Key, _Page] = {}
        self._state = ""
        self._whole_at = float("-inf")

    def write(self, now: datetime) -> int:
        """Bring the pages up to date; return how many were made anew.

        Raises:
            WriterError: what they show changed as often as they were made.
            OSError: they cannot be written.
        """
        is_whole = self._clock() - self._whole_at >= WHOLE_SECONDS
        for _try in range(_TRIES):
            shown = _shown(now)
            changed = {path for path, of in shown.items() if is_whole or self._shown.get(path) != of}
            pages = {key: page for key, page in self._pages.items() if key[0] in shown and key[0] not in changed}
            for path in changed:
                pages |= self._made(path, shown[path].name)
            if _shown(now) == shown:
                break
        else:
            raise WriterError(Text("what the public pages show changes faster than they are written"))
        is_new = pages.keys() != self._pages.keys() or not all(page.is_as(self._pages[k]) for k, page in pages.items())
        if is_new or not self._state:
            self._put(pages)
        self._shown, self._pages = shown, pages
        if is_whole:
            self._whole_at = self._clock()
        return len(changed)

    def _made(self, path: str, name: str) -> dict[_Key, _Page]:
        """Make a page, one for each kind of computer if it depends on that; none if it is a visitor's own."""
        answer = answer_of(self._django, _environ(path, ""))
        if answer.status != 200:
            _logger.warning("%s is not written: its answer is %s", path, answer.status)
        match _for_whom(answer):
            case None:
                return {}
            case "":
                return {(path, ""): _page(name, path, "", answer)}
        made = {visitor: answer_of(self._django, _environ(path, agent)) for visitor, agent in AGENTS.items()}
        return {(path, visitor): _page(name, path, visitor, answer) for visitor, answer in made.items()}

    def _put(self, pages: Mapping[_Key, _Page]) -> None:
        """Write a state and let all who ask have it; throw old ones away."""
        storage.make_folder(self._folder, mode=storage.SHARED_FOLDER)
        state = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        storage.write_folder(self._folder / state, self._files(pages), is_for_everybody=True)
        storage.point(self._folder / CURRENT, state)
        kept = {state, self._state, CURRENT}  # somebody may be reading the one before
        self._state = state
        for old in self._folder.iterdir():
            if old.name not in kept and _NAME.fullmatch(old.name):
                shutil.rmtree(old, ignore_errors=True)

    def _files(self, pages: Mapping[_Key, _Page]) -> Iterator[tuple[str, bytes | Path, int]]:
        before = self._folder / self._state
        for key, page in pages.items():
            is_shared = self._state and page.is_as(self._pages.get(key)) and (before / page.file).is_file()
            yield page.file, before / page.file if is_shared else page.content, storage.SHARED
            for coding in PACKED if page.is_packed else ():
                file = page.packed_file(coding)
                yield file, before / file if is_shared else _packed(coding, page.content), storage.SHARED
        told = [
            {
                "path": path,
                "for": visitor,
                "page": page.name,
                "file": page.file,
                "packed": page.is_packed,
                "tag": page.tag,
                "headers": page.headers,
            }
            for (path, visitor), page in sorted(pages.items())
        ]
        state = {"format": FORMAT, "mark": self._mark, "pages": told}
        yield STATE, json.dumps(state, ensure_ascii=False, indent=1).encode(), storage.SHARED


def _packed(coding: str, content: bytes) -> bytes:
    """Pack as small as it gets: a page is packed once and handed out many times."""
    if coding == "gzip":
        return packed(content, level=_BEST)
    small: bytes = pa.Codec("brotli", compression_level=_BEST_BROTLI).compress(content, asbytes=True)
    return small


def _page(name: str, path: str, visitor: str, answer: Answer) -> _Page:
    headers = {key.lower(): value for key, value in answer.headers}
    kept = tuple((key, value) for key, value in headers.items() if key not in _OF_THIS_ANSWER)
    file = f"index.{visitor}.html" if visitor else "index.html"
    if not path.endswith("/"):
        inner = Path(_FILES, path.strip("/"))
    else:
        inner = Path(path.strip("/") if "x-frame-options" in headers else f"{_FILES}{path}", file)
    return _Page(name, str(inner), kept, headers["etag"], answer.content)


def _for_whom(answer: Answer) -> str | None:
    """Return whom an answer is for: all, those with one kind of computer, or ``None`` for the visitor alone."""
    headers = {key.lower(): value for key, value in answer.headers}
    varies = {name.strip().lower() for name in headers.get("vary", "").split(",")} - {"", "accept-encoding"}
    is_shared = "public" in headers.get("cache-control", "") and "etag" in headers and "set-cookie" not in headers
    if answer.status != 200 or answer.file is not None or not is_shared:
        return None
    if varies <= {header.lower() for header in HEADERS}:
        return Visitor.UNKNOWN.value if varies else ""
    return None


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page is made of: its route, what all pages show, what it shows besides."""

    name: str
    everywhere: tuple[object, ...]
    besides: object


def _shown(now: datetime) -> dict[str, _Shown]:
    """Return of each public page and file, by its path, what it is made of."""
    everywhere = (now.astimezone(settings.COUNTRY.zone).date(), *map(_state_of, _sources()))
    changing = {name: look(now) for name, look in _CHANGING.items()}
    pages = PublicPages()
    found: dict[str, _Shown] = {}
    for code, _name in settings.LANGUAGES:
        with override(code):
            for item in pages.items():
                found[pages.location(item)] = _Shown(item[0], everywhere, changing.get(item[0]))
            for name, arguments in frames():
                found[reverse(name, args=arguments)] = _Shown(name, everywhere, None)
            found[reverse("figures-feed")] = _Shown("figures-feed", everywhere, None)
    for file in picture_files():
        found[reverse("picture", args=[file])] = _Shown("picture", everywhere, None)
    for name in OPEN_FILES:
        found[reverse("open-file", args=[name])] = _Shown("open-file", everywhere, None)
    found[reverse("sitemap")] = _Shown("sitemap", everywhere, None)
    return found


def _sources() -> Iterator[Path]:
    """Yield the files and folders that public pages read."""
    data: Path | None = settings.CENTER.data
    if data is None:
        return
    yield figures_path(data)
    yield own_list_path(data)
    yield data / "tool" / LIST_FILE
    yield data / "tool" / "tool.json"
    yield data / "repository" / "targets" / "packs"
    if root := selectors.root_of_trust():
        yield data / "repository" / root.path


def _state_of(path: Path) -> tuple[int, ...]:
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_ino, state.st_mtime_ns, state.st_size


def _environ(path: str, agent: str) -> dict[str, Any]:
    """Return a request for a page as a visitor's would arrive."""
    host = next((name for name in settings.ALLOWED_HOSTS if name != "*"), "localhost").lstrip(".")
    environ = dict(BASE) | {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": host,
        "HTTP_USER_AGENT": agent,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        UNCOUNTED: True,
    }
    if proxied := settings.SECURE_PROXY_SSL_HEADER:
        environ[proxied[0]] = proxied[1]
    return environ
