"""A plain CSV, for any source that can write a spreadsheet.

UTF-8, comma-separated, quotes by RFC 4180, one header line. Columns in any order; only the first three must be there,
and columns with other names are kept in ``extra``:

==================== ==========================================================================================
timestamp            required; UTC, ``2020-06-16 07:30:00`` or ISO 8601 with ``Z``; fractions of a second allowed
address              required; IPv4 or IPv6 of the machine that behaved as a bot
malware              required column; the family's name in any spelling, empty if unknown
port                 source port: with carrier-grade NAT the only way to the customer
transport            ``tcp`` or ``udp``
destination_address  the sinkhole or control server that was contacted
destination_port     its port
destination_hostname its host name
hostname             reverse name of ``address``
asn                  AS number, digits
country              two-letter code
region, city         names as the source has them
bot_id               what the malware calls its installation, at most 64 characters; a longer one stays in ``extra``
sector               of ``core.sector``, its usual English names, or a NAICS code; anything else is ``other``
severity             ``info``, ``low``, ``medium``, ``high`` or ``critical``
event_id             the source's own number of the event; tells apart rows that are otherwise equal
==================== ==========================================================================================

Several sources may use it: name each as the report (``--feed plain --report honeypot-hn``); it is ``sightings``
where none is named.
"""

from quetsach.feeds.layout import Layout

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
