"""The tool people download: look, plan, act, verify, undo, report."""

from quetsach.core.errors import QuetsachError
from quetsach.core.text import LocalText


class EndpointError(QuetsachError):
    """The root of what goes wrong while a machine is looked at or cleaned."""


class EngineError(EndpointError):
    """The match engine refused rules or could not finish with one file."""


class MatchTimeoutError(EngineError):
    """The match engine took longer on one file than it may."""


class ScanError(EndpointError):
    """A scan cannot start: the folder to look at does not exist, is no folder, or may not be read."""


class CollectorError(EndpointError):
    """A file that describes a collector is not as it should be: this copy of the tool is damaged."""


class RegistryError(EndpointError):
    """A hive of the Windows registry cannot be read, or must not be written as it is."""


class StateError(EndpointError):
    """The folder in which the tool keeps sessions and quarantine cannot be used as it is."""


class JournalError(StateError):
    """A session's journal was damaged or written by someone else; nothing is done on its word."""


class QuarantineError(StateError):
    """A quarantined item was damaged, written by someone else, or is not there."""


class MassBrakeError(EndpointError):
    """A plan would act on so much that a bad rule or a file infector is likelier than a clean-up; nothing was done.

    ``limit`` says of what it is too much (``files``, ``sign``, ``cuts``, ``registry``, ``programs``), ``count`` how
    many; ``family`` is that of the sign.
    """

    exit_code = 20

    def __init__(
        self, what: str | LocalText, limit: str, count: int, *, family: str = "", hint: str | LocalText = ""
    ) -> None:
        super().__init__(what, hint=hint)
        self.limit = limit
        self.count = count
        self.family = family


class ReportError(EndpointError):
    """A report cannot be read, written or sent."""
