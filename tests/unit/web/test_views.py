"""A view parses, calls one service and renders: what is in the database it asks selectors for."""

from pathlib import Path

from quetsach import web

WEB = Path(web.__file__).parent


def views() -> list[Path]:
    named = [path for path in WEB.rglob("*.py") if path.stem.endswith("views") or path.parent.name == "views"]
    assert len(named) > 25
    return named


def test_no_view_asks_the_database_by_itself() -> None:
    touching = {str(path.relative_to(WEB)) for path in views() if ".objects" in path.read_text("utf-8")}
    assert touching == set()
