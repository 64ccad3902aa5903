"""Verification codes: ``QS-7K3M9-F2DXA``, printed on every sheet, letter and card, and typed again by people.

Nine letters are drawn at random and the tenth checks them. The alphabet has 31 letters, a prime number, and the weights
of the ten places all differ: any one wrong letter and any two letters that changed places are found, without exception.
"""

import unicodedata

from quetsach.campaign.publicity.errors import PublicityError

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without 0 and O, 1, I and L, which look alike on paper."""

PREFIX = "QS"
SPACE = len(LETTERS) ** 9
"""How many codes there are: 44 bits, so that trying them out finds nothing."""

_LENGTH = 10
_WEIGHTS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 1)
_MAX_TYPED = 60
_VALUE = {letter: value for value, letter in enumerate(LETTERS)}


def code_of(number: int) -> str:
    """Return the code of a number from 0 up to, not including, ``SPACE``; the caller draws it.

    Raises:
        PublicityError: the number is outside.
    """
    if not 0 <= number < SPACE:
        raise PublicityError("the number of a verification code is out of its range")
    digits = []
    for _ in range(_LENGTH - 1):
        number, digit = divmod(number, len(LETTERS))
        digits.append(digit)
    digits.append(-sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=False)) % len(LETTERS))
    letters = "".join(LETTERS[digit] for digit in digits)
    return f"{PREFIX}-{letters[:5]}-{letters[5:]}"


def read_code(text: str) -> str:
    """Return the code that a person typed, in its one written form; spaces, hyphens and case do not matter.

    Raises:
        PublicityError: it cannot be a code: a letter is wrong, missing or in another place.
    """
    typed = unicodedata.normalize("NFKC", text[:_MAX_TYPED]).upper()
    letters = "".join(letter for letter in typed if letter.isalnum())
    if len(letters) == _LENGTH + len(PREFIX):
        letters = letters.removeprefix(PREFIX)
    is_whole = len(letters) == _LENGTH and all(letter in _VALUE for letter in letters)
    if not is_whole or sum(w * _VALUE[c] for w, c in zip(_WEIGHTS, letters, strict=True)) % len(LETTERS):
        hint = "a code looks like QS-7K3M9-F2DXA; it has no 0, O, 1, I or L"
        raise PublicityError("this is not a verification code: a letter is wrong or missing", hint=hint)
    return f"{PREFIX}-{letters[:5]}-{letters[5:]}"
