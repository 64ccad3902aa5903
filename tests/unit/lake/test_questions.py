"""Questions in parts: however many, in whatever order, the answer is that of one part, to the last bit."""

import pickle
import random
import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.leases import Country, watch
from tests.dying import Dies
from tests.lake_reader import landed_bytes
from tests.unit.lake.test_hosts import annotate, ingest

from quetsach.assess.hosts.measure import Watch
from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.lake import hosts, keeping
from quetsach.lake.host_queries import Bots, HostWindow, Overlap
from quetsach.lake.host_rows import HostRows
from quetsach.lake.host_windows import laid_out
from quetsach.lake.lake import Lake
from quetsach.lake.placement import Here
from quetsach.lake.queries import (
    GROUPS,
    CountAddresses,
    CountTogether,
    Engine,
    ListAddresses,
    Part,
    Question,
    parts_of,
)
from quetsach.lake.reach import InstallationDays
from quetsach.lake.records import CatalogReader
from quetsach.lake.view import LakeView

FIRST = date(2020, 6, 1)
WEEK = Period(FIRST, FIRST + timedelta(days=6))
SMALL = Country(machines=60, days=7, dense=0.02)
MORE = "".join(
    f"2020-06-{1 + n % 7:02} {n % 24:02}:{n % 60:02}:{n % 59:02}.{n * 7919 % 1000:03},2001:ee0:{n % 9}:{n % 5}::{n},"
    f"{('mirai', 'necurs')[n % 2]},{('VN', 'US')[n % 3 == 0]},\n"
    for n in range(900)
)
PLACED = (("mirai", "mirai"), ("necurs", "mirai"))
WAYS = ((), ("day",), ("day", "family"), ("isp", "ip_version"))
OUTAGE = range(60, 67)
"""Hours in which nothing was seen: gaps across a silence are kept with their times."""


class _Asked(Here):
    """Counts how often parts are answered."""

    times = 0

    def answers(self, question: Question[Any], parts: Sequence[Part]) -> list[tuple[pa.Table, ...]]:
        type(self).times += 1
        return super().answers(question, parts)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LakeView]:
    """A week of two reports with IPv4 and IPv6, abroad too, names of installations, and an outage."""
    lake = Lake(tmp_path_factory.mktemp("questions"))
    for report, seed in (("own", 1), ("other", 2)):
        seen = watch(SMALL, np.random.default_rng(seed))
        is_up = ~np.isin(seen.hour.astype(int), OUTAGE)
        kept = type(seen)(seen.address[is_up], seen.hour[is_up], seen.machine[is_up], 0, 0, 7)
        ingest(lake, kept, first=FIRST, report=report, more=MORE)
    with lake.view() as opened:
        yield opened


def plain(answer: object) -> object:
    """Return an answer as what can be compared with ``==``, floats bit by bit."""
    if isinstance(answer, HostRows):
        ways = [(by, answer.ladder(by), answer.totals(by)) for by in answer.ladders]
        more = [answer.distinct(by) for by in answer.addresses]
        return ways, more, answer.hourly(), answer.sensor_days(), answer.windows(), answer.abroad()
    if isinstance(answer, tuple):
        return [plain(one) for one in answer]
    return answer.to_pylist() if isinstance(answer, pa.Table) else answer


def questions(view: LakeView) -> Iterator[tuple[str, Question[Any], Sequence[Path], Sequence[Path]]]:
    files = view.catalog.countable(WEEK)
    for by in ((), ("day",), ("family", "isp"), ("day", "asn", "ip_version"), ("report", "province", "sector")):
        yield f"count {by}", CountAddresses(by), files, ()
    yield "count in several ways", CountTogether(tuple(map(CountAddresses, WAYS))), files, ()
    yield "count one family", CountAddresses(("day",), ("necurs",)), files, ()
    yield "list", ListAddresses(), files, ()
    with laid_out(view, WEEK, None) as laid:
        ways = ((), ("isp",), ("asn", "province"))
        yield "hosts", HostWindow(laid.clocks, ways, ways, ((), ("family",), ("isp",))), laid.addresses, laid.gaps
        yield "hosts of a family", HostWindow(laid.clocks, families=("mirai",)), laid.addresses, laid.gaps
        first, second = (Watch("plain", report, "mirai", 4) for report in ("own", "other"))
        yield "overlap", Overlap(first, second), laid.addresses, ()
        yield "bots", Bots(("isp",)), laid.bots, ()
        yield "all bots", Bots(), laid.bots, ()
        yield "days of installations", InstallationDays(), laid.bots, ()
        yield "hosts placed", HostWindow(laid.clocks, ways, ways, ((),), ("mirai",), PLACED), laid.addresses, laid.gaps
        yield "overlap placed", Overlap(first, second, PLACED), laid.addresses, ()
        yield "bots placed", Bots(("isp",), ("mirai",), PLACED), laid.bots, ()


