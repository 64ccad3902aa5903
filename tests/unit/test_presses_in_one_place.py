"""Whatever tests do with a page that may lead to another goes through ``tests.browser``, which waits for that page."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
ONE_PLACE = TESTS / "browser.py"
FORBIDDEN = {"click", "dblclick", "press", "tap"}
BROWSER = {"playwright", "tests.browser"}


def has_browser(module: ast.Module) -> bool:
    """Say whether a module drives a browser: others press keys of emulated machines and of the tool's window."""
    named = [node.module or "" for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
    named += [name.name for node in ast.walk(module) if isinstance(node, ast.Import) for name in node.names]
    return any(name == own or name.startswith(f"{own}.") for name in named for own in BROWSER)


def bare(source: str) -> Iterator[str]:
    """Yield each press that waits for nothing, and each own way to measure whether a page fits."""
    if not any(name in source for name in BROWSER):
        return
    module = ast.parse(source)
    if not has_browser(module):
        return
    for node in ast.walk(module):
        pressed = isinstance(node, ast.Attribute) and node.attr in FORBIDDEN
        measured = isinstance(node, ast.Constant) and "scrollWidth" in str(node.value)
        if isinstance(node, ast.expr) and (pressed or measured):
            yield f"{node.lineno}: {ast.unparse(node)[:90]}"


def test_pages_are_pressed_and_measured_in_one_place() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{use}"
        for path in sorted(TESTS.rglob("*.py"))
        if path not in {ONE_PLACE, Path(__file__)}
        for use in bare(path.read_text())
    ]
    assert found == [], "\n".join(found)


def test_the_check_sees_what_it_forbids() -> None:
    imported = "from playwright.sync_api import Page\n"
    forbidden = ["page.click('a')", "page.locator('a').first.click()", "page.keyboard.press('Tab')", "a.dblclick()"]
    forbidden += ["page.evaluate('document.documentElement.scrollWidth')", "for one in found: one.tap()"]
    harmless = ["press(page, 'a')", "page.check('a')", "page.fill('a', 'click')"]
    assert len(list(bare(imported + "\n".join(forbidden + harmless)))) == len(forbidden)
    assert list(bare("machine.press('esc')")) == []
    assert list(bare(ONE_PLACE.read_text())) != []
