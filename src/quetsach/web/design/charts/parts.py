"""A whole and what it falls into, as one bar with a key: quick enough for a page, readable without seeing the bar."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from quetsach.web.design.words import figure, percent

FILLS = 4
"""Parts that can be told apart without their colours: dark, light, framed, empty."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part is called, and how many it has."""

    name: str
    value: int


@dataclass(frozen=True, slots=True)
class StackedBar:
    """A whole under its name and its parts in their order, at most ``FILLS``; parts of nothing stand in the key alone.

    Raises:
        ValueError: too many parts, a negative one, or a whole of nothing, which has no shares.
    """

    name: str
    parts: Sequence[Part]

    def __post_init__(self) -> None:
        if not 0 < len(self.parts) <= FILLS or any(part.value < 0 for part in self.parts) or not self.whole:
            raise ValueError(f"no bar can be made of {self.parts!r}")

    @property
    def whole(self) -> int:
        """All parts together."""
        return sum(part.value for part in self.parts)


def draw_parts(bar: StackedBar) -> SafeString:
    """Return the bar as a figure in the page's language: every part is in the key with its number and its share."""
    drawn, left = [], 0.0
    for n, part in enumerate(bar.parts, 1):
        width = 100 * part.value / bar.whole
        if part.value:
            drawn.append(f'<rect class="part-{n}" x="{left:.2f}" width="{width:.2f}" height="8"/>')
        left += width
    key = format_html_join(
        "",
        "<li>{}{}: <strong>{}</strong> ({})</li>",
        ((_swatch(n), p.name, figure(p.value), percent(100 * p.value / bar.whole)) for n, p in enumerate(bar.parts, 1)),
    )
    picture = mark_safe(  # noqa: S308  (formatted numbers)
        f'<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{"".join(drawn)}</svg>'
    )
    caption = format_html("<figcaption>{}: <strong>{}</strong></figcaption>", bar.name, figure(bar.whole))
    return format_html('<figure class="stacked">{}{}<ol>{}</ol></figure>', caption, picture, key)


def _swatch(n: int) -> SafeString:
    return mark_safe(  # noqa: S308  (one number)
        f'<svg viewBox="0 0 8 8" aria-hidden="true"><rect class="part-{n}" width="8" height="8"/></svg>'
    )
