"""Whom the owner of a machine asks: built into the tool by the centre that hands it out, never fetched."""

from collections.abc import Iterator
from html import escape

from quetsach.core.text import Text
from quetsach.installation import bundled_help_line

_TITLE = Text("Whom you can ask")
_UNSURE = Text("Not sure what to do? {ways}")


def asking_lines(language: str) -> tuple[str, ...]:
    """Return how the help desk is reached, a line each; none where the tool is of no centre."""
    return bundled_help_line().lines(language)


def asking_text(language: str) -> str:
    """Return the same as one sentence behind what was found; empty where the tool is of no centre."""
    ways = bundled_help_line().sentence(language)
    return _UNSURE.with_values(ways=ways).in_language(language) if ways else ""


def asking_part(language: str) -> str:
    """Return the same as a part of a page that loads nothing; empty where the tool is of no centre."""
    rows = "".join(_rows(language))
    return f"<h2>{escape(_TITLE.in_language(language))}</h2><dl>{rows}</dl>" if rows else ""


def last_step(language: str, *, in_window: bool) -> str:
    """Return what comes last among the next steps: whom to ask, and with what."""
    ways = bundled_help_line().sentence(language)
    if not ways:
        told = Text(
            "If you are not sure what to do, ask someone who knows computers, or the centre, and "
            "give them the report code at the end of the page."
        )
    elif in_window:
        told = Text("If you are not sure what to do, ask the help desk of the campaign. {ways}", ways=ways)
    else:
        told = Text(
            "If you are not sure what to do, ask the help desk of the campaign: how to reach it and the report code "
            "are at the end of the report."
        )
    return told.in_language(language)


def title_text(language: str) -> str:
    """Return the heading of the part."""
    return _TITLE.in_language(language)


def _rows(language: str) -> Iterator[str]:
    for way in bundled_help_line().ways(language):
        shown = f'<a href="{escape(way.url)}">{escape(way.shown)}</a>' if way.url else escape(way.shown)
        yield f"<dt>{escape(way.label)}</dt><dd>{shown}</dd>"