def two_reports(folder: Path) -> Lake:
    """Return a lake of a week of two reports, for whoever asks it elsewhere."""
    lake = Lake(folder)
    for report, seed in (("own", 1), ("other", 2)):
        ingest(lake, watch(SMALL, np.random.default_rng(seed)), first=FIRST, report=report, more=MORE)
    return lake


DYING = ("list", "hosts", "bots")
"""Questions, one of each kind of files, in the middle of which whoever answers is killed."""


def answers(
    view: LakeView,
    asked: Callable[[Question[Any]], Question[Any]] = lambda question: question,
    which: Collection[str] = (),
) -> list[Any]:
    """Return the name and the answer of every question, or of some, asked where the view asks and in the way given."""
    return [
        (name, plain(view.ask(asked(question), view.parts_of(files, once=once))))
        for name, question, files, once in questions(view)
        if not which or name in which
    ]


def dying(marks: Path) -> Callable[[Question[Any]], Question[Any]]:
    """Return what makes of each question one that kills whoever is about to answer it, once."""
    numbers = count()
    return lambda question: Dies(question, marks / str(next(numbers)))


def test_parts_in_any_order_answer_as_one(view: LakeView) -> None:
    chance = random.Random(1)
    for name, question, files, once in questions(view):
        whole = plain(view.ask(question, parts_of(files, once=once)))
        assert whole, name
        for number in (2, 7):
            parts = list(parts_of(files, once=once, count=number))
            chance.shuffle(parts)
            assert plain(view.ask(question, parts)) == whole, (name, number)


def test_what_is_counted_together_is_as_counted_alone_and_the_files_are_read_once(view: LakeView) -> None:
    files = view.catalog.countable(WEEK)
    alone = [view.ask(CountAddresses(by), parts_of(files)) for by in WAYS]
    together = LakeView(view.folder, CatalogReader(view.folder), Engine(), placement=_Asked(Engine()))
    together.count_together(WEEK, WAYS)
    assert [together.distinct_addresses(WEEK, by).to_pylist() for by in WAYS] == [one.to_pylist() for one in alone]
    assert _Asked.times == 1


@pytest.mark.parametrize("home", [None, "VN"])
def test_what_was_seen_counts_as_the_sightings_do(view: LakeView, home: str | None) -> None:
    seen, sightings = view.catalog.countable(WEEK), view.catalog.kept(WEEK)
    assert len(seen) == 14
    assert not set(seen) & set(sightings)
    ways = (*((group,) for group in GROUPS), *((group, "day") for group in GROUPS), GROUPS, ())
    asked: list[Question[Any]] = [CountAddresses(by, home=home) for by in ways]
    asked += [CountAddresses(("day",), ("mirai",), PLACED, home), ListAddresses(home=home), ListAddresses(PLACED, home)]
    for question in asked:
        assert plain(view.ask(question, parts_of(seen, count=3))) == plain(view.ask(question, parts_of(sightings)))


def test_days_that_are_far_apart_are_counted_together_as_alone(tmp_path: Path) -> None:
    """More than the bits of a number; with names of which two are one family today."""
    lake, days = Lake(tmp_path), [date(2020, 1, 1) + timedelta(days=n) for n in (0, 1, 63, 64, 127, 128, 200)]
    names_of = ("mirai", "necurs")
    rows = [f"{day} 07:00:{n},14.160.0.{n % 17},{names_of[n % 2]},VN,\n" for n in range(60) for day in days[n % 4 :]]
    _deliver(lake, f"timestamp,address,malware,country,bot_id\n{''.join(rows)}")
    with lake.view() as view:
        files = view.catalog.countable(Period(days[0], days[-1]))
        for names, families in ((None, None), (PLACED, None), (PLACED, ("mirai",)), (None, ("necurs",))):
            counts = tuple(CountAddresses(by, families, names) for by in WAYS)
            together = view.ask(CountTogether(counts), parts_of(files, count=2))
            assert together == tuple(view.ask(count, parts_of(files)) for count in counts)
            assert together[1].column("day").to_pylist() == days[families == ("necurs",) :]


def test_a_lake_of_before_answers_the_same_in_any_number_of_parts(view: LakeView, tmp_path: Path) -> None:
    """Its roll-ups have no buckets, and do not say what was seen; half of it is made again."""
    shutil.copytree(view.folder, tmp_path / "lake")
    for path in tmp_path.glob("lake/rollups/day=2020-06-0[1-4]/*.addresses.parquet"):
        table = pq.read_table(path, partitioning=None)
        pq.write_table(table.drop_columns(["bucket"]), path)
    for path in tmp_path.glob("lake/rollups/day=2020-06-0[1-4]/*.seen.parquet"):
        path.unlink()
    of_both = ("count ('family', 'isp')", "count in several ways", "list", "hosts", "overlap placed")
    now = dict(answers(view, which=of_both))
    with Lake(tmp_path / "lake").view() as old:
        for name, question, files, once in questions(old):
            if name in of_both:
                assert plain(old.ask(question, parts_of(files, once=once, count=3))) == now.pop(name), name
    assert not now


