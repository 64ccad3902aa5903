"""The letters of the story: 826 from the centre, 2049 that passes it on in Hải Phòng, and who acknowledged when."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.demonstration.cast import Cast
from quetsach.web.office.demonstration.story import at, story
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
from quetsach.web.office.letters.services.send import Hand, dispatch_forward, letter_send
from quetsach.web.office.people.access import today
from quetsach.web.office.tree.models import Unit, UnitKind
from quetsach.web.office.tree.selectors import children_of, unit_of

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
    dispatch_open(dispatch=received, hand=Hand(cast["khanh"], "inbox"), now=at("2020-09-29 08:10"))
    dispatch_acknowledge(dispatch=received, hand=Hand(cast["khanh"], "inbox"), now=at("2020-09-29 08:30"))

    second = _issue("second", province, campaign, cast, Reference(covers=first))
    issued = second.issued_at or at("2020-10-06 14:00")
    districts = children_of(province, today(issued))
    letter_send(letter=second, units=districts, by=cast["hai"], now=issued)
    late = story()["returns"]["missing"]
    _answer(second, (u for u in districts if u.key != late and u != district), cast, issued + timedelta(days=1))
    received = Dispatch.objects.get(letter=second, to_unit=district)
    dispatch_acknowledge(dispatch=received, hand=Hand(cast["minh"], "inbox"), now=at("2020-10-07 09:00"))
    communes = children_of(district, today(issued))
    note = "Đề nghị các phường thực hiện và báo cáo theo liên kết."
    hand = Hand(cast["minh"], "inbox")
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
    hand = Hand(cast["an"], "centre")
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
