import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from tests.report_samples import NOW, REPORT_ID, Private, sample_report, sample_scan

from quetsach.cli import scan_wording
from quetsach.core.pack import Action, ArtefactKind
from quetsach.core.text import Text
from quetsach.endpoint.collect.places import places_of
from quetsach.endpoint.messages import formatting
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import TARGETS, Outcome
from quetsach.endpoint.report import FindingOutcome, Kind, Report, build, families, page
from quetsach.endpoint.report import verdict as verdicts
from quetsach.endpoint.report.document import Change, ReportedVerification
from quetsach.endpoint.report.guidance import render, render_text
from quetsach.endpoint.report.page import duration, local_time, render_page
from quetsach.endpoint.report.verdict import advice
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.conclusion import Extent, Gap
from quetsach.endpoint.scanner.scan import Scope

LANGUAGES = ("vi", "en")


def text_of(page: str) -> str:
    parts: list[str] = []
    parser = HTMLParser()
    parser.handle_data = parts.append  # type: ignore[method-assign]
    parser.feed(page.partition("<body>")[2])
    return " ".join(" ".join(parts).split())


def test_every_word_that_a_report_can_hold_has_a_text() -> None:
    told: tuple[tuple[Mapping[str, Text], Iterable[str]], ...] = (
        *((table, ArtefactKind) for table in (families.KINDS, families.ABOUT, scan_wording.KINDS)),
        *((table, Reason) for table in (families.REASONS, scan_wording.REASONS)),
        *((table, Gap) for table in (verdicts._GAPS, verdicts._NEXT_OF_GAPS, verdicts._NEXT_OF_GAPS_IN_WINDOW)),
        *((table, {*verdicts._NEXT}) for table in (verdicts._HEADLINES, verdicts._NEXT_IN_WINDOW)),
        (verdicts._HEADLINES, map(str, verdicts._CODES)),
        (verdicts._TITLES, Kind),
        (verdicts._EXTENTS, Extent),
        (families.OUTCOMES, FindingOutcome),
        (families.HOLDS, SkipReason),
        (families.UNDONE, set(Action) - {Action.REPORT}),
        (page._SCOPES, Scope),
        (page._EDITS, Change),
        (formatting.ACTIONS, Action),
        (formatting.STEPS, TARGETS),
        (formatting.OUTCOMES, Outcome),
    )
    assert [set(words) - table.keys() for table, words in told if set(words) - table.keys()] == []


@pytest.mark.parametrize(("language", "verdict"), [("vi", "Mới bóc gỡ được một phần"), ("en", "Cleaned in part")])
def test_the_page_says_the_result_what_to_do_and_how_to_undo(language: str, verdict: str) -> None:
    shown = text_of(render_page(sample_report(), language=language))
    assert verdict in shown
    assert "quetsach undo 20261124T233000Z-abcdef" in shown
    assert {"vi": "Bịt lối vào trước", "en": "Close the way in before"}[language] in shown
    assert {"vi": "Thuộc phần mềm: coreutils", "en": "Belongs to: coreutils"}[language] in shown


def test_the_worst_family_comes_first() -> None:
    shown = render_page(sample_report(), language="en")
    assert shown.index("XMRig") < shown.index("EICAR test file")


def test_guidance_on_a_terminal_is_text_without_marks_and_without_control_characters() -> None:
    markdown = (
        "# Name\n\n## What to do\n\nRead **this**\nfirst: [here](https://a.example/b).\n\n1. One\n2. \x1b[2J`two`"
    )
    expected = "What to do\nRead this first: here (https://a.example/b).\n1. One\n2. �[2Jtwo"
    assert render_text(markdown) == expected


def test_bold_words_of_guidance_may_hold_a_name_or_a_link() -> None:
    markdown = "**Keep `.x`** and **[read](https://a.example/b)**."
    link = '<a href="https://a.example/b" rel="noreferrer">read</a>'
    assert render(markdown) == f"<p><strong>Keep <code>.x</code></strong> and <strong>{link}</strong>.</p>"
    assert render_text(markdown) == "Keep .x and read (https://a.example/b)."


