"""Sets letters as PDF/A-2a and PDF/UA-1: archives take them, and screen readers read them.

All that people typed is passed as data, and the same letter gives the same bytes.
"""

import io
import json
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from quetsach.centre.tables import country_folder
from quetsach.web.office.letters.document.letter import DocumentError, Language, LetterText, Personal, SigningError
from quetsach.web.office.letters.document.sheet import WORDS, Copy, compose, own_copy, personal_copy
from quetsach.web.office.letters.document.typesetter import typesetter

# A letter on paper, before anybody has signed it.

_HERE = Path(__file__).parent


def letter_template() -> Path:
    """Return the lay-out of letters: ``letter.typ`` in the folder of the country, else the one of Decree 30."""
    own = country_folder(settings.CENTER.data) / "letter.typ"
    return own if own.is_file() else _HERE / "letter.typ"


@dataclass(frozen=True, slots=True)
class SignatureSpot:
    """The gap between title and name: its middle line and upper edge, from the top left of a page, in millimetres."""

    page: int
    x_mm: float
    y_mm: float


@dataclass(frozen=True, slots=True)
class Printed:
    """The PDF, and where its signature goes."""

    content: bytes
    spot: SignatureSpot


def unsigned(printed: Printed) -> bytes:
    """Leave the letter as it is printed."""
    return printed.content


_QUIET_ZONE_MODULES = 2
_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Setting:
    """One letter, ready for the compiler: what all copies share is turned into JSON once."""

    sheet: str
    at: datetime

    def printed(self, copy: Copy) -> Printed:
        content, spots = typesetter(letter_template()).pdf(
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


# What is seen of the two digital signatures: the signer's hand in blue, the agency's seal in red, and the time.

MOST_IMAGE_BYTES = 200_000
MOST_IMAGE_PIXELS = 2_000
_PNG_HEAD = struct.Struct(">8s4x4sII")

HAND_WIDTH_MM = 50.0
HAND_HEIGHT_MM = 33.0
SEAL_HEIGHT_MM = 34.0
SEAL_WIDTH_MM = SEAL_HEIGHT_MM + HAND_WIDTH_MM * 2 / 3
"""The round seal, and what the agency's signature says of itself to its right, below the hand."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """One appearance, as a PDF of one page."""

    content: bytes
    width_mm: float
    height_mm: float


def hand(*, name: str, at: datetime, image: bytes | None) -> Stamp:
    """Return the signer's own: the picture of the signature (PNG, blue on nothing), or the name where there is none.

    It says nothing of itself: name and time of signing are the agency's to show (Decree 30/2020, Annex I).

    Raises:
        SigningError: the picture is no PNG, or too large.
    """
    values = {"kind": "person", "language": Language.VIETNAMESE, "name": name, "lines": ()}
    return _stamp(values, HAND_WIDTH_MM, HAND_HEIGHT_MM, image=image, at=at)


def seal(*, agency: str, at: datetime, image: bytes | None, language: Language) -> Stamp:
    """Return the agency's: the picture of its seal (PNG, red on nothing), or one that says it is a specimen.

    Raises:
        SigningError: the picture is no PNG, or too large.
    """
    time = f"{timezone.localtime(at):%d.%m.%Y\N{NO-BREAK SPACE}%H:%M:%S\N{NO-BREAK SPACE}%:z}"
    lines = (agency, WORDS[language].signed_at.format(time))
    values = {"kind": "agency", "language": language, "name": "", "lines": lines}
    return _stamp(values, SEAL_WIDTH_MM, SEAL_HEIGHT_MM, image=image, at=at)


def _stamp(
    values: Mapping[str, object], width_mm: float, height_mm: float, *, image: bytes | None, at: datetime
) -> Stamp:
    drawn = None if image is None else list(_checked(image))
    values = {**values, "width": width_mm, "height": height_mm, "image": drawn}
    try:
        content, _values = typesetter(_HERE / "stamp.typ").pdf(
            {"stamp": json.dumps(values, ensure_ascii=False)}, standards=["a-2b"], at=at
        )
    except DocumentError as error:
        raise SigningError(_("the picture of a signature cannot be used: %(reason)s") % {"reason": error}) from error
    return Stamp(content, width_mm, height_mm)


def _checked(image: bytes) -> bytes:
    if len(image) > MOST_IMAGE_BYTES:
        raise SigningError(_("the picture of a signature is larger than %(most)s bytes") % {"most": MOST_IMAGE_BYTES})
    if len(image) < _PNG_HEAD.size:
        raise SigningError(_("the picture of a signature is no PNG"))
    magic, chunk, width, height = _PNG_HEAD.unpack_from(image)
    if magic != b"\x89PNG\r\n\x1a\n" or chunk != b"IHDR":
        raise SigningError(_("the picture of a signature is no PNG"))
    if not (0 < width <= MOST_IMAGE_PIXELS and 0 < height <= MOST_IMAGE_PIXELS):
        raise SigningError(
            _("the picture of a signature is wider or higher than %(most)s pixels") % {"most": MOST_IMAGE_PIXELS}
        )
    return image
