"""What can be wrong with the log."""

from quetsach.core.errors import QuetsachError


class LogError(QuetsachError):
    """The log, or the note of its head, cannot be read."""
