"""Sets letters as DOCX, the working form that agencies edit: the same words, measures and order as the PDF."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import Any

import segno
from docx import Document
from docx.document import Document as DocumentFile
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import Section, _Footer, _Header
from docx.shared import Cm, Mm, Pt
from docx.table import Table as WordTable
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph as WordParagraph

from quetsach.web.office.letters.document.letter import Language, LetterText
from quetsach.web.office.letters.document.markup import Block, Run, Runs, Table
from quetsach.web.office.letters.document.sheet import Copy, Sheet, SheetAnnex, compose, own_copy
from quetsach.web.office.letters.document.typesetter import (
    LANDSCAPE_TEXT_MM,
    TABLE_POINTS,
    TEXT_MM,
    even_lines,
    width_mm,
)

# Paragraphs, tables and rules of a DOCX, with the measures of an official letter.

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


_AGENCY_MM, _STATE_MM = 65.0, 100.0
_AGENCY_TEXT_MM = _AGENCY_MM - 4.5
_RECIPIENTS_MM, _SIGNER_MM = 80.0, 85.0
_GAP_POINTS = 34 * 72 / 25.4
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
_LANGUAGES = {Language.VIETNAMESE: "vi-VN", Language.ENGLISH: "en-GB"}


def render_docx(letter: LetterText) -> bytes:
    """Return the letter as DOCX, the same bytes for the same letter.

    Raises:
        DocumentError: damaged markup.
    """
    sheet, copy = compose(letter), own_copy(letter)
    document = Document()
    _set_defaults(document, letter.language)
    at = datetime.combine(letter.day, time(), UTC) if letter.day else _UNDATED
    properties = document.core_properties
    properties.title, properties.author, properties.language = (
        sheet.document_title[:255],
        sheet.author[:255],
        sheet.language,
    )
    properties.created = properties.modified = at
    properties.comments = ""
    section = document.sections[0]
    _set_page(section, sheet.mark)
    _add_foot(section, sheet, copy)
    _add_head(document, sheet)
    _add_addressees(document, sheet, copy)
    add_blocks(document, sheet.blocks)
    _add_close(document, sheet)
    for annex in sheet.annexes:
        _add_annex(document, annex, sheet.mark)
    return _dated(document)


def _set_defaults(document: DocumentFile, language: Language) -> None:
    style = document.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(14)
    style.paragraph_format.space_after = Pt(0)
    style.paragraph_format.line_spacing = 1.0
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    for script in ("eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), "Times New Roman")
    spoken = properties.makeelement(qn("w:lang"), {qn("w:val"): _LANGUAGES[language]})
    properties.append(spoken)


def _set_page(section: Section, mark: str, *, is_landscape: bool = False) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if is_landscape else WD_ORIENT.PORTRAIT
    width, height = (297, 210) if is_landscape else (210, 297)
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.top_margin, section.bottom_margin = Mm(20), Mm(25)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance, section.footer_distance = Mm(10), Mm(7)
    section.different_first_page_header_footer = True
    for part in (section.header, section.footer, section.first_page_header, section.first_page_footer):
        part.is_linked_to_previous = False
    numbered = section.header.paragraphs[0]
    numbered.alignment = CENTRE
    add_page_number(numbered, size=13)
    if mark:
        numbered.add_run(f"    {mark}").bold = True


def _add_foot(section: Section, sheet: Sheet, copy: Copy) -> None:
    foot = section.first_page_footer
    if copy.check is None and not sheet.address and not sheet.help_line:
        return
    add_border(foot.paragraphs[0], "bottom")
    foot.paragraphs[0].paragraph_format.line_spacing = Pt(4)
    table = frame(foot, (20, TEXT_MM - 20))
    left, right = table.rows[0].cells
    first_paragraph(right)
    if sheet.address:
        line(right, sheet.address, size=11, align=LEFT)
    if copy.check is not None:
        drawn = io.BytesIO()
        segno.make_qr(copy.check.url, error="m").save(drawn, kind="png", scale=8, border=2)
        left.paragraphs[0].add_run().add_picture(drawn, width=Mm(17))
        line(right, copy.check.where, size=9, align=LEFT)
        line(right, copy.check.code, size=9, align=LEFT)
    if sheet.help_line:
        line(right, sheet.help_line, size=9, align=LEFT)
    if not right.paragraphs:
        right.add_paragraph()
    foot.add_paragraph().paragraph_format.line_spacing = Pt(1)


def _add_head(document: DocumentFile, sheet: Sheet) -> None:
    table = frame(document, (_AGENCY_MM, _STATE_MM), rows=2)
    for cell in (cell for row in table.rows for cell in row.cells):
        first_paragraph(cell)
    (agency, state), (number, dated) = (row.cells for row in table.rows)
    if sheet.superior:
        line(agency, _even(sheet.superior), size=12)
    line(agency, _even(sheet.agency, bold=True), size=12, bold=True)
    rule(agency, length_mm=0.4 * min(width_mm(sheet.agency, 12, bold=True), _AGENCY_MM), within_mm=_AGENCY_MM - 4)
    line(state, sheet.state, size=12, bold=True)
    line(state, sheet.motto, size=13, bold=True)
    rule(state, length_mm=width_mm(sheet.motto, 13, bold=True), within_mm=_STATE_MM - 4)
    line(number, sheet.number, size=13, before=4, after=6)
    line(number, _even(sheet.subject), size=12)
    line(dated, sheet.dated, size=13, italic=True, before=4, after=6)
    if sheet.mark:
        _add_mark(dated, sheet.mark)
    if sheet.note:
        line(document, sheet.note, size=14, italic=True, before=8)


def _even(text: str, *, bold: bool = False) -> str:
    """Break a text of the left column where a typist would."""
    return "\n".join(even_lines(text, 12, within_mm=_AGENCY_TEXT_MM, bold=bold))


def _add_mark(cell: _Cell, mark: str) -> None:
    marked = line(cell, mark, size=13, bold=True)
    marked.paragraph_format.left_indent = marked.paragraph_format.right_indent = Mm(30)
    add_border(marked, "top", "left", "bottom", "right")


def _add_addressees(document: DocumentFile, sheet: Sheet, copy: Copy) -> None:
    if len(copy.addressees) == 1:
        line(document, f"{sheet.to} {copy.addressees[0]}", size=14, before=12, after=12)
        return
    label = line(document, sheet.to, size=14, align=LEFT, before=12, after=2)
    label.paragraph_format.left_indent = Mm(22)
    # The dashes stand under the colon.
    colon, dash = 22 + width_mm(sheet.to.rstrip(":"), 14), width_mm("- ", 14)
    for number, name in enumerate(copy.addressees, 1):
        added = line(document, name, size=14, align=LEFT, after=12 if number == len(copy.addressees) else 2)
        added.paragraph_format.left_indent, added.paragraph_format.first_line_indent = Mm(colon + dash), Mm(-dash)


def _add_close(document: DocumentFile, sheet: Sheet) -> None:
    document.add_paragraph().paragraph_format.line_spacing = Pt(4)
    for paragraph in document.paragraphs[-3:]:  # the last two of the text go with the signature to its page
        paragraph.paragraph_format.keep_with_next = True
    table = frame(document, (_RECIPIENTS_MM, _SIGNER_MM))
    keep_whole(table.rows[0])
    recipients, signer = table.rows[0].cells
    first_paragraph(recipients)
    first_paragraph(signer)
    line(recipients, sheet.copies_label, size=12, align=LEFT, bold=True, italic=True)
    for name in sheet.copies:
        line(recipients, name, size=11, align=LEFT)
    for text in (*sheet.powers, sheet.title):
        line(signer, text, size=14, bold=True).paragraph_format.keep_with_next = True
    line(signer, sheet.name, size=14, bold=True, before=_GAP_POINTS)


def _add_annex(document: DocumentFile, annex: SheetAnnex, mark: str) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    _set_page(section, mark, is_landscape=annex.is_landscape)
    numbering = section._sectPr.makeelement(qn("w:pgNumType"), {qn("w:start"): "1"})  # noqa: SLF001
    section._sectPr.insert_element_before(numbering, "w:cols", "w:titlePg", "w:docGrid")  # noqa: SLF001
    wide = LANDSCAPE_TEXT_MM if annex.is_landscape else TEXT_MM
    line(document, annex.heading, size=14, bold=True)
    line(document, annex.title, size=14, bold=True)
    line(document, annex.reference, size=13, italic=True)
    rule(document, length_mm=30, within_mm=wide)
    line(document, "", size=8)
    add_blocks(document, annex.blocks)


def _dated(document: DocumentFile) -> bytes:
    """Write the parts with one fixed time each, so that the same letter gives the same bytes."""
    written, fixed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as parts, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            archive.writestr(zipfile.ZipInfo(name), parts.read(name), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
