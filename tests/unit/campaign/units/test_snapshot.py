from datetime import date

import pytest

from quetsach.campaign.units.tree import TreeSnapshot, read_snapshot
from quetsach.centre.tables import load_tree_snapshot
from quetsach.core.errors import InputError
from quetsach.installation import bundled

CONTENT = (bundled("data") / "units" / "snapshot.toml").read_bytes()


def _of_this_build() -> TreeSnapshot:
    found = load_tree_snapshot()
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("day", "covers"),
    [
        (date(2019, 12, 31), False),
        (date(2020, 10, 6), True),
        (date(2025, 6, 29), True),
        (date(2025, 6, 30), False),
        (date(2025, 7, 1), False),
    ],
)
def test_the_tree_of_2025_stands_for_the_days_since_2020(day: date, covers: bool) -> None:
    assert _of_this_build().covers(day) is covers


def test_the_note_says_the_true_day_and_what_is_missing() -> None:
    note = _of_this_build().note
    assert "30/06/2025" in note.vi
    assert "10.614" in note.vi
    assert "707 districts and 10,614 communes; the tree has 696 and 10,035" in note.en


@pytest.mark.parametrize(
    "content",
    [b"=", b"", CONTENT + b"more = 1\n", CONTENT.replace(b"= 696", b'= "696"'), CONTENT.replace(b"as_of", b"asof")],
)
def test_a_damaged_table_is_refused(content: bytes) -> None:
    with pytest.raises(InputError) as refused:
        read_snapshot(content, where="snapshot.toml")
    assert refused.value.where == "snapshot.toml"
