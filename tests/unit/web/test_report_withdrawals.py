"""Reports that cannot be true are taken out of every figure, with a reason, and can be let in again."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from tests.hostile_reports import documents

from quetsach.core.errors import InputError
from quetsach.web.api.models import ReportWithdrawal, ToolReport
from quetsach.web.api.services import report_submit, tally_refresh
from quetsach.web.client_address import Source
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.withdrawals import (
    SOURCE_DAYS,
    Criteria,
    days_release,
    extent_of,
    matching,
    reports_restore,
    reports_withdraw,
    sources_forget,
)
from quetsach.web.published.report_counts import BOUND_FLOOR, State

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
DAY = NOW.date()
NEXT = NOW + timedelta(days=1)
HOSTILE, HONEST = "f" * 16, "0" * 16
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_sources(report_centre: Path) -> None:
    """Twelve invented reports from one source, one honest one from another, all of one day."""
    for number, body in enumerate(documents(13, seed=11)):
        changed = json.loads(body) | {"day": str(DAY), "campaign": "lies" if number else "viet-nam"}
        sent = json.dumps(changed | {"findings": changed["findings"][:3]}).encode()
        report_submit(body=sent, received_on=DAY, source=Source(HOSTILE if number else HONEST))
    tally_refresh(now=NOW)


def figure(client: Client, name: str) -> str:
    """Return a figure of the home page as it stands there; nothing where it is not shown, as nothing was counted."""
    return client.get("/").content.decode().partition(f'data-figure="{name}">')[2].partition("<")[0]


def withdraw(**criteria: Any) -> ReportWithdrawal:
    return reports_withdraw(criteria=Criteria(**criteria), reason="invented", by=None, now=NOW)


@pytest.mark.parametrize(
    ("criteria", "reports"),
    [
        ({"source": HOSTILE}, 12),
        ({"pattern": "li*"}, 12),
        ({"pattern": "lie"}, 0),
        ({"pattern": "0.1.*"}, 13),
        ({"pattern": "eic*r"}, 6),
        ({"day": DAY}, 13),
        ({"day": DAY, "source": HONEST}, 1),
        ({"day": DAY - timedelta(days=1)}, 0),
        ({"pattern": ".*"}, 0),
    ],
)
def test_reports_are_named_by_day_source_and_pattern(criteria: dict[str, Any], reports: int) -> None:
    assert extent_of(matching(Criteria(**criteria))).reports == reports


def test_all_reports_are_never_meant() -> None:
    with pytest.raises(InputError, match="no reports are named"):
        matching(Criteria())


def test_what_is_withdrawn_leaves_the_page_at_once_and_comes_back(client: Client) -> None:
    assert figure(client, "reports") == "13"
    done = withdraw(source=HOSTILE)
    assert (done.reports, done.machines, figure(client, "reports"), figure(client, "machines")) == (12, 12, "1", "1")
    assert ToolReport.objects.count() == 13, "nothing is deleted"
    with pytest.raises(InputError, match="no report that counts"):
        withdraw(source=HOSTILE)
    reports_restore(number=done.pk, reason="a school", by=None, now=NOW)
    assert figure(client, "reports") == "13"
    with pytest.raises(InputError, match="no withdrawal of this number holds"):
        reports_restore(number=done.pk, reason="a school", by=None, now=NOW)
    done.refresh_from_db()
    assert (done.reason, done.restored_reason) == ("invented", "a school")


def test_each_decision_stands_in_the_log_with_its_reason() -> None:
    done = withdraw(source=HOSTILE)
    reports_restore(number=done.pk, reason="a school", by=None, now=NOW)
    first, second = LogEntry.objects.order_by("number")
    assert (first.act, first.subject) == ("reports-withdraw", f"reports-withdrawal:{done.pk}")
    assert first.detail | {"findings": 0} == {
        "source": HOSTILE,
        "reports": 12,
        "machines": 12,
        "findings": 0,
        "reason": "invented",
    }
    assert (second.act, second.detail["reason"]) == ("reports-restore", "a school")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301])
def test_a_decision_has_a_reason(reason: str) -> None:
    with pytest.raises(InputError, match="a reason of at most"):
        reports_withdraw(criteria=Criteria(source=HOSTILE), reason=reason, by=None, now=NOW)
    assert not ReportWithdrawal.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_correction_of_a_withdrawn_report_stays_withdrawn() -> None:
    body = json.loads(next(documents(1, seed=12)))
    body |= {"findings": body["findings"][:1], "day": str(DAY)}
    report_submit(body=json.dumps(body).encode(), received_on=DAY, source=Source("1" * 16))
    withdraw(source="1" * 16)
    report_submit(body=json.dumps(body | {"revision": 1}).encode(), received_on=DAY)
    assert ToolReport.objects.get(report_id=body["report_id"]).withdrawal is not None


def loud_day() -> None:
    ToolReport.objects.bulk_create(
        ToolReport(
            report_id=uuid4(), digest=b"", received_on=DAY, day=DAY, install_id=uuid4(), tool_version="1",
            platform="linux", kind="scan", exit_code=0, findings_count=0, state=State.NONE,
        )
        for _ in range(BOUND_FLOOR)
    )  # fmt: skip


def test_a_day_that_stands_out_counts_after_somebody_looked(client: Client) -> None:
    with pytest.raises(InputError, match="not held back"):
        days_release(days=[DAY], reason="x", by=None, now=NEXT)
    loud_day()
    tally_refresh(now=NOW)
    assert figure(client, "reports") == ""
    assert "chưa có báo cáo nào được tính" in client.get("/").content.decode()
    assert "không tính: 1.013 báo cáo" in client.get("/").content.decode()
    days_release(days=[DAY], reason="first day of the campaign", by=None, now=NEXT)
    assert figure(client, "reports") == "1.013"
    assert LogEntry.objects.get().act == "reports-release"


def test_a_day_is_not_let_count_while_more_can_arrive_that_nobody_has_looked_at(client: Client) -> None:
    loud_day()
    with pytest.raises(InputError, match="not over yet"):
        days_release(days=[DAY], reason="first day of the campaign", by=None, now=NOW)
    loud_day()
    tally_refresh(now=NOW)
    assert figure(client, "reports") == ""


def test_which_reports_came_from_one_source_is_forgotten_after_a_month() -> None:
    assert sources_forget(now=NOW + timedelta(days=SOURCE_DAYS)) == 0
    assert sources_forget(now=NOW + timedelta(days=SOURCE_DAYS + 1)) == 13
    assert not ToolReport.objects.exclude(source="", site="").exists()
    assert tally_refresh(now=NOW).reports == 13, "what counts was settled when it arrived"


def test_only_the_room_of_reports_reads_them() -> None:
    """Whoever counts anywhere else would count what was withdrawn."""
    web = Path(__file__).parents[3] / "src" / "quetsach"
    readers = {
        str(path.relative_to(web))
        for path in web.rglob("*.py")
        if "ToolReport" in path.read_text("utf-8") or "ReportedFinding.objects" in path.read_text("utf-8")
    }
    outside = {reader for reader in readers if reader.rpartition("/")[0] not in ("web/api", "web/api/migrations")}
    assert outside == {"web/office/withdrawals.py"}  # decisions about reports stand in the office's log
