import numpy as np
import pytest

from quetsach.assess.effect import Panel, read_panel
from quetsach.assess.effect.panel import Step
from quetsach.assess.estimate import AssessError

HEADER = b"unit,period,outcome,treated\n"


def _read(body: str) -> Panel:
    return read_panel(HEADER + body.encode(), where="panel.csv")


def test_rows_in_any_order_become_a_panel() -> None:
    panel = _read("b,2001,4.5,1\na,2000,1,0\na,2001,2,0\nb,2000,3,0\n")
    assert panel.units == ("b", "a")
    assert panel.periods.labels == ("2000", "2001")
    assert panel.outcome.tolist() == [[3, 4.5], [1, 2]]
    assert panel.starts.tolist() == [1, 2]


def test_spaces_quotes_byte_order_mark_and_other_columns_do_no_harm() -> None:
    text = '\ufeff Period ,"Unit",note,TREATED,outcome\r\n 1988 , "Bà Rịa, Vũng Tàu" ,x, False , 90.1 \r\n'
    panel = read_panel(text.encode(), where="panel.csv")
    assert panel.units == ("Bà Rịa, Vũng Tàu",)
    assert panel.outcome.tolist() == [[90.1]]


def test_semicolons_bring_decimal_commas() -> None:
    panel = read_panel(b"unit;period;outcome;treated\na;2000;90,1;0\n", where="panel.csv")
    assert panel.outcome.tolist() == [[90.1]]


@pytest.mark.parametrize(
    ("labels", "step", "positions"),
    [
        (("1955", "1960", "1970"), Step.NUMBER, [0, 1, 3]),
        (("2020-12-30", "2020-12-31", "2021-01-01"), Step.DAY, [0, 1, 2]),
        (("2020-06-01", "2020-06-08", "2020-06-22"), Step.DAY, [0, 1, 3]),
        (("20200630", "20200701", "20200702"), Step.DAY, [0, 1, 2]),
        (("2020-W53", "2021-W01", "2021-W02"), Step.WEEK, [0, 1, 2]),
        (("2020-11", "2020-12", "2021-01"), Step.MONTH, [0, 1, 2]),
        (("2020-Q3", "2020-Q4", "2021-Q1"), Step.QUARTER, [0, 1, 2]),
        (("1988.0", "1989.0", "1990.0"), Step.NUMBER, [0, 1, 2]),
    ],
)
def test_periods_stand_in_order_with_their_gaps(labels: tuple[str, ...], step: Step, positions: list[int]) -> None:
    panel = _read("".join(f"a,{label},1,0\n" for label in reversed(labels)))
    assert panel.periods.step is step
    assert panel.periods.positions.tolist() == positions
    assert panel.periods.labels == labels


def test_days_know_their_weekday() -> None:
    panel = _read("a,2026-01-09,1,0\na,2026-01-10,1,0\na,2026-01-12,1,0\n")
    assert panel.periods.weekdays is not None
    assert panel.periods.weekdays.tolist() == [4, 5, 0]
    weekly = _read("a,2026-W02,1,0\na,2026-W03,1,0\n")
    assert weekly.periods.weekdays is None


@pytest.mark.parametrize("absent", ["", "NA", "NaN", "."])
def test_a_missing_outcome_is_a_missing_cell(absent: str) -> None:
    panel = _read(f"a,2000,1,0\na,2001,{absent},0\n")
    assert panel.missing == 1


def test_a_unit_stays_treated_where_a_line_is_missing() -> None:
    panel = _read("a,2000,1,0\na,2001,1,1\nb,2000,1,0\nb,2001,1,0\nb,2002,1,0\n")
    assert panel.starts.tolist() == [1, 3]
    assert np.isnan(panel.outcome[0, 2])
    assert panel.ended == ()


def test_treatment_that_ends_is_remembered() -> None:
    assert _read("a,2000,1,0\na,2001,1,1\na,2002,1,0\n").ended == ("a",)


