"""How much may be sent where, and how many requests may be under way at once."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from quetsach.core.address import Address

SMALL_BODY_BYTES = 64 * 1024
"""A form, or a report of the tool."""
FORM_BYTES = 2 << 20
"""The fields of a form of the office, without files: a long letter is one, and comes back to who wrote it."""
OFFICE_BODY_BYTES = 32 << 20
PARTNER_BODY_BYTES = 64 << 20
"""A report of a partner's program."""
_PARTNERS = "/api/v1/partners/"
OFFICE_OF: Mapping[str, str] = {"vi": "van-phong/", "en": "office/"}
"""By language where the office is; the language itself stands before it, but for the first of the country."""


def office_path(language: str, first: str) -> str:
    """Return where the office is in a language, in a country whose first language is another or the same."""
    return f"/{'' if language == first else f'{language}/'}{OFFICE_OF[language]}"


OFFICE_PATHS = tuple(office_path(language, first) for first in OFFICE_OF for language in OFFICE_OF)
"""In any country: where a country has no such address nobody is served there."""
OPEN_PATHS = tuple(path + ("vao/" if "van-phong" in path else "sign-in/") for path in OFFICE_PATHS)
"""Where in the office somebody who is not signed in may go: signing in and accepting an invitation."""


def most_body_bytes(path: str) -> int:
    """Return how long a body that is sent to an address may be."""
    if path.startswith(_PARTNERS):
        return PARTNER_BODY_BYTES
    if path.startswith(OFFICE_PATHS) and not path.startswith(OPEN_PATHS):
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
