"""What the public portal takes: pages per CPU second of the centre itself, through nginx, looks at one's own address.

A demonstration centre is served by the real command; wrk (Debian's package) asks from the same machine, one connection
an eighth of a core. What counts is the CPU time of the centre's processes, so a busy machine changes little; beside it
the same pages made by Django for each visitor, in the same run. Through nginx, set up as the how-to says, the rate is
told as it comes, with both cores shared by nginx and wrk.

Usage: python bench/portal.py [--data FOLDER] [--seconds N]
"""

import argparse
import contextlib
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.centre import center, served
from tests.nginx import block_of, nginx
from tests.waiting import until

from quetsach.web.server.pages import CURRENT, STATE

WANTED = {"pages": 4_000, "nginx": 20_000, "looks": 2_000, "home": 15_000, "weight": 55_000, "requests": 6}
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGES = """
local paths, number = {%s}, 0
request = function()
    number = number %% #paths + 1
    return wrk.format("GET", paths[number] .. "%s", {["Accept-Encoding"] = "gzip"})
end
"""
_LOOKS = """
math.randomseed(7)
request = function()
    local address = string.format("%%d.%%d.%%d.%%d", math.random(14, 123), math.random(0, 255), math.random(0, 255), 7)
    return wrk.format("POST", "/kiem-tra/", {["X-Forwarded-For"] = address, ["Content-Length"] = "0"})
end
"""


@dataclass(frozen=True)
class Load:
    """What one run of the load generator met."""

    answers: int
    seconds: float
    cpu_seconds: float
    faults: int

    @property
    def per_cpu_second(self) -> float:
        """Answers for each CPU second of those who answered."""
        return self.answers / self.cpu_seconds if self.cpu_seconds else 0.0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds


def descendants(process: int) -> list[int]:
    """Return a process and all that it started."""
    found = [process]
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += descendants(int(child))
    return found


def cpu_seconds(process: int) -> float:
    """Return the CPU time that a process and all that it started have taken so far."""
    total = 0
    for number in descendants(process):
        fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def load(url: str, script: str, *, process: int, seconds: int, connections: int = 32) -> Load:
    """Ask for some seconds as fast as answers come."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        done = (
            'done = function(s) io.write(string.format("FOUND %d %d %d\\n", s.requests, s.duration, '
            "s.errors.status + s.errors.connect + s.errors.read + s.errors.write + s.errors.timeout)) end\n"
        )
        file.write(script + done)
        file.flush()
        before = cpu_seconds(process)
        words = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-s", file.name, url]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        used = cpu_seconds(process) - before
    answers, microseconds, faults = map(int, told.split("FOUND ")[1].split()[:3])
    return Load(answers, microseconds / 1e6, used, faults)


@contextlib.contextmanager
def centre(data: Path | None) -> Iterator[tuple[str, Path, int]]:
    """Serve a demonstration; yield its address, the folder of its pages and its process."""
    with tempfile.TemporaryDirectory() as scratch:
        kept, pages = Path(scratch, "centre"), Path(scratch, "pages")
        if data:
            shutil.copytree(data, kept)
        else:
            center(kept, "up", "--prepare-only")
        with served(kept, QUETSACH_PAGES=str(pages), QUETSACH_PROXY_HOPS="1", QUETSACH_LOG="text") as running:
            until((pages / CURRENT / STATE).exists, running.log.read_text)
            time.sleep(2)
            yield running.url, pages, running.process.pid


def weigh(url: str) -> tuple[int, int, int]:
    """Return the bytes of the packed home page, those of it with style and fonts, and how many requests that is."""

    def size(path: str) -> tuple[int, bytes]:
        asked = urllib.request.Request(url + path, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as answer:
            content = answer.read()
        return len(content), gzip.decompress(content) if answer.headers["Content-Encoding"] == "gzip" else content

    home, page = size("/")
    text = page.decode().partition("</head>")[0]
    links = [part.partition('"')[0] for part in text.split('href="')[1:]]
    needed = [link for link in links if "/static/" in link]
    return home, home + sum(size(link)[0] for link in needed), 1 + len(needed)


def rows(seconds: int, data: Path | None) -> Iterator[tuple[str, str, bool]]:
    """Measure; yield what, how much, and whether it is what was wanted."""
    with centre(data) as (url, pages, process):
        known = json.loads((pages / CURRENT / STATE).read_text())["pages"]
        paths = sorted({page["path"] for page in known})
        every = ", ".join(f'"{path}"' for path in paths)
        made = load(url, _PAGES % ('"/"', "?made"), process=process, seconds=seconds)
        yield "home, made by Django for each visitor", f"{made.per_cpu_second:,.0f} a CPU second", True
        for name, which in (("home", '"/"'), (f"all {len(paths)} public pages", every)):
            found = load(url, _PAGES % (which, ""), process=process, seconds=seconds)
            told = f"{found.per_cpu_second:,.0f} a CPU second ({found.per_cpu_second / made.per_cpu_second:.0f} times)"
            yield f"{name}, from the centre", told, not found.faults and found.per_cpu_second >= WANTED["pages"]
        looks = load(url, _LOOKS, process=process, seconds=seconds)
        fine = not looks.faults and looks.per_cpu_second >= WANTED["looks"]
        yield "looks at one's own address", f"{looks.per_cpu_second:,.0f} a CPU second", fine
        home, weight, requests = weigh(url)
        fine = home <= WANTED["home"] and weight <= WANTED["weight"] and requests <= WANTED["requests"]
        yield "home: packed, with style and fonts", f"{home:,} and {weight:,} bytes in {requests} requests", fine
        page = "run-behind-a-proxy.md"
        server = block_of(page, number=2).replace("/srv/quetsach-pages", str(pages)).replace("127.0.0.1:8000", url[7:])
        written = ", ".join(f'"{path}"' for path in sorted({page["path"] for page in known if not page["for"]}))
        with nginx(pages.with_name("nginx"), server, around=block_of(page, number=1), workers=2) as front:
            found = load(front, _PAGES % (written, ""), process=process, seconds=seconds, connections=64)
            yield (
                "all that lie written, through nginx",
                f"{found.per_second:,.0f}/s",
                found.per_second >= WANTED["nginx"],
            )


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, and fail where less is reached than was wanted."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, help="a prepared demonstration; one is made if none is named")
    parser.add_argument("--seconds", type=int, default=10, help="how long each load lasts")
    arguments = parser.parse_args(words)
    is_well = True
    for what, much, fine in rows(arguments.seconds, arguments.data):
        print(f"{what}: {much}{'' if fine else '  <- less than was wanted'}", flush=True)
        is_well &= fine
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
