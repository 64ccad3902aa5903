"""Forms of returns have pages: what each version asks, in words and as files; a new one is looked at and taken in."""

import html
import io
import json
import re
import tomllib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from quetsach.campaign.authority import Role
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.returns.models import ReturnForm
from quetsach.web.office.returns.services.assignment import form_take_in

from .conftest import ASKED

ROOM = "/van-phong/bao-cao/bieu-mau/"
NEW = f"{ROOM}moi/"


def page_text(answer) -> str:
    """Return the words of a page."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


@pytest.fixture
def second(form: ReturnForm) -> str:
    """A second version, in which one question is gone and another counts otherwise."""
    text = form.document.replace("version = 1", "version = 2", 1).replace(
        'label.en = "Prepared by', 'label.en = "By', 1
    )
    begin = text.index('[[sections.elements]]\nid = "letter-received-on"')
    return text[:begin] + text[text.index("[[sections.elements]]", begin + 10) :].replace(
        'left = "letter-received-on"', 'left = "letter-forwarded-on"'
    )


def send(client, text: str):
    return client.post(NEW, {"file": SimpleUploadedFile("form.toml", text.encode())})


def test_the_list_names_versions_and_where_each_is_used(signed_in, person, assignment, form) -> None:
    page = page_text(signed_in(person(Role.EDITOR, "31-2020")).get(ROOM))
    assert form.form.name.vi in page
    assert "unit-return" not in re.sub(r"<[^>]*>", "", page)
    assert "Thêm biểu mẫu từ tệp" not in page, "an editor of a province takes nothing in"
    page = page_text(signed_in(person(Role.OPERATOR)).get(f"{ROOM}{form.code}/"))
    assert f"viet-nam-2020 ({assignment.pk})" in page


def test_a_version_is_shown_in_words_not_in_identifiers(signed_in, operator, form) -> None:
    page = page_text(signed_in(operator).get(f"{ROOM}{form.code}/"))
    for element in form.form.elements():
        assert element.label.vi in page
        assert element.definition.vi in page
    assert "máy, lũy kế từ đầu chiến dịch" in page
    assert "không vượt quá" in page
    assert "machines-infected" not in page


def test_a_form_is_had_as_toml_json_and_an_empty_spreadsheet(signed_in, operator, form) -> None:
    client = signed_in(operator)
    assert client.get(f"{ROOM}{form.code}.toml").content.decode() == form.document
    told = json.loads(client.get(f"{ROOM}{form.code}.json").content)
    assert (told["id"], told["version"]) == (form.form.id, form.form.version)
    book = load_workbook(io.BytesIO(client.get(f"{ROOM}{form.code}.xlsx").content))
    codes = [row[0].value for row in book.active.iter_rows()]
    assert "machines-infected" in codes


def test_a_file_is_looked_at_first_and_then_taken_in_word_for_word(signed_in, operator, form, second) -> None:
    client = signed_in(operator)
    answer = send(client, second)
    page = page_text(answer)
    assert "So với phiên bản 1" in page
    assert "Câu hỏi đã bỏ Ngày nhận công văn" in page
    assert "Hỏi khác hoặc tính khác Người lập báo cáo" in page
    assert ReturnForm.objects.count() == 1
    client.post(NEW, {"document": second.replace("\n", "\r\n")})  # as a browser sends it
    kept = ReturnForm.objects.get(code="unit-return-2")
    assert (kept.document, tomllib.loads(kept.document)["version"]) == (second, 2)
    entry = LogEntry.objects.get(act="form-take-in")
    assert (entry.subject, entry.detail) == ("form:unit-return-2", {"sha256": kept.sha256})


def test_another_text_under_a_version_that_is_here_is_refused(signed_in, operator, form) -> None:
    client = signed_in(operator)
    answer = client.post(NEW, {"document": form.document.replace("Người lập báo cáo", "Người báo cáo")})
    assert answer.status_code == 422
    assert "phiên bản mới" in page_text(answer)
    assert LogEntry.objects.filter(act="form-take-in").count() == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [("version = ", "dòng 5"), ('kind = "number"', "sections"), ("\x00", "TOML")],
)
def test_a_damaged_file_is_refused_with_its_place(signed_in, operator, form, wrong, said) -> None:
    text = form.document
    text = {
        "version = ": text.replace("version = 1", "version = "),
        'kind = "number"': text.replace('kind = "count"', 'kind = "number"', 1),
        "\x00": "\x00",
    }[wrong]
    answer = send(signed_in(operator), text)
    assert answer.status_code == 422
    assert said in page_text(answer)
    assert ReturnForm.objects.count() == 1


def test_only_who_runs_the_campaign_takes_a_form_in(signed_in, person, form, second) -> None:
    approver = person(Role.APPROVER, "31-2020")
    assert send(signed_in(approver), second).status_code in {403, 404}
    with pytest.raises(AccessError):
        form_take_in(content=second.encode(), by=approver, now=ASKED)
    assert ReturnForm.objects.count() == 1


def test_taking_the_same_in_twice_changes_nothing(operator, form) -> None:
    again = form_take_in(content=form.document.encode(), by=operator, now=ASKED)
    assert again == form
    assert not LogEntry.objects.filter(act="form-take-in").exists()
