"""Which files of a Windows disk are Microsoft's own and unchanged, from their signatures.

A file is signed by what is attached to it (Authenticode), or by a catalogue in ``System32/CatRoot`` with its hash.
Sources: "Windows Authenticode Portable Executable Signature Format" (Microsoft, 2008); RFC 2315 (PKCS #7);
MS-OSHARED; "Catalog Files and Digital Signatures" (Microsoft Learn).

Only signatures that lead to Microsoft's roots count, and of those only the names under which Microsoft signs what it
wrote itself: drivers of others that it signed for them have been malware. What follows a signature in a file is not
covered by it, so a file with anything there is not believed. Whether a certificate was valid when it signed is not
checked: that needs the counter-signature of a time stamp, and a stolen key of Microsoft would be the world's problem.
"""

import hashlib
import struct
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from quetsach.endpoint import EndpointError
from quetsach.endpoint.host.packages import PackageFile
from quetsach.endpoint.host.tree import Tree, join

# Reads DER (ITU-T X.690), as far as signatures of files need it: bounded, and refusing what is not well-formed.

INTEGER, OCTETS, OBJECT, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31


class DerError(EndpointError):
    """The bytes are not the structure that they should be."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its tag byte, and where it, its content and its end lie in ``source``."""

    source: bytes
    tag: int
    start: int
    inside: int
    end: int

    @property
    def content(self) -> bytes:
        """The bytes inside, without tag and length."""
        return self.source[self.inside : self.end]

    @property
    def whole(self) -> bytes:
        """The bytes with tag and length."""
        return self.source[self.start : self.end]

    def __iter__(self) -> Iterator["Element"]:
        """Yield the elements inside."""
        position = self.inside
        while position < self.end:
            element = read_element(self.source, position, self.end)
            yield element
            position = element.end

    def child(self, number: int, tag: int) -> "Element":
        """Return the element of this number inside, which must have the tag."""
        for count, element in enumerate(self):
            if count == number and element.tag == tag:
                return element
            if count == number:
                break
        raise DerError(f"no element {number} with tag {tag:#x} at byte {self.start}")

    def oid(self) -> str:
        """Return an object identifier in dotted form."""
        if self.tag != OBJECT or not 1 <= self.end - self.inside <= 64 or self.content[-1] & 0x80:
            raise DerError(f"no object identifier at byte {self.start}")
        numbers = [0]
        for byte in self.content:
            numbers[-1] = numbers[-1] << 7 | byte & 0x7F
            if not byte & 0x80:
                numbers.append(0)
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:-1])))


def read_element(source: bytes, position: int = 0, end: int | None = None) -> Element:
    """Return the element at a position.

    Raises:
        DerError: it has a long tag, an indefinite length, or does not end before ``end``.
    """
    end = len(source) if end is None else end
    if end - position < 2 or source[position] & 0x1F == 0x1F:
        raise DerError(f"no element at byte {position}")
    length, inside = source[position + 1], position + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or end - inside < count:
            raise DerError(f"no length at byte {position}")
        length, inside = int.from_bytes(source[inside : inside + count]), inside + count
    if length > end - inside:
        raise DerError(f"the element at byte {position} does not end")
    return Element(source, source[position], position, inside, inside + length)


CATALOGUES = b"/Windows/System32/CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"
OWN_NAMES = frozenset({"Microsoft Windows", "Microsoft Windows Publisher", "Microsoft Corporation"})

_LARGEST_FILE = 256 << 20
_LARGEST_CATALOGUE = 32 << 20
_MOST_CATALOGUES = 50_000
_LONGEST_CHAIN = 6
_MOST_CERTIFICATES = 16
_CERTIFICATE_ERRORS = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_CERTIFICATE_TABLE = 4
_PKCS7 = 2
_INDIRECT_DATA, _CTL, _CATALOGUE = "1.3.6.1.4.1.311.2.1.4", "1.3.6.1.4.1.311.10.1", "1.3.6.1.4.1.311.12.1.1"
_SIGNED_DATA, _MESSAGE_DIGEST, _CONTENT_TYPE = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.3"
_HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "1.3.14.3.2.26": hashes.SHA1(),  # noqa: S303  (catalogues of Windows 7 and 8; no second preimage is known)
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}

