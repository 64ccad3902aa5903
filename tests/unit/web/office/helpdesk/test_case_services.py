"""A case through its life: who may do what, what is counted, and what is gone in the end."""

import ast
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quetsach.campaign.errors import CaseError
from quetsach.campaign.helpdesk import LAPSE_DAYS, RETENTION_DAYS, CaseState
from quetsach.web.office.helpdesk.models import Asker, Case, Message
from quetsach.web.office.helpdesk.selectors import (
    Filters,
    cases_of,
    colleagues,
    nine_of_ten,
    numbers,
    queue,
    state_counts,
)
from quetsach.web.office.helpdesk.services import (
    MOST_MESSAGES,
    case_close,
    case_erase,
    case_hand_over,
    case_note,
    case_opened_by,
    case_reopen,
    case_reply,
    case_take,
    case_write,
    cases_purge,
    contact_show,
)
from quetsach.web.office.helpdesk.wording import REFUSALS
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.refusal import AccessError
from quetsach.web.office.tree.models import Succession, Unit

from .conftest import CONTACT, NOW, TEXT, TODAY

SOURCES = Path(__file__).parents[5] / "src" / "quetsach"


def later(**time: float):
    return NOW + timedelta(**time)


def test_code_and_key_open_a_case_and_nothing_else_does(open_case) -> None:
    case, key = open_case()
    other, other_key = open_case()
    assert case_opened_by(code=case.code, key=key) == case
    assert case_opened_by(code=case.code.lower(), key=key.lower()) == case
    assert case_opened_by(code=case.code, key=other_key) is None
    assert case_opened_by(code=other.code, key=key) is None
    with pytest.raises(CaseError):
        case_opened_by(code=case.code, key="AAAAA-AAAAB")


def test_the_same_form_twice_is_one_case_with_the_same_key(open_case) -> None:
    form = uuid4()
    assert open_case(form=form) == open_case(form=form)
    assert (Case.objects.count(), Message.objects.count()) == (1, 1)


def test_the_database_tells_neither_key_nor_contact(open_case) -> None:
    case, key = open_case()
    kept = str(Case.objects.values().get()) + str(Asker.objects.values().get())
    assert key not in kept
    assert key.replace("-", "") not in kept
    assert CONTACT not in kept
    assert CONTACT.encode() not in bytes(Asker.objects.get().contact)
    assert case.asker.contact


@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001])
def test_a_text_is_bounded(open_case, text: str) -> None:
    with pytest.raises(CaseError):
        open_case(text=text)
    assert not Case.objects.exists()


def test_who_looks_at_the_contact_is_logged(open_case, person) -> None:
    case, _ = open_case()
    assert contact_show(case=case, by=person("press"), now=NOW) == CONTACT
    entry = LogEntry.objects.get(act="case-contact")
    assert CONTACT not in str(entry.detail)


def test_a_contact_sealed_with_another_key_is_told_as_unreadable(open_case, person, settings) -> None:
    case, _ = open_case()
    settings.SECRET_KEY = "another key of the centre"
    assert contact_show(case=case, by=person("press"), now=NOW) is None


def test_the_usual_course(open_case, person) -> None:
    case, key = open_case()
    who = person("press")
    case_take(case=case, by=who, now=later(hours=1))
    case_reply(case=case, text="Máy chạy Windows nào?", is_question=True, by=who, now=later(hours=2))
    case.refresh_from_db()
    assert (case.state, case.assignee, case.first_answer_at) == (CaseState.WAITING, who, later(hours=2))
    case_write(case=case, text="Windows 10", now=later(hours=3))
    case_reply(case=case, text="Làm như sau", is_question=False, by=who, now=later(hours=4))
    case_close(case=case, by=who, now=later(hours=5))
    case.refresh_from_db()
    assert (case.state, case.closed_at) == (CaseState.CLOSED, later(hours=5))
    case_write(case=case, text="Vẫn chưa được", now=later(hours=6))
    case.refresh_from_db()
    assert (case.state, case.closed_at) == (CaseState.OPEN, None)
    assert case_opened_by(code=case.code, key=key) == case


def test_a_message_sent_twice_is_one(open_case) -> None:
    case, _ = open_case()
    case_write(case=case, text="Một", now=later(hours=1))
    case_write(case=case, text=" Một\r\n", now=later(hours=1))
    assert case.messages.count() == 2


def test_messages_of_one_case_are_bounded(open_case) -> None:
    case, _ = open_case()
    for number in range(MOST_MESSAGES - 1):
        case_write(case=case, text=str(number), now=NOW)
    with pytest.raises(CaseError):
        case_write(case=case, text="too many", now=NOW)


