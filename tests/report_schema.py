"""A schema of reports made up in the published form: forty reports, every function that the published one names."""

import json
from collections.abc import Mapping

type Fields = list[list[object]]

ALL_FUNCTIONS = (
    *("add_UTC_to_timestamp", "category_or_detail", "convert_bool", "convert_date", "convert_date_utc"),
    *("convert_float", "convert_http_host_and_url", "convert_int", "force_base64", "invalidate_zero"),
    *("response_from_json", "scan_exchange_identifier", "scan_exchange_taxonomy", "scan_exchange_type"),
    *("set_tor_node", "validate_fqdn", "validate_ip", "validate_network", "validate_to_none"),
)
INFECTED = {"classification.taxonomy": "malicious-code", "classification.type": "infected-system"}
OPEN = {"classification.taxonomy": "vulnerable", "classification.type": "vulnerable-system"}


def report(
    name: str, constants: Mapping[str, str], *optional: list[object], prefix: str = "", address: str = ""
) -> dict[str, object]:
    """Return a report with a time, an address and a port, and what else it shall have."""
    return {
        "feed_name": name.replace("_", "-").title(),
        "file_name": name,
        "constant_fields": dict(constants),
        "required_fields": [
            ["time.source", "timestamp", "add_UTC_to_timestamp"],
            ["source.ip", address or f"{prefix}ip", "validate_ip"],
            ["source.port", f"{prefix}port", "convert_int"],
        ],
        "optional_fields": [
            ["protocol.transport", "protocol"],
            ["source.reverse_dns", f"{prefix}hostname", "validate_fqdn"],
            ["source.asn", f"{prefix}asn", "invalidate_zero"],
            ["source.geolocation.cc", f"{prefix}geo"],
            ["extra.", "severity", "validate_to_none"],
            ["extra.source.sector", f"{prefix}sector", "validate_to_none"],
            *optional,
        ],
        "url": "https://example.org/",
    }


def event(name: str, constants: Mapping[str, str], *optional: list[object]) -> dict[str, object]:
    """Return a report of events: of a source, a destination and what was seen."""
    seen: Fields = [
        ["malware.name", "infection", "validate_to_none"],
        ["destination.ip", "dst_ip", "validate_ip"],
        ["destination.port", "dst_port", "convert_int"],
        ["destination.fqdn", "http_host", "validate_fqdn"],
        ["destination.url", "http_url", "convert_http_host_and_url", True],
        ["extra.", "event_id", "validate_to_none"],
    ]
    return report(name, constants, *seen, *optional, prefix="src_")


def made_schema() -> dict[str, dict[str, object]]:
    """Return the schema: by the key that a report has in it."""
    scanner = {"classification.taxonomy": "information-gathering", "classification.type": "scanner"}
    ddos = {"classification.taxonomy": "availability", "classification.type": "ddos"}
    odd: list[list[object]] = [
        ["extra.", "handshake_ok", "convert_bool"],
        ["extra.", "score", "convert_float"],
        ["extra.", "cert_valid_until", "convert_date"],
        ["extra.", "cert_issued", "convert_date_utc"],
        ["extra.", "banner", "force_base64"],
        ["extra.", "body", "response_from_json", True],
        ["source.tor_node", "tor", "set_tor_node"],
        ["event_description.text", "category", "category_or_detail", True],
        ["source.network", "ip", "validate_network"],
    ]
    exchange: list[list[object]] = [
        ["classification.identifier", "tag", "scan_exchange_identifier"],
        ["classification.taxonomy", "tag", "scan_exchange_taxonomy"],
        ["classification.type", "tag", "scan_exchange_type"],
    ]
    reports = [
        event("event4_sinkhole", INFECTED),
        event("event4_newly_seized", INFECTED),
        event("event4_honeypot_new_scan", scanner),
        event("event4_honeypot_ddos_target", ddos),
        report("scan_exchange", {}, *exchange),
        report("scan_backdoor", INFECTED, ["malware.name", "tag", "validate_to_none"]),
        report("referring_pages", INFECTED, ["malware.name", "infection"], address="http_referer_ip"),
        report("scan_everything", OPEN, *odd),
        report("command_servers", {"classification.type": "c2-server"}),
        report("device_id", {"classification.type": "undetermined"}),
        *(report(f"scan_service_{n}", OPEN) for n in range(29)),
    ]
    schema: dict[str, dict[str, object]] = {f"key_{n}": one for n, one in enumerate(reports)}
    without: dict[str, object] = event("stolen_accounts", {}) | {
        "required_fields": [["time.source", "timestamp", "add_UTC_to_timestamp"]]
    }
    return {
        "_meta": {"date_created": "2026-10-02T08:00:00Z", "change_log": ["made up"]},
        **schema,
        "no_address": without,
    }


def as_bytes(schema: object) -> bytes:
    """Return it as a file."""
    return json.dumps(schema).encode()
