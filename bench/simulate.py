"""How long a country of machines takes, and that memory does not grow with the days.

``python bench/simulate.py [--hosts N] [--days N …]``: plays the scenario ``national`` with so many machines at home
(and 0.72 times as many abroad) into a temporary folder, once for each number of days, each in a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Play once for each number of days and print a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, default=200_000)
    parser.add_argument("--days", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.alone:
        print(json.dumps(play(arguments.hosts, arguments.days[0])))
        return
    for days in arguments.days:
        command = [sys.executable, __file__, "--alone", "--hosts", str(arguments.hosts), "--days", str(days)]
        got = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        print(
            f"{arguments.hosts:,} hosts x {days} days: {got['rows']:,} rows, {got['gigabytes']:.1f} GB, "
            f"{got['cpu']:.0f} CPU s, {got['wall']:.0f} s by the clock, at most {got['mebibytes']:,} MiB",
            flush=True,
        )


def play(hosts: int, days: int) -> dict[str, float]:
    """Play the country of so many hosts and days; return what it took."""
    from quetsach.centre.tables import bundled_ranges
    from quetsach.core.period import Period
    from quetsach.simulate import Order, read_country, write_country

    content = (ROOT / "data" / "scenarios" / "national.toml").read_bytes()
    scenario = read_country(content, file="national.toml")
    first, factor = scenario.period.first, hosts / scenario.hosts
    pools = {isp.id: isp.addresses * (min(factor, 8) if isp.weight > 10 else 1) for isp in scenario.isps}
    country = replace(
        scenario,
        hosts=hosts,
        period=Period(first, first + timedelta(days=days - 1)),
        measures=tuple(replace(m, first=first + timedelta(days=days // 3), last=None) for m in scenario.measures),
        isps=tuple(
            replace(isp, addresses=int(pools[isp.id]), cgnat_addresses=int(isp.cgnat_addresses * factor))
            for isp in scenario.isps
        ),
    )
    ranges = bundled_ranges()
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = time.process_time(), time.perf_counter()
        manifest, _ = write_country(Order(content, country), ranges, Path(folder))
        return {
            "cpu": time.process_time() - cpu,
            "wall": time.perf_counter() - wall,
            "rows": sum(file["rows"] for file in manifest["files"] if file["name"].startswith("feeds/")),
            "gigabytes": sum(file["size_bytes"] for file in manifest["files"]) / 1e9,
            "mebibytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


if __name__ == "__main__":
    main()
