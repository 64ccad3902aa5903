"""Small panels of shares that fall step by step, each with the band of its interval, all on the same axes."""

from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.web.design.charts import drawn


@dataclass(frozen=True, slots=True)
class Step:
    """What holds from a time on: a share with its interval, in percent."""

    at: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class StepPanels:
    """A panel a group, in their order; ``time`` and ``share`` name the axes."""

    title: str
    description: str
    time: str
    share: str
    panels: Sequence[tuple[str, Sequence[Step]]]


def draw_steps(plot: StepPanels, *, language: str) -> str:
    """Return the panels as one ``<svg>`` element that can stand inside a page.

    Args:
        plot: what to draw.
        language: ``vi`` or ``en``, for separators.
    """
    import altair as alt  # noqa: PLC0415 - half a second of the web's start

    names = [name for name, _ in plot.panels]
    rows = [
        {"panel": name, "at": s.at, "share": s.share, "low": s.low, "high": s.high}
        for name, steps in plot.panels
        for s in steps
    ]
    x = alt.X("at:Q", title=plot.time, axis=alt.Axis(tickCount=3, grid=False, format="d"))
    y = alt.Y(
        "low:Q",
        title=plot.share,
        scale=alt.Scale(domain=[0, 100]),
        axis=alt.Axis(values=[0, 50, 100], format="d"),
    )
    base = alt.Chart().encode(x=x)
    band = base.mark_area(interpolate="step-after", fill="#8fa3b8", opacity=0.45).encode(y=y, y2="high:Q")
    line = base.mark_line(interpolate="step-after", stroke="#2f4a66", strokeWidth=1.8).encode(y="share:Q")
    columns = min(3, len(names))
    panels = (
        alt.layer(band, line, data=alt.InlineData(values=rows))
        .properties(width=620 // columns, height=130)
        .facet(
            alt.Facet(
                "panel:N",
                sort=names,
                title=None,
                header=alt.Header(labelFontSize=13, labelFontWeight=600, labelAnchor="start", labelLimit=200),
            ),
            columns=columns,
        )
    )
    return drawn(panels, plot.title, plot.description, language, None)
