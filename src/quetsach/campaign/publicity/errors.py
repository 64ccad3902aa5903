"""What can be wrong with the publicity of a campaign."""

from quetsach.core.errors import QuetsachError


class PublicityError(QuetsachError):
    """A text, a code or a kit is not of the form it must have; ``where`` is the file and field or the code."""
