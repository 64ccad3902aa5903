"""Paragraphs, tables and rules of a DOCX, with the measures of an official letter."""

from collections.abc import Iterable, Sequence
from typing import Any

from docx.document import Document as DocumentFile
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import _Footer, _Header
from docx.shared import Cm, Mm, Pt
from docx.table import Table as WordTable
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph as WordParagraph

from quetsach.web.office.letters.document.markup import Block, Run, Runs, Table
from quetsach.web.office.letters.document.measure import TABLE_POINTS

CENTRE = WD_ALIGN_PARAGRAPH.CENTER
JUSTIFY = WD_ALIGN_PARAGRAPH.JUSTIFY
LEFT = WD_ALIGN_PARAGRAPH.LEFT
_ALIGNS = {"left": LEFT, "center": CENTRE, "right": WD_ALIGN_PARAGRAPH.RIGHT}

type Place = DocumentFile | _Cell | _Header | _Footer


def line(
    place: Place,
    text: str,
    *,
    size: float,
    align: WD_ALIGN_PARAGRAPH = CENTRE,
    bold: bool = False,
    italic: bool = False,
    before: float = 0,
    after: float = 0,
) -> WordParagraph:
    """Add one paragraph in one cut, sizes and spaces in points."""
    paragraph = place.add_paragraph()
    paragraph.alignment = align
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    add_runs(paragraph, (Run(text, bold, italic),), size=size)
    return paragraph


def add_runs(paragraph: WordParagraph, runs: Runs, *, size: float) -> None:
    """Add letters to a paragraph."""
    for run in runs:
        added = paragraph.add_run(run.text)
        added.font.size, added.bold, added.italic = Pt(size), run.bold or None, run.italic or None


def add_blocks(document: DocumentFile, blocks: Iterable[Block]) -> None:
    """Add a body: justified, 14 pt on lines of exactly 18 pt, first lines 1.27 cm in, 6 pt between paragraphs.

    The weights of its tables are millimetres.
    """
    for block in blocks:
        if isinstance(block, Table):
            _add_table(document, block)
            continue
        paragraph = document.add_paragraph()
        form = paragraph.paragraph_format
        paragraph.alignment, form.first_line_indent = JUSTIFY, Cm(1.27)
        form.line_spacing_rule, form.line_spacing, form.space_after = WD_LINE_SPACING.EXACTLY, Pt(18), Pt(6)
        form.keep_with_next = block.is_heading or None
        runs = (
            tuple(Run(run.text, bold=True, italic=run.italic) for run in block.runs) if block.is_heading else block.runs
        )
        add_runs(paragraph, runs, size=14)


def frame(place: Place, widths_mm: Sequence[float], *, rows: int = 1) -> WordTable:
    """Add a table without lines, to set things beside each other."""
    table: WordTable = (
        place.add_table(rows, len(widths_mm), Mm(sum(widths_mm)))
        if isinstance(place, _Header | _Footer)
        else place.add_table(rows, len(widths_mm))
    )
    _set_widths(table, widths_mm)
    return table


def keep_whole(row: _Row) -> None:
    """Keep a row on one page."""
    _row_properties(row).append(OxmlElement("w:cantSplit"))


def first_paragraph(cell: _Cell) -> None:
    """Take the empty paragraph away that every new cell begins with."""
    element = cell.paragraphs[0]._p  # noqa: SLF001 (python-docx has no other way)
    element.getparent().remove(element)


def rule(place: Place, *, length_mm: float, within_mm: float) -> None:
    """Add a line of a length in the middle of a column: the upper edge of an empty paragraph that is drawn in."""
    paragraph = place.add_paragraph()
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm(max(0.0, (within_mm - length_mm) / 2))
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(4)
    form.space_before = Pt(1.5)
    add_border(paragraph, "top")


def add_border(paragraph: WordParagraph, *sides: str) -> None:
    """Draw lines along sides of a paragraph."""
    borders = OxmlElement("w:pBdr")
    for side in sides:
        borders.append(_element(f"w:{side}", val="single", sz="6", space="1", color="000000"))
    _properties(paragraph).insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")


def add_page_number(paragraph: WordParagraph, *, size: float) -> None:
    """Add the number of the page, which the word processor fills in."""
    for kind, text in (("begin", ""), ("", " PAGE "), ("separate", ""), ("", "2"), ("end", "")):
        run = paragraph.add_run()
        run.font.size = Pt(size)
        if kind:
            run._r.append(_element("w:fldChar", fldCharType=kind))  # noqa: SLF001
        elif text.strip() == "PAGE":
            code = OxmlElement("w:instrText")
            code.text = text
            run._r.append(code)  # noqa: SLF001
        else:
            run.text = text


def _add_table(document: DocumentFile, block: Table) -> None:
    table = document.add_table(1 + len(block.rows), len(block.header), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _set_widths(table, block.weights)
    for number, (row, cells) in enumerate(zip(table.rows, (block.header, *block.rows), strict=True)):
        for cell, runs, align in zip(row.cells, cells, block.aligns, strict=True):
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            paragraph = cell.paragraphs[0]
            paragraph.alignment = _ALIGNS[align] if number else CENTRE
            bold = tuple(Run(run.text, bold=True) for run in runs)
            add_runs(paragraph, runs if number else bold, size=TABLE_POINTS)
        keep_whole(row)
        if not number:
            _row_properties(row).append(OxmlElement("w:tblHeader"))
    document.add_paragraph().paragraph_format.space_after = Pt(2)


def _set_widths(table: WordTable, widths_mm: Sequence[float]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths_mm, strict=True):
            cell.width = Mm(width)


def _row_properties(row: _Row) -> Any:
    return row._tr.get_or_add_trPr()  # noqa: SLF001


def _properties(paragraph: WordParagraph) -> Any:
    return paragraph._p.get_or_add_pPr()  # noqa: SLF001


def _element(name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element
