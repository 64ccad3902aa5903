"""Returns of a small country: everyone but the centre reports weekly."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from types import ModuleType

import pytest
from django.utils.translation import override

from quetsach.campaign.returns.period import PeriodKind, week_of, weeks
from quetsach.campaign.returns.state import Scope
from quetsach.installation import bundled
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign, PlanRevision
from quetsach.web.office.returns.models import Assignment, Period, Return, ReturnForm
from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
from quetsach.web.office.returns.services.entry import return_submit
from quetsach.web.office.returns.views import board, returns
from quetsach.web.office.tree.models import Unit, UnitKind

WEEK = week_of(date(2020, 10, 5))
ASKED = datetime(2020, 10, 1, 3, tzinfo=UTC)
IN_TIME = datetime(2020, 10, 12, 3, tzinfo=UTC)  # Monday after the week; due on Wednesday, closed a week later
LATE = datetime(2020, 10, 16, 3, tzinfo=UTC)
CLOSED = datetime(2020, 10, 23, 3, tzinfo=UTC)
PLAN = """
id = "viet-nam-2020"
baseline = "b"
name = {vi = "Chiến dịch thử", en = "Test campaign"}
summary = {vi = "x", en = "x"}
[[phases]]
id = "during"
first = 2020-09-17
last = 2020-12-15
name = {vi = "Trong", en = "During"}
[[targets]]
id = "half"
measure = "none"
change_percent = -50
text = {vi = "x", en = "x"}
[[windows]]
id = "b"
first = 2020-06-16
last = 2020-07-15
name = {vi = "Mốc", en = "Baseline"}
"""
KINDS = (UnitKind.PROVINCE, UnitKind.DISTRICT, UnitKind.COMMUNE)

GOOD = {
    "contact": "Nguyễn Thị Hòa, chuyên viên",
    "staff-informed": "85",
    "machines-in-scope": "60",
    "machines-scanned": "55",
    "scan-turns": "70",
    "machines-infected": "12",
    "machines-cleaned": "9",
    "machines-reinstalled": "2",
    "machines-unresolved": "1",
}


def clock_stands(monkeypatch: pytest.MonkeyPatch, moment: datetime, *modules: ModuleType) -> None:
    """Let it be this moment for modules of views."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return moment

    for module in modules:
        monkeypatch.setattr(module, "datetime", Clock)


@pytest.fixture
def late_root(monkeypatch, empty_centre, assignment, period) -> str:
    """Return where the pages of the period are, when the day it was due is over."""
    clock_stands(monkeypatch, LATE, returns, board)
    PlanRevision.objects.create(
        campaign=assignment.campaign, number=1, document=PLAN, sha256="x", reason="x", made_at=ASKED
    )
    return f"/van-phong/bao-cao/{assignment.pk}/{period.key}"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Read refusals in the language that they are written in."""
    with override("en"):
        yield


@pytest.fixture
def form(db) -> ReturnForm:
    path = bundled("data") / "forms" / "unit-return-1.toml"
    return form_load(content=path.read_bytes(), file=path.name)


@pytest.fixture
def assignment(units: dict[str, Unit], form: ReturnForm) -> Assignment:
    """Weekly returns of three weeks, due after three days, closed after ten."""
    campaign = Campaign.objects.create(key="viet-nam-2020", begun_at=IN_TIME)
    return assignment_make(
        by=None,
        campaign=campaign,
        form=form,
        period_kind=PeriodKind.WEEK,
        periods=weeks(date(2020, 10, 5), date(2020, 10, 25)),
        targets=[Target(units["tw"], kind) for kind in KINDS],
        due_days=3,
        lock_days=10,
        now=ASKED,
    )


@pytest.fixture
def period(assignment: Assignment) -> Period:
    return assignment.periods.get(key=WEEK.key)


@pytest.fixture
def operator(person) -> Person:
    return person("operator")


@pytest.fixture
def submit(units: dict[str, Unit], period: Period, operator: Person) -> Callable[..., Return]:
    """Return a maker of submitted returns: ``submit("303-2020", machines_scanned=3)``."""

    def make(
        key: str, *, at: datetime = IN_TIME, scope: Scope = Scope.OWN, within: Period | None = None, **changes: object
    ) -> Return:
        cells = {**GOOD, **{name.replace("_", "-"): str(value) for name, value in changes.items()}}
        return return_submit(
            author=operator,
            period=within or period,
            unit=units[key],
            scope=scope,
            cells=cells,
            has_seen_notes=True,
            now=at,
        )

    return make
