"""Whether a line of a file of settings can be taken out alone without changing what the lines around it mean.

Sources: ``pam.d(5)`` (an action that is a number skips so many of the next rules of its kind); ``sudoers(5)``,
``udev(7)``, ``modprobe.d(5)`` (a backslash at the end goes on in the next line); ``xinetd.conf(5)``, ``logrotate(8)``
(blocks in braces).
"""

import re

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
