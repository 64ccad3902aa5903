"""What was set aside and is read again: the lake is then the one that mended layouts would have made at once."""

import tempfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lake_reader import TESTER, watch_layouts
from tests.property.test_lake_rollups import annotate, content

from quetsach.core.family import FamilyNames
from quetsach.core.period import Period
from quetsach.lake import backup, keeping
from quetsach.lake.lake import Lake
from quetsach.lake.retry import retry
from quetsach.lake.verification import Verification
from quetsach.lake.view import LakeView

NOW = datetime(2020, 6, 18, tzinfo=UTC)
NAMES = FamilyNames.of([], version="f")
DAYS = Period(date(2020, 6, 16), date(2020, 6, 18))
OLD, MENDED = watch_layouts("bot"), watch_layouts("bot", "c2")
ROWS = st.tuples(
    st.integers(16, 18),
    st.integers(0, 5),
    st.sampled_from(["14.160.0.1", "14.160.0.2", "2001:ee0::1", "nowhere"]),
    st.sampled_from(["bot", "c2", "c2", "site"]),
)
FILES = st.lists(st.lists(ROWS, min_size=1, max_size=8), min_size=1, max_size=4, unique_by=str)


def ingest(lake: Lake, rows: list[tuple[int, int, str, str]]) -> None:
    lines = [f"2020-06-{day} 0{hour}:00:00,{address},mirai,{kind}\n" for day, hour, address, kind in rows]
    file = ("at,ip,bot,kind\n" + "".join(lines)).encode()
    lake.ingest(file, feed="watch", families=NAMES, annotate=annotate, now=NOW, name="2020-06-18-bots.csv")


def retry_all(lake: Lake) -> None:
    with lake.view() as view:
        chosen = [one.id for one in view.deliveries_set_aside()]
    for one in chosen:
        retry(lake, one, families=NAMES, annotate=annotate, now=NOW)


def figures(view: LakeView) -> list[object]:
    """Return everything that is told of a lake but which delivery brought what."""
    deliveries = view.deliveries()
    assert all(one.adds_up for one in deliveries)
    sums = [
        sum(getattr(one, name) for one in deliveries) for name in ("records", "accepted", "duplicates", "quarantined")
    ]
    days = sum((Counter(one.days) for one in deliveries), Counter[date]())
    left = view.quarantined(by=TESTER).to_pylist()
    return [
        *(sums, days, view.sightings_count(), view.days_with_data(DAYS).to_pylist(), len(deliveries)),
        sorted((one["line"], one["byte_offset"], one["reason"], one["excerpt"]) for one in left),
        view.daily_addresses(DAYS).to_pylist(),
        view.distinct_addresses(DAYS, ("isp",)).to_pylist(),
    ]


@settings(max_examples=8, deadline=None)
@given(FILES, st.integers(0, 4), st.booleans())
def test_a_lake_with_retries_is_the_lake_of_the_mended_layout(
    files: list[list[tuple[int, int, str, str]]], mended_at: int, is_compacted: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        mended, at_once = Lake(Path(folder) / "lake", layouts=OLD), Lake(Path(folder) / "at-once", layouts=MENDED)
        for number, rows in enumerate(files):
            if number == mended_at:
                mended = Lake(mended.folder, layouts=MENDED)
                retry_all(mended)
            ingest(mended, rows)
            ingest(at_once, rows)
            if is_compacted and number:
                keeping.compact(mended, least_files=2)
        mended = Lake(mended.folder, layouts=MENDED)
        for _ in range(2):  # the second time there is nothing to do
            retry_all(mended)
            state = mended.view().state
        assert (mended.view().state, content(mended)) == (state, content(at_once))
        assert figures(mended.view()) == figures(at_once.view())
        assert Verification(mended, is_deep=True).run().faults == ()
        copy = Path(folder) / "copy"
        backup.back_up(mended, copy, by=TESTER)
        backup.restore(copy, Path(folder) / "again" / "lake")
        assert figures(Lake(Path(folder) / "again" / "lake").view()) == figures(mended.view())
        for lake in (mended, at_once):
            keeping.expire(lake, before=date(2020, 6, 18))
            ingest(lake, files[0])  # it adds nothing
        assert figures(mended.view()) == figures(at_once.view())
        assert Verification(mended, is_deep=True).run().faults == ()
