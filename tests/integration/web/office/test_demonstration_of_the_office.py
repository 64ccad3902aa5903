"""The story is played once through the services; its outcome is told by the pages as that of people would be."""

import dataclasses
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from quetsach.assess import Basis, FrozenBaseline
from quetsach.cli.center.furnishing import demonstrate_office
from quetsach.core.period import Period
from quetsach.web.office.campaigns.selectors.outcome import outcome_of
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.plans.selectors import decisions_of, steps_taken
from quetsach.web.office.publicity.selectors.kits import genuine

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.fixture
def data(settings, db, tmp_path: Path) -> Path:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path, public_url="https://centre.example")
    window = Period(date(2020, 6, 16), date(2020, 7, 15))
    basis = Basis(window, ("shadowserver/event4_sinkhole",), 30, window.last)
    folder = tmp_path / "campaigns" / "viet-nam-2020"
    folder.mkdir(parents=True)
    (folder / "baseline.json").write_bytes(FrozenBaseline("viet-nam-2020", 20_145, basis, NOW).to_json())
    return tmp_path


def test_the_story_is_played_once_and_told_right(data: Path) -> None:
    assert demonstrate_office(NOW)
    entries = LogEntry.objects.count()
    assert not demonstrate_office(NOW)
    assert LogEntry.objects.count() == entries

    campaign = Campaign.objects.get()
    outcome = outcome_of(campaign, now=NOW)
    assert [letter.number for letter in outcome.letters] == ["826/CATTT-NCSC", "2049/STTTT-CNTT"]
    first, second = outcome.letters
    assert (str(first.issued_on), str(second.issued_on)) == ("2020-09-22", "2020-10-06")
    assert first.addressed > 80
    assert 0 < second.acknowledged < second.addressed
    assert Letter.objects.get(number=2049).covers == Letter.objects.get(number=826)

    for letter in Letter.objects.all():
        found = genuine(letter.code)
        assert found is not None
        assert letter.signatures == found.signatures == [], "nobody has the keys of these agencies, and it says so"

    returns = outcome.returns
    assert returns
    assert 0 < returns.approved < returns.expected
    totals = {total.id: total.value or 0 for total in returns.totals}
    assert 0 < totals["machines-infected"] <= totals["machines-scanned"] <= totals["machines-in-scope"]

    assert [d.kind.value for d in decisions_of(campaign)] == ["botnets", "dates"]
    # No pack is published here: the middle phase waits, and so does the one after it.
    assert list(steps_taken(campaign)) == ["before"]
    assert not any(person.has_usable_password() for person in Person.objects.all())
