"""Messages written so that a program that shows mail opens the attachment and a scanner does not."""

import base64
import binascii

import pytest
from tests.archives import zip_of
from tests.unit.endpoint.scanner.archive.seen import look

from quetsach.endpoint.scan_issue import Reason

NEEDLE = b"MZ" + b"needle" * 99
HEAD = b'From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="BB"\r\n\r\n--BB\r\n'
PART = b"Content-Type: a/b; name=a.exe\r\nContent-Transfer-Encoding: base64\r\n\r\n"
BASE64 = base64.encodebytes(NEEDLE)
END = b"\r\n--BB--\r\n"
PLAIN = HEAD + PART + BASE64 + END
QUOTED_PART = PART.replace(b"base64", b"quoted-printable")
QUOTED = b"".join(b"=%02X" % byte + (b"=\r\n" if n % 20 == 19 else b"") for n, byte in enumerate(NEEDLE)) + b"=\r\n"
UU = b"".join(binascii.b2a_uu(NEEDLE[at : at + 45]) for at in range(0, len(NEEDLE), 45)) + b"`\nend\n"


def _encoding(written: bytes) -> bytes:
    return PLAIN.replace(b"Content-Transfer-Encoding: base64", written)


@pytest.mark.parametrize(
    "mail",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        b"\r\n \r\n" + PLAIN,
        b"1234      \n" + PLAIN,
        b"X: \1\r\n" + PLAIN,
        b"X: " + b"a" * 70_000 + b"\r\n" + PLAIN,
        b"".join(b"X-%d: aaaa\r\n" % n for n in range(40_000)) + PLAIN,
        PART + BASE64,
        PLAIN.replace(b"\r\n", b"\n"),
        PLAIN.replace(b"\r\n", b"\n").replace(b"\n", b"\r"),
        _encoding(b'content-transfer-ENCODING : "base64"'),
        _encoding(b"Content-Transfer-Encoding: (quoted-printable) base64"),
        _encoding(b"Content-Transfer-Encoding:" + b" " * 3_000 + b"base64"),
        _encoding(b"Content-Transfer-Encoding:\r\n \r\n\tbase64"),
        _encoding(b"X: content-transfer-encoding: quoted-printable\r\nContent-Transfer-Encoding: base64"),
        HEAD + PART + b"!\n-".join(BASE64[at : at + 20] for at in range(0, len(BASE64), 20)) + END,
        HEAD + PART + BASE64[:8] + b"\n--\n" + BASE64[8:] + END,
        HEAD + PART + b"".join(base64.b64encode(NEEDLE[at : at + 7]) + b"\n" for at in range(0, len(NEEDLE), 7)) + END,
        HEAD + QUOTED_PART + QUOTED + END,
        HEAD + QUOTED_PART + b"".join(b"=%02X" % byte for byte in NEEDLE) + b"=" + END,
        b"begin 644 a.exe\n" + UU,
        b"begin 644 a.exe\n" + UU.replace(b"`\n", b"\n"),
        b"begin 644 a.exe\n" + UU.replace(b"`\n", b" \n"),
        b"begin 644 a.exe\n" + UU.replace(b"`\n", b""),
        b"GIF8: 1\n" + PLAIN,
        b"BZh: 1\n" + PLAIN,
        b"#!: 1\n" + PLAIN,
        b"%PDF-: 1\n" + PLAIN,
        b"{\\rt: 1\n" + PLAIN,
        b"begin 100644 a.exe\n" + UU,
        b"From: a@b\n\nHello:\nbegin 644 a:b.exe\n" + UU,
        b"From: a@b\n\nbegin 644 a.exe\n" + UU.replace(b"\n", b"X\n", 13),
    ],
)
def test_an_attachment_is_looked_at_however_the_message_is_written(mail: bytes) -> None:
    assert NEEDLE in [content.rstrip() for content in look(mail).in_order]


def _plain(content: bytes, encoding: bytes = b"binary", of: bytes = b"a/b; name=a.exe") -> bytes:
    part = PART.replace(b"base64", encoding).replace(b"a/b; name=a.exe", of)
    return HEAD + part + content + END


