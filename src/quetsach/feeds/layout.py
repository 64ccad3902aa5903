"""Report layouts: which column of a report means what, as data; Shadowserver's sinkhole reports and a plain CSV."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText, Text

# Errors of this package.


class FeedError(QuetsachError):
    """A delivered file as a whole cannot be read: no header, no known layout, a missing column.

    A bad row is never an error: it is a reject, with its reason and place.
    """


# Report layouts: which column of a report means what, as data.
#
# A column is found by its header name, never by its position: vendors reorder their reports without notice.

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
"""The form of feed and report names: they become parts of file names."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read one report of one feed.

    ``columns`` maps the fields of ``table.SIGHTINGS`` to the report's header names; every other column goes to
    ``extra``. ``identifying`` names columns of ``extra`` that tell two sightings apart beside the mapped ones: first
    the destination's host name, then the feed's own event number (``None`` where the report has no such column).
    ``sector`` names columns of ``extra`` that tell the sector of ``core.sighting``; the first that tells one decides.
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

    @property
    def summary(self) -> LocalText:
        """What the report is of."""
        return LocalText(self.summary_vi, self.summary_en)

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


def check_name(name: str) -> str:
    """Return the name of a report unchanged.

    Raises:
        FeedError: it is not of the form of ``NAME``.
    """
    if not NAME.fullmatch(name):
        raise FeedError(
            Text("not a name of a report: {name}", name=repr(name[:60])),
            hint=Text("use small letters, digits, '_' and '-', at most 48"),
        )
    return name


# A plain CSV, for any source that can write a spreadsheet.
#
# UTF-8, comma-separated, quotes by RFC 4180, one header line; what each column means is in
# ``docs/reference/feed-formats.md``. Several sources may use it: name each as the report
# (``--feed plain --report honeypot-hn``); it is ``sightings`` where none is named.

PLAIN_LAYOUTS = (
    Layout(
        feed="plain",
        report="sightings",
        summary_vi="CSV đơn giản: timestamp, address, malware và các cột tùy chọn",
        summary_en="Plain CSV: timestamp, address, malware and optional columns",
        columns={
            "observed_at": "timestamp",
            "address": "address",
            "port": "port",
            "transport": "transport",
            "malware": "malware",
            "destination_address": "destination_address",
            "destination_port": "destination_port",
            "hostname": "hostname",
            "claimed_asn": "asn",
            "claimed_country": "country",
            "claimed_region": "region",
            "claimed_city": "city",
            "severity": "severity",
            "bot_id": "bot_id",
        },
        required=frozenset({"timestamp", "address", "malware"}),
        identifying=("destination_hostname", "event_id"),
        sector=("sector",),
        open_report=True,
    ),
)


# Shadowserver's sinkhole reports, columns as published in 2026-03 (times are UTC).
#
# ``event4_sinkhole`` has 33 columns; ``event4_sinkhole_http`` adds six of the HTTP request. The ``event6_`` twins have
# the same columns. Source: the report pages at www.shadowserver.org and the column lists of its public report schema.

# fmt: off
_BASE = frozenset({
    "timestamp", "protocol", "src_ip", "src_port", "src_asn", "src_geo", "src_region", "src_city", "src_hostname",
    "src_naics", "src_sector", "device_vendor", "device_type", "device_model", "severity", "dst_ip", "dst_port",
    "dst_asn", "dst_geo", "dst_region", "dst_city", "dst_hostname", "dst_naics", "dst_sector", "public_source",
    "infection", "family", "tag", "application", "version", "event_id", "ssl_cipher", "ssl_servername",
})
_HTTP = frozenset({"http_url", "http_host", "http_agent", "forwarded_by", "http_referer", "machine_name"})
# fmt: on

_COLUMNS = {
    "observed_at": "timestamp",
    "address": "src_ip",
    "port": "src_port",
    "transport": "protocol",
    "malware": "infection",
    "destination_address": "dst_ip",
    "destination_port": "dst_port",
    "hostname": "src_hostname",
    "claimed_asn": "src_asn",
    "claimed_country": "src_geo",
    "claimed_region": "src_region",
    "claimed_city": "src_city",
    "severity": "severity",
}


def _layout(report: str, header: frozenset[str], summary_vi: str, summary_en: str) -> Layout:
    return Layout(
        feed="shadowserver",
        report=report,
        summary_vi=summary_vi,
        summary_en=summary_en,
        columns=_COLUMNS,
        required=frozenset({"timestamp", "src_ip", "infection"}),
        identifying=("dst_hostname", "event_id"),
        sector=("src_sector", "src_naics"),
        header=header,
    )


SHADOWSERVER_LAYOUTS = (
    _layout(
        "event4_sinkhole",
        _BASE,
        "Máy kết nối tới máy chủ điều khiển đã bị thu giữ (IPv4)",
        "Hosts that connected to a seized control server (IPv4)",
    ),
    _layout(
        "event4_sinkhole_http",
        _BASE | _HTTP,
        "Máy gửi yêu cầu HTTP tới máy chủ điều khiển đã bị thu giữ (IPv4)",
        "Hosts that sent an HTTP request to a seized control server (IPv4)",
    ),
    _layout(
        "event6_sinkhole",
        _BASE,
        "Máy kết nối tới máy chủ điều khiển đã bị thu giữ (IPv6)",
        "Hosts that connected to a seized control server (IPv6)",
    ),
    _layout(
        "event6_sinkhole_http",
        _BASE | _HTTP,
        "Máy gửi yêu cầu HTTP tới máy chủ điều khiển đã bị thu giữ (IPv6)",
        "Hosts that sent an HTTP request to a seized control server (IPv6)",
    ),
)

LAYOUTS: tuple[Layout, ...] = (*SHADOWSERVER_LAYOUTS, *PLAIN_LAYOUTS)
"""Every report that can be read, in the order of ``quetsach center feeds list``."""
