"""POST /api/v1/reports: checked, bounded, limited, counted once."""

import copy
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quetsach.core.address import Address
from quetsach.web.api import views
from quetsach.web.api.models import ReportedFinding, ToolReport
from quetsach.web.api.selectors import Tally
from quetsach.web.api.services import SubmissionError, report_erase, report_submit, submission_schema, tally_refresh
from quetsach.web.limits import SMALL_BODY_BYTES, RateLimit, SourceLimit

URL = "/api/v1/reports"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("report_centre")]


def counted() -> Tally:
    return tally_refresh(now=datetime.now(UTC))


def report(**changes: Any) -> dict[str, Any]:
    return {
        "format": "quetsach-submission/1",
        "report_id": str(uuid.uuid4()),
        "install_id": str(uuid.uuid4()),
        "campaign": "viet-nam-2020",
        "tool_version": "0.1.0",
        "platform": "linux",
        "day": str(datetime.now(UTC).date()),
        "kind": "clean",
        "scope": "full",
        "files_scanned": 1234,
        "duration_seconds": 56,
        "exit_code": 11,
        "packs": [{"family": "eicar", "version": "2026.11.25"}],
        "findings": [{"family": "eicar", "kind": "file", "action": "quarantine", "outcome": "removed", "count": 2}],
    } | changes


def send(client: Client, document: Any, **headers: str) -> Any:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return client.post(URL, body, content_type="application/json", **headers)


def test_the_example_is_of_the_published_form() -> None:
    jsonschema.Draft202012Validator(submission_schema()).validate(report())


def test_a_report_is_received(client: Client) -> None:
    document = report()
    answer = send(client, document)
    assert answer.status_code == 201
    assert answer.json() == {"report_id": document["report_id"], "status": "received"}
    kept = ToolReport.objects.get()
    assert (str(kept.report_id), kept.kind, kept.exit_code, kept.findings_count) == (
        document["report_id"],
        "clean",
        11,
        2,
    )
    assert kept.findings.get().count == 2


def test_the_same_report_again_changes_nothing(client: Client) -> None:
    document = report()
    first = send(client, document)
    again = send(client, json.dumps(dict(reversed(document.items())), indent=3).encode())
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert (ToolReport.objects.count(), ReportedFinding.objects.count()) == (1, 1)


def test_another_report_with_the_same_code_is_a_conflict(client: Client) -> None:
    document = report()
    send(client, document)
    answer = send(client, document | {"files_scanned": 1})
    assert answer.status_code == 409
    assert answer.json()["error"] == "conflict"
    assert ToolReport.objects.count() == 1


def test_what_is_kept_has_no_address() -> None:
    names = {field.name for model in (ToolReport, ReportedFinding) for field in model._meta.get_fields()}
    assert names == {
        *("report_id", "digest", "received_on", "day", "install_id", "campaign", "unit", "tool_version", "platform"),
        *("kind", "exit_code", "findings_count", "findings", "id", "report", "family", "action", "outcome", "count"),
        *("revision", "corrected_on", "state", "source", "site", "is_counted", "withdrawal"),
    }


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"", 411, "no-length"),
        (b"{", 400, "not-json"),
        (b"\xff\xfe", 400, "not-json"),
        (b'{"a": NaN}', 400, "not-json"),
        (b"[" * 60_000, 400, "not-json"),
        (b"1" * 5000, 400, "not-json"),
        (b"[]", 422, "not-a-report"),
        (b"null", 422, "not-a-report"),
        (b" " * (SMALL_BODY_BYTES + 1), 413, "too-large"),
    ],
)
def test_a_body_that_is_no_report_is_refused_with_its_reason(
    client: Client, body: bytes, status: int, word: str
) -> None:
    headers = {} if body else {"CONTENT_LENGTH": ""}
    answer = send(client, body, **headers)
    assert (answer.status_code, answer.json()["error"]) == (status, word)
    assert answer.json()["explanation"]
    assert not ToolReport.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "pc-1"},
        {"report_id": "x"},
        {"day": "2026-02-30"},
        {"exit_code": 99},
        {"files_scanned": -1},
        {"findings": [{"family": "eicar"}]},
        {"campaign": "../../etc"},
        {"day": str(date.today() + timedelta(days=3))},  # noqa: DTZ011
    ],
)
def test_a_report_of_another_form_is_refused(client: Client, changes: dict[str, Any]) -> None:
    answer = send(client, report(**changes))
    assert answer.status_code == 422
    assert answer.json()["hint"]
    assert not ToolReport.objects.exists()


def test_counts_too_large_to_keep_are_refused(client: Client) -> None:
    finding = report()["findings"][0] | {"count": 1_000_000_000}
    kinds = ("file", "process", "cron-entry")
    answer = send(client, report(findings=[finding | {"kind": kind} for kind in kinds]))
    assert answer.status_code == 422


def test_only_json_is_taken(client: Client) -> None:
    answer = client.post(URL, report())
    assert answer.status_code == 415


def test_reading_is_not_possible(client: Client) -> None:
    assert client.get(URL).status_code == 405


