import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from tests.report_samples import INSTALL_ID, sample_report

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint import ReportError
from quetsach.endpoint.report import FindingOutcome, Kind
from quetsach.endpoint.report.store import install_id
from quetsach.endpoint.report.submission import MOST_REVISIONS, Receipt, build_submission, send
from quetsach.packs.transport import TransportError

SCHEMA = json.loads(resources.files("quetsach.endpoint.report").joinpath("submission.schema.json").read_text("utf-8"))
URL = "https://centre.example/api/v1/reports"
SUBMISSION = build_submission(sample_report(), install_id=INSTALL_ID)


class Centre:
    """Answers in turn, and remembers what it was sent."""

    def __init__(self, *answers: tuple[int, bytes] | TransportError) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []
        self.pauses: list[float] = []

    def post(self, url: str, body: bytes) -> tuple[int, bytes]:
        assert url == URL
        self.bodies.append(body)
        answer = self.answers.pop(0)
        if isinstance(answer, TransportError):
            raise answer
        return answer

    def send(self) -> Receipt:
        return send(SUBMISSION, URL, post=self.post, pause=self.pauses.append)


def test_the_submission_is_of_the_published_form() -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    validator.validate(SUBMISSION.as_json())
    full = build_submission(sample_report(), install_id=INSTALL_ID, campaign="viet-nam-2026", unit="G12.34")
    validator.validate(full.as_json())
    assert full.as_json().keys() == SCHEMA["properties"].keys() - {"revision"}
    validator.validate(replace(full, revision=MOST_REVISIONS).as_json())
    assert SCHEMA["properties"]["revision"]["maximum"] == MOST_REVISIONS
    assert replace(full, revision=1).as_json().keys() == SCHEMA["properties"].keys()
    with pytest.raises(ReportError):
        replace(full, revision=MOST_REVISIONS + 1)


def test_the_published_form_knows_every_kind_and_action() -> None:
    row = SCHEMA["properties"]["findings"]["items"]["properties"]
    assert row["kind"]["enum"] == [kind.value for kind in ArtefactKind]
    assert row["action"]["enum"] == [action.value for action in Action]
    assert set(row["outcome"]["enum"]) == {outcome.value for outcome in FindingOutcome} - {FindingOutcome.PLANNED}


def test_like_findings_are_counted_together() -> None:
    report = sample_report()
    twice = replace(report, findings=report.findings * 2)
    once = [row["count"] for row in SUBMISSION.as_json()["findings"]]
    counts = [row["count"] for row in build_submission(twice, install_id=INSTALL_ID).as_json()["findings"]]
    assert counts == [2 * count for count in once]
    assert sum(once) == len(report.findings)


def test_only_the_day_of_the_scan_is_told() -> None:
    assert SUBMISSION.as_json()["day"] == "2026-11-24"
    assert "23:30" not in SUBMISSION.text()


def test_a_plan_that_was_not_carried_out_counts_as_a_scan() -> None:
    report = sample_report()
    planned = tuple(replace(finding, outcome=FindingOutcome.PLANNED) for finding in report.findings)
    plan = replace(report, kind=Kind.PLAN, exit_code=10, findings=planned)
    sent = build_submission(plan, install_id=INSTALL_ID).as_json()
    assert sent["kind"] == "scan"
    assert {row["outcome"] for row in sent["findings"]} == {"found"}
    jsonschema.Draft202012Validator(SCHEMA).validate(sent)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "my-computer"},
        {"tool": replace(sample_report().tool, version="0.1.0 (nguyen van an)")},
        {"machine": replace(sample_report().machine, platform="an-pc")},
        {"packs": (replace(sample_report().packs[0], family="/home/an"),)},
        {"packs": (replace(sample_report().packs[0], version="an"),)},
    ],
)
def test_a_report_that_was_tampered_with_cannot_carry_names_out(change: dict[str, object]) -> None:
    with pytest.raises(ReportError, match="can be sent"):
        build_submission(replace(sample_report(), **change), install_id=INSTALL_ID)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "code", [{"campaign": "Viet Nam"}, {"unit": "Sở Y tế"}, {"unit": "a" * 33}, {"campaign": "a-"}]
)
def test_a_code_of_another_form_is_refused(code: dict[str, str]) -> None:
    with pytest.raises(ReportError, match="can be sent"):
        build_submission(sample_report(), install_id=INSTALL_ID, **code)


def test_an_installation_keeps_one_random_name_a_campaign(tmp_path: Path) -> None:
    first, other = install_id(tmp_path, "a"), install_id(tmp_path, "b")
    assert first != other
    assert (install_id(tmp_path, "a"), install_id(tmp_path, "b")) == (first, other)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b'{"a": "me"}', b"\xff"])
def test_a_damaged_file_of_names_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "install-ids.json").write_bytes(content)
    with pytest.raises(ReportError, match="cannot be read"):
        install_id(tmp_path, "a")


def test_what_is_shown_is_what_is_sent() -> None:
    centre = Centre((201, b'{"message": "c\xe1\xba\xa3m \xc6\xa1n"}'))
    assert centre.send() == Receipt(is_new=True, status=201, message="cảm ơn")
    assert centre.bodies == [SUBMISSION.text().encode()]


def test_a_report_that_the_centre_has_is_not_new() -> None:
    assert Centre((200, b"{}")).send().is_new is False


def test_a_busy_or_lost_centre_is_tried_three_times_with_the_same_report() -> None:
    centre = Centre((503, b""), TransportError("lost"), (201, b""))
    assert centre.send().is_new
    assert len(set(centre.bodies)) == 1
    assert centre.pauses == [2.0, 4.0]


@pytest.mark.parametrize("answer", [(503, b"busy"), (429, b""), TransportError("lost")])
def test_after_three_tries_it_is_given_up(answer: tuple[int, bytes] | TransportError) -> None:
    centre = Centre(*[answer] * 3)
    with pytest.raises(ReportError):
        centre.send()
    assert len(centre.bodies) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422])
def test_a_refusal_is_told_and_not_repeated(status: int) -> None:
    centre = Centre((status, b'{"error": "bad-report", "explanation": "\\u001b[31mno\\u0007"}'))
    with pytest.raises(ReportError, match=str(status)) as refusal:
        centre.send()
    assert len(centre.bodies) == 1
    assert refusal.value.hint == " [31mno "


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 10_000, b"[1]", b'"x"', b'{"message": {"a": 1}}'])
def test_an_odd_answer_is_no_trouble(body: bytes) -> None:
    assert Centre((201, body)).send().message.isprintable()
