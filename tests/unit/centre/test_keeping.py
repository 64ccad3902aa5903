"""What a centre does to keep its lake: old sightings go, small files are put together."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.unit.lake.test_keeping import HEADER, ingest

from quetsach.centre.centre import Centre
from quetsach.centre.ingest import expire_sightings, tend_lake
from quetsach.core.errors import InputError
from quetsach.lake import keeping, rollups
from quetsach.lake.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    for n in range(5):
        ingest(lake, HEADER + f"2020-06-16 07:{n:02}:00,14.160.0.{n},mirai,VN,b\n")
    return lake


def test_small_files_are_put_together(lake: Lake) -> None:
    before = lake.view()
    tend_lake(Centre(lake.folder.parent))
    assert len(list(lake.folder.glob("sightings/*/*"))) == 6  # somebody reads
    before.close()
    tend_lake(Centre(lake.folder.parent))
    assert len(list(lake.folder.glob("sightings/*/*"))) == 1
    assert lake.view().sightings_count() == 5
    assert lake.view().state == before.state


def test_roll_ups_of_an_older_making_are_made_again_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keeping.renew(lake) is None
    now = lake.view().state
    (lake.folder / rollups.MAKING_FILE).unlink()  # as in a lake of before
    before = lake.view().state
    assert keeping.renew(lake) == keeping.Rebuilt(made=1, mended=0, expired=0)
    assert lake.view().state == now != before
    assert keeping.renew(lake) is None
    monkeypatch.setattr(rollups, "MAKING", f"{rollups.MAKING}x")
    assert keeping.renew(lake) is not None


def test_a_centre_without_a_lake_gets_none(tmp_path: Path) -> None:
    tend_lake(Centre(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_the_last_days_stay_and_what_is_older_goes(lake: Lake) -> None:
    centre, now = Centre(lake.folder.parent), datetime(2020, 6, 20, 1, tzinfo=UTC)
    assert expire_sightings(centre, days=4, now=now).sightings == 0
    assert expire_sightings(centre, days=3, now=now, is_dry_run=True).sightings == 5
    assert list(lake.folder.glob("sightings/*/*"))
    assert expire_sightings(centre, days=3, now=now).is_deleted
    assert not list(lake.folder.glob("sightings/*/*"))
    with pytest.raises(InputError, match="a day at least"):
        expire_sightings(centre, days=0, now=now)
