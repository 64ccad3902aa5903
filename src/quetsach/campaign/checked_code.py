"""Codes that people copy by hand: letters that cannot be taken for one another, the last of which checks the others.

The alphabet has 31 letters, a prime number, and the weights of the places all differ: any one wrong letter and any two
letters that changed places are found, without exception.
"""

import unicodedata
from dataclasses import dataclass

LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without 0 and O, 1, I and L, which look alike on paper."""
_MAX_TYPED = 60
_VALUE = {letter: value for value, letter in enumerate(LETTERS)}


@dataclass(frozen=True, slots=True)
class CheckedCode:
    """One kind of codes, written ``PREFIX-AAA-BBB``: two groups of letters, at most 30 in all, after a prefix."""

    prefix: str
    first: int
    last: int

    @property
    def space(self) -> int:
        """How many codes there are."""
        return int(len(LETTERS) ** (self.first + self.last - 1))

    def write(self, number: int) -> str | None:
        """Return the code of a number from 0 up to, not including, ``space``; ``None`` outside."""
        if not 0 <= number < self.space:
            return None
        digits = []
        for _ in range(self.first + self.last - 1):
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
        length = self.first + self.last
        if len(letters) == length + len(self.prefix):
            letters = letters.removeprefix(self.prefix)
        if len(letters) != length or any(letter not in _VALUE for letter in letters):
            return None
        *digits, check = (_VALUE[letter] for letter in letters)
        is_right = (sum(weight * digit for weight, digit in enumerate(digits, 2)) + check) % len(LETTERS) == 0
        return self._written(letters) if is_right else None

    def _written(self, letters: str) -> str:
        return f"{self.prefix}-{letters[: self.first]}-{letters[self.first :]}"
