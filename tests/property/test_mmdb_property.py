"""Whatever networks a MaxMind DB file has: our table answers as MaxMind's own library does."""

import ipaddress
import tempfile
from pathlib import Path

import maxminddb
import netaddr
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter

from quetsach.core.address import Address
from quetsach.network.mmdb import read_mmdb
from quetsach.network.ranges import key_of

type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(address: int, length: int, *, is_ipv6: bool) -> Network:
    if is_ipv6:
        return ipaddress.ip_network(((1 << 125) | address >> 3, 8 + length % 120), strict=False)
    return ipaddress.ip_network((address & 0xFFFF_FFFF, 4 + length % 28), strict=False)


NETWORKS = st.lists(
    st.tuples(
        st.builds(
            lambda address, length, is_ipv6: _network(address, length, is_ipv6=is_ipv6),
            st.integers(0, (1 << 128) - 1),
            st.integers(0, 1000),
            st.booleans(),
        ),
        st.integers(1, 2**32 - 1),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(NETWORKS, st.lists(st.integers(0, (1 << 32) - 1), max_size=10))
def test_the_table_answers_as_the_library_of_the_format_does(
    networks: list[tuple[Network, int]], asked: list[int]
) -> None:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="ASN", int_type="u32")
    for network, asn in sorted(networks, key=lambda one: one[0].prefixlen):
        content = {"autonomous_system_number": asn, "autonomous_system_organization": f"n{asn}"}
        writer.insert_network(netaddr.IPSet([str(network)]), content)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.mmdb")
        writer.to_db_file(str(path))
        ranges = read_mmdb(path.read_bytes(), where="t").ranges
        addresses = [edge for network, _ in networks for edge in (network[0], network[-1])]
        addresses += [network[-1] + 1 for network, _ in networks if int(network[-1]) + 1 < 1 << network.max_prefixlen]
        addresses += [ipaddress.IPv4Address(number) for number in asked]
        with maxminddb.open_database(path, maxminddb.MODE_MEMORY) as oracle:
            wanted = [(oracle.get(str(a)) or {}).get("autonomous_system_number", 0) for a in addresses]
    keys = np.array([key_of(Address.parse(str(a)).number) for a in addresses], dtype="S16")
    assert ranges.asns[ranges.find(keys)].tolist() == wanted
