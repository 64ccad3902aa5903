"""The errors of looking at and acting on a machine."""

from quetsach.core.errors import QuetsachError


class EndpointError(QuetsachError):
    """The root of what goes wrong while a machine is looked at or cleaned."""


class EngineError(EndpointError):
    """The match engine refused rules or could not finish with one file."""


class MatchTimeoutError(EngineError):
    """The match engine took longer on one file than it may."""


class ScanError(EndpointError):
    """A scan cannot start: the folder to look at does not exist, is no folder, or may not be read."""