type Roots = tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature vouches for: the hashes of files, and the name of whoever signed."""

    digests: frozenset[bytes]
    signer: str


def microsoft_files(tree: Tree, paths: Iterable[bytes], *, roots: Roots | None = None) -> Mapping[bytes, PackageFile]:
    """Return those of the paths (without links) that are Microsoft's own and unchanged.

    ``roots`` are the certificates to which signatures must lead; Microsoft's if not given.
    """
    roots = microsoft_roots() if roots is None else roots
    found: dict[bytes, PackageFile] = {}
    wanted: dict[bytes, bytes] = {}
    for path in paths:
        try:
            content = tree.read(path, _LARGEST_FILE)
        except OSError:
            continue
        if (signer := _own_signer(content, roots)) is not None:
            found[path] = PackageFile(signer, is_intact=True)
            continue
        wanted |= dict.fromkeys(file_digests(content), path)
    for digest, signer in _listed(tree, wanted.keys(), roots) if wanted else ():
        found[wanted[digest]] = PackageFile(signer, is_intact=True)
    return found


@cache
def microsoft_roots() -> Roots:
    """Return the roots of Microsoft's product signatures."""
    text = resources.files(__package__).joinpath("microsoft_roots.pem").read_bytes()
    return tuple(x509.load_pem_x509_certificates(text))


def file_digests(content: bytes) -> tuple[bytes, bytes]:
    """Return the SHA-1 and SHA-256 by which signatures name a file: of a program without its own signature."""
    parts = _hashed_parts(content)
    return tuple(_digest(name, parts) for name in ("sha1", "sha256"))  # type: ignore[return-value]


def _digest(name: str, parts: Iterable[memoryview]) -> bytes:
    digest = hashlib.new(name, usedforsecurity=False)
    for part in parts:
        digest.update(part)
    return digest.digest()


def _hashed_parts(content: bytes) -> tuple[memoryview, ...]:
    """Return what is hashed: all but the check sum, the entry of the certificate table, and the table."""
    view = memoryview(content)
    layout = _layout(content)
    if layout is None:
        return (view,)
    checksum, entry, table, _ = layout
    end = table or len(content)
    return view[:checksum], view[checksum + 4 : entry], view[entry + 8 : end]


def _layout(content: bytes) -> tuple[int, int, int, int] | None:
    """Return where the check sum, the table's entry and the table of a program are, and its size; ``None`` if none."""
    if len(content) < 0x40 or not content.startswith(b"MZ"):
        return None
    header = int.from_bytes(content[0x3C:0x40], "little")
    optional = header + 24
    if content[header : header + 4] != b"PE\0\0" or optional + 152 > len(content):
        return None
    directories = {0x10B: 96, 0x20B: 112}.get(int.from_bytes(content[optional : optional + 2], "little"))
    if directories is None:
        return None
    count = int.from_bytes(content[optional + directories - 4 : optional + directories], "little")
    entry = optional + directories + 8 * _CERTIFICATE_TABLE
    if count <= _CERTIFICATE_TABLE or entry + 8 > len(content):
        return None
    table, size = struct.unpack_from("<II", content, entry)
    if (table or size) and not entry + 8 <= table <= table + size <= len(content):
        return None
    return optional + 64, entry, table, size


def attached_signature(content: bytes) -> Signed:
    """Return what the signature attached to a program says, once it holds for the program as it is.

    Whether anybody vouches for the name of whoever signed is not asked: for that see ``microsoft_files``.

    Raises:
        DerError: it has no signature, or one that does not hold.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return _of_program(content, _read(_attached(content))[0])
    except _CERTIFICATE_ERRORS as error:
        raise DerError("a certificate cannot be read") from error


def _own_signer(content: bytes, roots: Roots) -> str | None:
    """Return who signed a program with the signature attached to it, if that holds and is Microsoft's own."""
    try:
        return _of_program(content, read_signed(_attached(content), roots)).signer
    except EndpointError:
        return None


