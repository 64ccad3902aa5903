"""Public totals: each with its definition and its completeness, by province, in pages and in the archive."""

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.utils.translation import override
from tests.unit.web.office.returns.conftest import IN_TIME, LATE
from tests.unit.web.office.returns.test_pages import PLAN, text

from quetsach.campaign.returns.state import Act
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.selectors import subject_url
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.campaigns.archive import archive_files
from quetsach.web.office.campaigns.selectors.outcome import outcome_json, outcome_of, outcome_read
from quetsach.web.office.plans.models import Campaign, Passage, PlanRevision
from quetsach.web.office.returns.models import Publication
from quetsach.web.office.returns.selectors.publication import live_differences, returns_of
from quetsach.web.office.returns.services.decision import return_decide, totals_publish_ask

OPENED = datetime(2020, 9, 17, tzinfo=UTC)


@pytest.fixture
def campaign(assignment, operator, units, empty_centre) -> Campaign:
    """A campaign whose phase was opened, so that the public may know of it."""
    found = assignment.campaign
    PlanRevision.objects.create(campaign=found, number=1, document=PLAN, sha256="x", reason="x", made_at=OPENED)
    passage = Passage.objects.create(
        campaign=found, step="during", facts={}, sha256="x", asked_by=operator, asked_at=OPENED
    )
    Approval.objects.create(
        kind="campaign",
        subject=passage.subject,
        digest="x",
        unit=units["tw"],
        asked_by=operator,
        asked_at=OPENED,
        is_granted=True,
        decided_at=OPENED,
    )
    cache.clear()
    return found


@pytest.fixture
def waiting(campaign, period, submit, operator) -> Publication:
    """Totals of two provinces, one of them with small figures, that wait for a second person."""
    many = submit("11296-2020", machines_infected=45, machines_cleaned=40, machines_unresolved=3)
    few = submit("001-2020", machines_infected=4, machines_cleaned=4, machines_reinstalled=0, machines_unresolved=0)
    for filed in (many, few):
        return_decide(filed=filed, act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    return totals_publish_ask(period=period, by=operator, now=LATE)


@pytest.fixture
def published(waiting, person) -> Publication:
    approval = Approval.objects.get(kind="numbers")
    approval_decide(approval=approval, is_granted=True, reason="", by=person("press"), now=LATE)
    return waiting


def waiting_address() -> str:
    with override("vi"):
        return subject_url(Approval.objects.get(kind="numbers"))


def test_every_public_total_has_a_definition_and_says_how_many_returns_gave_it(published) -> None:
    found = returns_of("viet-nam-2020")
    assert found
    assert all(total.definition and total.definition.vi and total.given == 2 for total in found.totals)
    assert found.sha256 == published.sha256


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/chien-dich/", ["máy chủ đơn vị đang quản lý", "Thành phố Hải Phòng", "ẩn", "#unit-returns", "Theo tỉnh"]),
        ("/en/campaigns/", ["Hai Phong City", "hidden", "#unit-returns", "By province and ministry"]),
    ],
)
def test_the_public_page_shows_definitions_and_provinces_with_small_figures_hidden(
    client, address: str, words: list[str]
) -> None:
    page = text(client.get(address))
    assert [word for word in words if word not in page] == []


@pytest.mark.usefixtures("empty_centre")
@pytest.mark.parametrize(
    ("address", "title"),
    [("/cach-tinh/", "Báo cáo của các đơn vị"), ("/en/how-this-is-counted/", "Returns of the units")],
)
def test_the_page_of_definitions_says_how_returns_are_counted(client, address: str, title: str) -> None:
    page = text(client.get(address))
    assert 'id="unit-returns"' in page
    assert title in page


@pytest.mark.usefixtures("published")
def test_the_archive_has_definitions_provinces_and_the_way_to_them(campaign) -> None:
    files = archive_files(campaign, now=LATE)
    page = files["vi/returns.html"].decode()
    assert "definitions.html#unit-returns" in page
    assert "Thành phố Hải Phòng" in page
    assert 'id="unit-returns"' in files["en/definitions.html"].decode()


@pytest.mark.usefixtures("published")
def test_the_facts_that_a_close_seals_hold_all_of_it(campaign) -> None:
    outcome = outcome_of(campaign, now=LATE)
    assert outcome_read(outcome_json(outcome)) == outcome


@pytest.mark.usefixtures("published")
def test_facts_that_were_sealed_before_without_definitions_are_read(campaign) -> None:
    sealed = outcome_json(outcome_of(campaign, now=LATE))
    for total in sealed["returns"]["totals"]:
        del total["definition"], total["given"]
    del sealed["returns"]["rows"], sealed["returns"]["sha256"]
    found = outcome_read(sealed).returns
    assert found
    assert found.totals[0].definition is None


def test_who_decides_sees_exactly_what_waits(waiting, signed_in, person) -> None:
    page = text(signed_in(person("press")).get(waiting_address()))
    assert waiting.sha256 in page
    assert "vẫn cho đúng kết quả này" in page
    assert live_differences(waiting, now=LATE) == ()


def test_who_decides_is_told_when_the_returns_add_up_to_something_else_by_now(
    waiting, submit, operator, signed_in, person
) -> None:
    filed = submit("11320-2020", machines_scanned=20)
    return_decide(filed=filed, act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    page = text(signed_in(person("press")).get(waiting_address()))
    assert "Hiện các báo cáo cho kết quả khác" in page
    assert "110 → 130" in page
    assert "130</td>" not in page


def test_a_change_within_one_province_is_a_difference_even_if_the_country_stays(waiting, operator, submit) -> None:
    for key, scanned in (("11296-2020", 54), ("001-2020", 56)):
        filed = waiting.period.returns.get(unit__key=key)
        return_decide(filed=filed, act=Act.REOPEN, reason="x", by=operator, now=IN_TIME)
        cells = {name.replace("-", "_"): value for name, value in filed.cells.items()}
        again = submit(key, **{**cells, "machines_scanned": scanned})
        return_decide(filed=again, act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    assert [one.en for one in live_differences(waiting, now=LATE)] == [
        "how complete they are, or figures of single provinces"
    ]


@pytest.mark.parametrize(("role", "unit"), [("approver", "31-2020"), ("viewer", "303-2020")])
def test_only_who_sees_the_country_sees_what_waits(waiting, signed_in, person, role: str, unit: str) -> None:
    assert signed_in(person(role, unit)).get(waiting_address()).status_code in {403, 404}
