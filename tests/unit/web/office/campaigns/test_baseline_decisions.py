"""A baseline is frozen by two people of the office, on feeds that they named; what they agreed to is what is frozen."""

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pytest
from django.db import OperationalError
from tests.artefacts import made_once
from tests.unit.web.office.campaigns.conftest import NOW, freeze, grant

from quetsach import storage
from quetsach.campaign.schedule.decision import DecisionKind, in_force
from quetsach.centre import BaselineError
from quetsach.centre.baseline import baseline_history, baseline_in_force
from quetsach.centre.publication.counting import Tables
from quetsach.core.period import Period
from quetsach.lake.lake import Lake
from quetsach.network import annotate
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_decide
from quetsach.web.office.campaigns.selectors.decisions import baseline_standing, baseline_subject
from quetsach.web.office.campaigns.services.baseline import baseline_ask, baseline_carry_out, baseline_freeze_alone
from quetsach.web.office.campaigns.services.plans import plan_replace
from quetsach.web.office.campaigns.services.steps import close_ask
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.plans.models import Campaign, Passage
from quetsach.web.office.plans.selectors import decisions_of

KEY, WINDOW = "viet-nam-2020", Period(date(2020, 6, 16), date(2020, 7, 15))
A, B = "plain/a", "plain/b"
PAGE = f"/van-phong/chien-dich/{KEY}/moc-so-sanh/"


def ingest(lake: Path, tables: Tables, report: str, days: Iterable[date], addresses: int) -> None:
    rows = "".join(f"{day} 07:00:00,14.160.0.{n},mirai\n" for day in days for n in range(addresses))
    Lake(lake).ingest(
        f"timestamp,address,malware\n{rows}".encode(),
        feed="plain",
        report=report,
        families=tables.families,
        annotate=lambda table: annotate(table, tables.network),
        now=NOW,
    )


