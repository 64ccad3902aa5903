"""Asks an authority for time stamps (RFC 3161 over HTTP), and believes only what answers the question."""

import asyncio
from base64 import b64encode
from typing import Any

from django.utils.translation import gettext_lazy as _
from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper

from quetsach.web.office.letters.document.errors import SigningError

STAMP_BYTES = 12_288
"""How large a time stamp may be: so much room is kept for it in a signature."""
PATIENCE_SECONDS = 5
# What an answer that is none ends in.
_BROKEN = (OSError, ValueError, TypeError, AttributeError, LookupError)


class TimeStampAuthority(HTTPTimeStamper):
    """An authority at an address.

    Args:
        url: where it answers, ``http`` or ``https``.
        user: with the password, how the centre makes itself known (basic authentication); empty: it does not.
        password: of the user.
    """

    def __init__(self, url: str, user: str = "", password: str = "") -> None:
        secret = b64encode(f"{user}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}"} if user else {}
        super().__init__(url, timeout=PATIENCE_SECONDS, headers=headers)

    def check(self) -> None:
        """Ask for a time stamp of nothing.

        Raises:
            SigningError: none comes.
        """
        asyncio.run(self.async_timestamp(bytes(32), "sha256"))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        """Return the time stamp of a digest, as asn1crypto's ``ContentInfo``.

        Raises:
            SigningError: the authority does not answer, refuses, or answers something else.
        """
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            imprint = token["content"]["encap_content_info"]["content"].parsed["message_imprint"]
            is_answer = imprint["hashed_message"].native == message_digest and len(token.dump()) <= STAMP_BYTES
        except _BROKEN as error:
            raise _silent() from error
        if not is_answer:
            raise _silent()
        return token


def _silent() -> SigningError:
    return SigningError(
        _("the time stamping authority did not give a time stamp that can be used"),
        hint=_("nothing was issued; try again later, or have whoever runs the centre look at the time stamping server"),
    )
