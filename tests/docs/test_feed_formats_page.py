"""The page about feed formats names reports with what they need, reasons and repairs; the lake's page its columns."""

from pathlib import Path

import pytest

from quetsach.feeds.layout import Subject, Syntax
from quetsach.feeds.layout_files import FIELDS, bundled_layouts
from quetsach.feeds.record import Reason, Repair
from quetsach.feeds.table import ANNOTATED

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
OF_FEEDS = {
    *Reason,
    *Repair,
    *Subject,
    *Syntax,
    *FIELDS,
    *(layout.report for layout in bundled_layouts()),
    *(name for layout in bundled_layouts() for name in layout.required_names()),
    *(name for layout in bundled_layouts() for name in layout.identifying if name),
    *(name for layout in bundled_layouts().of_feed("plain") for name in layout.mapped()),
}


@pytest.mark.parametrize("name", sorted(OF_FEEDS))
def test_feed_formats_are_documented(name: str) -> None:
    assert f"`{name}`" in (REFERENCE / "feed-formats.md").read_text()


@pytest.mark.parametrize("column", ANNOTATED.names)
def test_columns_of_the_lake_are_documented(column: str) -> None:
    assert f"`{column}`" in (REFERENCE / "lake.md").read_text()
