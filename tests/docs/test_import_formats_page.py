"""The page of formats names every reason for which something is left out, and every list that a pack may have."""

import re
from pathlib import Path

from quetsach.core.indicator_list import ListKind
from quetsach.packs.importer.indicator import Reason
from quetsach.packs.importer.intake import KNOWN_ENDINGS
from quetsach.packs.importer.vetting import MODULES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "import-formats.md").read_text()


def test_every_reason_stands_on_the_page_and_no_other() -> None:
    table = PAGE.partition("## Why something is left out")[2]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == set(Reason)


def test_every_list_stands_on_the_page() -> None:
    assert all(f"`{kind.file_name}`" in PAGE for kind in ListKind)


def test_every_module_and_ending_of_signatures_stands_on_the_page() -> None:
    assert all(f"`{module}`" in PAGE for module in MODULES)
    signatures = {ending for ending in KNOWN_ENDINGS if re.fullmatch(r"\.(y\w+|[hmn]\w[bu])", ending)}
    assert len(signatures) == 12
    assert all(f"`{ending}`" in PAGE for ending in signatures)
