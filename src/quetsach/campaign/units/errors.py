"""What can be wrong with a tree of units."""

from quetsach.core.errors import QuetsachError


class UnitsError(QuetsachError):
    """The tree cannot be so, or a figure cannot be carried over; ``where`` is the unit's key."""
