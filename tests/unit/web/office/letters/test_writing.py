"""Writing, approving, issuing: nothing goes out that a second person did not see."""

from datetime import date, timedelta

import pytest
from tests.unit.web.office.conftest import NOW
from tests.unit.web.office.letters.conftest import CONTENT

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.campaign.letters.letter import DocumentKind
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_decide
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.letters.content import digest_of, header_of, text_of
from quetsach.web.office.letters.document.letter import DocumentError
from quetsach.web.office.letters.models import Letter, LetterState, RegisterBook, Template
from quetsach.web.office.letters.services.draft import (
    Reference,
    attachment_add,
    attachment_remove,
    letter_begin,
    letter_save,
    letter_submit,
)
from quetsach.web.office.letters.services.issue import letter_issue, register_continue
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.publicity.selectors.kits import genuine
from quetsach.web.office.refusal import AccessError


def draft(person, units, unit: str = "tw", role: Role = Role.OPERATOR, at: str = "tw"):
    by = person(role, at)
    letter = letter_begin(unit=units[unit], template=None, campaign="", by=by, now=NOW)
    return letter_save(letter=letter, content=CONTENT, by=by, now=NOW), by


def test_an_issued_letter_has_number_day_code_and_original(issued) -> None:
    letter = issued()
    assert (letter.number_sign, str(letter.issued_on), letter.state) == ("01/CATTT-NCSC", "2020-10-06", "issued")
    assert letter.code.startswith("QS-")
    assert LETTERS.read(letter.sha256).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("agency", "told"),
    [
        ("Bộ Công an", "Bộ Công an (Thành phố Hải Phòng)"),
        ("Ủy ban nhân dân thành phố Hải Phòng", "Ủy ban nhân dân thành phố Hải Phòng"),
    ],
)
def test_the_public_is_told_which_unit_sent_a_letter_whatever_its_head_says(issued, agency: str, told: str) -> None:
    found = genuine(issued("31-2020", agency=agency).code)
    assert found is not None
    assert found.issuer.vi == told


def test_numbers_follow_each_other_in_each_units_own_register(issued) -> None:
    assert [issued("tw").number, issued("31-2020").number, issued("tw").number] == [1, 1, 2]


def test_a_register_that_began_on_paper_goes_on(issued, units, person) -> None:
    by = person(Role.APPROVER, "31-2020")
    register_continue(unit=units["31-2020"], year=2020, last=2048, by=by, now=NOW)
    assert issued("31-2020", sign="STTTT-CNTT").number_sign == "2049/STTTT-CNTT"
    with pytest.raises(LetterError, match="already"):
        register_continue(unit=units["31-2020"], year=2020, last=5, by=by, now=NOW)


def test_nobody_sets_the_register_of_another_unit(units, person) -> None:
    with pytest.raises(AccessError):
        register_continue(unit=units["01-2020"], year=2020, last=5, by=person(Role.APPROVER, "31-2020"), now=NOW)


def test_a_letter_without_approval_is_not_issued(person, units) -> None:
    letter, by = draft(person, units)
    letter_submit(letter=letter, by=by, now=NOW)
    with pytest.raises(LetterError, match="second person"):
        letter_issue(letter=letter, by=by, now=NOW, may_be_unsigned=True)


def test_who_asks_for_the_approval_cannot_give_it(person, units) -> None:
    letter, by = draft(person, units)
    letter_submit(letter=letter, by=by, now=NOW)
    with pytest.raises(ApprovalError):
        approval_decide(approval=Approval.objects.get(), is_granted=True, reason="", by=by, now=NOW)


def test_a_change_after_the_approval_needs_another_one(person, units, approve) -> None:
    letter, by = draft(person, units)
    approve(letter_submit(letter=letter, by=by, now=NOW))
    letter_save(letter=letter, content={"body": "Khác."}, by=by, now=NOW)
    letter_submit(letter=letter, by=by, now=NOW)
    with pytest.raises(LetterError, match="second person"):
        letter_issue(letter=letter, by=by, now=NOW, may_be_unsigned=True)


def test_a_file_added_after_the_approval_needs_another_one(person, units, approve) -> None:
    letter, by = draft(person, units)
    approve(letter_submit(letter=letter, by=by, now=NOW))
    attachment_add(letter=letter, name="a.pdf", content=b"%PDF-1.7", by=by, now=NOW)
    letter_submit(letter=letter, by=by, now=NOW)
    with pytest.raises(LetterError, match="second person"):
        letter_issue(letter=letter, by=by, now=NOW, may_be_unsigned=True)


