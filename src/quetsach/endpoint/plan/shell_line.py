"""Which lines of a shell script can be taken out without breaking the commands around them.

It does not parse: what it is not sure of stays. Lines are numbered from 1.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate

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
