"""What the serving centre does for the lake by itself."""

import threading
from pathlib import Path

import pytest
from tests.unit.lake.test_keeping import HEADER, ingest

from quetsach.cli.center.tending import tend_lake
from quetsach.lake import keeping, rollups
from quetsach.lake.lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    for n in range(5):
        ingest(lake, HEADER + f"2020-06-16 07:{n:02}:00,14.160.0.{n},mirai,VN,b\n")
    return lake


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work behind the pages lets go of its connection to the database; these tests have none."""
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)


class Once(threading.Event):
    """Is set by the first pause."""

    def wait(self, _seconds: float | None = None) -> bool:
        self.set()
        return True


def test_small_files_are_put_together(lake: Lake) -> None:
    before = lake.view()
    tend_lake(lake.folder.parent, Once(), lambda: None)
    assert len(list(lake.folder.glob("sightings/*/*"))) == 6  # somebody reads
    before.close()
    tend_lake(lake.folder.parent, Once(), lambda: None)
    assert len(list(lake.folder.glob("sightings/*/*"))) == 1
    assert (lake.view().state, lake.view().sightings_count()) == (before.state, 5)


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
    tend_lake(tmp_path, Once(), lambda: None)
    assert list(tmp_path.iterdir()) == []
