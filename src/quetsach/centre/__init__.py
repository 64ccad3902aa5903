"""The measure loop's house: what a centre does with its lake, whoever asks for it (command, office, timer)."""

from quetsach.core.text import LocalError, LocalText


class BaselineError(LocalError):
    """A baseline cannot be frozen as asked.

    Args:
        text: what happened.
        field: the field of the form that it is about.
        advice: what to do next.
    """

    def __init__(self, text: LocalText, *, field: str = "", where: str = "", advice: LocalText | None = None) -> None:
        super().__init__(text, where=where, advice=advice)
        self.field = field


class RecordError(LocalError):
    """The publication record cannot be read or written."""
