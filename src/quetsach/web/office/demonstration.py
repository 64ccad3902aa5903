"""A campaign as it might have gone, played through the services of the office: what a new centre shows to try it out.

People, texts and figures are invented; the numbers and days of the two letters are those of 2020.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from quetsach.campaign.authority import Role
from quetsach.campaign.errors import ScheduleError
from quetsach.campaign.returns.period import PeriodKind, weeks
from quetsach.campaign.returns.state import Act, Scope
from quetsach.campaign.schedule.decision import DecisionKind
from quetsach.centre import BaselineError
from quetsach.centre.tables import country_table
from quetsach.core.errors import QuetsachError
from quetsach.core.period import Period
from quetsach.core.text import Text
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.campaigns.selectors.boards import frozen_baseline
from quetsach.web.office.campaigns.selectors.decisions import baseline_subject, decision_subject
from quetsach.web.office.campaigns.services.baseline import baseline_ask
from quetsach.web.office.campaigns.services.decisions import decision_ask, decision_draft
from quetsach.web.office.campaigns.services.plans import campaign_begin, plan_move
from quetsach.web.office.campaigns.services.steps import gate_ask
from quetsach.web.office.letters.models import Dispatch, Letter, RegisterBook
from quetsach.web.office.letters.services.acknowledge import (
    dispatch_acknowledge,
    dispatch_open,
    dispatch_refuse,
)
from quetsach.web.office.letters.services.draft import (
    Reference,
    letter_begin,
    letter_save,
    letter_submit,
)
from quetsach.web.office.letters.services.issue import letter_issue
from quetsach.web.office.letters.services.send import Actor, dispatch_forward, letter_send
from quetsach.web.office.people.access import DOMAIN, today
from quetsach.web.office.people.models import Duty, Person
from quetsach.web.office.plans.models import Campaign
from quetsach.web.office.returns.models import Period as OwedPeriod
from quetsach.web.office.returns.models import Return
from quetsach.web.office.returns.services.assignment import Target, assignment_make, form_load
from quetsach.web.office.returns.services.decision import missing_sign_off, return_decide, totals_publish_ask
from quetsach.web.office.returns.services.entry import return_submit
from quetsach.web.office.tree.models import Unit, UnitKind
from quetsach.web.office.tree.selectors import children_of, root_unit, unit_of

# The story as it is written in ``story.toml``.


@lru_cache(maxsize=1)
def story() -> dict[str, Any]:
    """Return the whole story of the country's demonstration."""
    folder = country_table("campaigns", settings.CENTER.data) / settings.COUNTRY.demonstration
    return tomllib.loads((folder / "story.toml").read_text("utf-8"))


def at(text: str) -> datetime:
    """Read a time of the country, such as ``2020-09-22 10:00``."""
    return datetime.fromisoformat(f"{text}:00").replace(tzinfo=timezone.get_default_timezone())


# The people of the story. None has a password: nobody can sign in as one of them.

_SINCE = date(2020, 1, 1)
type Cast = dict[str, Person]


def hire() -> Cast:
    """Return the people by their names in the story, with their duties."""
    if settings.CENTER.is_real:
        raise QuetsachError(Text("a real centre gets no invented people"), where=str(settings.CENTER.data))
    cast: Cast = {}
    for key, who in story()["people"].items():
        person = Person.objects.create_user(f"{key}{DOMAIN}", name=who["name"], title=who["title"])
        unit = Unit.objects.get(key=who["unit"])
        Duty.objects.create(person=person, role=Role(who["role"]).value, unit=unit, first=_SINCE)
        cast[key] = person
    return cast


def grant(subject: str, by: Person, when: str) -> None:
    """Let what waits under a subject be granted by a second person."""
    approval = Approval.objects.get(subject=subject, is_granted=None)
    approval_decide(approval=approval, is_granted=True, reason="", by=by, now=at(when))


# The letters of the story: 826 from the centre, 2049 that passes it on in Hải Phòng, and who acknowledged when.