@pytest.mark.parametrize(("role", "unit"), [("editor", "31-2025"), ("analyst", "tw"), ("auditor", "tw"), (None, "tw")])
def test_nobody_else_touches_a_case_of_the_centre(open_case, person, role, unit: str) -> None:
    case, _ = open_case()
    who = person(role, unit)
    acts = (
        lambda: case_take(case=case, by=who, now=NOW),
        lambda: case_reply(case=case, text="x", is_question=False, by=who, now=NOW),
        lambda: case_note(case=case, text="x", by=who, now=NOW),
        lambda: case_close(case=case, by=who, now=NOW),
        lambda: contact_show(case=case, by=who, now=NOW),
    )
    for act in acts:
        with pytest.raises(AccessError):
            act()
    assert list(cases_of(who, day=TODAY)) == []


def test_a_case_is_given_only_to_a_colleague_who_may_answer_it(open_case, person, units) -> None:
    case, _ = open_case()
    operator, press, editor = person("operator"), person("press"), person("editor", "31-2025")
    assert list(colleagues(units["tw"], day=TODAY)) == [operator, press]
    assert list(colleagues(units["31-2025"], day=TODAY)) == [operator, press, editor]
    case_take(case=case, by=press, now=NOW, assignee=operator)
    case.refresh_from_db()
    assert (case.assignee, case.state) == (operator, CaseState.OPEN)
    with pytest.raises(CaseError):
        case_take(case=case, by=press, now=NOW, assignee=editor)


def test_a_case_that_is_handed_over_is_the_units(open_case, person, units) -> None:
    case, _ = open_case()
    province, other = person("editor", "31-2025"), person("editor", "01-2025")
    case_hand_over(case=case, unit=units["31-2025"], text="Thuộc địa bàn", by=person("operator"), now=NOW)
    case.refresh_from_db()
    assert (case.state, case.assignee, case.unit.key) == (CaseState.NEW, None, "31-2025")
    assert list(cases_of(province, day=TODAY)) == [case]
    assert list(cases_of(other, day=TODAY)) == []
    case_reply(case=case, text="Chào bạn", is_question=False, by=province, now=later(hours=1))
    case_hand_over(case=case, unit=units["tw"], text="Trả lại", by=province, now=later(hours=2))
    assert list(cases_of(province, day=TODAY)) == []


def test_a_case_goes_to_no_unit_that_is_no_more(open_case, person, units) -> None:
    case, _ = open_case()
    for key in ("31-2020", "tw"):
        with pytest.raises(CaseError):
            case_hand_over(case=case, unit=units[key], text="x", by=person("operator"), now=NOW)


def test_cases_of_a_unit_that_is_no_more_are_its_successors(open_case, person, units) -> None:
    case, _ = open_case()
    Case.objects.update(unit=units["31-2020"])
    assert list(cases_of(person("editor", "31-2025"), day=TODAY)) == [case]
    assert list(cases_of(person("editor", "01-2025"), day=TODAY)) == []


def test_cases_of_many_units_that_are_no_more_take_no_more_queries(open_case, person, units) -> None:
    who, counts = person("operator"), []
    for key in ("31-2020", "01-2020", "11296-2020"):
        case, _ = open_case()
        Case.objects.filter(pk=case.pk).update(unit=units[key])
        with CaptureQueriesContext(connection) as asked:
            assert state_counts(who, day=TODAY)["new"] == len(counts) + 1
        counts.append(len(asked))
    assert len(set(counts)) == 1


def test_a_case_of_a_unit_that_was_succeeded_twice_belongs_to_the_last(open_case, person, units) -> None:
    case, _ = open_case()
    first = Unit.objects.create(
        key="31-2015", code="31", kind="province", name_vi="Hải Phòng", opened=date(2015, 1, 1), closed=date(2020, 1, 1)
    )
    Succession.objects.create(old=first, new=units["31-2020"], on=date(2020, 1, 1))
    Case.objects.update(unit=first)
    assert list(cases_of(person("editor", "31-2025"), day=TODAY)) == [case]
    assert list(cases_of(person("editor", "01-2025"), day=TODAY)) == []


def test_a_note_stays_among_colleagues_and_changes_no_state(open_case, person) -> None:
    case, _ = open_case()
    case_note(case=case, text="Gọi lại", by=person("press"), now=NOW)
    case.refresh_from_db()
    assert case.state == CaseState.NEW


