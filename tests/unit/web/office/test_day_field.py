"""Days are typed as people in Viet Nam write them, and a chosen one cannot be taken for another."""

from datetime import date

import pytest
from django import forms
from django.utils.translation import override

from quetsach.core.period import read_day
from quetsach.web.office.day_field import DayField, DueField


class Asked(forms.Form):
    day = DayField(label="Ngày", required=False)
    due = DueField(label="Hạn", required=False)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("typed", ["2026-11-10", "10/11/2026", " 10/11/2026"])
def test_the_month_never_stands_first(language: str, typed: str) -> None:
    with override(language):
        form = Asked({"day": typed})
        assert form.is_valid()
        assert form.cleaned_data["day"] == date(2026, 11, 10)


@pytest.mark.parametrize("typed", ["31/02/2026", "2026-31-23", "10-11-2026", "mai", "11/10", "1/1/26"])
def test_what_is_no_day_is_told_with_how_to_write_one_and_stays(typed: str) -> None:
    form = Asked({"day": typed})
    assert form.errors["day"] == ["Không có ngày này; ghi ngày/tháng/năm, ví dụ 23/11/2026."]
    assert f'value="{typed}"' in str(form["day"])


def test_nothing_is_no_day() -> None:
    form = Asked({"day": ""})
    assert form.is_valid()
    assert form.cleaned_data["day"] is None


def test_the_chosen_day_stands_beside_the_field_in_words() -> None:
    form = Asked(initial={"day": date(2026, 11, 10)})
    assert 'value="2026-11-10"' in str(form["day"])
    assert '<span class="help" data-day-of="id_day">ngày 10 tháng 11 năm 2026</span>' in str(form["day"])
    with override("en"):
        assert ">10 November 2026</span>" in str(form["day"])


def test_a_day_is_read_as_written() -> None:
    assert read_day("1/2/2026") == read_day("2026-02-01") == date(2026, 2, 1)


@pytest.mark.parametrize(
    ("day", "vi", "en"),
    [
        (date(2027, 2, 5), "ngày 5 tháng 2 năm 2027 (ngày nghỉ: Tết Nguyên đán)<", "5 February 2027 (holiday: "),
        (date(2026, 12, 5), "ngày 5 tháng 12 năm 2026 (thứ Bảy)<", "5 December 2026 (Saturday)<"),
        (date(2026, 12, 7), "ngày 7 tháng 12 năm 2026<", "7 December 2026<"),
    ],
)
def test_a_due_day_on_which_offices_are_closed_says_so_and_is_taken(day: date, vi: str, en: str) -> None:
    for form in (Asked({"due": day.isoformat()}), Asked(initial={"due": day})):
        assert vi in str(form["due"])
        with override("en"):
            assert en in str(form["due"])
    assert Asked({"due": f"{day:%d/%m/%Y}"}).is_valid()


def test_a_day_that_is_not_due_says_nothing_of_offices() -> None:
    assert "Tết" not in str(Asked(initial={"day": date(2027, 2, 5)})["day"])
