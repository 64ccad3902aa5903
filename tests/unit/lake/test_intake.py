"""Small files of a report that come together are taken in together, and as if each had come alone."""

import gzip
import random
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lake_reader import TESTER
from tests.sinkhole_report import make_report
from tests.unit.lake.test_lake_ingest import FAMILIES, HEADER, NOW, annotate, row

from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.feeds.compression import Readable
from quetsach.feeds.layout import FeedError
from quetsach.feeds.packed import Member
from quetsach.lake import intake, rollups
from quetsach.lake.compacted import batches_of
from quetsach.lake.ingestion import landed_chunks
from quetsach.lake.intake import Outcome, ingest_files
from quetsach.lake.journal import OvertakenError
from quetsach.lake.lake import IngestResult, Lake


def take_in(
    lake: Lake, paths: Iterable[Path], *, feed: str = "plain", report: str | None = "bots", **more: object
) -> Iterator[Outcome]:
    return ingest_files(
        lake,
        paths,
        feed=feed,
        report=report,
        families=FAMILIES,
        annotate=annotate,
        clock=lambda: NOW,
        **more,  # type: ignore[arg-type]
    )


def told(outcomes: Iterable[Outcome]) -> list[tuple[str, object]]:
    """Return what became of each but how long it took, and of what was refused why."""
    return [
        (name, replace(one, seconds=0) if isinstance(one, IngestResult) else (one.what, one.where))
        for name, one in outcomes
    ]


