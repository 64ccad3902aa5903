"""Reads the signatures of a PDF that came from anywhere, and says of each whether it still stands for what is shown."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.keys.pemder import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError as CmsError
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from quetsach.core.text import Number, Text
from quetsach.web.office.letters.document.letter import SigningError
from quetsach.web.office.letters.document.signing import AGENCY_FIELD, PERSON_FIELD

MOST_PDF_BYTES = 20 << 20
MOST_SIGNATURES = 10
# What reading a PDF that was made to break its reader ends in.
_BROKEN = (
    PdfError,
    CmsError,
    SignatureValidationError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    NotImplementedError,  # raised by pyHanko for what a forged file may ask of it
    OSError,
)
# It would log a traceback for each file that somebody forged; what is wrong with one is in its states.
for _name in ("pyhanko", "pyhanko_certvalidator"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class SignatureState:
    """One signature.

    Args:
        field: the field it stands in.
        signer: the name in its certificate; empty if it cannot be read.
        signed_at: the time of the time stamp, else the time that the signer claims.
        is_time_proven: whether a trusted time stamp says so.
        is_intact: whether what was signed is still what it was.
        is_trusted: whether the certificate leads to one of the roots, at that time.
        is_last_word: whether nothing was added afterwards but what the letter itself provides for.
    """

    field: str
    signer: str
    signed_at: datetime | None
    is_time_proven: bool
    is_intact: bool
    is_trusted: bool
    is_last_word: bool

    @property
    def is_good(self) -> bool:
        """Whether a reader can rely on it."""
        return self.is_intact and self.is_trusted and self.is_last_word


def verify(content: bytes, roots: Sequence[bytes]) -> list[SignatureState]:
    """Return the signatures in the order in which they were made; revocation is not asked for on a network.

    Args:
        content: the PDF.
        roots: certificates to trust, PEM or DER.

    Raises:
        SigningError: too large, too many signatures, not a PDF that can be read, or a root that is none.
    """
    if len(content) > MOST_PDF_BYTES:
        raise SigningError(Text("the file is larger than {size} bytes", size=Number(MOST_PDF_BYTES)))
    trusted = [_root(root) for root in roots]
    try:
        embedded = PdfFileReader(BytesIO(content)).embedded_signatures
    except _BROKEN as error:
        raise SigningError(Text("the file is no PDF that can be read")) from error
    if len(embedded) > MOST_SIGNATURES:
        raise SigningError(Text("the file has more than {most} signatures", most=MOST_SIGNATURES))
    return [_state(one, trusted, is_last=one is embedded[-1]) for one in embedded]


def is_signed_letter(states: Sequence[SignatureState]) -> bool:
    """Whether both signatures of a letter are there, in order, and good."""
    return [state.field for state in states] == [PERSON_FIELD, AGENCY_FIELD] and all(one.is_good for one in states)


def _state(embedded: EmbeddedPdfSignature, roots: list[Any], *, is_last: bool) -> SignatureState:
    try:
        return _read_state(embedded, roots, is_last=is_last)
    except _BROKEN:
        return SignatureState(
            field=str(embedded.field_name),
            signer="",
            signed_at=None,
            is_time_proven=False,
            is_intact=False,
            is_trusted=False,
            is_last_word=False,
        )


def _read_state(embedded: EmbeddedPdfSignature, roots: list[Any], *, is_last: bool) -> SignatureState:
    signed_at = _signed_at(embedded)
    context = ValidationContext(trust_roots=roots, moment=signed_at, allow_fetching=False)
    status = validate_pdf_signature(embedded, context)
    stamp = status.timestamp_validity
    is_stamp_good = stamp is not None and bool(stamp.intact and stamp.valid and stamp.trusted)
    # pyHanko weighs what came after a signature; after the last one nothing at all may come.
    least = SignatureCoverageLevel.ENTIRE_FILE if is_last else SignatureCoverageLevel.ENTIRE_REVISION
    is_covered = status.coverage is not None and status.coverage >= least
    return SignatureState(
        field=str(embedded.field_name),
        signer=str(embedded.signer_cert.subject.native.get("common_name", "")),
        signed_at=signed_at,
        is_time_proven=is_stamp_good,
        is_intact=bool(status.intact and status.valid),
        is_trusted=bool(status.trusted) and (stamp is None or is_stamp_good),
        is_last_word=is_covered and bool(status.docmdp_ok),
    )


def _signed_at(embedded: EmbeddedPdfSignature) -> datetime:
    at: object = embedded.self_reported_timestamp
    for stamp in find_cms_attribute_iter(embedded.signer_info["unsigned_attrs"], "signature_time_stamp_token"):
        at = stamp["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    if not isinstance(at, datetime):
        raise ValueError("a signature without a time")  # noqa: TRY004 (one of the ways in which a signature is broken)
    return at


def _root(content: bytes) -> Any:
    try:
        (certificate,) = load_certs_from_pemder_data(content)
        certificate.subject.native  # noqa: B018 (it is parsed when it is first asked for)
    except ValueError as error:
        raise SigningError(Text("a root is not one certificate that can be read")) from error
    return certificate
