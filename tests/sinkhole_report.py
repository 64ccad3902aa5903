"""Makes Shadowserver-form reports with known damage, for tests; the truth is returned beside the bytes."""

import random
from dataclasses import dataclass, field

from quetsach.feeds.layout_files import bundled_layouts

_NAMES = (
    "timestamp,protocol,src_ip,src_port,src_asn,src_geo,src_region,src_city,src_hostname,src_naics,src_sector,"
    "device_vendor,device_type,device_model,severity,dst_ip,dst_port,dst_asn,dst_geo,dst_region,dst_city,dst_hostname,"
    "dst_naics,dst_sector,public_source,infection,family,tag,application,version,event_id,ssl_cipher,ssl_servername"
)
COLUMNS = _NAMES.split(",")
assert set(COLUMNS) == bundled_layouts().of_feed("shadowserver")[0].header

HEADER = ",".join(f'"{name}"' for name in COLUMNS).encode() + b"\n"

DAMAGE = (
    "bad_ip",
    "empty_ip",
    "bad_timestamp",
    "bad_port",
    "bad_destination_ip",
    "bad_destination_port",
    "short_row",
    "long_row",
    "bad_utf8",
    "bad_quotes",
    "repeated_header",
    "cut_in_quote",
)
REPAIRED = ("padded", "trimmed", "backslash", "inner", "newline")


@dataclass(slots=True)
class Report:
    """A report's bytes, and what a reader must find in it, by line."""

    content: bytes = HEADER
    rejects: dict[int, str] = field(default_factory=dict)
    repairs: dict[int, str] = field(default_factory=dict)
    records: int = 0

    def add(self, row: bytes, *, reason: str = "", repair: str = "", ending: bytes = b"\n") -> None:
        """Append one record."""
        line = self.content.count(b"\n") + 1
        self.records += 1
        if reason:
            self.rejects[line] = reason
        else:
            self.repairs[line] = repair
        self.content += row + ending


def cells(number: int, rng: random.Random, day: str = "2020-06-16") -> dict[str, str]:
    """Return a sound row, by column."""
    second = rng.randrange(86400)
    return dict.fromkeys(COLUMNS, "") | {
        "timestamp": f"{day} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}",
        "protocol": rng.choice(["tcp", "udp"]),
        "src_ip": f"14.{160 + rng.randrange(16)}.{rng.randrange(256)}.{rng.randrange(1, 255)}",
        "src_port": str(rng.randrange(1024, 65536)),
        "src_asn": "45899",
        "src_geo": "VN",
        "src_region": rng.choice(["HA NOI", "DA NANG", ""]),
        "severity": "high",
        "dst_ip": "198.51.100.7",
        "dst_port": "80",
        "infection": rng.choice(["mirai", "avalanche-andromeda", "conficker"]),
        "tag": rng.choice(["", 'says "hello", twice', "botnet;mirai"]),
        "event_id": str(10**9 + number),
    }


def encode(row: list[str]) -> bytes:
    """Write cells as the vendor does: text quoted, numbers and blanks bare."""
    quoted = (cell if not cell or cell.isdigit() else '"' + cell.replace('"', '""') + '"' for cell in row)
    return ",".join(quoted).encode()


def make_report(rows: int, seed: int, *, share_damaged: float = 0.0, share_mended: float = 0.0) -> Report:
    """Make a report; damaged and mended rows are followed by sound ones often enough to notice a swallowed row."""
    rng = random.Random(seed)
    report = Report()
    for number in range(rows):
        row = cells(number, rng)
        if rng.random() < share_damaged:
            _damage(report, row, rng.choice(DAMAGE))
        elif rng.random() < share_mended:
            _mend(report, row, rng.choice(REPAIRED))
        else:
            report.add(encode(list(row.values())))
    return report


def _damage(report: Report, row: dict[str, str], kind: str) -> None:
    changes = {
        "bad_ip": ("src_ip", "999.1.2.3"),
        "empty_ip": ("src_ip", ""),
        "bad_timestamp": ("timestamp", "2020-13-45 99:00:00"),
        "bad_port": ("src_port", "eighty"),
        "bad_destination_ip": ("dst_ip", "198.51.100"),
        "bad_destination_port": ("dst_port", "70000"),
    }
    if kind in changes:
        column, value = changes[kind]
        report.add(encode(list((row | {column: value}).values())), reason=kind)
    elif kind == "short_row":
        report.add(encode(list(row.values())[:9]), reason=kind)
    elif kind == "long_row":
        report.add(encode([*row.values(), "surplus"]), reason=kind)
    elif kind == "bad_utf8":
        report.add(encode(list(row.values())).replace(b"VN", b"\xff\xe0"), reason=kind)
    elif kind == "bad_quotes":
        report.add(encode(list(row.values())).replace(b'"VN"', b'"VN" x'), reason=kind)
    elif kind == "repeated_header":
        report.add(HEADER[:-1], reason=kind)
    elif kind == "cut_in_quote":
        whole = encode(list((row | {"application": "cut here"}).values()))
        report.add(whole[: whole.index(b"cut here") + 3], reason="bad_quotes")


def _mend(report: Report, row: dict[str, str], kind: str) -> None:
    if kind == "padded":
        report.add(encode(list(row.values())[:-1]), repair=kind)
    elif kind == "trimmed":
        report.add(encode([*row.values(), "", ""]), repair=kind)
    elif kind == "backslash":
        report.add(encode(list(row.values())).replace(b'"VN"', b'"V\\"N"'), repair="quotes")
    elif kind == "inner":
        report.add(encode(list(row.values())).replace(b'"VN"', b'"V"N"'), repair="quotes")
    elif kind == "newline":
        report.add(encode(list((row | {"application": "two\nlines\r\n\n\nof, four"}).values())))
