"""The report for people: a page without script, and the same values as PDF (PDF/A-2a)."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from quetsach.core.errors import QuetsachError
from quetsach.core.period import TABLE_DAY, day_in
from quetsach.core.text import Text
from quetsach.web.design import FONTS
from quetsach.web.evaluation.document import (
    Block,
    Evaluation,
    Form,
    Map,
    Paragraph,
    Plot,
    Points,
    Section,
    Statement,
    Table,
    Tone,
    plot_name,
    plot_words,
)
from quetsach.web.evaluation.plots import draw

TONES = {
    Tone.ACHIEVED: (Text("Achieved"), "✓"),
    Tone.NOT_ACHIEVED: (Text("Not achieved"), "✗"),
    Tone.NOT_DECIDED: (Text("Not decided"), "?"),
    Tone.CAUTION: (Text("Caution"), "!"),
    Tone.FACT: (Text("Figure"), "•"),
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
            "is_technical": section.is_technical,
            "begins_part": begins_part,
            "blocks": [_shown(block, section, evaluation, language) for block in section.blocks],
        }
        for section, begins_part in in_parts(evaluation)
    ]
    others = [one for one in settings.LANGUAGES if one[0] != language]
    context = {"evaluation": evaluation, "sections": sections, "language": language, "others": others}
    context |= words(evaluation, language)
    with override(language):
        return render_to_string("evaluation/report.html", context)


def in_parts(evaluation: Evaluation) -> Iterator[tuple[Section, bool]]:
    """Yield the sections, each with whether the technical part begins with it."""
    is_technical = False
    for section in evaluation.sections:
        yield section, section.is_technical and not is_technical
        is_technical = section.is_technical


def words(evaluation: Evaluation, language: str) -> dict[str, str]:
    """Return the words around the report, for page and paper."""
    made = day_in(TABLE_DAY, timezone.localdate(evaluation.made_at), language)
    seen = "–" if evaluation.as_of is None else day_in(TABLE_DAY, evaluation.as_of, language)
    title = Text("Evaluation")
    dated = Text("Made on {made}. Data up to {seen}.", made=made, seen=seen)
    return {
        "kind": title.in_language(language),
        "name": evaluation.name.in_language(language),
        "summary": evaluation.summary.in_language(language),
        "dated": dated.in_language(language),
        "not_real": evaluation.not_real.in_language(language) if evaluation.not_real else "",
        "contents": Text("Contents").in_language(language),
        "technical": _TECHNICAL.in_language(language),
    }


_TECHNICAL = Text("For statisticians")


def _shown(block: Block, section: Section, evaluation: Evaluation, language: str) -> Shown:
    if isinstance(block, Statement):
        return Shown("statement", statement_parts(block, language))
    if isinstance(block, Paragraph):
        return Shown("paragraph", {"text": block.text.in_language(language)})
    if isinstance(block, Points):
        return Shown("points", points_parts(block, language))
    if isinstance(block, Table):
        return Shown("table", table_parts(block, section, language))
    kind = "map" if isinstance(block, Map) else "chart"
    parts = {"svg": _svg(block, evaluation, language), "name": plot_name(block), "kind": kind}
    return Shown("plot", parts | plot_words(block, language))


def points_parts(points: Points, language: str) -> dict[str, Any]:
    """Return points as texts in one language."""
    return {
        "title": points.title.in_language(language),
        "texts": [text.in_language(language) for text in points.texts],
    }


def statement_parts(statement: Statement, language: str) -> dict[str, str]:
    """Return a statement as texts in one language; a title that only repeats the word of its tone is left out."""
    word, sign = TONES[statement.tone]
    title = statement.title.in_language(language)
    return {
        "tone": statement.tone.value,
        "word": word.in_language(language),
        "sign": sign,
        "title": "" if statement.title == word else title,
        "text": statement.text.in_language(language),
    }


def _svg(plot: Plot, evaluation: Evaluation, language: str) -> SafeString:
    return mark_safe(draw(plot, evaluation, language))  # noqa: S308  (written by our own renderer a moment ago)


_WIDE = 40
"""Letters from which a column gets room for sentences."""


def _weight(title: str, texts: Sequence[str], *, is_number: bool) -> int:
    """Return how wide a column wants to be, in letters: neither words nor figures are broken.

    Sentences get room by how much there is to say in all of them, so that one long cell does not starve its neighbours.
    """
    longest = max(map(len, texts), default=0)
    of_text = round(sqrt(longest * sum(map(len, texts)) / max(len(texts), 1)))
    return max(9 if is_number else 14, longest + 3 if is_number else min(80, of_text), *map(len, title.split()))


def table_parts(table: Table, section: Section, language: str) -> dict[str, Any]:
    """Return a table as texts in one language; codes and empty columns are left out.

    ``is_named`` says whether its section has the same title, so that people need not read it twice.
    """
    columns, texts = [], []
    for column in table.columns:
        cells = table.cells(column.id)
        if column.form is Form.CODE or all(cell is None for cell in cells):
            continue
        title, told = column.title.in_language(language), [column.text(cell, language) for cell in cells]
        weight = _weight(title, told, is_number=column.is_number)
        kind = "number" if column.is_number else "sentences" if max(map(len, told), default=0) > _WIDE else ""
        columns.append({"title": title, "number": column.is_number, "kind": kind, "weight": weight})
        texts.append([{"text": text, "kind": kind} for text in told])
    return {
        "id": table.id,
        "title": table.title.in_language(language),
        "note": table.note.in_language(language) if table.note else "",
        "is_long": table.is_long,
        "is_named": table.title == section.title,
        "columns": columns,
        "rows": list(map(list, zip(*texts, strict=True))),
    }


# The report as PDF (PDF/A-2a), typeset from the same values as the page.


_TEMPLATE = Path(__file__).with_name("report.typ")
_MINUS = "\u2212"  # which the fonts of Debian's Noto Sans lack: on paper it is set as the dash of the same width


def typeset(evaluation: Evaluation, language: str) -> bytes:
    """Return the report in ``vi`` or ``en``; the same values give the same bytes.

    Raises:
        QuetsachError: it cannot be set, most often because the fonts lack a letter.
    """
    with tempfile.TemporaryDirectory(prefix="quetsach-report-") as name:
        folder = Path(name)
        (folder / _TEMPLATE.name).write_bytes(_TEMPLATE.read_bytes())
        content = words(evaluation, language) | {
            "language": language,
            "sections": [
                {
                    "title": section.title.in_language(language),
                    "begins_part": begins_part,
                    "blocks": [_part(block, section, evaluation, language, folder) for block in section.blocks],
                }
                for section, begins_part in in_parts(evaluation)
            ],
        }
        said = json.dumps(content, ensure_ascii=False).replace(_MINUS, "\u2013")
        (folder / "report.json").write_text(said, "utf-8")
        return _compile(folder / _TEMPLATE.name, evaluation.made_at)


def _compile(template: Path, made_at: datetime) -> bytes:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    try:
        made: Any = typst.Compiler(template, root=template.parent, font_paths=fonts).compile(
            format="pdf", pdf_standards=["a-2a"], timestamp=made_at.replace(microsecond=0)
        )
    except RuntimeError as error:
        raise QuetsachError(Text("the report cannot be set: {reason}", reason=str(error)[:300])) from error
    return bytes(made)


def _part(block: Block, section: Section, evaluation: Evaluation, language: str, folder: Path) -> dict[str, Any]:
    if isinstance(block, Statement):
        return {"kind": "statement", "parts": statement_parts(block, language)}
    if isinstance(block, Paragraph):
        return {"kind": "paragraph", "parts": {"text": block.text.in_language(language)}}
    if isinstance(block, Points):
        return {"kind": "points", "parts": points_parts(block, language)}
    if isinstance(block, Table):
        return {"kind": "table", "parts": table_parts(block, section, language)}
    return {"kind": "plot", "parts": _picture(block, evaluation, language, folder)}


def _picture(plot: Plot, evaluation: Evaluation, language: str, folder: Path) -> dict[str, str | bool]:
    said = plot_words(plot, language)
    alt = f"{said['title']}. {said['description']}"
    svg = draw(plot, evaluation, language)
    if not svg:
        return {"file": "", "alt": alt}
    file = f"plot-{plot_name(plot)}.svg"
    svg = svg.replace("<text ", '<text font-family="Noto Sans" ').replace(_MINUS, "\u2013")
    (folder / file).write_text(svg, "utf-8")
    return {"file": file, "alt": alt, "is_map": isinstance(plot, Map), **said}