def test_commands_of_guidance_are_written_as_the_readers_system_takes_them() -> None:
    markdown = "Type `sudo quetsach undo --last`; a server asks for `sudo systemctl stop x`."
    assert render_text(markdown, typed_on="linux") == render_text(markdown)
    assert render_text(markdown, typed_on="windows") == (
        "Type quetsach undo --last; a server asks for sudo systemctl stop x."
    )
    assert "<code>quetsach undo --last</code>" in render(markdown, typed_on="windows")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plan_says_that_nothing_was_done(language: str) -> None:
    report = replace(sample_report(), kind=Kind.PLAN, exit_code=10, session=None, undo=None)
    assert {"vi": "chưa thực hiện", "en": "none taken yet"}[language] in text_of(render_page(report, language=language))


@pytest.mark.parametrize(("code", "verdict"), [(0, "No malware was found"), (20, "The tool stopped itself")])
def test_a_clean_up_that_did_not_begin_says_why(code: int, verdict: str) -> None:
    scan = replace(sample_scan(), findings=(), failed={}, failures=())
    report = build(scan, kind=Kind.PLAN, report_id=REPORT_ID, now=NOW, exit_code=code)
    assert verdict in text_of(render_page(report, language="en"))


def test_nothing_on_the_page_loads_or_runs() -> None:
    page = render_page(sample_report(), language="vi")
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|img|link|iframe|object|form|base)\b|\son\w+=|url\(", page)


def test_a_hostile_name_stays_text() -> None:
    private = Private(b'/"><script>alert(1)</script>', b"<b onclick=x>", evidence="</code><i>", note="&lt;")
    page = render_page(sample_report(private), language="vi")
    assert "<script" not in page
    assert "<b " not in page
    assert "<i>" not in page
    assert '/"><script>alert(1)</script>' in text_of(page)


def test_times_are_shown_as_in_viet_nam() -> None:
    assert local_time(NOW, "vi") == "06:30 ngày 25/11/2026 (giờ Việt Nam)"
    assert local_time(NOW, "en") == "06:30 on 25 November 2026 (Viet Nam time, UTC+7)"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.2, "dưới 1 giây"), (59.4, "59 giây"), (60, "1 phút 0 giây"), (3725, "62 phút 5 giây")]
)
def test_durations_are_shown_in_words(seconds: float, shown: str) -> None:
    assert duration(timedelta(seconds=seconds).total_seconds(), "vi") == shown


def many(count: int) -> Report:
    """Return a report with so many files of one trait, each with its own path."""
    report = sample_report()
    file = next(f for f in report.findings if f.family == "xmrig-miner" and f.kind is ArtefactKind.FILE)
    alike = (replace(file, id=f"{number:016x}", where=f"/srv/file-{number}") for number in range(count))
    return replace(report, findings=tuple(alike))


def test_many_alike_are_explained_once_and_folded() -> None:
    page = render_page(many(200), language="en")
    why = sample_report().findings[1].why.en
    assert text_of(page).count(why) == 1
    assert page.count("<details>") == 2  # the places beyond the first, and the steps
    assert page.index("/srv/file-4<") < page.index("195 more") < page.index("/srv/file-5<")
    assert "/srv/file-199<" in page


