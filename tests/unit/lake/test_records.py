"""Commit records: the files are the truth, the index saves opening them and never changes an answer."""

import json
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from tests.unit.lake.test_keeping import HEADER, ingest

from quetsach.lake import LakeError, keeping, records
from quetsach.lake.lake import Lake
from quetsach.lake.records import INDEX, CatalogReader

DELIVERIES = 12


def deliver(lake: Lake, numbers: range) -> None:
    for n in numbers:
        ingest(lake, HEADER + f"2020-06-{16 + n % 3} 07:{n:02}:00,14.160.0.{n},mirai,VN,b\n")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake = Lake(tmp_path_factory.mktemp("records") / "lake")
    deliver(lake, range(DELIVERIES))
    return lake.folder


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Lake:
    """A copy of a lake of a dozen deliveries."""
    return Lake(Path(shutil.copytree(made, tmp_path / "lake")))


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The records that were opened since."""
    names: list[str] = []
    read = CatalogReader._read_record

    def counted(reader: CatalogReader, name: str) -> object:
        names.append(name)
        return read(reader, name)

    monkeypatch.setattr(CatalogReader, "_read_record", counted)
    return names


def truth(lake: Lake) -> tuple[object, ...]:
    """What the records say without the index."""
    (lake.folder / INDEX).rename(lake.folder / "aside")
    view = Lake(lake.folder).view()
    (lake.folder / "aside").rename(lake.folder / INDEX)
    return view.deliveries(), view.state


def test_a_command_opens_no_record_that_the_index_has(lake: Lake, opened: list[str]) -> None:
    view = Lake(lake.folder).view()
    assert len(view.deliveries()) == DELIVERIES
    assert opened == []
    assert (view.deliveries(), view.state) == truth(lake)


def test_a_delivery_opens_its_own_record_and_no_other(lake: Lake, opened: list[str]) -> None:
    deliver(Lake(lake.folder), range(DELIVERIES, DELIVERIES + 3))
    assert len(opened) == 3


def test_a_record_that_expired_is_read_again_once(lake: Lake, opened: list[str]) -> None:
    keeping.expire(Lake(lake.folder), before=date(2020, 6, 17))
    changed = len(opened)
    assert 0 < changed < DELIVERIES
    view = Lake(lake.folder).view()
    assert len(opened) == changed
    assert (view.deliveries(), view.state) == truth(lake)
    assert sum(bool(delivery.expired) for delivery in view.deliveries()) == changed


def missing(index: Path) -> None:
    index.unlink()


def torn(index: Path) -> None:
    index.write_bytes(index.read_bytes()[:-40])


def garbage(index: Path) -> None:
    index.write_bytes(b"\x00\xff\n[1,2]\n{}\n" + index.read_bytes()[200:] + b"\n[")


def of_another_record(index: Path) -> None:
    lines = [json.loads(line) for line in index.read_bytes().splitlines() if line]
    swapped = [[*one[:3], *other[3:]] for one, other in zip(lines, lines[1:] + lines[:1], strict=True)]
    index.write_text("\n".join(json.dumps(line) for line in swapped))


def of_numbers_that_are_none(index: Path) -> None:
    lines = [json.loads(line) for line in index.read_bytes().splitlines() if line]
    index.write_text("\n".join(json.dumps([line[0], float("inf"), *line[2:]]) for line in lines))


def nested_without_end(index: Path) -> None:
    index.write_bytes(b"[" * 200_000 + b"\n" + index.read_bytes()[200:])


def of_records_that_changed(index: Path) -> None:
    for path in (index.parent / "deliveries").iterdir():
        os.utime(path, ns=(1, 1))


DAMAGES = (
    missing,
    torn,
    garbage,
    of_another_record,
    of_numbers_that_are_none,
    nested_without_end,
    of_records_that_changed,
)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_changes_no_answer_and_is_mended_by_the_next_writer(
    lake: Lake, opened: list[str], damage: Callable[[Path], None]
) -> None:
    before = Lake(lake.folder).view()
    damage(lake.folder / INDEX)
    after = Lake(lake.folder).view()
    assert (after.deliveries(), after.state) == (before.deliveries(), before.state)
    assert opened
    deliver(Lake(lake.folder), range(DELIVERIES, DELIVERIES + 1))
    opened.clear()
    view = Lake(lake.folder).view()
    assert opened == []
    assert (view.deliveries(), view.state) == truth(lake)


def test_a_copy_of_a_record_is_refused_and_counts_nothing_twice(lake: Lake) -> None:
    record = next((lake.folder / "deliveries").iterdir())
    shutil.copy(record, record.with_name("copy.json"))
    with pytest.raises(LakeError, match="not the name of its delivery") as refused:
        Lake(lake.folder).view()
    assert refused.value.where == "copy.json"


@pytest.mark.parametrize("name", [".x.json.unfinished", ".1.json", "x.json~", "notes.txt"])
def test_what_is_left_beside_the_records_does_not_keep_the_lake_from_being_read(lake: Lake, name: str) -> None:
    before = Lake(lake.folder).view()
    (lake.folder / "deliveries" / name).write_text("{")
    after = Lake(lake.folder).view()
    assert (after.deliveries(), after.state) == (before.deliveries(), before.state)


def test_a_delivery_that_another_process_committed_is_seen(lake: Lake) -> None:
    reader = Lake(lake.folder)
    before = reader.view().state
    deliver(Lake(lake.folder), range(DELIVERIES, DELIVERIES + 1))
    assert reader.view().state != before
    (lake.folder / INDEX).unlink()
    assert len(reader.view().deliveries()) == DELIVERIES + 1


@pytest.mark.parametrize("is_anew", [False, True])
def test_the_index_does_not_grow_for_ever(lake: Lake, monkeypatch: pytest.MonkeyPatch, *, is_anew: bool) -> None:
    monkeypatch.setattr(records, "_SPARE_LINES", 3)
    record = next((lake.folder / "deliveries").iterdir())
    reader, lines = CatalogReader(lake.folder), []
    for n in range(DELIVERIES + 5):
        os.utime(record, ns=(n, n))
        (CatalogReader(lake.folder) if is_anew else reader).save()
        lines.append(len([line for line in (lake.folder / INDEX).read_bytes().splitlines() if line]))
    most = 2 * DELIVERIES + 3
    assert lines == [*range(DELIVERIES + 1, most + 1), DELIVERIES, DELIVERIES + 1]


def test_a_day_of_many_small_files_is_compacted_as_it_grows(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for n in range(16):
        ingest(lake, HEADER + f"2020-06-16 07:{n:02}:00,14.160.0.{n},mirai,VN,b\n")
        assert len(list(lake.folder.glob("sightings/*/*"))) < 8
    assert lake.view().sightings_count() == 16
    assert len(list(lake.folder.glob("rollups/*/*"))) == 5


def test_a_compaction_that_fails_takes_nothing_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = Lake(tmp_path / "lake")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("quetsach.lake.lake.gathering", fail)
        deliver(lake, range(24))
    assert lake.view().sightings_count() == 24
    deliver(lake, range(24, 27))
    assert lake.view().sightings_count() == 27
    assert len(list(lake.folder.glob("sightings/*/*"))) == 3
    assert not (lake.folder / ".unswept").exists()
