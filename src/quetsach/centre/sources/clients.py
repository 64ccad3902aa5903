"""What each kind of server offers, and what is remembered of it: marks, which advance when a file is in the lake."""

import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from quetsach import storage
from quetsach.centre.sources import SourceError
from quetsach.centre.sources.source import Kind, Source, read_secret
from quetsach.centre.sources.transport import LISTING_BYTES, Answer, Line, Progress, StatusError, parse_json
from quetsach.core.text import Text

type Marks = dict[str, Any]
"""What is remembered of a server, as JSON has it."""

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,150}")
_WORD = re.compile(r"[A-Za-z0-9_-]{1,128}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
_MOST_LISTED = 100_000
_MOST_SENT_BACK = 1000
_TAXII = "application/taxii+json;version=2.1"
_PAGE_OBJECTS = 1000
_STALE = {400, 404, 410}


@dataclass(frozen=True, slots=True)
class Offer:
    """One file that a server has: its name, its report, its address, and what is remembered of it once it is taken."""

    name: str
    report: str | None
    url: str
    key: str = ""
    value: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_readable: bool = True


class Client(Protocol):
    """How one kind of server is asked."""

    def offers(self, marks: Callable[[], Marks]) -> Iterator[Offer]:
        """Yield what is new; ``marks`` returns what is remembered at that moment."""

    def land(self, offer: Offer, part: Path, progress: Progress) -> Answer:
        """Fetch one file."""

    def advanced(self, marks: Marks, offer: Offer, answer: Answer, part: Path, sha256: str) -> tuple[Marks, bool]:
        """Return the marks once the file is in the lake, and whether there is anything in it."""


def client_of(source: Source, line: Line, *, now: datetime, can_read: Callable[[str], bool]) -> Client:
    """Return how a source is asked.

    Args:
        source: of any kind but ``folder``.
        line: the way to it.
        now: the time (UTC).
        can_read: whether the centre has a layout for a report of the feed.

    Raises:
        SourceError: a secret cannot be used.
    """
    if source.kind is Kind.SHADOWSERVER:
        return _Shadowserver(source, line, now, can_read)
    of_kind: Mapping[Kind, Callable[[Source, Line], Client]] = {Kind.HTTP: _Http, Kind.TAXII: _Taxii, Kind.MISP: _Misp}
    return of_kind[source.kind](source, line)


def _text(entry: object, field: str) -> str:
    """Return a text or number of an entry in a list; empty where it has none."""
    value = entry.get(field) if isinstance(entry, dict) else None
    return str(value) if isinstance(value, str | int) else ""


def _is_plain(text: str) -> bool:
    """Whether what a server said can be kept and sent back to it."""
    return len(text) <= _MOST_SENT_BACK and text.isprintable()


class _Http:
    """One file at one address, fetched when it has changed."""

    def __init__(self, source: Source, line: Line) -> None:
        self._source, self._line = source, line

    def offers(self, marks: Callable[[], Marks]) -> Iterator[Offer]:
        known = marks()
        named = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("last_modified")}
        last = PurePosixPath(urlsplit(self._source.url).path).name
        name = last if _FILE_NAME.fullmatch(last) else f"{self._source.name}.dat"
        headers = {header: value for header, value in named.items() if value}
        yield Offer(name, self._source.report, self._source.url, headers=headers)

    def land(self, offer: Offer, part: Path, progress: Progress) -> Answer:
        return self._line.fetch(offer.url, part, headers=offer.headers, progress=progress)

    def advanced(self, _marks: Marks, _offer: Offer, answer: Answer, _part: Path, sha256: str) -> tuple[Marks, bool]:
        of_answer = {"etag": answer.headers.get("ETag"), "last_modified": answer.headers.get("Last-Modified")}
        sent_back = {name: value for name, value in of_answer.items() if value and _is_plain(value)}
        return sent_back | {"sha256": sha256}, True


class _Listed:
    """A server that lists its files; what was taken is remembered one by one."""

    kept = ""

    def __init__(self, source: Source, line: Line) -> None:
        self._source, self._line = source, line

    def land(self, offer: Offer, part: Path, progress: Progress) -> Answer:
        return self._line.fetch(offer.url, part, headers=offer.headers, progress=progress)

    def advanced(self, marks: Marks, offer: Offer, _answer: Answer, _part: Path, sha256: str) -> tuple[Marks, bool]:
        return {self.kept: {**marks.get(self.kept, {}), offer.key: [offer.value, sha256]}}, True

    def _listing[T](self, listing: object, kind: type[T]) -> T:
        if not isinstance(listing, kind) or len(listing) > _MOST_LISTED:  # type: ignore[arg-type]
            raise SourceError(Text("the list of files is not of the form that it must have"), where=self._source.url)
        return listing


