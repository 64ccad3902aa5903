"""Installations that were seen, under the families that analysts know."""

from datetime import date
from pathlib import Path

from tests.unit.lake.test_keeping import HEADER, ingest

from quetsach.core.family import Family, FamilyNames, Placing
from quetsach.core.period import Period
from quetsach.lake.cases import bot_history
from quetsach.lake.lake import Lake

JUNE = Period(date(2020, 6, 1), date(2020, 6, 30))
NAMES = FamilyNames.of([Family("mirai", "Mirai", "linux"), Family("sality", "Sality", "windows")], version="1")


def test_spellings_of_one_family_are_one_and_names_that_nobody_placed_are_shown_to_nobody(tmp_path: Path) -> None:
    rows = [
        "2020-06-16 07:00:00,14.160.0.1,mirai,VN,one\n",
        "2020-06-17 07:00:00,14.160.0.1,Mirai.New,VN,one\n",
        "2020-06-17 07:00:00,14.160.0.2,call me on 0900,VN,two\n",
    ]
    ingest(Lake(tmp_path / "lake"), HEADER + "".join(rows))
    placed = NAMES.with_placings([Placing("mirai new", "mirai", "", "", "an", "2026-11-28T00:00:00+00:00", "same")])
    history = bot_history(Lake(tmp_path / "lake", placed).view(), JUNE)
    assert history
    assert sorted(history.families) == ["mirai", "unplaced"]
    assert len(set(history.family[history.subject == history.subject[0]].tolist())) == 1
