"""The tables of ``bench/validate.py breakdown``, ``cases``, ``grades`` and ``privacy``, in their short version."""

from types import ModuleType

import pytest
from bench.validation import breakdown, cases, grades, privacy


@pytest.mark.parametrize("part", [breakdown, cases, grades, privacy], ids=lambda part: part.__name__.rsplit(".", 1)[-1])
def test_every_promise_of_the_table_is_kept(part: ModuleType) -> None:
    missed = [row for row in part.rows(short=True, seed=2020) if not row.passed]
    assert missed == []
