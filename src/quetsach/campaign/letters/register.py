"""The register of outgoing letters: one book a unit and year, numbers without a gap.

Clerical work in Viet Nam follows Decree 30/2020/NĐ-CP: numbers begin with 01 on the first day of the year; a number
below 10 is written with a leading 0; the sign names the issuing agency and the drafting unit: ``2049/STTTT-CNTT``.
"""

import re
from collections.abc import Iterable

from quetsach.campaign.letters.errors import LetterError

_SIGN = re.compile(r"[A-ZĐ0-9]+(?:[-&.][A-ZĐ0-9]+)*")
MAX_SIGN_LENGTH = 40


def check_sign(sign: str) -> str:
    """Return the sign of a letter, such as ``STTTT-CNTT``.

    Raises:
        LetterError: it is not capital letters and digits in groups.
    """
    if len(sign) > MAX_SIGN_LENGTH or not _SIGN.fullmatch(sign):
        raise LetterError(
            f"not the sign of a letter: {sign[:MAX_SIGN_LENGTH]!r}",
            hint="write the agency and the drafting unit in capitals, as in STTTT-CNTT",
        )
    return sign


def number_and_sign(number: int, sign: str) -> str:
    """Return number and sign as the letter shows them: ``07/STTTT-CNTT``."""
    if number < 1:
        raise LetterError(f"letters are numbered from 1, not {number}")
    return f"{number:02d}/{sign}"


def missing_numbers(numbers: Iterable[int]) -> list[int]:
    """Return the numbers between the first and the last that a book does not have; a sound register has none missing.

    A register may begin after 1: with the number after the last one on paper.
    """
    taken = set(numbers)
    return [number for number in range(min(taken, default=0), max(taken, default=0)) if number not in taken]
