"""Mails with files of data: what is taken out of them, what is passed over, and what is refused."""

import base64
import bz2
import gzip
import io
import lzma
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.feeds.test_feed_packed import CSV, zipped

from quetsach.feeds import packed
from quetsach.feeds.layout import FeedError
from quetsach.feeds.mail import MAX_LINES, MAX_MAIL_BYTES, MAX_PARTS

TEXT = "Kính gửi Trung tâm,\n\nbáo cáo hôm nay ở tệp đính kèm.\n"


def mail_with(*files: tuple[str, bytes, str], text: str = TEXT, encoding: str = "base64") -> EmailMessage:
    """Write a mail with a text and files: name, bytes, kind."""
    mail = EmailMessage(policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = "feed@example.test", "centre@example.test", "Báo cáo ngày 16"
    mail.set_content(text)
    for name, content, kind in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, main, sub, filename=name, cte=encoding)
    return mail


def unpacked(mail: EmailMessage | bytes) -> dict[str, bytes]:
    content = mail if isinstance(mail, bytes) else bytes(mail)
    found = {}
    for member in packed.members(io.BytesIO(content), "Report.EML"):
        with member.open() as stream:
            found[member.name] = b"".join(iter(lambda: stream.read(777), b""))
        assert len(found[member.name]) == member.size_bytes
    return found


def refused(mail: EmailMessage | bytes) -> str:
    with pytest.raises(FeedError) as caught:
        unpacked(mail)
    assert caught.value.hint
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_every_file_of_data_is_taken_as_it_was_sent(encoding: str) -> None:
    other = CSV.replace(b"mirai", "tiếng Việt".encode())
    mail = mail_with(("a.csv", CSV, "text/csv"), ("b.csv", other, "application/octet-stream"), encoding=encoding)
    lines = {name: content.splitlines() for name, content in unpacked(mail).items()}
    assert lines == {"a.csv": CSV.splitlines(), "b.csv": other.splitlines()}


def test_files_of_a_mail_may_be_compressed_or_an_archive() -> None:
    zip_of = zipped({"x/c.csv": CSV, "d.csv.bz2": bz2.compress(CSV)})
    files = [("a.csv.gz", gzip.compress(CSV)), ("b.json.xz", lzma.compress(CSV)), ("day.zip", zip_of)]
    found = unpacked(mail_with(*((name, content, "application/octet-stream") for name, content in files)))
    assert found == dict.fromkeys(("a.csv.gz", "b.json.xz", "day.zip/c.csv", "day.zip/d.csv.bz2"), CSV)


def test_a_part_without_a_name_is_data_by_its_kind() -> None:
    mail = mail_with(("x", CSV, "text/csv"))
    content = bytes(mail).replace(b'filename="x"', b"x=y")
    assert unpacked(content) == {"part-3": CSV}


def test_a_mail_that_is_nothing_but_a_file_is_read() -> None:
    mail = EmailMessage(policy.SMTP)
    mail["From"] = "feed@example.test"
    mail.set_content(CSV, "text", "csv", filename="a.csv")
    assert unpacked(mail) == {"a.csv": CSV}


def test_a_mail_that_was_passed_on_is_looked_into() -> None:
    outer = mail_with()
    outer.add_attachment(mail_with(("a.csv", CSV, "text/csv")))
    assert unpacked(outer) == {"a.csv": CSV}


def test_a_name_leads_nowhere_and_may_be_vietnamese() -> None:
    found = unpacked(mail_with(("../../etc/a.csv", CSV, "text/csv"), ("C:\\báo cáo.csv", CSV, "text/csv")))
    assert found == {"a.csv": CSV, "báo cáo.csv": CSV}


@pytest.mark.parametrize("field", [b"Content-Disposition: attachment; filename", b"Content-Type: text/csv; name"])
def test_a_name_written_the_old_way_is_read(field: bytes) -> None:
    name = b"=?utf-8?B?" + base64.b64encode("báo cáo.csv".encode()) + b"?="
    assert unpacked(b"From: a\r\n" + field + b'="' + name + b'"\r\n\r\n' + CSV) == {"báo cáo.csv": CSV}