def test_one_text_cannot_be_shown_while_another_waits(person, units) -> None:
    """Who decides reads the letter as it is: a request for what it said before is gone with the change."""
    letter, by = draft(person, units)
    letter_submit(letter=letter, by=by, now=NOW)
    asked = Approval.objects.get()
    letter_save(letter=letter, content={"body": "Vô hại."}, by=by, now=NOW)
    with pytest.raises(ApprovalError, match="has changed since"):
        approval_decide(approval=asked, is_granted=True, reason="", by=person(Role.OPERATOR), now=NOW)
    assert LogEntry.objects.filter(act="approval-void", subject=letter.log_subject).count() == 1


def test_a_request_is_void_once_a_file_is_added(person, units) -> None:
    letter, by = draft(person, units)
    letter_submit(letter=letter, by=by, now=NOW)
    attachment_add(letter=letter, name="a.pdf", content=b"%PDF-1.7", by=by, now=NOW)
    assert Approval.objects.get().is_overtaken


def test_a_letter_is_issued_once_and_the_second_click_says_so(issued, person) -> None:
    letter = issued()
    with pytest.raises(LetterError, match="01/CATTT-NCSC is issued already"):
        letter_issue(letter=letter, by=person(Role.OPERATOR), now=NOW, may_be_unsigned=True)


def test_no_answer_is_asked_for_by_a_day_that_is_over(person, units, approve) -> None:
    letter, by = draft(person, units)
    letter = letter_save(letter=letter, content={"due": date(2020, 10, 5)}, by=by, now=NOW)
    with pytest.raises(LetterError, match=r"Answer by: 5.October.2020 is over"):
        letter_submit(letter=letter, by=by, now=NOW)
    letter = letter_save(letter=letter, content={"due": date(2020, 10, 6)}, by=by, now=NOW)
    approve(letter_submit(letter=letter, by=by, now=NOW))
    with pytest.raises(LetterError, match="is over"):
        letter_issue(letter=letter, by=by, now=NOW + timedelta(days=1), may_be_unsigned=True)


def test_an_issued_letter_cannot_be_changed(issued, person) -> None:
    with pytest.raises(LetterError, match="was issued"):
        letter_save(letter=issued(), content={"body": "Khác."}, by=person(Role.OPERATOR), now=NOW)


def test_a_letter_that_cannot_be_printed_takes_no_number(person, units, approve) -> None:
    letter, by = draft(person, units)
    approve(letter_submit(letter=letter, by=by, now=NOW))
    Letter.objects.filter(pk=letter.pk).update(place="")
    letter.refresh_from_db()
    Approval.objects.update(digest=digest_of(letter))
    with pytest.raises(DocumentError):
        letter_issue(letter=letter, by=by, now=NOW, may_be_unsigned=True)
    assert not RegisterBook.objects.exists()


def test_what_cannot_be_printed_is_not_submitted(person, units) -> None:
    letter, by = draft(person, units)
    letter = letter_save(letter=letter, content={"body": "a\u202eb"}, by=by, now=NOW)
    with pytest.raises(DocumentError):
        letter_submit(letter=letter, by=by, now=NOW)


def test_a_place_left_open_in_a_template_is_named_before_it_goes_out(person, units) -> None:
    by = person(Role.OPERATOR)
    template = Template.objects.create(code="t", title="T", subject="{campaign}", body="{unit}: trước ngày {due}")
    letter = letter_begin(unit=units["tw"], template=template, campaign="viet-nam-2020", by=by, now=NOW)
    assert letter.subject == "viet-nam-2020"
    letter = letter_save(letter=letter, content={k: v for k, v in CONTENT.items() if k != "body"}, by=by, now=NOW)
    with pytest.raises(LetterError, match="due"):
        letter_submit(letter=letter, by=by, now=NOW)


def test_the_day_of_the_answer_fills_its_place_when_it_is_saved(person, units) -> None:
    by = person(Role.OPERATOR)
    template = Template.objects.create(code="t", title="t", subject="s", body="Trước ngày {due}; {other}")
    letter = letter_begin(unit=units["tw"], template=template, campaign="", by=by, now=NOW)
    letter = letter_save(letter=letter, content={"body": letter.body, "due": date(2026, 12, 30)}, by=by, now=NOW)
    assert letter.body == "Trước ngày 30/12/2026; {other}"


