"""Who a letter comes from is filled in as the tree has it: a territory writes through its people's committee."""

from datetime import UTC, date, datetime

import pytest
from tests.unit.web.office.letters.conftest import CONTENT

from quetsach.campaign.authority import Role
from quetsach.campaign.letters.letter import DocumentKind
from quetsach.web.office.letters.content import text_of
from quetsach.web.office.letters.document.sheet import compose
from quetsach.web.office.letters.models import Template
from quetsach.web.office.letters.services.draft import (
    Reference,
    letter_begin,
    letter_save,
    letter_submit,
)
from quetsach.web.office.letters.services.issue import letter_issue
from quetsach.web.office.letters.services.send import copies_make, letter_send
from quetsach.web.office.letters.services.templates import samples_load
from quetsach.web.office.mail.models import Message
from quetsach.web.office.tree.models import Contact, Edge, Unit
from quetsach.web.office.units.services.unit import positions_rebuild

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)


@pytest.fixture
def begin(units, person):
    by = person(Role.OPERATOR)

    def make(unit: str, template: str = "", language: str = "vi", **named):
        chosen = Template.objects.get(code=template) if template else None
        letter = letter_begin(unit=units[unit], template=chosen, campaign="", by=by, now=NOW, **named)
        return (
            letter if language == "vi" else letter_save(letter=letter, content={"language": language}, by=by, now=NOW)
        )

    return make


@pytest.mark.parametrize(
    ("unit", "language", "told"),
    [
        ("31-2025", "vi", ("", "Ủy ban nhân dân thành phố Hải Phòng", "Hải Phòng")),
        ("11296-2025", "vi", ("", "Ủy ban nhân dân phường Hồng Bàng", "Hồng Bàng")),
        ("31-2025", "en", ("", "People's Committee of Hai Phong City", "Hai Phong")),
        ("agency", "vi", ("Ủy ban nhân dân thành phố Hải Phòng", "Sở Khoa học và Công nghệ", "Hải Phòng")),
        ("agency", "en", ("People's Committee of Hai Phong City", "Department of Science", "Hai Phong")),
        ("ministry", "vi", ("", "Bộ Công an", "Hà Nội")),
        ("below", "vi", ("Bộ Công an", "Cục A05", "Hà Nội")),
    ],
)
def test_the_head_follows_the_tree(begin, units, unit: str, language: str, told: tuple[str, str, str]) -> None:
    for key, kind, name_vi, name_en, parent in (
        ("agency", "agency", "Sở Khoa học và Công nghệ", "Department of Science", "31-2025"),
        ("ministry", "ministry", "Bộ Công an", "Ministry of Public Security", "tw"),
        ("below", "agency", "Cục A05", "", "ministry"),
    ):
        units[key] = Unit.objects.create(
            key=key, code=key, kind=kind, name_vi=name_vi, name_en=name_en, opened=date(2025, 7, 1)
        )
        Edge.objects.create(unit=units[key], parent=units[parent], first=date(2025, 7, 1))
    positions_rebuild()
    letter = begin(unit, language=language)
    assert (letter.superior, letter.agency, letter.place) == told


def test_a_committee_is_signed_for_by_its_chair(begin) -> None:
    letter = begin("31-2025")
    assert (letter.signer_powers, letter.signer_title) == ("TM. Ủy ban nhân dân", "Chủ tịch")


def test_what_somebody_typed_stays_when_the_language_changes(begin, person) -> None:
    by, letter = person(Role.OPERATOR), begin("31-2025")
    letter = letter_save(letter=letter, content={"agency": "Sở Y tế", "language": "en"}, by=by, now=NOW)
    assert (letter.agency, letter.place, letter.signer_title) == ("Sở Y tế", "Hai Phong", "Chairperson")


@pytest.mark.parametrize("code", ["campaign", "covering", "revocation", "urging"])
def test_templates_name_the_agency_and_end_as_official_letters_do(code: str, begin, issued) -> None:
    samples_load()
    first = issued("31-2025", now=NOW)
    reference = {
        "covering": Reference(covers=first),
        "revocation": Reference(earlier=first, kind=DocumentKind.REVOCATION),
    }.get(code)
    letter = begin("31-2025", code, reference=reference)
    assert "Cục An toàn thông tin" in letter.body, "the agency of the unit's last letter, not the name of the unit"
    assert "Thành phố Hải Phòng" not in letter.body
    assert letter.body.endswith("./.")
    assert "http" not in letter.body
    assert "Phụ lục I" not in letter.body


def test_an_english_letter_is_english_to_its_end(begin, units, person) -> None:
    samples_load()
    letter, by = begin("tw", "campaign-en"), person(Role.OPERATOR)
    rest = {"sign": "NCSC", "addressees": "Provinces", "signer_title": "Director", "signer_name": "Nguyen Van A"}
    letter = letter_save(letter=letter, content={**rest, "due": date(2026, 12, 1)}, by=by, now=NOW)
    sheet = compose(text_of(letter))
    assert (sheet.superior, sheet.agency) == ("", "NATIONAL CYBER SECURITY CENTRE")
    assert sheet.copies == ("- As above;", "- Filed: Archives.")
    assert "1\xa0December\xa02026" in letter.body
    assert letter.body.isascii() or set(letter.body) - {"\xa0", "’"} <= set(map(chr, range(128)))


def test_the_mail_of_an_english_letter_is_english_and_its_days_can_be_read_one_way_only(
    begin, units, person, approve
) -> None:
    Contact.objects.create(unit=units["31-2025"], email="hp@xa.example", is_primary=True)
    letter, by = begin("tw"), person(Role.OPERATOR)
    content = {**CONTENT, "language": "en", "subject": "campaign", "due": date(2026, 12, 1), "agency": "NCSC"}
    letter = letter_save(letter=letter, content=content, by=by, now=NOW)
    approve(letter_submit(letter=letter, by=by, now=NOW))
    letter = letter_issue(letter=letter, by=by, now=NOW, may_be_unsigned=True)
    letter_send(letter=letter, units=[units["31-2025"]], by=by, now=NOW)
    copies_make(now=lambda: NOW)
    message = Message.objects.get()
    assert message.subject == "Letter 01/CATTT-NCSC: campaign"
    assert "1\xa0December\xa02026" in message.text
    assert "28\xa0November\xa02026" in message.text
    assert "/2026" not in message.text
    assert "Hai Phong City" in message.text
    assert message.text.replace("\xa0", " ").isascii()
