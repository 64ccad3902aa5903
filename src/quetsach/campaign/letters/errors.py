"""What can be wrong with a letter, its register or a notice about its delivery."""

from quetsach.core.errors import QuetsachError
from quetsach.core.local_error import LocalError


class LetterError(QuetsachError):
    """A letter, a dispatch or a notice about one is not of the form it must have."""


class IncompleteError(LetterError):
    """A letter lacks something that must be in it; ``what`` names every place, as its page does anyhow."""

    code = "incomplete"


class PolicyError(LocalError):
    """Days of reminders are not of the form that they must have."""
