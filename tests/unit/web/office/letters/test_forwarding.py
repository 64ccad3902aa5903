"""A letter is passed on as it is: to chosen units, by a day of their own, and after one more look."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.services.dispatches import token_of
from quetsach.web.office.letters.services.draft import Reference, letter_begin
from quetsach.web.office.letters.services.remind import reminders_queue
from quetsach.web.office.letters.services.send import Actor, copies_make, dispatch_forward, letter_send
from quetsach.web.office.mail.models import Message
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Contact, Edge, Unit
from quetsach.web.office.units.services.unit import positions_rebuild

NOW = datetime.now(UTC)
DAY = today(NOW)
LINK = Actor(None, "link")


@pytest.fixture
def communes(units) -> list[Unit]:
    """Three more communes of today's Hai Phong, each with an address."""
    made = [
        Unit.objects.create(
            key=f"{code}-2025", code=str(code), kind="commune", name_vi=f"Phường {code}", opened=units["31-2025"].opened
        )
        for code in (11300, 11301, 11302)
    ]
    for unit in made:
        Edge.objects.create(unit=unit, parent=units["31-2025"], first=unit.opened)
    positions_rebuild()
    for unit in (*made, units["31-2025"], units["11296-2025"]):
        Contact.objects.create(unit=unit, email=f"u{unit.code}@xa.example", is_primary=True)
    return made


@pytest.fixture
def dispatch(issued, units, person, communes) -> Dispatch:
    letter = issued(now=NOW, due=DAY + timedelta(days=20))
    letter_send(letter=letter, units=[units["31-2025"]], by=person(Role.OPERATOR), now=NOW)
    return Dispatch.objects.select_related("letter", "to_unit").get()


def below() -> dict[str, Dispatch]:
    return {d.to_unit.key: d for d in Dispatch.objects.exclude(above=None).select_related("to_unit", "letter")}


@pytest.fixture(params=["office", "link"])
def where(request, signed_in, person, dispatch) -> tuple[Client, str]:
    """The two pages on which a letter is passed on."""
    if request.param == "office":
        return signed_in(person(Role.EDITOR, "31-2025")), f"/en/office/letters/den/{dispatch.pk}/"
    return Client(), f"/en/letter/{token_of(dispatch)}/"


def test_a_day_is_read_as_people_write_it(where) -> None:
    client, path = where
    due = DAY + timedelta(days=9)
    client.post(path, {"act": "forward", "to": "all", "due": f"{due:%d/%m/%Y}", "confirmed": "yes"})
    assert {dispatch.due for dispatch in below().values()} == {due}


def test_some_units_are_chosen_and_the_others_keep_waiting(where) -> None:
    client, path = where
    page = client.get(path).content.decode()
    assert "All units directly below that do not have it yet (4)" in page
    form = {"act": "forward", "to": "some", "unit": ["11300-2025", "11302-2025"], "confirmed": "yes"}
    assert client.post(path, form).status_code == 302
    assert set(below()) == {"11300-2025", "11302-2025"}
    assert "that do not have it yet (2)" in client.get(path).content.decode()


