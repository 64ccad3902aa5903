"""Mails as they were kept (``.eml``, RFC 5322 and MIME): the files of data that they carry.

What a part is, its name and its declared kind say. Texts that people read, pictures and signatures are no data and are
passed over; but a text that looks like rows of data is not, nor is a part that is neither. A mail that says it is a
report of X-ARF 0.1 or 0.2 has its report as the second part, whatever that is called, and evidence behind it that is
none of it. A mail is a stranger's: it is held in memory, so its size is bounded, and its lines, its parts and each of
its headers before they are read.
"""

import re
from collections.abc import Iterable, Iterator
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from typing import override

from quetsach.core.text import Number, Text
from quetsach.feeds.layout import FeedError

ENDING = ".eml"
MAX_MAIL_BYTES = 32 << 20
"""Mail servers seldom let more through; reading one takes several times its size of memory."""
MAX_LINES = 1_000_000
MAX_PARTS = 64
MAX_HEADER_BYTES = 4096

_BEGINS = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,63}:")
_DATA_KINDS = {
    *("text/csv", "text/tab-separated-values", "application/csv", "application/json", "application/x-ndjson"),
    *("application/jsonl", "application/zip", "application/x-zip-compressed", "application/gzip", "application/x-gzip"),
    *("application/x-bzip2", "application/x-bzip", "application/x-xz", "application/zstd", "application/x-zstd"),
}
_READ_BY_PEOPLE = {"text/plain", "text/html", "text/enriched", "text/calendar"}
_SIGNATURES = {
    *("application/pgp-signature", "application/pgp-keys"),
    *("application/pkcs7-signature", "application/x-pkcs7-signature"),
}
_OF_REPORTS = "message/feedback-report"
"""Says of what kind a report is (RFC 5965); of X-ARF as JSON the report itself is the next part."""
_ABUSE_REPORTS = (("X-ARF", ("yes",)), ("X-XARF", ("plain", "secure")))
"""Headers of X-ARF 0.1 and 0.2, and what they say."""
_ENCODINGS = {"", "7bit", "8bit", "binary", "base64", "quoted-printable"}
_REPORT_PARTS = 2
_ROWS = 3
"""So many lines in a row with as many delimiters in each are no prose."""
# What the standard library lets through of headers that nobody would write.
_UNREADABLE = (MessageError, ValueError, LookupError, AttributeError, TypeError, RecursionError)
_HINT = Text("is it complete? or save its files and take these in")
_SAVE = Text("save the files of data from it and take these in")


def is_mail(name: str) -> bool:
    """Whether a file is called a mail; no file of data is taken for one by what stands in it."""
    return name.lower().endswith(ENDING)


