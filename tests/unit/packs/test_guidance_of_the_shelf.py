"""What the packs of the shelf tell the owner: readable as shown, the same in both languages, one word for one thing."""

import re
from html import unescape
from pathlib import Path

import pytest

from quetsach.core.pack import Pack
from quetsach.endpoint.report.guidance import render
from quetsach.packs.load import load_pack

SHELF = tuple(load_pack(path.parent) for path in sorted((Path(__file__).parents[3] / "packs").glob("*/pack.toml")))
FAMILIES = tuple(pack for pack in SHELF if pack.family not in {"eicar", "archive-bomb"})
INFECTORS = tuple(pack for pack in SHELF if pack.family in {"ramnit", "sality", "virut"})
ANOTHER_WORD = {
    "vi": {
        r"vi-rút|virus": "vi rút",
        r"(phần mềm|hãng) (diệt mã độc|bảo vệ|bảo mật|chống vi)|phòng chống mã độc": "phần mềm (hãng) diệt vi rút",
        r"(cán bộ|bộ phận|nhân viên) công nghệ thông tin": "người phụ trách công nghệ thông tin",
        r"(?<!ổ )USB": "ổ USB",
        r"Windows Defender": "Microsoft Defender",
        r"(?<!Dấu nhắc lệnh \()Command Prompt|dấu nhắc lệnh": "Dấu nhắc lệnh (Command Prompt)",
        r"tiền (điện tử|mã hóa|số)": "tiền ảo",
        r"quý vị|các bạn|người dùng cần": "bạn",
        r"(?i:tuyệt đối|đảm bảo 100|vĩnh viễn|khẩn cấp|nguy hiểm)": "calm words that promise nothing",
        "[\"']": "“ ”",
    },
    "en": {
        r"Windows Defender": "Microsoft Defender",
        r"makers? of (antivirus|protection)|security makers?": "antivirus makers",
        r"\banew\b": "reinstall",
        r"USB (stick|drive|key)|thumb drive|pen drive": "memory stick",
        r"(?<!a )(?<!open )command prompt": "Command Prompt",
        r"(?i:absolutely|guarantee|urgent|dangerous|forever)": "calm words that promise nothing",
        '"': "“ ”",
    },
}
PHONE = r"(?<![\w.])(?:(?:\+84|0)\d{2,3}[ .]?\d{3}[ .]?\d{3,4}|1[89]00[ .]?\d{4})(?!\d)"


def _shown(markdown: str) -> str:
    """Return the guidance as people read it, without what stands in code: paths and commands are not our words."""
    return unescape(re.sub(r"<code>.*?</code>", "", render(markdown)))


def _outline(markdown: str) -> list[tuple[int, int, int, int]]:
    """Return how many paragraphs, items, numbered steps and pieces of code each section has."""
    sections = re.split(r"<h3>", render(markdown))
    return [(part.count("<p>"), part.count("<li>"), part.count("<ol>"), part.count("<code>")) for part in sections]


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("pack", SHELF, ids=lambda pack: pack.family)
def test_no_mark_of_the_source_is_left_for_people_to_read(pack: Pack, language: str) -> None:
    text = re.sub(r"</?\w[^>]*>", "", _shown(pack.guidance.in_language(language)))
    assert not re.findall(r".{0,20}(?:[*`]|\]\(|^#|^\d+\. |^- ).{0,20}", text, re.MULTILINE)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("pack", FAMILIES, ids=lambda pack: pack.family)
def test_what_to_do_is_one_list_that_counts_on(pack: Pack, language: str) -> None:
    text = pack.guidance.in_language(language)
    section = next(part for part in text.split("\n## ")[1:] if re.match(r"Bây giờ|What to do now", part))
    numbers = [int(number) for number in re.findall(r"^ *(\d+)\. ", section, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 6
    assert (render(section).count("<ol>"), render(section).count("<ul>")) == (1, 0)


@pytest.mark.parametrize("pack", SHELF, ids=lambda pack: pack.family)
def test_both_languages_have_the_same_parts(pack: Pack) -> None:
    assert _outline(pack.guidance.vi) == _outline(pack.guidance.en)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("pack", SHELF, ids=lambda pack: pack.family)
def test_one_thing_has_one_name(pack: Pack, language: str) -> None:
    text = re.sub(r"</?\w[^>]*>", "", _shown(pack.guidance.in_language(language)))
    for pattern, word in ANOTHER_WORD[language].items():
        assert not re.findall(f".{{0,20}}(?:{pattern}).{{0,20}}", text), f"say {word}"


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("pack", SHELF, ids=lambda pack: pack.family)
def test_no_number_to_call_is_made_up_and_links_are_encrypted(pack: Pack, language: str) -> None:
    text = pack.guidance.in_language(language)
    assert not re.findall(PHONE, _shown(text))
    assert all(link.startswith("https://") for link in re.findall(r"\w+://[^\s)]*", text))


@pytest.mark.parametrize("pack", FAMILIES, ids=lambda pack: pack.family)
def test_a_family_says_who_helps(pack: Pack) -> None:
    assert "## Khi cần người giúp\n" in pack.guidance.vi
    assert "## If you need help\n" in pack.guidance.en


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("pack", INFECTORS, ids=lambda pack: pack.family)
def test_who_has_infected_programs_reads_what_becomes_of_them_and_how_to_go_back(pack: Pack, language: str) -> None:
    text = pack.guidance.in_language(language)
    assert "\n## Chương trình và tài liệu của bạn" in text or "\n## What happens to your programs" in text
    for command in ("undo --last", "quarantine list", "quarantine show ", "quarantine restore "):
        assert f"`sudo quetsach {command}" in text
