"""What a second person is told of a publication: also what changes beside its figures."""

import dataclasses
from pathlib import Path

import pytest

from quetsach.centre.publication.snapshot import CampaignFigures, Snapshot, read_snapshot
from quetsach.core.text import LocalText
from quetsach.web.office.figures.changes import Line, Section, sections


@pytest.fixture(scope="module")
def before(centre_data: Path) -> Snapshot:
    snapshot = read_snapshot(centre_data)
    assert snapshot is not None
    return snapshot


def of_campaign(before: Snapshot, **changed: object) -> Section:
    """Return what is said of the only campaign where this of it, and no figure, would be different."""
    campaign: CampaignFigures = dataclasses.replace(before.campaigns[0], **changed)
    found = sections(before, dataclasses.replace(before, campaigns=(campaign,)))
    (section,) = (one for one in found if one.title == campaign.name)
    return section


def english(section: Section) -> str:
    return " ".join(reason.en for reason in section.reasons)


def test_the_same_figures_change_nothing(before: Snapshot) -> None:
    assert not any(section.has_changed or section.reasons for section in sections(before, before))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seal": "0" * 64, "decision": 2}, "The baseline was frozen again (baseline decision 2)."),
        ({"seal": ""}, "The frozen baseline is no longer there."),
        ({"is_final": True}, "The campaign is closed: these figures are final."),
        ({"summary": LocalText("Khác", "Other")}, "The campaign's name or summary changes."),
        ({"goals": (LocalText("Giảm 60%", "60 % fewer"),)}, "New target: 60 % fewer"),
        ({"goals": ()}, "Target that is gone: "),
        ({"warnings": (LocalText("Thiếu ngày", "Days are missing"),)}, "New notice: Days are missing"),
    ],
)
def test_what_changes_beside_the_figures_of_a_campaign_is_said(
    before: Snapshot, changed: dict[str, object], said: str
) -> None:
    section = of_campaign(before, **changed)
    assert section.has_changed
    assert said in english(section)


def test_a_new_address_table_is_said_although_only_rates_change(before: Snapshot) -> None:
    isps = tuple(dataclasses.replace(row, per_thousand=(row.per_thousand or 0) + 1) for row in before.isps)
    after = dataclasses.replace(before, isps=isps, network_versions=("2027-01-01.00000000",))
    (section,) = (one for one in sections(before, after) if one.title.en == "Internet providers")
    assert section.has_changed
    assert "The address tables changed." in english(section)
    assert len(isps) == 1
    assert "changes in 1 line." in english(section)


def test_a_figure_that_was_zero_needs_a_reason() -> None:
    assert Line(LocalText("", ""), 0.0, 5000.0).is_large
    assert not Line(LocalText("", ""), 0.0, 0.0).is_large
