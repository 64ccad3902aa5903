"""Reports that no tool made: they neither write on the home page nor make it larger or slower, and add little."""

import json
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from tests.hostile_reports import TODAY, documents
from tests.waiting import PATIENCE_SECONDS

from quetsach.core.address import Address
from quetsach.web.api import services
from quetsach.web.api.models import ReportDay, ReportedFinding, ToolReport
from quetsach.web.api.selectors import counting, report_tally
from quetsach.web.api.services import SubmissionError, report_submit, tally_refresh
from quetsach.web.client_address import DayKey, Source, source_of
from quetsach.web.published.report_counts import (
    BOUND_FLOOR,
    IPV4,
    LINE_OF_IPV6,
    MOST_ROWS_A_REPORT,
    OTHER,
    OTHER_ROW,
    SITE_OF_IPV6,
    State,
    held_days,
    kept_rows,
    state_of,
)

KNOWN = frozenset({"eicar", "necurs"})
DAY = date(2026, 11, 1)


def submit(body: bytes, source: Source, day: date = TODAY) -> None:
    report_submit(body=body, received_on=day, source=source)


def home(client: Client) -> str:
    return str(client.get("/").content.decode())


@pytest.mark.usefixtures("report_centre")
class TestFlood:
    """5,000 reports: some as they arrive, the others as an earlier version of the centre has kept them."""

    @pytest.fixture
    def quiet(self, db: None, client: Client) -> str:
        """Return the home page with honest reports: twenty machines, each at an address of its own."""
        finding = {"family": "eicar", "kind": "file", "action": "quarantine", "outcome": "removed", "count": 1}
        for number, body in enumerate(cleaned_documents(20, seed=7)):
            honest = json.loads(body) | {"findings": [finding]}
            submit(json.dumps(honest).encode(), Source(f"honest-{number}"), TODAY - timedelta(days=1))
        tally_refresh(now=datetime.now(UTC))
        return home(client)

    def test_a_flood_changes_neither_size_nor_words_of_the_home_page(
        self, quiet: str, client: Client, django_assert_num_queries: Any
    ) -> None:
        flood(arriving=40, kept_before=4_960)
        tally_refresh(now=datetime.now(UTC))
        with django_assert_num_queries(0):
            page = home(client)
        assert len(page) == pytest.approx(len(quiet), rel=0.05)
        assert "EICAR" in page
        assert "hay-tai" not in page
        assert "xem-ngay" not in page
        tally = report_tally()
        assert tally
        assert {row.family for row in tally.families} == {"eicar"}

    def test_pages_ask_the_database_nothing_and_cost_the_same(
        self, quiet: str, client: Client, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(0):
            client.get("/")
            client.get("/en/")
            client.get("/cach-tinh/")
            client.get("/api/v1/figures.json")

    def test_what_is_kept_of_a_report_is_bounded(self, db: None) -> None:
        for body in documents(4):
            submit(body, Source("0" * 16))
        rows = [report.findings.count() for report in ToolReport.objects.all()]
        assert max(rows) <= MOST_ROWS_A_REPORT
        assert set(ReportedFinding.objects.values_list("family", flat=True)) <= {
            "eicar",
            "mirai-gafgyt",
            "necurs",
            OTHER,
        }
        assert sum(rows) == ReportDay.objects.get().rows

    def test_a_day_that_is_full_keeps_findings_in_one_row_and_then_no_more_reports(
        self, db: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bodies = list(documents(12, seed=3))
        monkeypatch.setattr(services, "MOST_ROWS_A_DAY", 1)
        monkeypatch.setattr(services, "MOST_REPORTS_A_DAY", 2)
        submit(bodies[3], Source("a"))
        submit(bodies[7], Source("b"))
        assert [f.family for f in ReportedFinding.objects.order_by("pk")] == ["eicar", OTHER]
        with pytest.raises(SubmissionError) as refusal:
            submit(bodies[11], Source("c"))
        assert (refusal.value.status, refusal.value.code) == (429, "too-many-today")

    def test_figures_that_cannot_be_read_are_no_broken_page(
        self, quiet: str, client: Client, report_centre: Path
    ) -> None:
        (report_centre / "published" / "tool-reports.json").write_text('{"format": 1}')
        page = client.get("/")
        assert page.status_code == 200
        assert "đang được tổng hợp" in page.content.decode()

    def test_reports_are_counted_by_one_at_a_time(self, db: None, report_centre: Path) -> None:
        """An older count must not replace a newer one: whoever counts holds the lock from the first read to the end."""

        inside, entered = threading.Event(), []

        def second() -> None:
            inside.wait(PATIENCE_SECONDS)
            with counting():
                entered.append("second")

        other = threading.Thread(target=second)
        other.start()
        with counting():
            inside.set()
            other.join(0.2)
            entered.append("first")
        other.join(PATIENCE_SECONDS)
        assert entered == ["first", "second"]


def flood(*, arriving: int, kept_before: int) -> None:
    for number, body in enumerate(documents(arriving, seed=1)):
        submit(body, Source(f"source-{number}"))
    reports = [
        ToolReport(
            report_id=uuid4(), digest=b"", received_on=TODAY, day=TODAY, install_id=uuid4(), tool_version="1",
            platform="linux", kind="clean", exit_code=11, findings_count=1,
        )
        for _ in range(kept_before)
    ]  # fmt: skip
    ToolReport.objects.bulk_create(reports)
    ReportedFinding.objects.bulk_create(
        ReportedFinding(report=r, family=f"hay-tai-{r.pk}", kind="file", action="x", outcome="removed", count=1)
        for r in reports
    )


@pytest.mark.usefixtures("report_centre")
def test_what_an_earlier_version_kept_of_unknown_families_is_no_machine_cleaned(db: None) -> None:
    flood(arriving=0, kept_before=30)
    tally = tally_refresh(now=datetime.now(UTC))
    assert (tally.installs, tally.installs_with_findings, tally.installs_cleaned, tally.families) == (30, 0, 0, ())


def cleaned_documents(count: int, seed: int) -> list[bytes]:
    return [body for number, body in enumerate(documents(count * 4, seed)) if number % 4 == 3]


@pytest.mark.usefixtures("report_centre")
@pytest.mark.parametrize(
    ("source", "ceiling"),
    [
        (Source("1" * 16), IPV4),
        (Source("2" * 16, "3" * 16, is_ipv6=True), LINE_OF_IPV6),
    ],
)
def test_one_source_adds_so_many_machines_a_day_and_no_more(db: None, source: Source, ceiling: Any) -> None:
    for body in cleaned_documents(ceiling.counted + 5, seed=5):
        submit(body, source)
    tally = tally_refresh(now=datetime.now(UTC))
    assert (tally.installs_cleaned, tally.left_out) == (ceiling.counted, 5)


@pytest.mark.usefixtures("report_centre")
def test_all_lines_of_a_site_together_have_a_ceiling(db: None) -> None:
    bodies = cleaned_documents(12, seed=6)
    already_there("site", "5" * 16, SITE_OF_IPV6.counted - 10)
    for number, body in enumerate(bodies):
        submit(body, Source(f"line-{number}", "5" * 16, is_ipv6=True))
    assert ToolReport.objects.filter(is_counted=False).count() == 2


@pytest.mark.usefixtures("report_centre")
def test_more_than_is_kept_of_a_source_is_refused_until_tomorrow(db: None) -> None:
    already_there("source", "6" * 16, IPV4.kept)
    [body, other] = cleaned_documents(2, seed=8)
    with pytest.raises(SubmissionError) as refusal:
        submit(body, Source("6" * 16))
    assert (refusal.value.status, refusal.value.code) == (429, "too-many-today")
    submit(other, Source("7" * 16))


def already_there(field: str, name: str, count: int) -> None:
    ToolReport.objects.bulk_create(
        ToolReport(
            report_id=uuid4(), digest=b"", received_on=TODAY, day=TODAY, install_id=uuid4(), tool_version="1",
            platform="linux", kind="scan", exit_code=0, findings_count=0, state=State.NONE, **{field: name},
        )
        for _ in range(count)
    )  # fmt: skip


@pytest.mark.usefixtures("report_centre")
def test_a_report_over_the_network_has_its_source_and_no_address(db: None, client: Client) -> None:
    for body, address in zip(
        cleaned_documents(8, seed=2), ["203.0.114.7", "203.0.114.7", "203.0.114.8", "2405:4800:1:2::3"] * 2, strict=True
    ):
        answer = client.post("/api/v1/reports", body, content_type="application/json", REMOTE_ADDR=address)
        assert answer.status_code == 201
    names = list(ToolReport.objects.values_list("source", flat=True))
    assert len(set(names)) == 3
    assert ToolReport.objects.exclude(site="").count() == 2
    assert not {"203.0.114.7", f"{Address.parse('203.0.114.7').number:x}"[-16:]} & set(names)


def test_names_of_sources_live_for_one_day_and_differ_between_centres() -> None:
    home, noon = Address.parse("203.0.114.7"), datetime(2026, 11, 28, 12, tzinfo=UTC)
    key = DayKey()
    today = source_of(home, key=key.of(noon))
    assert today == source_of(home, key=key.of(noon + timedelta(hours=11)))
    assert today != source_of(home, key=key.of(noon + timedelta(hours=12)))
    assert today != source_of(home, key=DayKey().of(noon))
    neighbour = source_of(Address.parse("2405:4800:1:3::1"), key=key.of(noon))
    same_line = source_of(Address.parse("2405:4800:1:2::9"), key=key.of(noon))
    line = source_of(Address.parse("2405:4800:1:2::1"), key=key.of(noon))
    assert line == same_line
    assert (line.site == neighbour.site, line.line == neighbour.line) == (True, False)


def test_rows_of_unknown_families_become_one() -> None:
    rows = {
        ("hay-tai", "file", "report", "found"): 3,
        ("o-day", "file", "kill", "left"): 4,
        ("eicar", "a", "b", "c"): 5,
    }
    assert kept_rows(rows, known=KNOWN) == {OTHER_ROW: 7, ("eicar", "a", "b", "c"): 5}


def test_rows_that_are_too_many_are_added_up_by_family() -> None:
    rows = {(family, str(n), "b", "c"): 1 for family in KNOWN for n in range(MOST_ROWS_A_REPORT)}
    assert kept_rows(rows, known=KNOWN) == {(family, "", "", ""): MOST_ROWS_A_REPORT for family in KNOWN}


def test_families_that_are_too_many_are_other_and_no_count_is_lost() -> None:
    rows = {(f"f-{n}", "a", "b", "c"): n for n in range(1, 301)}
    kept = kept_rows(rows, known={family for family, *_ in rows})
    assert len(kept) == MOST_ROWS_A_REPORT
    assert sum(kept.values()) == sum(rows.values())


@pytest.mark.parametrize(
    ("kind", "code", "outcomes", "state"),
    [
        ("clean", 11, ["removed"], State.CLEANED),
        ("clean", 12, ["removed"], State.CLEANED),
        ("clean", 11, ["removed", "left"], State.FOUND),
        ("clean", 13, ["removed", "failed"], State.FOUND),
        ("clean", 11, ["removed", "found"], State.FOUND),
        ("clean", 11, ["left"], State.FOUND),
        ("scan", 11, ["removed"], State.FOUND),
        ("clean", 20, ["removed"], State.FOUND),
        ("clean", 11, ["removed", "restored"], State.RESTORED),
        ("clean", 0, ["restored"], State.RESTORED),
        ("clean", 11, [], State.NONE),
        ("scan", 0, [], State.NONE),
    ],
)
def test_what_a_report_says_of_its_machine(kind: str, code: int, outcomes: list[str], state: State) -> None:
    rows = [("eicar", "file", "quarantine", outcome) for outcome in outcomes]
    assert state_of(kind=kind, exit_code=code, rows=rows, known=KNOWN) is state
    unknown = [("hay-tai", "file", "quarantine", outcome) for outcome in outcomes]
    assert state_of(kind=kind, exit_code=code, rows=unknown, known=KNOWN) is State.NONE


def days(*machines: int) -> dict[date, int]:
    return {DAY + timedelta(days=n): count for n, count in enumerate(machines) if count}


def test_a_day_that_stands_out_is_held() -> None:
    assert held_days(days(10, 12, 11, 9, 10, 10, 10, BOUND_FLOOR), released=()) == ()
    assert held_days(days(10, 12, 11, 9, 10, 10, 10, BOUND_FLOOR + 1), released=()) == (DAY + timedelta(days=7),)


def test_a_flood_of_days_does_not_become_usual() -> None:
    flood = [50_000] * 30
    assert len(held_days(days(*[10] * 7, *flood), released=())) == 30


def test_a_campaign_that_grows_is_not_held() -> None:
    """A third more each day, three weeks long."""
    grows = [round(600 * 1.33**n) for n in range(21)]
    assert held_days(days(*[600] * 7, *grows), released=()) == ()


def test_a_day_that_was_released_counts_and_is_usual_from_then_on() -> None:
    loud = days(*[10] * 7, *[20_000] * 6)
    held = held_days(loud, released=())
    assert len(held) == 6
    assert held_days(loud, released=held[:4]) == held[4:4]


def test_days_without_reports_are_zeros() -> None:
    assert held_days({DAY: 900, DAY + timedelta(days=30): 3_500}, released=()) == (DAY + timedelta(days=30),)


def test_while_the_shelf_cannot_be_read_nothing_is_lost_and_nothing_is_shown(db: None, report_centre: Path) -> None:
    shelf = report_centre / "repository" / "targets" / "packs"
    shelf.rename(away := shelf.with_name("away"))
    for number, body in enumerate(cleaned_documents(12, seed=9)):
        submit(body, Source(f"{number:016}"))
    tally = tally_refresh(now=datetime.now(UTC))
    assert (tally.installs, tally.installs_with_findings, tally.installs_cleaned, tally.families) == (12, 0, 0, ())
    away.rename(shelf)
    tally = tally_refresh(now=datetime.now(UTC))
    assert (tally.installs_with_findings, tally.installs_cleaned) == (12, 12)
    assert [(row.family, row.installs) for row in tally.families] == [("eicar", 10)]


@pytest.mark.parametrize("path", ["/", "/en/", "/cach-tinh/", "/api/v1/figures.json", "/thiet-bi/", "/tai-ve/"])
def test_a_page_with_published_figures_asks_the_database_nothing(
    centre: Path, client: Client, path: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        assert client.get(path).status_code == 200
