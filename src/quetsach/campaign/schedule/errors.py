"""What can be wrong with a plan, a decision or the close of a campaign."""

from quetsach.core.local_error import LocalError
from quetsach.core.pack import LocalText


class ScheduleError(LocalError):
    """A plan cannot be changed, a gate not opened or a campaign not closed as asked.

    Args:
        text: what happened.
        field: the field of the form, or the step, that it is about.
        advice: what to do next.
    """

    def __init__(self, text: LocalText, *, field: str = "", advice: LocalText | None = None) -> None:
        super().__init__(text, advice=advice)
        self.field = field