@pytest.mark.parametrize(
    ("body", "what", "where"),
    [
        ("a,2000,1\n", "too few columns", "panel.csv:2"),
        ("a,2000,1,0\na,2000,2,0\n", "has '2000' already", "panel.csv:3"),
        ("a,2000,1,2\n", "neither 0 nor 1", "panel.csv:2 (treated)"),
        ("a,2000,1,\n", "neither 0 nor 1", "panel.csv:2 (treated)"),
        ('a,2000,"1,234.5",0\n', "not a number", "panel.csv:2 (outcome)"),
        ("a,2000,inf,0\n", "not a number", "panel.csv:2 (outcome)"),
        ("a,2000,1_0,0\n", "not a number", "panel.csv:2 (outcome)"),
        ("a,16/06/2020,1,0\n", "not a period", "panel.csv:2 (period)"),
        ("a,2020-02-30,1,0\n", "not a period", "panel.csv:2 (period)"),
        ("a,2020-06,1,0\na,2020,1,0\n", "is a number, those above are not", "panel.csv:3 (period)"),
        (",2000,1,0\n", "no name", "panel.csv:2 (unit)"),
        ("a\x00b,2000,1,0\n", "no name", "panel.csv:2 (unit)"),
        ('"a,2000,1,0\n', "too few columns", "panel.csv:2"),
        ("a" * 200_000 + ",2000,1,0\n", "not CSV", "panel.csv:2"),
        ("", "no lines", "panel.csv"),
    ],
)
def test_a_bad_line_is_named(body: str, what: str, where: str) -> None:
    with pytest.raises(AssessError, match=what) as refused:
        _read(body)
    assert refused.value.where == where


def test_a_missing_column_is_named() -> None:
    with pytest.raises(AssessError, match="the column treated is missing"):
        read_panel(b"unit,period,outcome\n", where="panel.csv")


def test_bytes_that_are_no_text_are_refused_by_their_line() -> None:
    with pytest.raises(AssessError, match="not UTF-8") as refused:
        read_panel(HEADER + b"a,2000,1,0\n\xff,2001,1,0\n", where="panel.csv")
    assert refused.value.where == "panel.csv:3"


def test_a_table_whose_square_is_too_large_is_refused_before_it_is_made() -> None:
    body = "".join(f"u{n},{n},1,0\n" for n in range(1_500))
    with pytest.raises(AssessError, match="cells"):
        _read(body)


TRAITS = b"unit,period,outcome,treated,People, Net \n"


def test_covariates_are_those_of_before_anybody_began() -> None:
    body = b"a,1,5,0,10,2\na,2,5,0,30,NA\na,3,4,1,900,9\nb,1,5,0,,1\nb,2,5,0,50,3\nb,3,5,0,700,9\n"
    panel = read_panel(TRAITS + body, where="panel.csv", covariates=("people", "net"))
    assert panel.covariates is not None
    assert panel.covariates.tolist() == [[20, 2], [50, 2]]
    assert read_panel(TRAITS + body, where="panel.csv").covariates is None


@pytest.mark.parametrize(
    ("body", "covariate", "what"),
    [
        (b"a,1,5,0,10,2\na,2,4,1,10,2\nb,1,5,0,,2\nb,2,5,0,10,2\n", "people", "'b' has no people before the first"),
        (b"a,1,5,0,many,2\n", "people", "not a number: 'many'"),
        (b"a,1,5,0,10\n", "net", "too few columns"),
        (b"a,1,5,0,10,2\n", "area", "the column area is missing"),
    ],
)
def test_a_covariate_that_cannot_be_taken_is_named(body: bytes, covariate: str, what: str) -> None:
    with pytest.raises(AssessError, match=what):
        read_panel(TRAITS + body, where="panel.csv", covariates=(covariate,))


def _in_regions(*rows: tuple[str, str, int]) -> Panel:
    lines = [f"{unit},{year},1,{int(year >= start)},{region}" for unit, region, start in rows for year in (2000, 2001)]
    return read_panel(("unit,period,outcome,treated,Region\n" + "\n".join(lines)).encode(), where="panel.csv")


def test_regions_that_were_drawn_are_read() -> None:
    assert _in_regions(("a", "Bắc", 2001), ("b", "Bắc", 2001), ("c", "Nam", 2002)).regions == ("Bắc", "Bắc", "Nam")
    assert _in_regions(("a", "", 2001), ("b", "", 2002)).regions == ()
    assert _read("a,2000,1,0\n").regions == ()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((("a", "Bắc", 2001), ("b", "Bắc", 2002)), "do not begin together"),
        ((("a", "Bắc", 2001), ("b", "", 2002)), "has no region"),
    ],
)
def test_regions_that_cannot_have_been_drawn_are_refused(rows: tuple[tuple[str, str, int], ...], told: str) -> None:
    with pytest.raises(AssessError, match=told):
        _in_regions(*rows)


def test_a_unit_lies_in_one_region() -> None:
    with pytest.raises(AssessError, match="lies in 'x' above"):
        read_panel(b"unit,period,outcome,treated,region\na,2000,1,0,x\na,2001,1,0,y\n", where="panel.csv")
