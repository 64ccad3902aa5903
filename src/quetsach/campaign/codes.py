"""Codes that people copy by hand: of sheets and letters (``QS-7K3M9-F2DXH``), of cases and the keys that open them."""

import unicodedata
from dataclasses import dataclass
from itertools import accumulate, pairwise

from quetsach.campaign.errors import CaseError, PublicityError
from quetsach.core.text import Text

# Codes that people copy by hand: letters that cannot be taken for one another, the last of which checks the others.
#
# The alphabet has 31 letters, a prime number, and the weights of the places all differ: any one wrong letter and any
# two letters that changed places are found, without exception.

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without 0 and O, 1, I and L, which look alike on paper."""
_MAX_TYPED = 60
_VALUE = {letter: value for value, letter in enumerate(LETTERS)}


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """One kind of codes, written ``PREFIX-AAA-BBB``: groups of letters, at most 30 in all, after a prefix."""

    prefix: str
    groups: tuple[int, ...]

    @property
    def length(self) -> int:
        """How many letters it has."""
        return sum(self.groups)

    @property
    def space(self) -> int:
        """How many codes there are."""
        return int(len(LETTERS) ** (self.length - 1))

    def write(self, number: int) -> str | None:
        """Return the code of a number from 0 up to, not including, ``space``; ``None`` outside."""
        if not 0 <= number < self.space:
            return None
        digits = []
        for _ in range(self.length - 1):
            number, digit = divmod(number, len(LETTERS))
            digits.append(digit)
        check = -sum(weight * digit for weight, digit in enumerate(digits, 2)) % len(LETTERS)
        return self._written("".join(LETTERS[digit] for digit in (*digits, check)))

    def read(self, text: str) -> str | None:
        """Return the code that somebody typed in its one written form, ``None`` if it cannot be one.

        Spaces, hyphens and case do not matter, and the prefix may be left out.
        """
        typed = unicodedata.normalize("NFKC", text[:_MAX_TYPED]).upper()
        letters = "".join(letter for letter in typed if letter.isalnum())
        if len(letters) == self.length + len(self.prefix):
            letters = letters.removeprefix(self.prefix)
        if len(letters) != self.length or any(letter not in _VALUE for letter in letters):
            return None
        *digits, check = (_VALUE[letter] for letter in letters)
        is_right = (sum(weight * digit for weight, digit in enumerate(digits, 2)) + check) % len(LETTERS) == 0
        return self._written(letters) if is_right else None

    def _written(self, letters: str) -> str:
        ends = accumulate(self.groups, initial=0)
        return "-".join([self.prefix, *(letters[first:end] for first, end in pairwise(ends))])

    def number(self, code: str) -> int:
        """Return the number of a code in its one written form."""
        digits = [_VALUE[letter] for letter in code.removeprefix(f"{self.prefix}-") if letter != "-"]
        return sum(digit * len(LETTERS) ** place for place, digit in enumerate(digits[:-1]))


# Verification codes: ``QS-7K3M9-F2DXH``, printed on every sheet, letter and card, and typed again by people.

VERIFICATION = CheckedCode("QS", (5, 5))
SPACE = VERIFICATION.space
"""How many codes there are: 44 bits, so that trying them out finds nothing."""


def code_of(number: int) -> str:
    """Return the code of a number from 0 up to, not including, ``SPACE``; the caller draws it.

    Raises:
        PublicityError: the number is outside.
    """
    code = VERIFICATION.write(number)
    if code is None:
        raise PublicityError(Text("the number of a verification code is out of its range"))
    return code


def read_code(text: str) -> str:
    """Return the code that a person typed, in its one written form.

    Raises:
        PublicityError: it cannot be a code: a letter is wrong, missing or in another place.
    """
    code = VERIFICATION.read(text)
    if code is None:
        hint = Text("a code looks like QS-7K3M9-F2DXH; it has no 0, O, 1, I or L")
        raise PublicityError(Text("this is not a verification code: a letter is wrong or missing"), hint=hint)
    return code


# Codes of cases, ``HT-K7M-2Q3``, and the keys that open them, ``7K3M9-F2DXH``.
#
# A code may be said on the telephone and stands in lists; it opens nothing. The key is the secret part, and is written
# as a verification code without its prefix.

_CASE = CheckedCode("HT", (3, 3))
CASE_SPACE = _CASE.space
KEY_SPACE = VERIFICATION.space


def case_code(number: int) -> str:
    """Return the code of a number from 0 up to, not including, ``SPACE``; the caller draws it.

    Raises:
        CaseError: the number is outside.
    """
    code = _CASE.write(number)
    if code is None:
        raise CaseError("the number of a case code is out of its range")
    return code


def read_case_code(text: str) -> str:
    """Return the code that somebody typed in its one written form.

    Raises:
        CaseError: it cannot be a code.
    """
    code = _CASE.read(text)
    if code is None:
        raise CaseError(
            "this is not the code of a case: a letter is wrong or missing", code="code", hint="it looks like HT-K7M-2Q3"
        )
    return code


def case_key(number: int) -> str:
    """Return the key of a number from 0 up to, not including, ``KEY_SPACE``."""
    return _as_key(code_of(number))


def read_case_key(text: str) -> str:
    """Return the key that somebody typed in its one written form.

    Raises:
        CaseError: it cannot be a key.
    """
    code = VERIFICATION.read(text)
    if code is None:
        raise CaseError(
            "this is not the key of a case: a letter is wrong or missing", code="key", hint="it looks like 7K3M9-F2DXH"
        )
    return _as_key(code)


def _as_key(code: str) -> str:
    return code.removeprefix(f"{VERIFICATION.prefix}-")


# Codes by which a household looks again: ``KT-`` and 27 letters, which hold 128 bits that the centre alone can read.

_AGAIN = CheckedCode("KT", (4, 4, 4, 4, 4, 4, 3))
AGAIN_BITS = 128


def again_code(number: int) -> str:
    """Return the code of a number of at most ``AGAIN_BITS`` bits."""
    code = _AGAIN.write(number)
    if code is None:
        raise PublicityError(Text("the number of a code is out of its range"))
    return code


def read_again_code(text: str) -> int | None:
    """Return the number of the code that somebody typed; ``None`` if it cannot be one."""
    code = _AGAIN.read(text)
    number = None if code is None else _AGAIN.number(code)
    return number if number is not None and number < 1 << AGAIN_BITS else None
