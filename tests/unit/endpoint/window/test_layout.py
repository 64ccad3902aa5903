"""Where the parts of a page stand, for every page, language, scale and size of window: nothing covered, nothing cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.window_samples import states

from quetsach.endpoint.messages import LANGUAGES
from quetsach.endpoint.window.layout import (
    HEIGHT,
    LEAST_HEIGHT,
    LEAST_WIDTH,
    SIZES,
    WIDTH,
    Face,
    Part,
    Placed,
    arrange,
    shortened,
    wrapped,
)
from quetsach.endpoint.window.page import Page
from quetsach.endpoint.window.pages import page_of


def measure(scale: float, wide: float = 0.56):
    return lambda text, face: len(text) * SIZES[face] * scale * wide


def overlap(one: Placed, other: Placed) -> bool:
    a, b = one.box, other.box
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (LEAST_WIDTH, LEAST_HEIGHT), (1200, 900)])
def test_nothing_covers_another_or_leaves_the_window(language: str, scale: float, size: tuple[int, int]) -> None:
    width, height = (round(length * scale) for length in size)
    for name, state in states(language).items():
        placed = arrange(page_of(state), width, height, scale, measure(scale))
        for one, other in itertools.combinations(placed, 2):
            assert not overlap(one, other), (name, one.part, other.part)
        for one in placed:
            box = one.box
            assert box.x >= 0, (name, one)
            assert box.y >= 0, (name, one)
            assert box.x + box.width <= width, (name, one)
            assert box.y + box.height <= height, (name, one)
            for line in one.lines:
                assert measure(scale)(line, one.face) <= box.width + 1, (name, line)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_page_is_somewhere(language: str) -> None:
    for state in states(language).values():
        page = page_of(state)
        placed = arrange(page, LEAST_WIDTH, LEAST_HEIGHT, 1.0, measure(1.0))
        told = "\n".join(one.text for one in placed)
        assert all(text in told for text in (page.title, *page.text, page.note))
        assert {one.button for one in placed if one.button} == {*page.buttons, page.language}


def test_what_is_read_first_comes_first_and_the_language_last() -> None:
    placed = arrange(page_of(states()["items-brake"]), WIDTH, HEIGHT, 1.0, measure(1.0))
    parts = [one.part for one in placed]
    assert parts[:3] == [Part.WORDMARK, Part.SIGN, Part.TITLE]
    assert (
        parts.index(Part.LABEL) + 1 == parts.index(Part.ROWS) < parts.index(Part.AGREEMENT) < parts.index(Part.BUTTON)
    )
    assert placed[-1].button is not None
    assert placed[-1].button.action == "language"


def test_text_that_does_not_fit_scrolls_together_with_what_scrolls_below() -> None:
    page = Page("x", "Title", tuple("word " * 60 for _ in range(9)), ())
    placed = arrange(page, WIDTH, HEIGHT, 1.0, measure(1.0))
    scrolled = [one for one in placed if one.part is Part.SCROLLED]
    assert [one.text for one in scrolled] == ["\n\n".join(page.text)]
    assert not [one for one in placed if one.part is Part.PARAGRAPH]


@given(st.text(st.characters(codec="utf-8"), max_size=300), st.integers(20, 400))
def test_wrapped_text_keeps_every_letter_and_fits(text: str, width: int) -> None:
    lines = wrapped(text, width, lambda part: len(part) * 7)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(len(line) * 7 <= max(width, 7) for line in lines)


@given(st.text(min_size=1, max_size=200), st.integers(20, 400))
def test_a_shortened_path_fits_and_keeps_its_ends(text: str, width: int) -> None:
    told = shortened(text, width, lambda part: len(part) * 7)
    assert len(told) * 7 <= width
    assert told == text or "…" in told


def test_lines_leave_room_for_the_marks_of_vietnamese() -> None:
    page = Page("x", "Title", ("một hai " * 40,), ())
    (text,) = (one for one in arrange(page, WIDTH, HEIGHT, 1.0, measure(1.0)) if one.part is Part.PARAGRAPH)
    assert text.box.height / len(text.lines) >= 1.45 * SIZES[Face.TEXT] - 0.5
