"""Tests of the catalogue of other makers' tools: its form, its lists laid over one another, its text."""

import contextlib
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quetsach.campaign.tool_catalogue import (
    Advised,
    Checked,
    CheckedHow,
    OtherTool,
    Platform,
    ToolChange,
    ToolKind,
    ToolList,
    laid_over,
    read_tool_change,
    read_tool_list,
    tool_change_text,
    tool_list_text,
)
from quetsach.core.errors import InputError
from quetsach.core.text import LocalText

GOOD = """[[tool]]
id = "rescue"
name = "Rescue Disk"
vendor = "A maker"
kinds = ["rescue-disk"]
platforms = ["windows"]
about.vi = "Khởi động từ USB."
about.en = "Starts from a stick."
price.vi = "Miễn phí"
price.en = "Free"
link = "https://maker.example.com/rescue"
checksums = "https://maker.example.com/sums"
[tool.advised]
families = ["sality"]
reason.vi = "Vì lây tệp."
reason.en = "It infects files."
source = "guidance"
[tool.checked]
on = "2026-12-03"
how = "documents"
by = "Quét Sạch"
"""


def tool(id_: str = "rescue", **other: object) -> OtherTool:
    known = {
        "name": "Rescue Disk",
        "vendor": 'A "maker" \\ of tools',
        "kinds": (ToolKind.RESCUE_DISK,),
        "platforms": (Platform.WINDOWS,),
        "about": LocalText("Khởi động từ USB.", "Starts from a stick."),
        "price": LocalText("Miễn phí", "Free"),
        "link": "https://maker.example.com/rescue",
        "checked": Checked(date(2026, 12, 3), CheckedHow.OPENED, "Trung tâm"),
    }
    return OtherTool(id=id_, **(known | other))  # type: ignore[arg-type]


def read(text: str) -> ToolList:
    return read_tool_list(text.encode(), where="tools.toml")


def test_a_list_is_read() -> None:
    (found,) = read(GOOD).tools
    assert (found.id, found.kinds, found.families) == ("rescue", (ToolKind.RESCUE_DISK,), ("sality",))
    assert found.checked == Checked(date(2026, 12, 3), CheckedHow.DOCUMENTS, "Quét Sạch")
    assert not found.is_for_phones


def test_a_list_is_the_same_after_it_was_written() -> None:
    advised = Advised(("sality", "virut"), LocalText("Vì", "Because"), "sources.md")
    tools = ToolList((tool(), tool("two", advised=advised, checksums="https://maker.example.com/")), ("gone",))
    assert read(tool_list_text(tools)) == tools


@pytest.mark.parametrize("withdraws", [True, False])
def test_a_change_is_the_same_after_it_was_written(*, withdraws: bool) -> None:
    change = ToolChange("rescue", None if withdraws else tool(), "" if not withdraws else "ab" * 32, "Trang đã đổi")
    assert read_tool_change(tool_change_text(change).encode(), where="change") == change


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("https://maker.example.com/rescue", "http://maker.example.com/rescue", ":11: tool 1 (rescue)"),
        ("https://maker.example.com/rescue", "https://user@maker.example.com/", "'link'"),
        ("https://maker.example.com/rescue", "https://maker.example.com:8443/", "'link'"),
        ("https://maker.example.com/rescue", "https://127.0.0.1/", "'link'"),
        ("https://maker.example.com/rescue", "https://localhost/", "'link'"),
        ("https://maker.example.com/rescue", 'https://maker.example.com/\\" onclick', "'link'"),
        ("https://maker.example.com/rescue", "https://mäker.example.com/", "'link'"),
        ('["rescue-disk"]', '["rescue"]', "'kinds'"),
        ('["windows"]', "[]", "'platforms'"),
        ('["windows"]', '["windows", "windows"]', "'platforms'"),
        ('["sality"]', '["../sality"]', "families"),
        ("2026-12-03", "2026-02-30", "'on'"),
        ('how = "documents"', 'how = "heard of"', "'how'"),
        ('price.en = "Free"\n', "", "'en' is missing"),
        ('vendor = "A maker"', 'vendor = "A maker"\nlicence = "?"', "unknown field 'licence'"),
        ('id = "rescue"', f'id = "{"a" * 49}"', "'id'"),
    ],
)
def test_a_field_that_cannot_be_is_refused_with_its_place(was: str, becomes: str, told: str) -> None:
    assert was in GOOD
    with pytest.raises(InputError, match=re.escape(told)) as refused:
        read(GOOD.replace(was, becomes, 1))
    assert "tools.toml:" in str(refused.value)


_LINE = st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable() and bool(text.strip()))


@given(st.builds(LocalText, _LINE, _LINE), _LINE, _LINE)
def test_whatever_people_write_in_a_line_comes_back(about: LocalText, name: str, by: str) -> None:
    tools = ToolList((tool(about=about, name=name, checked=Checked(date(2026, 12, 3), CheckedHow.TRIED, by)),))
    assert read(tool_list_text(tools)) == tools


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: f"[[tool]]\n{text}".encode()))
def test_no_bytes_make_another_error_than_that_of_the_reader(raw: bytes) -> None:
    for read_one in (read_tool_list, read_tool_change):
        with contextlib.suppress(InputError):
            read_one(raw, where="tools.toml")


def test_two_tools_of_one_id_are_refused() -> None:
    with pytest.raises(InputError, match="rescue is there twice"):
        read(GOOD + GOOD)


def test_a_tool_is_not_both_there_and_withdrawn() -> None:
    with pytest.raises(InputError, match="rescue is there twice"):
        read('withdrawn = ["rescue"]\n' + GOOD)


def test_a_change_of_another_tool_is_refused() -> None:
    with pytest.raises(InputError, match="not of one tool"):
        read_tool_change(('id = "other"\nreason = "x"\n' + GOOD).encode(), where="change")


def test_later_lists_replace_and_withdraw() -> None:
    build = ToolList((tool("a"), tool("b"), tool("c")))
    own = ToolList((tool("b", vendor="B"), tool("d")), ("a",))
    found = laid_over([build, own])
    assert [(one.id, one.vendor == "B") for one in found] == [("b", True), ("c", False), ("d", False)]


def test_a_withdrawn_tool_comes_back_when_it_is_written_again() -> None:
    own = ToolList().without_tool("a").with_tool(tool("a"))
    assert [one.id for one in laid_over([ToolList((tool("a"),)), own])] == ["a"]
    assert own.withdrawn == ()


def test_a_tool_of_telephones_alone_is_known() -> None:
    assert tool(platforms=(Platform.ANDROID, Platform.IOS)).is_for_phones
    assert not tool(platforms=(Platform.ANDROID, Platform.WINDOWS)).is_for_phones
