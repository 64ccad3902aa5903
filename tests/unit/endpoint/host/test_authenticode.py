"""Microsoft's own files are known by their signature, and nobody else's."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.signed_files import SHA1, SHA256, Publisher, catalogue, program, publisher, sign

from quetsach.endpoint import EndpointError
from quetsach.endpoint.host.authenticode import (
    CATALOGUES,
    Roots,
    attached_signature,
    microsoft_files,
    microsoft_roots,
)
from quetsach.endpoint.host.posix.folder import PosixTree

FILE = b"/Windows/System32/notepad.exe"
NAME = "Microsoft Windows"


@pytest.fixture(scope="module")
def microsoft() -> Publisher:
    return publisher(NAME)


@pytest.fixture(scope="module")
def roots(microsoft: Publisher) -> Roots:
    return (microsoft.root,)


def _put(root: Path, path: bytes, content: bytes) -> None:
    there = root / os.fsdecode(path[1:])
    there.parent.mkdir(parents=True, exist_ok=True)
    there.write_bytes(content)


def _is_own(root: Path, content: bytes, roots: Roots, *catalogues: bytes) -> bool:
    _put(root, FILE, content)
    for number, one in enumerate(catalogues):
        _put(root, CATALOGUES + b"/%d.cat" % number, one)
    found = microsoft_files(PosixTree(root), [FILE], roots=roots)
    assert all(file.is_intact and file.package == NAME for file in found.values())
    return FILE in found


def test_a_program_with_a_signature_attached_is_known(tmp_path: Path, microsoft: Publisher, roots: Roots) -> None:
    assert _is_own(tmp_path, sign(program(), microsoft), roots)


@pytest.mark.parametrize("where", [0x90, 0x205, 0x3FF])
def test_a_changed_byte_is_noticed(tmp_path: Path, microsoft: Publisher, roots: Roots, where: int) -> None:
    content = bytearray(sign(program(), microsoft))
    content[where] ^= 1
    assert not _is_own(tmp_path, bytes(content), roots)


def test_what_is_appended_behind_a_signature_is_noticed(tmp_path: Path, microsoft: Publisher, roots: Roots) -> None:
    assert not _is_own(tmp_path, sign(program(), microsoft) + b"script", roots)


def test_what_is_hidden_in_the_room_of_a_signature_is_noticed(
    tmp_path: Path, microsoft: Publisher, roots: Roots
) -> None:
    content = bytearray(sign(program(), microsoft))
    grown = int.from_bytes(content[0x98 + 148 : 0x98 + 152], "little") + 64
    content[0x98 + 148 : 0x98 + 152] = grown.to_bytes(4, "little")
    table = int.from_bytes(content[0x98 + 144 : 0x98 + 148], "little")
    content[table : table + 4] = grown.to_bytes(4, "little")
    assert not _is_own(tmp_path, bytes(content) + b"<script>".ljust(64, b"x"), roots)


def test_nobody_elses_root_counts(tmp_path: Path, microsoft: Publisher) -> None:
    assert not _is_own(tmp_path, sign(program(), microsoft), (publisher(NAME).root,))
    assert not _is_own(tmp_path, sign(program(), microsoft), microsoft_roots())


@pytest.mark.parametrize("name", ["Microsoft Windows Hardware Compatibility Publisher", "Mícrosoft Windows", "Acme"])
def test_what_microsoft_signed_for_others_does_not_count(tmp_path: Path, name: str) -> None:
    other = publisher(name)
    assert not _is_own(tmp_path, sign(program(), other), (other.root,))


def test_a_certificate_that_may_not_sign_code_does_not_count(tmp_path: Path) -> None:
    other = publisher(NAME, signs_code=False)
    assert not _is_own(tmp_path, sign(program(), other), (other.root,))


def test_an_issuer_that_is_no_authority_does_not_count(tmp_path: Path) -> None:
    other = publisher(NAME, authority_is_one=False)
    assert not _is_own(tmp_path, sign(program(), other), (other.root,))


@pytest.mark.parametrize(("algorithm", "name"), [(SHA1, "sha1"), (SHA256, "sha256")])
def test_a_file_that_a_catalogue_lists_is_known(
    tmp_path: Path, microsoft: Publisher, roots: Roots, algorithm: str, name: str
) -> None:
    digest = hashlib.new(name, b"a script\r\n", usedforsecurity=False).digest()
    listing = catalogue({bytes(20): SHA1, digest: algorithm}, microsoft)
    assert _is_own(tmp_path, b"a script\r\n", roots, b"no catalogue", listing)
    assert not _is_own(tmp_path, b"another script\r\n", roots)


def test_a_catalogue_of_somebody_else_is_not_believed(tmp_path: Path, roots: Roots) -> None:
    digest = hashlib.sha256(b"evil").digest()
    assert not _is_own(tmp_path, b"evil", roots, catalogue({digest: SHA256}, publisher(NAME)), digest)


def test_a_signed_list_of_something_else_is_no_catalogue(tmp_path: Path, microsoft: Publisher, roots: Roots) -> None:
    digest = hashlib.sha256(b"evil").digest()
    listing = catalogue({digest: SHA256}, microsoft, usage="1.3.6.1.4.1.311.10.3.9")
    assert not _is_own(tmp_path, b"evil", roots, listing)


def test_another_program_signs_what_we_believe_too(tmp_path: Path, microsoft: Publisher, roots: Roots) -> None:
    plain, made = tmp_path / "plain.exe", tmp_path / "signed.exe"
    plain.write_bytes(program())
    chain = b"".join(c.public_bytes(Encoding.PEM) for c in (microsoft.leaf, microsoft.authority))
    (tmp_path / "chain.pem").write_bytes(chain)
    key = microsoft.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(key)
    command = ["osslsigncode", "sign", "-h", "sha256", "-certs", "chain.pem", "-key", "key.pem", "plain.exe", made.name]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert _is_own(tmp_path / "root", made.read_bytes(), roots)


def test_microsofts_roots_are_the_three_that_were_looked_up() -> None:
    names = {hashlib.sha256(root.public_bytes(Encoding.DER)).hexdigest()[:8] for root in microsoft_roots()}
    assert names == {"885de64c", "df545bf9", "847df6a7"}


def test_whoever_signed_a_program_is_named_whether_or_not_somebody_vouches(microsoft: Publisher) -> None:
    assert attached_signature(sign(program(), microsoft)).signer == NAME
    stranger = publisher("Somebody Else")
    assert attached_signature(sign(program(), stranger)).signer == "Somebody Else"


@pytest.mark.parametrize("where", [0x90, 0x205, 0x3FF, -200])
def test_nobody_is_named_for_a_program_that_was_changed(microsoft: Publisher, where: int) -> None:
    content = bytearray(sign(program(), microsoft))
    content[where] ^= 1
    with pytest.raises(EndpointError):
        attached_signature(bytes(content))


@pytest.mark.parametrize("content", [b"", b"MZ", program(), b"#!/bin/sh\n" * 100])
def test_nobody_is_named_for_what_is_not_signed(content: bytes) -> None:
    with pytest.raises(EndpointError):
        attached_signature(content)
