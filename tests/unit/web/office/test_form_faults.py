"""A refused form says so first: in the title, then above the fields, where the focus is, with a link to each place."""

import re

import pytest
from django.test import Client
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.web.office.letters.services.draft import letter_begin


def title_of(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert found
    return found[1]


def refused(client: Client, path: str, **fields: str) -> str:
    return client.post(path, fields).content.decode()


@pytest.fixture
def operator(person, signed_in) -> Client:
    return signed_in(person(Role.OPERATOR))


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/van-phong/don-vi/31-2025/sua/", "id_name_vi"),
        ("/van-phong/don-vi/31-2025/lien-he/", "id_email"),
        ("/van-phong/don-vi/nhom/tat-ca/", "id_set-code"),
        ("/van-phong/doi-tac/moi/", "id_key"),
    ],
)
def test_what_is_wrong_stands_above_the_form_with_a_link_to_its_field(operator: Client, path: str, field: str) -> None:
    page = refused(operator, path, wants="set", email="không phải thư", name_vi="")
    assert title_of(page).startswith("Lỗi: ")
    summary = re.search(r'<div class="error-summary" role="alert" tabindex="-1" autofocus>.*?</div>', page, re.DOTALL)
    assert summary
    assert f'href="#{field}"' in summary[0]
    assert re.search(rf'id="{field}"', page)


@pytest.mark.parametrize(
    ("path", "faulty"),
    [
        ("/van-phong/don-vi/31-2025/lien-he/", {"id_email"}),
        ("/van-phong/doi-tac/moi/", {"id_key", "id_name"}),
        ("/van-phong/bao-cao/giao/", {"id_campaign", "id_form", "id_period_kind", "id_kinds_0", "id_due_days"}),
    ],
)
def test_a_field_with_a_fault_is_invalid_and_described_by_its_message(
    operator: Client, path: str, faulty: set[str]
) -> None:
    page = refused(operator, path, email="không phải thư")
    invalid = list(re.finditer(r'<\w+ [^<>]*aria-invalid="true"[^<>]*>', page))
    assert faulty <= {found[1] for field in invalid if (found := re.search(r'\bid="([^"]+)"', field[0]))}
    for field in invalid:
        group = page[page.rfind("<fieldset", 0, field.start()) :].partition(">")[0]
        described = [re.search(r'aria-describedby="([^"]+)"', one) for one in (field[0], group)]
        names = " ".join(found[1] for found in described if found).split()
        assert [name for name in names if f'<ul class="errorlist" id="{name}"><li>' in page], field[0]


def test_a_page_without_a_fault_has_neither_mark_nor_summary(operator: Client) -> None:
    page = operator.get("/van-phong/don-vi/31-2025/sua/").content.decode()
    assert not title_of(page).startswith("Lỗi")
    assert "error-summary" not in page


def test_what_must_be_filled_in_is_marked_and_the_mark_is_explained(operator: Client) -> None:
    page = operator.get("/van-phong/don-vi/31-2025/sua/").content.decode()
    assert '<div class="required"><label for="id_name_vi">' in page
    assert '<div><label for="id_name_en">' in page
    assert "* Mục bắt buộc" in page


def test_a_refusal_told_above_the_page_is_in_the_title_and_takes_the_focus(operator: Client, person, units) -> None:
    by = person(Role.OPERATOR)
    letter = letter_begin(unit=units["tw"], template=None, campaign="", by=by, now=NOW)
    page = operator.post(f"/van-phong/cong-van/{letter.pk}/trinh/", follow=True).content.decode()
    assert title_of(page).startswith("Lỗi: ")
    assert '<p class="told error" role="alert" tabindex="-1" autofocus>' in page
