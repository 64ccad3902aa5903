"""Every page can be reached: from the navigation, or for a decision from the list of decisions."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def test_every_page_is_in_the_navigation_or_the_list_of_decisions() -> None:
    reachable = set(re.findall(r"[\w./-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    reachable |= {f"adr/{name}" for name in re.findall(r"\(([\w.-]+\.md)\)", (DOCS / "adr" / "index.md").read_text())}
    assert {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - reachable == set()


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(page.name[:4]) for page in (DOCS / "adr").glob("0*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_list_of_decisions_names_each_page_once_by_its_number_and_title() -> None:
    listed = re.findall(r"^- \[(\d{4}\. .+)\]\(([\w.-]+\.md)\)$", (DOCS / "adr" / "index.md").read_text(), re.MULTILINE)
    pages = sorted(page for page in (DOCS / "adr").glob("0*.md"))
    assert listed == [(page.read_text().splitlines()[0].removeprefix("# "), page.name) for page in pages]
