"""What the exchange of electronic documents between agencies asks of a letter.

Viet Nam's document axis carries packets after QCVN 102:2016 (edXML). We keep what such a packet needs so that an
adapter can be written later; the official list of hand-over statuses is not public, so none is fixed here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from quetsach.campaign.letters.errors import LetterError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_AGENCY = re.compile(r"[A-Za-z0-9]+(?:[.\-][A-Za-z0-9]+)*")


class DocumentKind(StrEnum):
    """What a letter is to an earlier one."""

    NEW = "new"
    REPLACEMENT = "replacement"
    REVOCATION = "revocation"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class ExchangeHeader:
    """The fields of a packet; ``sha256`` in hex is that of the signed PDF.

    ``sender`` and ``receivers`` are codes of agencies in the exchange; ``without_code`` are keys of units that
    have none here, for which no packet can be made, among them perhaps the sender's, which is empty then.
    """

    document_id: str
    number: int
    sign: str
    issued_on: date
    subject: str
    sender: str
    receivers: Sequence[str]
    kind: DocumentKind
    sha256: str
    earlier_document_id: str = ""
    without_code: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise LetterError("the checksum is not SHA-256 in hex", where="sha256")
        for code in (*filter(None, [self.sender]), *self.receivers):
            if len(code) > 60 or not _AGENCY.fullmatch(code):
                raise LetterError(f"not the code of an agency: {code[:60]!r}", hint="as in H31.02 or 000.00.00.H31")
        if (self.kind is DocumentKind.NEW) == bool(self.earlier_document_id):
            raise LetterError("a new letter names no earlier one, every other kind does", where="earlier_document_id")

    def as_json(self) -> dict[str, object]:
        """Return the header as JSON values."""
        return {
            "document_id": self.document_id,
            "code_number": self.number,
            "code_notation": self.sign,
            "promulgation_date": self.issued_on.isoformat(),
            "subject": self.subject,
            "from": self.sender,
            "to": list(self.receivers),
            "without_code": list(self.without_code),
            "document_type": self.kind.value,
            "sha256": self.sha256,
            "earlier_document_id": self.earlier_document_id,
        }