def attachments(content: bytes, endings: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """Return name and bytes of the files of data in a mail.

    Args:
        content: the mail.
        endings: how names of files of data end, packed ones too, in small letters.

    Raises:
        FeedError: it is no mail, damaged, cut off or too large, or has something that may be data and cannot be read.
    """
    if not _BEGINS.match(content):
        raise FeedError(Text("the file is called a mail and does not begin as one"), hint=_SAVE)
    if len(content) > MAX_MAIL_BYTES or _lines(content) > MAX_LINES:
        raise FeedError(
            Text(
                "the mail is too large: at most {most} MiB and {lines} lines",
                most=MAX_MAIL_BYTES >> 20,
                lines=Number(MAX_LINES),
            ),
            hint=_SAVE,
        )
    try:
        # its declaration lacks that such a factory is called with the policy
        parser: BytesParser[EmailMessage] = BytesParser(_Counted().part, policy=_Bounded())  # type: ignore[arg-type]
        mail = parser.parsebytes(content)
        return [_abuse_report(mail)] if _is_abuse_report(mail) else list(_data_in(mail, endings))
    except _UNREADABLE as error:
        raise _damaged() from error


def _lines(content: bytes) -> int:
    """Return how many lines the parser makes: a lone carriage return ends one, too."""
    return content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n")


def _damaged() -> FeedError:
    return FeedError(Text("the mail is damaged or cut off"), hint=_HINT)


class _Bounded(policy.EmailPolicy):
    """Refuses a header of any size before its words are looked at: that takes the square of its length."""

    @override
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        if sum(map(len, sourcelines)) > MAX_HEADER_BYTES:
            # subjects, routes and signatures may be long, and nobody asks for them here
            name = sourcelines[0].partition(":")[0]
            if name.lower().startswith("content-"):
                raise FeedError(Text("the mail has a header that is too long to be right"), hint=_SAVE)
            return name, ""
        return super().header_source_parse(sourcelines)


class _Counted:
    """Makes the parts of a mail, so many and no more."""

    def __init__(self) -> None:
        self._left = MAX_PARTS + 1  # the parser makes one to see how

    def part(self, policy: policy.EmailPolicy) -> EmailMessage:
        """Make the next part."""
        self._left -= 1
        if self._left < 0:
            raise FeedError(Text("the mail has more than {most} parts", most=MAX_PARTS), hint=_SAVE)
        return EmailMessage(policy)


def _is_abuse_report(mail: EmailMessage) -> bool:
    return any(str(mail.get(name, "")).strip().lower() in said for name, said in _ABUSE_REPORTS)


def _abuse_report(mail: EmailMessage) -> tuple[str, bytes]:
    """Return name and bytes of the report of X-ARF 0.1 or 0.2 that a mail is, signed or not."""
    if any(part.defects for part in mail.walk()):
        raise _damaged()
    held: MIMEPart = mail
    if mail.get_content_type() == "multipart/signed":
        held = next(mail.iter_parts(), mail)
    parts = list(held.iter_parts()) if held.get_content_type() == "multipart/mixed" else []
    if len(parts) < _REPORT_PARTS or parts[1].get_content_maintype() != "text":
        raise FeedError(Text("the mail says that it is X-ARF, and its second part is no report"), hint=_SAVE)
    return _name(parts[1]) or "report.txt", _content(parts[1])


def _data_in(mail: EmailMessage, endings: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    names = set[str]()
    for number, part in enumerate(mail.walk(), start=1):
        kind = part.get_content_type()
        if part.defects:
            raise _damaged()
        if part.is_multipart() and (part.get_content_maintype() == "multipart" or kind == "message/rfc822"):
            _refuse_rows(f"{part.preamble or ''}\n\n{part.epilogue or ''}".encode(errors="replace"))
            continue
        if kind == _OF_REPORTS:
            continue
        name = _name(part)
        if not (name.lower().endswith(endings) or kind in _DATA_KINDS):
            _refuse_what_may_be_data(part, name, kind)
            continue
        name = name or f"part-{number}"
        if name in names:
            raise FeedError(Text("the mail has two files {name}", name=name), hint=_SAVE)
        names.add(name)
        yield name, _content(part)


def _name(part: MIMEPart) -> str:
    name = re.split(r"[/\\]", part.get_filename("") or "")[-1].strip()
    if len(name) > 200 or not name.isprintable():
        raise FeedError(Text("the mail has a file with an unreadable name"), hint=_SAVE)
    return name


def _content(part: MIMEPart) -> bytes:
    """Decode what a part holds; decoders are forgiving, so what they forgave is looked at."""
    content = None
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() in _ENCODINGS:
        content = part.get_payload(decode=True)
    if not isinstance(content, bytes) or part.defects:
        raise _damaged()
    return content


def _refuse_what_may_be_data(part: EmailMessage, name: str, kind: str) -> None:
    if kind in _SIGNATURES or part.get_content_maintype() == "image":
        return
    if name or kind not in _READ_BY_PEOPLE or part.is_attachment():
        raise FeedError(
            Text(
                "the mail has {name} ({kind}), neither data by its name nor a text, picture or signature",
                name=name or "-",
                kind=kind,
            ),
            hint=_SAVE,
        )
    if kind != "text/html":
        _refuse_rows(_content(part))


def _refuse_rows(text: bytes) -> None:
    if _looks_like_data(text.splitlines()):
        raise FeedError(
            Text("the text of the mail looks like rows of data"), hint=Text("save it as a file, and take that in, too")
        )


def _looks_like_data(lines: Iterable[bytes]) -> bool:
    alike, before = 0, (b"", 0)
    for line in lines:
        if not line.strip():
            continue
        if line.lstrip()[:1] in {b"{", b"["} and b'"' in line and b":" in line:
            return True
        shape = max(((mark, line.count(mark)) for mark in (b",", b";", b"\t", b"|")), key=lambda one: one[1])
        alike = alike + 1 if shape == before and shape[1] > 1 else 1
        before = shape
        if alike >= _ROWS and shape[1] > 1:
            return True
    return False
