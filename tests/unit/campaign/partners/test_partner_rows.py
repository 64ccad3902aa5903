from datetime import date
from typing import Any

import pytest
from tests.unit.campaign.partners.test_partner_declarations import declared

from quetsach.campaign.partners.declaration import Level
from quetsach.campaign.partners.record import COLUMNS, Cells, Fault, Reason
from quetsach.campaign.partners.row import Line, PlaceOnDay, Row, RowReader

GOOD = {"day": "2020-10-06", "place": "31", "product": "Bkav Home", "turns": "50", "machines": "40", "infected": "7"}
TODAY = date(2020, 10, 20)


def place_on(code: str, day: date) -> PlaceOnDay | None:
    if day >= date(2025, 7, 1):
        return None
    return {"31": PlaceOnDay(310, Level.PROVINCE), "303": PlaceOnDay(3030, Level.DISTRICT)}.get(code)


def cells(**changes: str) -> Cells:
    return tuple({**GOOD, **changes}.get(column, "") for column in COLUMNS)


def read(*declarations: Any, **changes: str) -> Row | Fault:
    return RowReader(declarations or (declared(),), place_on=place_on, today=TODAY).read(cells(**changes))


def test_a_row_is_told_by_line_first_day_and_place() -> None:
    assert read(revision="2") == Row(Line(1, "Bkav Home", "", ""), date(2020, 10, 6), 310, 2, (50, 40, 7, None, None))


def test_what_is_not_given_is_not_zero() -> None:
    row = read(machines="0", infected="")
    assert isinstance(row, Row)
    assert row.figures == (50, 0, None, None, None)


@pytest.mark.parametrize(
    ("changes", "reason", "column"),
    [
        ({"day": "06/10/2020"}, Reason.DAY, "day"),
        ({"day": "1999-12-31"}, Reason.DAY, "day"),
        ({"day": "2020-02-30"}, Reason.DAY, "day"),
        ({"day": "2020-10-20"}, Reason.FUTURE, "day"),
        ({"day": "2020-09-17"}, Reason.UNDECLARED, "day"),
        ({"day": "2020-W41"}, Reason.WINDOW, "day"),
        ({"place": "77"}, Reason.PLACE, "place"),
        ({"place": "303"}, Reason.LEVEL, "place"),
        ({"product": " "}, Reason.TEXT, "product"),
        ({"product": "x" * 81}, Reason.TEXT, "product"),
        ({"product": "a\u202eb"}, Reason.TEXT, "product"),
        ({"version": "1.2"}, Reason.VERSION, "version"),
        ({"turns": "-1"}, Reason.NUMBER, "turns"),
        ({"turns": "1.234"}, Reason.NUMBER, "turns"),
        ({"turns": "٣"}, Reason.NUMBER, "turns"),
        ({"turns": "2147483648"}, Reason.NUMBER, "turns"),
        ({"revision": "40000"}, Reason.NUMBER, "revision"),
        ({"turns": "", "machines": "", "infected": ""}, Reason.NO_FIGURE, ""),
        ({"machines": "51"}, Reason.CONTRADICTION, "machines"),
        ({"infected": "41"}, Reason.CONTRADICTION, "infected"),
        ({"cleaned": "8"}, Reason.CONTRADICTION, "cleaned"),
        ({"count": "3"}, Reason.MIXED, "count"),
        ({"family": "conficker", "count": "3"}, Reason.MIXED, "family"),
        ({"family": "conficker"}, Reason.NO_FIGURE, "count"),
    ],
)
def test_a_row_that_does_not_fit_is_set_aside_with_reason_and_column(
    changes: dict[str, str], reason: Reason, column: str
) -> None:
    fault = read(**changes)
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.column) == (reason, column)


def test_a_row_of_a_family_counts_that_family_alone() -> None:
    row = read(family="Conficker", count="5", cleaned="4", turns="", machines="", infected="")
    assert isinstance(row, Row)
    assert (row.line.family, row.figures) == ("Conficker", (None, None, None, 4, 5))


def test_spaces_around_a_cell_do_not_matter() -> None:
    assert read(day=" 2020-10-06 ", place=" 31", product="Bkav Home ", turns=" 50 ") == read()


def test_infected_turns_are_compared_with_turns() -> None:
    assert isinstance(read(declared(outcomes='"turns"'), infected="45"), Row)
    assert isinstance(read(declared(outcomes='"turns"'), infected="51"), Fault)


def test_without_a_key_a_number_of_machines_is_set_aside() -> None:
    fault = read(declared(outcomes='"turns"', key='"none"'))
    assert isinstance(fault, Fault)
    assert fault.reason is Reason.MACHINES


def test_a_week_that_reaches_into_the_next_declaration_is_set_aside() -> None:
    weekly = declared(window='"week"', first="2020-08-31")
    daily = declared(version=2, first="2020-10-07")
    assert isinstance(read(weekly, daily, day="2020-W40"), Row)
    fault = read(weekly, daily, day="2020-W41")
    assert isinstance(fault, Fault)
    assert fault.reason is Reason.ACROSS


def test_versions_are_told_apart_where_that_is_declared() -> None:
    row = read(declared(versions='"split"'), version="2020.1")
    assert isinstance(row, Row)
    assert row.line.version == "2020.1"
    assert isinstance(read(declared(versions='"split"')), Fault)


def test_a_file_of_ever_new_products_does_not_fill_the_memory() -> None:
    reader = RowReader((declared(),), place_on=place_on, today=TODAY)
    for number in range(45_000):
        assert isinstance(reader.read(cells(product=f"p{number}")), Row)
    assert len(reader._lines) <= 20_000
