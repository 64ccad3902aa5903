"""One record: what is strict, what is mended, what is refused."""

import pytest

from quetsach.feeds.record import Cells, Fault, Form, Reason, Repair, as_csv, read_joined, read_record, split_strictly

FORM = Form(("a", "b", "c", "d"), last_identifying=1)


@pytest.mark.parametrize(
    ("record", "cells"),
    [
        (b"1,2,3,4", (b"1", b"2", b"3", b"4")),
        (b'"1","2,2",,"4"', (b"1", b"2,2", b"", b"4")),
        (b'"say ""hi""",2,3,4', (b'say "hi"', b"2", b"3", b"4")),
        (b'1,2,3,"C:\\"', (b"1", b"2", b"3", b"C:\\")),
        (",,,Hà Nội".encode(), (b"", b"", b"", "Hà Nội".encode())),
    ],
)
def test_takes_well_formed_records_as_they_are(record: bytes, cells: tuple[bytes, ...]) -> None:
    assert read_record(record, FORM) == Cells(cells)


@pytest.mark.parametrize(
    ("record", "cells", "repair"),
    [
        (b"1,2,3", (b"1", b"2", b"3", b""), Repair.PADDED),
        (b"1,2,", (b"1", b"2", b"", b""), Repair.PADDED),
        (b"1,2,3,4,,", (b"1", b"2", b"3", b"4"), Repair.TRIMMED),
        (b'1,2,"3 \\"x\\"",4', (b"1", b"2", b'3 "x"', b"4"), Repair.QUOTES),
        (b'1,2,"C:\\new\\\\x \\"y\\"\\r\\n",4', (b"1", b"2", b'C:\\new\\x "y"\\r\\n', b"4"), Repair.QUOTES),
        (b'1,2,"say \\"\\"hi\\"\\"",4', (b"1", b"2", b'say ""hi""', b"4"), Repair.QUOTES),
        (b'1,2,"3 "x" y",4', (b"1", b"2", b'3 "x" y', b"4"), Repair.QUOTES),
        (b'1,2,"say "hi"",4', (b"1", b"2", b'say "hi"', b"4"), Repair.QUOTES),
        (b'1,2,3"x,4', (b"1", b"2", b'3"x', b"4"), Repair.QUOTES),
    ],
)
def test_mends_what_still_means_something_and_says_so(record: bytes, cells: tuple[bytes, ...], repair: Repair) -> None:
    assert read_record(record, FORM) == Cells(cells, (repair,))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"1,2", Reason.SHORT_ROW),  # the second cell identifies and may have been cut
        (b"1", Reason.SHORT_ROW),
        (b"1,2,3,4,,5", Reason.LONG_ROW),
        (b'1,2,3,"4', Reason.BAD_QUOTES),
        (b'1,"2" x,3,4', Reason.BAD_QUOTES),
        (b'1,"2" x,"3","a "b", c"', Reason.BAD_QUOTES),  # one cell too few and one too many are not four
        (b"1,2,\xff,4", Reason.BAD_UTF8),
        (b'1,2,"\xff,4', Reason.BAD_UTF8),
        (b"1,\xe0", Reason.BAD_UTF8),
    ],
)
def test_refuses_what_could_mean_several_things(record: bytes, reason: Reason) -> None:
    outcome = read_record(record, FORM)
    assert isinstance(outcome, Fault)
    assert outcome.reason is reason


def test_names_the_column_that_is_not_utf8() -> None:
    outcome = read_record(b"1,2,H\xe0 N\xf4i,4", FORM)
    assert outcome == Fault(Reason.BAD_UTF8, "c", "H\\xe0 N\\xf4i")


def test_joined_lines_must_be_exactly_one_record() -> None:
    assert read_joined(b'1,2,"3\nstill 3",4', FORM) == Cells((b"1", b"2", b"3\nstill 3", b"4"))
    assert read_joined(b'1,"2\n3,4"', FORM) is None


def test_cells_written_as_csv_are_read_back_the_same() -> None:
    cells = (b'a"b', b"c,d", b"e\nf", b"")
    assert split_strictly(as_csv(cells)) == list(cells)


def test_a_hostile_record_costs_one_pass() -> None:
    assert isinstance(read_record(b'"' + b'\\"' * 200_000 + b"x", FORM), Fault)
    assert isinstance(read_record(b'""' * 200_000 + b"x", FORM), Fault)
    assert isinstance(read_record(b'"a"b' * 100_000, FORM), Fault)
