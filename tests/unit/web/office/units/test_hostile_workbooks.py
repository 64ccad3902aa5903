"""Whatever a workbook asks for, reading it costs a second and a hundred megabytes at most, and not the pages' own."""

import io
import struct
import subprocess
import sys
import threading
import time
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from tests.hostile_workbooks import HOSTILE, sheet, workbook

from quetsach.campaign.errors import UnitsError
from quetsach.campaign.units.cells import MAX_BYTES, MAX_COLUMNS, MAX_ROWS, read_csv
from quetsach.web.office.units import spreadsheet
from quetsach.web.office.units.spreadsheet import read_xlsx
from quetsach.web.office.units.workbook import WorkbookError, read_workbook

MEASURED = """
import resource
from quetsach.web.office.units.workbook import main
main()
import sys
used = resource.getrusage(resource.RUSAGE_SELF)
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(used.ru_utime + used.ru_stime, peak, file=sys.stderr)
"""
HARMLESS = workbook(sheet(['<row><c t="inlineStr"><is><t>name</t></is></c></row>', "<row><c><v>1</v></c></row>"]))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_costs_a_second_and_a_hundred_megabytes_at_most(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(HOSTILE[name]())
    assert path.stat().st_size <= MAX_BYTES
    command = (sys.executable, "-I", "-c", MEASURED, *spreadsheet._COMMAND[-2:])
    with path.open("rb") as sent:
        done = subprocess.run(command, stdin=sent, capture_output=True, check=False, env={})
    assert done.returncode == 0, "it ends by its own bounds, not by those of the system"
    cpu_seconds, peak_kilobytes = (float(word) for word in done.stderr.split())
    assert cpu_seconds < 1.5  # half a second of it for a machine that does other things as well
    assert peak_kilobytes < 100 * 1024


def test_files_that_are_read_at_once_are_few_and_the_rest_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "_AT_ONCE", threading.BoundedSemaphore(1))
    with spreadsheet._AT_ONCE, pytest.raises(UnitsError, match="reading other") as refused:
        read_xlsx(HARMLESS, name="x")
    assert refused.value.advice
    assert read_xlsx(HARMLESS, name="x")[0].rows == ((2, ("1",)),)


