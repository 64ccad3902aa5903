"""What can be wrong with a tree of units."""

from quetsach.core.local_error import LocalError


class UnitsError(LocalError):
    """The tree cannot be so, a table cannot be read, a figure cannot be carried over.

    ``where`` is the unit's key, or file and row.
    """
