"""The report as PDF (PDF/A-2a), typeset from the same values as the page."""

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from quetsach.core.errors import QuetsachError
from quetsach.web.evaluation.document import (
    Block,
    Evaluation,
    Map,
    Paragraph,
    Plot,
    Points,
    Section,
    Statement,
    Table,
    plot_name,
    plot_words,
)
from quetsach.web.evaluation.page import in_parts, points_parts, statement_parts, table_parts, words
from quetsach.web.evaluation.plots import draw
from quetsach.web.office.publicity import sheets

_FONTS = Path(sheets.__file__).parent / "fonts"
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
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS])
    try:
        made: Any = typst.Compiler(template, root=template.parent, font_paths=fonts).compile(
            format="pdf", pdf_standards=["a-2a"], timestamp=made_at.replace(microsecond=0)
        )
    except RuntimeError as error:
        raise QuetsachError(f"the report cannot be set: {str(error)[:300]}") from error
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
