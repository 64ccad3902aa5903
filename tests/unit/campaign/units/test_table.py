from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.campaign.units.country import BY_KEY, START, SUCCESSIONS, UNITS

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import MAX_CELL, MAX_ROWS, read_csv, sheet_of, write_csv
from quetsach.campaign.units.comparison import ExistingUnits, compare
from quetsach.campaign.units.table import (
    CONTACT_COLUMNS,
    MEMBER_COLUMNS,
    SUCCESSION_COLUMNS,
    UNIT_COLUMNS,
    Contact,
    Member,
    Tables,
    contact_rows,
    member_rows,
    read_tables,
    succession_rows,
    unit_rows,
)
from quetsach.campaign.units.unit import Unit, UnitKind
from quetsach.core.table import guarded, unguarded
from quetsach.installation import bundled_country

CONTACTS = (
    Contact(
        "31-2020", "Nguyễn Thị Hoa", "Chánh Văn phòng", "vanphong@haiphong.example", "0225 3842 119", is_primary=True
    ),
    Contact("31-2020", "", "", "", "+84 225 3842 120", is_primary=False),
)
MEMBERS = (Member("sector", "health", "31-2020", START, None),)
STANDING = ExistingUnits(
    BY_KEY,
    {(row.old, row.new): row for row in SUCCESSIONS},
    {"31-2020": CONTACTS},
    MEMBERS,
    [("sector", "health"), ("sector", "energy")],
)
CODES = bundled_country().unit_codes
GOOD = "32-2020,32,Tỉnh Mẫu,Sample Province,province,tw,2020-01-01,2025-07-01,1/QĐ"


def _csv(columns: tuple[str, ...], *lines: str) -> Tables:
    return read_tables([read_csv("\n".join((",".join(columns), *lines)).encode(), name="bang.csv")], CODES)


def _faults(tables: Tables) -> list[tuple[int, str]]:
    return [(fault.row, fault.column) for fault in tables.faults]


def _again(*tables: object) -> Tables:
    sheets = [read_csv(write_csv(rows), name=f"{n}.csv") for n, rows in enumerate(tables)]  # type: ignore[arg-type]
    return read_tables(sheets, CODES)


def test_a_good_row_becomes_a_unit() -> None:
    tables = _csv(UNIT_COLUMNS, GOOD)
    assert tables.faults == []
    expected = Unit("32-2020", "32", "Tỉnh Mẫu", "Sample Province", UnitKind.PROVINCE, START, date(2025, 7, 1), "1/QĐ")
    assert tables.units["32-2020"] == replace(expected, parents=((START, "tw"),))


def test_days_are_read_as_people_write_them() -> None:
    tables = _csv(UNIT_COLUMNS, GOOD.replace("2020-01-01", "01/02/2020"))
    assert tables.faults == []
    assert tables.units["32-2020"].opened == date(2020, 2, 1)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (GOOD.replace("32-2020,", "32 2020,", 1), "key"),
        (GOOD.replace("32-2020,", ",", 1), "key"),
        (GOOD.replace(",32,", ",2,"), "code"),
        (GOOD.replace("Tỉnh Mẫu", ""), "name_vi"),
        (GOOD.replace("Tỉnh Mẫu", "x" * 201), "name_vi"),
        (GOOD.replace("province", "tỉnh"), "kind"),
        (GOOD.replace("tw,", "tw; 46-2025,"), "parent"),
        (GOOD.replace("tw,", "2020-01-01: tw,"), "parent"),
        (GOOD.replace("2020-01-01", "31/02/2020"), "opened"),
        (GOOD.replace("2025-07-01", "2025-13-01"), "closed"),
    ],
)
def test_a_wrong_cell_is_told_by_row_and_column(line: str, column: str) -> None:
    tables = _csv(UNIT_COLUMNS, GOOD.replace("32-2020", "34-2020"), line)
    assert _faults(tables) == [(3, column)]
    assert all(text.vi and text.en for fault in tables.faults for text in (fault.what, fault.hint))


def test_every_wrong_cell_of_a_row_is_told_at_once() -> None:
    assert _faults(_csv(UNIT_COLUMNS, "32-2020,32,,x,tỉnh,tw,?,,")) == [(2, "kind"), (2, "name_vi"), (2, "opened")]


def test_a_key_that_stands_twice_is_told() -> None:
    assert _faults(_csv(UNIT_COLUMNS, GOOD, GOOD)) == [(3, "key")]


def test_a_moved_unit_is_read_with_its_days() -> None:
    tables = _csv(UNIT_COLUMNS, GOOD.replace(",tw,", ",46-2020; 2025-01-01: 46-2025,"))
    assert tables.units["32-2020"].parents == ((START, "46-2020"), (date(2025, 1, 1), "46-2025"))


