"""Why the interface for programs refuses something, in words that the sender can act on."""

from quetsach.core.errors import QuetsachError


class SubmissionError(QuetsachError):
    """A tool report cannot be taken as it is.

    Args:
        status: the HTTP status that says so.
        code: a word that programs can rely on.
        retry_after_seconds: when to try again; 0 if trying again does not help.
        what, where, hint: as in :class:`~quetsach.core.errors.QuetsachError`.
    """

    def __init__(
        self, what: str, *, status: int, code: str, where: str = "", hint: str = "", retry_after_seconds: int = 0
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.retry_after_seconds = retry_after_seconds
        self.status = status
        self.code = code
