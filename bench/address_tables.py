"""A table of 400,000 ranges: CPU seconds to take it in, and look-ups a second beside those of MaxMind's own library.

    python bench/address_tables.py [--ranges 400000] [--addresses 1000000]

The ranges are prefixes of IPv4 drawn from a seed, /8 to /24 as they nest; ours reads them as iptoasn's lines and as a
MaxMind DB file. Both answer for the same addresses, and every answer is compared. The library's C extension is used
where it is installed, and asked one address at a time, as it has no other way; ours is asked for all at once.
"""

import argparse
import io
import ipaddress
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import maxminddb
import netaddr  # type: ignore[import-untyped]  # has no types of its own
import numpy as np
from mmdb_writer import MMDBWriter

from quetsach.network.mmdb import read_mmdb
from quetsach.network.published import read_lines
from quetsach.network.ranges import MAPPED_FIRST, key_of

SEED = 20261101


def seconds[Result](work: Callable[[], Result]) -> tuple[float, Result]:
    """Return the CPU seconds of one run, and what it gave."""
    begun = time.process_time()
    result = work()
    return time.process_time() - begun, result


def prefixes(count: int) -> list[tuple[ipaddress.IPv4Network, int]]:
    """Return so many different prefixes with an AS each, those that hold others first."""
    rng, found = random.Random(SEED), dict[ipaddress.IPv4Network, int]()
    while len(found) < count:
        length = rng.choices((8, 12, 16, 20, 22, 24), (1, 5, 100, 500, 1500, 8000))[0]
        network = ipaddress.IPv4Network((rng.getrandbits(length) << (32 - length), length))
        found[network] = rng.randrange(1, 70_000)
    return sorted(found.items(), key=lambda one: one[0].prefixlen)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ranges", type=int, default=400_000)
    parser.add_argument("--addresses", type=int, default=1_000_000)
    arguments = parser.parse_args()
    table = prefixes(arguments.ranges)
    lines = "".join(f"{n[0]}\t{n[-1]}\t{asn}\tZZ\tn\n" for n, asn in table).encode()
    spent, text = seconds(lambda: read_lines(io.BytesIO(lines), "ip2asn", where="bench").ranges)
    print(f"{arguments.ranges} ranges, {len(text.starts)} stretches: {spent:.1f} CPU seconds from ip2asn lines")
    writer = MMDBWriter(database_type="bench", int_type="u32")
    for network, asn in table:
        writer.insert_network(netaddr.IPSet([str(network)]), {"autonomous_system_number": asn})
    numbers = [random.Random(SEED + n).getrandbits(32) for n in range(arguments.addresses)]
    keys = np.array([key_of(MAPPED_FIRST | number) for number in numbers], dtype="S16")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.mmdb")
        writer.to_db_file(str(path))
        spent, ranges = seconds(lambda: read_mmdb(path.read_bytes(), where="bench").ranges)
        print(f"{spent:.1f} CPU seconds from a MaxMind DB file of {path.stat().st_size >> 20} MiB")
        ours, found = seconds(lambda: [int(asn) for asn in ranges.asns[ranges.find(keys)]])
        addresses = [ipaddress.IPv4Address(number) for number in numbers]
        with maxminddb.open_database(path) as library:
            theirs, wanted = seconds(lambda: [library.get(address) for address in addresses])
    if found != [one.get("autonomous_system_number", 0) if isinstance(one, dict) else 0 for one in wanted]:
        raise SystemExit("the answers differ")
    if not np.array_equal(found, text.asns[text.find(keys)]):
        raise SystemExit("both forms differ")
    rates = [arguments.addresses / spent for spent in (ours, theirs)]
    print(f"look-ups a CPU second: {rates[0]:,.0f}, the library {rates[1]:,.0f}: {rates[0] / rates[1]:.1f} times")


if __name__ == "__main__":
    main()
