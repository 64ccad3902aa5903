"""Codes of cases, ``HT-K7M-2QX``, and the keys that open them, ``7K3M9-F2DXA``.

A code may be said on the telephone and stands in lists; it opens nothing. The key is the secret part. Both are made of
the letters of verification codes and end with one that checks the others: any one wrong letter, and any two that
changed places, are found.
"""

import unicodedata

from quetsach.campaign.helpdesk.errors import CaseError
from quetsach.campaign.publicity.errors import PublicityError
from quetsach.campaign.publicity.verification_code import LETTERS, code_of, read_code
from quetsach.campaign.publicity.verification_code import PREFIX as _KEY_PREFIX
from quetsach.campaign.publicity.verification_code import SPACE as KEY_SPACE

PREFIX = "HT"
SPACE = len(LETTERS) ** 5
_WEIGHTS = (2, 3, 4, 5, 6, 1)
_MAX_TYPED = 40
_VALUE = {letter: value for value, letter in enumerate(LETTERS)}

__all__ = ["KEY_SPACE", "PREFIX", "SPACE", "case_code", "case_key", "read_case_code", "read_case_key"]


def case_code(number: int) -> str:
    """Return the code of a number from 0 up to, not including, ``SPACE``; the caller draws it.

    Raises:
        CaseError: the number is outside.
    """
    if not 0 <= number < SPACE:
        raise CaseError("the number of a case code is out of its range")
    digits = []
    for _ in range(len(_WEIGHTS) - 1):
        number, digit = divmod(number, len(LETTERS))
        digits.append(digit)
    digits.append(-sum(w * digit for w, digit in zip(_WEIGHTS, digits, strict=False)) % len(LETTERS))
    return _written("".join(LETTERS[digit] for digit in digits))


def read_case_code(text: str) -> str:
    """Return the code that somebody typed in its one written form; spaces, hyphens and case do not matter.

    Raises:
        CaseError: it cannot be a code.
    """
    typed = unicodedata.normalize("NFKC", text[:_MAX_TYPED]).upper()
    letters = "".join(letter for letter in typed if letter.isalnum())
    if len(letters) == len(_WEIGHTS) + len(PREFIX):
        letters = letters.removeprefix(PREFIX)
    is_whole = len(letters) == len(_WEIGHTS) and all(letter in _VALUE for letter in letters)
    if not is_whole or sum(w * _VALUE[c] for w, c in zip(_WEIGHTS, letters, strict=True)) % len(LETTERS):
        raise CaseError(
            "this is not the code of a case: a letter is wrong or missing", code="code", hint="it looks like HT-K7M-2QX"
        )
    return _written(letters)


def case_key(number: int) -> str:
    """Return the key of a number from 0 up to, not including, ``KEY_SPACE``."""
    return code_of(number).removeprefix(f"{_KEY_PREFIX}-")


def read_case_key(text: str) -> str:
    """Return the key that somebody typed in its one written form.

    Raises:
        CaseError: it cannot be a key.
    """
    try:
        return read_code(text).removeprefix(f"{_KEY_PREFIX}-")
    except PublicityError as error:
        raise CaseError(
            "this is not the key of a case: a letter is wrong or missing", code="key", hint="it looks like 7K3M9-F2DXA"
        ) from error


def _written(letters: str) -> str:
    return f"{PREFIX}-{letters[:3]}-{letters[3:]}"
