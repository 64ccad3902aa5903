"""What can be wrong with a simulation."""

from quetsach.core.errors import QuetsachError


class SimulateError(QuetsachError):
    """The scenario cannot be played: at this scale, or in this address space."""