def test_every_row_is_in_one_part(view: LakeView) -> None:
    files = view.catalog.countable(WEEK)
    whole = view.ask(CountAddresses(()), parts_of(files)).column("addresses")[0].as_py()
    counts = [view.ask(CountAddresses(()), [part]).column("addresses")[0].as_py() for part in parts_of(files, count=5)]
    assert sum(counts) == whole
    assert min(counts) > whole / 10


def test_a_question_and_its_parts_can_be_sent_elsewhere(view: LakeView) -> None:
    for name, question, files, once in questions(view):
        parts = parts_of(files, once=once, count=2)
        sent, there = pickle.loads(pickle.dumps((question, parts)))
        assert plain(view.ask(sent, there)) == plain(view.ask(question, parts)), name


def test_a_part_holds_whole_numbers_days_and_names_only(view: LakeView) -> None:
    for name, question, files, once in questions(view):
        for table in question.of_part(view.engine(), parts_of(files, once=once, count=2)[0]):
            kinds = {field.type for field in table.schema}
            assert not any(pa.types.is_floating(t) or pa.types.is_decimal(t) for t in kinds), name


def test_two_layouts_of_one_lake_answer_the_same(view: LakeView, tmp_path: Path) -> None:
    """The same sightings in other deliveries, in another order, and then in one file a day."""
    rows = "".join(
        landed_bytes(view, d).decode().partition("\n")[2] for d in view.deliveries() if d.report == "own"
    ).splitlines(keepends=True)
    reports = []
    for n, cut in enumerate((1, 3)):
        lake = Lake(tmp_path / str(n))
        shuffled = random.Random(n).sample(rows, len(rows))
        for part in range(cut):
            content = "timestamp,address,malware,country,bot_id\n" + "".join(shuffled[part::cut])
            _deliver(lake, content)
        if n:
            keeping.compact(lake, least_files=2)
        reports.append(hosts.hosts(lake.view(), WEEK, by="isp", announced={45899: 10**6}))
    assert _without_basis(reports[0]) == _without_basis(reports[1])


def test_roll_ups_of_fractions_are_read_too(view: LakeView, tmp_path: Path) -> None:
    """Those that were made before gaps were whole numbers, and whose sightings may have expired since."""
    lake = Lake(tmp_path / "lake")
    ingest(lake, watch(SMALL, np.random.default_rng(1)), first=FIRST)
    whole = hosts.hosts(lake.view(), WEEK)
    for path in lake.folder.glob("rollups/*/*.gaps.parquet"):
        table = pq.read_table(path, partitioning=None)
        ms, high, low = (table.column(name).to_numpy() for name in ("ms", "high", "low"))
        older = table.drop_columns(["ms", "high", "low"]).append_column("hours", pa.array(ms / 3.6e6))
        pq.write_table(older.append_column("squares", pa.array((high * 2.0**26 + low) / 3.6e6**2)), path)
    assert hosts.hosts(lake.view(), WEEK) == whole
    assert keeping.rebuild(lake).mended == 7
    assert hosts.hosts(lake.view(), WEEK) == whole


def test_machines_are_of_the_families_of_today_as_addresses_are(view: LakeView) -> None:
    """Rows that a sensor spells in two ways are one row, and what two sensors saw under any spelling is one family."""
    with laid_out(view, WEEK, None) as laid:
        placed = HostWindow(laid.clocks, distinct=((), ("family",)), families=("mirai",), names=PLACED)
        kept = HostWindow(laid.clocks, distinct=((), ("family",)))
        addresses, gaps = laid.addresses, laid.gaps
    rows, every = (view.ask(question, parts_of(addresses, once=gaps)) for question in (placed, kept))
    assert [row["family"] for row in rows.distinct(("family",))] == ["mirai"]
    assert rows.distinct()[0]["addresses"] == every.distinct()[0]["addresses"]
    assert sum(row["events"] for row in rows.totals()) == sum(row["events"] for row in every.totals())
    spelt = sum(row["rows"] for row in every.totals())
    [sixes] = [row for row in rows.totals() if row["report"] == "own" and row["ip_version"] == 6]
    assert sixes["mixed"] > 0
    assert sum(row["rows"] + row["mixed"] for row in rows.totals()) == spelt
    pairs = {
        names: view.ask(
            Overlap(Watch("plain", "own", "mirai", 6), Watch("plain", "other", "mirai", 6), names), parts_of(addresses)
        )[0]
        for names in (None, PLACED)
    }
    assert min(np.array(pairs[PLACED]) - pairs[None]) > 0


def _deliver(lake: Lake, content: str) -> None:
    lake.ingest(
        content.encode(),
        feed="plain",
        report="own",
        families=FamilyNames.of([], version="f"),
        annotate=annotate,
        now=datetime(2020, 9, 1, tzinfo=UTC),
    )


def _without_basis(report: hosts.HostReport) -> dict[str, object]:
    assert is_dataclass(report)
    return {name: value for name, value in asdict(report).items() if name != "basis"}
