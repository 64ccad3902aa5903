"""Whether a letter is signed is said before it is issued and after, and an unsigned one is issued by consent only."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.letters.document.verification import verify
from quetsach.web.office.letters.models import Dispatch, Letter
from quetsach.web.office.letters.services.dispatches import token_of
from quetsach.web.office.letters.services.issue import letter_issue
from quetsach.web.office.letters.services.send import copies_make, letter_send
from quetsach.web.office.letters.signing_credentials import demonstration_credentials_make, outlook_of
from quetsach.web.office.log.models import LogEntry

TODAY = datetime.now(UTC)
UNSIGNED = "none: it was issued without a digital signature"


@pytest.fixture
def keys(units):
    made = demonstration_credentials_make(
        unit=units["tw"], person="Nguyễn Văn A", agency="Cục An toàn thông tin", now=TODAY
    )
    assert made is not None
    return made


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_the_button_the_page_says_that_there_will_be_no_signature(signed_in, operator, approved) -> None:
    page = text(signed_in(operator), f"/van-phong/cong-van/{approved.pk}/")
    assert "bản ban hành sẽ KHÔNG có chữ ký số" in page
    assert 'name="unsigned" value="yes" required' in page


def test_without_consent_nothing_is_issued_and_no_number_is_taken(approved, operator) -> None:
    with pytest.raises(LetterError, match="without a signature"):
        letter_issue(letter=approved, by=operator, now=TODAY)
    approved.refresh_from_db()
    assert (approved.state, approved.number) == ("submitted", None)


def test_the_consent_is_a_tick_of_the_page_and_is_logged(signed_in, operator, approved) -> None:
    client = signed_in(operator)
    client.post(f"/en/office/letters/{approved.pk}/ban-hanh/")
    approved.refresh_from_db()
    assert not approved.is_issued
    client.post(f"/en/office/letters/{approved.pk}/ban-hanh/", {"unsigned": "yes"})
    approved.refresh_from_db()
    assert (approved.is_issued, approved.signatures) == (True, [])
    assert LogEntry.objects.get(act="letter-issue").detail["unsigned"] == "by consent"


def test_an_unsigned_letter_says_so_wherever_it_is_read(signed_in, person, operator, approved, units) -> None:
    letter = letter_issue(letter=approved, by=operator, now=TODAY, may_be_unsigned=True)
    letter_send(letter=letter, units=[units["31-2025"]], by=operator, now=TODAY)
    dispatch = Dispatch.objects.get()
    assert UNSIGNED in text(signed_in(operator), f"/en/office/letters/{letter.pk}/")
    assert UNSIGNED in text(signed_in(person(Role.EDITOR, "31-2025")), f"/en/office/letters/den/{dispatch.pk}/")
    assert UNSIGNED in text(Client(), f"/en/letter/{token_of(dispatch)}/")
    assert UNSIGNED in text(Client(), f"/en/verify/{letter.code}/")
    assert "không có chữ ký số" in text(Client(), f"/xac-minh/{letter.code}/")


def test_a_signed_letter_names_who_signed_and_who_vouches_for_them(signed_in, operator, approved, keys) -> None:
    client = signed_in(operator)
    page = text(client, f"/en/office/letters/{approved.pk}/")
    assert "When it is issued, it is signed by:" in page
    assert "unsigned" not in page
    letter = letter_issue(letter=approved, by=operator, now=TODAY)
    signed = [state.signer for state in verify(LETTERS.read(letter.sha256), [])]
    assert [one["holder"] for one in letter.signatures] == signed == ["Nguyễn Văn A", "Cục An toàn thông tin"]
    for path in (f"/en/office/letters/{letter.pk}/", f"/en/verify/{letter.code}/"):
        page = text(client, path)
        assert "Nguyễn Văn A (certificate by Quét Sạch demonstration authority: not valid, term " in page
        assert UNSIGNED not in page


def test_a_key_that_is_missing_is_told_before_the_letter_is_issued(signed_in, operator, approved, keys) -> None:
    (keys / "agency.p12").unlink()
    assert outlook_of(approved, now=TODAY).trouble
    page = text(signed_in(operator), f"/en/office/letters/{approved.pk}/")
    assert "The signing keys cannot be used:" in page


def test_a_key_of_another_person_is_told_before_the_letter_is_issued(signed_in, operator, approved, keys) -> None:
    Letter.objects.filter(pk=approved.pk).update(signer_name="Trần Thị B")
    page = text(signed_in(operator), f"/en/office/letters/{approved.pk}/")
    assert "the key is of Nguyễn Văn A, the letter names Trần Thị B" in page


def test_copies_are_signed_as_their_original_is(approved, operator, units, keys) -> None:
    letter = letter_issue(letter=approved, by=operator, now=TODAY)
    letter_send(letter=letter, units=[units["31-2025"], units["01-2025"]], by=operator, now=TODAY)
    hidden = keys.with_name("elsewhere")
    keys.rename(hidden)
    assert copies_make(now=lambda: TODAY) == 0, "no copy goes out unsigned of a letter that is signed"
    hidden.rename(keys)
    assert copies_make(now=lambda: TODAY) == 2
    for dispatch in Dispatch.objects.all():
        assert len(verify(LETTERS.read(dispatch.copy_sha256), [])) == 2


def test_copies_of_an_unsigned_letter_stay_unsigned_when_keys_come_later(approved, operator, units) -> None:
    letter = letter_issue(letter=approved, by=operator, now=TODAY, may_be_unsigned=True)
    letter_send(letter=letter, units=[units["31-2025"]], by=operator, now=TODAY)
    demonstration_credentials_make(unit=units["tw"], person="Nguyễn Văn A", agency="Cục", now=TODAY)
    copies_make(now=lambda: TODAY)
    assert verify(LETTERS.read(Dispatch.objects.get().copy_sha256), []) == []
