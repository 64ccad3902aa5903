"""The page about feed formats names reports with what they need, reasons and repairs; the lake's page its columns."""

from pathlib import Path

import pytest

from quetsach.feeds.layout import LAYOUTS
from quetsach.feeds.layout import PLAIN_LAYOUTS as PLAIN
from quetsach.feeds.record import Reason, Repair
from quetsach.feeds.table import ANNOTATED

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
OF_FEEDS = {
    *Reason,
    *Repair,
    *(layout.report for layout in LAYOUTS),
    *(name for layout in LAYOUTS for name in layout.required),
    *(name for layout in LAYOUTS for name in layout.identifying if name),
    *PLAIN[0].columns.values(),
}


@pytest.mark.parametrize("name", sorted(OF_FEEDS))
def test_feed_formats_are_documented(name: str) -> None:
    assert f"`{name}`" in (REFERENCE / "feed-formats.md").read_text()


@pytest.mark.parametrize("column", ANNOTATED.names)
def test_columns_of_the_lake_are_documented(column: str) -> None:
    assert f"`{column}`" in (REFERENCE / "lake.md").read_text()
