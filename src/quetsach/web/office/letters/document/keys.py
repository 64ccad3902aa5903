"""Keys that sign letters: RSA or elliptic curves, from PKCS #12 files, opened once and held."""

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import pkcs12
from django.utils.translation import gettext_lazy as _
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.util import get_pyca_cryptography_hash

from quetsach.web.office.letters.document.errors import SigningError

MOST_KEY_BYTES = 1 << 20


class SigningKey(SimpleSigner):
    """A signing key that is not read anew for each signature, which takes 0.2 s with RSA."""

    held: RSAPrivateKey | EllipticCurvePrivateKey

    @property
    def holder(self) -> str:
        """The name in the certificate; empty if it has none."""
        certificate = self.signing_cert
        return "" if certificate is None else str(certificate.subject.native.get("common_name", ""))

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        """Return the signature of some bytes."""
        algorithm = get_pyca_cryptography_hash(digest_algorithm)
        if isinstance(self.held, RSAPrivateKey):
            return self.held.sign(data, PKCS1v15(), algorithm)
        return self.held.sign(data, ECDSA(algorithm))


def load_key(content: bytes, passphrase: bytes | None = None) -> SigningKey:
    """Open a key with its certificates.

    Args:
        content: a PKCS #12 file.
        passphrase: what it is locked with.

    Raises:
        SigningError: not such a file, another pass phrase, or a key of another kind.
    """
    if len(content) > MOST_KEY_BYTES:
        raise SigningError(_("the file of the signing key is larger than %(most)s bytes") % {"most": MOST_KEY_BYTES})
    try:
        opened = SimpleSigner.load_pkcs12_data(content, (), passphrase)
        held, _certificate, _others = pkcs12.load_key_and_certificates(content, passphrase)
    except (ValueError, TypeError, AttributeError) as error:  # the last for a file without a key or certificate
        raise SigningError(
            _("the signing key cannot be opened"), hint=_("check the file and its pass phrase")
        ) from error
    if not isinstance(held, RSAPrivateKey | EllipticCurvePrivateKey):
        raise SigningError(_("the signing key is neither RSA nor of an elliptic curve"))
    key = SigningKey(
        signing_cert=opened.signing_cert, signing_key=opened.signing_key, cert_registry=opened.cert_registry
    )
    key.held = held
    return key
