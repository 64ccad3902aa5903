"""Small Windows programs, signatures and catalogues, made and signed here with keys that are made here."""

import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from quetsach.endpoint.host.authenticode import file_digests

SIGNED_DATA, INDIRECT, CTL = "1.2.840.113549.1.7.2", "1.3.6.1.4.1.311.2.1.4", "1.3.6.1.4.1.311.10.1"
CATALOGUE, SHA1, SHA256 = "1.3.6.1.4.1.311.12.1.1", "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
_RSA = "1.2.840.113549.1.1.1"


@dataclass(frozen=True, slots=True)
class Publisher:
    """A root, an authority under it, and a certificate that signs code under a name."""

    root: x509.Certificate
    authority: x509.Certificate
    leaf: x509.Certificate
    key: rsa.RSAPrivateKey


def publisher(name: str, *, signs_code: bool = True, authority_is_one: bool = True) -> Publisher:
    """Make a publisher of this name with its own root."""
    keys = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
    root = _certificate("Test Root", keys[0], "Test Root", keys[0], is_authority=True)
    authority = _certificate("Test PCA", keys[1], "Test Root", keys[0], is_authority=authority_is_one)
    leaf = _certificate(name, keys[2], "Test PCA", keys[1], is_authority=False, signs_code=signs_code)
    return Publisher(root, authority, leaf, keys[2])


def _certificate(
    name: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    *,
    is_authority: bool,
    signs_code: bool = True,
) -> x509.Certificate:
    use = ExtendedKeyUsageOID.CODE_SIGNING if signs_code else ExtendedKeyUsageOID.EMAIL_PROTECTION
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def program(body: bytes = b"harmless") -> bytes:
    """Return a 64-bit Windows program that does nothing: headers, and one section that holds ``body``."""
    head = bytearray(0x200)
    head[:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    struct.pack_into("<4sHHIIIHH", head, 0x80, b"PE\0\0", 0x8664, 1, 0, 0, 0, 240, 0x22)
    struct.pack_into("<H", head, 0x98, 0x20B)
    struct.pack_into("<I", head, 0x98 + 108, 16)
    raw = body.ljust(-(-len(body) // 0x200) * 0x200, b"\0")
    struct.pack_into("<8sIIII", head, 0x188, b".text", len(body), 0x1000, len(raw), 0x200)
    return bytes(head) + raw


def sign(program: bytes, by: Publisher) -> bytes:
    """Return a program with a signature attached."""
    signature = signed(INDIRECT, indirect(file_digests(program)[1], SHA256), by)
    table = struct.pack("<IHH", 8 + len(signature), 0x200, 2) + signature
    table += bytes(-len(table) % 8)
    whole = bytearray(program + table)
    struct.pack_into("<II", whole, 0x98 + 112 + 32, len(program), len(table))
    return bytes(whole)


def catalogue(digests: dict[bytes, str], by: Publisher, *, usage: str = CATALOGUE) -> bytes:
    """Return a catalogue that lists hashes: digest -> algorithm."""
    members = [
        sequence(
            tlv(0x04, digest.hex().upper().encode("utf-16-le")),
            tlv(0x31, sequence(oid(INDIRECT), tlv(0x31, indirect_whole(digest, algorithm)))),
        )
        for digest, algorithm in digests.items()
    ]
    content = sequence(oid(usage)) + tlv(0x04, bytes(16)) + tlv(0x17, b"200101000000Z")
    content += sequence(oid("1.3.6.1.4.1.311.12.1.2"), tlv(0x05, b"")) + sequence(*members)
    return signed(CTL, content, by)


def signed(kind: str, content: bytes, by: Publisher) -> bytes:
    """Return PKCS #7 signed data; ``content`` is what is inside the outer sequence."""
    digest = hashlib.sha256(content).digest()
    attributes = sequence(oid("1.2.840.113549.1.9.3"), tlv(0x31, oid(kind)))
    attributes += sequence(oid("1.2.840.113549.1.9.4"), tlv(0x31, tlv(0x04, digest)))
    signature = by.key.sign(tlv(0x31, attributes), padding.PKCS1v15(), hashes.SHA256())
    serial = by.leaf.serial_number.to_bytes(by.leaf.serial_number.bit_length() // 8 + 1)
    signer = sequence(
        tlv(0x02, b"\1"),
        sequence(by.leaf.issuer.public_bytes(), tlv(0x02, serial)),
        sequence(oid(SHA256), tlv(0x05, b"")),
        tlv(0xA0, attributes),
        sequence(oid(_RSA), tlv(0x05, b"")),
        tlv(0x04, signature),
    )
    from cryptography.hazmat.primitives.serialization import Encoding

    certificates = b"".join(c.public_bytes(Encoding.DER) for c in (by.leaf, by.authority))
    inner = sequence(
        tlv(0x02, b"\1"),
        tlv(0x31, sequence(oid(SHA256), tlv(0x05, b""))),
        sequence(oid(kind), tlv(0xA0, sequence(content))),
        tlv(0xA0, certificates),
        tlv(0x31, signer),
    )
    return sequence(oid(SIGNED_DATA), tlv(0xA0, inner))


def indirect(digest: bytes, algorithm: str) -> bytes:
    """Return what is inside an SpcIndirectDataContent."""
    what = sequence(oid("1.3.6.1.4.1.311.2.1.15"), tlv(0x30, b""))
    return what + sequence(sequence(oid(algorithm), tlv(0x05, b"")), tlv(0x04, digest))


def indirect_whole(digest: bytes, algorithm: str) -> bytes:
    """Return an SpcIndirectDataContent."""
    return sequence(indirect(digest, algorithm))


def sequence(*parts: bytes) -> bytes:
    """Return a DER sequence."""
    return tlv(0x30, b"".join(parts))


def tlv(tag: int, content: bytes) -> bytes:
    """Return a DER element."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes(-(-length.bit_length() // 8))
    return bytes([tag, 0x80 | len(size)]) + size + content


def oid(text: str) -> bytes:
    """Return a DER object identifier."""
    first, second, *rest = map(int, text.split("."))
    content = b""
    for number in (40 * first + second, *rest):
        part = bytes([number & 0x7F])
        while number := number >> 7:
            part = bytes([0x80 | number & 0x7F]) + part
        content += part
    return tlv(0x06, content)
