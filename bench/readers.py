"""What reading costs in every format: records per CPU second of ``feeds.reader`` alone, in this process.

Usage: python bench/readers.py [--rows N]

Reading is cutting into records, reasons for what is set aside, values, identity and provenance; nothing is written. One
sinkhole report is read as it is; its sightings are handed on in each form of ``feeds.export`` and read back, and
written line by line as the other feeds write them.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

import pyarrow as pa

from quetsach.centre.tables import load_families
from quetsach.feeds.export import COLUMNS, HandedOn, Writing
from quetsach.feeds.export_documents import COMPOSED
from quetsach.feeds.export_forms import FORMS, Sender
from quetsach.feeds.layout_files import bundled_layouts
from quetsach.feeds.reader import read
from quetsach.feeds.table import ANNOTATED
from quetsach.feeds.tlp import Tlp

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.sinkhole_report import NAME, rows

REPEATS = 3
NOW = datetime(2026, 11, 2, tzinfo=UTC)
CHUNK_BYTES = 4 << 20
SENDER = Sender("Bench", "bench@centre.example")
TARGETS = {"event4_sinkhole": 250_000, "csv": 60_000, "spamhaus": 60_000, "cymru": 60_000}
JSON_TARGET = 40_000

type Row = Mapping[str, Any]


def spamhaus(row: Row) -> str:
    """Return a line as Spamhaus writes them."""
    at = int(row["observed_at"].timestamp())
    return (
        f"{row['ip']},AS{row['claimed_asn']},VN,{at},{row['malware']},example.net,{row['to']},"
        f"{row['destination_port']},{row['port']},tcp"
    )


def cymru(row: Row) -> str:
    """Return a line as Team Cymru writes them."""
    told = f"srcport {row['port']} family {row['malware']} dest_addr {row['to']} dest_port {row['destination_port']}"
    return f"bot|{row['ip']}|{row['claimed_asn']}|{row['observed_at']:%Y-%m-%d %H:%M:%S}|{told}|VNPT-AS-VN VNPT Corp"


def n6(row: Row) -> str:
    """Return an event as n6 streams them."""
    address = {"ip": row["ip"], "asn": row["claimed_asn"], "cc": "VN"}
    return json.dumps(
        {
            "id": row["sighting_id"].hex,
            "category": "bots",
            "time": f"{row['observed_at']:%Y-%m-%dT%H:%M:%SZ}",
            "name": row["malware"],
            "address": [address],
            "sport": row["port"],
            "proto": "tcp",
            "dip": row["to"],
            "dport": row["destination_port"],
            "confidence": "medium",
            "source": "bench.sinkhole",
        }
    )


def ctip(row: Row) -> str:
    """Return a record as Microsoft writes them."""
    since_1601 = (int(row["observed_at"].timestamp()) + 11_644_473_600) * 10_000_000
    return json.dumps(
        {
            "DataFeed": "CTIP-Infected",
            "DateTimeReceivedUtc": since_1601,
            "SourceIp": row["ip"],
            "SourcePort": row["port"],
            "ThreatCode": row["malware"],
            "DestinationIp": row["to"],
            "DestinationPort": row["destination_port"],
            "SourceIpInfo": {"SourceIpAsnNumber": f"AS{row['claimed_asn']}", "SourceIpCountryCode": "VN"},
            "HttpInfo": {"HttpHost": "example.net", "HttpMethod": "GET"},
        }
    )


WRITTEN: Mapping[str, tuple[str, str, Callable[[Row], str]]] = {
    "spamhaus": ("spamhaus", "bots", spamhaus),
    "cymru": ("cymru", "bots", cymru),
    "n6": ("n6", "stream", n6),
    "microsoft": ("microsoft", "infected", ctip),
}


def cost(documents: list[bytes], feed: str, report: str) -> tuple[pa.Table, int, float]:
    """Return the sightings of some files, their records, and the least CPU seconds of reading them."""
    families, layouts, least = load_families(), bundled_layouts(), float("inf")
    for _ in range(REPEATS):
        sightings, records, before = [], 0, time.process_time()
        for content in documents:
            layout = layouts.layout_of(feed, report, file_name="", head=content[: 1 << 16])
            chunks = (content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES))
            for batch in read(chunks, layout, families, now=NOW):
                sightings.append(batch.sightings)
                records += batch.records
        least = min(least, time.process_time() - before)
    return pa.concat_tables(sightings), records, least


def made_of(sightings: pa.Table) -> Iterator[tuple[str, str, str, list[bytes]]]:
    """Yield a name, feed and report with the same sightings in its form."""
    annotated = sightings
    for field, value in zip(
        list(ANNOTATED)[len(sightings.column_names) :], (45899, "vnpt", "01", "", "1"), strict=True
    ):
        annotated = annotated.append_column(field, pa.repeat(pa.scalar(value, field.type), sightings.num_rows))
    for form in FORMS.values():
        writing = Writing(form, bundled_layouts(), Tlp.CLEAR, SENDER, COMPOSED.get(form.name))
        batches = annotated.select(list(COLUMNS)).combine_chunks()
        pieces = (batches.slice(at, 20_000) for at in range(0, batches.num_rows, 20_000))
        documents = [b"".join(map(bytes, parts)) for parts in writing.documents(pieces, HandedOn())]
        yield form.name, form.feed, form.report, documents
    told = [
        row | {name: _shown(row[field]) for name, field in (("ip", "address"), ("to", "destination_address"))}
        for row in sightings.to_pylist()
    ]
    for name, (feed, report, line) in WRITTEN.items():
        yield name, feed, report, ["".join(f"{line(row)}\n" for row in told).encode()]


def _shown(address: Any) -> str:
    number = IPv6Address(address.bytes)
    return str(number.ipv4_mapped or number)


def main() -> int:
    """Measure and print; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000, help="of the report that is made (default: 200000)")
    arguments = parser.parse_args()
    report = b"".join(rows(arguments.rows))
    sightings, records, seconds = cost([report], "shadowserver", NAME.split("-")[3])
    distinct = len(set(sightings.column("sighting_id").to_pylist()))
    is_met = shown("event4_sinkhole", records, seconds)
    for name, feed, of_report, documents in made_of(sightings):
        found, records, seconds = cost(documents, feed, of_report)
        assert found.num_rows >= distinct, f"{name}: {found.num_rows} of {distinct}"
        is_met &= shown(name, records, seconds)
    return 0 if is_met else 1


def shown(name: str, records: int, seconds: float) -> bool:
    """Print a line; say whether its target is met."""
    target = TARGETS.get(name, JSON_TARGET)
    print(f"{name:16} {records:9,} records {records / seconds:9,.0f} per CPU second; target {target:,}", flush=True)
    return records / seconds >= target


if __name__ == "__main__":
    sys.exit(main())
