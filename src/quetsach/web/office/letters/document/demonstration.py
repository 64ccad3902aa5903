"""Keys of nobody, to show signing with: an authority, a person, an agency, a time stamp. Never for a real letter.

Their certificates say so in their names. A real centre puts the PKCS #12 files of its certification authority in the
same places.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY = "Quét Sạch demonstration authority: not valid"
_KEY_USAGES = [
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
]
_LIFE = timedelta(days=20 * 365)


@dataclass(frozen=True, slots=True)
class DemonstrationKeys:
    """PKCS #12 files of the signers, and the certificate (PEM) that a reader has to trust."""

    root: bytes
    person: bytes
    agency: bytes
    time_stamp: bytes


def demonstration_keys(
    *, person: str, agency: str, now: datetime, passphrase: bytes | None = None
) -> DemonstrationKeys:
    """Make new keys; nothing of them is kept here.

    Args:
        person: the signer's name in the certificate.
        agency: the agency's name in the certificate.
        now: the first moment at which the certificates count; with a time zone.
        passphrase: what the files are locked with; ``None`` leaves them open.
    """
    maker = _Maker.new(now.astimezone(UTC).replace(microsecond=0), passphrase)
    return DemonstrationKeys(
        maker.root.public_bytes(Encoding.PEM),
        maker.file(person, is_time_stamp=False),
        maker.file(agency, is_time_stamp=False),
        maker.file("Quét Sạch demonstration time stamp", is_time_stamp=True),
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    """The authority while it makes its certificates; its key goes with it."""

    key: EllipticCurvePrivateKey
    root: x509.Certificate
    passphrase: bytes | None

    @classmethod
    def new(cls, first: datetime, passphrase: bytes | None) -> "_Maker":
        key = generate_private_key(SECP256R1())
        name = _name(AUTHORITY)
        root = (
            _certificate(name, name, key, first)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(key, root, passphrase)

    def file(self, holder: str, *, is_time_stamp: bool) -> bytes:
        # pyHanko's own time stamper, for tests and demonstrations, is for RSA alone.
        key = generate_rsa_key(65537, 2048) if is_time_stamp else generate_private_key(SECP256R1())
        builder = _certificate(_name(holder), self.root.subject, key, self.root.not_valid_before_utc).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        if is_time_stamp:
            stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(_usage("digital_signature"), critical=True)
            builder = builder.add_extension(stamping, critical=True)
        else:
            builder = builder.add_extension(_usage("digital_signature", "content_commitment"), critical=True)
        lock = BestAvailableEncryption(self.passphrase) if self.passphrase else NoEncryption()
        certificate = builder.sign(self.key, hashes.SHA256())
        return pkcs12.serialize_key_and_certificates(holder.encode(), key, certificate, [self.root], lock)


def _certificate(
    holder: x509.Name, authority: x509.Name, key: EllipticCurvePrivateKey | RSAPrivateKey, first: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(holder)
        .issuer_name(authority)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(first + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(holder: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "DEMONSTRATION / MẪU")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, holder[:64])])


def _usage(*names: str) -> x509.KeyUsage:
    usages: Mapping[str, bool] = {name: name in names for name in _KEY_USAGES}
    return x509.KeyUsage(**usages)
