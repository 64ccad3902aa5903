from datetime import date

import pyarrow as pa
import pytest

from quetsach.assess import AssessError, Basis, Ranking, Row, rank_families, rank_isps, rank_places
from quetsach.core.country import Place, Places
from quetsach.core.period import Period
from quetsach.core.text import LocalText

ONE, TWO, THREE = date(2025, 6, 29), date(2025, 6, 30), date(2025, 7, 1)
BASIS = Basis(Period(ONE, THREE), ("plain/test",), 2, THREE)
EMPTY = Basis(Period(ONE, THREE), (), 0, None)


def _daily(*rows: tuple[date, str, int], group: str = "family", **more: list[int]) -> pa.Table:
    columns = {"day": [r[0] for r in rows], group: [r[1] for r in rows], "addresses": [r[2] for r in rows], **more}
    return pa.table(
        columns,
        schema=pa.schema(
            [("day", pa.date32()), (group, pa.string()), ("addresses", pa.int64()), *((n, pa.int8()) for n in more)]
        ),
    )


def _total(*addresses: int) -> pa.Table:
    return pa.table({"day": [ONE, TWO][: len(addresses)], "addresses": list(addresses)})


def _name(identifier: str) -> LocalText:
    return LocalText(identifier.upper(), identifier)


def _values(row: Row) -> list[float | None]:
    return [f.value if f else None for f in row.figures]


def _families(*rows: tuple[date, str, int], total: tuple[int, ...] = (10, 10)) -> Ranking:
    return rank_families(
        _daily(*rows), _total(*total), pa.table({"family": ["a", "b"], "addresses": [7, 5]}), BASIS, _name
    )


def test_the_mean_is_over_days_with_data_and_not_over_the_period() -> None:
    (row,) = _families((ONE, "a", 4), (TWO, "a", 2)).rows
    assert _values(row) == [3.0, 7, 30.0]


def test_a_family_absent_on_a_day_with_data_counts_zero_there() -> None:
    (row,) = _families((ONE, "a", 4)).rows
    assert row.figures[0] is not None
    assert row.figures[0].value == 2.0


def test_families_stand_from_most_to_least_and_the_unknown_last_without_rank() -> None:
    ranking = _families((ONE, "unknown", 9), (ONE, "b", 2), (ONE, "a", 4))
    assert [(r.rank, r.id) for r in ranking.rows] == [(1, "a"), (2, "b"), (None, "unknown")]


def test_equal_means_share_a_rank() -> None:
    ranking = _families((ONE, "b", 4), (ONE, "a", 4), (ONE, "c", 1))
    assert [(r.rank, r.id) for r in ranking.rows] == [(1, "a"), (1, "b"), (3, "c")]


def test_the_total_is_counted_on_its_own() -> None:
    ranking = _families((ONE, "a", 4), (ONE, "b", 4), total=(5, 7))
    assert ranking.total.value == 6.0


def test_a_period_without_data_gives_no_numbers() -> None:
    with pytest.raises(AssessError, match="no sightings"):
        rank_families(_daily(), _total(), _daily(), EMPTY, _name)


def test_every_figure_carries_its_definition_and_basis() -> None:
    (row,) = _families((ONE, "a", 4)).rows
    assert row.figures[0] is not None
    assert row.figures[0].as_json() == {
        "value": 2.0,
        "unit": "addresses",
        "definition": "mean-daily-addresses",
        "first": "2025-06-29",
        "last": "2025-07-01",
        "days": 3,
        "days_with_data": 2,
        "key": "address",
        "feeds": ["plain/test"],
        "as_of": "2025-07-01",
        "network_versions": [],
        "health": [],
    }


def test_the_rate_of_a_provider_leaves_ipv6_out() -> None:
    daily = _daily((ONE, "vnpt", 40), (ONE, "vnpt", 60), group="isp", ip_version=[4, 6])
    (row,) = rank_isps(daily, _total(100), {"vnpt": 10_000}, BASIS, _name).rows
    assert _values(row) == [50.0, 2.0, 100.0]


def test_a_provider_that_announces_nothing_has_no_rate() -> None:
    daily = _daily((ONE, "AS1", 40), group="isp", ip_version=[4])
    (row,) = rank_isps(daily, _total(100), {}, BASIS, _name).rows
    assert _values(row) == [20.0, None, 40.0]


def test_a_reused_province_code_is_two_places_in_one_period() -> None:
    places = Places.of(
        [
            Place("15", date(2008, 8, 1), TWO, "province", "Yên Bái", "Yen Bai", "15"),
            Place("15", THREE, None, "province", "Lào Cai", "Lao Cai"),
        ]
    )
    daily = _daily((TWO, "15", 4), (THREE, "15", 2), (THREE, "unknown", 8), group="province")
    rows = rank_places(daily, _total(10), BASIS, places).rows
    assert [(r.id, r.name.vi, _values(r)) for r in rows] == [
        ("15@2008-08-01", "Yên Bái", [2.0, 40.0]),
        ("15@2025-07-01", "Lào Cai", [1.0, 20.0]),
        ("unknown", "Không rõ", [4.0, 80.0]),
    ]


def test_a_ranking_for_machines_has_its_definitions_beside_it() -> None:
    made = _families((ONE, "a", 4)).as_json()
    assert made["rows"] == [
        {
            "rank": 1,
            "id": "a",
            "name": {"vi": "A", "en": "a"},
            "mean-daily-addresses": 2.0,
            "window-addresses": 7,
            "share": 20.0,
        }
    ]
    assert set(made["definitions"]) == {"mean-daily-addresses", "window-addresses", "share"}  # type: ignore[call-overload]
