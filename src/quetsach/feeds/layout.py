"""Report layouts: which column of a report means what, as data.

A column is found by its header name, never by its position: vendors reorder their reports without notice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.feeds.errors import FeedError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
"""The form of feed and report names: they become parts of file names."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one report of one feed.

    ``columns`` maps the fields of ``table.SIGHTINGS`` to the report's header names; every other column goes to
    ``extra``. ``identifying`` names columns of ``extra`` that tell two sightings apart beside the mapped ones: first
    the destination's host name, then the feed's own event number (``None`` where the report has no such column).
    ``sector`` names columns of ``extra`` that tell the sector of ``core.sector``; the first that tells one decides.
    ``header`` is the published set of columns, by which a file without a telling name is recognised; empty if the
    report has no fixed set. ``open_report``: the layout serves any source, whose own name is the report's.
    """

    feed: str
    report: str
    summary_vi: str
    summary_en: str
    columns: Mapping[str, str]
    required: frozenset[str]
    identifying: tuple[str | None, str | None]
    sector: tuple[str, ...] = ()
    header: frozenset[str] = frozenset()
    open_report: bool = False

    def identifying_headers(self) -> frozenset[str]:
        """Every header name that takes part in a sighting's identity."""
        mapped = {self.columns[field] for field in IDENTITY_FIELDS if field in self.columns}
        return frozenset(mapped | {name for name in self.identifying if name})


IDENTITY_FIELDS = (
    "observed_at",
    "address",
    "port",
    "transport",
    "malware",
    "destination_address",
    "destination_port",
)


def check_name(name: str, *, what: str) -> str:
    """Return a feed or report name unchanged.

    Raises:
        FeedError: it is not of the form of ``NAME``.
    """
    if not NAME.fullmatch(name):
        raise FeedError(
            f"not a name of a {what}: {name[:60]!r}", hint="use small letters, digits, '_' and '-', at most 48"
        )
    return name
