import json
import typing
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from tests.report_samples import NOW, REPORT_ID, Private, sample_report, sample_scan

from quetsach.core.pack import Action, ArtefactKind
from quetsach.endpoint import ReportError
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.report import FindingOutcome, Kind, Report, build, read_report, save_report, write_report
from quetsach.endpoint.report.build import MOST_LISTED
from quetsach.endpoint.report.document import Change, ReportedFinding, read_json, to_json

SCHEMA = json.loads(resources.files("quetsach.endpoint.report").joinpath("report.schema.json").read_text("utf-8"))


def test_each_finding_tells_how_it_ended() -> None:
    outcomes = [(finding.family, finding.outcome) for finding in sample_report().findings]
    assert outcomes[:4] == [
        ("eicar", FindingOutcome.LEFT),
        ("xmrig-miner", FindingOutcome.REMOVED),
        ("xmrig-miner", FindingOutcome.CHANGED),
        ("xmrig-miner", FindingOutcome.FAILED),
    ]


def test_a_scan_only_says_that_it_saw() -> None:
    report = build(sample_scan(), kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=10)
    assert {finding.outcome for finding in report.findings} == {FindingOutcome.FOUND}


def finding(action: Action) -> ReportedFinding:
    return next(f for f in sample_report().findings if f.action is action and f.kind is not ArtefactKind.PROCESS)


def test_a_registry_value_is_told_by_key_and_name_with_what_it_holds() -> None:
    told = finding(Action.REMOVE_VALUE)
    assert told.where == Private().key + "\\" + Private().value
    assert (told.text, told.entry) == (Private().data, None)


def test_one_entry_of_a_list_is_told_beside_the_whole() -> None:
    assert finding(Action.REMOVE_ENTRY).entry == Private().data


def test_a_service_is_told_by_its_key_with_what_it_runs() -> None:
    told = finding(Action.REMOVE_SERVICE)
    assert (told.where, told.text) == (Private().key + "\\" + Private().value, Private().data)


def test_a_file_in_an_archive_is_told_by_both_names() -> None:
    assert sample_report().findings[4].where == "/home/an/miner!photos/an.scr"
    assert sample_report().findings[4].hold is SkipReason.MEMBER


def test_each_edit_of_the_registry_is_told() -> None:
    key = Private().key
    value = f"{key}\\{Private().value}"
    edits = next(step.edits for step in sample_report().steps if step.kind == "edit-registry")
    assert [(edit.change, edit.where, edit.text) for edit in edits] == [
        (Change.VALUE_REMOVED, value, ""),
        (Change.VALUE_SET, value, Private().data),
        (Change.KEY_REMOVED, key, ""),
        (Change.KEY_MADE, key, ""),
    ]


def test_the_platform_is_that_of_the_system_that_was_looked_at() -> None:
    scan = replace(sample_scan(), platform="windows", is_live=False, root="/mnt/disk")
    report = build(scan, kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=10)
    assert (report.machine.platform, report.machine.live) == ("windows", False)


def test_more_findings_than_a_report_lists_are_counted() -> None:
    scan = replace(sample_scan(), findings=sample_scan().findings[:1] * (MOST_LISTED + 7))
    report = build(scan, kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=20)
    assert (len(report.findings), report.unlisted) == (MOST_LISTED, 7)


def test_a_very_long_line_is_cut_so_that_the_report_can_be_read_back() -> None:
    report = sample_report(Private(line=b"\xff" * 1_000_000, data="\U0010ffff" * 400_000))
    assert len(report.findings[2].text or "") < 20_000
    assert read_json(Report, json.dumps(to_json(report)).encode(), where="r") == report


def test_a_line_of_windows_is_told_without_its_end() -> None:
    report = sample_report(Private(line=b"203.0.113.5 bank.example\r"))
    assert report.findings[2].text == "203.0.113.5 bank.example"
    assert report.steps[1].lines == ("203.0.113.5 bank.example",)


def test_guidance_comes_with_the_families_that_were_found() -> None:
    assert all(pack.guidance is not None for pack in sample_report().packs if pack.family in {"eicar", "xmrig-miner"})


@pytest.mark.parametrize("kind", [Kind.SCAN, Kind.PLAN, Kind.CLEAN, Kind.VERIFY])
def test_reports_of_every_kind_are_of_the_published_form(kind: Kind) -> None:
    report = build(sample_scan(), kind=kind, report_id=REPORT_ID, now=NOW, exit_code=10)
    jsonschema.Draft202012Validator(SCHEMA).validate(to_json(report))
    jsonschema.Draft202012Validator(SCHEMA).validate(to_json(sample_report()))


def test_the_published_form_has_the_fields_and_words_of_the_records() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    seen: set[type] = set()

    def compare(kind: type, schema: dict[str, typing.Any]) -> None:
        seen.add(kind)
        assert list(schema["properties"]) == [f.name for f in fields(kind)] == schema["required"]
        assert schema["additionalProperties"] is False
        for name, hint in typing.get_type_hints(kind).items():
            assert schema["properties"][name]["description"]
            for inner in (hint, *typing.get_args(hint)):
                if is_dataclass(inner) and inner not in seen:
                    compare(inner, SCHEMA["$defs"][inner.__name__])
                if isinstance(inner, type) and issubclass(inner, Enum):
                    assert [word.value for word in inner] == _words(schema["properties"][name])

    compare(Report, SCHEMA)
    assert {kind.__name__ for kind in seen} == {"Report", *SCHEMA["$defs"]}


def _words(schema: dict[str, typing.Any]) -> list[str]:
    return schema["enum"] if "enum" in schema else schema["anyOf"][0]["enum"]


def test_a_report_is_kept_for_its_owner_only_and_read_back_the_same(tmp_path: Path) -> None:
    report = sample_report(Private(path=b"/\xff\x1b[31m\xe2\x80\xae", root="/mnt/\udcff"))
    path = save_report(report, tmp_path / "state")
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert read_report(path) == report


def test_a_report_may_be_written_where_its_owner_wants_it(tmp_path: Path) -> None:
    write_report(sample_report(), tmp_path / "r.json")
    assert read_report(tmp_path / "r.json") == sample_report()


def test_a_place_that_cannot_be_written_is_an_explained_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be written"):
        write_report(sample_report(), tmp_path / "none" / "r.json")


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.pop("findings"),
        lambda value: value.update(extra=1),
        lambda value: value.update(exit_code="13"),
        lambda value: value.update(exit_code=True),
        lambda value: value.update(kind="other"),
        lambda value: value.update(created="2026-11-24T23:30:00"),
        lambda value: value.update(findings={}),
        lambda value: value["findings"].append(None),
        lambda value: value["scan"].update(skipped={"virtual": "3"}),
    ],
)
def test_a_document_of_another_form_is_refused(change: typing.Callable[[dict[str, typing.Any]], None]) -> None:
    value = to_json(sample_report())
    change(value)
    with pytest.raises(ReportError, match="not a report"):
        read_json(Report, json.dumps(value).encode(), where="r.json")


def test_a_report_of_another_version_is_refused(tmp_path: Path) -> None:
    value = {**to_json(sample_report()), "format": "quetsach-report/1"}
    (tmp_path / "r.json").write_text(json.dumps(value))
    with pytest.raises(ReportError, match="another version"):
        read_report(tmp_path / "r.json")
