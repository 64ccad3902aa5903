"""A backup of a lake, and a lake made of it: the same, however often either is killed."""

import json
import os
import shutil
import signal
from datetime import date
from pathlib import Path

import pytest
from tests.lake_reader import TESTER
from tests.unit.lake.test_keeping import DAYS, HEADER, TWO_DAYS, ingest

from quetsach import storage
from quetsach.lake import LakeError, backup, keeping, readers
from quetsach.lake.backup import back_up, restore
from quetsach.lake.lake import Lake
from quetsach.lake.verification import Verification

DAY = "2020-06-16"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with a gathered day, another, and a row set aside."""
    lake = Lake(tmp_path / "lake")
    ingest(lake, TWO_DAYS + "2020-06-17 07:00:00,nowhere,mirai,VN,\n")
    for hour in range(8, 11):
        ingest(lake, HEADER + f"{DAY} {hour:02}:00:00,14.160.0.{hour % 3},mirai,VN,b{hour}\n")
    keeping.compact(lake, least_files=2)
    return lake


def answers(lake: Lake) -> tuple[object, ...]:
    view = lake.view()
    return view.state, view.count_addresses(DAYS), view.sightings_count(), view.deliveries()


def restored(folder: Path, to: Path) -> Lake:
    restore(folder, to)
    lake = Lake(to)
    assert Verification(lake, is_deep=True).run().faults == ()
    return lake


def test_a_restored_lake_is_whole_and_gives_the_same_answers(lake: Lake, tmp_path: Path) -> None:
    made = back_up(lake, tmp_path / "backup", by=TESTER)
    again = restored(tmp_path / "backup", tmp_path / "again")
    assert answers(again) == answers(lake)
    assert made.state == lake.view().state
    assert [r.what for r, _ in readers.readings(again.folder) if r] == ["backup"]
    ingest(again, HEADER + f"{DAY} 08:00:00,14.160.0.2,mirai,VN,b8\n")
    assert again.view().sightings_count() == lake.view().sightings_count()


def test_only_what_is_missing_is_copied(lake: Lake, tmp_path: Path) -> None:
    first = back_up(lake, tmp_path / "backup", by=TESTER)
    assert first.copied == first.files
    assert back_up(lake, tmp_path / "backup", by=TESTER).copied == 1  # the access log, which says so
    os.utime(next(lake.folder.glob("sightings/*/*.parquet")))
    assert back_up(lake, tmp_path / "backup", by=TESTER).copied == 1, "what is there is looked for by what it holds"
    ingest(lake, HEADER + f"{DAY} 20:00:00,14.160.0.9,mirai,VN,b\n")
    assert 0 < back_up(lake, tmp_path / "backup", by=TESTER).copied < first.files
    assert answers(restored(tmp_path / "backup", tmp_path / "again")) == answers(lake)


def test_what_has_expired_goes_from_the_backup_too(lake: Lake, tmp_path: Path) -> None:
    back_up(lake, tmp_path / "backup", by=TESTER)
    keeping.expire(lake, before=date(2020, 6, 19))
    back_up(lake, tmp_path / "backup", by=TESTER)
    named = {entry.sha256 for entry in backup.read_manifest(tmp_path / "backup").values()}
    assert {path.name for path in tmp_path.glob("backup/objects/*/*")} == named
    assert answers(restored(tmp_path / "backup", tmp_path / "again")) == answers(lake)


def test_what_is_taken_in_meanwhile_is_in_the_backup_wholly_or_not_at_all(lake: Lake, tmp_path: Path) -> None:
    before, other = answers(lake), Lake(lake.folder)

    def meanwhile(_files: int) -> None:
        if other.view().sightings_count() == before[2]:
            ingest(other, HEADER + f"{DAY} 20:00:00,14.160.0.9,mirai,VN,b\n")
            keeping.compact(other, least_files=2)

    back_up(lake, tmp_path / "backup", by=TESTER, progress=meanwhile)
    assert answers(restored(tmp_path / "backup", tmp_path / "again")) == before


@pytest.mark.parametrize("work", ["backup", "restore"])
def test_killed_anywhere_it_is_the_old_one_or_the_new_one_and_goes_on(lake: Lake, tmp_path: Path, work: str) -> None:
    folder, to = tmp_path / "backup", tmp_path / "again"
    back_up(lake, folder, by=TESTER)
    old = answers(lake)
    if work == "backup":
        ingest(lake, HEADER + f"{DAY} 20:00:00,14.160.0.9,mirai,VN,b\n")
    new = answers(lake)
    kills = 0
    for step in range(0, 400, 5):
        child = os.fork()
        if not child:
            _die_before(step)
            if work == "backup":
                back_up(lake, folder, by=TESTER)
            else:
                restore(folder, to)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if work == "backup":
            assert answers(restored(folder, to)) in (old, new)
            shutil.rmtree(to)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
    assert kills > 2
    assert answers(restored(folder, to) if work == "backup" else Lake(to)) == new


def _die_before(step: int) -> None:
    left = iter(range(step))
    sync = os.fsync

    def counted(descriptor: int) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        sync(descriptor)

    os.fsync = counted


def test_a_lake_is_never_overwritten(lake: Lake, tmp_path: Path) -> None:
    back_up(lake, tmp_path / "backup", by=TESTER)
    with pytest.raises(LakeError, match="a lake already"):
        restore(tmp_path / "backup", lake.folder)


def test_a_damaged_backup_makes_no_lake(lake: Lake, tmp_path: Path) -> None:
    back_up(lake, tmp_path / "backup", by=TESTER)
    damaged = max(tmp_path.glob("backup/objects/*/*"), key=lambda path: path.stat().st_size)
    damaged.write_bytes(b"x" + damaged.read_bytes()[1:])
    with pytest.raises(LakeError, match="other bytes"):
        restore(tmp_path / "backup", tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("path", ["../evil", "/evil", "a/../../evil", "", ".", "a\0b"])
def test_a_manifest_that_leads_out_of_the_lake_is_refused(lake: Lake, tmp_path: Path, path: str) -> None:
    back_up(lake, tmp_path / "backup", by=TESTER)
    manifest = tmp_path / "backup" / backup.MANIFEST
    content = json.loads(manifest.read_text())
    content["files"][path] = next(iter(content["files"].values()))
    storage.write(manifest, json.dumps(content))
    with pytest.raises(LakeError, match="manifest"):
        restore(tmp_path / "backup", tmp_path / "again")


def test_two_never_write_one_backup_at_the_same_time(lake: Lake, tmp_path: Path) -> None:
    refused = list[str]()

    def meanwhile(_files: int) -> None:
        if not refused:
            with pytest.raises(LakeError) as error:
                back_up(lake, tmp_path / "backup", by=TESTER)
            refused.append(str(error.value))

    back_up(lake, tmp_path / "backup", by=TESTER, progress=meanwhile)
    assert "another process" in refused[0]
    assert answers(restored(tmp_path / "backup", tmp_path / "again")) == answers(lake)


def test_a_manifest_that_nests_without_end_is_no_backup(tmp_path: Path) -> None:
    (tmp_path / backup.MANIFEST).write_text("[" * 200_000)
    with pytest.raises(LakeError, match="no backup"):
        restore(tmp_path, tmp_path / "again")


def test_a_folder_of_something_else_is_refused(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "letter.txt").touch()
    for folder, told in ((tmp_path / "notes", "something else"), (lake.folder / "backup", "in the lake")):
        with pytest.raises(LakeError, match=told):
            back_up(lake, folder, by=TESTER)
    with pytest.raises(LakeError, match="no backup"):
        restore(tmp_path / "notes", tmp_path / "again")


def wrong(folder: Path) -> dict[str, str]:
    return {where: what.en for where, what in backup.check(folder).faults}


def test_a_backup_is_checked_without_its_lake(lake: Lake, tmp_path: Path) -> None:
    made = back_up(lake, tmp_path / "backup", by=TESTER)
    shutil.rmtree(lake.folder)
    checked = backup.check(tmp_path / "backup")
    assert (checked.faults, checked.files, checked.state) == ((), made.files, made.state)
    for path, entry in backup.read_manifest(tmp_path / "backup").items():
        kept = backup._object(tmp_path / "backup", entry.sha256)
        content = kept.read_bytes()
        kept.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))  # of the same size
        assert "other bytes" in wrong(tmp_path / "backup")[path]
        kept.unlink()
        assert wrong(tmp_path / "backup")[path] == "the file is missing"
        kept.write_bytes(content)
    assert wrong(tmp_path / "backup") == {}


def test_a_manifest_that_leaves_a_file_out_is_found(lake: Lake, tmp_path: Path) -> None:
    back_up(lake, tmp_path / "backup", by=TESTER)
    manifest = json.loads((tmp_path / "backup" / "manifest.json").read_bytes())
    gone = next(path for path in manifest["files"] if path.startswith(f"sightings/day={DAY}"))
    del manifest["files"][gone]
    (tmp_path / "backup" / "manifest.json").write_text(json.dumps(manifest))
    assert wrong(tmp_path / "backup") == {gone: "a record lists this file, and the backup has it not"}


def test_damage_of_the_same_size_is_mended_by_a_deep_backup_alone(lake: Lake, tmp_path: Path) -> None:
    back_up(lake, tmp_path / "backup", by=TESTER)
    entries = backup.read_manifest(tmp_path / "backup")
    damaged = [path for path in entries if path.startswith(("landed", "deliveries"))]
    for path in damaged:
        kept = backup._object(tmp_path / "backup", entries[path].sha256)
        kept.write_bytes(b"\0" * kept.stat().st_size)
    back_up(lake, tmp_path / "backup", by=TESTER)
    assert wrong(tmp_path / "backup").keys() >= set(damaged)
    assert back_up(lake, tmp_path / "backup", by=TESTER, is_deep=True).copied == len(damaged) + 1
    assert wrong(tmp_path / "backup") == {}
