"""What messages carry: attachments in base64, quoted-printable and uuencode, of one message or of a mailbox.

The text is gone through line by line. Whatever the message says of its own structure is not believed: each header of a
part that names an encoding opens a member, and the first line that cannot belong to it ends it.

Sources: RFC 5322, 2.2; RFC 2045, 6; RFC 2046, 5.1; RFC 4155; POSIX uuencode.
"""

import binascii
import re
from collections.abc import Iterator

from quetsach.endpoint.look.archive.limits import Budget, ClosedError
from quetsach.endpoint.look.archive.member import Member
from quetsach.endpoint.look.archive.source import Flow
from quetsach.endpoint.trouble import Reason

_LINE_BYTES = 64 << 10
"""So much of a line is taken at once; RFC 5322 allows 998, and base64 without line ends is one of any length."""
_HEADER_BYTES, _HEADERS_BYTES = 2 << 10, 256 << 10
_HEADERS = re.compile(rb"(?i)\A(?:From .+\r?\n)?(?:[\x21-\x39\x3b-\x7e]{1,76}:[^\n]*\r?\n(?:[ \t][^\n]*\r?\n)*){2}")
_OF_MAIL = re.compile(rb"(?im)^(?:From |(?:received|return-path|message-id|mime-version|date|from|x-mozilla-status):)")
_ENCODING = re.compile(rb"(?i)content-transfer-encoding:[ \t]*(?:\r?\n[ \t]+)?(base64|quoted-printable)")
_BOUNDARY = re.compile(rb"(?i)boundary=")
_NAME = re.compile(rb"(?i)(?:file)?name\*?=(?:\"([^\"\r\n]{1,255})\"|([^;\s\"]{1,255}))")
_UUENCODE = re.compile(rb"begin(?:-base64)? [0-7]{3,4} (\S.{0,254}?)\r?\n")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]*")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def is_mail(head: bytes) -> bool:
    """Say whether a text begins as a message or a mailbox does: header lines, one of which only mail has."""
    return bool(_HEADERS.match(head)) and bool(_OF_MAIL.search(head))


def mail_members(flow: Flow, budget: Budget) -> Iterator[Member]:
    """Yield what is attached to the messages of a flow, each named as its part says."""
    lines = _Lines(flow, budget)
    while line := lines.take():
        if begin := _UUENCODE.fullmatch(line):
            is_base64 = line.startswith(b"begin-")
            yield Member(begin[1], _base64(lines) if is_base64 else _uuencode(lines))
        elif _ENCODING.match(line) or line[:1].isalpha():
            yield from _part(line, lines)


def _part(line: bytes, lines: "_Lines") -> Iterator[Member]:
    """Yield the member that a block of header lines opens, if one of them names an encoding."""
    block = bytearray()
    while _is_header(line):
        block += line[:_HEADER_BYTES]
        if len(block) > _HEADERS_BYTES:
            return
        line = lines.take()
    if block and line.strip():  # no empty line between: the text goes on, or an attachment begins at once
        lines.give_back(line)
    lines.has_parts |= bool(_BOUNDARY.search(block))
    encoding = _ENCODING.search(block)
    if encoding is None:
        return
    name = next((match[1] or match[2] for match in _NAME.finditer(block)), b"")
    yield Member(name, _base64(lines) if encoding[1].lower() == b"base64" else _quoted(lines))


def _is_header(line: bytes) -> bool:
    return b":" in line or line.startswith((b" ", b"\t", b"From ", b">From "))


class _Lines:
    """A flow line by line; a very long line comes in parts."""

    def __init__(self, flow: Flow, budget: Budget) -> None:
        self.budget = budget
        self.has_parts = False
        """Whether what comes is divided: then the flow ends with the end of the last part, and never within one."""
        self._flow = flow
        self._ahead = b""

    def take(self) -> bytes:
        """Return the next line with its end; nothing at the end of the flow."""
        if self._ahead:
            line, self._ahead = self._ahead, b""
            return line
        ahead = self._flow.peek(_LINE_BYTES)
        self.budget.tick()
        return self._flow.read(ahead.find(b"\n") + 1 or len(ahead))

    def give_back(self, line: bytes) -> None:
        """Put a line before what is to come."""
        self._ahead = line


def _base64(lines: _Lines) -> Iterator[bytes]:
    rest = b""
    while line := lines.take():
        if not _BASE64.fullmatch(line):  # a boundary, the next message, or damage
            lines.give_back(line)
            break
        rest += _NOT_BASE64.sub(b"", line)
        whole = len(rest) // 4 * 4
        if whole:
            yield _spent(binascii.a2b_base64(rest[:whole]), lines)
            rest = rest[whole:]
    if len(rest) > 1:
        yield _spent(binascii.a2b_base64(rest + b"=" * (-len(rest) % 4)), lines)
    if not line and lines.has_parts:
        raise ClosedError("an attachment breaks off", Reason.DAMAGED)


def _quoted(lines: _Lines) -> Iterator[bytes]:
    while line := lines.take():
        if line.startswith((b"--", b"From ")):
            lines.give_back(line)
            return
        yield _spent(binascii.a2b_qp(line), lines)


def _uuencode(lines: _Lines) -> Iterator[bytes]:
    while line := lines.take():
        try:
            content = binascii.a2b_uu(line)
        except binascii.Error:  # its end, or damage
            lines.give_back(line)
            return
        if not content:
            return
        yield _spent(content, lines)


def _spent(content: bytes, lines: _Lines) -> bytes:
    lines.budget.spend(len(content))
    return content
