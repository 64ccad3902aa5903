"""Shadowserver's sinkhole reports, columns as published in 2026-03 (times are UTC).

``event4_sinkhole`` has 33 columns; ``event4_sinkhole_http`` adds six of the HTTP request. The ``event6_`` twins have
the same columns. Source: the report pages at www.shadowserver.org and the column lists of its public report schema.
"""

from quetsach.feeds.layout import Layout

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
