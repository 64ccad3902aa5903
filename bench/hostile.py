"""Attacks on a served centre and on what reads hostile files, side by side for this code and for another checkout.

Usage: python bench/hostile.py [--beside DIR] [--reports N] [--bodies N] [--heads N] [--seconds N] [--rounds N]

``--beside`` names a checkout with an environment of its own in ``.venv``, such as a worktree of the commit before; both
meet the same attacks, one after the other. Everything goes to 127.0.0.1, is bounded in number and time, and works on a
demonstration that is made for the run and thrown away. Races need root.

Columns: what the attack was, then for each checkout what came of it. ``worst`` is the longest wait of two probes
(``/healthz`` and a page) while the attack lasts, in seconds of the clock; a probe gives up after ten. CPU seconds are
of all processes of the centre.
"""

import argparse
import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.hostile_reports import documents  # noqa: E402
from tests.hostile_workbooks import HOSTILE  # noqa: E402

PATHS = (
    "/api/v1/reports",
    "/api/v1/partners/reports",
    "/van-phong/vao/",
    "/en/office/sign-in/",
    "/giup-do/",
    "/giup-do/tim/",
    "/kiem-tra/",
    "/cong-van/x/",
    "/bao-cao/x/",
    "/",
)
PROBE_SECONDS = 10
START_SECONDS = 300
CHILD_SECONDS = 120
READ_XLSX = """
import json, resource, sys, time
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
from quetsach.web.office.units.spreadsheet import read_xlsx
before = resource.getrusage(resource.RUSAGE_SELF)
peak = lambda: next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM")) >> 10
start = peak()
try:
    read_xlsx(Path(sys.argv[1]).read_bytes(), name="x")
    outcome = "read"
except Exception as error:
    outcome = type(error).__name__
after = resource.getrusage(resource.RUSAGE_SELF)
children = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime + children.ru_utime + children.ru_stime
print(json.dumps([outcome, round(cpu, 2), max(peak() - start, children.ru_maxrss >> 10)]))
"""
RACE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from tests.races import race
print(json.dumps(race(sys.argv[2], int(sys.argv[3]))))
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A centre that serves: its port, and its main process."""

    port: int
    process: "subprocess.Popen[bytes]"

    def get(self, path: str) -> tuple[int, int, float]:
        """Return status, bytes and seconds of one page; status 0 if no answer came in time."""
        began = time.monotonic()
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PROBE_SECONDS)
        try:
            line.request("GET", path, headers={"X-Forwarded-For": "203.0.113.9", "Connection": "close"})
            answer = line.getresponse()
            return answer.status, len(answer.read()), time.monotonic() - began
        except (OSError, http.client.HTTPException):
            return 0, 0, time.monotonic() - began
        finally:
            line.close()

    def post_report(self, body: bytes, source: str) -> int:
        """Send one report as a proxy would hand it on."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PROBE_SECONDS)
        try:
            headers = {"Content-Type": "application/json", "X-Forwarded-For": source, "Connection": "close"}
            line.request("POST", "/api/v1/reports", body, headers)
            return line.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()

    def cpu_seconds(self) -> float:
        """Return what all processes of the centre have used."""
        return sum(_cpu_seconds(pid) for pid in _tree(self.process.pid))


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in children.read_text().split()] if children.exists() else []
    return [pid, *(below for child in found for below in _tree(child))]


def _cpu_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _behind_proxy() -> dict[str, str]:
    """Return the environment of a centre behind one proxy, for its first start as for later ones."""
    return os.environ | {"QUETSACH_PROXY_HOPS": "1"}