def test_a_few_are_not_folded() -> None:
    assert "more</summary>" not in render_page(many(5), language="en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_says_what_it_is_and_what_undo_gives_back(language: str) -> None:
    shown = text_of(render_page(sample_report(), language=language))
    for finding in sample_report().findings:
        assert families.ABOUT[finding.kind].in_language(language) in shown
        if finding.outcome is FindingOutcome.REMOVED:
            assert families.UNDONE[finding.action].in_language(language) in shown


def test_a_known_place_is_called_by_its_title() -> None:
    place = next(place for place in places_of("linux") if place.name == "hosts")
    assert place.title.vi in text_of(render_page(sample_report(), language="vi"))


def test_each_edit_of_the_registry_is_shown_in_words() -> None:
    shown = text_of(render_page(sample_report(), language="vi"))
    assert f"{Private().key}\\{Private().value}: gỡ giá trị này" in shown
    assert f"đặt thành {Private().data}" in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_that_goes_on_is_shown_as_it_must_be_typed(language: str) -> None:
    report = replace(sample_report(), next="quetsach clean --root /mnt/disk --state /media/usb/state")
    assert "quetsach clean --root /mnt/disk --state /media/usb/state" in text_of(render_page(report, language=language))


def test_packs_that_the_centre_took_back_are_named() -> None:
    report = replace(sample_report(), withdrawn=("old-family",))
    assert "taken these packs or signs back, so they were not used: old-family" in text_of(
        render_page(report, language="en")
    )


def test_a_kind_of_step_that_is_not_known_is_named_by_its_subject() -> None:
    steps = (replace(sample_report().steps[0], kind="other", subject="/srv/thing"),)
    assert "/srv/thing" in text_of(render_page(replace(sample_report(), steps=steps), language="en"))


def test_what_still_names_removed_files_is_listed() -> None:
    report = replace(sample_report(), verification=ReportedVerification(clean=False, remaining=0, dangling=("/etc/x",)))
    shown = text_of(render_page(report, language="en"))
    assert "Still pointing to removed files" in shown
    assert "/etc/x" in shown


GUIDED = """# Miner

## What it did

On **Linux**:

- It starts by cron.

On **Windows**:

- It makes a service.

## What to do now

1. Change passwords.
2. Windows: install the patch.
3. Linux: look through the keys.

## Removing a subscription on Windows

Open PowerShell.

## If you need help

Ask.
"""


def test_guidance_shows_the_part_of_this_system() -> None:
    assert render_text(GUIDED, platform="linux").splitlines() == [
        *("What it did", "On Linux:", "- It starts by cron.", "", "What to do now"),
        *("1. Change passwords.", "2. Linux: look through the keys.", "", "If you need help", "Ask."),
    ]
    of_windows = render_text(GUIDED, platform="windows")
    assert "Open PowerShell." in of_windows
    assert "cron" not in of_windows
    assert render_text(GUIDED) == render_text(GUIDED, platform="")
    assert "PowerShell" not in render(GUIDED, platform="linux")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", ["linux", "windows"])
def test_the_guidance_of_the_miner_is_about_one_system(language: str, platform: str) -> None:
    scan = sample_scan()
    miner = replace(scan, platform=platform, findings=tuple(f for f in scan.findings if f.family == "xmrig-miner"))
    shown = text_of(
        render_page(build(miner, kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=10), language=language)
    )
    assert ("Get-WmiObject" in shown) is (platform == "windows")
    assert ("ld.so.preload" in shown) is (platform == "linux")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_test_file_is_not_said_to_run_again(language: str) -> None:
    scan = sample_scan()
    eicar = replace(scan, findings=tuple(f for f in scan.findings if f.family == "eicar"))
    shown = text_of(
        render_page(build(eicar, kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=10), language=language)
    )
    assert families.ABOUT["test"].in_language(language) in shown
    assert families.ABOUT["file"].in_language(language) not in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_malware_of_another_system_is_told_as_such_with_the_command_that_cleans_it(language: str) -> None:
    scan = sample_scan()
    foreign = replace(scan.findings[0], family="wannacry", action=Action.REPORT, belongs_to=("windows",))
    command = "quetsach clean --root /mnt/share --system windows"
    report = build(
        replace(scan, findings=(foreign,)),
        kind=Kind.SCAN,
        report_id=REPORT_ID,
        now=NOW,
        exit_code=10,
        elsewhere=(command,),
    )
    shown = text_of(render_page(report, language=language))
    assert command in shown
    assert families.HOLDS["foreign"].with_values(systems="Windows").in_language(language) in shown
    todo = advice(report, language)
    assert {"vi": "mã độc của Windows", "en": "malware of Windows"}[language] in todo[0]
    assert verdicts.NEXT_STEPS["passwords"].in_language(language) not in todo


def test_the_page_names_the_reach_and_never_shows_the_tick_when_families_were_left_out() -> None:
    scan = replace(sample_scan(), findings=(), skipped={}, failed={}, failures=())
    whole = render_page(build(scan, kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=0), language="vi")
    assert "✔" in whole
    assert "mục tự khởi chạy và thiết lập: đã xem" in text_of(whole)
    chosen = replace(scan, reach=replace(scan.reach, left_out=("mozi",)))
    page = render_page(build(chosen, kind=Kind.SCAN, report_id=REPORT_ID, now=NOW, exit_code=0), language="vi")
    assert "✔" not in page
    assert "KHÔNG TÌM 1 họ khác: mozi." in text_of(page)
