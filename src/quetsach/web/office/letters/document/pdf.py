"""Sets letters as PDF/A-2a and PDF/UA-1: archives take them, and screen readers read them.

All that people typed is passed as data, and the same letter gives the same bytes.
"""

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from typing import Any

import segno

from quetsach.web.office.letters.document.letter import LetterText, Personal
from quetsach.web.office.letters.document.printed import Printed, SignatureSpot, unsigned
from quetsach.web.office.letters.document.sheet import Copy, compose, own_copy, personal_copy
from quetsach.web.office.letters.document.typesetter import typesetter

_QUIET_ZONE_MODULES = 2
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Setting:
    """One letter, ready for the compiler: what all copies share is turned into JSON once."""

    sheet: str
    at: datetime

    def printed(self, copy: Copy) -> Printed:
        content, spots = typesetter("letter.typ").pdf(
            {"sheet": self.sheet, "copy": _copy_json(copy)}, standards=["a-2a", "ua-1"], at=self.at, label="<signature>"
        )
        return Printed(content, SignatureSpot(**json.loads(spots)[0]))


def render(letter: LetterText, sign: Callable[[Printed], bytes] = unsigned) -> bytes:
    """Return the letter as PDF.

    Args:
        letter: what it says.
        sign: puts the signatures on, such as ``Signatures.put_on``.

    Raises:
        DocumentError: damaged markup, or a sign that the font does not have.
    """
    return sign(_setting(letter).printed(own_copy(letter)))


def render_many(
    letter: LetterText, personal: Iterable[Personal], sign: Callable[[Printed], bytes] = unsigned
) -> Iterator[bytes]:
    """Yield one copy for each recipient, in their order, each when it is asked for.

    Raises:
        DocumentError: as ``render``.
    """
    setting = _setting(letter)
    for one in personal:
        yield sign(setting.printed(personal_copy(letter, one)))


def _setting(letter: LetterText) -> _Setting:
    at = datetime.combine(letter.day, time(), UTC) if letter.day else _UNDATED
    return _Setting(json.dumps(asdict(compose(letter)), ensure_ascii=False), at)


def _copy_json(copy: Copy) -> str:
    values: dict[str, Any] = asdict(copy)
    if copy.check is not None:
        values["qr"] = _qr(copy.check.url)
    return json.dumps(values, ensure_ascii=False)


def _qr(url: str) -> str:
    drawn = io.BytesIO()
    segno.make_qr(url, error="m").save(drawn, kind="svg", xmldecl=False, border=_QUIET_ZONE_MODULES)
    return drawn.getvalue().decode()
