from datetime import date

import pytest
from tests.unit.web.office.conftest import REFORM, TODAY

from quetsach.campaign.errors import UnitsError
from quetsach.web.office.tree.selectors import figures_recast

FIGURES = {"31-2020": 1, "303-2020": 10, "11296-2020": 100, "11299-2020": 1000, "01-2020": 5}


def _by_key(**options) -> dict[str, int]:
    return {row.unit.key: row.figure for row in figures_recast(FIGURES, **options)}


def test_figures_come_to_the_units_that_exist(units) -> None:
    assert _by_key(day=REFORM) == {"01-2025": 5, "31-2025": 1011, "11296-2025": 100}


def test_figures_are_added_up_to_a_level_and_none_is_lost(units) -> None:
    assert _by_key(day=REFORM, level=1) == {"01-2025": 5, "31-2025": 1111}
    assert _by_key(day=TODAY, level=1) == {"01-2020": 5, "31-2020": 1111}
    assert _by_key(day=TODAY, level=2) == {"01-2020": 5, "31-2020": 1, "303-2020": 1110}
    assert _by_key(day=TODAY, level=0) == {"tw": 1116}


def test_a_unit_that_is_not_there_yet_is_refused(units) -> None:
    with pytest.raises(UnitsError, match="carried forward only"):
        figures_recast({"31-2025": 1}, day=date(2020, 10, 6))
