"""Codes of cases, ``HT-K7M-2Q3``, and the keys that open them, ``7K3M9-F2DXH``.

A code may be said on the telephone and stands in lists; it opens nothing. The key is the secret part, and is written as
a verification code without its prefix.
"""

from quetsach.campaign.checked_code import CheckedCode
from quetsach.campaign.helpdesk.errors import CaseError
from quetsach.campaign.publicity.verification_code import VERIFICATION, code_of

_CASE = CheckedCode("HT", 3, 3)
SPACE = _CASE.space
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
