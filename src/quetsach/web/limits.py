"""How much may be sent where, how many requests may be under way at once, and how often one sender may ask."""

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from gettext import GNUTranslations
from itertools import product
from pathlib import Path

from quetsach.core.address import Address
from quetsach.core.language import OWN_LANGUAGE
from quetsach.web.client_address import DayKey, source_of

# How much may be sent where, and how many requests may be under way at once.

SMALL_BODY_BYTES = 64 * 1024
"""A form, or a report of the tool."""
FORM_BYTES = 2 << 20
"""The fields of a form of the office, without files: a long letter is one, and comes back to who wrote it."""
OFFICE_BODY_BYTES = 32 << 20
UPLOADS = "uploads"
"""The folder of a centre's data in which files lie that are sent to it, until they are taken in."""
ACCOUNT_FILE_BYTES = 8 << 20
"""A list of stolen accounts, which is never written to the disk as it came."""
PARTNER_BODY_BYTES = 64 << 20
"""A report of a partner's program."""
FEED_FILE_BYTES = 128 << 20
"""A file of a feed: packed, a day of a country many times over."""
_PARTNERS = "/api/v1/partners/"
_WEB = Path(__file__).parent
_OFFICE = _WEB / "office"
_PEOPLE = _OFFICE / "people"
_LANGUAGES = (OWN_LANGUAGE, *sorted(folder.name for folder in (_WEB / "locale").iterdir() if folder.is_dir()))
"""The languages that pages can be in, whatever the country: those of the catalogues."""


def _address(word: str, language: str, first: str, folder: Path = _WEB) -> str:
    """Return a part of an address in a language, as the catalogue beside it has it, else that of the first one."""
    for spoken in (language, first):
        path = folder / "locale" / spoken / "LC_MESSAGES" / "django.mo"
        if language == OWN_LANGUAGE or not path.is_file():
            continue
        with path.open("rb") as file:
            said = GNUTranslations(file).gettext(word)
        if said != word:
            return said
    return word


def office_path(language: str, first: str) -> str:
    """Return where the office is in a language, in a country whose first language is another or the same."""
    return f"/{'' if language == first else f'{language}/'}{_address('office/', language, first)}"


def _in_office(word: str = "", folder: Path = _PEOPLE, page: str = "") -> tuple[str, ...]:
    """Return where a part of the office can be in any country: where one has no such address nobody is served there."""
    return tuple(
        office_path(language, first) + (_address(word, language, first, folder) + page if word else "")
        for language, first in product(_LANGUAGES, repeat=2)
    )


OFFICE_PATHS = _in_office()
OPEN_PATHS = _in_office("sign-in/")
"""Where in the office somebody who is not signed in may go: signing in and accepting an invitation."""
ACCOUNT_PATHS = _in_office("account/")
"""Where somebody who has no second factor yet may go: to set one up."""
FEED_FILE_PATHS = _in_office("feeds/", _OFFICE / "feeds", "nhan-tep/")
"""In any country: where files of feeds are uploaded."""
ACCOUNT_FILE_PATHS = _in_office("stolen-accounts/", _OFFICE / "accounts", "nhan/")
"""In any country: where lists of stolen accounts are uploaded. It stays in memory until it is sealed."""


def is_office(path: str) -> bool:
    """Whether an address belongs to the office."""
    return path.startswith(OFFICE_PATHS)


def most_body_bytes(path: str) -> int:
    """Return how long a body that is sent to an address may be."""
    if path.startswith(_PARTNERS):
        return PARTNER_BODY_BYTES
    if path in FEED_FILE_PATHS:
        return FEED_FILE_BYTES + FORM_BYTES
    if path in ACCOUNT_FILE_PATHS:
        return ACCOUNT_FILE_BYTES + FORM_BYTES
    if is_office(path) and not path.startswith(OPEN_PATHS):
        return OFFICE_BODY_BYTES
    return SMALL_BODY_BYTES


