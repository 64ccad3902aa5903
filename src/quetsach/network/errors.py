"""What can be wrong with an address table."""

from quetsach.core.errors import QuetsachError


class NetworkError(QuetsachError):
    """A table of addresses, providers or regions is not of the form it must have."""
