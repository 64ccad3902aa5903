"""The one warm Typst compiler of a template, its fonts, and how wide words are in them."""

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.utils.translation import gettext_lazy as _
from PIL import ImageFont

from quetsach.core.text import Text
from quetsach.web.office.letters.document.letter import DocumentError
from quetsach.web.office.letters.document.markup import Block, Runs, Table, plain

# The one warm Typst compiler of a template: fonts of this package alone, no packages, one caller at a time.

FONTS = Path(__file__).parent / "fonts"

type Standard = Literal["a-2a", "a-2b", "ua-1"]


@dataclass(frozen=True, slots=True)
class Typesetter:
    """Sets one template again and again; a warm compiler takes a tenth of a cold one's time."""

    _compiler: typst.Compiler
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: int = field(default_factory=os.getpid)

    def pdf(
        self, inputs: Mapping[str, str], *, standards: Sequence[Standard], at: datetime, label: str = ""
    ) -> tuple[bytes, str]:
        """Return the PDF, and as JSON the list of the values that the template marked with a label.

        Raises:
            DocumentError: the values cannot be set, most often because the font lacks a sign.
        """
        if os.getpid() != self._process:  # its threads stayed behind: it would wait for them for ever
            raise DocumentError(
                Text("a process that was forked off one that sets letters sets none"), hint=Text("spawn it")
            )
        with self._lock:
            try:
                content: Any = self._compiler.compile(
                    format="pdf",
                    sys_inputs=dict(inputs),
                    pdf_standards=list(standards),
                    timestamp=at,
                    pdf_tags="ua-1" in standards,
                )
                return content, self._compiler.query(label, field="value") if label else "[]"
            except RuntimeError as error:  # TypstError of compiling, its parent of querying
                raise DocumentError(
                    _("the letter cannot be printed: %(reason)s") % {"reason": str(error)[:300]},
                    hint=_("change the text"),
                ) from error


@cache
def typesetter(template: Path) -> Typesetter:
    """Return the compiler of a template, which reads nothing outside its folder."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    path = template.resolve()  # a link leads out of its folder
    return Typesetter(typst.Compiler(path, root=path.parent, font_paths=fonts))


# How wide words are on paper, and what follows: even lines in a head, and columns in which no word breaks.

TEXT_MM, LANDSCAPE_TEXT_MM = 165.0, 252.0
"""Between the margins of a page, upright and across."""
TABLE_POINTS = 12.0
_CELL_MM = 4.4
"""Of a cell's margins, left and right together, in either printer."""
_MEASURED_PIXELS = 1000
_MM_A_POINT = 25.4 / 72


@cache
def width_mm(text: str, size: float, *, bold: bool = False) -> float:
    """Return how long a text is in Times New Roman, by the letters of a font with the same measures."""
    return _font(bold=bold).getlength(text) / _MEASURED_PIXELS * size * _MM_A_POINT


def even_lines(text: str, size: float, *, within_mm: float, bold: bool = False) -> tuple[str, ...]:
    """Return a text in as few lines as fit, of about one length, as a typist sets the name of an agency.

    Args:
        text: words with a space between.
        size: in points.
        within_mm: the longest that a line may be; a single word may be longer.
        bold: whether it is set so.
    """
    words = text.split()
    fewest = len(_lines(words, size, within_mm, bold=bold))
    least, most = within_mm / 2, within_mm
    while most - least > 1:
        middle = (least + most) / 2
        if len(_lines(words, size, middle, bold=bold)) > fewest:
            least = middle
        else:
            most = middle
    return tuple(_lines(words, size, most, bold=bold))


def fitted(blocks: Iterable[Block], *, whole_mm: float) -> tuple[Block, ...]:
    """Return the blocks with the columns of their tables in millimetres."""
    return tuple(
        replace(block, weights=_columns(block, whole_mm)) if isinstance(block, Table) else block for block in blocks
    )


def _columns(table: Table, whole_mm: float) -> tuple[float, ...]:
    """Share the width out by weight; no column gets less than its longest word takes, if the page has that much."""
    rows = ((table.header, True), *((row, False) for row in table.rows))
    least = [
        _CELL_MM + max(_longest_word_mm(row[column], bold=is_header) for row, is_header in rows)
        for column in range(len(table.header))
    ]
    narrow: set[int] = set()
    while True:
        left = whole_mm - sum(least[column] for column in narrow)
        shared = sum(weight for column, weight in enumerate(table.weights) if column not in narrow)
        widths = [
            least[column] if column in narrow else weight / shared * left for column, weight in enumerate(table.weights)
        ]
        too_narrow = {column for column, width in enumerate(widths) if width < least[column]} - narrow
        if not too_narrow:
            break
        narrow |= too_narrow
        if len(narrow) == len(least):
            widths = least
            break
    return tuple(round(width * whole_mm / sum(widths), 2) for width in widths)


def _longest_word_mm(runs: Runs, *, bold: bool) -> float:
    is_bold = bold or any(run.bold for run in runs)
    return max((width_mm(word, TABLE_POINTS, bold=is_bold) for word in plain(runs).split()), default=0.0)


def _lines(words: list[str], size: float, within_mm: float, *, bold: bool) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and width_mm(f"{lines[-1]} {word}", size, bold=bold) <= within_mm:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@cache
def _font(*, bold: bool) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONTS / f"LiberationSerif-{'Bold' if bold else 'Regular'}.ttf", _MEASURED_PIXELS)
