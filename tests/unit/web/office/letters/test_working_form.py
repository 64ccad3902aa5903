"""The working form of a letter: a DOCX for those who see the letter, and what is wrong told in their language."""

from io import BytesIO

from docx import Document
from tests.unit.web.office.conftest import NOW
from tests.unit.web.office.letters.conftest import CONTENT

from quetsach.campaign.authority import Role
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.services.draft import letter_begin


def test_a_letter_is_given_out_for_a_word_processor(issued, signed_in, person) -> None:
    letter: Letter = issued()
    answer = signed_in(person(Role.OPERATOR)).get(f"/en/office/letters/{letter.pk}/ban-thao.docx")
    assert answer["Content-Disposition"] == 'attachment; filename="01-CATTT-NCSC.docx"'
    assert CONTENT["body"] in [paragraph.text for paragraph in Document(BytesIO(answer.content)).paragraphs]


def test_nobody_gets_it_who_does_not_see_the_letter(issued, signed_in, person) -> None:
    letter: Letter = issued()
    answer = signed_in(person(Role.EDITOR, "01-2025")).get(f"/en/office/letters/{letter.pk}/ban-thao.docx")
    assert answer.status_code == 404


def test_a_writer_is_told_in_vietnamese_what_cannot_be_printed(issued, signed_in, person) -> None:
    letter: Letter = issued()
    Letter.objects.filter(pk=letter.pk).update(body="một\n**hai")
    office = signed_in(person(Role.OPERATOR))
    answer = office.get(f"/van-phong/cong-van/{letter.pk}/ban-thao.docx", follow=True)
    assert "nội dung công văn, dòng 2: ** mở mà không đóng" in answer.content.decode()


def test_a_first_letter_names_the_agency_of_its_day(person, units) -> None:
    begun = letter_begin(unit=units["31-2020"], template=None, campaign="", by=person(Role.OPERATOR), now=NOW)
    assert (begun.agency, begun.sign) == ("Sở Thông tin và Truyền thông", "STTTT-CNTT")
