"""When a number must not be given."""

from quetsach.core.errors import QuetsachError


class AssessError(QuetsachError):
    """The data do not carry the number that was asked for; the hint says what would."""