class _Shadowserver(_Listed):
    """The reports API: lists signed by HMAC-SHA256 over the request, files by their identifiers.

    Source: https://github.com/The-Shadowserver-Foundation/api_utils/wiki (API: Documentation, API: Reports Query).
    """

    kept = "taken"

    def __init__(self, source: Source, line: Line, now: datetime, can_read: Callable[[str], bool]) -> None:
        super().__init__(source, line)
        assert source.key is not None  # noqa: S101  (the reader requires both)
        assert source.secret is not None  # noqa: S101
        self._key, self._secret = read_secret(source.key), read_secret(source.secret)
        self._days = [str((now - timedelta(days=back)).date()) for back in range(source.days, -1, -1)]
        self._can_read = can_read

    def offers(self, marks: Callable[[], Marks]) -> Iterator[Offer]:
        for day in self._days:
            request = {"date": day, "apikey": self._key} | (
                {"type": self._source.report} if self._source.report else {}
            )
            body = json.dumps(request).encode()
            signed = {
                "HMAC2": hmac.digest(self._secret.encode(), body, "sha256").hex(),
                "Content-Type": "application/json",
            }
            found = self._line.post(f"{self._source.url.rstrip('/')}/reports/list", body, signed)
            for entry in self._listing(found, list):
                offer = self._offer(entry, day)
                if offer.key not in marks().get(self.kept, {}):
                    yield offer

    def _offer(self, entry: object, day: str) -> Offer:
        key, report, name = (_text(entry, field) for field in ("id", "type", "file"))
        if not (_WORD.fullmatch(key) and _WORD.fullmatch(report) and _FILE_NAME.fullmatch(name)):
            raise SourceError(Text("the list of files is not of the form that it must have"), where=self._source.url)
        url = f"{self._source.files_url.rstrip('/')}/{key}"
        return Offer(name, report, url, key=key, value=day, is_readable=self._can_read(report))

    def advanced(self, marks: Marks, offer: Offer, answer: Answer, part: Path, sha256: str) -> tuple[Marks, bool]:
        after, has_content = super().advanced(marks, offer, answer, part, sha256)
        first = self._days[0]  # what is older is listed no more
        return {self.kept: {key: note for key, note in after[self.kept].items() if note[0] >= first}}, has_content


class _Misp(_Listed):
    """A feed of MISP: a manifest with the time of each event, and a file for each event."""

    kept = "events"
    _there: frozenset[str] = frozenset()

    def offers(self, marks: Callable[[], Marks]) -> Iterator[Offer]:
        root = self._source.url.rstrip("/")
        manifest = self._listing(self._line.get_json(f"{root}/manifest.json"), dict)
        self._there = frozenset(manifest)
        for uuid, entry in sorted(manifest.items()):
            at = _text(entry, "timestamp")
            if not _UUID.fullmatch(uuid) or not at.isdecimal() or len(at) > 20:
                raise SourceError(Text("the list of files is not of the form that it must have"), where=root)
            if marks().get(self.kept, {}).get(uuid, [None])[0] != at:
                yield Offer(f"{uuid}.json", self._source.report, f"{root}/{uuid}.json", key=uuid, value=at)

    def advanced(self, marks: Marks, offer: Offer, answer: Answer, part: Path, sha256: str) -> tuple[Marks, bool]:
        after, has_content = super().advanced(marks, offer, answer, part, sha256)
        return {self.kept: {uuid: note for uuid, note in after[self.kept].items() if uuid in self._there}}, has_content


class _Taxii:
    """A collection of TAXII 2.1 (OASIS, 10 June 2021): pages of objects that were added after those taken before."""

    def __init__(self, source: Source, line: Line) -> None:
        self._source, self._line = source, line

    def offers(self, marks: Callable[[], Marks]) -> Iterator[Offer]:
        asked: set[str] = set()
        while True:
            offer = self._page(marks())
            if offer.url in asked:
                raise SourceError(Text("the server offers the same page again and again"), where=self._source.url)
            asked.add(offer.url)
            yield offer
            if not marks().get("more"):
                return

    def _page(self, marks: Marks) -> Offer:
        asked = {name: marks[name] for name in ("added_after", "next") if name in marks}
        root = f"{self._source.url.rstrip('/')}/collections/{self._source.collection}/objects/"
        url = f"{root}?{urlencode([('limit', _PAGE_OBJECTS), *asked.items()])}"
        return Offer(f"{self._source.name}.json", self._source.report, url, value=marks, headers={"Accept": _TAXII})

    def land(self, offer: Offer, part: Path, progress: Progress) -> Answer:
        try:
            return self._line.fetch(offer.url, part, headers=offer.headers, progress=progress)
        except StatusError as error:
            marks: Any = offer.value
            if error.status not in _STALE or "next" not in marks:
                raise
            anew = self._page({name: value for name, value in marks.items() if name != "next"})  # it knows it no more
            return self._line.fetch(anew.url, part, headers=anew.headers, progress=progress)

    def advanced(self, marks: Marks, _offer: Offer, answer: Answer, part: Path, _sha256: str) -> tuple[Marks, bool]:
        try:
            page = parse_json(storage.read_input(part, most_bytes=LISTING_BYTES), where=self._source.url)
            more, following, has_content = page.get("more", False), page.get("next"), bool(page.get("objects"))
        except (ValueError, RecursionError, AttributeError):
            raise SourceError(Text("the page is no envelope of TAXII"), where=self._source.url) from None
        last = answer.headers.get("X-TAXII-Date-Added-Last", "")
        after: Marks = {"added_after": last} if _MOMENT.fullmatch(last) else {}
        before: Marks = {"added_after": marks["added_after"]} if "added_after" in marks else {}
        if more is not True:
            return {**before, **after}, has_content
        if isinstance(following, str) and following and _is_plain(following):
            return {**before, "next": following, "more": True}, has_content
        if not after:
            raise SourceError(Text("the server has more, and does not say how to ask for it"), where=self._source.url)
        return {**after, "more": True}, has_content