_ASIDE = ("at", "number", "annex_title", "annex", "writer", "approver")
_SLOW_PROVINCES = 4
"""Every so many-th province has not acknowledged the letter yet."""


def send_letters(campaign: str, cast: Cast) -> None:
    """Write, approve, issue and send both letters; units answer as they might have."""
    centre, province, district = unit_of("tw"), unit_of("31-2020"), unit_of(story()["returns"]["own"])
    first = _issue("first", centre, campaign, cast, None)
    issued = first.issued_at or at("2020-09-22 10:00")
    receivers = [u for u in children_of(centre, today(issued)) if u.kind in (UnitKind.PROVINCE, UnitKind.MINISTRY)]
    letter_send(letter=first, units=receivers, by=cast["an"], now=issued)
    _answer(first, (u for u in receivers if u != province), cast, issued + timedelta(days=5))
    received = Dispatch.objects.get(letter=first, to_unit=province)
    dispatch_open(dispatch=received, hand=Actor(cast["khanh"], "inbox"), now=at("2020-09-29 08:10"))
    dispatch_acknowledge(dispatch=received, hand=Actor(cast["khanh"], "inbox"), now=at("2020-09-29 08:30"))

    second = _issue("second", province, campaign, cast, Reference(covers=first))
    issued = second.issued_at or at("2020-10-06 14:00")
    districts = children_of(province, today(issued))
    letter_send(letter=second, units=districts, by=cast["hai"], now=issued)
    late = story()["returns"]["missing"]
    _answer(second, (u for u in districts if u.key != late and u != district), cast, issued + timedelta(days=1))
    received = Dispatch.objects.get(letter=second, to_unit=district)
    dispatch_acknowledge(dispatch=received, hand=Actor(cast["minh"], "inbox"), now=at("2020-10-07 09:00"))
    communes = children_of(district, today(issued))
    note = "Đề nghị các phường thực hiện và báo cáo theo liên kết."
    hand = Actor(cast["minh"], "inbox")
    dispatch_forward(dispatch=received, units=communes, note=note, hand=hand, now=at("2020-10-07 10:00"))
    _answer(second, communes[:-1], cast, at("2020-10-08 08:00"))


def _issue(name: str, unit: Unit, campaign: str, cast: Cast, reference: Reference | None) -> Letter:
    told: Mapping[str, Any] = story()["letters"][name]
    now: datetime = told["at"]
    writer, approver = cast[told["writer"]], cast[told["approver"]]
    RegisterBook.objects.update_or_create(unit=unit, year=now.year, book="cv", defaults={"last": told["number"] - 1})
    content = {key: value.strip() if isinstance(value, str) else value for key, value in told.items()}
    content = {key: value for key, value in content.items() if key not in _ASIDE}
    if "annex" in told:
        content["annexes"] = [{"title": told["annex_title"], "body": told["annex"].strip(), "is_landscape": False}]
    letter = letter_begin(
        unit=unit, template=None, campaign=campaign, by=writer, now=now - timedelta(days=2), reference=reference
    )
    letter = letter_save(letter=letter, content=content, by=writer, now=now - timedelta(days=1))
    letter = letter_submit(letter=letter, by=writer, now=now - timedelta(hours=20))
    approval = Approval.objects.get(kind="letter", subject=letter.log_subject, is_granted=None)
    approval_decide(approval=approval, is_granted=True, reason="", by=approver, now=now - timedelta(hours=2))
    return letter_issue(letter=letter, by=writer, now=now, may_be_unsigned=True)  # nobody has keys of these agencies


