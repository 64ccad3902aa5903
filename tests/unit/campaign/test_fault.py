"""What is wrong with the file of a plan is said with its line, in words."""

import pytest
from tests.unit.campaign.test_record import GOOD

from quetsach.campaign import CampaignError, read_campaign
from quetsach.campaign.section import format_at, line_of


def _told(was: str, becomes: str) -> tuple[str, str]:
    content = GOOD.replace(was, becomes, 1).encode()
    with pytest.raises(CampaignError) as refused:
        read_campaign(content, file="campaign.toml")
    text = format_at(refused.value, content)
    return text.vi, text.en


@pytest.mark.parametrize("day", ["2026-31-23", "2026-02-30", "23/11/2026", "23.11.2026"])
def test_a_day_that_is_none_is_named_with_its_line_and_how_it_is_written(day: str) -> None:
    vi, en = _told("first = 2020-03-01", f"first = {day}")
    assert vi == f"dòng 35: ngày {day} không đúng; ghi năm-tháng-ngày, ví dụ 2026-11-23"
    assert en == f"line 35: {day} is no day; write year-month-day, such as 2026-11-23"


def test_another_line_that_cannot_be_read_is_shown() -> None:
    vi, _en = _told('baseline = "before"', "baseline = before")
    assert vi.startswith("dòng 3 không đọc được: “baseline = before”")


@pytest.mark.parametrize(
    ("was", "becomes", "vi"),
    [
        ("last = 2020-02-01", "last = 2019-02-01", "dòng 10, giai đoạn thứ 1, ngày cuối: trước ngày đầu"),
        (
            "change_percent = -50",
            'change_percent = "một nửa"',
            "dòng 15, chỉ tiêu thứ 1, mức thay đổi: “một nửa” sai kiểu dữ liệu: phải là số, không đặt trong ngoặc kép",
        ),
        ('id = "test"', "", "mã: còn thiếu"),
        ('id = "half"\n', "", "dòng 12, chỉ tiêu thứ 1, mã: còn thiếu"),
        ('en = "Halve"', 'en = ""', "dòng 16, chỉ tiêu thứ 1, nội dung, tiếng Anh: để trống hoặc dài quá 2000 ký tự"),
    ],
)
def test_a_field_is_named_in_words_with_its_line(was: str, becomes: str, vi: str) -> None:
    assert _told(was, becomes)[0] == vi


@pytest.mark.parametrize(
    ("field", "line"),
    [("windows[2].last", 8), ("windows[2].parts[1].id", 10), ("windows[2].parts[1].first", 9), ("never", None)],
)
def test_the_line_of_a_field_is_found_behind_texts_of_several_lines(field: str, line: int | None) -> None:
    text = (
        'a = 1\nb = """\n[[windows]]\nlast = 2\n"""\n[[windows]]\n[[windows]]\nlast = 3\n[[windows.parts]]\nid = "x"\n'
    )
    assert line_of(text.encode(), field) == line