@contextmanager
def served(checkout: Path, data: Path) -> Iterator[Served]:
    """Serve a prepared folder with a checkout's own command, as behind one proxy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command: list[str | Path] = [checkout / ".venv/bin/quetsach", "center", "up", "--data", data, "--port", str(port)]
    with (data.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=_behind_proxy(), stdout=log, stderr=log, start_new_session=True)
        centre = Served(port, process)
        try:
            _until(lambda: centre.get("/en/privacy/")[0] == 200, process)
            yield centre
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _until(is_so: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not is_so():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the centre does not serve")
        time.sleep(0.3)


def flood(centre: Served, count: int) -> Iterator[tuple[str, str]]:
    """Send invented reports, each from another address, and look at the home page before and after."""
    before = _home(centre)
    answers: Counter[int] = Counter()
    for number, body in enumerate(documents(count, 12)):
        answers[centre.post_report(body, f"14.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")] += 1
    time.sleep(65)  # tallies are kept for a minute
    after = _home(centre)
    told = ", ".join(f"{n} × {status or 'no answer'}" for status, n in sorted(answers.items()))
    yield f"{count} hostile reports", told
    yield "home page, KiB before → after", f"{before[0] / 1024:.1f} → {after[0] / 1024:.1f}"
    yield "home page, CPU ms before → after", f"{before[1] * 1000:.1f} → {after[1] * 1000:.1f}"


def _home(centre: Served, pages: int = 200) -> tuple[int, float]:
    """Return bytes and CPU seconds of the home page."""
    centre.get("/")
    before = centre.cpu_seconds()
    size = max(centre.get("/")[1] for _ in range(pages))
    return size, (centre.cpu_seconds() - before) / pages


def slow(centre: Served, *, bodies: int, heads: int, seconds: float) -> Iterator[tuple[str, str]]:
    """Hold connections that have sent a part of a request, and ask for pages meanwhile."""
    form = "Content-Type: application/x-www-form-urlencoded"  # what makes a page read the body
    head = f"Host: localhost\r\nX-Forwarded-For: 203.0.113.9\r\n{form}\r\nContent-Length: 5000"
    post = f"POST {{}} HTTP/1.1\r\n{head}\r\n\r\nx"
    yield (
        f"{bodies} half-sent bodies: worst",
        _held(centre, [post.format(PATHS[n % len(PATHS)]).encode() for n in range(bodies)], seconds),
    )
    time.sleep(1)
    yield f"{heads} half-sent heads: worst", _held(centre, [b"GET / HTTP/1.1\r\nHost: lo"] * heads, seconds)


def _held(centre: Served, beginnings: list[bytes], seconds: float) -> str:
    waits, failed, open_ = [0.0], 0, 0
    with ExitStack() as stack:
        for beginning in beginnings:
            line = stack.enter_context(socket.socket())
            line.settimeout(1)
            try:
                line.connect(("127.0.0.1", centre.port))
                line.sendall(beginning)
                open_ += 1
            except OSError:
                continue
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for path in ("/healthz", "/en/privacy/"):
                status, _, waited = centre.get(path)
                waits.append(waited)
                failed += status != 200
            time.sleep(0.2)
    return f"{max(waits):.2f} s, {failed} of {len(waits) - 1} failed"


def spreadsheets(checkout: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Have the checkout's own reader take each hostile workbook, in a process of its own."""
    for name, make in HOSTILE.items():
        path = folder / "x.xlsx"
        path.write_bytes(make())
        yield (
            f"XLSX, {path.stat().st_size >> 10} KiB: {name}",
            _child(checkout, READ_XLSX, path, form="{}, {} s CPU, {} MiB at most"),
        )


def races(checkout: Path, rounds: int) -> Iterator[tuple[str, str]]:
    """Play each race against undo."""
    for kind in ("chown", "suid", "link") if os.geteuid() == 0 else ():
        yield (
            f"race for {kind}: won, exchanged",
            _child(checkout, RACE, ROOT, kind, rounds, form=f"{{}}, {{}} of {rounds}"),
        )


def _child(checkout: Path, program: str, *arguments: object, form: str) -> str:
    words = [str(word) for word in (checkout / ".venv/bin/python", "-c", program, *arguments)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "quetsach.web.settings"}
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=CHILD_SECONDS, cwd=checkout, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return f"not done in {CHILD_SECONDS} s"
    lines = done.stdout.splitlines()
    return (
        form.format(*json.loads(lines[-1])) if done.returncode == 0 and lines else f"broke off: {done.stderr[-60:]!r}"
    )


def attacked(checkout: Path, arguments: argparse.Namespace) -> dict[str, str]:
    """Return what came of every attack on one checkout."""
    found: dict[str, str] = {}

    def note(results: Iterator[tuple[str, str]]) -> None:
        for attack, outcome in results:
            found[attack] = outcome
            print(f"{checkout.name}: {attack}: {outcome}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="quetsach-hostile-") as name:
        folder, data = Path(name), Path(name) / "centre"
        command: list[str | Path] = [checkout / ".venv/bin/quetsach", "center", "up", "--data", data, "--prepare-only"]
        subprocess.run(command, env=_behind_proxy(), check=True, capture_output=True)
        with served(checkout, data) as centre:
            note(slow(centre, bodies=arguments.bodies, heads=arguments.heads, seconds=arguments.seconds))
            time.sleep(15)
            note(flood(centre, arguments.reports))
        note(spreadsheets(checkout, folder))
    note(races(checkout, arguments.rounds))
    return found


def main() -> None:
    """Attack, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another checkout, with its environment in .venv")
    parser.add_argument("--reports", type=int, default=5000, metavar="N")
    parser.add_argument("--bodies", type=int, default=200, metavar="N")
    parser.add_argument("--heads", type=int, default=2000, metavar="N")
    parser.add_argument("--seconds", type=float, default=15, metavar="N", help="how long slow connections are held")
    parser.add_argument("--rounds", type=int, default=200, metavar="N", help="of each race")
    arguments = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))
    checkouts = [*([arguments.beside.resolve()] if arguments.beside else []), ROOT]
    results = [attacked(checkout, arguments) for checkout in checkouts]
    heads = ["beside", "this code"][-len(results) :]
    print("| attack | " + " | ".join(heads) + " |\n|---|" + "---|" * len(results))
    for attack in results[-1]:
        print(f"| {attack} | " + " | ".join(found.get(attack, "–") for found in results) + " |")


if __name__ == "__main__":
    main()
