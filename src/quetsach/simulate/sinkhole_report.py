"""Shadowserver's sinkhole report as it is delivered: columns, header, and the addresses of made-up sinkholes."""

COLUMNS = tuple(
    "timestamp protocol src_ip src_port src_asn src_geo src_region src_city src_hostname src_naics src_sector "  # noqa: SIM905
    "device_vendor device_type device_model severity dst_ip dst_port dst_asn dst_geo dst_region dst_city dst_hostname "
    "dst_naics dst_sector public_source infection family tag application version event_id ssl_cipher "
    "ssl_servername".split()
)
"""The columns of ``event4_sinkhole`` and ``event6_sinkhole`` (layout of 2026)."""

HEADER = (",".join(f'"{column}"' for column in COLUMNS) + "\n").encode()

SINKHOLES = ("192.0.2.10", "192.0.2.20", "198.51.100.30", "203.0.113.40")  # RFC 5737: addresses of nobody
SINKHOLE_PORTS = (80, 443, 4455, 8080, 16464, 65520)
