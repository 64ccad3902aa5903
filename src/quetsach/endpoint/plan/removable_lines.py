"""Which lines of settings and of shell scripts can be taken out without changing what the lines around them mean."""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate

# Whether a line of a file of settings can be taken out alone without changing what the lines around it mean.
#
# Sources: ``pam.d(5)`` (an action that is a number skips so many of the next rules of its kind); ``sudoers(5)``,
# ``udev(7)``, ``modprobe.d(5)`` (a backslash at the end goes on in the next line); ``xinetd.conf(5)``, ``logrotate(8)``
# (blocks in braces).

_PAM = re.compile(rb"^/(?:etc|usr/lib|private/etc)/pam\.(?:d/|conf$)")
_SKIPS = re.compile(rb"=\s*(\d{1,9})\b")


def stands_alone(lines: list[bytes], number: int, path: bytes) -> bool:
    """Return whether a line (``number`` from 1) may go; ``lines`` are those of the whole file, ``path`` its place."""
    if not 1 <= number <= len(lines):
        return False
    line = lines[number - 1].strip()
    if _goes_on(line) or (number > 1 and _goes_on(lines[number - 2].strip())):
        return False
    if line.count(b"{") != line.count(b"}"):
        return False
    return not _PAM.match(path) or not _is_counted(lines, number)


def _goes_on(line: bytes) -> bool:
    return (len(line) - len(line.rstrip(b"\\"))) % 2 == 1


def _is_counted(lines: list[bytes], number: int) -> bool:
    """Return whether an earlier rule of the same kind skips a number of rules that this one is among."""
    own = _kind(lines[number - 1])
    skipped = 0
    for line in lines[: number - 1]:
        if own and _kind(line) == own:
            control = line.partition(b"[")[2].partition(b"]")[0]
            skipped = max([skipped - 1, *(int(count) for count in _SKIPS.findall(control))])
    return skipped > 0


def _kind(line: bytes) -> bytes:
    """Return the kind of a rule (auth, account …); empty when the line is none."""
    words = line.split(maxsplit=1)
    return words[0].lstrip(b"-").lower() if words and not words[0].startswith((b"#", b"@")) else b""


# Which lines of a shell script can be taken out without breaking the commands around them.
#
# It does not parse: what it is not sure of stays. Lines are numbered from 1.

_QUOTED = re.compile(rb"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
_COMMENT = re.compile(rb"(?:^|(?<=\s))#.*")
_WORD = re.compile(rb"[A-Za-z0-9_]+|[(){}]")
_GOES_ON = (b"\\", b"&&", b"||", b"|")
_PAIRS = (
    ((b"if",), (b"fi",)),
    ((b"if", b"elif"), (b"then",)),
    ((b"case",), (b"esac",)),
    ((b"for", b"while", b"until", b"select"), (b"do",)),
    ((b"do",), (b"done",)),
    ((b"{",), (b"}",)),
    ((b"(",), (b")",)),
)
_BEFORE_A_BODY = (b"then", b"do", b"else", b"{", b"(")
_AFTER_A_BODY = (b"fi", b"done", b"else", b"elif", b"}", b")")


def separable(lines: Sequence[bytes], wanted: Collection[int]) -> frozenset[int]:
    """Return those of the wanted lines that are whole commands, and not all that a block of commands holds."""
    codes = [_code(line) for line in lines]
    around = _neighbours(codes)
    whole = {n for n in wanted if 1 <= n <= len(codes) and _is_whole(codes[n - 1])}
    whole = {n for n in whole if not around[n - 1][0].endswith(_GOES_ON)}
    around = _neighbours([b"" if n in whole else code for n, code in enumerate(codes, 1)])
    return frozenset(n for n in whole if not _are_both_ends(*around[n - 1]))


def _neighbours(codes: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """Return for each line the nearest ones before and after it that hold any code."""

    def nearest(some: Iterable[bytes]) -> list[bytes]:
        return list(accumulate(some, lambda last, code: code or last, initial=b""))[:-1]

    return list(zip(nearest(codes), reversed(nearest(reversed(codes))), strict=True))


def _code(line: bytes) -> bytes:
    """Return a line without what is quoted and without its comment."""
    return _COMMENT.sub(b"", _QUOTED.sub(b"_", line)).strip()


def _is_whole(code: bytes) -> bool:
    if code.endswith(_GOES_ON) or b"<<" in code or b"'" in code or b'"' in code or code.startswith(b";;"):
        return False
    words = _WORD.findall(code)
    if b"else" in words and b"if" not in words:
        return False
    return all(sum(map(words.count, some)) == sum(map(words.count, others)) for some, others in _PAIRS)


def _are_both_ends(before: bytes, after: bytes) -> bool:
    """Return whether one line begins a block of commands and the other ends it, so that nothing would be between."""
    begins, ends = _WORD.findall(before), _WORD.findall(after)
    return bool(begins and ends) and begins[-1] in _BEFORE_A_BODY and ends[0] in _AFTER_A_BODY