def test_a_source_that_sends_too_much_waits(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "REPORT_LIMIT", RateLimit(burst=2, per_minute=2))
    answers = [send(client, report(), REMOTE_ADDR="203.0.114.7") for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 429]
    assert 1 <= int(answers[2]["Retry-After"]) <= 30
    assert send(client, report(), REMOTE_ADDR="203.0.114.8").status_code == 201


def test_a_page_of_another_site_cannot_send(client: Client) -> None:
    assert send(client, report(), HTTP_SEC_FETCH_SITE="cross-site").status_code == 403


def test_turns_and_machines_are_counted_apart(client: Client) -> None:
    install = str(uuid.uuid4())
    send(client, report(install_id=install))
    send(client, report(install_id=install, kind="scan", exit_code=0, findings=[]))
    send(client, report(kind="scan", exit_code=0, findings=[]))
    tally = counted()
    assert (tally.reports, tally.installs, tally.installs_with_findings, tally.installs_cleaned) == (3, 2, 1, 1)


def test_no_row_of_zeros_is_shown_where_no_report_counts(client: Client) -> None:
    counted()
    home = client.get("/").content.decode()
    assert "chưa có báo cáo nào được tính" in home
    assert "data-figure" not in home
    send(client, report())
    counted()
    assert client.get("/").content.decode().count("data-figure") == 4


def test_a_new_report_is_on_the_portal_when_reports_are_counted_next(client: Client) -> None:
    assert "đang được tổng hợp" in client.get("/").content.decode()
    send(client, report())
    assert 'data-figure="reports"' not in client.get("/").content.decode()
    counted()
    assert 'data-figure="reports">1<' in client.get("/").content.decode()


def test_small_cells_of_a_breakdown_are_left_out_and_totals_are_exact(client: Client) -> None:
    reported(eicar=10, **{"xmrig-miner": 7})
    tally = counted()
    assert tally.installs == 17
    assert [(f.family, f.installs) for f in tally.families] == [("eicar", 10)]
    page = client.get("/").content.decode()
    assert "EICAR" in page
    assert "xmrig" not in page.lower()


def test_one_more_report_changes_no_figure_of_a_family(client: Client) -> None:
    reported(eicar=27, **{"xmrig-miner": 41})
    before = counted().families
    reported(eicar=1)
    assert counted().families == before
    assert [(f.family, f.installs) for f in before] == [("xmrig-miner", 40), ("eicar", 30)]


@pytest.mark.parametrize("machines", [{"eicar": 14, "xmrig-miner": 9}, {"eicar": 4}, {"eicar": 9, "xmrig-miner": 9}])
def test_a_breakdown_from_which_the_total_gives_a_small_cell_back_is_left_out(
    client: Client, machines: dict[str, int]
) -> None:
    reported(**machines)
    tally = counted()
    assert tally.installs_with_findings == sum(machines.values())
    assert tally.families == ()
    assert "Chưa nêu kết quả theo từng họ" in client.get("/").content.decode()


def reported(**machines: int) -> None:
    """Take in reports of so many machines with one finding each, by family."""
    for family, number in machines.items():
        for _ in range(number):
            finding = report()["findings"][0] | {"family": family}
            report_submit(body=json.dumps(report(findings=[finding])).encode(), received_on=datetime.now(UTC).date())


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from leaves(child, (*path, key))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
WHERE = [path for path in leaves(report()) if path]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(WHERE), JSON)
def test_any_value_anywhere_is_taken_or_refused_and_never_breaks(path: tuple[Any, ...], value: Any) -> None:
    document = copy.deepcopy(report())
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    try:
        report_submit(body=json.dumps(document).encode(), received_on=datetime.now(UTC).date())
    except SubmissionError as error:
        assert 400 <= error.status < 500


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(SubmissionError) as refusal:
        report_submit(body=body, received_on=datetime.now(UTC).date())
    assert refusal.value.explain()


def test_the_form_is_published(client: Client, centre: Path) -> None:
    answer = client.get("/api/v1/submission.schema.json")
    assert answer["Content-Type"] == "application/schema+json"
    assert answer.json() == submission_schema()


def test_an_erased_report_leaves_nothing_and_others_stay(client: Client) -> None:
    erased, kept = report(), report()
    send(client, erased)
    send(client, kept)
    assert counted().reports == 2
    assert report_erase(report_id=uuid.UUID(erased["report_id"]), now=datetime.now(UTC))
    assert 'data-figure="reports">1<' in client.get("/").content.decode(), "counted anew at once"
    assert [str(r.report_id) for r in ToolReport.objects.all()] == [kept["report_id"]]
    assert [str(f.report_id) for f in ReportedFinding.objects.all()] == [kept["report_id"]]


def test_a_code_that_no_report_has_erases_nothing(client: Client) -> None:
    send(client, report())
    assert not report_erase(report_id=uuid.uuid4(), now=datetime.now(UTC))
    assert ToolReport.objects.count() == 1


def test_a_sender_with_a_whole_network_is_one_sender() -> None:
    now = datetime.now(UTC)
    limit = SourceLimit(views.REPORT_WIDTHS)
    lines = [Address((0x2405480000010000 + line) << 64 | 1) for line in range(2_000)]
    assert sum(not limit.take(line, now=now) for line in lines) == 600
    assert not limit.take(Address.parse("203.0.114.8"), now=now)
