"""The rescue stick: made from Debian's own packages, written, and what it does when a machine starts from it.

For Linux alone; the download for Windows carries none of it.
"""

from quetsach.core.errors import QuetsachError


class RescueError(QuetsachError):
    """A stick cannot be made, written or used."""
