"""The bar of a plan says in words, beside it and to a screen reader, what it draws."""

import re
from datetime import date
from itertools import pairwise

import pytest
from django.utils import translation
from tests.unit.web.office.campaigns.conftest import bundled_document

from quetsach.campaign.record import Campaign, read_campaign
from quetsach.web.office.campaigns.drawing import plan_bar

INSIDE, AFTERWARDS = date(2020, 10, 6), date(2026, 11, 29)


@pytest.fixture
def plan() -> Campaign:
    return read_campaign(bundled_document(), file="campaign.toml")


def legend(bar: str) -> list[str]:
    return [re.sub(r"<[^>]+>", "", line) for line in re.findall(r"<li>(.*?)</li>", bar)]


def said(bar: str) -> str:
    found = re.search(r'role="img" aria-label="([^"]*)"', bar)
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_milestones_are_numbered_on_the_bar_and_named_beside_it_and_in_its_name(plan: Campaign, language: str) -> None:
    with translation.override(language):
        bar = plan_bar(plan, INSIDE)
    milestones = sorted(plan.milestones, key=lambda milestone: milestone.on)
    names = [milestone.name.in_language(language) for milestone in milestones]
    assert [line.partition(": ")[2] for line in legend(bar)] == names
    assert re.findall(r"<text[^>]*>(\d+)</text>", bar) == [str(n) for n in range(1, len(names) + 1)]
    assert all(name in said(bar) for name in names)
    assert all(phase.name.in_language(language) in said(bar) for phase in plan.phases)


def test_numbers_of_milestones_that_are_close_stand_in_two_rows(plan: Campaign) -> None:
    places = re.findall(r'<text class="number" x="([\d.]+)%" y="(\d+)"', plan_bar(plan, INSIDE))
    close = [(one, other) for one, other in pairwise(places) if float(other[0]) - float(one[0]) < 5]
    assert close
    assert [one for one, other in close if one[1] == other[1]] == []


def test_the_line_of_the_day_is_named_where_it_stands_and_nowhere_else(plan: Campaign) -> None:
    assert "Vạch đứng đánh dấu ngày 06/10/2020." in said(plan_bar(plan, INSIDE))
    outside = plan_bar(plan, AFTERWARDS)
    assert ("Vạch" in outside, 'class="today"' in outside) == (False, False)
