"""What can be wrong with a return."""

from quetsach.core.errors import QuetsachError


class ReturnError(QuetsachError):
    """A return, or something that is to be done with it, is refused."""


class StateError(ReturnError):
    """The return is not in the state that the act needs."""


class PeriodError(ReturnError):
    """A reporting period is not of the form it must have."""
