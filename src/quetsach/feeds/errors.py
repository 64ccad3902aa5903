"""Errors of this package."""

from quetsach.core.errors import QuetsachError


class FeedError(QuetsachError):
    """A delivered file as a whole cannot be read: no header, no known layout, a missing column.

    A bad row is never an error: it is a reject, with its reason and place.
    """
