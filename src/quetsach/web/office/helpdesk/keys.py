"""Keys of cases, which nobody stores, and what the sealed contacts of people are sealed for."""

import hashlib
import hmac
from uuid import UUID

from quetsach.campaign.helpdesk.case_code import KEY_SPACE, case_key
from quetsach.web.office.encryption import key_for

CONTACT = "helpdesk.contact"
"""How a person is reached is sealed for this purpose, so that a stolen database does not tell."""


def key_of(form: UUID) -> str:
    """Return the key of the case that a form makes: the same form gives the same key, and no one else can make it."""
    digest = hmac.digest(key_for("helpdesk.case-key"), form.bytes, "sha256")
    return case_key(int.from_bytes(digest) % KEY_SPACE)


def key_digest(code: str, key: str) -> str:
    """Return what is kept of a key: without the centre's secret it cannot be tried out."""
    return hmac.new(key_for("helpdesk.key-digest"), f"{code} {key}".encode(), hashlib.sha256).hexdigest()
