"""Ready answers and texts of kits are reworded in the office: versions stay, and a kit keeps its words."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.unit.web.office.conftest import NOW

from quetsach.campaign.authority import Role
from quetsach.campaign.wording import reworded, texts_in
from quetsach.core.text import LocalText
from quetsach.web.office.helpdesk.wording import ready_answers
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity.contents import kit_texts, press_release
from quetsach.web.office.publicity.services import facts_of, kit_make
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Unit
from quetsach.web.office.wording.models import Wording
from quetsach.web.office.wording.selectors import DOCUMENTS
from quetsach.web.office.wording.services import WordingError, wording_save

type Make = Callable[..., Person]
PAGE = "/van-phong/loi-van/answers/"
NEW = LocalText("Chào bạn, xem {devices}", "Hello, see {devices}")


def save(by: Person, text: LocalText = NEW, *, place: str = "listed.text", document: str = "answers") -> Wording | None:
    return wording_save(document=DOCUMENTS[document], place=place, text=text, by=by, now=NOW)


def answer(identifier: str = "listed") -> str:
    return next(one.text.vi for one in ready_answers() if one.id == identifier)


def test_a_reworded_answer_counts_at_once(units: dict[str, Unit], person: Make) -> None:
    save(person(Role.PRESS))
    assert answer() == NEW.vi
    assert answer("family") != NEW.vi


def test_each_change_is_a_version_and_stands_in_the_log(units: dict[str, Unit], person: Make) -> None:
    who = person(Role.PRESS)
    save(who)
    save(who, LocalText("Khác", "Other"))
    assert list(Wording.objects.values_list("vi", flat=True)) == [NEW.vi, "Khác"]
    assert LogEntry.objects.filter(act="wording-save", person=who).count() == 2


def test_saying_the_same_again_is_no_version(units: dict[str, Unit], person: Make) -> None:
    who = person(Role.PRESS)
    save(who)
    assert save(who) is None


def test_the_text_of_the_build_can_be_had_again(units: dict[str, Unit], person: Make) -> None:
    who, before = person(Role.PRESS), answer()
    save(who)
    save(who, DOCUMENTS["answers"].built_texts()["listed.text"])
    assert answer() == before.strip()


def test_when_a_build_says_something_else_its_text_counts(units: dict[str, Unit], person: Make) -> None:
    save(person(Role.PRESS))
    Wording.objects.update(of="0" * 64)
    assert answer() != NEW.vi


@pytest.mark.parametrize(
    ("text", "document", "place"),
    [
        (LocalText("", "x"), "answers", "listed.text"),
        (LocalText("x {mật}", "x"), "answers", "listed.text"),
        (LocalText("x {", "x"), "answers", "listed.text"),
        (LocalText("x" * 4001, "x"), "answers", "listed.text"),
        (LocalText("x\x07", "x"), "answers", "listed.text"),
        (LocalText("x", "x"), "answers", "nowhere.text"),
        (LocalText("x\ny", "x"), "kit", "press.title"),
        (LocalText("x {devices}", "x"), "kit", "press.title"),
    ],
)
def test_what_cannot_be_filled_in_or_shown_is_refused(
    units: dict[str, Unit], person: Make, text: LocalText, document: str, place: str
) -> None:
    with pytest.raises(WordingError):
        save(person(Role.PRESS), text, place=place, document=document)
    assert not Wording.objects.exists()


@pytest.mark.parametrize(("role", "unit"), [("editor", "31-2020"), ("approver", "31-2020"), ("analyst", "tw")])
def test_only_the_centre_rewords(units: dict[str, Unit], person: Make, role: str, unit: str) -> None:
    with pytest.raises(AccessError):
        save(person(role, unit))


def test_a_kit_keeps_the_words_it_was_made_with(units: dict[str, Unit], campaign: Campaign, person: Make) -> None:
    who = person(Role.OPERATOR)
    before = kit_make(unit=units["31-2025"], campaign=campaign, by=None, now=NOW)
    save(who, LocalText("Tin mới của {unit}", "News of {unit}"), document="kit", place="press.title")
    after = kit_make(unit=units["31-2025"], campaign=campaign, by=None, now=NOW)
    assert press_release(facts_of(after), "vi").title == "Tin mới của Thành phố Hải Phòng"
    assert press_release(facts_of(before), "vi").title == "Thành phố Hải Phòng cùng cả nước rà soát và bóc gỡ mã độc"


def test_public_pages_say_what_the_build_says(units: dict[str, Unit], person: Make) -> None:
    save(person(Role.OPERATOR), LocalText("x", "x"), document="kit", place="sheet.never.0")
    assert kit_texts().sheet.never[0].vi != "x"


def test_every_text_of_a_kit_can_be_found_and_replaced() -> None:
    texts = kit_texts()
    places = texts_in(texts)
    assert len(places) > 40
    assert reworded(texts, {}) == texts
    assert set(texts_in(reworded(texts, dict.fromkeys(places, NEW))).values()) == {NEW}


def test_the_pages_save_a_version(units: dict[str, Unit], person: Make, signed_in: Callable[[Person], Client]) -> None:
    page = signed_in(person(Role.PRESS))
    assert "listed.text" in page.get(PAGE).content.decode()
    page.post(f"{PAGE}listed.text/", {"vi": NEW.vi, "en": NEW.en})
    assert answer() == NEW.vi
    assert "đã sửa" in page.get(PAGE).content.decode()
    assert NEW.en in page.get(f"{PAGE}listed.text/").content.decode()


def test_the_page_says_what_is_wrong(units: dict[str, Unit], person: Make, signed_in: Callable) -> None:
    page = signed_in(person(Role.PRESS)).post(f"{PAGE}listed.text/", {"vi": "x {y}", "en": "x"})
    assert "Không có gì để điền vào {y}" in page.content.decode()


@pytest.mark.parametrize("address", ["/van-phong/loi-van/nothing/", f"{PAGE}nowhere/"])
def test_what_there_is_not_is_not_found(
    units: dict[str, Unit], person: Make, signed_in: Callable[[Person], Client], address: str
) -> None:
    assert signed_in(person(Role.PRESS)).get(address).status_code == 404


def test_a_text_that_somebody_else_reworded_meanwhile_is_not_overwritten(signed_in, units, person: Make) -> None:
    client = signed_in(person(Role.PRESS))
    path = f"{PAGE}listed.text/"
    opened = re.findall(r'name="edition" value="(\w+)"', client.get(path).content.decode())
    assert len(set(opened)) == 1
    save(person(Role.PRESS))
    page = client.post(path, {"vi": "Bạn khỏe", "en": "Hello", "edition": opened[0]}).content.decode()
    assert "đã được người khác thay đổi" in page
    assert "<ins>Bạn khỏe</ins>" in page
    assert answer() == NEW.vi
