"""What a size needs is a straight line along what was measured, and says so where it goes beyond."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.centre.capacity import Estimate, Size, estimates, load_slopes
from quetsach.core.errors import InputError
from quetsach.installation import bundled

SLOPES = load_slopes(bundled("data") / "capacity" / "slopes.toml")


def told(size: Size) -> dict[str, Estimate]:
    return {one.what: one for one in estimates(size, SLOPES)}


def test_a_thousand_million_costs_what_the_page_of_measurements_says() -> None:
    found = told(Size(10**9, 28, reports=4))
    assert found["disk"].value == 65e9
    assert found["rolling_up"].value == 1060
    assert found["intake"].value == pytest.approx(14_000 / 28 / 4)
    assert found["cores"].value == 8  # 350 s within a minute, at four fifths of the cores
    assert found["machines"].value == 1
    assert found["question_machines"].value == pytest.approx(350 / (0.8 * 16))


def test_what_was_not_measured_is_told_line_by_line() -> None:
    within, beyond = told(Size(10**8, 28)), told(Size(10**9, 28, reports=4))
    assert not any(one.is_beyond for one in within.values())
    assert {what for what, one in beyond.items() if not one.is_beyond} == {"memory"}
    assert all("counting-at-scale.md" in one.source for one in within.values())


@given(st.integers(1, 10**11), st.integers(1, 4000), st.integers(1, 50), st.integers(1, 128))
def test_more_sightings_never_take_less(sightings: int, days: int, reports: int, cores: int) -> None:
    less, more = (told(Size(n, days, reports, cores)) for n in (sightings, 2 * sightings))
    for what in ("machines", "cores", "disk", "rolling_up"):
        assert more[what].value >= less[what].value
    assert less["cores"].value <= less["machines"].value * cores


@pytest.mark.parametrize("size", [Size(0, 1), Size(1, 0), Size(10**13, 1), Size(1, 1, reports=0), Size(1, 1, cores=0)])
def test_what_is_no_size_is_refused(size: Size) -> None:
    with pytest.raises(InputError, match="from 1 to"):
        estimates(size, SLOPES)


@pytest.mark.parametrize("change", [("= 14_000", "= 0"), ("measured_to", "measured"), ("[disk]", "[disks]")])
def test_a_damaged_table_is_told(change: tuple[str, str], tmp_path: Path) -> None:
    text = (bundled("data") / "capacity" / "slopes.toml").read_text()
    (tmp_path / "slopes.toml").write_text(text.replace(*change, 1))
    with pytest.raises(InputError, match=r"above 0|missing|unknown"):
        load_slopes(tmp_path / "slopes.toml")
