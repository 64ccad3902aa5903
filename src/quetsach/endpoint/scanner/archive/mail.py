"""What messages carry: attachments, encoded in base64, quoted-printable and uuencode or as they are; also mailboxes.

The text is gone through line by line. Whatever the message says of its own structure is not believed: each header of a
part that names an encoding opens a member. Programs that show mail disagree about crooked messages, so what is read
here in one of several ways, or ends where it should not, is counted as damaged besides.

Sources: RFC 5322, 2.2; RFC 2045, 6; RFC 2046, 5.1; RFC 4155; POSIX uuencode.
"""

import binascii
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from quetsach.endpoint.scan_issue import Reason
from quetsach.endpoint.scanner.archive.member import Budget, ClosedError, Flow, Member, Source

_LINE_BYTES = 64 << 10
"""So much of a line is taken at once; RFC 5322 allows 998, and base64 without line ends is one of any length."""
_HEADER_BYTES = 4 << 10
_MOST_BOUNDARIES = 64
_BEGIN = rb"begin(?:-base64)? [0-7]{3,7} "
_START = re.compile(  # behind a byte order mark, empty lines, the length that Apple Mail writes first
    rb"(?:\xef\xbb\xbf)?\s*+(?:\d{1,10}+[ \t]*+[\r\n]++)?"
    rb"(?:From [^\r\n]|[\x21-\x39\x3b-\x7e]{1,76}+[ \t]*+:|" + _BEGIN + rb")"
)
_ENCODING_NAME, _BOUNDARY_NAME, _ANY_BEGIN = b"content-transfer-encoding", b"boundary", re.compile(_BEGIN)
_WINDOW_BYTES, _OVERLAP_BYTES = 1 << 20, 64
_LINE_END = re.compile(rb"[\r\n]")
_COMMENT = re.compile(rb"\([^()]*+\)")
_ENCODINGS = re.compile(rb"(?i)base64|quoted-printable|binary|[78]bit")
_AS_IT_IS = frozenset({b"binary", b"8bit", b"7bit"})
_TYPES_OF_PARTS, _TYPE_OF_TEXT = frozenset({b"multipart", b"message"}), b"text"
_BOUNDARY = re.compile(rb"(?i)\bboundary(?:\*0)?=[ \t]*+(?:\"([^\"\\]{1,200})|([^;\s\"]{1,200}))")
_NAME = re.compile(rb"(?i)(?:file)?name\*?=(?:\"([^\"\r\n]{1,255})\"|([^;\s\"]{1,255}))")
_HEADER_OF_PART = re.compile(rb"(?i)content-[a-z-]{1,30}+[ \t]*+:")
_UUENCODE = re.compile(_BEGIN + rb"(\S.{0,4000}?)[\r\n]+")
_END_OF_BASE64 = b"===="  # of begin-base64 alone
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


def is_mail(head: bytes) -> bool:
    """Say whether a text begins as a message or a mailbox does: with the name of a header, or with an attachment.

    Other texts do too, such as settings: then no header in them names an encoding.
    """
    return bool(_START.match(head))


def may_carry(source: Source) -> bool:
    """Say whether anything may be attached in a text: many begin as mail does, and most of them are settings."""
    at = 0
    while window := source.read(at, _WINDOW_BYTES):
        if _may_attach(window):
            return True
        if len(window) < _WINDOW_BYTES:
            return False
        at += _WINDOW_BYTES - _OVERLAP_BYTES
    return False


def _may_attach(text: bytes) -> bool:
    """Say whether a text names an encoding or a boundary anywhere, or begins an attachment.

    Going through a text line by line would cost more than all the rest of a scan.
    """
    small = text.lower()
    return _ENCODING_NAME in small or _BOUNDARY_NAME in small or bool(_ANY_BEGIN.search(text))


def mail_members(flow: Flow, budget: Budget) -> Iterator[Member]:
    """Yield what is attached to the messages of a flow, each named as its part says."""
    lines = _Lines(flow, budget)
    while line := lines.take():
        lines.is_mailbox |= line.startswith(b"From ") and lines.count == 1
        if begin := _UUENCODE.fullmatch(line):
            is_base64 = line.startswith(b"begin-")
            yield Member(begin[1][:255], _base64(lines, _END_OF_BASE64) if is_base64 else _uuencode(lines))
        elif b":" in line:
            yield from _part(line, lines)
        lines.pass_over()


