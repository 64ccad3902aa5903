"""Whose a signing key is and until when: its certificate, read without what signing needs, which is slow to load."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext_lazy as _

from quetsach.web.office.letters.document.letter import SigningError


@dataclass(frozen=True, slots=True)
class Certificate:
    """Who holds a key, the authority that vouches for it (both by common name), and from when until when (UTC)."""

    holder: str
    authority: str
    first: datetime
    until: datetime

    def as_json(self) -> dict[str, str]:
        """Return it as JSON values; the times in ISO 8601."""
        return {
            "holder": self.holder,
            "authority": self.authority,
            "first": self.first.isoformat(),
            "until": self.until.isoformat(),
        }

    def is_in_force(self, at: datetime) -> bool:
        """Whether a moment is within its days."""
        return self.first <= at < self.until


def read_certificate(content: bytes) -> Certificate:
    """Read the certificate of a key.

    Args:
        content: a PKCS #12 file without a pass phrase.

    Raises:
        SigningError: it is no such file, or holds no certificate.
    """
    found = _certificate(content)
    return Certificate(
        _common_name(found.subject), _common_name(found.issuer), found.not_valid_before_utc, found.not_valid_after_utc
    )


def _certificate(content: bytes) -> x509.Certificate:
    try:
        found = pkcs12.load_pkcs12(content, None).cert
    except (ValueError, TypeError) as error:
        raise SigningError(
            _("the signing key cannot be opened"), hint=_("check the file and its pass phrase")
        ) from error
    if found is None:
        raise SigningError(_("the signing key cannot be opened"), hint=_("check the file and its pass phrase"))
    return found.certificate


def refuse_other_name(holder: str, name: str) -> None:
    """Refuse to sign for a person whose name is not the one in the certificate, whatever its capitals and spaces.

    Raises:
        SigningError: it is another name.
    """
    if _folded(holder) != _folded(name):
        raise SigningError(_("the key is of %(holder)s, the letter names %(name)s") % {"holder": holder, "name": name})


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _common_name(name: x509.Name) -> str:
    return " ".join(str(part.value) for part in name.get_attributes_for_oid(NameOID.COMMON_NAME))
