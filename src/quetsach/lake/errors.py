"""Errors of this package."""

from quetsach.core.errors import QuetsachError


class LakeError(QuetsachError):
    """The lake cannot be read or written, or something in it is not as it was written."""