def _of_program(content: bytes, signed: Signed) -> Signed:
    if not signed.digests & set(file_digests(content)):
        raise DerError("the program is not the one that was signed")
    return signed


def _attached(content: bytes) -> bytes:
    """Return the signature that is attached to a program, with nothing behind it that it would not cover.

    Raises:
        DerError: there is none, or there is something behind it.
    """
    layout = _layout(content)
    if layout is None or not layout[2] or layout[2] + layout[3] != len(content):
        raise DerError("there is no signature at the end of the program")
    table = layout[2]
    length, _, kind = struct.unpack_from("<IHH", content, table) if layout[3] >= 8 else (0, 0, 0)
    if kind != _PKCS7 or not 8 < length <= layout[3]:
        raise DerError("not a signature of the kind that programs have")
    signature = content[table + 8 : table + length]
    end = read_element(signature).end
    if signature[end:].strip(b"\0") or content[table + length :].strip(b"\0") or len(content) - table - end > 32:
        raise DerError("something follows the signature that it does not cover")
    return signature[:end]


def _listed(tree: Tree, wanted: Iterable[bytes], roots: Roots) -> Iterator[tuple[bytes, str]]:
    """Yield the wanted hashes that a catalogue lists, and who signed it. A catalogue is only checked for a hit."""
    left = {digest: (digest, digest.hex().upper().encode("utf-16-le")) for digest in wanted}
    try:
        names = [entry.name for entry, _ in zip(tree.scandir(CATALOGUES), range(_MOST_CATALOGUES), strict=False)]
    except OSError:
        return
    for name in sorted(names):
        try:
            content = tree.read(join(CATALOGUES, name), _LARGEST_CATALOGUE)
            hits = [digest for digest, forms in left.items() if any(form in content for form in forms)]
            signed = read_signed(content, roots) if hits else None
        except (OSError, EndpointError):
            continue
        for digest in hits if signed else ():
            if signed and digest in signed.digests:
                del left[digest]
                yield digest, signed.signer