@pytest.mark.parametrize("program", ["import os; os.abort()", "while True: pass"])
def test_a_reader_that_is_ended_or_hangs_is_the_files_fault(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(spreadsheet, "_COMMAND", (sys.executable, "-I", "-c", program))
    monkeypatch.setattr(spreadsheet, "DEADLINE_SECONDS", 0.5)
    with pytest.raises(UnitsError):
        read_xlsx(HARMLESS, name="x")
    assert spreadsheet._AT_ONCE.acquire(blocking=False), "the place was given back"
    spreadsheet._AT_ONCE.release()


@pytest.mark.parametrize(
    "command", [(sys.executable, "-I", "-c", "import none_such"), ("/nowhere/python",)], ids=["fails", "cannot start"]
)
def test_a_reader_that_is_broken_is_not_the_files_fault(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(spreadsheet, "_COMMAND", command)
    with pytest.raises(UnitsError, match="could not read") as refused:
        read_xlsx(HARMLESS, name="x")
    assert "who runs the centre" in refused.value.hint
    assert "none_such" in caplog.text or "/nowhere/python" in caplog.text
    assert spreadsheet._AT_ONCE.acquire(blocking=False), "the place was given back"
    spreadsheet._AT_ONCE.release()


@pytest.mark.parametrize("numbers", [(2, 2), (3, 2), (0,), (-1,)])
def test_each_row_lies_below_the_one_before(numbers: tuple[int, ...]) -> None:
    rows = [f'<row r="{number}"><c><v>1</v></c></row>' for number in numbers]
    with pytest.raises(WorkbookError, match="damaged"):
        read_workbook(workbook(sheet(rows)), columns=20, rows=100)


def test_a_text_is_named_by_its_number_from_the_front() -> None:
    strings = b"<sst><si><t>first</t></si><si><t>last</t></si></sst>"
    for number in (-1, 2):
        with pytest.raises(WorkbookError, match="damaged"):
            read_workbook(
                workbook(sheet([f'<row><c t="s"><v>{number}</v></c></row>']), strings=strings), columns=20, rows=9
            )


def test_a_long_table_of_contents_is_not_even_read_wherever_it_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook(sheet([]), more={f"x/{number}": b"" for number in range(2_000)})
    at = content.rfind(b"PK\5\6")
    end = content[at:]
    size, offset = (int.from_bytes(end[from_ : from_ + 4], "little") for from_ in (12, 16))
    record = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 2_006, 2_006, size, offset)
    locator = b"PK\6\7" + struct.pack("<IQI", 0, at, 1)
    hidden = content[:at] + record + locator + end[:12] + struct.pack("<II", 0, 0) + end[20:]
    inside = content[:at] + end[:4] + b"PK\5\6" + end[8:]  # a second mark where the numbers of the disks stand
    for file in (content, hidden, inside):
        assert len(zipfile.ZipFile(io.BytesIO(file)).namelist()) > 2_000
    monkeypatch.setattr(zipfile, "ZipInfo", lambda *_: pytest.fail("an entry was made"))
    for file in (content, hidden, inside):
        with pytest.raises(WorkbookError, match="large"):
            read_workbook(file, columns=20, rows=100)


def test_what_office_programs_write_is_read_as_before() -> None:
    book = Workbook()
    book.active.append(["name", "day", "count", "part", "yes", "formula", "  "])
    book.active.append(["Hà Nội & <b>", date(2020, 6, 16), 12, 1.5, True, "=1+1", None, None, "far"])
    moment = datetime(2020, 6, 16, 13, 30)  # noqa: DTZ001  (a spreadsheet knows no zone)
    book.active.append([None, moment, 123456789012, -0.25, False, "'=x", "a\nb"])
    out = io.BytesIO()
    book.save(out)
    [read] = read_xlsx(out.getvalue(), name="x")
    assert read.rows == (
        (2, ("Hà Nội & <b>", "2020-06-16", "12", "1.5", "yes", "=1+1", "", "", "far")),
        (3, ("", "2020-06-16", "123456789012", "-0.25", "no", "'=x", "a\nb")),
    )


def changed(content: bytes, edits: list[tuple[int, int]]) -> bytes:
    mutable = bytearray(content)
    for at, byte in edits:
        mutable[at % len(mutable)] = byte
    return bytes(mutable)


EDITS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(EDITS, st.booleans())
def test_a_damaged_file_is_refused_or_read_and_nothing_else(edits: list[tuple[int, int]], is_inside: bool) -> None:
    if is_inside:  # damage what is packed, so that it is not the archive's own checks that refuse
        part = changed(sheet(['<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>1+1</f></c></row>']), edits)
        content = workbook(part)
    else:
        content = changed(HARMLESS, edits)
    try:
        found = read_workbook(content, columns=MAX_COLUMNS, rows=MAX_ROWS)
    except WorkbookError as error:
        assert str(error) in spreadsheet._REFUSALS
    else:
        assert all(len(cells) <= MAX_COLUMNS + 1 for _, rows in found for _, cells in rows)


@given(st.binary(max_size=2000))
def test_bytes_of_any_kind_are_no_workbook(content: bytes) -> None:
    with pytest.raises(WorkbookError, match="damaged"):
        read_workbook(content, columns=20, rows=100)


def test_parts_that_say_another_size_are_counted_as_they_unpack() -> None:
    content = workbook(sheet(["<row>", " " * 20_000_000, "</row>"]))
    lying = content.replace((20_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    for file in (content, lying):
        with pytest.raises(WorkbookError):
            read_workbook(file, columns=20, rows=100)
    assert zipfile.is_zipfile(io.BytesIO(content))


@pytest.mark.parametrize("content", [b"\n" * MAX_BYTES, b"\r" * MAX_BYTES, b"," * MAX_BYTES, b",\n" * (MAX_BYTES // 2)])
def test_a_csv_file_of_nothing_but_lines_or_commas_is_refused_before_it_is_read(content: bytes) -> None:
    before = time.process_time()
    with pytest.raises(UnitsError):
        read_csv(content, name="x")
    assert time.process_time() - before < 1
