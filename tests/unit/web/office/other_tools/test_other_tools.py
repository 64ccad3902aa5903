"""The catalogue of other makers' tools in the office: one asks, another lets it out, the log has it."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from quetsach import storage
from quetsach.campaign.authority import Role
from quetsach.centre.other_tools import ToolCatalogueError, find_other_tool, load_other_tools, own_list_path
from quetsach.web.office.approvals.models import Approval
from quetsach.web.office.approvals.services import ApprovalError, approval_decide
from quetsach.web.office.log.models import LogEntry
from quetsach.web.office.other_tools.forms import ToolForm
from quetsach.web.office.people.models import Person

PAGE, PUBLIC = "/van-phong/cong-cu-khac/", "/cong-cu-khac/"
DISK = "kaspersky-rescue-disk"
NOW = datetime(2026, 12, 3, 8, tzinfo=UTC)
FILLED = {
    "id": "maker-cleaner",
    "name": "Maker Cleaner",
    "vendor": "A maker",
    "kinds": ["removal-tool"],
    "platforms": ["windows"],
    "about_vi": "Quét\nvà gỡ.",
    "about_en": "Scans and removes.",
    "price_vi": "Miễn phí",
    "price_en": "Free",
    "link": "https://maker.example.com/cleaner",
    "checksums": "",
    "families": "",
    "reason_vi": "",
    "reason_en": "",
    "source": "",
    "checked_on": "2026-12-03",
    "checked_how": "opened",
    "checked_by": "Trung tâm",
    "reason": "Nhiều người hỏi",
}


@pytest.fixture
def data(settings, tmp_path: Path, units) -> Path:
    settings.CENTER = dataclasses.replace(settings.CENTER, data=tmp_path)
    return tmp_path


@pytest.fixture
def analyst(data: Path, person) -> Person:
    return person(Role.ANALYST)


@pytest.fixture
def asking(analyst: Person, signed_in: Callable[..., Client]) -> Client:
    return signed_in(analyst)


@pytest.fixture
def other(data: Path, person) -> Person:
    return person(Role.OPERATOR)


def changed(browser: Client, key: str, **values: object) -> dict[str, object]:
    """Return what the form of an entry holds, with some of it changed."""
    form = browser.get(f"{PAGE}muc/{key}/").context["form"]
    held = {name: form[name].value() or "" for name in form.fields}
    return held | {"reason": "Hãng đổi trang"} | values


def waiting() -> Approval:
    return Approval.objects.get(kind="other-tools", is_granted=None)


def agree(by: Person) -> Approval:
    return approval_decide(approval=waiting(), is_granted=True, reason="", by=by, now=NOW)


def test_a_new_tool_is_shown_once_another_person_agreed(asking: Client, other: Person, data: Path) -> None:
    assert asking.post(f"{PAGE}them/", FILLED).status_code == 302
    assert find_other_tool(data, "maker-cleaner") is None
    assert "Maker Cleaner" not in asking.get(PUBLIC).content.decode()
    agree(other)
    found = find_other_tool(data, "maker-cleaner")
    assert found is not None
    assert found.about.vi == "Quét và gỡ."
    assert "Maker Cleaner" in asking.get(PUBLIC).content.decode()


def test_who_asks_does_not_agree(asking: Client, analyst: Person, data: Path) -> None:
    asking.post(f"{PAGE}them/", FILLED)
    with pytest.raises(ApprovalError, match="người trình"):
        agree(analyst)
    assert find_other_tool(data, "maker-cleaner") is None


def test_asking_and_agreeing_stand_in_the_log_with_the_reason(asking: Client, other: Person) -> None:
    asking.post(f"{PAGE}them/", FILLED)
    agree(other)
    acts = list(
        LogEntry.objects.filter(subject="other-tool:maker-cleaner").order_by("pk").values_list("act", flat=True)
    )
    assert acts == ["approval-ask", "approval-grant", "other-tool-publish"]
    assert LogEntry.objects.get(act="other-tool-publish").detail["reason"] == "Nhiều người hỏi"


def test_a_link_is_changed_and_the_rest_stays(asking: Client, other: Person, data: Path) -> None:
    before = find_other_tool(data, DISK)
    moved = "https://support.kaspersky.com/rescue"
    assert asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK, link=moved)).status_code == 302
    agree(other)
    assert before is not None
    assert find_other_tool(data, DISK) == dataclasses.replace(before, link=moved)
    assert len(load_other_tools(data)) == len(load_other_tools(None))


def test_a_withdrawn_tool_is_shown_no_more(asking: Client, other: Person, data: Path) -> None:
    edition = asking.get(f"{PAGE}muc/{DISK}/").context["withdrawal"].initial["before"]
    asking.post(f"{PAGE}muc/{DISK}/bo/", {"before": edition, "reason": "Hãng ngừng phát hành"})
    agree(other)
    assert find_other_tool(data, DISK) is None
    assert LogEntry.objects.filter(act="other-tool-withdraw").count() == 1
    assert asking.get(f"{PAGE}muc/{DISK}/").status_code == 404


def test_a_withdrawal_needs_a_reason(asking: Client, data: Path) -> None:
    edition = asking.get(f"{PAGE}muc/{DISK}/").context["withdrawal"].initial["before"]
    assert asking.post(f"{PAGE}muc/{DISK}/bo/", {"before": edition, "reason": " "}).status_code == 422
    assert not Approval.objects.exists()


def test_what_somebody_else_changed_meanwhile_is_not_written_over(asking: Client, other: Person, data: Path) -> None:
    late = changed(asking, DISK, vendor="Late")
    asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK, vendor="First"))
    agree(other)
    answer = asking.post(f"{PAGE}muc/{DISK}/", late)
    assert answer.status_code == 422
    assert "đã thay đổi từ lúc đó" in answer.content.decode()
    assert not Approval.objects.filter(is_granted=None).exists()


def test_a_newer_request_about_a_tool_takes_the_place_of_the_one_before(
    asking: Client, other: Person, data: Path
) -> None:
    asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK, vendor="First"))
    asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK, vendor="Second"))
    assert Approval.objects.filter(is_granted=None).count() == 1
    agree(other)
    found = find_other_tool(data, DISK)
    assert found is not None
    assert found.vendor == "Second"


def test_what_was_refused_is_neither_listed_nor_kept(asking: Client, other: Person, data: Path) -> None:
    asking.post(f"{PAGE}them/", FILLED)
    approval_decide(approval=waiting(), is_granted=False, reason="Không rõ của ai", by=other, now=NOW)
    assert asking.get(f"{PAGE}muc/maker-cleaner/").status_code == 404
    assert "Maker Cleaner" not in asking.get(PAGE).content.decode()
    asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK, vendor="Other"))
    (kept,) = (data / "other-tools" / "asked").glob("*.toml")
    assert kept.stem == waiting().digest


def test_who_asks_again_after_a_refusal_is_heard_again(asking: Client, other: Person, data: Path) -> None:
    asking.post(f"{PAGE}them/", FILLED)
    approval_decide(approval=waiting(), is_granted=False, reason="Không rõ của ai", by=other, now=NOW)
    asking.post(f"{PAGE}them/", FILLED)
    agree(other)
    assert find_other_tool(data, "maker-cleaner") is not None


def test_nothing_is_asked_where_nothing_would_change(asking: Client, data: Path) -> None:
    answer = asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK))
    assert answer.status_code == 422
    assert "không thay đổi gì" in answer.content.decode()
    assert not Approval.objects.exists()


def test_who_decides_sees_what_is_and_what_would_be(asking: Client, other: Person, signed_in, data: Path) -> None:
    asking.post(f"{PAGE}muc/{DISK}/", changed(asking, DISK, link="https://support.kaspersky.com/rescue"))
    page = signed_in(other).get(f"/van-phong/phe-duyet/{waiting().pk}/").content.decode()
    for told in ("https://support.kaspersky.com/rescue", "free-rescue-disk", "Hãng đổi trang", "hãy tự mở liên kết"):
        assert told in page
    assert "khởi động máy nhiễm từ USB" not in page  # what stays is not shown


def test_who_decides_about_a_new_tool_sees_all_of_it(asking: Client, other: Person, signed_in, data: Path) -> None:
    asking.post(f"{PAGE}them/", FILLED)
    page = signed_in(other).get(f"/van-phong/phe-duyet/{waiting().pk}/").content.decode()
    for told in ("Maker Cleaner", FILLED["link"], "Scans and removes.", "Trung tâm", "đã mở trang của hãng"):
        assert str(told) in page


def test_who_decides_about_a_withdrawal_is_told_what_goes(asking: Client, other: Person, signed_in, data: Path) -> None:
    edition = asking.get(f"{PAGE}muc/{DISK}/").context["withdrawal"].initial["before"]
    asking.post(f"{PAGE}muc/{DISK}/bo/", {"before": edition, "reason": "Hãng ngừng phát hành"})
    page = signed_in(other).get(f"/van-phong/phe-duyet/{waiting().pk}/").content.decode()
    assert "sẽ không hiện nữa" in page
    assert "Hãng ngừng phát hành" in page


def test_what_was_agreed_to_and_not_written_is_written_later(
    asking: Client, other: Person, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking.post(f"{PAGE}them/", FILLED)

    def full(path: Path, *_content: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(storage, "write", full)
        with pytest.raises(ToolCatalogueError, match="cannot be written"):
            agree(other)
    assert find_other_tool(data, "maker-cleaner") is None
    assert not LogEntry.objects.filter(act="other-tool-publish").exists()
    page = asking.get(f"{PAGE}muc/maker-cleaner/").content.decode()
    assert "đã đồng ý, chưa công khai" in page
    assert asking.post(f"{PAGE}muc/maker-cleaner/thuc-hien/").status_code == 302
    assert find_other_tool(data, "maker-cleaner") is not None
    assert LogEntry.objects.filter(act="other-tool-publish").count() == 1


def test_what_waits_is_not_written_by_who_asked(asking: Client, data: Path) -> None:
    asking.post(f"{PAGE}them/", FILLED)
    assert asking.post(f"{PAGE}muc/maker-cleaner/thuc-hien/").status_code == 404
    assert find_other_tool(data, "maker-cleaner") is None


def test_a_request_that_was_tampered_with_cannot_be_granted(asking: Client, other: Person, data: Path) -> None:
    asking.post(f"{PAGE}them/", FILLED)
    (path,) = (data / "other-tools" / "asked").glob("*.toml")
    path.write_text(path.read_text("utf-8").replace("maker.example.com", "evil.example.com"), "utf-8")
    with pytest.raises(ToolCatalogueError, match="không còn nữa"):
        agree(other)
    assert find_other_tool(data, "maker-cleaner") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("link", "http://maker.example.com/"),
        ("link", "https://192.168.1.1/"),
        ("link", "https://user:secret@maker.example.com/"),
        ("link", 'https://maker.example.com/" onclick'),
        ("link", "see https://maker.example.com/"),
        ("name", "Maker\u202ecleaner"),
        ("checksums", "ftp://maker.example.com/"),
        ("id", "Maker Cleaner"),
        ("kinds", []),
        ("checked_on", "2026-02-31"),
        ("checked_how", "believed"),
        ("families", "no-such-family"),
        ("reason", ""),
        ("about_vi", "x" * 1001),
    ],
)
def test_what_the_reader_would_refuse_is_refused_in_the_form(
    asking: Client, data: Path, field: str, value: object
) -> None:
    answer = asking.post(f"{PAGE}them/", FILLED | {field: value})
    assert answer.status_code == 422
    assert {field, "__all__"} & set(answer.context["form"].errors)
    assert not Approval.objects.exists()


def test_families_need_a_reason_and_a_source(asking: Client, data: Path) -> None:
    held = changed(asking, DISK, source="", reason_en="")
    form = ToolForm(held, tool=find_other_tool(data, DISK))
    assert not form.is_valid()
    assert set(form.errors) == {"source", "reason_en"}


@pytest.mark.parametrize("tool", load_other_tools(None), ids=lambda tool: tool.id)
def test_every_entry_of_the_build_comes_through_the_form_unchanged(tool, data: Path) -> None:
    held = ToolForm(tool=tool)
    form = ToolForm({name: held[name].value() or "" for name in held.fields} | {"reason": "x"}, tool=tool)
    assert form.is_valid(), form.errors
    assert form.tool(tool.id) == tool


@pytest.mark.parametrize("role", ["press", "auditor"])
def test_who_does_not_publish_packs_has_no_say(data: Path, person, signed_in, role: str) -> None:
    browser = signed_in(person(role))
    for path in (PAGE, f"{PAGE}them/", f"{PAGE}muc/{DISK}/"):
        assert browser.get(path).status_code == 403
    assert browser.post(f"{PAGE}muc/{DISK}/bo/", {"reason": "x"}).status_code == 403


def test_the_list_shows_first_what_waits(asking: Client, data: Path) -> None:
    asking.post(f"{PAGE}muc/virustotal/", changed(asking, "virustotal", vendor="Other"))
    page = asking.get(PAGE)
    assert next(one.key for one in page.context["tools"]) == "virustotal"
    assert "chờ người thứ hai" in page.content.decode()


def test_a_damaged_list_is_told_and_no_broken_page(asking: Client, data: Path) -> None:
    own_list_path(data).parent.mkdir(exist_ok=True)
    own_list_path(data).write_text("nonsense = 1\n")
    answer = asking.get(PAGE)
    assert answer.status_code == 200
    assert "nonsense" in answer.content.decode()