def test_before_anything_goes_out_the_page_asks_once_more(where) -> None:
    client, path = where
    due = DAY + timedelta(days=9)
    form = {"act": "forward", "to": "all", "note": "Gấp", "due": due.isoformat()}
    page = client.post(path, form).content.decode()
    assert below() == {}
    for part in ("Units: 4", "Gấp", f"{due.day}\xa0", f'value="{due.isoformat()}"', 'name="confirmed" value="yes"'):
        assert part in page
    assert page.count('name="unit"') == 4


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"to": "some"}, "No unit is chosen"),
        ({"to": "all", "unit": "11300-2025"}, "Single units are ticked, and all are chosen"),
        ({"to": "all", "due": "32/12/2026"}, "The day to answer by is no day"),
        ({"to": "all", "due": "2020-01-01"}, "is over"),
        ({"to": "all", "due": "2099-01-01"}, "after the one by which your unit itself has to answer"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused_and_what_was_typed_stays(where, form, told: str) -> None:
    client, path = where
    answer = client.post(path, {"act": "forward", "note": "Giữ lại", "confirmed": "yes", **form})
    page = answer.content.decode()
    assert told in page
    assert "Giữ lại" in page
    assert below() == {}


def test_units_below_answer_by_the_day_that_their_province_asked_for(where) -> None:
    client, path = where
    due = DAY + timedelta(days=9)
    client.post(path, {"act": "forward", "to": "all", "due": due.isoformat(), "confirmed": "yes"})
    first = below()["11300-2025"]
    assert first.due == due
    copies_make(now=lambda: NOW)
    assert f"{due:%d/%m/%Y}" in Message.objects.get(dispatch=first).text
    assert f"{due:%d/%m/%Y}" in Client().get(f"/cong-van/{token_of(first)}/").content.decode()


def test_a_day_of_ones_own_goes_on_to_the_next_level(dispatch, communes, units) -> None:
    due = DAY + timedelta(days=5)
    Edge.objects.filter(unit=communes[1]).update(parent=communes[0])
    positions_rebuild()
    dispatch_forward(dispatch=dispatch, units=[communes[0]], note="", hand=LINK, now=NOW, due=due)
    dispatch_forward(dispatch=below()["11300-2025"], units=[communes[1]], note="", hand=LINK, now=NOW)
    assert below()["11301-2025"].due == due
    with pytest.raises(LetterError, match="after the one"):
        dispatch_forward(
            dispatch=below()["11300-2025"], units=[communes[1]], note="", hand=LINK, now=NOW, due=dispatch.due
        )


def test_a_letter_of_ones_own_that_passes_on_begins_with_the_day_that_was_asked_of_the_unit(
    dispatch, communes, person, units
) -> None:
    due = DAY + timedelta(days=5)
    dispatch_forward(dispatch=dispatch, units=communes[:1], note="", hand=LINK, now=NOW, due=due)
    by, reference = person(Role.OPERATOR), Reference(covers=dispatch.letter)
    covering = [
        letter_begin(unit=unit, template=None, campaign="", by=by, now=NOW, reference=reference)
        for unit in (communes[0], units["31-2025"])
    ]
    assert [letter.due for letter in covering] == [due, dispatch.letter.due]


def test_reminders_follow_the_day_of_each_unit(dispatch, communes) -> None:
    due = DAY + timedelta(days=5)
    dispatch_forward(dispatch=dispatch, units=communes[:2], note="", hand=LINK, now=NOW, due=due)
    reminders_queue(now=NOW + timedelta(days=2))
    reminded = Message.objects.filter(kind="reminder")
    assert sorted(reminded.values_list("recipient", flat=True)) == ["u11300@xa.example", "u11301@xa.example"]
    assert f"{due:%d/%m/%Y}" in reminded[0].subject
    reminders_queue(now=NOW + timedelta(days=6))
    text = Message.objects.get(kind="digest").text
    assert f"Phường 11300: hạn {due:%d/%m/%Y}" in text
    assert "Thành phố Hải Phòng: hạn" not in text, "the province itself is not late yet"


def test_who_is_asked_on_the_last_day_is_not_reminded_on_that_day(issued, units, person, communes) -> None:
    letter = issued(now=NOW, due=DAY)
    letter_send(letter=letter, units=[units["31-2025"]], by=person(Role.OPERATOR), now=NOW)
    assert reminders_queue(now=NOW) == 0
    assert reminders_queue(now=NOW + timedelta(days=1)) == 1


def test_mail_names_no_button_that_a_unit_lacks(dispatch, communes, units) -> None:
    dispatch_forward(dispatch=dispatch, units=communes[:1], note="", hand=LINK, now=NOW)
    copies_make(now=lambda: NOW)
    province, commune = (Message.objects.get(recipient=f"u{code}@xa.example") for code in ("31", "11300"))
    assert "sao gửi đến đơn vị cấp dưới" in province.text
    assert "sao gửi" not in commune.text
    assert commune.subject == "Công văn 01/CATTT-NCSC: rà soát và bóc gỡ mã độc"
    assert f"https://centre.example/xac-minh/{dispatch.letter.code}/" in commune.text


def test_after_sending_the_office_says_queued_and_not_sent(signed_in, issued, units, person, communes) -> None:
    by = person(Role.OPERATOR)
    letter, client = issued(now=NOW), signed_in(by)
    answer = client.post(
        f"/en/office/letters/{letter.pk}/gui/", {"to": ["level-1", "level-2", "children"]}, follow=True
    )
    page = answer.content.decode()
    assert "Queued for mail: 5. Put into the inbox of the office: 1." in page
    assert "Still in the queue for mail: 5." in page


def test_the_link_page_is_no_dead_end_once_the_letter_is_acknowledged(dispatch) -> None:
    page = f"/cong-van/{token_of(dispatch)}/"
    Client().post(page, {"act": "acknowledge"})
    text = Client().get(page).content.decode()
    assert "Hiện đơn vị không có báo cáo nào phải lập." in text
    assert 'href="/giup-do/"' in text
