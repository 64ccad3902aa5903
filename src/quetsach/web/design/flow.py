"""The flow of units through a roll-out: a box for all that were drawn, and a row of boxes for each step."""

from collections.abc import Sequence
from dataclasses import dataclass

from quetsach.web.design.charts import drawn

_LINE = "#2f4a66"
_WIDTH, _GAP, _ROW_GAP, _TEXT, _PAD = 760, 34, 18, 18, 12
_COLUMNS = ((0, 190), (224, 506), (540, 760))


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A step: the lines of its boxes, from left to right."""

    boxes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class FlowChart:
    """What was drawn, and where it went; ``top`` are the lines of the box above the steps."""

    title: str
    description: str
    top: tuple[str, ...]
    rows: Sequence[FlowRow]


def draw_flow(chart: FlowChart, *, language: str) -> str:
    """Return the flow as one ``<svg>`` element that can stand inside a page.

    Args:
        chart: what to draw; at most three boxes a row.
        language: ``vi`` or ``en``, for separators.
    """
    import altair as alt  # noqa: PLC0415 - half a second of the web's start

    boxes, lines, arrows = _laid_out(chart)
    height = max(box["y2"] for box in boxes)
    x, y = (
        alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, _WIDTH], nice=False)),
        alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[height, 0], nice=False)),
    )
    frames = (
        alt.Chart(alt.InlineData(values=boxes))
        .mark_rect(filled=False, stroke=_LINE, strokeWidth=1.2)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    )
    rules = (
        alt.Chart(alt.InlineData(values=arrows))
        .mark_rule(color=_LINE, strokeWidth=1.4)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    )
    texts = [
        alt.Chart(alt.InlineData(values=[line for line in lines if line["bold"] is is_bold]))
        .mark_text(
            align="left",
            baseline="top",
            fontSize=13,
            font="Noto Sans",
            fontWeight="bold" if is_bold else "normal",
        )
        .encode(x=x, y=y, text="text:N")
        for is_bold in (True, False)
    ]
    return drawn(alt.layer(rules, frames, *texts), chart.title, chart.description, language, (_WIDTH, int(height)))


type _Marks = list[dict[str, float]]


def _laid_out(chart: FlowChart) -> tuple[_Marks, list[dict[str, object]], _Marks]:
    """Return boxes, lines of text and arrows, in pixels from the top left."""
    boxes: _Marks = []
    lines: list[dict[str, object]] = []
    arrows: _Marks = []

    def box(left: float, right: float, top: float, height: float, texts: tuple[str, ...]) -> None:
        boxes.append({"x": left, "x2": right, "y": top, "y2": top + height})
        for number, text in enumerate(texts):
            place = {"x": left + _PAD, "y": top + _PAD + _TEXT * number}
            lines.append({**place, "text": text, "bold": number == 0})

    top = _tall(chart.top)
    box(_COLUMNS[0][0], _COLUMNS[-1][1], 0, top, chart.top)
    trunk, at = _COLUMNS[0][0] + _GAP, float(top)
    for row in chart.rows:
        height = max(_tall(texts) for texts in row.boxes)
        arrows.append({"x": trunk, "x2": trunk, "y": at, "y2": at + _ROW_GAP})
        at += _ROW_GAP
        for number, texts in enumerate(row.boxes):
            left, right = _COLUMNS[number]
            box(left, right, at, height, texts)
            if number:
                arrows.append({"x": _COLUMNS[number - 1][1], "x2": left, "y": at + height / 2, "y2": at + height / 2})
        at += height
    return boxes, lines, arrows


def _tall(texts: tuple[str, ...]) -> int:
    return 2 * _PAD + _TEXT * len(texts) - (_TEXT - 13)