def test_texts_pictures_and_signatures_are_passed_over() -> None:
    mail = mail_with(
        ("a.csv", CSV, "text/csv"),
        ("logo.png", b"\x89PNG", "image/png"),
        ("smime.p7s", b"0\x80", "application/pkcs7-signature"),
        ("signature.asc", b"-----BEGIN", "application/pgp-signature"),
    )
    assert unpacked(mail) == {"a.csv": CSV}


@pytest.mark.parametrize(
    "mail",
    [
        mail_with(("a.csv", CSV, "text/csv"), text=CSV.decode()),
        mail_with(("a.csv", CSV, "text/csv"), text='Hello\n{"ip": "192.0.2.1"}\n'),
        bytes(mail_with(("a.csv", CSV, "text/csv"))) + CSV,
    ],
    ids=["csv", "json", "behind the end"],
)
def test_rows_in_the_text_are_not_lost(mail: EmailMessage | bytes) -> None:
    assert "looks like rows of data" in refused(mail)


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (mail_with(), "no file of data"),
        (mail_with(("a.exe", b"MZ", "application/octet-stream")), "a.exe (application/octet-stream), neither"),
        (mail_with(("a.csv", CSV, "text/csv"), ("b.xlsx", b"PK", "application/octet-stream")), "b.xlsx"),
        (mail_with(("encrypted.asc", b"-----BEGIN", "application/octet-stream")), "encrypted.asc"),
        (mail_with(("smime.p7m", b"0", "application/pkcs7-mime")), "smime.p7m"),
        (mail_with(*[("a.csv", CSV, "text/csv")] * 2), "two files a.csv"),
        (mail_with(("a" * 300 + ".csv", CSV, "text/csv")), "unreadable name"),
        (mail_with(*((f"{n}.csv", CSV, "text/csv") for n in range(MAX_PARTS))), "more than 64 parts"),
        (mail_with(("a.zip", zipped({"a.csv": CSV})[:-30], "application/zip")), "damaged"),
        (mail_with(("a.csv.gz", gzip.compress(bytes(4 << 20)), "application/gzip")), "unpacks to far more"),
        (CSV, "does not begin as one"),
        (b"timestamp,address,note: x\n", "does not begin as one"),
        (b"From: a\r\n\r\n" + b"x" * MAX_MAIL_BYTES, "too large"),
        (b"From: a\r\n\r\n" + b"\n" * MAX_LINES, "too large"),
        (b"From: a\r\n\r\n" + b"\r" * MAX_LINES, "too large"),
        (b"Content-Type: text/csv;" + b" (" * 3000 + b"\r\n\r\n" + CSV, "header that is too long"),
        (b"Content-Type: text/csv;" + b"(" * 3000 + b"\r\n\r\n" + CSV, "damaged"),
        (b"Content-Type: text/csv\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n" + CSV, "damaged"),
        (b"Content-Type: text/csv\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAAA", "damaged"),
        (b"Content-Disposition: attachment; filename=\r\n\r\na,b\n1,2\n", "has - (text/plain), neither"),
        (b"Content-Type: message/partial; id=1; number=1\r\n\r\n" + CSV, "message/partial"),
    ],
)
def test_what_is_no_mail_of_a_feed_is_refused(mail: EmailMessage | bytes, said: str) -> None:
    assert said in refused(mail)


def test_a_long_header_that_nobody_asks_for_harms_nothing() -> None:
    assert unpacked(b"DKIM-Signature: " + b"x" * 9000 + b"\r\n" + bytes(mail_with(("a.csv", CSV, "text/csv")))) == {
        "a.csv": CSV
    }