def test_every_saving_is_kept_as_a_version(person, units) -> None:
    letter, by = draft(person, units)
    letter_save(letter=letter, content={"body": "Hai."}, by=by, now=NOW)
    letter_save(letter=letter, content={"body": "Hai."}, by=by, now=NOW)
    assert [v.content["body"] for v in letter.versions.order_by("number")] == ["", CONTENT["body"], "Hai."]


def test_a_letter_revoked_by_another_no_longer_holds(issued, units) -> None:
    first = issued()
    second = issued(reference=Reference(earlier=first, kind=DocumentKind.REVOCATION))
    first.refresh_from_db()
    assert (first.state, second.state) == (LetterState.REVOKED, LetterState.ISSUED)
    assert header_of(second, [units["31-2020"]]).earlier_document_id == "tw-2020-cv-1"


def test_a_letter_is_revoked_once(issued) -> None:
    first = issued()
    issued(reference=Reference(earlier=first, kind=DocumentKind.REVOCATION))
    first.refresh_from_db()
    with pytest.raises(LetterError, match="still holds"):
        issued(reference=Reference(earlier=first, kind=DocumentKind.REPLACEMENT))


def test_nobody_changes_a_letter_of_another_unit_by_a_new_one(issued) -> None:
    first = issued("31-2020")
    with pytest.raises(LetterError, match="own letter"):
        issued("tw", reference=Reference(earlier=first, kind=DocumentKind.REVOCATION))


def test_a_unit_writes_no_letters_for_another(person, units) -> None:
    with pytest.raises(AccessError) as refused:
        draft(person, units, unit="01-2020", role=Role.EDITOR, at="31-2020")
    assert refused.value.is_hidden


def test_a_successor_issues_nothing_in_the_name_of_a_unit_that_is_no_more(person, units) -> None:
    letter, by = draft(person, units, "31-2020")
    letter_submit(letter=letter, by=by, now=NOW)
    approval_decide(approval=Approval.objects.get(), is_granted=True, reason="", by=person(Role.OPERATOR), now=NOW)
    heir, later = person(Role.APPROVER, "31-2025"), NOW.replace(year=2026)
    with pytest.raises(LetterError, match="no more"):
        letter_issue(letter=letter, by=heir, now=later, may_be_unsigned=True)
    with pytest.raises(LetterError, match="no more"):
        letter_submit(letter=letter, by=heir, now=later)


def test_an_editor_writes_but_does_not_issue(person, units, approve) -> None:
    letter, by = draft(person, units, unit="31-2020", role=Role.EDITOR, at="31-2020")
    approve(letter_submit(letter=letter, by=by, now=NOW))
    with pytest.raises(AccessError):
        letter_issue(letter=letter, by=by, now=NOW, may_be_unsigned=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"),
        ("a.pdf", b"<script>"),
        ("../a.pdf", b"%PDF-"),
        ("a.pdf", b"%PDF-" + b" " * (11 << 20)),
        ("a" * 200 + ".pdf", b"%PDF-"),
    ],
)
def test_other_files_do_not_go_with_a_letter(person, units, name: str, content: bytes) -> None:
    letter, by = draft(person, units)
    with pytest.raises(LetterError):
        attachment_add(letter=letter, name=name, content=content, by=by, now=NOW)


def test_a_file_can_be_taken_back_while_the_letter_is_open(person, units) -> None:
    letter, by = draft(person, units)
    attachment = attachment_add(letter=letter, name="a.pdf", content=b"%PDF-1.7", by=by, now=NOW)
    attachment_remove(attachment=attachment, by=by, now=NOW)
    assert not letter.attachments.exists()


def test_what_was_done_to_a_letter_is_in_the_log(issued) -> None:
    letter = issued()
    acts = LogEntry.objects.filter(subject=letter.log_subject).order_by("number").values_list("act", flat=True)
    assert list(acts) == ["letter-begin", "letter-save", "approval-ask", "approval-grant", "letter-issue"]


def test_what_the_list_of_recipients_gets_by_itself_is_not_printed_twice(issued) -> None:
    letter = issued(copies="- Như trên;\nBộ trưởng (để báo cáo)\nLưu: VT, CNTT.\nChi cục Lưu trữ")
    assert text_of(letter).copies == ("Bộ trưởng (để báo cáo)", "Chi cục Lưu trữ")