@dataclass(slots=True)
class _Headers:
    """What a block of header lines says of the part that follows."""

    encodings: set[bytes] = field(default_factory=set)
    boundaries: set[bytes] = field(default_factory=set)
    types: set[bytes] = field(default_factory=set)
    name: bytes = b""

    def take(self, header: bytes) -> None:
        """Take in one header, its lines joined."""
        key, _, value = header.partition(b":")
        key = key.strip().lower()
        match key:
            case b"content-transfer-encoding":
                self.encodings |= {found.lower() for found in _ENCODINGS.findall(_COMMENT.sub(b"", value))}
            case b"content-type":
                self.types.add(value.partition(b"/")[0].strip().lower())
                self.boundaries |= {found[1] or found[2] for found in _BOUNDARY.finditer(value)}
        if not self.name and key.startswith(b"content-"):
            self.name = next((found[1] or found[2] for found in _NAME.finditer(value)), b"")

    @property
    def attached(self) -> set[bytes]:
        """The encodings of what is attached: one that leaves all as it is, most texts and what holds parts have too."""
        is_attached = not self.types & _TYPES_OF_PARTS and (self.name or self.types - {_TYPE_OF_TEXT})
        return self.encodings if is_attached else self.encodings - _AS_IT_IS


def _part(line: bytes, lines: "_Lines") -> Iterator[Member]:
    """Yield the member that a block of header lines opens, if one of them names an encoding."""
    headers, header, goes_on = _Headers(), bytearray(), False
    while line.strip(b"\r\n") and (goes_on or b":" in line or line[:1] in b" \t"):
        if not goes_on and line[:1] not in b" \t":
            if _UUENCODE.fullmatch(line):
                break
            headers.take(bytes(header))
            header.clear()
        if len(header) < _HEADER_BYTES:
            header += b" " + b" ".join(line.split())[:_HEADER_BYTES]
        goes_on = not line.endswith((b"\n", b"\r"))  # so long that it comes in parts
        line = lines.take()
    headers.take(bytes(header))
    lines.boundaries.extend(headers.boundaries)
    encodings = headers.attached
    is_crooked = len(encodings) > 1 or len(headers.boundaries) > 1
    if line.strip(b"\r\n"):  # no empty line between: the text goes on, or an attachment begins at once
        lines.give_back(line)
        is_crooked |= bool(encodings)
    if is_crooked:
        yield Member(headers.name, iter(()), Reason.DAMAGED)
    if encodings:
        yield Member(headers.name, _content(encodings, lines))