def test_only_a_file_that_is_called_one_is_a_mail() -> None:
    content = bytes(mail_with(("a.csv", CSV, "text/csv")))
    assert packed.is_packed(content[: packed.HEAD_BYTES], "a.eml")
    assert not packed.is_packed(content[: packed.HEAD_BYTES], "a.csv")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_mail_that_was_cut_off_is_refused(data: st.DataObject) -> None:
    whole = bytes(mail_with(("a.csv", CSV, "text/csv")))
    assert refused(whole[: data.draw(st.integers(0, whole.rindex(b"--") - 1))])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=2000), min_size=1, max_size=4))
def test_what_was_attached_is_taken_out(contents: list[bytes]) -> None:
    files = {f"{number}.json": content for number, content in enumerate(contents)}
    plain = {name: content for name, content in files.items() if not packed.is_packed(content[: packed.HEAD_BYTES])}
    mail = mail_with(*((name, content, "application/octet-stream") for name, content in plain.items()))
    if plain:
        assert unpacked(mail) == plain


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damage_anywhere_is_refused_or_harmless(data: st.DataObject) -> None:
    content = bytearray(bytes(mail_with(("a.csv.gz", gzip.compress(CSV, mtime=0), "application/gzip"))))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert len(unpacked(bytes(content))) == 1
    except FeedError as error:
        assert error.hint


def abuse_report(*parts: tuple[bytes, str, str], header: str = "X-XARF: PLAIN", kind: str = "mixed") -> bytes:
    """Write a report of X-ARF: what its parts hold, their kind, their name."""
    lines = [b"From: a@example.test", header.encode(), f'Content-Type: multipart/{kind}; boundary="b"'.encode(), b""]
    for content, part_kind, name in parts:
        named = f'; charset=utf-8; name="{name}"' if name else ""
        lines += [b"--b", f"Content-Type: {part_kind}{named}".encode(), b"", content]
    return b"\r\n".join([*lines, b"--b--", b""])


YAML = b"---\r\nCategory: abuse\r\nSource: 14.160.0.1"
HELLO = (b"Hello", "text/plain", "")
LOG = (CSV, "text/plain", "evidence.log")


@pytest.mark.parametrize("header", ["X-ARF: YES", "X-XARF: Plain"])
@pytest.mark.parametrize(("name", "called"), [("report.txt", "report.txt"), ("report.yml", "report.yml"), ("", None)])
def test_of_a_report_of_x_arf_the_second_part_is_taken_and_no_evidence(
    header: str, name: str, called: str | None
) -> None:
    mail = abuse_report(HELLO, (YAML, "text/plain", name), LOG, header=header)
    assert unpacked(mail) == {called or "report.txt": YAML}


def test_a_signed_report_of_x_arf_is_looked_into() -> None:
    inner = abuse_report(HELLO, (YAML, "text/plain", "report.txt"), LOG).partition(b"X-XARF: PLAIN\r\n")[2]
    head = b'From: a\r\nX-XARF: SECURE\r\nContent-Type: multipart/signed; boundary="s"\r\n\r\n--s\r\n'
    signature = b"--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nx\r\n--s--\r\n"
    assert unpacked(head + inner + signature) == {"report.txt": YAML}


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        (abuse_report(HELLO), "its second part is no report"),
        (abuse_report(HELLO, (b"x", "application/octet-stream", "report.txt")), "its second part is no report"),
        (abuse_report(HELLO, (YAML, "text/plain", "report.txt"), kind="alternative"), "its second part is no report"),
        (abuse_report(HELLO, (YAML, "text/plain", "report.txt")).removesuffix(b"--b--\r\n"), "damaged"),
    ],
)
def test_a_mail_that_is_no_whole_report_of_x_arf_is_refused(mail: bytes, said: str) -> None:
    assert said in refused(mail)


def test_a_report_of_x_arf_in_json_is_the_part_behind_the_one_that_says_so() -> None:
    said = (b"Feedback-Type: xarf\r\nUser-Agent: x/1\r\nVersion: 1", "message/feedback-report", "")
    mail = abuse_report(
        HELLO, said, (b'{"Version": "3"}', "application/json", "xarf.json"), header="To: b", kind="report"
    )
    assert unpacked(mail) == {"xarf.json": b'{"Version": "3"}'}
