"""What the office says when something was done or refused."""

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.translation import override

from quetsach.campaign.errors import CampaignError, PartnerError, ReturnError, ScheduleError
from quetsach.core.text import LocalText, Text
from quetsach.web.office.refusal import AccessError, FlashErrors, refusal_text

SHUT = ScheduleError(
    LocalText("chưa mở được", "cannot be opened"), field="reason", advice=LocalText("nêu lý do", "give a reason")
)


class Reason(forms.Form):
    reason = forms.CharField()


@pytest.fixture
def request_() -> HttpRequest:
    made = RequestFactory().post("/van-phong/")
    made._messages = CookieStorage(made)
    return made


def said(request: HttpRequest) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in get_messages(request)]


@pytest.mark.parametrize(
    ("language", "text"), [("vi", "Chưa mở được. Nêu lý do."), ("en", "Cannot be opened. Give a reason.")]
)
def test_a_refusal_is_two_sentences_in_the_language_of_the_page(language: str, text: str) -> None:
    with override(language):
        assert refusal_text(SHUT) == text


def test_a_file_is_named_with_its_fault() -> None:
    assert refusal_text(CampaignError(Text("is missing"), where="c.toml: id")) == "c.toml: id: còn thiếu."


def test_a_sentence_that_ends_gets_no_second_full_stop() -> None:
    assert refusal_text(ReturnError("Is it over?")) == "Is it over?"


def test_a_room_has_its_own_words_by_the_code_of_an_error() -> None:
    words = {"header": "Dòng đầu sai (%(what)s)."}
    assert (
        refusal_text(PartnerError("lacks day", code="header", where="r.csv:1"), words)
        == "Dòng đầu sai (r.csv:1: lacks day)."
    )
    assert refusal_text(PartnerError("is busy", code="busy"), words) == "Is busy."


def test_words_of_a_room_name_what_happened_in_the_language_of_the_page() -> None:
    lacks = PartnerError(Text("missing {name}", name="day"), code="header", where="r.csv:1")
    with override("vi"):
        assert refusal_text(lacks, {"header": "Dòng đầu sai (%(what)s)."}) == "Dòng đầu sai (r.csv:1: thiếu cột day)."


def test_what_was_done_is_said_above_the_page(request_: HttpRequest) -> None:
    with FlashErrors(request_, "Đã lưu."):
        pass
    assert said(request_) == [("success", "Đã lưu.")]


def test_what_was_refused_is_said_above_the_page_and_the_view_goes_on(request_: HttpRequest) -> None:
    with FlashErrors(request_, "Đã lưu."):
        raise SHUT
    assert said(request_) == [("error", "Chưa mở được. Nêu lý do.")]


def test_a_refusal_stands_at_the_field_that_it_is_about(request_: HttpRequest) -> None:
    form = Reason({"reason": "x"})
    with FlashErrors(request_, form=form):
        raise SHUT
    assert form.errors == {"reason": ["Chưa mở được. Nêu lý do."]}
    assert said(request_) == []


def test_a_refusal_of_a_field_that_the_form_does_not_have_stands_above_it(request_: HttpRequest) -> None:
    form = Reason({"reason": "x"})
    with FlashErrors(request_, form=form):
        raise ScheduleError(LocalText("sai", "wrong"), field="windows")
    assert form.non_field_errors() == ["Sai."]


@pytest.mark.parametrize("error", [AccessError("not yours", is_hidden=True), ValueError("a fault of the program")])
def test_what_is_hidden_and_what_is_a_fault_is_not_told(request_: HttpRequest, error: Exception) -> None:
    with pytest.raises(type(error)), FlashErrors(request_):
        raise error
    assert said(request_) == []
