"""The page behind a link: no account, one unit, one letter, for a time; looking changes nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from quetsach.campaign.authority import Role
from quetsach.web.office.blob_store import LETTERS
from quetsach.web.office.letters.models import Attachment, Dispatch, Letter
from quetsach.web.office.letters.services import acknowledge
from quetsach.web.office.letters.services.acknowledge import link_renew
from quetsach.web.office.letters.services.dispatches import LinkError, dispatch_of, link_of, token_of
from quetsach.web.office.letters.services.send import letter_send
from quetsach.web.office.log.models import LogEntry

NOW = datetime.now(UTC)
FORWARD = {"act": "forward", "to": "all", "confirmed": "yes"}


@pytest.fixture
def dispatch(issued, units, person) -> Dispatch:
    by = person(Role.OPERATOR)
    letter = issued(now=NOW)
    letter_send(letter=letter, units=[units["31-2025"], units["01-2025"]], by=by, now=NOW)
    return Dispatch.objects.select_related("letter").get(to_unit__key="31-2025")


@pytest.fixture
def page(dispatch: Dispatch) -> str:
    return f"/cong-van/{token_of(dispatch)}/"


def kinds(dispatch: Dispatch) -> list[str]:
    return [event.kind for event in dispatch.events.order_by("pk")]


def test_looking_at_the_page_changes_nothing(dispatch: Dispatch, page: str) -> None:
    entries = LogEntry.objects.count()
    for path in (page, f"/en/letter/{token_of(dispatch)}/"):
        answer = Client().get(path, headers={"Sec-Purpose": "prefetch"})
        assert answer.status_code == 200
        assert answer.cookies == {}
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
    assert kinds(dispatch) == ["sent"]
    assert LogEntry.objects.count() == entries


def test_the_letter_is_opened_and_acknowledged_by_buttons(dispatch: Dispatch, page: str) -> None:
    client = Client()
    assert client.get(f"{page}mo/").status_code == 405
    assert client.post(f"{page}mo/").content.startswith(b"%PDF-")
    answer = client.post(page, {"act": "acknowledge"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert kinds(dispatch) == ["sent", "opened", "acknowledged"]
    assert "đã xác nhận" in client.get(page).content.decode()


def test_the_letter_is_passed_on_to_the_units_below(dispatch: Dispatch, page: str) -> None:
    Client().post(page, FORWARD | {"note": "Đề nghị thực hiện"})
    below = Dispatch.objects.get(to_unit__key="11296-2025")
    assert (below.above, below.note, below.sent_by) == (dispatch, "Đề nghị thực hiện", None)


def test_a_refusal_without_a_reason_says_what_is_missing(dispatch: Dispatch, page: str) -> None:
    answer = Client().post(page, {"act": "refuse", "reason": " "})
    assert answer.status_code == 400
    assert kinds(dispatch) == ["sent"]


def test_a_refusal_is_noted_with_its_reason(dispatch: Dispatch, page: str) -> None:
    Client().post(page, {"act": "refuse", "reason": "Không đúng đơn vị"})
    assert dispatch.events.get(kind="refused").reason == "Không đúng đơn vị"


def test_a_link_cannot_fill_the_database(dispatch: Dispatch, page: str, monkeypatch) -> None:
    monkeypatch.setattr(acknowledge, "MOST_BY_LINK", 3)
    for act in ("refuse", "acknowledge", "refuse", "acknowledge", "refuse"):
        Client().post(page, {"act": act, "reason": "x" * 5000})
    assert kinds(dispatch) == ["sent", "refused", "acknowledged", "refused"]
    for entry in LogEntry.objects.filter(act="letter-refuse"):
        assert len(entry.detail["reason"]) == 1000


def test_passing_on_to_nobody_is_not_logged(dispatch: Dispatch, page: str) -> None:
    for _ in range(3):
        Client().post(page, FORWARD)
    assert LogEntry.objects.filter(act="letter-forward").count() == 1


def test_another_site_cannot_press_the_buttons(dispatch: Dispatch, page: str) -> None:
    answer = Client().post(page, {"act": "acknowledge"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert kinds(dispatch) == ["sent"]


def test_a_form_that_is_not_known_does_nothing(dispatch: Dispatch, page: str) -> None:
    assert Client().post(page, {"act": "close"}).status_code == 400
    assert kinds(dispatch) == ["sent"]


def test_a_link_of_one_unit_opens_no_other(dispatch: Dispatch) -> None:
    other = Dispatch.objects.get(to_unit__key="01-2025")
    token = token_of(dispatch).replace(f"{dispatch.pk}.", f"{other.pk}.", 1)
    assert Client().get(f"/cong-van/{token}/").status_code == 404


@pytest.mark.parametrize("token", ["x", "1.1", "1.1:", "1.1:" + "A" * 43, "9" * 500, "1.1:%00"])
def test_a_link_that_was_not_made_here_opens_nothing(units, token: str) -> None:
    assert Client().get(f"/cong-van/{token}/").status_code == 404


def test_a_new_link_makes_the_old_one_void(dispatch: Dispatch, page: str, person) -> None:
    renewed = link_renew(dispatch=dispatch, by=person(Role.OPERATOR), now=NOW)
    assert Client().get(page).status_code == 410
    assert Client().post(page, {"act": "acknowledge"}).status_code == 410
    assert Client().get(f"/cong-van/{token_of(renewed)}/").status_code == 200


def test_a_link_ends_with_its_time(dispatch: Dispatch) -> None:
    token = token_of(dispatch)
    assert dispatch_of(token, now=dispatch.link_until - timedelta(seconds=1)) == dispatch
    with pytest.raises(LinkError) as over:
        dispatch_of(token, now=dispatch.link_until)
    assert over.value.is_over


def test_a_link_leads_to_the_page_in_the_language_of_the_letter(dispatch: Dispatch) -> None:
    assert link_of(dispatch) == f"https://centre.example/cong-van/{token_of(dispatch)}/"
    dispatch.letter.language = "en"
    assert link_of(dispatch).startswith("https://centre.example/en/letter/")


def test_a_file_that_goes_with_the_letter_is_handed_out_by_a_button(dispatch: Dispatch, page: str) -> None:
    (sha256,) = LETTERS.put([b"%PDF-1.7 phu luc"])
    file = Attachment.objects.create(letter=dispatch.letter, name="phụ lục.pdf", size_bytes=16, sha256=sha256)
    other = Attachment.objects.create(
        letter=Letter.objects.create(
            unit=dispatch.letter.unit, written_by=dispatch.letter.written_by, written_at=NOW, sign="X"
        ),
        name="của nơi khác.pdf",
        size_bytes=16,
        sha256=sha256,
    )
    client = Client()
    assert "phụ lục.pdf" in client.get(page).content.decode()
    assert client.get(f"{page}mo/{file.pk}/").status_code == 405
    answer = client.post(f"{page}mo/{file.pk}/")
    assert answer.content == b"%PDF-1.7 phu luc"
    assert answer["Content-Disposition"].startswith("attachment")
    assert client.post(f"{page}mo/{other.pk}/").status_code == 404
    assert kinds(dispatch) == ["sent", "opened"]


def test_a_copy_that_is_lost_is_told_as_such_and_is_not_opened(
    dispatch: Dispatch, page: str, post_office: Path
) -> None:
    for path in post_office.glob("letters/??/*"):
        path.unlink()
    answer = Client().post(f"{page}mo/")
    assert answer.status_code == 503
    assert "Tệp bị mất" in answer.content.decode()
    assert kinds(dispatch) == ["sent"]