@pytest.mark.parametrize("encoding", [b"binary", b"8bit", b"7BIT"])
@pytest.mark.parametrize("of", [b"a/b", b"a/b; name=a.exe", b"text/plain; name=a.exe"])
@pytest.mark.parametrize("content", [NEEDLE, NEEDLE + b"\n", bytes(range(256)) * 999, zip_of({"a": NEEDLE})])
def test_an_attachment_that_is_not_encoded_is_looked_at_as_it_is(encoding: bytes, of: bytes, content: bytes) -> None:
    seen = look(_plain(content, encoding, of))
    assert content in seen.in_order
    assert seen.inside.reasons == set()


@pytest.mark.parametrize("of", [b"text/plain", b"multipart/mixed; name=a", b"message/rfc822; name=a"])
def test_a_text_or_what_holds_further_parts_is_not_attached(of: bytes) -> None:
    seen = look(_plain(PART + BASE64, b"8bit", of))
    assert seen.in_order == [NEEDLE]
    assert seen.inside.reasons == set()


def test_a_note_at_the_end_of_a_mailbox_is_no_damage() -> None:
    note = b"Content-Type: text/plain; name=note\nContent-Transfer-Encoding: 7bit\n\nneedle\n"
    seen = look(b"From a\n" + PLAIN + b"\nFrom b\n" + note)
    assert seen.in_order == [NEEDLE, b"needle"]
    assert seen.inside.reasons == set()


def test_a_text_behind_headers_that_do_not_end_is_no_damage() -> None:
    note = b"Subject: how mail is written\n\nContent-Transfer-Encoding: 8bit\nis what it says.\n"
    assert look(note).inside.reasons == set()


@pytest.mark.parametrize("text", [b"--\r\n", b"From me\r\n", b"-- \r\n", b"--C\r\n"])
def test_text_that_looks_like_a_boundary_ends_no_attachment(text: bytes) -> None:
    assert any(NEEDLE in content for content in look(HEAD + QUOTED_PART + text + QUOTED + END).in_order)


@pytest.mark.parametrize("edge", range(65_530, 65_540))
def test_no_letter_is_lost_where_a_long_line_is_taken_apart(edge: int) -> None:
    body = b"a" * edge + b"=4D" * 30
    assert look(HEAD + QUOTED_PART + body + END).in_order[0].rstrip() == b"a" * edge + b"M" * 30


@pytest.mark.parametrize(
    "mail",
    [
        _encoding(b"Content-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: base64"),
        PLAIN.replace(b'boundary="BB"', b'boundary="BB"; boundary="CC"'),
        _encoding(b"Content-Transfer-Encoding: base64\r\nno header"),
        HEAD + PART + BASE64[:40] + b"\nContent-X: y\n" + BASE64[40:] + END,
        HEAD + PART + BASE64,
        b"begin 644 a.exe\n" + UU[:400],
        b"begin 644 a.exe\n" + UU[:62] + b"~\xff\n" + UU[62:],
    ],
)
def test_what_can_be_read_in_two_ways_or_breaks_off_is_damage(mail: bytes) -> None:
    assert Reason.DAMAGED in look(mail).inside.reasons


@pytest.mark.parametrize("start", [b"From: a@b\n\n", b"{\\rtf1 "])
def test_a_text_is_matched_as_far_as_others_when_it_is_a_container_too(start: bytes) -> None:
    text = start + b"line" * 300_000 + b"\nneedle"
    assert any(b"needle" in content for content in look(zip_of({"a": text})).in_order)
    large = look(zip_of({"a": start + (b"line" * 9_999 + b"\n") * 600 + b"needle"}))
    assert Reason.LIMIT in large.inside.reasons


@pytest.mark.parametrize(
    "mail",
    [
        HEAD + PART + b"!\r\n" * 99 + BASE64[:77] + b"!!\r\n" * 99 + BASE64[77:] + END,
        HEAD + QUOTED_PART + b"=\r\n" * 99 + QUOTED[:63] + b"=\r\n" * 99 + QUOTED[63:] + END,
        b"{\\rtf1{\\objdata " + b" " * 200_000 + NEEDLE.hex().encode() + b"}}",
        b"{\\rtf1{\\objdata " + b"{}" * 200_000 + NEEDLE.hex().encode() + b"}}",
    ],
)
def test_a_line_that_stands_for_nothing_ends_nothing(mail: bytes) -> None:
    assert NEEDLE in [content.rstrip() for content in look(mail).in_order]
