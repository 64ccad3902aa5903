"""Addresses that the centre signs, so that a link opens one thing."""

import re
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer

_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class SignedNumbers:
    """Numbers that stand in an address and that nobody but the centre can write.

    Args:
        salt: names what the address is for; a token for one thing is none for another.
        count: how many numbers.
    """

    salt: str
    count: int

    def token(self, *numbers: int) -> str:
        """Return the part of the address that holds the numbers."""
        return Signer(salt=self.salt).sign(".".join(map(str, numbers)))

    def read(self, token: str) -> tuple[int, ...] | None:
        """Return the numbers; ``None`` if the centre did not write them for this."""
        try:
            text = Signer(salt=self.salt).unsign(token[:_MAX_LENGTH])
        except BadSignature:
            return None
        found = re.fullmatch(r"\.".join([r"([0-9]{1,18})"] * self.count), text)
        return tuple(map(int, found.groups())) if found else None
