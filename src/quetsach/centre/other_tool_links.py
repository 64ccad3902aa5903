"""Asks whether the links of the catalogue of other makers' tools still lead where they should; changes nothing."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from quetsach.campaign.tool_catalogue import OtherTool
from quetsach.centre.sources.source import Bounds, Kind, Schedule, Source
from quetsach.centre.sources.transport import Line
from quetsach.core.errors import QuetsachError

_SECONDS = 30
"""For one link with all its redirects."""
_AT_ONCE = 4
_BOUNDS = Bounds(file_bytes=0, file_seconds=_SECONDS, files=1, kept_free_bytes=0)
_SUCCESSES = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}
_FOR_PEOPLE_ALONE = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What servers answer that want no programs; of the page it says nothing."""


class LinkState(StrEnum):
    """What became of a link."""

    ANSWERS = "answers"
    ELSEWHERE = "elsewhere"
    """It leads to a server of another name."""
    REFUSED = "refused"
    """The server answers, and wants no programs: somebody has to look."""
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class CheckedLink:
    """One link of a tool: its own page, or that with the maker's checksums (``is_checksums``).

    ``status`` is 0 where no server answered; ``answered_by`` is the address behind all redirects.
    """

    tool: OtherTool
    url: str
    state: LinkState
    is_checksums: bool = False
    status: int = 0
    answered_by: str = ""
    error: QuetsachError | None = None


def check_links(
    tools: Iterable[OtherTool],
    *,
    ca_file: Path | None = None,
    public_only: bool = True,
    progress: Callable[[int], None] = lambda _links: None,
) -> Iterator[CheckedLink]:
    """Ask every link of tools; yield what became of each, in their order.

    Args:
        tools: whose.
        ca_file: authorities to trust in the place of the machine's, where a proxy looks into what passes.
        public_only: ask nothing of an own network.
        progress: told after each link.

    Raises:
        SourceError: the file of authorities cannot be read.
    """
    links = [(tool, url, is_sums) for tool in tools for url, is_sums in ((tool.link, False), (tool.checksums, True))]

    def look(link: tuple[OtherTool, str, bool]) -> CheckedLink:
        tool, url, is_checksums = link
        line = Line(_asked(url, ca_file, public_only=public_only), now=time.time)
        try:
            reached = line.ask(url)
        except QuetsachError as error:
            return CheckedLink(tool, url, LinkState.BROKEN, is_checksums, error=error)
        return CheckedLink(
            tool, url, link_state(url, reached.url, reached.status), is_checksums, reached.status, reached.url
        )

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(look, [link for link in links if link[1]]):
            progress(1)
            yield found


def _asked(url: str, ca_file: Path | None, *, public_only: bool) -> Source:
    return Source(
        name="link",
        feed="link",
        report=None,
        kind=Kind.HTTP,
        schedule=Schedule(timedelta(days=1), None),
        bounds=_BOUNDS,
        url=url,
        ca_file=ca_file,
        public_only=public_only,
    )


def link_state(asked: str, answered_by: str, status: int) -> LinkState:
    """Return what became of a link that was answered from an address with a status of HTTP."""
    if status in _FOR_PEOPLE_ALONE:
        return LinkState.REFUSED
    if status not in _SUCCESSES:
        return LinkState.BROKEN
    return LinkState.ANSWERS if _server(asked) == _server(answered_by) else LinkState.ELSEWHERE


def _server(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
