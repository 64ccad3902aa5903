"""What can go wrong with a rescue stick."""

from quetsach.core.errors import QuetsachError


class RescueError(QuetsachError):
    """A stick cannot be made, written or used."""