@pytest.mark.parametrize("share", ["0", "1.1", "-1", "0.0000001", "nan", "inf", "1e999999", "một"])
def test_what_is_no_share_is_told(share: str) -> None:
    assert _faults(_csv(SUCCESSION_COLUMNS, f"31-2020,31-2025,2025-07-01,,{share}")) == [(2, "share")]


def test_a_share_with_a_decimal_comma_is_read() -> None:
    tables = _csv(SUCCESSION_COLUMNS, '31-2020,31-2025,2025-07-01,,"0,25"')
    assert tables.successions["31-2020", "31-2025"].millionths == 250_000


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("31-2020,Hoa,,,,yes", "email"),
        ("31-2020,Hoa,,hoa(at)haiphong,,yes", "email"),
        ("31-2020,Hoa,,,gọi sau,yes", "phone"),
        ("31-2020,Hoa,,hoa@haiphong.example,,maybe", "is_primary"),
    ],
)
def test_a_wrong_contact_is_told(line: str, column: str) -> None:
    assert _faults(_csv(CONTACT_COLUMNS, line)) == [(2, column)]


def test_a_membership_that_ends_before_it_begins_is_told() -> None:
    assert _faults(_csv(MEMBER_COLUMNS, "sector,health,31-2020,2020-02-01,2020-01-01")) == [(2, "until")]


def test_semicolons_part_cells_too() -> None:
    content = (",".join(UNIT_COLUMNS) + "\n" + GOOD).replace(",", ";").encode("utf-8-sig")
    assert list(read_tables([read_csv(content, name="x.csv")], CODES).units) == ["32-2020"]


def test_columns_may_stand_in_another_order() -> None:
    columns = tuple(reversed(UNIT_COLUMNS))
    line = ",".join(reversed([*GOOD.split(","), ""]))
    assert list(_csv(columns, line).units) == ["32-2020"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe", b'key,"code\n', b"x" * (9 << 20)])
def test_what_is_no_table_of_units_is_refused(content: bytes) -> None:
    with pytest.raises(UnitsError):
        read_tables([read_csv(content, name="x.csv")], CODES)


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(UnitsError, match="rows"):
        sheet_of("x", ((n, ("a",)) for n in range(MAX_ROWS + 2)))


def test_too_many_columns_are_refused() -> None:
    with pytest.raises(UnitsError, match="columns"):
        sheet_of("x", [(1, ("a",) * 21)])


def test_a_cell_that_is_far_too_long_is_told_not_kept() -> None:
    assert _faults(_csv(UNIT_COLUMNS, GOOD.replace("1/QĐ", "x" * (MAX_CELL + 1)))) == [(2, "decree")]


def test_a_row_longer_than_the_header_is_told() -> None:
    assert _faults(_csv(UNIT_COLUMNS, GOOD + ",,beside")) == [(2, "")]


@given(st.binary(max_size=300))
def test_bytes_of_any_kind_give_tables_or_a_refusal(content: bytes) -> None:
    try:
        read_tables([read_csv(",".join(UNIT_COLUMNS).encode() + b"\n" + content, name="x.csv")], CODES)
    except UnitsError as refused:
        assert refused.what


@given(st.text(max_size=20))
def test_no_exported_cell_is_a_formula_and_all_come_back(cell: str) -> None:
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(cell)) == cell


def test_importing_an_export_changes_nothing() -> None:
    tables = _again(unit_rows(UNITS), succession_rows(SUCCESSIONS), contact_rows(CONTACTS), member_rows(MEMBERS))
    assert compare(tables, STANDING).is_empty
    assert tables.faults == []


_names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@given(st.lists(st.tuples(_names, _names, st.integers(1, 400), st.integers(1, 400)), max_size=5))
def test_any_units_come_back_as_they_went_out(drawn: list[tuple[str, str, int, int]]) -> None:
    made = read_tables([sheet_of("x", [(1, UNIT_COLUMNS)])], CODES)
    for n, (vi, en, days, moved) in enumerate(drawn):
        opened, closed = START, START + timedelta(days=days + moved)
        parents = ((opened, "tw"), (opened + timedelta(days=moved), "46-2020"))
        unit = Unit(f"u{n}", f"U{n}", vi, en, UnitKind.AGENCY, opened, closed, "=1+1", parents)
        made.units[unit.key] = unit
    once = _again(unit_rows(made.units.values()))
    assert once.faults == []
    assert _again(unit_rows(once.units.values())).units == once.units


