"""Sets letters as PDF/A-2a with Typst: fonts of this package only, everything typed passed as data, the same bytes for the same letter."""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import segno
import typst

from quetsach.web.office.letters.document.errors import DocumentError
from quetsach.web.office.letters.document.letter import LetterText, Personal
from quetsach.web.office.letters.document.sheet import Copy, Sheet, compose, own_copy, personal_copy

_FOLDER = Path(__file__).parent
STANDARD = "a-2a"
_QUIET_ZONE_MODULES = 2
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MOST_PDF_BYTES = 20 << 20


@dataclass(frozen=True, slots=True)
class SignatureSpot:
    """Where the gap for the signature begins: its middle line and upper edge on a page, from the top left, in millimetres."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class _Setting:
    """One letter, ready for the compiler: what all copies share is turned into JSON once."""

    sheet: str
    stamp: datetime

    def compile(self, copy: Copy) -> bytes:
        inputs = {"sheet": self.sheet, "copy": _copy_json(copy)}
        try:
            content = _compiler().compile(
                _template(), format="pdf", sys_inputs=inputs, pdf_standards=[STANDARD], timestamp=self.stamp
            )
        except typst.TypstError as error:
            raise DocumentError(f"cannot be set: {error.message[:300]}", hint="replace the sign in the text") from error
        return content


def render(letter: LetterText) -> bytes:
    """Return the letter as PDF.

    Raises:
        DocumentError: damaged markup, or a sign that the font does not have.
    """
    return _setting(letter).compile(own_copy(letter))


def render_many(letter: LetterText, personal: Iterable[Personal]) -> Iterator[bytes]:
    """Yield one copy for each recipient, in their order, each when it is asked for.

    Raises:
        DocumentError: as ``render``.
    """
    setting = _setting(letter)
    for one in personal:
        yield setting.compile(personal_copy(letter, one))


def _setting(letter: LetterText) -> _Setting:
    sheet = compose(letter)
    return _Setting(_sheet_json(sheet), datetime.combine(sheet.day, time(), UTC) if sheet.day else _EPOCH)


def _sheet_json(sheet: Sheet) -> str:
    day = sheet.day and (sheet.day.year, sheet.day.month, sheet.day.day)
    return json.dumps({**asdict(sheet), "day": day}, ensure_ascii=False)


def _copy_json(copy: Copy) -> str:
    values: dict[str, Any] = asdict(copy)
    if copy.check is not None:
        values["qr"] = _qr(copy.check.url)
    return json.dumps(values, ensure_ascii=False)


def _qr(url: str) -> str:
    drawn = io.BytesIO()
    segno.make_qr(url, error="m").save(drawn, kind="svg", xmldecl=False, border=_QUIET_ZONE_MODULES)
    return drawn.getvalue().decode()


@cache
def _template() -> bytes:
    return (_FOLDER / "letter.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FOLDER / "fonts"])
    return typst.Compiler(root=_FOLDER, font_paths=fonts)
