"""Writes a sinkhole report like a national centre's daily one: deterministic, with repeats and known damage.

Usage: python bench/sinkhole_report.py OUT [ROWS]. Addresses are drawn from 14.160.0.0/11 and mean nothing.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

_NAMES = (
    "timestamp protocol src_ip src_port src_asn src_geo src_region src_city src_hostname src_naics src_sector "
    "device_vendor device_type device_model severity dst_ip dst_port dst_asn dst_geo dst_region dst_city dst_hostname "
    "dst_naics dst_sector public_source infection family tag application version event_id ssl_cipher ssl_servername"
)
COLUMNS = _NAMES.split()
MALWARE = ["mirai", "avalanche-andromeda", "conficker", "necurs", "android.vo1d2", "virut", "sality", "qsnatch"]
REGIONS = ["HA NOI", "HO CHI MINH", "DA NANG", "NGHE AN", "CAN THO", ""]
SECTOR = "Communications, Service Provider, and Hosting Service"
SIGHTINGS_OF_A_HOST = 6
SHARE_REPEATED = 0.05
SHARE_DAMAGED = 0.01
NAME = "2026-11-01-event4_sinkhole-vn.csv"


def encode(cells: list[str]) -> bytes:
    """Write cells as the vendor does: text quoted, numbers and blanks bare."""
    return ",".join(cell if not cell or cell.isdigit() else f'"{cell}"' for cell in cells).encode() + b"\n"


def rows(count: int, seed: int = 2020) -> Iterator[bytes]:
    """Yield the header and ``count`` rows."""
    rng = random.Random(seed)
    hosts = [_host(rng) for _ in range(max(1, count // SIGHTINGS_OF_A_HOST))]
    yield encode(COLUMNS)
    last = b""
    for number in range(count):
        if last and rng.random() < SHARE_REPEATED:
            yield last
            continue
        last = encode(_row(rng.choice(hosts), number, rng))
        if rng.random() < SHARE_DAMAGED:
            yield last[: len(last) // 3] + b"\n"
            last = b""
        else:
            yield last


def _host(rng: random.Random) -> tuple[str, str, str, str]:
    address = f"14.{160 + rng.randrange(32)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"
    name = f"{address.replace('.', '-')}.dynamic.example.vn" if rng.random() < 0.55 else ""
    weights = [1 / n for n in range(1, len(MALWARE) + 1)]
    return address, name, rng.choice(REGIONS), rng.choices(MALWARE, weights)[0]


def _row(host: tuple[str, str, str, str], number: int, rng: random.Random) -> list[str]:
    address, name, region, malware = host
    second = rng.randrange(86400)
    cells = dict.fromkeys(COLUMNS, "") | {
        "timestamp": f"2026-11-01 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}",
        "protocol": "tcp",
        "src_ip": address,
        "src_port": str(rng.randrange(1024, 65536)),
        "src_asn": "45899",
        "src_geo": "VN",
        "src_region": region,
        "src_city": region,
        "src_hostname": name,
        "src_naics": "517311",
        "src_sector": SECTOR,
        "severity": rng.choice(["high", "critical"]),
        "dst_ip": f"198.51.100.{rng.randrange(4)}",
        "dst_port": rng.choice(["80", "443", "16464"]),
        "dst_asn": "64500",
        "dst_geo": "DE",
        "dst_sector": SECTOR,
        "infection": malware,
        "family": malware,
        "tag": f"{malware};botnet",
        "event_id": str(10**9 + number),
    }
    return list(cells.values())


if __name__ == "__main__":
    with Path(sys.argv[1]).open("wb") as out:
        out.writelines(rows(int(sys.argv[2]) if len(sys.argv) > 2 else 200_000))
