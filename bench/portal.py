"""What the public portal takes: pages per CPU second of the centre itself, through nginx, looks at one's own address.

A demonstration centre is served by the real command, with as many listed addresses as a country had at its worst; wrk
(Debian's package) asks from the same machine, 32 connections at once. What counts is the CPU time of the centre's
processes, so a busy machine changes little; beside it the same page made by Django for each visitor, in the same run.
Through nginx, set up as the how-to says, the rate is told as it comes, with both cores shared by nginx and wrk.

Usage: python bench/portal.py [--data FOLDER] [--seconds N] [--held N]
"""

import argparse
import asyncio
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
from datetime import date
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright
from tests.browser import chromium
from tests.centre import center, served
from tests.nginx import block_of, nginx
from tests.waiting import until

from quetsach import storage
from quetsach.centre.publication.snapshot import listed_path
from quetsach.core.address import Address
from quetsach.web.server.pages import CURRENT, STATE

WANTED = {
    "pages": 4_000,
    "nginx": 20_000,
    "looks": 2_000,
    "text": 15_000,
    "fonts": 55_000,
    "requests": 6,
    "paint": 2_000,
}
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""A slow mobile network: milliseconds until an answer begins, and bytes a second."""
HELD_PER_SECOND, SLOWEST_SECONDS = 500, 0.05
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]"
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGES = """
local paths, number = {%s}, 0
request = function()
    number = number %% #paths + 1
    return wrk.format("GET", paths[number] .. "%s", {["Accept-Encoding"] = "gzip"})
end
"""
_LOOKS = """
local addresses, number = {%s}, 0
request = function()
    number = number %% #addresses + 1
    return wrk.format("POST", "/kiem-tra/", {["X-Forwarded-For"] = addresses[number], ["Content-Length"] = "0"})
