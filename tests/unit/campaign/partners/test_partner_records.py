import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.errors import PartnerError
from quetsach.campaign.partners.record import COLUMNS, MAX_LINE_BYTES, Fault, Reason, read_records

HEADER = "day,place,product,turns"


def _records(text: str | bytes) -> list:
    content = text.encode() if isinstance(text, str) else text
    return list(read_records(io.BytesIO(content), where="file"))


def _only(text: str | bytes) -> Fault:
    [(_, fault)] = _records(text)
    assert isinstance(fault, Fault)
    return fault


def test_cells_come_in_the_order_of_the_columns_whatever_the_header_says() -> None:
    assert _records("turns,product,day,place\n5,Bkav,2020-10-06,31\n") == [
        (2, ("2020-10-06", "31", "Bkav", "", "", "", "5", "", "", "", ""))
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_spreadsheet_may_use_another_separator(separator: str) -> None:
    text = f"{HEADER}\n2020-10-06,31,Bkav,5".replace(",", separator)
    assert _records(text)[0][1][:3] == ("2020-10-06", "31", "Bkav")


def test_a_quoted_cell_may_hold_the_separator() -> None:
    assert _records(f'{HEADER}\n2020-10-06,31,"Bkav, Home",5')[0][1][2] == "Bkav, Home"


def test_a_mark_at_the_beginning_and_blank_lines_are_no_records() -> None:
    assert [n for n, _ in _records(f"\ufeff\r\n{HEADER}\r\n\r\n2020-10-06,31,B,5\r\n  \n2020-10-07,31,B,5")] == [4, 6]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2020-10-06,31,B", Reason.CELLS),
        ('2020-10-06,31,"B,5', Reason.QUOTES),
        ("2020-10-06,31,B,5,6", Reason.CELLS),
        ("x" * (MAX_LINE_BYTES + 1), Reason.TOO_LONG),
    ],
)
def test_a_line_that_is_no_row_is_a_fault_of_that_line(line: str, reason: Reason) -> None:
    (_, fault), (number, row) = _records(f"{HEADER}\n{line}\n2020-10-07,31,B,5\n")
    assert isinstance(fault, Fault)
    assert fault.reason is reason
    assert (number, row[0]) == (3, "2020-10-07")


def test_bytes_that_are_no_text_are_a_fault() -> None:
    assert _only(HEADER.encode() + b"\n\xff\xfe,1,2,3").reason is Reason.NOT_UTF8


@pytest.mark.parametrize("header", ["day,place,turns", "day,place,product,speed", "day,day,place,product"])
def test_a_header_that_does_not_fit_refuses_the_file(header: str) -> None:
    with pytest.raises(PartnerError) as caught:
        _records(f"{header}\n1,2,3")
    assert caught.value.code == "header"


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_refused(content: str) -> None:
    with pytest.raises(PartnerError) as caught:
        _records(content)
    assert caught.value.code == "empty"


def test_json_lines_give_the_same_cells_as_csv() -> None:
    row = {"day": "2020-10-06", "place": "31", "product": "Bkav", "turns": 5, "machines": None}
    assert _records(json.dumps(row)) == [(1, ("2020-10-06", "31", "Bkav", "", "", "", "5", "", "", "", ""))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"day": "2020-10-06", "day": "2020-10-07"}', Reason.NOT_JSON),
        ('{"turns": 1.0}', Reason.NOT_JSON),
        ('{"turns": NaN}', Reason.NOT_JSON),
        ('{"turns": true}', Reason.FIELD),
        ('{"turns": [1]}', Reason.FIELD),
        ('{"who": "x"}', Reason.FIELD),
        ('{"a":' * 700, Reason.NOT_JSON),
        ('{"turns": ' + "9" * 4000 + "9" * 50 + "}", Reason.FIELD),
    ],
)
def test_an_object_that_does_not_fit_is_a_fault(line: str, reason: Reason) -> None:
    if reason is Reason.FIELD and line.count("9") > 4000:
        assert isinstance(_records(line)[0][1], tuple)  # read as a text; no number of the report is that large
    else:
        assert _only(line).reason is reason


def test_an_excerpt_cannot_speak_to_a_terminal() -> None:
    fault = _only(HEADER.encode() + b"\n\x1b[2J\x1b]0;x\x07")
    assert fault.excerpt.isprintable()


@given(st.lists(st.binary(max_size=60).filter(lambda b: b"\n" not in b), max_size=20))
def test_every_line_that_is_not_blank_is_one_record(lines: list[bytes]) -> None:
    records = _records(HEADER.encode() + b"\n" + b"\n".join(lines))
    assert [n for n, _ in records] == [n for n, line in enumerate(lines, 2) if line.strip()]
    assert all(isinstance(r, Fault) or len(r) == len(COLUMNS) for _, r in records)


@given(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=60))
def test_json_that_is_anything_is_cells_or_a_fault(text: str) -> None:
    for _, record in _records("{" + text):
        assert isinstance(record, Fault) or len(record) == len(COLUMNS)