def _answer(letter: Letter, units: Iterable[Unit], cast: Cast, first: datetime) -> None:
    """Let units acknowledge one after the other, by hand of the centre; some have only opened it, one refuses."""
    dispatches = {d.to_unit_id: d for d in letter.dispatches.select_related("to_unit")}
    hand = Actor(cast["an"], "centre")
    for number, unit in enumerate(units):
        dispatch, now = dispatches[unit.pk], first + timedelta(hours=5 * number)
        if number == 0 and letter.covers_id:
            dispatch_refuse(
                dispatch=dispatch, reason="Đơn vị đã thực hiện theo hướng dẫn riêng. (Minh họa.)", hand=hand, now=now
            )
        elif number % _SLOW_PROVINCES != _SLOW_PROVINCES - 1:
            dispatch_acknowledge(dispatch=dispatch, hand=hand, now=now)
        else:
            dispatch_open(dispatch=dispatch, hand=hand, now=now)


# The returns of the story: one week of Hải Phòng, approved up the tree, one unit missing by name, totals published.


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


def _assign(campaign: Campaign, form: bytes, province: Unit, cast: Cast) -> OwedPeriod:
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


def _submit(period: OwedPeriod, unit: Unit, scope: Scope, by: Person, when: str) -> Return:
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


def is_played() -> bool:
    """Whether the demonstration's campaign is there; it comes with everything else or not at all."""
    return Campaign.objects.filter(key=settings.COUNTRY.demonstration).exists()


@transaction.atomic
def demonstration_office(*, campaign: bytes, form: bytes) -> bool:
    """Fill an office whose units are loaded and in which this campaign does not exist; all of it or nothing.

    Call it after the lake is filled and the repository published: the baseline is frozen from the lake, and the gate of
    the middle phase wants packs. Where they are missing the gate stays shut, and the office shows why.

    Args:
        campaign: its ``campaign.toml``.
        form: the form of the returns, ``unit-return-1.toml``.

    Returns:
        Whether anything was done.
    """
    if is_played():
        return False
    cast = hire()
    made = campaign_begin(document=campaign, by=cast["an"], now=at("2020-07-10 09:00"))
    _open(made, "before", cast, "2020-07-14 09:00", "2020-07-14 15:00")
    _freeze(made, cast)
    _decide(made, cast)
    _open(made, "during", cast, "2020-09-15 09:00", "2020-09-16 10:00")
    send_letters(made.key, cast)
    move = story()["move"]
    day: date = move["to"]
    plan_move(
        campaign=made, days={move["item"]: Period(day, day)}, reason=move["reason"], by=cast["an"], now=move["at"]
    )
    send_returns(made, form, cast)
    _open(made, "after", cast, "2020-12-15 09:00", "2020-12-15 16:00")
    return True


def _open(campaign: Campaign, phase: str, cast: Cast, asked: str, granted: str) -> None:
    try:
        passage = gate_ask(campaign=campaign, phase=phase, by=cast["an"], now=at(asked))
    except ScheduleError:
        return  # its conditions do not hold here, which the page of the campaign tells
    grant(passage.subject, cast["binh"], granted)


def _freeze(campaign: Campaign, cast: Cast) -> None:
    """Freeze the baseline, unless it was before: by people of the office, as everybody must."""
    if frozen_baseline(campaign.key) is not None:
        return
    told = story()["baseline"]
    try:
        baseline_ask(
            campaign=campaign,
            expected=told["feeds"],
            accepts_gaps=False,
            reason=told["reason"],
            by=cast["an"],
            now=told["asked"],
        )
    except BaselineError:
        return  # the lake does not hold the window, which the page of the baseline tells
    grant(baseline_subject(campaign), cast["binh"], told["granted"])


def _decide(campaign: Campaign, cast: Cast) -> None:
    told = story()["decision"]
    decision = decision_draft(
        campaign=campaign,
        kind=DecisionKind.BOTNETS,
        title=told["title"],
        grounds=told["grounds"].strip(),
        decided_on=told["on"],
        decided_by=told["by"],
        subjects=told["families"],
        supersedes=None,
        by=cast["an"],
        now=told["asked"],
    )
    passage = decision_ask(campaign=campaign, decision=decision, by=cast["an"], now=told["asked"])
    grant(decision_subject(passage), cast["binh"], told["granted"])
