"""A whole and its parts as one bar: everything that the bar shows stands in its key."""

import re
from itertools import pairwise

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from quetsach.web.design.charts.parts import FILLS, Part, StackedBar, draw_parts

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=FILLS).filter(any)


@given(COUNTS)
def test_parts_fill_the_bar_in_order_and_each_is_told(counts: list[int]) -> None:
    with override("en"):
        drawn = draw_parts(StackedBar("Found", [Part(f"part {n}", value) for n, value in enumerate(counts)]))
    bar = drawn.partition("<ol>")[0]
    pieces = [(float(x), float(w)) for x, w in re.findall(r'x="([\d.]+)" width="([\d.]+)"', bar)]
    assert len(pieces) == sum(value > 0 for value in counts)
    assert pieces[-1][0] + pieces[-1][1] == pytest.approx(100, abs=0.02)
    for (left, width), (following, _) in pairwise(pieces):
        assert left + width == pytest.approx(following, abs=0.02)
    for n, value in enumerate(counts):
        assert f"part {n}: <strong>{value:,}</strong>" in drawn
    assert f"<strong>{sum(counts):,}</strong></figcaption>" in drawn


def test_names_are_text() -> None:
    assert "<b>" not in draw_parts(StackedBar("<b>", [Part("<b>", 1)]))


@pytest.mark.parametrize("counts", [[], [0, 0], [3, -1], [1] * (FILLS + 1)])
def test_no_bar_is_made_of_nothing_or_of_more_parts_than_can_be_told_apart(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="no bar"):
        StackedBar("x", [Part("y", value) for value in counts])
