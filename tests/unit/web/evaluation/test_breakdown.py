"""Families, providers and provinces: how sure each change is, and that nothing is made of noise."""

import csv
import io
import json
from dataclasses import replace

import pytest
from tests.unit.web.evaluation.samples import inputs
from tests.unit.web.evaluation.test_report import ranking

from quetsach.assess import UNKNOWN, Ranking
from quetsach.assess.comparison import Side
from quetsach.assess.estimate import Estimate
from quetsach.centre.evaluation.dividing import OTHERS, changes
from quetsach.centre.evaluation.inputs import Change, Dimension
from quetsach.core.text import LocalText
from quetsach.web.design.charts.tile_map import Shade
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.document import Evaluation, Map
from quetsach.web.evaluation.page import render_page
from quetsach.web.evaluation.plots import draw
from quetsach.web.evaluation.writing import annex_files

BEFORE = {"a": 100.0, "b": 80.0, "c": 60.0, "d": 40.0, "e": 30.0, "f": 8.0, "g": 7.0, "h": 6.0}


def of_places(values: dict[str, float], *, unknown: float = 0.0) -> Ranking:
    """A ranking of provinces, with what no source places in the row that has no rank."""
    made = ranking(values | ({"unknown": unknown} if unknown else {}))
    rows = tuple(replace(r, rank=None, name=UNKNOWN) if r.id == "unknown" else r for r in made.rows)
    return replace(made, subject="places", rows=rows)


def steady(*windows: dict[str, float]) -> dict[str, tuple[list[float], list[float]]]:
    """The same count on each of thirty days."""
    before, after = windows
    return {id_: ([before[id_]] * 30, [after[id_]] * 30) for id_ in before}


def test_every_row_that_is_told_has_an_interval_around_its_change() -> None:
    after = {id_: value / 2 for id_, value in BEFORE.items()}
    made = changes(of_places(BEFORE), of_places(after), kept_back={"f", "g", "h"}, daily=steady(BEFORE, after))
    assert [c.id for c in made] == ["a", "b", "c", "d", "e", OTHERS]
    widths = []
    for change in made:
        assert change.interval is not None
        assert change.percent is not None
        assert change.interval.low < change.percent < change.interval.high
        widths.append(change.interval.high - change.interval.low)
    assert widths == sorted(widths)  # the fewer there are, the less is known


def test_what_is_unknown_is_no_province_and_comes_last() -> None:
    after = {id_: value / 2 for id_, value in BEFORE.items()}
    made = changes(
        of_places(BEFORE, unknown=90.0), of_places(after, unknown=45.0), kept_back={"f", "g", "h"},
        daily=steady({**BEFORE, "unknown": 90.0}, {**after, "unknown": 45.0}),
    )  # fmt: skip
    assert [c.id for c in made] == ["a", "b", "c", "d", "e", OTHERS, "unknown"]
    assert made[-1].side is None
    assert made[0].side is Side.SAME


def test_the_row_of_small_provinces_says_how_many_they_are() -> None:
    after = {id_: value / 2 for id_, value in BEFORE.items()}
    made = changes(of_places(BEFORE, unknown=3.0), of_places(after, unknown=2.0), kept_back={"f", "g", "h", "unknown"})
    assert made[-1].name == LocalText("3 tỉnh, thành phố còn lại", "3 other provinces")


def test_only_a_row_that_fell_otherwise_than_the_rest_is_set_apart() -> None:
    before = {id_: 10 * value for id_, value in BEFORE.items()}
    after = {**{id_: value / 2 for id_, value in before.items()}, "b": 100.0, "e": 400.0}
    made = changes(of_places(before), of_places(after), kept_back=(), daily=steady(before, after))
    sides = {c.id: c.side for c in made}
    assert (sides["b"], sides["e"], sides["a"]) == (Side.MORE, Side.LESS, Side.SAME)


def shown(*provinces: Change) -> Evaluation:
    made = inputs()
    return compose(replace(made, changes={**made.changes, Dimension.PROVINCE: provinces}))


def province(code: str, side: Side | None) -> Change:
    valid_from = "2008-08-01"
    return Change(f"{code}@{valid_from}", LocalText(code, code), 40.0, 20.0, Estimate(-50.0, -70.0, -20.0), side)


@pytest.mark.parametrize(
    ("side", "shade"), [(Side.SAME, None), (Side.MORE, Shade.STRONG), (Side.LESS, Shade.WARM), (None, None)]
)
def test_the_map_is_coloured_only_where_a_province_differs_from_the_rest(
    side: Side | None, shade: Shade | None
) -> None:
    made = shown(province("01", side), province("31", Side.SAME))
    (plot,) = [b for s in made.sections for b in s.blocks if isinstance(b, Map)]
    drawn = draw(plot, made, "vi")
    colours = {found: drawn.count(found.value) for found in (Shade.STRONG, Shade.WARM)}
    assert colours == {found: 1 + (found is shade) for found in colours}  # one of each is in the legend
    assert "−50%" in drawn


def test_the_annex_says_whether_an_interval_of_machines_is_calibrated() -> None:
    files = dict(annex_files(shown(province("01", Side.SAME), province("31", Side.SAME))))
    [row] = csv.DictReader(io.StringIO(files["data/machines-families.csv"].decode()))
    assert row["interval_stands_on"] == "calibrated"


def test_the_interval_is_in_the_table_and_in_the_annex() -> None:
    made = shown(province("01", Side.MORE), province("31", Side.SAME))
    assert "−70,0%" in render_page(made, "vi")
    table = json.loads(dict(annex_files(made))["data/evaluation.json"])["tables"]["provinces"]
    at = [column["id"] for column in table["columns"]].index("low")
    assert [row[at] for row in table["rows"]] == [-70.0, -70.0]


def test_merged_provinces_are_summed_day_by_day() -> None:
    becomes = {"x": "z", "y": "z"}
    before = of_places({"x": 30.0, "y": 50.0, "a": 90.0})
    after = of_places({"z": 40.0, "a": 45.0})
    daily = {"z": ([80.0] * 30, [40.0] * 30), "a": ([90.0] * 30, [45.0] * 30)}
    made = changes(before, after, kept_back=(), becomes=lambda id_: becomes.get(id_, id_), daily=daily)
    assert [c.interval is not None for c in made] == [True, True]