class _Lines:
    """A flow line by line, whatever ends its lines; a very long line comes in parts."""

    def __init__(self, flow: Flow, budget: Budget) -> None:
        self.budget = budget
        self.count = 0
        self.is_mailbox = False
        """Whether a line may be the first of a further message."""
        self.boundaries: deque[bytes] = deque(maxlen=_MOST_BOUNDARIES)
        """What divides the parts; where there is any, the flow ends with the end of the last part, never within one."""
        self._flow = flow
        self._given_back = b""
        self._block, self._at, self._is_last = b"", 0, False
        self._is_idle = False
        """Whether nothing is attached in what was taken from the flow and not yet given on."""

    def take(self) -> bytes:
        """Return the next line with its end; nothing at the end of the flow."""
        if self._given_back:
            line, self._given_back = self._given_back, b""
            return line
        if len(self._block) - self._at <= _LINE_BYTES and not self._is_last:
            more = self._flow.read(_LINE_BYTES)
            self._block, self._at, self._is_last = self._block[self._at :] + more, 0, len(more) < _LINE_BYTES
            self._is_idle = not _may_attach(self._block)
        found = _LINE_END.search(self._block, self._at, self._at + _LINE_BYTES)
        end = found.end() if found else self._at + _LINE_BYTES
        if found and self._block[end - 1 : end + 1] == b"\r\n":
            end += 1
        line, self._at = self._block[self._at : end], end
        self.count += 1
        self.budget.tick()
        return line

    def pass_over(self) -> None:
        """Pass over lines in which nothing is attached, but for the last: the headers of a part may begin in these."""
        end = len(self._block) - _HEADER_BYTES
        if self._is_idle and not self._given_back and self._at < end:
            ends = [found for mark in (b"\n", b"\r") if (found := self._block.rfind(mark, self._at, end)) >= 0]
            self._at = max(ends, default=self._at - 1) + 1
            self._is_idle = False

    def give_back(self, line: bytes) -> None:
        """Put a line before what is to come."""
        self._given_back = line

    def ends_part(self, line: bytes) -> bool:
        """Return whether a line ends what is attached: a boundary, or the next message of a mailbox."""
        if line.startswith(b"--"):
            return line.startswith(tuple(b"--" + boundary for boundary in self.boundaries))
        return self.is_mailbox and line.startswith(b"From ")

    def of_part(self, ends: bytes = b"", *, is_encoded: bool = True) -> Iterator[bytes]:
        """Yield the lines up to the end of what is attached; ``ends`` is a line that ends it besides.

        Raises:
            ClosedError: it ends with the header of another part or, encoded, with the flow although parts are divided.
        """
        while line := self.take():
            if ends and line.startswith(ends):
                return
            if self.ends_part(line):
                self.give_back(line)
                return
            if _HEADER_OF_PART.match(line):
                self.give_back(line)
                raise ClosedError("an attachment ends in headers", Reason.DAMAGED)
            yield line
        if is_encoded and self.boundaries:
            raise ClosedError("an attachment breaks off", Reason.DAMAGED)


def _content(encodings: set[bytes], lines: _Lines) -> Iterator[bytes]:
    if b"base64" in encodings:
        return _base64(lines)
    return _plain(lines) if encodings <= _AS_IT_IS else _quoted(lines)


def _plain(lines: _Lines) -> Iterator[bytes]:
    """Yield lines as they are; the end of the last belongs to the boundary (RFC 2046, 5.1.1)."""
    end = b""
    for line in lines.of_part(is_encoded=False):
        text = line.rstrip(b"\r\n")
        yield _spent(end + text, lines)
        end = line[len(text) :]


def _base64(lines: _Lines, ends: bytes = b"") -> Iterator[bytes]:
    """Yield what base64 stands for; other letters are passed over (RFC 2045, 6.8); it goes on behind padding."""
    rest = b""
    for line in lines.of_part(ends):
        *padded, last = (rest + _NOT_BASE64.sub(b"", line)).split(b"=")
        rest = b""
        for digits in padded:
            rest += digits
            if len(rest) % 4 > 1:
                yield _spent(_decoded(rest), lines)
                rest = b""
        rest += last
        whole = len(rest) // 4 * 4
        if whole:
            yield _spent(binascii.a2b_base64(rest[:whole]), lines)
            rest = rest[whole:]
    yield _spent(_decoded(rest), lines)


def _decoded(digits: bytes) -> bytes:
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


def _quoted(lines: _Lines) -> Iterator[bytes]:
    rest = b""
    for line in lines.of_part():
        text = rest + line
        cut = text.rfind(b"=", -2) if not line.endswith((b"\n", b"\r")) else -1
        text, rest = (text, b"") if cut < 0 else (text[:cut], text[cut:])
        yield _spent(binascii.a2b_qp(text), lines)
    yield _spent(binascii.a2b_qp(rest), lines)


def _uuencode(lines: _Lines) -> Iterator[bytes]:
    while line := lines.take():
        if line.strip() == b"end":
            return
        if not line.strip(b"\r\n"):  # the last one, whose only letter may be a space, as some mailers write it
            continue
        digits = ((line[0] - 32 & 63) * 4 + 2) // 3  # what stands behind them is a check sum, or nothing
        try:
            content = binascii.a2b_uu(line[: 1 + digits])
        except binascii.Error:
            lines.give_back(line)
            raise ClosedError("an attachment breaks off", Reason.DAMAGED) from None
        if not content:
            return
        yield _spent(content, lines)
    raise ClosedError("an attachment breaks off", Reason.DAMAGED)


def _spent(content: bytes, lines: _Lines) -> bytes:
    lines.budget.spend(len(content))
    return content
