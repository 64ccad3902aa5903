"""The pages of returns on a phone and on a desk: nothing to fix for a screen reader, nothing wider than the screen."""

from datetime import date

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import barriers, fits, press
from tests.unit.web.office.returns.conftest import IN_TIME, PLAN, clock_stands

from quetsach.campaign.returns.period import PeriodKind, ReportingPeriod
from quetsach.campaign.returns.state import Act, Scope
from quetsach.web.office.approvals.services import approval_ask
from quetsach.web.office.plans.models import PlanRevision
from quetsach.web.office.returns.models import Assignment
from quetsach.web.office.returns.services.assignment import Target, assignment_digest, assignment_make
from quetsach.web.office.returns.services.decision import return_decide, totals_publish_ask
from quetsach.web.office.returns.services.link import link_make, token_of
from quetsach.web.office.returns.views import board, entry, returns
from quetsach.web.office.tree.models import UnitKind

pytestmark = pytest.mark.e2e


@pytest.fixture
def pages(browser, units, assignment, period, submit, operator, person, monkeypatch, empty_centre) -> list[str]:
    """Return the addresses of every page, with something on each."""
    clock_stands(monkeypatch, IN_TIME, board, entry, returns)
    PlanRevision.objects.create(
        campaign=assignment.campaign, number=1, document=PLAN, sha256="x", reason="x", made_at=IN_TIME
    )
    filed = submit("11296-2020", **{"families.1.name": "Conficker", "families.1.count": 7}, difficulties="Máy cũ")
    submit("303-2020")
    submit("001-2020", scope=Scope.SUBTREE)
    return_decide(filed=filed, act=Act.APPROVE, reason="", by=operator, now=IN_TIME)
    link = link_make(period=period, unit=units["11299-2020"], days=5, by=operator, now=IN_TIME)
    root, room = f"/van-phong/bao-cao/{assignment.pk}/{period.key}", "/van-phong/bao-cao/"
    waiting = totals_publish_ask(period=period, by=operator, now=IN_TIME)
    by_phase = assignment_make(
        by=None,
        campaign=assignment.campaign,
        form=assignment.form,
        period_kind=PeriodKind.PHASE,
        periods=[ReportingPeriod("during", date(2020, 9, 1), date(2020, 12, 15))],
        targets=[Target(units["tw"], UnitKind.PROVINCE)],
        due_days=3,
        lock_days=10,
        now=IN_TIME,
    )
    Assignment.objects.filter(pk=by_phase.pk).update(in_force_at=None)
    asked = {"subject": by_phase.log_subject, "digest": assignment_digest(by_phase), "title": "Giao báo cáo"}
    approval = approval_ask(kind="assignment", **asked, by=person("operator"), unit=units["tw"], now=IN_TIME)
    of_one = ("11296-2020/", "303-2020/", "11299-2020/ghi/", "11299-2020/giay/", "11296-2020/giay/")
    return [
        *(room, f"{room}giao/", f"{room}{assignment.pk}/", f"{root}/tw/bang/", f"{root}/tw/so-lieu/"),
        *(f"{room}{by_phase.pk}/", f"{root}/cong-bo/{waiting.sha256}/", f"/van-phong/phe-duyet/{approval.pk}/"),
        *(f"{root}/{page}" for page in of_one),
        f"/bao-cao/{token_of(link)}/",
        *(f"{room}bieu-mau/", f"{room}bieu-mau/{assignment.form.code}/", f"{room}bieu-mau/moi/"),
    ]


@pytest.mark.django_db(transaction=True)
def test_pages_are_fit_for_a_phone_and_for_everyone(browser: Browser, pages, operator, signed_in, live_server) -> None:
    cookie = {
        "name": "office",
        "value": signed_in(operator).cookies["office"].value,
        "path": "/",
        "domain": "localhost",
    }
    faults: list[object] = []
    for width in (360, 1280):
        with browser.new_context(viewport={"width": width, "height": 800}) as context:
            context.add_cookies([cookie])
            page = context.new_page()
            for address in pages:
                answer = page.goto(f"{live_server.url}{address}")
                assert answer
                assert answer.status == 200
                faults += looked_at(page, address, width)
            page.goto(f"{live_server.url}/van-phong/bao-cao/giao/")
            ask_for_returns(page)
            faults += looked_at(page, "preview", width)
    assert faults == []


def ask_for_returns(page: Page) -> None:
    """Fill the form, and come to what it amounts to."""
    page.select_option("[name=campaign]", "viet-nam-2020")
    page.select_option("[name=form]", "unit-return-1")
    page.fill("[name=first]", "2020-10-05")
    page.fill("[name=last]", "2020-10-25")
    page.check("[name=kinds][value=commune]")
    press(page, "button.now")


def looked_at(page: Page, address: str, width: int) -> list[object]:
    """Return what is wrong with the page that is shown."""
    faults: list[object] = [] if fits(page) else [(address, width, "wider than the screen")]
    if width == 360:
        faults += [(address, *found) for found in barriers(page)]
    return faults
