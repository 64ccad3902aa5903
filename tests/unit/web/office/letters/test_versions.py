"""Two people write one letter, or one person forgets to save: nothing that was typed is lost, nothing overwritten."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.web.office.letters.conftest import CONTENT

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.web.office.editions import ClashError, edition_of
from quetsach.web.office.letters.content import written
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.letters.services.draft import (
    letter_begin,
    letter_restore,
    letter_save,
    letter_submit,
)
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError

NOW = datetime.now(UTC)


@pytest.fixture
def operator(person):
    return person(Role.OPERATOR, name="Hai")


@pytest.fixture
def letter(units, operator) -> Letter:
    begun = letter_begin(unit=units["tw"], template=None, campaign="", by=operator, now=NOW)
    return letter_save(letter=begun, content=CONTENT | {"language": "vi"}, by=operator, now=NOW)


def edition_in(page: str) -> str:
    found = re.search(r'name="edition" value="(\w+)"', page)
    assert found
    return found[1]


def test_what_another_person_saved_meanwhile_is_not_overwritten_and_both_texts_are_shown(
    letter, operator, person, signed_in
) -> None:
    path = f"/en/office/letters/{letter.pk}/sua/"
    hai, giang = signed_in(operator), signed_in(person(Role.OPERATOR))
    opened = edition_in(hai.get(path).content.decode())
    form = CONTENT | {"language": "vi", "edition": opened}
    assert giang.post(path, form | {"address": "Số 1 phố Trần Phú"}).status_code == 302
    answer = hai.post(path, form | {"body": "Đề nghị quý đơn vị báo cáo."}).content.decode()
    letter.refresh_from_db()
    assert (letter.address, letter.body) == ("Số 1 phố Trần Phú", CONTENT["body"])
    assert "this was changed while you were writing" in answer
    assert "<del>Số 1 phố Trần Phú</del>" in answer
    assert "<del>triển khai.</del>" in answer
    assert "<ins>báo cáo.</ins>" in answer
    assert "Đề nghị quý đơn vị báo cáo.</textarea>" in answer, "what was typed stays in the form"
    again = form | {"body": "Đề nghị quý đơn vị báo cáo.", "edition": edition_in(answer)}
    assert hai.post(path, again).status_code == 302
    letter.refresh_from_db()
    assert letter.body == "Đề nghị quý đơn vị báo cáo."


def test_a_version_can_be_read_compared_and_put_back(letter, operator, signed_in) -> None:
    office = signed_in(operator)
    letter_save(letter=letter, content={"body": "Đề nghị báo cáo.", "due": NOW.date()}, by=operator, now=NOW)
    path = f"/en/office/letters/{letter.pk}/ban/2/"
    assert f'href="{path}"' in office.get(f"/en/office/letters/{letter.pk}/").content.decode()
    page = office.get(path).content.decode()
    assert "<ins>quý đơn vị triển khai.</ins>" in page
    assert "Nguyễn Văn A" in page
    assert "<dd>Tiếng Việt</dd>" in page
    assert office.post(path, {"edition": edition_in(page)}).status_code == 302
    letter.refresh_from_db()
    assert (letter.body, letter.due) == (CONTENT["body"], None)
    assert list(letter.versions.order_by("number").values_list("number", flat=True)) == [1, 2, 3, 4]


def test_a_version_is_not_put_back_over_what_nobody_looked_at(letter, operator, signed_in) -> None:
    office = signed_in(operator)
    path = f"/en/office/letters/{letter.pk}/ban/1/"
    opened = edition_in(office.get(path).content.decode())
    letter_save(letter=letter, content={"body": "Mới hơn."}, by=operator, now=NOW)
    for edition in (opened, ""):
        office.post(path, {"edition": edition})
        letter.refresh_from_db()
        assert letter.body == "Mới hơn."


def test_nobody_else_reads_or_restores_a_version(letter, person, signed_in) -> None:
    stranger = person(Role.EDITOR, "31-2025")
    path = f"/van-phong/cong-van/{letter.pk}/ban/1/"
    assert signed_in(stranger).get(path).status_code == 404
    with pytest.raises(AccessError):
        letter_restore(version=letter.versions.first(), by=stranger, now=NOW, edition="")


def test_what_saves_itself_makes_one_version_and_one_entry_of_the_log(letter, operator) -> None:
    for minute, body in enumerate(("Một", "Một hai", "Một hai ba")):
        at = NOW + timedelta(minutes=minute)
        letter_save(letter=letter, content={"body": body}, by=operator, now=at, is_auto=True)
    assert [(v.number, v.is_auto) for v in letter.versions.order_by("number")] == [(1, False), (2, False), (3, True)]
    assert LogEntry.objects.filter(act="letter-save").count() == 2
    letter_save(letter=letter, content={"body": "Một hai ba"}, by=operator, now=NOW)
    assert [(v.number, v.is_auto) for v in letter.versions.order_by("number")][-1] == (3, False)
    assert LogEntry.objects.filter(act="letter-save").count() == 3


def test_what_one_person_left_by_itself_does_not_give_way_to_another(letter, operator, person) -> None:
    letter_save(letter=letter, content={"body": "Của Hai"}, by=operator, now=NOW, is_auto=True)
    letter_save(letter=letter, content={"body": "Của Giang"}, by=person(Role.OPERATOR), now=NOW, is_auto=True)
    assert [v.content["body"] for v in letter.versions.order_by("number")][2:] == ["Của Hai", "Của Giang"]


def test_a_letter_that_waits_for_its_approval_does_not_become_a_draft_by_itself(letter, operator) -> None:
    letter_submit(letter=letter, by=operator, now=NOW)
    with pytest.raises(LetterError, match="waits for its approval"):
        letter_save(letter=letter, content={"body": "Khác"}, by=operator, now=NOW, is_auto=True)
    letter.refresh_from_db()
    assert letter.state == "submitted"


def test_the_script_is_told_the_new_edition_or_why_nothing_was_kept(letter, operator, signed_in) -> None:
    office = signed_in(operator)
    path = f"/en/office/letters/{letter.pk}/sua/"
    opened = edition_in(office.get(path).content.decode())
    form = CONTENT | {"language": "vi", "autosave": "1", "edition": opened}
    answer = office.post(path, form | {"body": "Một nửa"})
    letter.refresh_from_db()
    assert answer.json()["edition"] == edition_of(written(letter)) != opened
    assert "saved by itself" in answer.json()["said"]
    stale = office.post(path, form | {"body": "Từ thẻ khác"})
    assert stale.status_code == 409
    assert "changed while you were writing" in stale.json()["said"]
    letter.refresh_from_db()
    assert letter.body == "Một nửa"


def test_a_service_refuses_another_edition_under_its_lock(letter, operator) -> None:
    with pytest.raises(ClashError):
        letter_save(letter=letter, content={"body": "x"}, by=operator, now=NOW, edition="0" * 32)


def test_a_draft_keeps_its_language_when_a_form_says_none(letter, operator, signed_in) -> None:
    path = f"/van-phong/cong-van/{letter.pk}/sua/"
    assert signed_in(operator).post(path, {"body": "Đề nghị"}).status_code == 302
    letter.refresh_from_db()
    assert (letter.language, letter.body) == ("vi", "Đề nghị")


def test_a_text_that_is_too_long_comes_back_to_who_wrote_it(letter, operator, signed_in) -> None:
    body = "Đề nghị " * 13_000
    page = signed_in(operator).post(f"/van-phong/cong-van/{letter.pk}/sua/", CONTENT | {"body": body}).content.decode()
    assert "Tối đa 100000 ký tự" in page
    assert body.strip() in page
    letter.refresh_from_db()
    assert letter.body == CONTENT["body"]