def test_erasing_leaves_counts_and_nothing_else(open_case, person) -> None:
    case, key = open_case()
    case_reply(case=case, text="Chào", is_question=False, by=person("press"), now=later(hours=2))
    case_erase(case=case, now=later(hours=3), reason="asked")
    case.refresh_from_db()
    assert (Message.objects.count(), Asker.objects.count(), case.key_digest) == (0, 0, "")
    assert (case.kind, case.province.key, case.first_answer_at) == ("infected", "31-2025", later(hours=2))
    assert case_opened_by(code=case.code, key=key) is None
    for act in (
        lambda: case_reopen(case=case, by=person("press"), now=NOW),
        lambda: case_write(case=case, text="x", now=NOW),
    ):
        with pytest.raises(CaseError):
            act()


def test_the_log_holds_nothing_that_the_person_wrote(open_case, person) -> None:
    case, key = open_case()
    case_write(case=case, text="bí mật riêng", now=NOW)
    case_reply(case=case, text="trả lời riêng", is_question=False, by=person("press"), now=NOW)
    log = str([(e.subject, e.detail) for e in LogEntry.objects.all()])
    assert [word for word in (TEXT, CONTACT, key, "bí mật", "trả lời riêng") if word in log] == []
    assert LogEntry.objects.filter(subject=f"case:{case.code}").count() == 3


def test_what_nobody_writes_to_is_closed_and_later_erased(open_case, person) -> None:
    case, _ = open_case()
    case_reply(case=case, text="Chào", is_question=False, by=person("press"), now=NOW)
    assert cases_purge(now=later(days=LAPSE_DAYS - 1)) == (0, 0)
    closed = later(days=LAPSE_DAYS, minutes=1)
    assert cases_purge(now=closed) == (1, 0)
    assert cases_purge(now=closed + timedelta(days=RETENTION_DAYS - 1)) == (0, 0)
    assert cases_purge(now=closed + timedelta(days=RETENTION_DAYS, minutes=1)) == (0, 1)
    assert not Message.objects.exists()
    assert cases_purge(now=closed + timedelta(days=365)) == (0, 0)


def test_a_case_that_nobody_answered_never_lapses(open_case) -> None:
    open_case()
    assert cases_purge(now=later(days=400)) == (0, 0)


def test_the_queue_begins_with_who_waits_longest(open_case, person) -> None:
    second, _ = open_case(now=later(hours=1))
    first, _ = open_case(now=NOW, kind="tool")
    answered, _ = open_case(now=NOW)
    who = person("press")
    case_reply(case=answered, text="x", is_question=False, by=who, now=NOW)
    assert list(queue(who, Filters(), day=TODAY)) == [first, second]
    assert list(queue(who, Filters(kind="tool"), day=TODAY)) == [first]
    assert list(queue(who, Filters(state="", is_mine=True), day=TODAY)) == [answered]
    counts = state_counts(who, day=TODAY)
    assert (counts["to-do"], counts["answered"], counts["waiting"]) == (2, 1, 0)


def test_numbers_say_how_many_ask_and_how_long_they_wait(open_case, person) -> None:
    who = person("press")
    for hours in (2, 4, 12):
        case, _ = open_case()
        case_reply(case=case, text="x", is_question=False, by=who, now=later(hours=hours))
    open_case(kind="tool", province=None, now=later(days=-1))
    open_case(now=later(days=-40))
    found = numbers(who, first=TODAY - timedelta(days=29), last=TODAY, day=TODAY)
    assert (found.arrived, found.answered, found.median_hours, found.slow_hours) == (4, 3, 4, 12)
    assert [(row.name, row.arrived, row.answered) for row in found.by_kind] == [("infected", 3, 3), ("tool", 1, 0)]
    assert [(row.name and row.name.key, row.arrived) for row in found.by_province] == [("31-2025", 3), (None, 1)]
    assert [(row.name, row.arrived) for row in found.by_day] == [(TODAY, 3), (TODAY - timedelta(days=1), 1)]


@pytest.mark.parametrize(("times", "slow"), [([], None), ([3], 3), ([1, 2], 2), (list(range(1, 11)), 9)])
def test_nine_of_ten_do_not_wait_longer(times: list[float], slow: float | None) -> None:
    assert nine_of_ten(times) == slow


def test_each_refusal_has_its_words_on_a_page() -> None:
    """Nobody reads what the error itself says, so that it is no text in a catalogue."""
    files = [*(SOURCES / "campaign").glob("*.py"), *(SOURCES / "web" / "office" / "helpdesk").glob("*.py")]
    codes = {
        ast.literal_eval(keyword.value)
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "CaseError"
        for keyword in node.keywords
        if keyword.arg == "code"
    }
    assert codes == set(REFUSALS)
