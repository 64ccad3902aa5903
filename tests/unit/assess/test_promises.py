"""The tables of ``bench/validate.py`` about breakdowns, cases, grades and what is published, in their short version."""

from types import ModuleType

import pytest
from bench.validation import breakdown, cases, grades, privacy, returns


@pytest.mark.parametrize(
    "part",
    [breakdown, cases, grades, privacy, returns],  # privacy has those of publications among its rows
    ids=lambda part: part.__name__.rsplit(".", 1)[-1],
)
def test_every_promise_of_the_table_is_kept(part: ModuleType) -> None:
    missed = [row for row in part.rows(short=True, seed=2020) if not row.passed]
    assert missed == []