@pytest.fixture(scope="session")
def lake_of_a(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Path:
    """Return a lake with the whole window of one feed, with which nearly every test begins."""
    return made_once(tmp_path_factory, "lake-of-a", lambda lake: ingest(lake, tables, "a", WINDOW, 10))


@pytest.fixture
def deliver(data: Path, tables: Tables, lake_of_a: Path) -> Callable[..., None]:
    def write(report: str, days: Iterable[date] = WINDOW, addresses: int = 10) -> None:
        if (report, days, addresses) == ("a", WINDOW, 10) and not (data / "lake").exists():
            shutil.copytree(lake_of_a, data / "lake")
        else:
            ingest(data / "lake", tables, report, days, addresses)

    return write


def asked(campaign: Campaign, by, *expected: str, reason: str = "Đủ dữ liệu") -> Passage:
    return baseline_ask(campaign=campaign, expected=expected, accepts_gaps=False, reason=reason, by=by, now=NOW)


def agree(campaign: Campaign, by) -> None:
    approval = Approval.objects.get(subject=baseline_subject(campaign), is_granted=None)
    approval_decide(approval=approval, is_granted=True, reason="", by=by, now=NOW)


def test_the_second_person_s_agreement_freezes_what_was_asked_for(
    campaign: Campaign, data: Path, deliver, operator, second
) -> None:
    deliver("a")
    asked(campaign, operator, A)
    assert baseline_in_force(data, KEY) is None
    deliver("a", [WINDOW.last], addresses=200)  # arrives while the second person has not decided
    agree(campaign, second)
    frozen = baseline_in_force(data, KEY)
    assert frozen is not None
    assert frozen.act is not None
    assert (frozen.addresses, frozen.act.asked_by, frozen.act.agreed_by) == (10, str(operator), str(second))
    (decision,) = decisions_of(campaign)
    assert (decision.kind, decision.grounds) == (DecisionKind.BASELINE, "Đủ dữ liệu")
    assert decision.figures["seal"] == frozen.digest


def test_who_asks_cannot_freeze(campaign: Campaign, data: Path, deliver, operator) -> None:
    deliver("a")
    asked(campaign, operator, A)
    with pytest.raises(ApprovalError):
        agree(campaign, operator)
    assert baseline_in_force(data, KEY) is None


def test_an_incomplete_baseline_cannot_be_asked_for(campaign: Campaign, deliver, operator) -> None:
    deliver("a")
    with pytest.raises(BaselineError, match=B):
        asked(campaign, operator, A, B)
    assert not Approval.objects.exists()


def test_freezing_again_takes_the_place_of_the_decision_before(
    campaign: Campaign, data: Path, deliver, operator, second
) -> None:
    deliver("a")
    asked(campaign, operator, A)
    agree(campaign, second)
    deliver("b", addresses=40)
    asked(campaign, operator, A, B, reason="Thêm nguồn b")
    agree(campaign, second)
    assert [one.addresses for one in baseline_history(data, KEY)] == [10, 40]
    first, later = decisions_of(campaign)
    assert later.supersedes == first.number
    assert [d.number for d in in_force(decisions_of(campaign))] == [later.number]


def agreed_on_a_full_disk(campaign: Campaign, second, monkeypatch: pytest.MonkeyPatch, writer: str) -> str:
    """Agree while one way of writing fails, and return what is told."""

    def full(*_arguments: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(storage, writer, full)
        with pytest.raises(BaselineError) as told:
            agree(campaign, second)
    return str(told.value)


def test_what_cannot_be_written_is_said_and_frozen_later(
    campaign: Campaign, data: Path, deliver, operator, second, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("a")
    asked(campaign, operator, A)
    assert "No space left" in agreed_on_a_full_disk(campaign, second, monkeypatch, "make_folder")
    assert decisions_of(campaign) == ()
    assert baseline_standing(campaign).not_frozen is not None
    page = signed_in(operator)
    assert "Đã phê duyệt, chưa chốt được" in page.get(PAGE).content.decode()
    page.post(PAGE, {"act": "retry"})
    assert baseline_standing(campaign).not_frozen is None
    frozen = baseline_in_force(data, KEY)
    assert frozen is not None
    assert len(decisions_of(campaign)) == 1


@pytest.fixture
def not_written(campaign: Campaign, deliver, operator, second, monkeypatch: pytest.MonkeyPatch) -> Approval:
    """Return an agreement whose baseline could not be written."""
    deliver("a")
    asked(campaign, operator, A)
    agreed_on_a_full_disk(campaign, second, monkeypatch, "make_folder")
    return Approval.objects.get(subject=baseline_subject(campaign))


def test_a_campaign_that_was_closed_since_the_agreement_freezes_nothing(
    campaign: Campaign, data: Path, not_written: Approval, operator, second
) -> None:
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    with pytest.raises(ApprovalError):
        baseline_carry_out(not_written, NOW)
    assert baseline_in_force(data, KEY) is None
    assert baseline_standing(campaign).not_frozen is None


def test_an_agreement_to_a_window_that_was_moved_since_freezes_nothing_and_another_can_be_asked_for(
    campaign: Campaign, data: Path, not_written: Approval, operator, signed_in
) -> None:
    moved = campaign.revision.document.replace("first = 2020-06-16", "first = 2020-06-15", 1)
    moved = moved.replace("last = 2020-07-15", "last = 2020-07-14", 1)
    plan_replace(campaign=campaign, document=moved.encode(), reason="Kỳ sớm hơn", by=operator, now=NOW)
    with pytest.raises(ApprovalError):
        baseline_carry_out(not_written, NOW)
    assert baseline_in_force(data, KEY) is None
    assert 'name="reason"' in signed_in(operator).get(PAGE).content.decode()


def test_a_baseline_that_is_written_without_its_decision_is_recorded_at_the_next_try(
    campaign: Campaign, data: Path, deliver, operator, second, signed_in, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver("a")
    asked(campaign, operator, A)

    def fail(**_named: object) -> None:
        raise OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr("quetsach.web.office.campaigns.services.baseline.decision_append", fail)
        with pytest.raises(BaselineError, match="disk I/O error"):
            agree(campaign, second)
    before = baseline_in_force(data, KEY)
    assert before is not None
    assert decisions_of(campaign) == ()
    signed_in(operator).post(PAGE, {"act": "retry"})
    assert baseline_history(data, KEY) == (before,)
    (decision,) = decisions_of(campaign)
    assert decision.figures["seal"] == before.digest
    assert LogEntry.objects.filter(act="baseline-freeze").count() == 1
    assert baseline_standing(campaign).not_frozen is None


@pytest.fixture
def not_in_force(campaign: Campaign, deliver, operator, second, monkeypatch: pytest.MonkeyPatch) -> Approval:
    """Return an agreement that is among the decisions, and whose last write failed."""
    deliver("a")
    asked(campaign, operator, A)
    assert "No space left" in agreed_on_a_full_disk(campaign, second, monkeypatch, "write")
    return Approval.objects.get(subject=baseline_subject(campaign))


def test_a_baseline_whose_last_write_failed_is_put_into_force_at_the_next_try(
    campaign: Campaign, data: Path, not_in_force: Approval
) -> None:
    assert baseline_in_force(data, KEY) is None
    assert baseline_standing(campaign).not_frozen is not None
    baseline_carry_out(not_in_force, NOW)
    assert baseline_standing(campaign).not_frozen is None
    assert [baseline_in_force(data, KEY)] == list(baseline_history(data, KEY))
    assert len(decisions_of(campaign)) == 1


def test_a_baseline_whose_last_write_failed_is_not_put_into_force_once_the_campaign_is_closed(
    campaign: Campaign, data: Path, not_in_force: Approval, operator, second
) -> None:
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    assert baseline_standing(campaign).not_frozen is None
    with pytest.raises(ApprovalError):
        baseline_carry_out(not_in_force, NOW)
    assert baseline_in_force(data, KEY) is None


def test_what_was_agreed_to_never_takes_the_place_of_a_later_decision(
    campaign: Campaign, data: Path, not_in_force: Approval, deliver
) -> None:
    deliver("b", addresses=40)
    later = baseline_freeze_alone(
        campaign=campaign, expected=(A, B), accepts_gaps=False, reason="Thêm nguồn b", by="x", now=NOW
    )
    assert baseline_standing(campaign).not_frozen is None
    with pytest.raises(BaselineError, match="a later decision"):
        baseline_carry_out(not_in_force, NOW)
    assert (later.number, baseline_in_force(data, KEY)) == (2, later)


def test_a_plan_that_names_other_feeds_since_ends_what_was_asked_for(
    campaign: Campaign, data: Path, deliver, operator, second
) -> None:
    deliver("a")
    asked(campaign, operator, A)
    plan_replace(
        campaign=campaign,
        document=f'feeds = ["{A}", "{B}"]\n{campaign.revision.document}'.encode(),
        reason="Thêm nguồn",
        by=operator,
        now=NOW,
    )
    with pytest.raises(ApprovalError):
        agree(campaign, second)
    assert baseline_in_force(data, KEY) is None


def test_the_command_carries_out_what_was_agreed_to_only_when_told_and_drops_nothing(
    campaign: Campaign, data: Path, not_written: Approval, deliver, operator, run
) -> None:
    deliver("b", addresses=40)
    code, out, _ = run("freeze-baseline", KEY)
    assert (code, baseline_in_force(data, KEY)) == (0, None)  # a look writes nothing
    assert "--carry-out" in out
    for words in (("--reason", "b is in", "--feed", B, "--by", operator.email), ("--reason", "x"), ("--feed", B)):
        code, _, err = run("freeze-baseline", KEY, *words)
        assert (code, baseline_in_force(data, KEY)) == (1, None)
        assert "agreed to is not frozen yet" in err
    code, out, _ = run("freeze-baseline", KEY, "--carry-out")
    assert code == 0
    assert "carried out" in out
    assert baseline_in_force(data, KEY) is not None
    assert run("freeze-baseline", KEY, "--carry-out")[0] == 1


def test_a_moved_window_ends_what_was_asked_for(campaign: Campaign, deliver, operator, second) -> None:
    deliver("a")
    asked(campaign, operator, A)
    moved = campaign.revision.document.replace("first = 2020-06-16", "first = 2020-06-15", 1)
    moved = moved.replace("last = 2020-07-15", "last = 2020-07-14", 1)
    plan_replace(campaign=campaign, document=moved.encode(), reason="Kỳ sớm hơn", by=operator, now=NOW)
    with pytest.raises(ApprovalError):
        agree(campaign, second)


def test_a_closed_campaign_freezes_nothing(campaign: Campaign, deliver, operator, second) -> None:
    deliver("a")
    asked(campaign, operator, A)
    grant(close_ask(campaign=campaign, reason="Dừng", by=operator, now=NOW), second)
    with pytest.raises(ApprovalError):
        agree(campaign, second)


def test_the_page_shows_completeness_and_asks(campaign: Campaign, deliver, operator, second, signed_in) -> None:
    deliver("a", [day for day in WINDOW if day.day != 20])
    page = signed_in(operator)
    text = page.get(PAGE).content.decode()
    for words in ("Mốc so sánh tạm thời", A, "29/30", "20/06/2020"):
        assert words in text
    refused = page.post(PAGE, {"feeds": f"{A}\n{B}", "reason": "x"})
    assert refused.status_code == 422
    assert "chưa có dữ liệu của nguồn: plain/b" in refused.content.decode()
    assert page.post(PAGE, {"feeds": A, "reason": "x"}).status_code == 422  # a day is missing
    assert page.post(PAGE, {"feeds": A, "reason": "x", "accepts_gaps": "on"}).status_code == 302
    approval = Approval.objects.get()
    shown = signed_in(second).get(f"/van-phong/phe-duyet/{approval.pk}/").content.decode()
    for words in ("Số liệu được đề nghị chốt", "29/30", A):
        assert words in shown


def test_only_who_runs_campaigns_asks(campaign: Campaign, deliver, person, signed_in) -> None:
    deliver("a")
    page = signed_in(person("analyst"))
    assert page.get(PAGE).status_code == 200
    assert page.post(PAGE, {"feeds": A, "reason": "x"}).status_code in (403, 404)
    assert not Approval.objects.exists()


def test_the_command_shows_asks_and_freezes(campaign: Campaign, data: Path, deliver, operator, run) -> None:
    deliver("a")
    code, out, _ = run("freeze-baseline", KEY, "--json")
    assert code == 0
    shown = json.loads(out)
    assert (shown["in_force"], shown["feeds"][0]["days_with_data"]) == (None, 30)
    code, _, err = run("freeze-baseline", KEY, "--feed", A, "--feed", B, "--reason", "all in")
    assert code == 1
    assert B in err
    assert run("freeze-baseline", KEY, "--feed", A, "--by", operator.email)[0] == 1  # no reason
    code, out, _ = run("freeze-baseline", KEY, "--feed", A, "--reason", "all in", "--by", operator.email)
    assert code == 0
    assert "second person" in out
    assert baseline_in_force(data, KEY) is None
    code, out, _ = run("freeze-baseline", KEY, "--feed", A, "--reason", "all in", "--json")
    assert code == 0
    assert json.loads(out)["in_force"]["number"] == 1
    assert run("freeze-baseline", KEY)[1].count(A) == 1


def test_where_two_people_publish_the_command_alone_freezes_nothing(
    campaign: Campaign, data: Path, deliver, settings, run
) -> None:
    settings.CENTER = dataclasses.replace(settings.CENTER, publication="two-people")
    deliver("a")
    code, _, err = run("freeze-baseline", KEY, "--feed", A, "--reason", "all in")
    assert code == 1
    assert "two people" in err
    assert baseline_in_force(data, KEY) is None


def test_a_baseline_of_before_stays_in_force_until_it_is_frozen_again(
    campaign: Campaign, data: Path, deliver, operator, second
) -> None:
    seal = freeze(data)
    deliver("a")
    standing = baseline_standing(campaign)
    assert standing.in_force is not None
    assert (standing.in_force.digest, standing.in_force.number) == (seal, 1)
    asked(campaign, operator, A)
    agree(campaign, second)
    assert [one.number for one in baseline_history(data, KEY)] == [1, 2]
