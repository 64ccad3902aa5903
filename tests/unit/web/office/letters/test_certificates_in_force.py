"""A certificate that is not in force signs nothing; whoever can do something is told in time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import LetterError
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.codes import Verification
from quetsach.web.office.letters.document import demonstration
from quetsach.web.office.letters.document.demonstration import demonstration_keys
from quetsach.web.office.letters.document.verification import verify
from quetsach.web.office.letters.models import Dispatch
from quetsach.web.office.letters.services.issue import letter_issue
from quetsach.web.office.letters.services.send import copies_make, letter_send
from quetsach.web.office.views import dashboard_of

TODAY = datetime.now(UTC)
LIFE = timedelta(days=20 * 365)
OVER, EARLY, ENDING = TODAY - LIFE - timedelta(days=1), TODAY + timedelta(days=1), TODAY - LIFE + timedelta(days=20)
RUNNING = TODAY - timedelta(days=1)
IN_FORCE = "When it was signed the certificates were within their term."


@pytest.fixture
def keys(post_office):
    """Return a function that puts keys in place whose certificates begin at given times, and returns their roots."""
    folder = post_office / "letters" / "keys" / "tw"

    def put(*, person: datetime, agency: datetime) -> list[bytes]:
        folder.mkdir(parents=True, exist_ok=True)
        names = {"person": "Nguyễn Văn A", "agency": "Cục An toàn thông tin"}
        one, other = (demonstration_keys(**names, now=first) for first in (person, agency))
        for name, content in (("person", one.person), ("agency", other.agency)):
            path = folder / f"{name}.p12"
            path.write_bytes(content)
            path.chmod(0o600)
        return [one.root, other.root]

    return put


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(("person_first", "agency_first"), [(OVER, RUNNING), (RUNNING, OVER), (RUNNING, EARLY)])
def test_keys_out_of_their_days_sign_nothing_without_a_consent(
    approved, operator, keys, person_first, agency_first
) -> None:
    keys(person=person_first, agency=agency_first)
    with pytest.raises(LetterError, match="not in force"):
        letter_issue(letter=approved, by=operator, now=TODAY)
    approved.refresh_from_db()
    assert (approved.state, approved.number) == ("submitted", None)
    letter = letter_issue(letter=approved, by=operator, now=TODAY, may_be_unsigned=True)
    assert letter.signatures == []
    assert verify(LETTERS.read(letter.sha256), []) == []


@pytest.mark.parametrize(
    ("first", "said"), [(OVER, "đã hết hạn lúc"), (EARLY, "mới có hiệu lực: công văn ban hành trước lúc đó")]
)
def test_the_page_says_before_the_button_that_it_would_not_be_signed(
    signed_in, operator, approved, keys, first, said
) -> None:
    keys(person=RUNNING, agency=first)
    page = page_of(signed_in(operator), f"/van-phong/cong-van/{approved.pk}/")
    assert said in page
    assert 'name="unsigned" value="yes" required' in page
    assert "Khi ban hành, công văn được ký" not in page


def test_a_certificate_that_ends_soon_still_signs_and_is_told_before(signed_in, operator, approved, keys) -> None:
    roots = keys(person=RUNNING, agency=ENDING)
    client = signed_in(operator)
    for path in (f"/van-phong/cong-van/{approved.pk}/", "/van-phong/cong-van/"):
        assert "Cần gia hạn hoặc thay khóa trước thời điểm đó" in page_of(client, path)
    page = page_of(client, f"/van-phong/cong-van/{approved.pk}/")
    assert 'name="unsigned"' not in page
    letter = letter_issue(letter=approved, by=operator, now=TODAY)
    assert all(state.is_trusted for state in verify(LETTERS.read(letter.sha256), roots))


def test_the_desk_of_who_issues_letters_tells_of_keys_to_be_renewed(person, operator, keys) -> None:
    def told(who) -> dict[str, int]:
        return {str(one.title): one.count for one in dashboard_of(who, now=TODAY).to_do}

    assert "Signing keys to be renewed" not in told(operator)
    keys(person=RUNNING, agency=RUNNING)
    assert "Signing keys to be renewed" not in told(operator)
    keys(person=RUNNING, agency=ENDING)
    assert told(operator)["Signing keys to be renewed"] == 1
    assert "Signing keys to be renewed" not in told(person(Role.APPROVER, "31-2025")), "these are not its keys"


@pytest.mark.parametrize(
    ("first", "said"), [(RUNNING, "còn hiệu lực"), (ENDING, "sắp hết hạn"), (OVER, "đã hết hạn"), (EARLY, "mới có")]
)
def test_the_page_of_operation_says_where_keys_stand(signed_in, operator, keys, monkeypatch, first, said) -> None:
    monkeypatch.setattr("quetsach.web.office.letters.signing_credentials.AUTHORITY", "another authority")
    keys(person=RUNNING, agency=first)
    page = page_of(signed_in(operator), "/van-phong/van-hanh/")
    row = page[page.index("Nguyễn Văn A <span") :]
    assert said in row[: row.index("</tr>")]


@pytest.fixture
def an_authority(monkeypatch) -> None:
    """Let the keys be of an authority that is not the demonstration's."""
    monkeypatch.setattr(demonstration, "AUTHORITY", "An authority")


def test_the_public_page_says_what_is_known_of_the_day_of_signing(approved, operator, keys, an_authority) -> None:
    keys(person=RUNNING, agency=RUNNING)
    letter = letter_issue(letter=approved, by=operator, now=TODAY)
    page = page_of(Client(), f"/en/verify/{letter.code}/")
    assert "certificate by An authority, term <time" in page
    assert IN_FORCE in page
    noted = Verification.objects.get(code=letter.code)
    noted.signatures = [{"holder": "Nguyễn Văn A", "authority": "An authority"}]
    noted.save()
    page = page_of(Client(), f"/en/verify/{letter.code}/")
    assert ("certificate by An authority" in page, IN_FORCE in page) == (True, False), "the days were not noted then"


def test_a_public_page_says_nothing_good_of_keys_that_are_for_show(approved, operator, keys) -> None:
    keys(person=RUNNING, agency=RUNNING)
    letter = letter_issue(letter=approved, by=operator, now=TODAY)
    page = page_of(Client(), f"/en/verify/{letter.code}/")
    assert ("not valid, term <time" in page, IN_FORCE in page) == (True, False)


def test_a_public_page_never_says_in_force_of_what_was_not(approved, operator, keys, an_authority) -> None:
    keys(person=RUNNING, agency=RUNNING)
    letter = letter_issue(letter=approved, by=operator, now=TODAY)
    Verification.objects.update(registered_at=TODAY - timedelta(days=30))
    assert IN_FORCE not in page_of(Client(), f"/en/verify/{letter.code}/")


def test_copies_wait_for_a_certificate_in_force_and_claim_no_time_before_it(approved, operator, units, keys) -> None:
    keys(person=RUNNING, agency=ENDING)
    letter = letter_issue(letter=approved, by=operator, now=TODAY)
    letter_send(letter=letter, units=[units["31-2025"]], by=operator, now=TODAY)
    later = TODAY + timedelta(days=40)
    assert copies_make(now=lambda: later) == 0, "the agency's certificate ended meanwhile"
    roots = keys(person=later - timedelta(days=1), agency=later - timedelta(days=1))
    assert copies_make(now=lambda: later) == 1
    states = verify(LETTERS.read(Dispatch.objects.get().copy_sha256), roots)
    assert [state.is_trusted for state in states] == [True, True]
