"""Removing lines from a text and putting them back: bytes in, bytes out.

A line ends after its newline; the last one need not have one. Numbers count from 1.
"""

from collections.abc import Collection, Mapping


def split_lines(content: bytes) -> list[bytes]:
    """Return the lines with their ends; joined they are the content again."""
    parts = content.split(b"\n")
    lines = [part + b"\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def remove_lines(content: bytes, lines: Mapping[int, bytes]) -> bytes | None:
    """Return the content without the numbered lines; ``None`` when one of them is not the line that is given.

    Args:
        content: the whole text.
        lines: number -> the line as it must be, without its end.
    """
    found = split_lines(content)
    for number, expected in lines.items():
        if not 1 <= number <= len(found) or found[number - 1].rstrip(b"\r\n") != expected.rstrip(b"\r\n"):
            return None
    return b"".join(line for number, line in enumerate(found, 1) if number not in lines)


def reinsert_lines(current: bytes, original: bytes, removed: Collection[int]) -> bytes | None:
    """Put removed lines back into a text that was changed since they were removed.

    It is done only where their place is beyond doubt: when everything before them, or everything after them, is as it
    was. Otherwise the answer is ``None``.

    Args:
        current: the text as it is now.
        original: the text from before the removal.
        removed: numbers in ``original`` of the lines that were removed.
    """
    before = split_lines(original)
    kept = [line for number, line in enumerate(before, 1) if number not in removed]
    now = split_lines(current)
    same_start = _shared_start(kept, now)
    same_end = min(_shared_start(kept[::-1], now[::-1]), len(now) - same_start, len(kept) - same_start)
    result: list[list[bytes]] = [[] for _ in range(len(now) + 1)]
    position = 0
    for number, line in enumerate(before, 1):
        if number not in removed:
            position += 1
        elif position <= same_start:
            result[position].append(line)
        elif len(kept) - position <= same_end:
            result[len(now) - (len(kept) - position)].append(line)
        else:
            return None
    joined: list[bytes] = []
    for inserted, line in zip(result, [*now, b""], strict=True):
        for part in (*inserted, line):
            if part and joined and not joined[-1].endswith(b"\n"):
                joined.append(b"\n")
            joined.append(part)
    return b"".join(joined)


def _shared_start(left: list[bytes], right: list[bytes]) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
