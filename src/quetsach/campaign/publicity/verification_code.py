"""Verification codes: ``QS-7K3M9-F2DXH``, printed on every sheet, letter and card, and typed again by people."""

from quetsach.campaign.checked_code import CheckedCode
from quetsach.campaign.publicity.errors import PublicityError

VERIFICATION = CheckedCode("QS", 5, 5)
SPACE = VERIFICATION.space
"""How many codes there are: 44 bits, so that trying them out finds nothing."""


def code_of(number: int) -> str:
    """Return the code of a number from 0 up to, not including, ``SPACE``; the caller draws it.

    Raises:
        PublicityError: the number is outside.
    """
    code = VERIFICATION.write(number)
    if code is None:
        raise PublicityError("the number of a verification code is out of its range")
    return code


def read_code(text: str) -> str:
    """Return the code that a person typed, in its one written form.

    Raises:
        PublicityError: it cannot be a code: a letter is wrong, missing or in another place.
    """
    code = VERIFICATION.read(text)
    if code is None:
        hint = "a code looks like QS-7K3M9-F2DXH; it has no 0, O, 1, I or L"
        raise PublicityError("this is not a verification code: a letter is wrong or missing", hint=hint)
    return code