def written(folder: Path, contents: Iterable[bytes]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = []
    for n, content in enumerate(contents):
        paths.append(folder / f"{n:03}.csv")
        paths[-1].write_bytes(content)
    return paths


def some(files: int, *, seed: int = 1) -> list[bytes]:
    """Files of up to six rows of three days; many rows are in several of them, and some are damaged."""
    chance = random.Random(seed)
    rows = [row(f"14.160.0.{n}", f"2020-06-{day}") for n in range(8) for day in (14, 15, 16)] + [row("no address")]
    return [HEADER + b"".join(chance.choices(rows, k=chance.randrange(7))) for _ in range(files)]


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many deliveries each commit has."""
    found: list[int] = []
    former = Lake.commit

    def commit(self: Lake, deliveries: list[object], *arguments: object) -> None:
        found.append(len(deliveries))
        former(self, deliveries, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Lake, "commit", commit)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_together_they_are_what_they_are_alone(seed: int, tmp_path: Path, commits: list[int]) -> None:
    paths = written(tmp_path / "files", some(12, seed=seed))
    together, alone = Lake(tmp_path / "together"), Lake(tmp_path / "alone")
    found = told(take_in(together, paths))
    assert max(commits) > 8
    commits.clear()
    assert found == told(one for path in paths for one in take_in(alone, [path]))
    assert set(commits) == {1}
    with together.view() as first, alone.view() as second:
        assert first.state == second.state
        assert first.sightings_count() == second.sightings_count()
        assert [path.name for path in sorted(together.folder.glob("rollups/*/*"))] == [
            path.name for path in sorted(alone.folder.glob("rollups/*/*"))
        ]
        for path in together.folder.glob("rollups/*/*"):
            assert path.read_bytes() == (alone.folder / path.relative_to(together.folder)).read_bytes()
    assert told(take_in(together, paths)) == told(one for path in paths for one in take_in(alone, [path]))


HEADS = st.sampled_from([*[HEADER] * 6, b"\xef\xbb\xbf" + HEADER, b"address,timestamp,malware\n", b"no header\n", b""])
ROWS = st.lists(
    st.sampled_from(
        [
            *(row(f"14.160.0.{n}", f"2020-06-1{day}") for n in range(3) for day in (4, 5, 6)),
            row("no address"),
            row("14.160.0.7", "2020-06-20"),  # of the future
            row(malware='"mi\nrai"'),
            b"damaged\n",
            b"\n",
            HEADER,
        ]
    ),
    max_size=6,
)
FILES = st.tuples(HEADS, ROWS, st.booleans()).map(
    lambda made: (gzip.compress if made[2] else bytes)(made[0] + b"".join(made[1]))
)


@settings(max_examples=6, deadline=None)
@given(st.lists(FILES, min_size=3, max_size=6))
def test_any_files_leave_together_what_they_leave_alone(contents: list[bytes]) -> None:
    with TemporaryDirectory() as folder:
        paths = written(Path(folder, "files"), contents)
        together, alone = Lake(Path(folder, "together")), Lake(Path(folder, "alone"))
        found = told(take_in(together, paths))
        assert found == told(one for path in paths for one in take_in(alone, [path]))
        assert rows_of(together) == rows_of(alone)


def rows_of(lake: Lake) -> list[object]:
    """Return the accounts of a lake, its sightings, each with its delivery and place, and what was set aside."""
    with lake.view() as view:
        paths = {path for one in view.roll_ups() for path in view.sightings_for(one) or ()}
        sightings = [row for batch in batches_of(sorted(paths)) for row in batch.to_pylist()]
        rejects = view.quarantined(by=TESTER).to_pylist()
        accounts = {one.id: one for one in view.deliveries()}
        landed = {one.id: b"".join(landed_chunks(lake.folder / one.landed_path)) for one in accounts.values()}
    return [accounts, sorted(sightings, key=str), sorted(rejects, key=str), landed]


def test_what_was_there_before_is_known(tmp_path: Path) -> None:
    lake, paths = Lake(tmp_path / "lake"), written(tmp_path / "files", some(9))
    list(take_in(lake, paths[:2]))
    list(take_in(lake, paths[2:]))
    alone = Lake(tmp_path / "alone")
    list(take_in(alone, paths))
    with lake.view() as first, alone.view() as second:
        assert first.state == second.state


def test_a_day_is_rolled_up_once_for_all_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[object] = []
    former = rollups.build

    def build(*arguments: object, **named: object) -> object:
        built.append(arguments[1])
        return former(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(rollups, "build", build)
    contents = [HEADER + row(f"14.160.1.{n}") for n in range(20)]
    lake = Lake(tmp_path / "lake")
    assert len(list(take_in(lake, written(tmp_path / "files", contents)))) == 20
    assert len(built) == 1
    with lake.view() as view:
        assert [len(view.catalog.sightings_for(one) or ()) for one in view.roll_ups()] == [1]  # compacted
        assert view.count_addresses(Period(date(2020, 6, 16), date(2020, 6, 16))) == 20


def test_one_that_is_refused_does_not_keep_the_others_back(tmp_path: Path) -> None:
    shown: list[int] = []
    good = [HEADER + row(f"14.160.1.{n}") for n in range(3)]
    days = [f"20{year}-{month:02}-{day:02}" for year in (17, 18) for month in range(1, 13) for day in range(1, 29)]
    late = b"".join(row("14.160.2.1", day) for day in days)  # more of them than a file may have
    paths = written(tmp_path / "files", [good[0], HEADER + row("14.160.1.1") + late, good[1], b"\x00\xff", good[2]])
    lake = Lake(tmp_path / "lake")
    outcomes = list(take_in(lake, paths, progress=shown.append))
    assert [name for name, _ in outcomes] == [str(path) for path in paths]
    assert [isinstance(one, QuetsachError) for _, one in outcomes] == [False, True, False, True, False]
    assert [one.accepted for _, one in outcomes if isinstance(one, IngestResult)] == [1, 1, 1]
    with lake.view() as view:
        assert view.sightings_count() == 3


def test_the_same_bytes_count_once(tmp_path: Path) -> None:
    content = HEADER + row()
    paths = written(tmp_path / "files", [content, HEADER + row("14.160.9.9"), content])
    results = [one for _, one in take_in(Lake(tmp_path / "lake"), paths) if isinstance(one, IngestResult)]
    assert [(one.accepted, one.duplicates) for one in results] == [(1, 0), (1, 0), (0, 1)]
    assert results[0].delivery == results[2].delivery


@pytest.mark.parametrize(
    ("bound", "most", "expected"),
    [("_MOST_FILES", 4, [4, 4, 2]), ("_MOST_BYTES", 140, [2] * 5), ("SMALL_BYTES", 10, [1] * 10)],
)
def test_so_many_are_taken_in_together(
    bound: str, most: int, expected: list[int], tmp_path: Path, commits: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, bound, most)
    contents = [HEADER + row(f"14.160.1.{10 + n}") for n in range(10)]
    assert len(contents[0]) == 72
    list(take_in(Lake(tmp_path / "lake"), written(tmp_path / "files", contents)))
    assert commits == expected


def test_what_is_told_is_in_the_lake_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "SMALL_BYTES", 200)
    contents = [HEADER + row(f"14.160.{n}.1") * (9 if n == 3 else 1) for n in range(6)]
    paths, lake = written(tmp_path / "files", contents), Lake(tmp_path / "lake")
    seen = []
    for name, one in take_in(lake, paths):
        assert isinstance(one, IngestResult)
        with lake.view() as view:
            assert one.delivery in {delivery.id for delivery in view.deliveries()}
        seen.append(name)
    assert seen == [str(path) for path in paths]


def test_progress_comes_to_all_bytes(tmp_path: Path, commits: list[int]) -> None:
    paths = written(tmp_path / "files", [HEADER + row(f"14.160.{n}.1") for n in range(5)])
    shown: list[int] = []
    list(take_in(Lake(tmp_path / "lake"), paths, progress=shown.append))
    assert sum(shown) == sum(path.stat().st_size for path in paths)
    assert commits == [5]


def test_files_of_an_archive_come_together(tmp_path: Path, commits: list[int]) -> None:
    archive, loose = tmp_path / "many.zip", written(tmp_path / "files", [HEADER + row("14.160.7.7")])
    with zipfile.ZipFile(archive, "w") as packed:
        for n in range(5):
            packed.writestr(f"{n}.csv", HEADER + row(f"14.160.{n}.1"))
    outcomes = list(take_in(Lake(tmp_path / "lake"), [archive, *loose]))
    assert [name for name, _ in outcomes] == [*(f"{archive}/{n}.csv" for n in range(5)), str(loose[0])]
    assert commits == [6]


def test_a_member_that_cannot_be_read_keeps_no_other_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was looked through before; whoever changes it in between is told of that one."""

    def spoiled() -> AbstractContextManager[Readable]:
        raise FeedError(Text("the archive is damaged"))

    former = intake.members

    def members(*arguments: object) -> tuple[Member, ...]:
        first, second, third = former(*arguments)  # type: ignore[arg-type]
        return first, replace(second, open=spoiled), third

    monkeypatch.setattr(intake, "members", members)
    archive = tmp_path / "three.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for n in range(3):
            packed.writestr(f"{n}.csv", HEADER + row(f"14.160.{n}.1"))
    outcomes = [one for _, one in take_in(Lake(tmp_path / "lake"), [archive])]
    assert [isinstance(one, FeedError) for one in outcomes] == [False, True, False]


def test_reports_are_committed_apart(tmp_path: Path, commits: list[int]) -> None:
    names = [f"2020-06-16-{kind}-{n}.csv" for kind in ("event4_sinkhole", "event6_sinkhole") for n in range(3)]
    paths = [tmp_path / name for name in (*names, names[0].replace("-0", "-9"))]
    for n, path in enumerate(paths):
        path.write_bytes(make_report(5, n).content)
    outcomes = take_in(Lake(tmp_path / "lake"), paths, feed="shadowserver", report=None)
    assert [one.report for _, one in outcomes if isinstance(one, IngestResult)] == [
        *["event4_sinkhole"] * 3,
        *["event6_sinkhole"] * 3,
        "event4_sinkhole",
    ]
    assert commits == [3, 3, 1]


def test_where_another_machine_was_quicker_all_are_taken_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former: Callable[..., int] = Lake.put
    tries: list[int] = []

    def put(self: Lake, *arguments: object) -> int:
        tries.append(1)
        if len(tries) == 1:
            raise OvertakenError("elsewhere")
        return former(self, *arguments)

    monkeypatch.setattr(Lake, "put", put)
    paths = written(tmp_path / "files", [HEADER + row(f"14.160.{n}.1") for n in range(3)])
    lake = Lake(tmp_path / "lake")
    assert [one.accepted for _, one in take_in(lake, paths) if isinstance(one, IngestResult)] == [1, 1, 1]
    assert len(tries) == 2