end
"""
LISTED = 2_100_000
SHARE_LISTED = 0.45
"""Of the visitors of 2022, 9,000 of 20,000 came from a listed address."""


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
def centre(data: Path | None) -> Iterator[tuple[str, Path, int, list[str]]]:
    """Serve a demonstration; yield its address, the folder of its pages, its process, addresses of visitors."""
    with tempfile.TemporaryDirectory() as scratch:
        kept, pages = Path(scratch, "centre"), Path(scratch, "pages")
        if data:
            shutil.copytree(data, kept)
        else:
            center(kept, "up", "--prepare-only")
        visitors = list_many(kept, LISTED)
        with served(kept, QUETSACH_PAGES=str(pages), QUETSACH_PROXY_HOPS="1", QUETSACH_LOG="text") as running:
            until((pages / CURRENT / STATE).exists, running.log.read_text)
            time.sleep(2)
            yield running.url, pages, running.process.pid, visitors


def list_many(data: Path, count: int) -> list[str]:
    """Put as many addresses into the look-up as a country had at its worst; return those of visitors, some of them."""
    path = listed_path(data)
    content = path.read_bytes()
    length = int.from_bytes(content[8:16], "little")
    header = json.loads(content[16 : 16 + length])
    bounds = content[16 + length + 24 * header["entries"] :]
    chance = np.random.default_rng(7)
    low = np.unique(chance.integers(14 << 24, 126 << 24, size=count, dtype=np.uint64) | (0xFFFF << 32))
    newest = (date.fromisoformat(header["newest_day"]) - date(1970, 1, 1)).days
    columns = (
        np.zeros(len(low), dtype="<u8"),
        low.astype("<u8"),
        chance.integers(0, len(header["families"]), size=len(low)).astype("<u4"),
        chance.integers(newest - 29, newest + 1, size=len(low)).astype("<i4"),
    )
    text = json.dumps(header | {"entries": len(low)}).encode()
    text += b" " * (-len(text) % 16)
    storage.write(path, b"".join([content[:8], len(text).to_bytes(8, "little"), text, *map(bytes, columns), bounds]))
    listed = chance.choice(low, size=20_000)
    others = chance.integers(14 << 24, 126 << 24, size=len(listed), dtype=np.uint64) | (0xFFFF << 32)
    chosen = np.where(chance.random(len(listed)) < SHARE_LISTED, listed, others)
    return [str(Address(int(number))) for number in chosen]


async def hold(url: str, addresses: Sequence[str], seconds: int) -> tuple[int, float, int]:
    """Look addresses up at a steady rate; return answers, the time within which 99 % came, and what went wrong."""
    host, _, port = url[7:].partition(":")
    waits: list[float] = []
    faults = 0
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(64):
        idle.put_nowait(await asyncio.open_connection(host, int(port)))

    async def look(address: str, due: float) -> None:
        nonlocal faults
        reader, writer = await idle.get()
        words = (
            f"POST /kiem-tra/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {address}\r\nContent-Length: 0\r\n\r\n"
        )
        writer.write(words.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        content = await reader.readexactly(length)
        waits.append(asyncio.get_running_loop().time() - due)
        faults += not head.startswith(b"HTTP/1.1 200") or address.encode() not in content
        idle.put_nowait((reader, writer))

    clock = asyncio.get_running_loop().time
    start = clock()
    async with asyncio.TaskGroup() as group:
        for number in range(seconds * HELD_PER_SECOND):
            due = start + number / HELD_PER_SECOND
            if (ahead := due - clock()) > 0:
                await asyncio.sleep(ahead)
            group.create_task(look(addresses[number % len(addresses)], due))
    return len(waits), sorted(waits)[len(waits) * 99 // 100], faults


def weigh(url: str) -> tuple[int, int, int]:
    """Return the bytes of the packed home page with its style, those of its fonts, and how many requests it takes."""

    def size(path: str) -> tuple[int, bytes]:
        asked = urllib.request.Request(url + path, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as answer:
            content = answer.read()
        return len(content), gzip.decompress(content) if answer.headers["Content-Encoding"] == "gzip" else content

    home, page = size("/")
    text = page.decode().partition("</head>")[0]
    needed = [link for link in (part.partition('"')[0] for part in text.split('href="')[1:]) if "/static/" in link]
    fonts = sum(size(link)[0] for link in needed if link.endswith(".woff2"))
    style = sum(size(link)[0] for link in needed if link.endswith(".css"))
    return home + style, fonts, 1 + len(needed)


def painted(url: str) -> int:
    """Return after how many milliseconds a telephone shows something of the home page, which it has never seen."""
    with sync_playwright() as playwright, chromium(playwright) as browser:
        found: list[float] = []
        for _visit in range(3):
            context = browser.new_context(viewport={"width": 360, "height": 640})
            page = context.new_page()
            context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
            page.goto(f"{url}/", wait_until="load")
            page.wait_for_function(f"() => {_PAINTED}")
            found.append(page.evaluate(f"{_PAINTED}.startTime"))
            context.close()
    return round(sorted(found)[1])


def rows(seconds: int, held: int, data: Path | None) -> Iterator[tuple[str, str, bool]]:
    """Measure; yield what, how much, and whether it is what was wanted."""
    with centre(data) as (url, pages, process, visitors):
        known = json.loads((pages / CURRENT / STATE).read_text())["pages"]
        paths = sorted({page["path"] for page in known})
        every = ", ".join(f'"{path}"' for path in paths)
        made = load(url, _PAGES % ('"/"', "?made"), process=process, seconds=seconds)
        yield "home, made by Django for each visitor", f"{made.per_cpu_second:,.0f} a CPU second", True
        for name, which in (("home", '"/"'), (f"all {len(paths)} public pages", every)):
            found = load(url, _PAGES % (which, ""), process=process, seconds=seconds)
            told = f"{found.per_cpu_second:,.0f} a CPU second ({found.per_cpu_second / made.per_cpu_second:.0f} times)"
            yield f"{name}, from the centre", told, not found.faults and found.per_cpu_second >= WANTED["pages"]
        looks = load(url, _LOOKS % ", ".join(f'"{one}"' for one in visitors), process=process, seconds=seconds)
        fine = not looks.faults and looks.per_cpu_second >= WANTED["looks"]
        yield f"looks at one's own address, {LISTED:,} listed", f"{looks.per_cpu_second:,.0f} a CPU second", fine
        before = cpu_seconds(process)
        answers, slowest, faults = asyncio.run(hold(url, visitors, held))
        told = f"99 % within {slowest * 1000:.1f} ms, {100 * (cpu_seconds(process) - before) / held:.0f} % of a core"
        what = f"{HELD_PER_SECOND} looks a second for {held} s, {answers - faults:,} of {answers:,} answered rightly"
        yield what, told, not faults and slowest <= SLOWEST_SECONDS
        text, fonts, requests = weigh(url)
        fine = text <= WANTED["text"] and fonts <= WANTED["fonts"] and requests <= WANTED["requests"]
        told = f"{text:,} bytes, fonts {fonts:,}, in {requests} requests"
        yield "home with its style, packed", told, fine
        milliseconds = painted(url)
        told = f"{milliseconds:,} ms, and what it takes to connect"
        yield "home shows something on a slow mobile network", told, milliseconds <= WANTED["paint"]
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
    parser.add_argument("--held", type=int, default=60, help="how long looks are asked for at a steady rate")
    arguments = parser.parse_args(words)
    if shutil.which("wrk") is None:
        parser.exit(2, "wrk is not here: apt-get install wrk\n")
    is_well = True
    for what, much, fine in rows(arguments.seconds, arguments.held, arguments.data):
        print(f"{what}: {much}{'' if fine else '  <- less than was wanted'}", flush=True)
        is_well &= fine
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