def test_the_plan_tells_new_changed_and_closed_units() -> None:
    renamed = replace(BY_KEY["31-2020"], name_en="Hai Phong")
    closing = replace(BY_KEY["11948-2025"], closed=date(2026, 1, 1))
    tables = _again(unit_rows([renamed, closing]))
    tables.units.update(_csv(UNIT_COLUMNS, GOOD).units)
    plan = compare(tables, STANDING)
    assert [unit.key for unit in plan.added] == ["32-2020"]
    assert [unit.key for unit in plan.closed] == ["11948-2025"]
    assert [(c.unit, c.column, c.before, c.after) for c in plan.changes] == [
        ("31-2020", "name_en", "Unit 31", "Hai Phong"),
        ("11948-2025", "closed", "", "2026-01-01"),
    ]
    assert tables.faults == []


def test_a_unit_that_would_lose_its_parent_is_told_although_the_file_does_not_name_it() -> None:
    tables = _again(unit_rows([replace(BY_KEY["31-2025"], closed=date(2026, 1, 1))]))
    compare(tables, STANDING)
    assert {(fault.row, fault.what.en.partition(":")[0]) for fault in tables.faults} == {
        (0, "11296-2025"),
        (0, "11948-2025"),
        (0, "10507-2025"),
    }


def test_a_code_that_would_mean_two_units_is_told() -> None:
    tables = _csv(UNIT_COLUMNS, GOOD.replace("32-2020,32", "32-2020,31"))
    compare(tables, STANDING)
    assert _faults(tables) == [(2, "code")]


@pytest.mark.parametrize("code", ["H40", "H40.15", "G09.01.02.A3", "000.00.15.H40", "0100109106", "0100109106-001"])
def test_a_code_of_the_exchange_of_documents_is_read(code: str) -> None:
    tables = _csv(UNIT_COLUMNS, f"{GOOD},{code}")
    assert (tables.faults, tables.units["32-2020"].exchange_code) == ([], code)


@pytest.mark.parametrize("code", ["h40", "40", "H40.", "00.00.15.H40", "H40.15.01.02.03", "H4O15", "010010910"])
def test_what_is_no_code_of_the_exchange_is_told(code: str) -> None:
    assert _faults(_csv(UNIT_COLUMNS, f"{GOOD},{code}")) == [(2, "exchange_code")]


def test_a_code_of_the_exchange_goes_on_to_a_successor_and_to_nobody_else() -> None:
    old, new = replace(BY_KEY["31-2020"], exchange_code="H31"), replace(BY_KEY["31-2025"], exchange_code="H31")
    other = replace(BY_KEY["46-2025"], exchange_code="H31")
    good, twice = _again(unit_rows([old, new])), _again(unit_rows([new, other]))
    compare(good, STANDING)
    compare(twice, STANDING)
    assert (_faults(good), [fault.column for fault in twice.faults]) == ([], ["exchange_code"])


def test_a_split_whose_shares_no_longer_add_up_is_told() -> None:
    tables = _csv(SUCCESSION_COLUMNS, "11299-2020,11948-2025,2025-07-01,,0.5")
    compare(tables, STANDING)
    assert _faults(tables) == [(2, "share")]


def test_two_first_contacts_and_unknown_units_are_told() -> None:
    tables = _csv(
        CONTACT_COLUMNS,
        "31-2020,A,,a@x.example,,yes",
        "31-2020,B,,b@x.example,,yes",
        "99-2020,C,,c@x.example,,no",
    )
    compare(tables, STANDING)
    assert _faults(tables) == [(2, "is_primary"), (4, "unit")]


def test_a_group_that_does_not_exist_is_told() -> None:
    tables = _csv(MEMBER_COLUMNS, "sector,mining,30-2020,2020-01-01,", "sector,energy,303-2020,2020-01-01,")
    plan = compare(tables, STANDING)
    assert _faults(tables) == [(2, "group")]
    assert Member("sector", "energy", "303-2020", START, None) in plan.members


def test_a_unit_in_two_groups_of_a_set_on_one_day_is_told() -> None:
    tables = _csv(MEMBER_COLUMNS, "sector,energy,31-2020,2020-02-01,")
    compare(tables, STANDING)
    assert _faults(tables) == [(2, "first")]


def test_a_unit_may_change_its_group() -> None:
    tables = _csv(MEMBER_COLUMNS, "sector,health,31-2020,2020-01-01,2020-02-01", "sector,energy,31-2020,2020-02-01,")
    plan = compare(tables, STANDING)
    assert tables.faults == []
    assert [member.group for member in plan.members] == ["health", "energy"]
