"""The report on paper: contents with true page numbers, bookmarks, and what belongs on page one."""

import html
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.web.evaluation.samples import effect_of, inputs
from tests.unit.web.evaluation.test_report import counted

from quetsach.core.text import LocalText
from quetsach.web.evaluation.chapters import compose
from quetsach.web.evaluation.document import Evaluation, Paragraph
from quetsach.web.evaluation.page import typeset

LANGUAGES = ("vi", "en")


@pytest.fixture(scope="module")
def report() -> Evaluation:
    return compose(replace(inputs(effect=effect_of(0.6)), targets=counted()))


@pytest.fixture(scope="module", params=LANGUAGES)
def paper(
    request: pytest.FixtureRequest, report: Evaluation, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    file = tmp_path_factory.mktemp("paper") / "report.pdf"
    file.write_bytes(typeset(report, request.param))
    return request.param, file


def pages(file: Path) -> list[str]:
    told = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    return [" ".join(page.split()) for page in told.split("\f")]


def test_the_contents_name_every_chapter_with_the_page_that_it_is_on(
    report: Evaluation, paper: tuple[str, Path]
) -> None:
    language, file = paper
    told = pages(file)
    contents = next(page for page in told if page.startswith("Nội dung" if language == "vi" else "Contents"))
    for number, section in enumerate(report.sections, 1):
        title = section.title.in_language(language)
        found = re.search(rf"\b{number}\. {re.escape(title)}[ .\u2060]*(\d+)", contents)
        assert found, title
        assert f"{number}. {title}" in told[int(found[1]) - 1]


def test_every_chapter_is_a_bookmark(report: Evaluation, paper: tuple[str, Path]) -> None:
    language, file = paper
    made = subprocess.run(
        ["pdftohtml", "-xml", "-stdout", "-i", file], capture_output=True, text=True, check=True
    ).stdout
    marks = [html.unescape(mark) for mark in re.findall(r'<item page="\d+">([^<]*)</item>', made)]
    titles = [section.title.in_language(language) for section in report.sections]
    assert [re.sub(r"^\d+\.\s*", "", mark) for mark in marks] == titles


def test_page_one_holds_all_that_a_minister_needs_and_statistics_begin_after_it(
    report: Evaluation, paper: tuple[str, Path]
) -> None:
    language, file = paper
    told = pages(file)
    for words in ("Đã làm", "Đã biết", "Kiến nghị") if language == "vi" else ("Done", "Known", "Recommended"):
        assert words in told[0]
    for target in inputs().campaign.targets:
        assert " ".join(target.text.in_language(language).split()) in told[0]
    part = "Phần kỹ thuật" if language == "vi" else "For statisticians"
    [at] = [n for n, page in enumerate(told) if part in page]
    assert 2 <= at <= 4


@pytest.mark.parametrize("more", range(0, 30, 5))
def test_no_page_is_left_nearly_empty_before_the_part_for_statisticians(
    report: Evaluation, tmp_path: Path, more: int
) -> None:
    """Either its title stands in the upper part of a page under what came before, or the page before is filled."""
    last = max(n for n, section in enumerate(report.sections) if not section.is_technical)
    told = (Paragraph(LocalText("Một đoạn.", "A paragraph.")),) * more
    longer = replace(report.sections[last], blocks=(*report.sections[last].blocks, *told))
    file = tmp_path / "report.pdf"
    file.write_bytes(
        typeset(replace(report, sections=(*report.sections[:last], longer, *report.sections[last + 1 :])), "vi")
    )
    height, pages_of = 842, lines_of(file)
    [(at, top)] = [(n, y) for n, page in enumerate(pages_of) for y, size, word in page if word == "Phần" and size > 20]
    if any(y < top for y, _, _ in pages_of[at]):
        assert top < 0.66 * height
    else:
        assert max(y for y, _, _ in pages_of[at - 1] if y < 0.92 * height) > 0.5 * height


def lines_of(file: Path) -> list[list[tuple[float, float, str]]]:
    """Return the words of each page: where each begins from the top, how high it is, and what it is (points)."""
    told = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, text=True, check=True).stdout
    form = re.compile(r'yMin="([\d.]+)" xMax="[\d.]+" yMax="([\d.]+)">([^<]*)<')
    return [
        [(float(top), float(end) - float(top), html.unescape(word)) for top, end, word in form.findall(page)]
        for page in told.split("<page ")[1:]
    ]


def test_a_seal_is_whole_and_inside_the_page(report: Evaluation, paper: tuple[str, Path]) -> None:
    _, file = paper
    (seal,) = [row[1] for row in report.table("basis").rows if row[1] == "f" * 64]
    boxes = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, text=True, check=True).stdout
    words = re.findall(r'xMax="([0-9.]+)"[^>]*>(f{4,}[^<]*)</word>', boxes)
    assert "".join(re.sub(r"[^f]", "", word) for _, word in words) == seal
    assert all(float(right) < 595 - 50 for right, _ in words)
