"""The tables of ``bench/validate.py hosts``, ``regimes`` and ``windows``, in their short versions."""

from types import ModuleType

import pytest
from bench.validation import hosts, regimes, windows


@pytest.mark.parametrize("part", [hosts, regimes, windows], ids=lambda part: part.__name__.rsplit(".", 1)[-1])
def test_every_promise_of_the_table_is_kept(part: ModuleType) -> None:
    assert [row for row in part.rows(short=True, seed=2020) if not row.passed] == []
