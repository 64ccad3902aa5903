"""An authority that vouches for whoever signs programs, made here with keys that are thrown away."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from release.windows.signing import Signer


@dataclass(frozen=True, slots=True)
class SigningAuthority:
    """PEM files: the root, and the certificate and key of whoever signs."""

    root: Path
    certificate: Path
    key: Path

    @classmethod
    def made(cls, folder: Path, name: str) -> "SigningAuthority":
        """Make an authority, and a certificate under it that signs code under a name."""
        keys = [rsa.generate_private_key(65537, 3072) for _ in range(2)]
        root = _certificate("Test Root", keys[0], "Test Root", keys[0], is_authority=True)
        leaf = _certificate(name, keys[1], "Test Root", keys[0], is_authority=False)
        made = cls(folder / "root.pem", folder / "chain.pem", folder / "key.pem")
        pem = serialization.Encoding.PEM
        made.root.write_bytes(root.public_bytes(pem))
        made.certificate.write_bytes(leaf.public_bytes(pem) + root.public_bytes(pem))
        plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        made.key.write_bytes(keys[1].private_bytes(pem, *plain))
        return made

    def signer(self) -> Signer:
        """Return what a release is configured with to sign by this."""
        return Signer(str(self.certificate), str(self.key))


def _certificate(
    name: str, key: rsa.RSAPrivateKey, issuer: str, issuer_key: rsa.RSAPrivateKey, *, is_authority: bool
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
