"""The templates of this build begin letters that can be printed once their braces are filled."""

import pytest
from tests.unit.web.office.conftest import NOW
from tests.unit.web.office.letters.conftest import CONTENT

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.letter import open_names
from quetsach.web.office.letters.content import text_of
from quetsach.web.office.letters.document.pdf import render
from quetsach.web.office.letters.models import COVERING, Template
from quetsach.web.office.letters.services.draft import Reference, letter_begin, letter_save
from quetsach.web.office.letters.services.templates import samples_load, template_keep
from quetsach.web.office.refusal import AccessError


def test_loading_them_twice_changes_nothing(db) -> None:
    assert samples_load() == samples_load() == Template.objects.count()


@pytest.mark.parametrize("code", ["campaign", "covering", "revocation", "urging"])
def test_a_template_begins_a_letter(code: str, issued, units, person) -> None:
    samples_load()
    by, first = person(Role.OPERATOR), issued()
    reference = {
        "covering": Reference(covers=first),
        "revocation": Reference(earlier=first, kind="revocation"),
    }.get(code)
    letter = letter_begin(
        unit=units["tw"],
        template=Template.objects.get(code=code),
        campaign="viet-nam-2020",
        by=by,
        now=NOW,
        reference=reference,
    )
    assert set(open_names(letter.subject + letter.body)) <= {"due"}
    rest = {name: value for name, value in CONTENT.items() if name not in ("subject", "body")}
    assert render(text_of(letter_save(letter=letter, content=rest, by=by, now=NOW))).startswith(b"%PDF-")


def test_a_template_of_a_covering_letter_is_for_covering_letters(issued, person) -> None:
    first = issued()
    letter = issued("31-2020", reference=Reference(covers=first))
    kept = template_keep(letter=letter, title="Mẫu", by=person(Role.EDITOR, "31-2020"), now=NOW)
    assert kept.purpose == COVERING


def test_a_unit_keeps_a_letter_as_its_own_template(issued, units, person) -> None:
    letter, by = issued("31-2020"), person(Role.EDITOR, "31-2020")
    template_keep(letter=letter, title="Mẫu của Hải Phòng", by=by, now=NOW)
    kept = template_keep(letter=letter, title="Mẫu của thành phố", by=by, now=NOW)
    assert (Template.objects.count(), kept.title, kept.unit.key) == (1, "Mẫu của thành phố", "31-2020")
    with pytest.raises(LetterError):
        template_keep(letter=letter, title=" ", by=by, now=NOW)
    with pytest.raises(AccessError):
        template_keep(letter=letter, title="x", by=person(Role.EDITOR, "01-2020"), now=NOW)
