"""Containers that people take for documents: compound files, mail, RTF, OneNote. Second readers see the same."""

import email
import email.policy
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.archives import compound_of, mail_of, onenote_of, rtf_of, zip_of
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint.scan_issue import Reason

MEMBERS = {"worm.exe": b"MZ needle" * 999, "small": b"pin", "exactly": bytes(range(256)) * 16}
PLAIN = b"From: an@example.vn\nSubject: x\n\n"


@pytest.mark.parametrize("sector_bytes", [512, 4096])
def test_seven_zip_sees_the_same_streams(sector_bytes: int, tmp_path: Path) -> None:
    packed = compound_of(MEMBERS, sector_bytes=sector_bytes)
    (tmp_path / "a.doc").write_bytes(packed)
    subprocess.run(["7z", "x", "-tcompound", "-bd", "-y", "a.doc"], cwd=tmp_path, check=True, capture_output=True)
    unpacked = {path.name: path.read_bytes() for path in (tmp_path / "Storage").iterdir()}
    assert look(packed).contents == unpacked == MEMBERS


def test_a_cabinet_in_a_package_of_windows_installer_is_looked_into() -> None:
    assert look(compound_of({"Data": zip_of({"in": b"needle"})})).in_order[-1] == b"needle"


def test_an_encrypted_document_is_told_as_such() -> None:
    seen = look(compound_of({"EncryptedPackage": bytes(9_999), "DataSpaces": b"x"}))
    assert (seen.inside.archive, seen.in_order) == ("encrypted", [b"x"])


def test_visual_basic_is_unpacked() -> None:
    text = b'Attribute VB_Name = "NewMacros"\r\nSub AutoOpen()\r\n  Shell "cmd /c needle"\r\nEnd Sub\r\n' * 3
    for decoy in (b"", b"\0Attribut", b"\1\0\0\0Attribut"):
        module = b"what the editor keeps before the source" + decoy + _compressed(text)
        assert text in look(compound_of({"NewMacros": module})).in_order
        assert look(compound_of({"NewMacros": module})).contents["NewMacros.bas"] == text


def _compressed(text: bytes) -> bytes:
    """Write a container of one chunk of literals, but for one copy of what came before ([MS-OVBA] 2.4.1.3)."""
    body, at = b"", 0
    tokens: list[bytes] = []
    repeat = len(text) // 3
    while at < len(text):
        if at == repeat:  # two thirds are a copy of the third before
            bits = max(4, (at - 1).bit_length())
            longest = min(len(text) - at, (0xFFFF >> bits) + 3)
            tokens.append((((repeat - 1) << 16 - bits) | longest - 3).to_bytes(2, "little"))
            at += longest
        else:
            tokens.append(text[at : at + 1])
            at += 1
    for start in range(0, len(tokens), 8):
        group = tokens[start : start + 8]
        body += bytes([sum(1 << bit for bit, token in enumerate(group) if len(token) == 2)]) + b"".join(group)
    return b"\1" + (0xB000 | len(body) + 2 - 3).to_bytes(2, "little") + body


def test_a_chain_that_runs_in_a_ring_ends() -> None:
    packed = bytearray(compound_of({"ring": bytes(9_999)}))
    table = len(packed) - 512
    packed[table : table + 4 * 20] = (0).to_bytes(4, "little") * 20  # every sector is followed by the first
    assert [len(content) for content in look(bytes(packed)).in_order] == [9_999]
    packed[table : table + 512] = b"".join(number.to_bytes(4, "little") for number in range(128))
    assert 0 < len(look(bytes(packed)).in_order) <= 128  # of the directory, too


def test_what_the_standard_library_takes_from_a_message_is_looked_at() -> None:
    packed = mail_of(MEMBERS)
    message = email.message_from_bytes(packed, policy=email.policy.default)
    expected = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
    seen = look(packed).contents
    assert {name: seen[name] for name in MEMBERS} == expected == MEMBERS


def test_every_message_of_a_mailbox_is_looked_at() -> None:
    box = b"".join(
        b"From an@example.vn Sat Nov 28 08:00:00 2026\n" + mail_of({f"{n}": b"needle %d" % n}) for n in range(9)
    )
    seen = look(box.replace(b"\r\n", b"\n"))
    assert [content for content in seen.in_order if b"needle" in content] == [b"needle %d" % n for n in range(9)]


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"begin 644 a.exe\n'*R;5\"ZB\n", None),
        (b"begin 644 a.exe\n&;F5E9&QE\n`\nend\n", b"needle"),
        (b"begin-base64 644 a.exe\nbmVlZGxl\n====\n", b"needle"),
        (b"Content-Transfer-Encoding: quoted-printable\n\nneed=6Ce\n", b"needle\n"),
        (b"Content-Transfer-Encoding:\n base64\n\nbmVl\nZGxl\n", b"needle"),
        (b"content-transfer-encoding: BASE64\n\nbm VlZ!\n", b""),
        (b"Content-Transfer-Encoding: base64\n\nbmVlZGx\n", b"needl"),
    ],
)
def test_attachments_are_known_in_every_encoding(body: bytes, content: bytes | None) -> None:
    found = look(PLAIN + body).in_order
    assert content is None or found == ([content] if content else found)


def test_a_text_that_speaks_of_mail_is_none() -> None:
    assert look(b"Dear all,\nContent-Transfer-Encoding: base64\n\nbmVlZGxl\n").in_order == []


def test_an_attachment_that_breaks_off_is_damage() -> None:
    packed = mail_of({"a": bytes(9_999)})
    assert look(packed[: len(packed) // 2]).inside.reasons == {Reason.DAMAGED}


@pytest.mark.parametrize("between", [b"", b"\r\n", b" ", b"{\\*\\bin00}", b"\\par ", b"\\'", b"}{\\x "][:5])
def test_objects_of_rtf_are_looked_at_whatever_stands_between_their_digits(between: bytes) -> None:
    digits = between.join(b"%02x" % byte for byte in b"needle" * 9)
    seen = look(b"{\\rtf1 {\\object{\\*\\objdata " + digits + b"}}{\\object\\objdata 70 69 6E}}")
    assert seen.in_order == [b"needle" * 9, b"pin"]


def test_an_archive_in_a_document_is_looked_into() -> None:
    inner = {"in": zip_of({"worm": b"needle"})}
    for packed in (rtf_of(inner), onenote_of(inner), mail_of(inner), compound_of(inner)):
        assert look(packed).in_order[-1] == b"needle"


def test_files_of_onenote_are_looked_at_and_a_cut_one_is_damage() -> None:
    packed = onenote_of({"a": b"needle" * 20_000, "b": b"pin"})
    assert look(packed).in_order == [b"needle" * 20_000, b"pin"]
    assert look(packed[:30_000]).inside.reasons == {Reason.DAMAGED}


@given(st.data())
def test_damage_anywhere_costs_no_more_than_being_told(data: st.DataObject) -> None:
    make = data.draw(st.sampled_from([compound_of, mail_of, rtf_of, onenote_of]))
    packed = bytearray(make({"a": b"needle" * 900, "b": b"pin"}))
    for _ in range(data.draw(st.integers(0, 8))):
        at = data.draw(st.integers(0, len(packed) - 1))
        packed[at : at + 4] = data.draw(
            st.sampled_from([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\1\0\0\0", b"}\n--", b"\xfe\xff\xff\xff"])
        )
    seen = look(bytes(packed[: data.draw(st.integers(0, len(packed)))]))
    assert seen.inside.reasons <= {Reason.DAMAGED, Reason.LIMIT, Reason.NOT_OPENED}
