from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.assess import Basis, Ranking, percent_change, rank_families
from quetsach.campaign import CampaignError, read_campaign
from quetsach.core.period import Period
from quetsach.core.text import LocalText

FIRST = date(2020, 6, 16)
ROWS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcd"), st.integers(1, 10**6)), min_size=1, max_size=30)


def _rank(rows: list[tuple[int, str, int]]) -> Ranking:
    daily = pa.table(
        {
            "day": [FIRST + timedelta(days=day) for day, _, _ in rows],
            "family": [family for _, family, _ in rows],
            "addresses": [addresses for _, _, addresses in rows],
        }
    )
    total = pa.table({"addresses": [addresses for _, _, addresses in rows]})
    days = len({day for day, _, _ in rows})
    basis = Basis(Period(FIRST, FIRST + timedelta(days=9)), ("f/r",), days, None)
    return rank_families(daily, total, daily, basis, lambda f: LocalText(f, f))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_number(rows: list[tuple[int, str, int]], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert _rank(shuffled) == _rank(rows)


@given(ROWS)
def test_ranks_never_rise_with_falling_means(rows: list[tuple[int, str, int]]) -> None:
    ranked = _rank(rows).rows
    means = [row.figures[0].value for row in ranked if row.figures[0]]
    assert means == sorted(means, reverse=True)
    assert [row.rank for row in ranked] == sorted(row.rank or 0 for row in ranked)


@given(ROWS)
def test_shares_of_disjoint_groups_add_up(rows: list[tuple[int, str, int]]) -> None:
    shares = sum(row.figures[2].value for row in _rank(rows).rows if row.figures[2])
    assert shares == pytest.approx(100, abs=0.05 * 4 + 1e-6)


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_change_leads_back_to_its_figure(after: int, before: int) -> None:
    assert abs(before * (1 + percent_change(after, before) / 100) - after) <= before * 0.0005 + 1e-6


@given(st.binary(max_size=300))
def test_any_bytes_are_a_campaign_or_a_campaign_error(content: bytes) -> None:
    with pytest.raises(CampaignError):
        read_campaign(content, file="c.toml")


TOML_VALUES = st.sampled_from(
    [
        "1",
        "-1",
        "1.5",
        "nan",
        '""',
        '"x"',
        "true",
        "2020-01-01",
        "2020-01-01T00:00:00Z",
        "[]",
        "[1]",
        "{}",
        "{vi = 1}",
        "[[1]]",
    ]
)


@given(
    st.dictionaries(
        st.sampled_from(["id", "baseline", "name", "summary", "phases", "targets", "windows", "x"]), TOML_VALUES
    )
)
def test_any_kinds_of_values_are_a_campaign_error(values: dict[str, str]) -> None:
    content = "\n".join(f"{key} = {value}" for key, value in values.items()).encode()
    with pytest.raises(CampaignError) as refused:
        read_campaign(content, file="c.toml")
    assert refused.value.where.startswith("c.toml: ")
