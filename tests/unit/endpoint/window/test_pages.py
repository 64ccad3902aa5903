"""Every page of the window in both languages: one decision, buttons that keys reach, and no word more than is known."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.window_samples import (
    NARROW,
    QUICK,
    READY,
    cleaned,
    looked,
    scan,
    scanned,
    states,
)

from quetsach.core.errors import QuetsachError
from quetsach.core.text import Text
from quetsach.endpoint.messages import LANGUAGES
from quetsach.endpoint.messages.formatting import HINTS, HINTS_IN_WINDOW, REFUSALS
from quetsach.endpoint.plan.plan import Skipped
from quetsach.endpoint.plan.protection import SkipReason
from quetsach.endpoint.plan.step import Outcome
from quetsach.endpoint.report import Kind
from quetsach.endpoint.report import verdict as verdicts
from quetsach.endpoint.report.verdict import advice, verdict
from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.window.page import Page, Tone
from quetsach.endpoint.window.pages import page_of
from quetsach.endpoint.window.state import Done, Failed, Home, Seen, State, Told
from quetsach.endpoint.window.use_cases import ScanOutcome, Target, Updated, Upgraded

NAMES = tuple(states())
_COMMANDS = re.compile(r"quetsach (?!gui)[a-z]|(?<![\w-])--[a-z]|sudo (?!quetsach gui)")
_WORK = {"opening", "ending", "cleaning", "preparing", "checking", "waiting"}


def page(name: str, language: str = "vi") -> Page:
    return page_of(states(language)[name])


def every_text(shown: Page) -> list[str]:
    texts = [shown.title, *shown.text, shown.note, *(button.name for button in shown.buttons), shown.language.name]
    texts += [shown.rows.label, *(row.what for row in shown.rows.rows)] if shown.rows else []
    texts += [shown.progress.label, shown.progress.told] if shown.progress else []
    texts += [shown.details.label] if shown.details else []
    return texts + ([shown.agreement.text] if shown.agreement else [])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_asks_for_one_thing_and_keys_reach_all_of_it(name: str, language: str) -> None:
    shown = page(name, language)
    primaries = [button for button in shown.buttons if button.rank == "primary"]
    assert len(primaries) == (0 if shown.name in _WORK else 1)
    letters = [button.mnemonic for button in shown.buttons]
    assert all(letter.isascii() and letter.isalpha() for letter in letters), letters  # every keyboard has them
    assert len(set(letters)) == len(letters), letters
    assert len({button.action for button in shown.buttons}) == len(shown.buttons)
    assert not shown.escape or shown.escape in {*(button.action for button in shown.buttons), "home", "back", "past"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_word_is_there_and_for_people_who_type_no_commands(name: str, language: str) -> None:
    for text in every_text(page(name, language)):
        assert "{" not in text
        assert not _COMMANDS.search(text), text
        assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_offer_the_same(name: str) -> None:
    vi, en = (page(name, language) for language in LANGUAGES)
    assert [(b.action, b.rank, b.is_enabled) for b in vi.buttons] == [
        (b.action, b.rank, b.is_enabled) for b in en.buttons
    ]
    assert (vi.name, vi.tone, len(vi.text), vi.escape) == (en.name, en.tone, len(en.text), en.escape)
    assert vi.title != en.title
    assert (vi.language.name, en.language.name) == ("English", "Tiếng Việt")


def test_paths_are_told_as_windows_shows_them() -> None:
    rows = page("items").rows
    assert rows is not None
    assert rows.rows[1].where == "C:\\Users\\An Nguyễn\\AppData\\Roaming\\winsvcs.exe"
    progress = page("looking").progress
    assert progress is not None
    assert progress.place.startswith("C:\\Users\\")


@pytest.mark.parametrize(
    ("usual", "own"),
    [
        (verdicts._NEXT, verdicts._NEXT_IN_WINDOW),
        (verdicts._NEXT_OF_GAPS, verdicts._NEXT_OF_GAPS_IN_WINDOW),
        (verdicts.NEXT_STEPS, verdicts.NEXT_STEPS_IN_WINDOW),
        (HINTS, HINTS_IN_WINDOW),
    ],
    ids=["next", "gaps", "todo", "hints"],
)
def test_own_words_take_the_place_of_sentences_that_there_are(
    usual: Mapping[str, Text], own: Mapping[str, Text]
) -> None:
    assert own.keys() == usual.keys()
    assert any(own[key] is not usual[key] for key in usual)


def seen(result_changes: dict[str, object], code: int, target: Target = QUICK) -> Page:
    report = scanned(scan(**result_changes), code)
    return page_of(State("vi", Seen(target, ScanOutcome(report, None)), READY))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"skipped": NARROW}, 2),
        ({"failed": {Reason.NOT_REACHED: 1}}, 2),
        ({"failed": {Reason.UNREADABLE: 3}}, 2),
        ({"files": 0}, 2),
        ({"failed": {Reason.STALE: 1}}, 2),
        ({"skipped": {Reason.UNSETTLED: 1}}, 2),
        ({"is_elevated": False}, 2),
        ({"reach": replace(scan().reach, left_out=("sality",))}, 0),
    ],
)
def test_a_look_is_told_by_its_verdict_and_green_only_when_that_is_good(changes: dict[str, object], code: int) -> None:
    shown = seen(changes, code)
    told = verdict(scanned(scan(**changes), code), "vi", in_window=True)
    assert shown.title == told.headline
    assert set(told.lines) <= set(shown.text)
    assert (shown.tone is Tone.GOOD) is told.is_good is (changes == {})


def test_what_was_not_looked_for_is_named() -> None:
    shown = seen({"reach": replace(scan().reach, left_out=("sality", "virut"))}, 0)
    assert any("KHÔNG TÌM 2 họ khác: sality, virut" in text for text in shown.text)


@pytest.mark.parametrize(
    ("changes", "action"),
    [
        ({"failed": {Reason.NOT_REACHED: 1}}, "again"),
        ({"failed": {Reason.UNREADABLE: 3}}, "again"),
        ({}, "close"),
    ],
)
def test_the_one_thing_to_do_after_a_look_fits_what_it_came_to(changes: dict[str, object], action: str) -> None:
    shown = seen(changes, 2 if changes else 0)
    assert shown.primary is not None
    assert shown.primary.action == action


def test_a_full_scan_is_offered_after_a_quick_one_only() -> None:
    assert "full" in [button.action for button in seen({}, 0).buttons]
    assert "full" not in [button.action for button in seen({}, 0, Target("full")).buttons]


def test_found_says_what_will_happen_and_what_can_be_undone() -> None:
    text = " ".join(page("found").text)
    assert "Sâu Phorpiex (Trik) (mức cao)" in text
    assert "cách ly 1 tệp, sửa 1 chỗ trong registry và dừng 1 chương trình đang chạy" in text
    assert "đều trả lại được như cũ; chương trình đã dừng thì không được chạy lại" in text


def test_what_is_left_alone_is_counted() -> None:
    whole = looked(held=[Skipped(scan(is_found=True).findings[0], SkipReason.PACKAGE)])
    assert whole.plan is not None
    without = replace(whole, plan=replace(whole.plan, steps=whole.plan.steps[1:]))
    shown = page_of(State("vi", Seen(QUICK, without), READY))
    assert "1 mục chỉ được báo và để nguyên; lý do có trong báo cáo." in shown.text


def test_without_rights_nothing_can_be_cleaned() -> None:
    actions = [button.action for button in page("found-not-elevated").buttons]
    assert actions[0] == "elevate"
    assert "clean" not in actions


def test_braked_plans_are_looked_at_item_by_item_first() -> None:
    assert "clean" not in [button.action for button in page("brake").buttons]
    unsure, sure = page("items-brake"), page("items-brake-sure")
    assert unsure.primary is not None
    assert sure.primary is not None
    assert (unsure.primary.is_enabled, sure.primary.is_enabled) == (False, True)
    assert "42" in (unsure.agreement.text if unsure.agreement else "")


def test_done_says_what_to_do_now() -> None:
    shown = page("done")
    assert shown.details is not None
    assert shown.details.label == "Việc bạn cần làm bây giờ"
    for word in ("Zalo", "ngân hàng", "mật khẩu", "Bảo mật Windows"):
        assert word in shown.details.text
    steps, _, findings = shown.details.text.partition("\n\n")
    assert len(advice(cleaned(), "vi", in_window=True)) == steps.count("\n") + 1
    assert findings.count("đã bóc gỡ") == 3


def test_what_is_not_done_is_marked() -> None:
    shown = page("done-partly")
    assert shown.details is not None
    assert "chưa bóc gỡ được" in shown.details.text


def test_a_restart_is_offered_where_one_is_needed() -> None:
    assert [page(name).buttons[0].action for name in ("done", "done-restart", "done-partly")] == [
        "close",
        "restart",
        "home",
    ]


def test_what_did_nothing_cannot_be_undone() -> None:
    report = cleaned()
    failed = replace(report, exit_code=14, steps=tuple(replace(one, outcome=Outcome.CHANGED) for one in report.steps))
    shown = [page_of(State("vi", Done(one), READY)) for one in (report, failed)]
    assert ["undo" in [button.action for button in one.buttons] for one in shown] == [True, False]


def test_undone_is_never_green() -> None:
    shown = page("undone")
    assert (shown.tone, "mã độc đã trở lại máy" in shown.title) == (Tone.ATTENTION, True)
    assert "undo" not in [button.action for button in shown.buttons]


def test_a_full_disk_is_told_as_that() -> None:
    assert page("no-space").title == "Ổ đĩa đã đầy"
    shown = page_of(State("vi", Failed(QuetsachError("something else"), Home()), READY))
    assert shown.name == "error"


def test_hints_to_type_commands_are_left_out() -> None:
    error = QuetsachError("there is no report yet", where="C:\\x", hint="run `quetsach scan` first")
    text = page_of(State("en", Failed(error, Home()), READY)).text
    assert text[0] == "There is no report yet: C:\\x."
    assert not any("quetsach scan" in line for line in text)


def test_a_refused_update_says_that_the_packs_stay() -> None:
    shown = page("packs-expired")
    assert "Kho cập nhật đã hết hạn. Các gói đang có được giữ nguyên" in shown.text[0]
    assert "2026-11-28" in shown.text[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REFUSALS)
def test_every_reason_to_refuse_an_update_has_a_page_without_commands(reason: str, language: str) -> None:
    for outcome, name in (
        (Updated(refusal=reason, detail="x"), "refused"),
        (Upgraded("0.3.0", refusal=reason, detail="x"), "upgrade-refused"),
        (Updated(tool="refused", tool_refusal=reason), "updated"),
    ):
        shown = page_of(State(language, Told(outcome, Home()), READY))
        assert shown.name == name
        assert shown.tone is Tone.ATTENTION
        assert not [text for text in every_text(shown) if _COMMANDS.search(text)]


def test_a_newer_version_is_asked_about_with_what_happens_to_this_one() -> None:
    shown = page("newer")
    assert [button.action for button in shown.buttons] == ["upgrade", "home"]
    assert shown.title == "Có phiên bản mới của công cụ: 0.3.0"
    text = " ".join(shown.text)
    assert ("phiên bản 0.2.0" in text, "15,0 MiB" in text) == (True, True)
    assert "phiên bản bạn đang dùng vẫn giữ nguyên" in text
    assert "3 gói mới" in text


def test_packs_that_need_a_newer_tool_lead_to_it() -> None:
    shown = page("newer-for-packs")
    assert shown.buttons[0].action == "upgrade"
    assert any("không dùng được với phiên bản này của công cụ" in text for text in shown.text)


def test_without_the_rights_a_newer_version_is_not_offered() -> None:
    shown = page("newer-not-allowed")
    assert [button.action for button in shown.buttons] == ["elevate", "home"]


def test_a_new_version_that_failed_leaves_the_old_one_and_says_so() -> None:
    shown = page("upgrade-failed")
    assert "Phiên bản mới không chạy được trên máy này" in shown.text[0]
    assert shown.text[-1] == "Phiên bản đang dùng vẫn giữ nguyên."
    assert "start-anew" not in [button.action for button in shown.buttons]


def test_what_others_keep_up_to_date_is_not_offered_and_says_what_to_do() -> None:
    shown = page("updated-elsewhere")
    assert "upgrade" not in [button.action for button in shown.buttons]
    assert any("hãy cập nhật theo cách đã cài" in text for text in shown.text)


def test_all_that_would_be_sent_is_shown_and_nothing_goes_without_a_tick() -> None:
    before, after = page("offer"), page("offer-agreed")
    assert before.details is not None
    assert before.details.text.startswith('{\n  "format": "quetsach-submission/1"')
    assert before.primary is not None
    assert after.primary is not None
    assert (before.primary.is_enabled, after.primary.is_enabled) == (False, True)


def test_a_time_left_is_told_only_where_it_is_known() -> None:
    known, unknown, still = (page(name).progress for name in ("looking", "looking-drive", "paused"))
    assert known is not None
    assert unknown is not None
    assert still is not None
    assert known.told.endswith("còn khoảng 7 phút")
    ending = page("ending").progress
    assert ending is not None
    assert "còn" not in unknown.told + still.told + ending.told


def test_the_report_of_an_undo_offers_its_correction_first() -> None:
    report = replace(cleaned(), kind=Kind.UNDO, undo=None, exit_code=10)
    shown = page_of(State("vi", Done(report, is_correction_due=True), READY))
    assert shown.buttons[0].action == "offer"
