"""A campaign, a centre that keeps kits, and a count of visits that starts empty."""

import dataclasses
from pathlib import Path

import pytest
from tests.unit.web.office.conftest import NOW

from quetsach.installation import bundled
from quetsach.web.office.campaigns.services.plans import campaign_begin
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.publicity import services


@pytest.fixture
def campaign(units) -> Campaign:
    document = (bundled("data") / "campaigns" / "viet-nam-2020" / "campaign.toml").read_bytes()
    return campaign_begin(document=document, by=None, now=NOW)


@pytest.fixture(autouse=True)
def _centre(settings, tmp_path: Path) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path, public_url="https://quetsach.example.vn")


@pytest.fixture(autouse=True)
def tally(monkeypatch: pytest.MonkeyPatch) -> services.VisitTally:
    fresh = services.VisitTally()
    monkeypatch.setattr(services, "TALLY", fresh)
    return fresh
