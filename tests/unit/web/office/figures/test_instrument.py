"""Where what measures the infections changed, figures wait for two people, and the office says why."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest
from tests.page_text import page_text
from tests.unit.lake.test_hosts import FIRST
from tests.unit.web.office.conftest import NOW
from tests.unit.web.test_figures_wait import NOW as PUBLISHED
from tests.unit.web.test_figures_wait import data, july  # noqa: F401

from quetsach.assess.events import Calendar, EventKind, KnownEvent
from quetsach.campaign.authority import Role
from quetsach.centre import tables
from quetsach.centre.publication.candidates import candidates
from quetsach.centre.publication.snapshot import read_snapshot
from quetsach.core.period import Period
from quetsach.core.text import LocalText
from quetsach.web.office.approvals.services import approval_decide
from quetsach.web.office.figures.services import figures_ask
from quetsach.web.office.views import dashboard_of

LATER = PUBLISHED + timedelta(hours=1)
TAKEN_OVER = FIRST + timedelta(days=40)


def known(monkeypatch: pytest.MonkeyPatch, kind: EventKind, *families: str) -> None:
    """Let the calendar know of one event in the weeks that figures are counted over."""
    text = LocalText("Máy chủ điều khiển được tiếp quản", "Its servers were taken over")
    event = KnownEvent("x", kind, Period(TAKEN_OVER, TAKEN_OVER), families, text, "Cục A05")
    monkeypatch.setattr(tables, "load_calendar", lambda _data: Calendar((event,)))


def test_figures_wait_where_an_event_changed_the_instrument(
    data: Path,  # noqa: F811
    july,  # noqa: F811
    settings,
    person,
    signed_in,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=data, publication="automatic")
    before = read_snapshot(data)
    known(monkeypatch, EventKind.INSTRUMENT, "mirai")
    july(data, "own", "other", now=LATER)
    assert read_snapshot(data) == before
    (waiting,) = candidates(data)
    (reason,) = waiting.figures.blocked
    assert reason.vi == (
        f"{TAKEN_OVER:%d/%m/%Y}: Máy chủ điều khiển được tiếp quản. Cách đo đã thay đổi: số đếm của những họ này trước "
        "và sau ngày đó không so sánh được với nhau. Nguồn: Cục A05."
    )
    an, binh = person(Role.OPERATOR), person(Role.OPERATOR)
    client = signed_in(an)
    assert f'href="/van-phong/so-lieu/{waiting.digest}/"' in page_text(client.get("/van-phong/so-lieu/"))
    assert "Cách đo đã thay đổi" in page_text(client.get(f"/van-phong/so-lieu/{waiting.digest}/"))
    assert "/van-phong/so-lieu/" in [one.url for one in dashboard_of(an, now=NOW).to_decide]
    approval = figures_ask(digest=waiting.digest, by=an, now=NOW)
    approval_decide(approval=approval, is_granted=True, reason="", by=binh, now=NOW)
    assert read_snapshot(data) == waiting.figures


@pytest.mark.parametrize(("kind", "family"), [(EventKind.INSTRUMENT, "sality"), (EventKind.TAKE_DOWN, "mirai")])
def test_figures_go_out_where_the_event_is_of_a_family_nobody_saw_or_no_change_of_instrument(
    data: Path,  # noqa: F811
    july,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    kind: EventKind,
    family: str,
) -> None:
    known(monkeypatch, kind, family)
    july(data, "own", "other")
    published = read_snapshot(data)
    assert published is not None
    assert published.as_of == FIRST + timedelta(days=55)
    assert candidates(data) == ()
