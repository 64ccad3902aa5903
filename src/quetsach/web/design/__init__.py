"""How everything looks: stylesheet, fonts, templates, charts."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

__all__ = ["FONTS", "alt"]
FONTS = Path(__file__).parent / "fonts"
"""Noto Sans as files that typesetters and renderers read, with its licence."""


class _Altair:
    """Altair, loaded when the first chart is drawn: it is half a second of the web's start, and no page draws."""

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module("altair"), name)


if TYPE_CHECKING:
    import altair as alt
else:
    alt = _Altair()
