"""Sets letters as DOCX, the working form that agencies edit: the same words, measures and order as the PDF."""

import io
import zipfile
from datetime import UTC, datetime, time

import segno
from docx import Document
from docx.document import Document as DocumentFile
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml.ns import qn
from docx.section import Section
from docx.shared import Mm, Pt
from docx.table import _Cell

from quetsach.web.office.letters.document.letter import Language, LetterText
from quetsach.web.office.letters.document.measure import LANDSCAPE_TEXT_MM, TEXT_MM, even_lines, width_mm
from quetsach.web.office.letters.document.sheet import Copy, Sheet, SheetAnnex, compose, own_copy
from quetsach.web.office.letters.document.word_text import (
    CENTRE,
    LEFT,
    add_blocks,
    add_border,
    add_page_number,
    first_paragraph,
    frame,
    keep_whole,
    line,
    rule,
)

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
    if copy.check is None and not sheet.address:
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
    elif not right.paragraphs:
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
