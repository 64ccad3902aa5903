"""The Vietnamese pages name buttons and pages by the words that stand on them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "vi").glob("*.md"))
SHOWN = [
    *(ROOT / "src" / "quetsach" / "web").rglob("locale/vi/LC_MESSAGES/django.po"),
    *(ROOT / "src" / "quetsach").rglob("locale/vi/LC_MESSAGES/messages.po"),
]


def texts() -> Iterator[str]:
    """Yield every Vietnamese text of pages and window, without the mark of its letter."""
    for file in SHOWN:
        for found in re.findall(r'^msgstr "(.+)"$', file.read_text(), flags=re.MULTILINE):
            yield found.replace("&", "")


TEXTS = frozenset(texts())
LABELS = [(page.name, label) for page in PAGES for label in re.findall(r"\*\*([^*\n]+)\*\*", page.read_text())]


def test_the_pages_name_what_is_pressed() -> None:
    assert len({label for _, label in LABELS}) > 15


@pytest.mark.parametrize(("page", "label"), [pytest.param(page, label, id=f"{page} {label}") for page, label in LABELS])
def test_a_label_stands_on_the_screen_as_it_is_written(page: str, label: str) -> None:
    assert label in TEXTS, page