def read_signed(signature: bytes, roots: Roots) -> Signed:
    """Return what a signature vouches for, after checking it down to the roots.

    Raises:
        DerError: it is no signature of a file or catalogue, it does not hold, or somebody else made it.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # of odd certificates: whether they lead to a root decides
            return _read_signed(signature, roots)
    except _CERTIFICATE_ERRORS as error:  # certificates are read when they are asked
        raise DerError("a certificate cannot be read") from error


def _read_signed(signature: bytes, roots: Roots) -> Signed:
    signed, leaf, certificates = _read(signature)
    if signed.signer not in OWN_NAMES or not _leads_to(leaf, certificates, roots):
        raise DerError(f"signed by {signed.signer!r}, not by Microsoft itself")
    return signed


def _read(signature: bytes) -> tuple[Signed, x509.Certificate, list[x509.Certificate]]:
    """Return what a signature says, after checking that it holds, with whose it is and the certificates beside it."""
    outer = read_element(signature)
    if outer.tag != SEQUENCE or outer.child(0, OBJECT).oid() != _SIGNED_DATA:
        raise DerError("not signed data")
    data = outer.child(1, 0xA0).child(0, SEQUENCE)
    content = data.child(2, SEQUENCE)
    kind, value = content.child(0, OBJECT).oid(), content.child(1, 0xA0).child(0, SEQUENCE)
    parts = list(data)
    certificates = _certificates(next((part for part in parts if part.tag == 0xA0), None))
    leaf = _check_signer(parts[-1].child(0, SEQUENCE), kind, value, certificates)
    if kind == _INDIRECT_DATA:
        digests = frozenset({_indirect_digest(value)})
    elif kind == _CTL:
        digests = frozenset(_members(value))
    else:
        raise DerError(f"content of type {kind}")
    return Signed(digests, _name(leaf)), leaf, certificates


def _certificates(element: Element | None) -> list[x509.Certificate]:
    certificates = [one.whole for one in element or () if one.tag == SEQUENCE][:_MOST_CERTIFICATES]
    return list(map(x509.load_der_x509_certificate, certificates))


def _check_signer(signer: Element, kind: str, value: Element, certificates: list[x509.Certificate]) -> x509.Certificate:
    """Return the certificate of whoever signed, when the signature holds for the content."""
    identity = signer.child(1, SEQUENCE)
    issuer, serial = identity.child(0, SEQUENCE).whole, int.from_bytes(identity.child(1, INTEGER).content)
    algorithm = _hash(signer.child(2, SEQUENCE))
    attributes = signer.child(3, 0xA0)
    named = {one.child(0, OBJECT).oid(): one.child(1, SET) for one in attributes}
    if _CONTENT_TYPE not in named or named[_CONTENT_TYPE].child(0, OBJECT).oid() != kind:
        raise DerError("the signature is of another kind of content")
    digest = _digest(algorithm.name, (memoryview(value.content),))
    if _MESSAGE_DIGEST not in named or named[_MESSAGE_DIGEST].child(0, OCTETS).content != digest:
        raise DerError("the content is not what was signed")
    for certificate in certificates:
        if certificate.serial_number == serial and certificate.issuer.public_bytes() == issuer:
            key = certificate.public_key()
            if not isinstance(key, rsa.RSAPublicKey):
                raise DerError("signed with a kind of key that Microsoft does not use")
            signed = bytes([SET]) + attributes.whole[1:]
            try:
                key.verify(signer.child(5, OCTETS).content, signed, padding.PKCS1v15(), algorithm)
            except InvalidSignature as error:
                raise DerError("the signature does not hold") from error
            return certificate
    raise DerError("the certificate of whoever signed is missing")


def _hash(algorithm: Element) -> hashes.HashAlgorithm:
    try:
        return _HASHES[algorithm.child(0, OBJECT).oid()]
    except KeyError:
        raise DerError("an unknown hash algorithm") from None


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else ""


def _leads_to(leaf: x509.Certificate, certificates: list[x509.Certificate], roots: Roots) -> bool:
    """Return whether each certificate was issued by the next and the last by a root, and the first may sign code."""
    try:
        uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if ExtendedKeyUsageOID.CODE_SIGNING not in uses:
            return False
        certificate = leaf
        for _ in range(_LONGEST_CHAIN):
            if any(_issued(certificate, root) for root in roots):
                return True
            issuers = [other for other in certificates if other != certificate and _issued(certificate, other)]
            certificate = next(other for other in issuers if _is_authority(other))
    except (x509.ExtensionNotFound, x509.DuplicateExtension, StopIteration):
        return False
    return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def _indirect_digest(value: Element) -> bytes:
    return value.child(1, SEQUENCE).child(1, OCTETS).content


def _members(ctl: Element) -> Iterator[bytes]:
    """Yield the hashes that a catalogue lists: of each member its name, which is the hash, and the digest it holds."""
    parts = list(ctl)
    if not parts or parts[0].child(0, OBJECT).oid() != _CATALOGUE:
        raise DerError("a list of something else than files")
    entries = next((part for part in parts[1:] if part.tag == SEQUENCE and _holds_members(part)), ())
    for entry in entries:
        for attribute in entry.child(1, SET):
            if attribute.child(0, OBJECT).oid() == _INDIRECT_DATA:
                yield _indirect_digest(attribute.child(1, SET).child(0, SEQUENCE))


def _holds_members(part: Element) -> bool:
    first = next(iter(part), None)
    name = next(iter(first), None) if first is not None and first.tag == SEQUENCE else None
    return name is not None and name.tag == OCTETS
