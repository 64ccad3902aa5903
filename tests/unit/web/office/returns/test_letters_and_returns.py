"""The letter's page leads to the return, and a return answers the letter."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from quetsach.web.office.letters.models import Dispatch, Letter, LetterState
from quetsach.web.office.letters.services.acknowledge import link_renew
from quetsach.web.office.letters.services.dispatches import course_of, token_of
from quetsach.web.office.returns.models import Period, ReturnLink
from quetsach.web.office.returns.selectors.owing import owed_by

from .conftest import IN_TIME

NOW = datetime.now(UTC)


def sent(units, person, key: str) -> Dispatch:
    """Return the dispatch of an issued letter of the campaign to a commune."""
    letter = Letter.objects.create(
        unit=units["tw"],
        campaign="viet-nam-2020",
        state=LetterState.ISSUED,
        subject="rà soát",
        number=1,
        issued_on=NOW.date(),
        written_by=person("operator"),
        written_at=NOW,
        code="QS-2345-6789",
    )
    facts = {"letter": letter, "from_unit": units["tw"], "to_unit": units[key], "level": 3, "channel": "link"}
    return Dispatch.objects.create(**facts, made_at=NOW, link_until=NOW + timedelta(days=30))


@pytest.fixture
def dispatch(units, period: Period, person) -> Dispatch:
    return sent(units, person, "11296-2020")


def test_a_return_answers_the_letters_of_its_campaign(dispatch: Dispatch, submit) -> None:
    submit("11296-2020")
    assert course_of(dispatch).stage.name == "REPORTED"


def test_a_return_answers_no_letter_of_another_campaign(dispatch: Dispatch, submit) -> None:
    Letter.objects.update(campaign="another")
    submit("11296-2020")
    assert course_of(dispatch).stage.name != "REPORTED"


def test_what_is_approved_is_no_longer_owed(units, period: Period, submit) -> None:
    owed = owed_by(units["11296-2020"], campaign="viet-nam-2020", now=IN_TIME)
    assert [p.key for p in owed] == ["2020-W41", "2020-W42"]
    filed = submit("11296-2020")
    filed.state = "approved"
    filed.save()
    owed = owed_by(units["11296-2020"], campaign="viet-nam-2020", now=IN_TIME)
    assert [p.key for p in owed] == ["2020-W42"]


def test_the_letters_page_leads_to_the_return(units, period: Period, person) -> None:
    period.first = period.last = NOW.date()
    period.save()
    page = f"/cong-van/{token_of(sent(units, person, '11296-2025'))}/"
    assert f"Lập báo cáo {period.title.vi}" in Client().get(page).content.decode()
    assert not ReturnLink.objects.exists()
    answer = Client().post(page, {"act": "report", "period": period.pk})
    assert answer["Location"].startswith("/bao-cao/")
    assert Client().get(answer["Location"]).status_code == 200


def test_what_an_old_link_led_to_is_void_with_it(units, period: Period, person) -> None:
    period.first = period.last = NOW.date()
    period.save()
    dispatch = sent(units, person, "11296-2025")
    answer = Client().post(f"/cong-van/{token_of(dispatch)}/", {"act": "report", "period": period.pk})
    link_renew(dispatch=dispatch, by=person("operator"), now=NOW)
    assert Client().get(answer["Location"]).status_code == 404


def test_a_return_that_is_not_owed_is_not_opened(units, period: Period, person) -> None:
    page = f"/cong-van/{token_of(sent(units, person, '11296-2025'))}/"
    answer = Client().post(page, {"act": "report", "period": period.pk})
    assert answer["Location"] == page
    assert not ReturnLink.objects.exists()