class Admission:
    """Counts what is under way, in all and for each source, and lets nothing in above either bound.

    A source is an IPv4 address or an IPv6 /64; requests whose source is not known are one source.

    Args:
        most: how many may be under way.
        most_of_source: how many of them from one source.
        most_bytes: how many bytes they may have announced together.
    """

    def __init__(self, *, most: int, most_of_source: int, most_bytes: int = 1 << 62) -> None:
        self._most, self._most_of_source, self._most_bytes = most, most_of_source, most_bytes
        self._lock = threading.Lock()
        self._sources: Counter[int] = Counter()
        self._bytes = 0

    @property
    def under_way(self) -> int:
        """How many are under way now."""
        with self._lock:
            return self._sources.total()

    @contextmanager
    def admitted(self, address: Address | None, size_bytes: int = 0) -> Iterator[bool]:
        """Hold a place, if there is one, until the end of the block; the value says whether there was."""
        source = address.network_number if address else 0
        is_in = self._enter(source, size_bytes)
        try:
            yield is_in
        finally:
            if is_in:
                self._leave(source, size_bytes)

    def _enter(self, source: int, size_bytes: int) -> bool:
        with self._lock:
            if (
                self._sources.total() >= self._most
                or self._sources[source] >= self._most_of_source
                or self._bytes + size_bytes > self._most_bytes
            ):
                return False
            self._sources[source] += 1
            self._bytes += size_bytes
            return True

    def _leave(self, source: int, size_bytes: int) -> None:
        with self._lock:
            self._bytes -= size_bytes
            self._sources[source] -= 1
            if not self._sources[source]:
                del self._sources[source]


# How often one source may send: token buckets in memory, under names that nobody can turn into an address.


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class RateLimit:
    """Token buckets of addresses (IPv4) or /64 (IPv6); key and buckets are thrown away at midnight UTC.

    An office of hundreds behind one address must be able to report, so a bucket is generous and refills steadily.

    Args:
        burst: how many requests may come at once.
        per_minute: how many are added a minute.
        most_sources: how many buckets are kept; the longest idle is forgotten first.
    """

    def __init__(self, *, burst: int, per_minute: float, most_sources: int = 50_000) -> None:
        self._burst = float(burst)
        self._per_second = per_minute / 60
        self._most_sources = most_sources
        self._lock = threading.Lock()
        self._day_key = DayKey()
        self._key = b""
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, address: Address | None, *, now: datetime) -> float:
        """Take one token.

        Returns:
            0 when there was one, otherwise the seconds until there is.
        """
        seconds = now.timestamp()
        with self._lock:
            key = self._day_key.of(now)
            if key != self._key:
                self._key = key
                self._buckets.clear()
            name = source_of(address, key=key).line
            bucket = self._buckets.pop(name, None) or _Bucket(self._burst, seconds)
            elapsed = max(0.0, seconds - bucket.filled_at)
            bucket.tokens = min(self._burst, bucket.tokens + elapsed * self._per_second)
            bucket.filled_at = seconds
            self._buckets[name] = bucket
            while len(self._buckets) > self._most_sources:
                self._buckets.popitem(last=False)
            if bucket.tokens < 1:
                return (1 - bucket.tokens) / self._per_second
            bucket.tokens -= 1
            return 0.0


# How much one sender may ask of everybody's time, however many addresses the sender has.

_MAPPED_BITS = 96


@dataclass(frozen=True, slots=True)
class Width:
    """The bounds of one width of networks: prefix lengths of IPv4 and IPv6, and what one such network may ask."""

    ipv4: int
    ipv6: int
    burst: int
    per_minute: float

    def network(self, address: Address) -> Address:
        """Return the first address of the network that an address lies in."""
        kept = _MAPPED_BITS + self.ipv4 if address.version == 4 else self.ipv6
        return Address(address.number >> (128 - kept) << (128 - kept))


class SourceLimit:
    """Token buckets for networks of several widths: whoever has a thousand addresses of one network is one sender.

    Args:
        widths: from the narrowest on; the narrowest is the line of a household or an office.
    """

    def __init__(self, widths: Sequence[Width]) -> None:
        self._limits = [(width, RateLimit(burst=width.burst, per_minute=width.per_minute)) for width in widths]

    def take(self, address: Address | None, *, now: datetime) -> float:
        """Take one token of each width; what the narrow one refuses costs the wide ones nothing.

        Returns:
            0 when there was one, otherwise the seconds until there is.
        """
        for width, limit in self._limits:
            if seconds := limit.take(address and width.network(address), now=now):
                return seconds
        return 0.0
