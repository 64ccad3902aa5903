"""The returns of the story: one week of Hải Phòng, approved up the tree, one unit missing by name, totals published."""

import hashlib
from datetime import date
from typing import Any

from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.campaign.returns.state import Act, Scope
from quetsach.web.office.demonstration.cast import Cast, grant
from quetsach.web.office.demonstration.story import at, story
from quetsach.web.office.letters.models import Letter
from quetsach.web.office.people.models import Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.returns.models import Period, Return
from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
from quetsach.web.office.returns.services.decision import missing_sign_off, return_decide
from quetsach.web.office.returns.services.entry import return_submit
from quetsach.web.office.returns.services.publication import totals_publish_ask
from quetsach.web.office.tree.models import Unit, UnitKind
from quetsach.web.office.tree.selectors import children_of, root_unit, unit_of


def send_returns(campaign: Campaign, form: bytes, cast: Cast) -> None:
    """Assign the form, send a week's returns, decide on them up the tree and publish the totals."""
    told = story()["returns"]
    province, own = unit_of("31-2020"), unit_of(told["own"])
    period = _assign(campaign, form, province, cast)
    districts = children_of(province, period.last)
    communes = children_of(own, period.last)
    filed = [_submit(period, unit, Scope.OWN, cast["minh"], "2020-10-26 09:00") for unit in communes]
    filed = [_corrected(one, told, cast) for one in filed]
    for one in filed:
        return_decide(filed=one, act=Act.APPROVE, reason="", by=cast["lan"], now=at("2020-10-27 09:00"))
    above = [_submit(period, own, Scope.OWN, cast["minh"], "2020-10-27 10:00")]
    for unit in districts:
        if unit.key not in (own.key, told["missing"]):
            above.append(_submit(period, unit, Scope.SUBTREE, cast["hai"], "2020-10-28 10:00"))  # noqa: PERF401
    for one in above:
        return_decide(filed=one, act=Act.APPROVE, reason="", by=cast["giang"], now=at("2020-10-30 09:00"))
    missing_sign_off(
        period=period,
        unit=province,
        missing=[unit_of(told["missing"])],
        reason=told["missing_reason"],
        by=cast["giang"],
        now=at("2020-10-30 10:00"),
    )
    whole = _submit(period, province, Scope.OWN, cast["hai"], "2020-10-28 16:00")
    return_decide(filed=whole, act=Act.APPROVE, reason="", by=cast["an"], now=at("2020-11-02 09:00"))
    asked = totals_publish_ask(period=period, by=cast["an"], now=at("2020-11-03 09:00"))
    grant(asked.subject, cast["binh"], "2020-11-03 15:00")


def _assign(campaign: Campaign, form: bytes, province: Unit, cast: Cast) -> Period:
    told = story()["returns"]
    first: date = told["first"]
    last: date = told["last"]
    kinds = (None, UnitKind.DISTRICT, UnitKind.COMMUNE)
    assignment = assignment_make(
        by=cast["an"],
        campaign=campaign,
        form=form_load(content=form, file="unit-return-1.toml"),
        period_kind=PeriodKind.WEEK,
        periods=list(weeks(first, last)),
        targets=[Target(province, kind) for kind in kinds],
        due_days=told["due_days"],
        lock_days=told["lock_days"],
        letter=Letter.objects.filter(campaign=campaign.key, unit=root_unit()).earliest("issued_at"),
        now=at("2020-10-02 09:00"),
    )
    grant(assignment.log_subject, cast["binh"], "2020-10-02 14:00")
    assignment.refresh_from_db()
    return assignment.periods.get(key=told["week"])


def _corrected(filed: Return, told: dict[str, Any], cast: Cast) -> Return:
    """Send one return back and let it come again."""
    if filed.unit.key != told["returned"]:
        return filed
    return_decide(
        filed=filed, act=Act.RETURN, reason=told["returned_reason"], by=cast["lan"], now=at("2020-10-26 14:00")
    )
    return _submit(filed.period, filed.unit, Scope.OWN, cast["minh"], "2020-10-26 16:00")


def _submit(period: Period, unit: Unit, scope: Scope, by: Person, when: str) -> Return:
    return return_submit(
        author=by,
        period=period,
        unit=unit,
        scope=scope,
        cells=_cells(unit, scope),
        has_seen_notes=True,
        now=at(when),
    )


def _cells(unit: Unit, scope: Scope) -> dict[str, str]:
    """Return plausible figures that are the same every time: they follow from the unit's key."""
    draw = int.from_bytes(hashlib.sha256(unit.key.encode()).digest()[:4])
    machines = (300 + draw % 500) if scope is Scope.SUBTREE else (25 + draw % 60)
    scanned = machines * (80 + draw % 20) // 100
    infected = scanned * (8 + draw % 12) // 100
    unresolved, reinstalled = infected // 12, infected // 6
    return {
        "contact": "Cán bộ đầu mối (minh họa)",
        "staff-informed": str(machines + draw % 30),
        "machines-in-scope": str(machines),
        "machines-scanned": str(scanned),
        "scan-turns": str(scanned + draw % 40),
        "machines-infected": str(infected),
        "machines-cleaned": str(infected - reinstalled - unresolved),
        "machines-reinstalled": str(reinstalled),
        "machines-unresolved": str(unresolved),
    }
