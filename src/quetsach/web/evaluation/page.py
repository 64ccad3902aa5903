"""The report as a page for people: one file, no script, nothing loaded but the stylesheet and fonts beside it."""

from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from quetsach.core.pack import LocalText
from quetsach.web.evaluation.document import (
    Bars,
    Block,
    Curve,
    Evaluation,
    Paragraph,
    Statement,
    Table,
    Tone,
)
from quetsach.web.evaluation.plots import draw

TONES = {
    Tone.ACHIEVED: (LocalText("Đạt", "Achieved"), "✓"),
    Tone.NOT_ACHIEVED: (LocalText("Không đạt", "Not achieved"), "✗"),
    Tone.NOT_DECIDED: (LocalText("Chưa kết luận được", "Not decided"), "?"),
    Tone.REFUSED: (LocalText("Không tính được", "No number is given"), "–"),
    Tone.CAUTION: (LocalText("Lưu ý", "Caution"), "!"),
    Tone.FACT: (LocalText("Số liệu", "Figure"), "•"),
}
"""The word and the sign of each tone: colour comes third."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A block as the template wants it: its kind, and its parts in one language."""

    kind: str
    parts: dict[str, Any]


def render_page(evaluation: Evaluation, language: str) -> str:
    """Return the whole page in ``vi`` or ``en``."""
    sections = [
        {
            "id": section.id,
            "title": section.title.in_language(language),
            "blocks": [_shown(block, evaluation, language) for block in section.blocks],
        }
        for section in evaluation.sections
    ]
    context = {"evaluation": evaluation, "sections": sections, "language": language} | words(evaluation, language)
    with override(language):
        return render_to_string("evaluation/report.html", context)


def words(evaluation: Evaluation, language: str) -> dict[str, str]:
    """Return the words around the report, for page and paper."""
    made = f"{evaluation.made_at:%Y-%m-%d}" if language == "en" else f"{evaluation.made_at:%d/%m/%Y}"
    day = evaluation.as_of
    seen = "–" if day is None else str(day) if language == "en" else f"{day:%d/%m/%Y}"
    title = LocalText("Báo cáo đánh giá", "Evaluation")
    dated = LocalText(
        f"Lập ngày {made} (giờ UTC). Dữ liệu đến ngày {seen}.", f"Made on {made} (UTC). Data up to {seen}."
    )
    return {
        "kind": title.in_language(language),
        "name": evaluation.name.in_language(language),
        "summary": evaluation.summary.in_language(language),
        "dated": dated.in_language(language),
        "not_real": evaluation.not_real.in_language(language) if evaluation.not_real else "",
    }


def _shown(block: Block, evaluation: Evaluation, language: str) -> Shown:
    if isinstance(block, Statement):
        word, sign = TONES[block.tone]
        title, text = block.title.in_language(language), block.text.in_language(language)
        parts = {"tone": block.tone.value, "word": word.in_language(language), "sign": sign}
        return Shown("statement", parts | {"title": title, "text": text})
    if isinstance(block, Paragraph):
        return Shown("paragraph", {"text": block.text.in_language(language)})
    if isinstance(block, Table):
        return Shown("table", table_parts(block, language))
    return Shown("plot", {"svg": _svg(block, evaluation, language), "table": block.table})


def _svg(plot: Bars | Curve, evaluation: Evaluation, language: str) -> SafeString:
    return mark_safe(draw(plot, evaluation, language))  # noqa: S308  (written by our own renderer a moment ago)


def _weight(texts: list[str]) -> int:
    """Return how wide a column of texts wants to be, in letters."""
    return max(14, min(60, max(map(len, texts[1:]), default=0)), *map(len, texts[0].split()))


def table_parts(table: Table, language: str) -> dict[str, Any]:
    """Return a table as texts in one language; a column in which no row has anything is left out."""
    kept = [n for n, _ in enumerate(table.columns) if any(row[n] is not None for row in table.rows)]
    columns = [table.columns[n] for n in kept]
    return {
        "id": table.id,
        "title": table.title.in_language(language),
        "note": table.note.in_language(language) if table.note else "",
        "is_long": table.is_long,
        "columns": [
            {
                "title": c.title.in_language(language),
                "number": c.is_number,
                "weight": _weight([c.title.in_language(language), *(c.text(row[n], language) for row in table.rows)]),
            }
            for n, c in zip(kept, columns, strict=True)
        ],
        "rows": [
            [{"text": c.text(row[n], language), "number": c.is_number} for n, c in zip(kept, columns, strict=True)]
            for row in table.rows
        ],
    }
