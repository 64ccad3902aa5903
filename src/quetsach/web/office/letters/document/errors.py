"""What can be wrong with a letter that is to be printed or signed."""

from quetsach.core.errors import QuetsachError


class DocumentError(QuetsachError):
    """A letter cannot be printed as it is; ``where`` is the field, for the body with its line."""


class SigningError(QuetsachError):
    """A letter cannot be signed, or what should be a signed letter cannot be read."""
