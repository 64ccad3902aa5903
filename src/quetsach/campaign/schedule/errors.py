"""What can be wrong with a plan, a decision or the close of a campaign."""

from quetsach.core.errors import QuetsachError


class ScheduleError(QuetsachError):
    """A plan cannot be changed, a gate not opened or a campaign not closed as asked; ``what`` says why."""
