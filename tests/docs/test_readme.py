"""The table of what works names, for each row, the test that shows it; the README promises what the Makefile has."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
WHAT_WORKS = (ROOT / "docs" / "reference" / "what-works.md").read_text()
ROWS = re.findall(r"^\| (.+?) \| (works|not yet)[^|]*\|(.*?)\|$", WHAT_WORKS, flags=re.MULTILINE)


def test_the_table_says_what_works_and_what_does_not() -> None:
    assert sum(state == "works" for _, state, _ in ROWS) > 8
    assert any(state == "not yet" for _, state, _ in ROWS)


def test_each_working_part_is_shown_by_tests_that_exist() -> None:
    for part, state, shown_by in ROWS:
        paths = re.findall(r"`(tests/[^`]+)`", shown_by)
        assert bool(paths) == (state == "works"), part
        for path in paths:
            assert any((ROOT / path).rglob("test_*.py")) or (ROOT / path).is_file(), f"{part}: {path}"


def test_the_two_commands_are_the_makefiles() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in ("run", "test"):
        assert f"make {target}" in README
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE)


def test_the_pictures_exist() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
